package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"golang.org/x/time/rate"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// Outages makes one outage of many failures, and frees the orders when it is over.
type Outages struct {
	Store  ports.ExceptionStore
	Client client.Client
	// Returns tells which returns of an order wait on a cause; nil means that none does.
	Returns WaitingReturns
	// Probes asks a system whether it answers and accepts our credentials, by its name.
	Probes map[string]func(context.Context) error
	Clock  func() time.Time
	// ProbeEvery is how long an outage waits between probes.
	ProbeEvery time.Duration
}

// ReportOutage starts the system's OutageWorkflow. The first order that meets an
// outage starts it, all others find it running: use-existing makes a second run harmless.
func (o *Outages) ReportOutage(ctx context.Context, in contract.OutageInput) error {
	in.ProbeEvery = o.ProbeEvery
	_, err := o.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: contract.OutageWorkflowID(in.System), TaskQueue: contract.QueueOrders,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            "outage of " + in.System,
	}, "OutageWorkflow", in)
	if err != nil {
		return fmt.Errorf("report outage of %s: %w", in.System, err)
	}
	return nil
}

// OpenOutage raises the one alert of an outage: a log line and an exception of the
// system. Opening an open exception changes nothing.
func (o *Outages) OpenOutage(ctx context.Context, in contract.OutageInput) error {
	activity.GetLogger(ctx).Error("a system is away; orders that need it wait and go on by themselves", "system", in.System, "since", in.Since, "credentials", in.Credentials)
	name := outageKind(in)
	kind, _ := exceptions.Lookup(name)
	message := in.System + " does not answer"
	switch {
	case in.System == "selvedge":
		message = "Selvedge itself fails or lacks configuration; the worker's log and the order's history say what"
	case in.Credentials:
		message = in.System + " refuses our credentials or permissions"
	}
	return toTemporal(o.Store.OpenSystemException(ctx, ports.ExceptionRecord{
		System: in.System, Kind: name, Cause: domain.NewCause(name, in.System),
		Owner: string(kind.Owner), Severity: string(kind.Severity), OpenedAt: in.Since, Problems: []domain.Refusal{{Code: name, Message: message}},
	}), 0)
}

func outageKind(in contract.OutageInput) string {
	if in.Credentials {
		return "credentials"
	}
	return "unavailable"
}

// CloseOutage closes what OpenOutage opened; closing twice changes nothing.
func (o *Outages) CloseOutage(ctx context.Context, in contract.OutageInput) error {
	activity.GetLogger(ctx).Info("a system is back; releasing the orders that waited for it", "system", in.System, "since", in.Since)
	for _, name := range []string{"unavailable", "credentials"} {
		if err := o.Store.ResolveSystemException(ctx, in.System, domain.NewCause(name, in.System), "selvedge", o.Clock()); err != nil {
			return toTemporal(err, 0)
		}
	}
	return nil
}

// ProbeSystem asks a system whether it answers; it changes nothing there.
func (o *Outages) ProbeSystem(ctx context.Context, in contract.OutageInput) error {
	probe, ok := o.Probes[in.System]
	if !ok {
		return toTemporal(&fault.Fault{Kind: fault.Misconfigured, System: "selvedge", Op: "probe", Message: "no probe is configured for " + in.System}, 0)
	}
	return toTemporal(probe(ctx), 0)
}

// WaitingPage is a page of orders that wait on one cause.
type WaitingPage struct {
	Orders []domain.OrderID `json:"orders,omitempty"`
}

// ListWaiting lists orders that wait on a cause, from the open exceptions: they are
// exact where visibility is only eventually so.
func (o *Outages) ListWaiting(ctx context.Context, in contract.ResumeInput) (WaitingPage, error) {
	var after domain.OrderID
	if in.After != "" {
		var err error
		if after, err = domain.ParseOrderID(in.After); err != nil {
			return WaitingPage{}, err
		}
	}
	orders, err := o.Store.WaitingOrders(ctx, in.Cause, after, resumePage)
	return WaitingPage{Orders: orders}, toTemporal(err, 0)
}

// resumePage bounds one list and one FreeOrders call.
const resumePage = 100

// FreeInput names orders to be freed at a rate, and by whom.
type FreeInput struct {
	Cause     string           `json:"cause"`
	Orders    []domain.OrderID `json:"orders"`
	PerSecond float64          `json:"perSecond"`
	By        string           `json:"by,omitempty"`
	Reason    string           `json:"reason,omitempty"`
	Command   string           `json:"command"` // the same for all runs of this activity: one effect an order
	Fresh     bool             `json:"fresh,omitempty"`
}

// FreeOrders is SignalOrders as runs of ResumeWorkflow call it that began before the
// outcome of each order was kept. It frees orders that wait on a cause: those that waited for a system are
// told that it is back, all others get the answer `retry` to that one question. The
// command makes a second run harmless; an order that has closed meanwhile needs nothing.
func (o *Outages) FreeOrders(ctx context.Context, in FreeInput) error {
	waiting, err := o.waitingReturns(ctx, in)
	if err != nil {
		return err
	}
	limiter := rate.NewLimiter(rate.Limit(max(in.PerSecond, 0.1)), 1)
	for i, id := range in.Orders {
		if err := limiter.Wait(ctx); err != nil {
			return err
		}
		signal, payload := freeing(in)
		for _, workflowID := range waitingWorkflows(id, waiting) {
			err := o.Client.SignalWorkflow(ctx, workflowID, "", signal, payload)
			var gone *serviceerror.NotFound
			if err != nil && !errors.As(err, &gone) {
				return fmt.Errorf("free %s: %w", workflowID, err)
			}
		}
		activity.RecordHeartbeat(ctx, i)
	}
	return nil
}

// WaitingReturns tells who of the orders waits on a cause: 0 is the order itself.
type WaitingReturns interface {
	WaitingReturns(ctx context.Context, cause string, ids []domain.OrderID) (map[domain.OrderID][]int, error)
}

func (o *Outages) waitingReturns(ctx context.Context, in FreeInput) (map[domain.OrderID][]int, error) {
	if o.Returns == nil {
		return nil, nil
	}
	waiting, err := o.Returns.WaitingReturns(ctx, in.Cause, in.Orders)
	return waiting, toTemporal(err, 0)
}

// waitingWorkflows are who of an order waits: itself, its returns, or both. An order of
// which nothing is known any more is told all the same.
func waitingWorkflows(id domain.OrderID, waiting map[domain.OrderID][]int) []string {
	var workflows []string
	for _, n := range waiting[id] {
		if n > 0 {
			workflows = append(workflows, contract.ReturnWorkflowID(id, n))
		}
	}
	if len(workflows) == 0 || slices.Contains(waiting[id], 0) {
		workflows = append(workflows, contract.OrderWorkflowID(id))
	}
	return workflows
}

// freeing is the signal that frees an order of a cause.
func freeing(in FreeInput) (signal string, payload any) {
	if system, ok := strings.CutPrefix(in.Cause, "unavailable:"); ok {
		return contract.SignalReleased, contract.ReleasedSignal{System: system}
	}
	return contract.SignalResolve, contract.Resolution{Exception: in.Cause, Action: contract.ActionRetry, By: in.By, Reason: in.Reason, CommandID: in.Command, Fresh: in.Fresh}
}
