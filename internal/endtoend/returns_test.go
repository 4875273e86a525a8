package endtoend_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
)

// returned is a return as the warehouse tells of it.
type returned struct {
	ReturnID string `json:"returnId"`
	Units    []struct {
		UnitRef string `json:"unitRef"`
	} `json:"units"`
}

// openBooked opens a world whose entity keeps books.
func openBooked(t *testing.T, o options) *world {
	t.Helper()
	w := open(t, o)
	_, err := w.parts.Store.SaveRules(t.Context(), []domain.Rule{{
		Table: domain.RuleEntity, From: "ATELIER-UK", To: "7", Extra: map[string]string{"timezone": "Europe/London", "currency": "GBP"},
	}}, "test", "the entity's books", time.Now())
	require.NoError(t, err)
	return w
}

// requireCredited is the truth of the books: posted credits of these units and this
// money, as many write-offs, transfers and refunds, and never more credited than invoiced.
func (w *world) requireCredited(t *testing.T, number, units int, credited int64, writeOffs, transfers int) {
	t.Helper()
	records, err := w.parts.Store.OrderDocuments(t.Context(), orderID(number))
	require.NoError(t, err)
	count, gross, quantity := map[domain.DocumentKind]int{}, map[domain.DocumentKind]int64{}, 0
	for _, r := range records {
		count[r.Document.Kind]++
		gross[r.Document.Kind] += r.Document.Totals().Gross
		switch r.Document.Kind {
		case domain.DocCreditMemo:
			for _, l := range r.Document.Lines {
				quantity += l.Quantity
			}
			require.NotEmpty(t, r.Document.Return+strings.Join(r.Entry.Links, " "), "a credit names the shop's return, or was told it later")
			fallthrough
		case domain.DocWriteOff, domain.DocRegrade, domain.DocReceipt, domain.DocRefund:
			require.Equal(t, domain.DocumentPosted, r.Status, "%s: %v", r.Document.Key, r.Problems)
		}
	}
	require.Equal(t, units, quantity)
	require.Equal(t, credited, gross[domain.DocCreditMemo])
	require.Equal(t, writeOffs, count[domain.DocWriteOff])
	require.Equal(t, transfers, count[domain.DocRegrade])
	require.LessOrEqual(t, gross[domain.DocCreditMemo], gross[domain.DocInvoice])
	w.requireLinked(t, number)
}

func unit(number, digit int, sku, disposition string) acs.ReturnUnit {
	return acs.ReturnUnit{LineID: ptr(lineID(number, digit)), SKU: sku, Disposition: disposition, Grade: "A"}
}

// comesBack lets garments arrive at the north, for an order or (0) for none.
func (w *world) comesBack(t *testing.T, number int, action acs.ReturnAction) returned {
	t.Helper()
	order := ""
	if number > 0 {
		order = fmt.Sprint(number)
	}
	answer, err := w.floor.Act(acs.Action{Action: "return", Account: accountN, Order: order, Return: &action})
	require.NoError(t, err)
	text, err := json.Marshal(answer)
	require.NoError(t, err)
	var r returned
	require.NoError(t, json.Unmarshal(text, &r))
	return r
}

func returnID(number, n int) string { return contract.ReturnWorkflowID(orderID(number), n) }

// returnShown is what an operator sees of a return in the list of the Web UI.
func (w *world) returnShown(ctx context.Context, id string) (shown, error) {
	described, err := w.client.DescribeWorkflowExecution(ctx, id, "")
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
	return s, nil
}

func (w *world) returnUntil(t *testing.T, id, what string, is func(shown) bool) shown {
	t.Helper()
	var last shown
	var lastErr error
	if !wait(t.Context(), func() bool {
		last, lastErr = w.returnShown(t.Context(), id)
		return lastErr == nil && is(last)
	}) {
		view, _ := w.returnView(t.Context(), id)
		require.FailNow(t, fmt.Sprintf("%s is not %s after %s", id, what, patience), "it is %+v, %v\n%+v", last, lastErr, view)
	}
	return last
}

func (w *world) returnView(ctx context.Context, id string) (view contract.ReturnView, err error) {
	answer, err := w.client.QueryWorkflow(ctx, id, "", contract.QueryState)
	if err != nil {
		return view, err
	}
	return view, answer.Get(&view)
}

func (w *world) returnCloses(t *testing.T, id string) {
	t.Helper()
	w.returnUntil(t, id, "closed", func(s shown) bool {
		return s.state == domain.Closed && s.status == enums.WORKFLOW_EXECUTION_STATUS_COMPLETED
	})
}

// returnAsks waits until a return asks about exactly one kind, and answers its cause.
func (w *world) returnAsks(t *testing.T, id, kind string) string {
	t.Helper()
	s := w.returnUntil(t, id, "asking about "+kind, func(s shown) bool {
		return s.state == domain.NeedsAttention && len(s.causes) == 1 && startsWith(s.causes[0], kind)
	})
	return s.causes[0]
}

func (w *world) returnResolve(t *testing.T, id string, r contract.Resolution) {
	t.Helper()
	handle, err := w.client.UpdateWorkflow(t.Context(), client.UpdateWorkflowOptions{
		WorkflowID: id, UpdateName: contract.UpdateResolve, Args: []any{r}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	require.NoError(t, err)
	require.NoError(t, handle.Get(t.Context(), nil))
}

// requireReturned is the truth of the shop: one completed return with these units a
// line, the money back once, one mail, and no unit put back on sale.
func (w *world) requireReturned(t *testing.T, number int, refunded int64, units map[string]int) {
	t.Helper()
	o := w.inShop(t, number)
	got, money := map[string]int{}, int64(0)
	for _, r := range o.Returns {
		require.Equal(t, "COMPLETED", r.Status)
		require.True(t, strings.HasPrefix(r.ExternalID, orderID(number).String()+"/r"), r.ExternalID)
		for _, l := range r.Lines {
			got[fmt.Sprint(l.LineID)] += l.Quantity
		}
		money += r.Refunded
	}
	require.Equal(t, units, got)
	require.Equal(t, refunded, money)
	mails := 0
	for _, m := range w.shop.State().Mails {
		if m.Order == number && m.Kind == "return" {
			mails++
		}
	}
	require.Equal(t, len(o.Returns), mails)
}

// physical is what the shop believes the north to hold of an item.
func (w *world) physical(sku string) int {
	for _, s := range w.shop.State().Stock {
		if s.Warehouse == north && s.SKU == sku {
			return s.Physical
		}
	}
	return -1
}

func TestRefunds(t *testing.T) {
	t.Parallel()
	w := openBooked(t, options{env: map[string]string{"SELVEDGE_RETURN_REFUND_CHECK": "1s"}})
	t.Run("that fail after the return is complete go to finance, and once mended pay once", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(3201), nil)
		w.closes(t, 3201)
		w.admin(t, centra.Action{Action: "set-refund-outcome", Order: 3201, Value: "fail"})
		w.comesBack(t, 3201, acs.ReturnAction{Units: []acs.ReturnUnit{unit(3201, 1, shirt, "restock")}})
		w.returnAsks(t, returnID(3201, 1), "refund-failed")
		require.Equal(t, "COMPLETED", w.inShop(t, 3201).Returns[0].Status)
		w.admin(t, centra.Action{Action: "set-refund-outcome", Order: 3201, Value: "success"})
		require.NoError(t, w.client.SignalWorkflow(t.Context(), returnID(3201, 1), "", contract.SignalRetry, nil))
		w.returnCloses(t, returnID(3201, 1))
		w.requireReturned(t, 3201, 3990, map[string]int{lineID(3201, 1): 1})
	})
	t.Run("that are only asked for are waited for", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(3202), nil)
		w.closes(t, 3202)
		w.admin(t, centra.Action{Action: "set-refund-outcome", Order: 3202, Value: "pending"})
		w.comesBack(t, 3202, acs.ReturnAction{Units: []acs.ReturnUnit{unit(3202, 1, shirt, "restock")}})
		w.returnCloses(t, returnID(3202, 1))
		w.requireReturned(t, 3202, 3990, map[string]int{lineID(3202, 1): 1})
	})
	t.Run("that fail later go to finance, too", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(3203), nil)
		w.closes(t, 3203)
		w.admin(t, centra.Action{Action: "set-refund-outcome", Order: 3203, Value: "pending-fail"})
		w.comesBack(t, 3203, acs.ReturnAction{Units: []acs.ReturnUnit{unit(3203, 1, shirt, "restock")}})
		cause := w.returnAsks(t, returnID(3203, 1), "refund-failed")
		w.returnResolve(t, returnID(3203, 1), contract.Resolution{Exception: cause, Action: contract.ActionSkip, By: "finance", Reason: "paid by bank transfer"})
		w.returnCloses(t, returnID(3203, 1))
		w.requireReturned(t, 3203, 0, map[string]int{lineID(3203, 1): 1})
	})
	t.Run("of money that was never captured are finance's", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(3204, func(o *centra.SeedOrder) { o.PaymentMethod = "Invoice" }), nil)
		w.closes(t, 3204)
		w.comesBack(t, 3204, acs.ReturnAction{Units: []acs.ReturnUnit{unit(3204, 1, shirt, "restock")}})
		cause := w.returnAsks(t, returnID(3204, 1), "refund-not-captured") // the shop never had the money
		w.returnResolve(t, returnID(3204, 1), contract.Resolution{Exception: cause, Action: contract.ActionSkip, By: "finance", Reason: "paid by bank transfer"})
		w.returnCloses(t, returnID(3204, 1))
		w.requireReturned(t, 3204, 0, map[string]int{lineID(3204, 1): 1})
	})
	t.Run("of an exchange are never made by themselves", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(3205), nil)
		w.closes(t, 3205)
		w.comesBack(t, 3205, acs.ReturnAction{Type: "exchange", Units: []acs.ReturnUnit{unit(3205, 1, shirt, "restock")}})
		cause := w.returnAsks(t, returnID(3205, 1), "refund-decision")
		w.returnResolve(t, returnID(3205, 1), contract.Resolution{Exception: cause, Action: contract.ActionSkip, By: "finance", Reason: "a new size was sent"})
		w.returnCloses(t, returnID(3205, 1))
		w.requireReturned(t, 3205, 0, map[string]int{lineID(3205, 1): 1})
	})
	t.Run("of a parcel that nobody took include its carriage", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(3206), nil)
		w.closes(t, 3206)
		w.comesBack(t, 3206, acs.ReturnAction{Type: "undelivered", Units: []acs.ReturnUnit{unit(3206, 1, shirt, "restock")}})
		w.returnCloses(t, returnID(3206, 1))
		w.requireReturned(t, 3206, 3990+495, map[string]int{lineID(3206, 1): 1})
	})
}
