package assembly

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"selvedge/internal/contract"
)

// searchAttributes is what `starter setup` registers and the worker checks.
func searchAttributes() map[string]enums.IndexedValueType {
	attributes := map[string]enums.IndexedValueType{}
	for _, key := range []temporal.SearchAttributeKey{
		contract.OrderState, contract.Store, contract.Market, contract.Warehouse,
		contract.OrderNumber, contract.Cause, contract.Owner, contract.HeldSince, contract.CutoffAt,
	} {
		attributes[key.GetName()] = key.GetValueType()
	}
	return attributes
}

// CheckSearchAttributes names the attributes that are missing or of another type.
func CheckSearchAttributes(ctx context.Context, c client.Client) error {
	missing, err := missingAttributes(ctx, c)
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		return fmt.Errorf("search attributes are not registered: %s", strings.Join(missing, ", "))
	}
	return nil
}

func missingAttributes(ctx context.Context, c client.Client) ([]string, error) {
	registered, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace()})
	if err != nil {
		return nil, fmt.Errorf("list search attributes of namespace %s: %w", namespace(), err)
	}
	var missing []string
	for name, kind := range searchAttributes() {
		found, ok := registered.GetCustomAttributes()[name]
		if !ok {
			missing = append(missing, name)
		} else if found != kind {
			return nil, fmt.Errorf("search attribute %s is %s, want %s; remove it with `temporal operator search-attribute remove --name %s`", name, found, kind, name)
		}
	}
	slices.Sort(missing)
	return missing, nil
}

// RegisterSearchAttributes registers what is missing; registering twice changes nothing.
func RegisterSearchAttributes(ctx context.Context, c client.Client) ([]string, error) {
	missing, err := missingAttributes(ctx, c)
	if err != nil || len(missing) == 0 {
		return nil, err
	}
	add := map[string]enums.IndexedValueType{}
	for _, name := range missing {
		add[name] = searchAttributes()[name]
	}
	_, err = c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: namespace(), SearchAttributes: add})
	var exists *serviceerror.AlreadyExists
	if err != nil && !errors.As(err, &exists) {
		return nil, fmt.Errorf("register search attributes: %w", err)
	}
	return missing, nil
}

// schedule is one unattended workflow of ours.
type schedule struct {
	id       string
	every    time.Duration
	workflow string
	input    any
	summary  string
}

func (p *Parts) schedules() []schedule {
	var all []schedule
	for _, store := range p.Stores() {
		all = append(all, schedule{contract.IntakeScheduleID(store), p.Config.Selvedge.IntakeEvery, "IntakeWorkflow", contract.IntakeInput{Store: store}, "take in orders of " + store},
			schedule{contract.CompletenessScheduleID(store), p.Config.Selvedge.CompletenessEvery, "CompletenessWorkflow", contract.CompletenessInput{Store: store}, "count the orders of " + store})
	}
	all = append(all, p.triageSchedules()...)
	for _, name := range slices.Sorted(keysOf(p.Ledgers())) {
		all = append(all, schedule{contract.DocumentsScheduleID(name), p.Config.Selvedge.DocumentsEvery, "DocumentsWorkflow", contract.DocumentsInput{Ledger: name}, "bring documents into " + name})
	}
	for _, w := range slices.Sorted(keysOf(p.ACS)) {
		all = append(all, schedule{contract.FeedScheduleID(w), p.Config.Selvedge.FeedEvery, "WarehouseFeedWorkflow", contract.IntakeInput{Warehouse: w}, "read the feed of " + w})
	}
	return append(all, p.stockSchedules()...)
}

// ApplySchedules creates or updates our schedules, keeping an operator's pause and
// note. Applying twice changes nothing; run it from one place at a time.
func (p *Parts) ApplySchedules(ctx context.Context, c client.Client) ([]string, error) {
	var applied []string
	for _, s := range p.schedules() {
		if err := apply(ctx, c, s); err != nil {
			return applied, fmt.Errorf("schedule %s: %w", s.id, err)
		}
		applied = append(applied, fmt.Sprintf("%s every %s", s.id, s.every))
	}
	return applied, nil
}

func apply(ctx context.Context, c client.Client, s schedule) error {
	spec := client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: s.every}}}
	action := &client.ScheduleWorkflowAction{
		ID: s.id, Workflow: s.workflow, Args: []any{s.input}, TaskQueue: contract.QueueOrders,
		WorkflowExecutionTimeout: 15 * time.Minute, StaticSummary: s.summary,
	}
	// A short catch-up: after an outage the next run finds all there is, old ones find nothing more.
	catchup := max(10*time.Second, 2*s.every)
	_, err := c.ScheduleClient().Create(ctx, client.ScheduleOptions{ID: s.id, Spec: spec, Action: action, Overlap: enums.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: catchup})
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return err
	}
	return c.ScheduleClient().GetHandle(ctx, s.id).Update(ctx, client.ScheduleUpdateOptions{DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
		next := in.Description.Schedule
		next.Spec, next.Action = &spec, action
		next.Policy.Overlap, next.Policy.CatchupWindow = enums.SCHEDULE_OVERLAP_POLICY_SKIP, catchup
		return &client.ScheduleUpdate{Schedule: &next}, nil
	}})
}
