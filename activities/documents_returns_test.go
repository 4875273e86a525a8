package activities_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/activities"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// shipAll tells that the order's three tees left and stand in the shop.
func (o *office) shipAll() {
	o.tell(domain.NewShipmentFact(domain.Shipment{ID: "s1", Consignment: "10001", Warehouse: hillington, Sequence: 1, Revision: 1, ShippedAt: noon, Lines: []domain.ShipmentLine{{Line: "1", SKU: "TEE", Quantity: 3}}}, noon),
		domain.NewFact(domain.FactShopShipment, "in-shop", "centra", noon, domain.ShopShipmentFact{
			Shipment: "s1", Warehouse: hillington, ShopID: "77", Number: "77", Lines: []domain.LineQuantity{{Line: "1", Quantity: 3}}, Captured: true, Completed: true, Total: 5300,
		}))
}

// credit is the plan of a memo for one tee of the shop's return.
func credit(n int, shop string) domain.ReturnPlan {
	return domain.ReturnPlan{
		Return: n, Kind: domain.PlanCredit, Key: fmt.Sprintf("%s/r%d/credit-memo/1", orderID, n), Garments: []string{fmt.Sprintf("g%d", n)},
		Lines: []domain.LineQuantity{{Line: "1", Quantity: 1}}, ShopID: shop, At: noon.Add(24 * time.Hour),
	}
}

func (o *office) record(plan domain.ReturnPlan) (domain.ReturnWritten, error) {
	o.t.Helper()
	order, err := o.db.Order(o.t.Context(), orderID)
	require.NoError(o.t, err)
	facts, err := o.db.Facts(o.t.Context(), orderID, 0)
	require.NoError(o.t, err)
	return activities.ReturnLedger{Documents: o.docs}.RecordReturn(o.t.Context(), order, facts, plan)
}

func TestReturnsAreCreditedUnitByUnitAndCloseTheLine(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	o.shipAll()
	var amounts []int64
	for n := 1; n <= 3; n++ {
		for range 2 { // a second run answers what stands
			w, err := o.record(credit(n, ""))
			require.NoError(t, err)
			require.Equal(t, domain.StageDone, w.Stage)
			require.Equal(t, fmt.Sprintf("7-credit-memo-%06d", n), w.Number)
			amounts = append(amounts, w.Amount)
		}
	}
	require.Equal(t, []int64{1767, 1767, 1766, 1766, 1767, 1767}, amounts, "53.00 in three, and what was posted is not worked out anew")
	_, err := o.record(credit(4, ""))
	require.True(t, fault.Is(err, fault.Invalid), "Σ credited ≤ Σ invoiced: %v", err)
	memo, err := o.db.Documents(t.Context(), ports.DocumentFilter{Kind: domain.DocCreditMemo}, 10)
	require.NoError(t, err)
	require.Len(t, memo, 3)
	require.Equal(t, domain.DocumentKey("centra-inv-hillington-s1"), memo[0].Document.Lines[0].Source)
	require.Zero(t, o.ran().Posted, "what the memos build on was posted for them, and nothing is left")
}

func TestAMemoComesToTheShopsReturn(t *testing.T) {
	t.Parallel()
	told := func(id string, total int64) domain.Fact {
		return domain.NewShopReturnFact(domain.ShopReturn{ID: id, Order: orderID, Shipment: "77", Completed: true, Total: total, Currency: "GBP", Lines: []domain.LineQuantity{{Line: "1", Quantity: 1}}}, noon)
	}
	o := newOffice(t, "post")
	o.shipAll()
	o.tell(told("900", 1367), told("901", 2000))
	w, err := o.record(credit(1, "900"))
	require.NoError(t, err)
	require.Equal(t, []any{int64(1367), []string{"900"}}, []any{w.Amount, w.Links})
	memo, err := o.db.Documents(t.Context(), ports.DocumentFilter{Kind: domain.DocCreditMemo}, 10)
	require.NoError(t, err)
	fee := memo[0].Document.Lines[1]
	require.Equal(t, []any{domain.DocLineFee, int64(-400), int64(-67), "900"}, []any{fee.Kind, fee.Gross, fee.Tax, memo[0].Document.Return})
	_, err = o.record(credit(2, "901"))
	require.ErrorContains(t, err, "worth 20.00 GBP in the shop", "more than came back is credited by nobody's guess")
}

// Returns that closed before they booked their refunds themselves left that to the run.
func TestARefundThatItsReturnHasNotBookedIsADocumentOnceTheReturnIsClosed(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	o.shipAll()
	asked := domain.ReturnWritten{Return: 1, Kind: domain.PlanRefund, Key: "atelier/10001/r1/refund", Stage: domain.StageCreated, ID: "900", Amount: 1767}
	o.tell(domain.NewFact(domain.FactReturnWritten, "asked", "selvedge", noon, asked))
	require.Equal(t, 3, o.ran().Posted, "a refund that was only asked for is none")
	asked.Stage = domain.StageDone
	o.tell(domain.NewFact(domain.FactReturnWritten, "done", "selvedge", noon, asked))
	require.Zero(t, o.ran().Posted, "it is its return's to book")
	o.tell(domain.NewFact(domain.FactReturnSettled, "settled", "selvedge", noon, domain.ReturnSettled{Return: 1, At: 9}))
	require.Equal(t, 1, o.ran().Posted)
	asked.Stage = domain.StageLinked
	o.tell(domain.NewFact(domain.FactReturnWritten, "linked", "selvedge", noon, asked))
	require.Zero(t, o.ran().Posted, "told twice it is one")
}

func TestReceiptsWriteOffsAndTransfers(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	o.shipAll()
	for _, plan := range []domain.ReturnPlan{
		{Kind: domain.PlanReceipt, Key: "atelier/10001/r1/item-receipt/1", Lines: []domain.LineQuantity{{Line: "1", Quantity: 1}}, At: noon},
		{Kind: domain.PlanWriteOff, Key: "atelier/10001/r1/write-off/RC1:1", SKU: "TEE", Reason: "ber", UnitCost: 900, Currency: "GBP", At: noon},
		{Kind: domain.PlanTransfer, Key: "atelier/10001/r1/transfer/RC1:2", SKU: "TEE", ToSKU: "TEE-B", At: noon},
	} {
		for range 2 {
			w, err := o.record(plan)
			require.NoError(t, err)
			require.Equal(t, domain.StageDone, w.Stage)
		}
	}
	off, err := o.db.Documents(t.Context(), ports.DocumentFilter{Kind: domain.DocWriteOff}, 10)
	require.NoError(t, err)
	require.Len(t, off, 1, "one for each garment")
	l := off[0].Document.Lines[0]
	require.Equal(t, []any{-1, int64(-900), "ber", "TEE"}, []any{l.Quantity, l.Gross, l.Disposition, l.SKU})
	moved, err := o.db.Documents(t.Context(), ports.DocumentFilter{Kind: domain.DocRegrade}, 10)
	require.NoError(t, err)
	require.Equal(t, []string{"TEE", "TEE-B"}, []string{moved[0].Document.Lines[0].From, moved[0].Document.Lines[0].To})
}

func TestTheFinanceLegPausesByItself(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	o.shipAll()
	_, err := o.record(credit(1, ""))
	f, ok := fault.As(err)
	require.True(t, ok, "%v", err)
	require.Equal(t, []any{fault.Unmapped, ports.CodeEntityUnknown}, []any{f.Kind, f.Code})
	o.entity("post")
	o.ledger.create = func(d domain.Document) (ports.LedgerEntry, error) {
		if d.Kind == domain.DocInvoice {
			return ports.LedgerEntry{}, &fault.Fault{Kind: fault.Rejected, System: "csv", Message: "no such item"}
		}
		return o.ledger.Ledger.Create(t.Context(), d)
	}
	_, err = o.record(credit(1, ""))
	require.ErrorContains(t, err, "centra-inv-hillington-s1 has to be posted first")
	o.ledger.create = nil
	w, err := o.record(credit(1, ""))
	require.NoError(t, err, "a retry tries again what it builds on")
	require.Equal(t, domain.StageDone, w.Stage)
}

// One missing rule is one cause, whether it is an order's document or a return's that
// waits for it: finance sees all of them at once, and one answer frees them.
func TestAReturnsDocumentWaitsOnTheSameCauseAsItsOrders(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		rule  domain.Rule
		cause string
	}{
		"the market's rule is missing": {domain.Rule{Table: domain.RuleMarket, Store: "atelier", From: "United Kingdom", Retired: true}, "unmapped:entity:centra:United Kingdom"},
		"the entity's rule is missing": {domain.Rule{Table: domain.RuleMarket, Store: "atelier", From: "United Kingdom", To: "ELSEWHERE"}, "unmapped:entity:selvedge:ELSEWHERE"},
		"its currency is missing":      {domain.Rule{Table: domain.RuleEntity, From: "ATELIER-UK", To: "7", Extra: map[string]string{"timezone": "Europe/London", "currency": "EUR"}}, "unmapped:entity:selvedge:ATELIER-UK GBP"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, "post")
			o.rule(tt.rule)
			o.shipAll()
			o.ran()
			require.Equal(t, []string{tt.cause}, o.asked())
			_, err := o.record(credit(1, ""))
			f, ok := fault.As(err)
			require.True(t, ok, "%v", err)
			require.Equal(t, tt.cause, domain.NewCause("unmapped:entity", f.System, f.Problems[0].Value))
		})
	}
}
