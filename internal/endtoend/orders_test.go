package endtoend_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
)

// glance is how often a test looks whether something has happened.
const glance = 100 * time.Millisecond

// sale is an order of one shirt from the north, unless changed.
func sale(number int, change ...func(*centra.SeedOrder)) centra.SeedOrder {
	to := customer(number)
	o := centra.SeedOrder{
		Number: number, Store: atelier, Market: "United Kingdom", Pricelist: "Retail", Currency: "GBP", TaxPercent: 20,
		ShippingOption: "Standard", PaymentMethod: "Card", ShippingCost: 495, ShippingAddress: to,
		Customer: &centra.SeedCustomer{Email: to.Email, FirstName: to.FirstName, LastName: to.LastName},
		Lines:    []centra.SeedLine{line(number, 1, shirt, 1)},
	}
	for _, c := range change {
		c(&o)
	}
	return o
}

// line is a line of an order: its id is the order's number and a digit.
func line(number, digit int, sku string, quantity int) centra.SeedLine {
	return centra.SeedLine{ID: number*10 + digit, SKU: sku, Quantity: quantity, UnitPrice: 3_990, From: map[string]int{north: quantity}}
}

func lineID(number, digit int) string { return fmt.Sprint(number*10 + digit) }

func with(lines ...centra.SeedLine) func(*centra.SeedOrder) {
	return func(o *centra.SeedOrder) { o.Lines = lines }
}

// sell lets a customer order, with what the floor will do about it; nil means nothing special.
func (w *world) sell(t *testing.T, order centra.SeedOrder, plan *acs.FloorPlan) {
	t.Helper()
	if plan != nil {
		plan.Order = fmt.Sprintf("%s/%d", atelier, order.Number)
		require.NoError(t, w.floor.Seed(acs.Seed{Floor: []acs.FloorPlan{*plan}}))
	}
	w.mu.Lock()
	w.numbers = append(w.numbers, order.Number)
	w.mu.Unlock()
	require.NoError(t, w.shop.Seed(centra.Seed{Orders: []centra.SeedOrder{order}}))
}

func orderID(number int) domain.OrderID {
	return domain.OrderID{Store: atelier, Number: fmt.Sprint(number)}
}

func workflowID(number int) string { return contract.OrderWorkflowID(orderID(number)) }

// shown is what an operator sees of an order in the list of the Web UI.
type shown struct {
	state  domain.OrderState
	causes []string
	status enums.WorkflowExecutionStatus
}

func (w *world) look(ctx context.Context, number int) (shown, error) {
	described, err := w.client.DescribeWorkflowExecution(ctx, workflowID(number), "")
	if err != nil {
		return shown{}, err
	}
	info := described.GetWorkflowExecutionInfo()
	s := shown{status: info.GetStatus()}
	fields := info.GetSearchAttributes().GetIndexedFields()
	for name, target := range map[string]any{contract.OrderState.GetName(): &s.state, contract.Cause.GetName(): &s.causes} {
		if p := fields[name]; p != nil {
			if err := converter.GetDefaultDataConverter().FromPayload(p, target); err != nil {
				return s, err
			}
		}
	}
	slices.Sort(s.causes)
	return s, nil
}

// until waits until an order is shown as the condition says.
func (w *world) until(t *testing.T, number int, what string, is func(shown) bool) shown {
	t.Helper()
	var last shown
	var lastErr error
	if !wait(t.Context(), func() bool {
		last, lastErr = w.look(t.Context(), number)
		return lastErr == nil && is(last)
	}) {
		require.FailNow(t, fmt.Sprintf("order %d is not %s after %s", number, what, patience), "it is %+v, %v\n%s", last, lastErr, w.story(number))
	}
	return last
}

// wait asks until the answer is yes; false means that patience has ended.
func wait(ctx context.Context, yes func() bool) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for {
		if yes() {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
}

func eventually(t *testing.T, what string, yes func() bool) {
	t.Helper()
	require.True(t, wait(t.Context(), yes), "it never happened: %s", what)
}

// closes waits until an order's workflow has ended as closed.
func (w *world) closes(t *testing.T, number int) { w.ends(t, number, domain.Closed) }

func (w *world) ends(t *testing.T, number int, state domain.OrderState) {
	t.Helper()
	w.until(t, number, "ended as "+string(state), func(s shown) bool {
		return s.state == state && s.status == enums.WORKFLOW_EXECUTION_STATUS_COMPLETED
	})
}

// asks waits until an order waits for a person, about exactly these causes or kinds.
func (w *world) asks(t *testing.T, number int, causes ...string) {
	t.Helper()
	slices.Sort(causes)
	w.until(t, number, fmt.Sprintf("asking about %q", causes), func(s shown) bool {
		if s.state != domain.NeedsAttention || len(s.causes) != len(causes) {
			return false
		}
		for i, c := range s.causes {
			if c != causes[i] && !startsWith(c, causes[i]) {
				return false
			}
		}
		return true
	})
}

func startsWith(cause, kind string) bool {
	return len(cause) > len(kind) && cause[:len(kind)+1] == kind+":"
}

// retry presses the button of the same name.
func (w *world) retry(t *testing.T, number int) {
	t.Helper()
	require.NoError(t, w.client.SignalWorkflow(t.Context(), workflowID(number), "", contract.SignalRetry, nil))
}

// resolve answers by the update; the error is what the Web UI would show.
func (w *world) resolve(t *testing.T, number int, r contract.Resolution) (contract.ResolveReply, error) {
	t.Helper()
	var reply contract.ResolveReply
	handle, err := w.client.UpdateWorkflow(t.Context(), client.UpdateWorkflowOptions{
		WorkflowID: workflowID(number), UpdateName: contract.UpdateResolve,
		Args: []any{r}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err != nil {
		return reply, err
	}
	return reply, handle.Get(t.Context(), &reply)
}

// inShop is the truth about an order in the shop.
func (w *world) inShop(t *testing.T, number int) centra.OrderState {
	t.Helper()
	for _, o := range w.shop.State().Orders {
		if o.Number == number {
			return o
		}
	}
	require.FailNow(t, "the shop does not hold the order", "%d", number)
	return centra.OrderState{}
}

// mails counts the shipping confirmations that an order's customer got.
func (w *world) mails(number int) int {
	n := 0
	for _, m := range w.shop.State().Mails {
		if m.Order == number && m.Kind == "shipment" {
			n++
		}
	}
	return n
}

// atWarehouse lists what the warehouses hold of an order, by number.
func (w *world) atWarehouse(number int) []acs.OrderState {
	var out []acs.OrderState
	for _, a := range w.floor.State() {
		for _, o := range a.Orders {
			if o.References["order"] == orderID(number).String() {
				out = append(out, o)
			}
		}
	}
	slices.SortFunc(out, func(a, b acs.OrderState) int {
		return len(a.Number)*1000 + len(a.Shipments) - len(b.Number)*1000 - len(b.Shipments)
	})
	return out
}

// admin lets a person act in the shop.
func (w *world) admin(t *testing.T, a centra.Action) {
	t.Helper()
	require.NoError(t, w.shop.Admin(a))
}

// act lets something happen on the floor.
func (w *world) act(t *testing.T, a acs.Action) {
	t.Helper()
	_, err := w.floor.Act(a)
	require.NoError(t, err)
}

// events is the history of an order's newest run.
func (w *world) events(ctx context.Context, number int) ([]*history.HistoryEvent, error) {
	var all []*history.HistoryEvent
	iter := w.client.GetWorkflowHistory(ctx, workflowID(number), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for iter.HasNext() {
		e, err := iter.Next()
		if err != nil {
			return all, err
		}
		all = append(all, e)
	}
	return all, nil
}

// story tells what happened, for the reader of a failed test.
func (w *world) story(number int) string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	out := ""
	if record, err := w.parts.Store.Load(ctx, orderID(number)); err == nil {
		for _, f := range record.Facts {
			out += fmt.Sprintf("fact %d %s %s %s\n", f.Sequence, f.Kind, f.Key, f.Data)
		}
	} else {
		out += err.Error() + "\n"
	}
	events, err := w.events(ctx, number)
	for _, e := range events {
		if f := e.GetActivityTaskFailedEventAttributes(); f != nil {
			out += "failed: " + f.GetFailure().GetMessage() + "\n"
		}
		if s := e.GetActivityTaskScheduledEventAttributes(); s != nil {
			out += "activity " + s.GetActivityType().GetName() + "\n"
		}
		if f := e.GetWorkflowTaskFailedEventAttributes(); f != nil {
			out += "task failed: " + f.GetFailure().GetMessage() + "\n"
		}
	}
	if err != nil {
		out += err.Error()
	}
	if d, err := w.client.DescribeWorkflowExecution(ctx, workflowID(number), ""); err == nil {
		for _, p := range d.GetPendingActivities() {
			out += fmt.Sprintf("pending %s attempt %d: %s\n", p.GetActivityType().GetName(), p.GetAttempt(), p.GetLastFailure().GetMessage())
		}
	}
	for _, o := range w.shop.State().Orders {
		if o.Number == number {
			out += fmt.Sprintf("shop: %+v\n", o)
		}
	}
	return out + fmt.Sprintf("warehouse: %+v\n", w.atWarehouse(number))
}

func (w *world) executions(ctx context.Context) ([]*workflowservice.DescribeWorkflowExecutionResponse, error) {
	var out []*workflowservice.DescribeWorkflowExecutionResponse
	listed, err := w.client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{PageSize: 1000})
	if err != nil {
		return nil, err
	}
	for _, e := range listed.GetExecutions() {
		d, err := w.client.DescribeWorkflowExecution(ctx, e.GetExecution().GetWorkflowId(), e.GetExecution().GetRunId())
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}
