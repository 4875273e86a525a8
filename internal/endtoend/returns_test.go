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
			require.NotEmpty(t, r.Document.Return, "a credit names the shop's return")
			fallthrough
		case domain.DocWriteOff, domain.DocRegrade, domain.DocReceipt: // a refund is the scheduled run's to post
			require.Equal(t, domain.DocumentPosted, r.Status, "%s: %v", r.Document.Key, r.Problems)
		}
	}
	require.Equal(t, units, quantity)
	require.Equal(t, credited, gross[domain.DocCreditMemo])
	require.Equal(t, writeOffs, count[domain.DocWriteOff])
	require.Equal(t, transfers, count[domain.DocRegrade])
	require.LessOrEqual(t, gross[domain.DocCreditMemo], gross[domain.DocInvoice])
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

func TestAReturnedGarment(t *testing.T) {
	t.Parallel()
	w := openBooked(t, options{})
	for number, disposition := range map[int]string{3001: "restock", 3002: "regrade_resale", 3003: "ber", 3004: "donate", 3005: "recycle", 3006: "return_to_brand"} {
		t.Run(disposition+" is credited once and never raises stock", func(t *testing.T) {
			t.Parallel()
			w.sell(t, sale(number), nil)
			w.closes(t, number) // long ago, as far as the return window goes
			u := unit(number, 1, shirt, disposition)
			u.ResultingSKU = map[string]string{"regrade_resale": bare}[disposition]
			w.comesBack(t, number, acs.ReturnAction{Units: []acs.ReturnUnit{u}})
			w.returnCloses(t, returnID(number, 1))
			w.closes(t, number)
			w.requireReturned(t, number, 3990, map[string]int{lineID(number, 1): 1})
			losses, moves := 0, 0
			switch disposition {
			case "ber", "donate", "recycle", "return_to_brand":
				losses = 1
			case "regrade_resale":
				moves = 1
			}
			w.requireCredited(t, number, 1, 3990, losses, moves)
		})
	}
	t.Run("refurbish is refunded at once, and closes with the final decision", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(3010), nil)
		w.closes(t, 3010)
		r := w.comesBack(t, 3010, acs.ReturnAction{Units: []acs.ReturnUnit{unit(3010, 1, shirt, "refurbish")}})
		eventually(t, "the money goes back", func() bool {
			o := w.inShop(t, 3010)
			return len(o.Returns) == 1 && o.Returns[0].Refunded == 3990
		})
		u := unit(3010, 1, shirt, "ber")
		u.UnitRef = r.Units[0].UnitRef
		w.comesBack(t, 3010, acs.ReturnAction{ReturnID: r.ReturnID, Units: []acs.ReturnUnit{u}})
		w.returnCloses(t, returnID(3010, 1))
		w.closes(t, 3010)
		w.requireReturned(t, 3010, 3990, map[string]int{lineID(3010, 1): 1})
		w.requireCredited(t, 3010, 1, 3990, 1, 0)
	})
	t.Run("quarantine is refunded with the final decision only", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(3011), nil)
		w.closes(t, 3011)
		r := w.comesBack(t, 3011, acs.ReturnAction{Units: []acs.ReturnUnit{unit(3011, 1, shirt, "quarantine")}})
		w.returnUntil(t, returnID(3011, 1), "waiting", func(s shown) bool { return s.state == domain.ReturnWindow })
		require.Empty(t, w.inShop(t, 3011).Returns)
		u := unit(3011, 1, shirt, "restock")
		u.UnitRef = r.Units[0].UnitRef
		w.comesBack(t, 3011, acs.ReturnAction{ReturnID: r.ReturnID, Units: []acs.ReturnUnit{u}})
		w.returnCloses(t, returnID(3011, 1))
		w.requireReturned(t, 3011, 3990, map[string]int{lineID(3011, 1): 1})
	})
	t.Run("called good after it was written off is a person's", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(3012), nil)
		w.closes(t, 3012)
		r := w.comesBack(t, 3012, acs.ReturnAction{Units: []acs.ReturnUnit{unit(3012, 1, shirt, "ber")}})
		w.returnCloses(t, returnID(3012, 1))
		u := unit(3012, 1, shirt, "restock")
		u.UnitRef = r.Units[0].UnitRef
		w.comesBack(t, 3012, acs.ReturnAction{ReturnID: r.ReturnID, Units: []acs.ReturnUnit{u}})
		cause := w.returnAsks(t, returnID(3012, 1), "disposition-reversed")
		w.returnResolve(t, returnID(3012, 1), contract.Resolution{Exception: cause, Action: contract.ActionSkip, By: "ops", Reason: "the write-off stands"})
		w.returnCloses(t, returnID(3012, 1))
		w.requireReturned(t, 3012, 3990, map[string]int{lineID(3012, 1): 1})
	})
	t.Run("that was missing, or another one, or of an unknown word, pays nothing before a person has said so", func(t *testing.T) {
		t.Parallel()
		for number, story := range map[int]struct{ disposition, kind string }{
			3013: {"missing", "return-missing"}, 3014: {"wrong_item", "wrong-item"}, 3015: {"eaten_by_moths", "unmapped:disposition"},
		} {
			w.sell(t, sale(number), nil)
			w.closes(t, number)
			u := unit(number, 1, shirt, story.disposition)
			u.Final = ptr(true)
			w.comesBack(t, number, acs.ReturnAction{Units: []acs.ReturnUnit{u}})
			cause := w.returnAsks(t, returnID(number, 1), story.kind)
			require.Empty(t, w.inShop(t, number).Returns)
			if story.kind != "unmapped:disposition" {
				w.returnResolve(t, returnID(number, 1), contract.Resolution{Exception: cause, Action: contract.ActionOverride, Override: map[string]string{"disposition": "restock"}, By: "ops", Reason: "kindness"})
			} else {
				_, err := w.parts.Store.SaveRules(t.Context(), []domain.Rule{{Table: domain.RuleDisposition, Warehouse: north, From: "eaten_by_moths", To: "write-off"}}, "ops", "asked the warehouse", time.Now())
				require.NoError(t, err)
				require.NoError(t, w.client.SignalWorkflow(t.Context(), returnID(number, 1), "", contract.SignalRetry, nil))
			}
			w.returnCloses(t, returnID(number, 1))
			w.requireReturned(t, number, 3990, map[string]int{lineID(number, 1): 1})
		}
	})
}

func TestOneReturnToldByTwo(t *testing.T) {
	t.Parallel()
	w := openBooked(t, options{})
	_, err := w.intake.DrainShop(t.Context()) // the shop queues events from the first wish for them
	require.NoError(t, err)
	twoShirts := func(number int) centra.SeedOrder { return sale(number, with(line(number, 1, shirt, 2))) }
	byHand := func(t *testing.T, number, quantity int) int {
		t.Helper()
		id := number*10 + 1
		w.admin(t, centra.Action{Action: "create-return", Order: number, LineID: id, Quantity: quantity})
		returns := w.inShop(t, number).Returns
		return returns[len(returns)-1].ID
	}
	t.Run("by the shop first and the warehouse then is credited once", func(t *testing.T) {
		t.Parallel()
		w.sell(t, twoShirts(3101), nil)
		w.closes(t, 3101)
		byHand(t, 3101, 2)
		_, err := w.intake.DrainShop(t.Context())
		require.NoError(t, err)
		w.returnUntil(t, returnID(3101, 1), "open", func(s shown) bool { return s.state == domain.ReturnWindow })
		w.comesBack(t, 3101, acs.ReturnAction{Units: []acs.ReturnUnit{unit(3101, 1, shirt, "restock"), unit(3101, 1, shirt, "ber")}})
		w.returnCloses(t, returnID(3101, 1))
		w.closes(t, 3101)
		returns := w.inShop(t, 3101).Returns
		require.Len(t, returns, 1)
		require.Equal(t, "COMPLETED", returns[0].Status)
		require.Equal(t, int64(2*3990), returns[0].Refunded)
		w.requireCredited(t, 3101, 2, 2*3990, 1, 0)
	})
	t.Run("by the warehouse first and the shop then is credited once", func(t *testing.T) {
		t.Parallel()
		w.sell(t, twoShirts(3102), nil)
		w.closes(t, 3102)
		// In quarantine nothing is written yet, so the person's return is the first.
		r := w.comesBack(t, 3102, acs.ReturnAction{Units: []acs.ReturnUnit{unit(3102, 1, shirt, "quarantine")}})
		w.returnUntil(t, returnID(3102, 1), "open", func(s shown) bool { return s.state == domain.ReturnWindow })
		byHand(t, 3102, 1)
		_, err := w.intake.DrainShop(t.Context())
		require.NoError(t, err)
		u := unit(3102, 1, shirt, "restock")
		u.UnitRef = r.Units[0].UnitRef
		w.comesBack(t, 3102, acs.ReturnAction{ReturnID: r.ReturnID, Units: []acs.ReturnUnit{u}})
		w.returnCloses(t, returnID(3102, 1))
		w.closes(t, 3102)
		returns := w.inShop(t, 3102).Returns
		require.Len(t, returns, 1)
		require.Equal(t, int64(3990), returns[0].Refunded)
	})
	t.Run("in five deliveries of one confirmation is credited once", func(t *testing.T) {
		t.Parallel()
		w.sell(t, twoShirts(3103), nil)
		w.closes(t, 3103)
		w.comesBack(t, 3103, acs.ReturnAction{Units: []acs.ReturnUnit{unit(3103, 1, shirt, "restock")}})
		for range 5 { // the feed tells again what the webhook told
			require.NoError(t, w.parts.Store.SaveCursor(t.Context(), "feed/"+north, "0", time.Now()))
			_, err := w.intake.ReadFeed(t.Context(), north)
			require.NoError(t, err)
		}
		w.returnCloses(t, returnID(3103, 1))
		w.closes(t, 3103)
		w.requireReturned(t, 3103, 3990, map[string]int{lineID(3103, 1): 1})
	})
	t.Run("one garment at a time comes to exactly what was paid", func(t *testing.T) {
		t.Parallel()
		thirds := line(3104, 1, shirt, 3)
		thirds.UnitPrice = 1767
		w.sell(t, sale(3104, with(thirds)), nil)
		w.closes(t, 3104)
		for n := range 3 {
			w.comesBack(t, 3104, acs.ReturnAction{Units: []acs.ReturnUnit{unit(3104, 1, shirt, "restock")}})
			w.returnCloses(t, returnID(3104, n+1))
		}
		w.closes(t, 3104)
		w.requireReturned(t, 3104, 3*1767, map[string]int{lineID(3104, 1): 3})
		w.requireCredited(t, 3104, 3, 3*1767, 0, 0)
		require.Equal(t, int64(495), w.inShop(t, 3104).Captured, "the carriage is not given back")
	})
	t.Run("more garments than were sold is a person's", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(3105), nil)
		w.closes(t, 3105)
		w.comesBack(t, 3105, acs.ReturnAction{Units: []acs.ReturnUnit{unit(3105, 1, shirt, "restock"), unit(3105, 1, shirt, "restock")}})
		cause := w.returnAsks(t, returnID(3105, 1), "return-not-shipped")
		w.returnResolve(t, returnID(3105, 1), contract.Resolution{Exception: cause, Action: contract.ActionSkip, By: "ops", Reason: "told twice"})
		w.returnCloses(t, returnID(3105, 1))
		w.requireReturned(t, 3105, 3990, map[string]int{lineID(3105, 1): 1})
	})
	t.Run("one garment written off and returned is one", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(3106), nil)
		w.closes(t, 3106)
		u := unit(3106, 1, shirt, "ber")
		u.Serial = "SERIAL-3106"
		w.comesBack(t, 3106, acs.ReturnAction{Units: []acs.ReturnUnit{u}, WriteOff: true})
		w.returnCloses(t, returnID(3106, 1))
		w.closes(t, 3106)
		w.requireReturned(t, 3106, 3990, map[string]int{lineID(3106, 1): 1})
		w.requireCredited(t, 3106, 1, 3990, 1, 0)
		_, err := w.returnShown(t.Context(), returnID(3106, 2))
		require.Error(t, err, "the adjustment is of the same garment, so it makes no return of its own")
	})
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

func TestAReturnWithoutAnOrder(t *testing.T) {
	t.Parallel()
	w := openBooked(t, options{})
	w.sell(t, sale(3301), nil)
	w.closes(t, 3301)
	r := w.comesBack(t, 0, acs.ReturnAction{Units: []acs.ReturnUnit{{SKU: shirt, Disposition: "restock"}}})
	id := contract.OrphanReturnWorkflowID(north, r.ReturnID)
	cause := w.returnAsks(t, id, "return-without-order")
	w.returnResolve(t, id, contract.Resolution{Exception: cause, Action: contract.ActionOverride, Override: map[string]string{"order": orderID(3301).String()}, By: "ops", Reason: "the label says so"})
	w.returnCloses(t, id)
	w.returnCloses(t, returnID(3301, 1))
	w.requireReturned(t, 3301, 3990, map[string]int{lineID(3301, 1): 1})
}

func TestReturnsNeverRaiseTheShopsStock(t *testing.T) {
	t.Parallel()
	w := openBooked(t, options{})
	bundle := func(o *centra.SeedOrder) {
		o.Lines = []centra.SeedLine{{ID: 34011, Kind: "bundle", SKU: set, Quantity: 1, UnitPrice: 9_000, From: map[string]int{north: 1}}}
	}
	w.sell(t, sale(3401, bundle), nil)
	w.sell(t, sale(3402, with(line(3402, 1, shirt, 2))), &acs.FloorPlan{Parcels: []acs.PlannedParcel{
		{Lines: []acs.PlannedUnits{{LineID: lineID(3402, 1), Quantity: 1}}}, {DelayMs: ptr(800)},
	}})
	w.closes(t, 3401)
	w.closes(t, 3402)
	shirts, hats := w.physical(shirt), w.physical(hat)
	var hatLine string
	for _, l := range w.inShop(t, 3401).Lines {
		if l.SKU == hat {
			hatLine = fmt.Sprint(l.ID)
		}
	}
	w.comesBack(t, 3401, acs.ReturnAction{Units: []acs.ReturnUnit{{LineID: &hatLine, SKU: hat, Disposition: "restock"}}})
	w.comesBack(t, 3402, acs.ReturnAction{Units: []acs.ReturnUnit{unit(3402, 1, shirt, "restock"), unit(3402, 1, shirt, "ber")}})
	w.returnCloses(t, returnID(3401, 1))
	w.returnCloses(t, returnID(3402, 1))
	require.Len(t, w.inShop(t, 3402).Returns, 2, "one for each shipment")
	w.requireReturned(t, 3402, 2*3990, map[string]int{lineID(3402, 1): 2})
	require.Equal(t, shirts, w.physical(shirt))
	require.Equal(t, hats, w.physical(hat))
	var money int64
	for _, r := range w.inShop(t, 3401).Returns {
		money += r.Refunded
	}
	require.Positive(t, money)
	require.Less(t, money, int64(9_000))
}
