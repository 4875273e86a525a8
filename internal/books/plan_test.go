package books_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/books"
	"selvedge/internal/domain"
	"selvedge/internal/mapping"
)

var dawn = time.Date(2026, 10, 14, 22, 30, 0, 0, time.UTC) // the 15th in Stockholm

func entity(t *testing.T) mapping.Entity {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Stockholm")
	require.NoError(t, err)
	return mapping.Entity{Code: "ATELIER-SE", Ref: "7", Ledger: "csv", Zone: zone, Currencies: []string{"GBP"}, Rules: map[string]int64{"entity": 4}}
}

// life is an order of three tees and a hat with what has happened to it.
type life struct {
	order domain.Order
	facts []domain.Fact
	firm  []domain.Document
	miss  *domain.Question

	owes bool  // a part of it was called off: there may be a refund that nobody has made
	owed int64 // what such a refund came to in the newest plan, which shows it nowhere else
}

func alive() *life {
	l := &life{order: order(0, 495, goods("1", 3, 5300, "20"), goods("2", 1, 1000, "20"))}
	l.order.Status = domain.ShopConfirmed
	return l
}

func (l *life) tell(f domain.Fact) *life {
	f.Sequence, f.Key = int64(len(l.facts)+1), fmt.Sprint(len(l.facts))
	f.At = dawn.Add(time.Duration(len(l.facts)) * time.Minute)
	l.facts = append(l.facts, f)
	return l
}

func (l *life) sent() *life {
	return l.tell(domain.NewFact(domain.FactSubmitted, "", "selvedge", dawn, domain.SubmittedFact{
		Consignment: "10023", Warehouse: "East", Revision: 1, Lines: []domain.LineQuantity{{Line: "1", Quantity: 3}, {Line: "2", Quantity: 1}},
	}))
}

func (l *life) accepted() *life {
	return l.sent().tell(domain.NewFact(domain.FactWarehouseOrder, "", "warehouse", dawn, domain.WarehouseOrder{
		Number: "10023", Reference: "atelier/10023", Warehouse: "East", Status: domain.WarehouseAccepted, Revision: 2,
		Lines: []domain.WarehouseOrderLine{{Line: "1", SKU: "SKU-1", Quantity: 3}, {Line: "2", SKU: "SKU-2", Quantity: 1}},
	}))
}

func (l *life) shipped(n int, revision int64, voided bool, lines ...domain.ShipmentLine) *life {
	return l.tell(domain.NewFact(domain.FactShipment, "", "warehouse", dawn, domain.Shipment{
		ID: fmt.Sprintf("s%d", n), Consignment: "10023", Warehouse: "East", Sequence: n, Revision: revision, Voided: voided,
		ShippedAt: dawn.Add(time.Hour), Carrier: "RM", Trackings: []string{"JD0146"}, Lines: lines,
	}))
}

func (l *life) inShop(n int, total int64, lines ...domain.LineQuantity) *life {
	return l.tell(domain.NewFact(domain.FactShopShipment, "", "centra", dawn, domain.ShopShipmentFact{
		Shipment: fmt.Sprintf("s%d", n), Warehouse: "East", ShopID: fmt.Sprint(n), Number: fmt.Sprint(n), Lines: lines, Captured: true, Completed: true, Total: total,
	}))
}

func (l *life) plan(t *testing.T) []books.Planned {
	t.Helper()
	in := books.Input{Order: l.order, Facts: l.facts, Firm: l.firm, Missing: l.miss}
	if l.miss == nil {
		in.Entity = entity(t)
	}
	planned, err := books.Plan(in)
	require.NoError(t, err)
	backwards := slices.Clone(l.facts)
	slices.Reverse(backwards)
	in.Facts = backwards
	again, err := books.Plan(in)
	require.NoError(t, err)
	require.Equal(t, planned, again, "in whatever order the facts are handed over")
	l.owed = 0
	return slices.DeleteFunc(planned, func(p books.Planned) bool {
		due := p.Question != nil && p.Question.Kind == books.KindRefundDue
		if due {
			require.True(t, l.owes, "nothing was called off")
			require.Zero(t, l.owed, "owed once")
			require.Empty(t, p.Document.Problems())
			l.owed = p.Document.Totals().Gross
		}
		return due
	})
}

// post makes all that is planned firm, and shows it.
func (l *life) post(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, p := range l.plan(t) {
		require.Nil(t, p.Question)
		require.Empty(t, p.Document.Problems(), "what is planned is complete")
		out = append(out, string(p.Document.Key)+" "+fmt.Sprint(shown(p.Document.Lines)))
		l.firm = append(l.firm, p.Document)
	}
	require.Empty(t, l.plan(t), "what is posted is not planned again")
	return out
}

func tees(n int) domain.ShipmentLine {
	return domain.ShipmentLine{Line: "1", SKU: "SKU-1", Quantity: n}
}

func TestAnOrdersDocuments(t *testing.T) {
	t.Parallel()
	l := alive().sent()
	require.Empty(t, l.plan(t), "an order that no warehouse has accepted is nobody's to book")
	l = alive().accepted()
	require.Equal(t, []string{"centra-order-atelier-10023 [1×3 5300/883 2×1 1000/167 shipping×1 495/83]"}, l.post(t))
	require.Equal(t, domain.Date("2026-10-15"), l.firm[0].Date, "the day is the entity's own")
	require.Equal(t, []string{"ATELIER-SE", "7", "GBP"}, []string{l.firm[0].Entity, l.firm[0].EntityRef, l.firm[0].Currency})

	l.shipped(1, 1, false, tees(2))
	require.Equal(t, []string{"centra-shp-East-s1 [1×2 0/0]"}, l.post(t), "nothing is billed before the shop says what it comes to")
	require.Equal(t, []domain.DocumentKey{"centra-order-atelier-10023"}, l.firm[1].Links)
	l.inShop(1, 3533+495, domain.LineQuantity{Line: "1", Quantity: 2})
	require.Equal(t, []string{"centra-inv-East-s1 [1×2 3533/589 shipping×1 495/83]"}, l.post(t))
	l.shipped(2, 1, false, tees(1), domain.ShipmentLine{Line: "2", SKU: "SKU-2", Quantity: 1}).inShop(2, 2767, domain.LineQuantity{Line: "1", Quantity: 1}, domain.LineQuantity{Line: "2", Quantity: 1})
	require.Equal(t, []string{
		"centra-shp-East-s2 [1×1 0/0 2×1 0/0]", "centra-inv-East-s2 [1×1 1767/294 2×1 1000/167]",
	}, l.post(t))
	require.Equal(t, books.BilledBy(l.firm[:1])["1"].Gross, books.BilledBy([]domain.Document{l.firm[2], l.firm[4]})["1"].Gross)
}

func TestWhatChangesLaterIsADocumentOfItsOwn(t *testing.T) {
	t.Parallel()
	t.Run("cancelled units", func(t *testing.T) {
		t.Parallel()
		l := alive().accepted()
		l.post(t)
		l.order = order(0, 495, goods("1", 2, 3533, "20"), goods("2", 1, 1000, "20"))
		l.order.Lines[0].Cancelled = 1
		require.Equal(t, []string{"centra-chg-atelier-10023 [1×-1 -1767/-294]"}, l.post(t))
		require.Equal(t, l.firm[0].Key, l.firm[1].Reverses)
		l.order = order(0, 495, goods("1", 2, 3533, "20"))
		require.Equal(t, []string{"centra-chg-atelier-10023-_n2 [2×-1 -1000/-167]"}, l.post(t))
	})
	t.Run("an order that is cancelled whole", func(t *testing.T) {
		t.Parallel()
		l := alive().accepted()
		l.post(t)
		l.order.Status = domain.ShopCancelled
		require.Equal(t, []string{"centra-chg-atelier-10023 [1×-3 -5300/-883 2×-1 -1000/-167 shipping×-1 -495/-83]"}, l.post(t))
		never := alive().accepted()
		never.order.Status = domain.ShopCancelled
		require.Empty(t, never.plan(t), "before any ledger heard of it there is nothing to take back")
	})
	t.Run("a shipment with other quantities", func(t *testing.T) {
		t.Parallel()
		l := alive().accepted().shipped(1, 1, false, tees(3))
		l.post(t)
		l.shipped(1, 2, false, tees(2))
		require.Equal(t, []string{"centra-shp-East-s1-_n2 [1×-1 0/0]"}, l.post(t))
	})
	t.Run("a shipment that is taken back", func(t *testing.T) {
		t.Parallel()
		l := alive().accepted().shipped(1, 1, false, tees(3)).inShop(1, 5795, domain.LineQuantity{Line: "1", Quantity: 3})
		l.post(t)
		l.shipped(1, 2, true)
		require.Equal(t, []string{"centra-shp-East-s1-_n2 [1×-3 0/0]", "centra-inv-East-s1-_n2 [1×-3 -5300/-883 shipping×-1 -495/-83]"}, l.post(t))
	})
	t.Run("a line that only bears another tax", func(t *testing.T) {
		t.Parallel()
		l := alive().accepted()
		l.post(t)
		l.order.Lines[1].TaxPercent = "5"
		require.Equal(t, []string{"centra-chg-atelier-10023 [2×-1 -1000/-167 2×1 1000/48]"}, l.post(t))
	})
	t.Run("billed amounts stay, however the order changes", func(t *testing.T) {
		t.Parallel()
		l := alive().accepted().shipped(1, 1, false, tees(3)).inShop(1, 5795, domain.LineQuantity{Line: "1", Quantity: 3})
		l.post(t)
		l.order = order(0, 495, goods("1", 3, 6000, "20"), goods("2", 1, 1000, "20"))
		require.Equal(t, []string{"centra-chg-atelier-10023 [1×0 700/117]"}, l.post(t))
	})
}

func TestMoneyTakenAheadIsADepositThatPaysInvoices(t *testing.T) {
	t.Parallel()
	captured := func(amount int64, pending bool) domain.Fact {
		return domain.NewFact(domain.FactCaptured, "", "centra", dawn, domain.CapturedFact{Amount: amount, Pending: pending})
	}
	l := alive().tell(captured(6795, false)).accepted()
	require.Equal(t, []string{
		"centra-order-atelier-10023 [1×3 5300/883 2×1 1000/167 shipping×1 495/83]", "centra-dep-atelier-10023 [payment×0 6795/0]",
	}, l.post(t))
	l.shipped(1, 1, false, tees(3)).inShop(1, 5795, domain.LineQuantity{Line: "1", Quantity: 3})
	require.Contains(t, l.post(t), "centra-dpa-East-s1 [payment×0 5795/0]")
	l.shipped(2, 1, false, domain.ShipmentLine{Line: "2", SKU: "SKU-2", Quantity: 1}).inShop(2, 1000, domain.LineQuantity{Line: "2", Quantity: 1})
	require.Contains(t, l.post(t), "centra-dpa-East-s2 [payment×0 1000/0]")

	pending := alive().tell(captured(0, true)).accepted()
	pending.order.Payment.CapturePending = true
	require.Len(t, pending.plan(t), 1, "a capture that is pending is no deposit")
	pending.order.Payment = domain.Payment{Known: true, Captured: 6795}
	require.Len(t, pending.plan(t), 2)
}

func TestWhatIsMissingPausesTheDocumentAndNamesWhy(t *testing.T) {
	t.Parallel()
	l := alive().accepted()
	l.miss = &domain.Question{Kind: mapping.KindEntity, Cause: "unmapped:entity:selvedge:ATELIER-SE"}
	planned := l.plan(t)
	require.Len(t, planned, 1)
	require.Equal(t, l.miss, planned[0].Question)
	require.Empty(t, planned[0].Document.Entity+planned[0].Document.EntityRef+string(planned[0].Document.Date), "nothing is defaulted")
	key := planned[0].Document.Key
	l.miss = nil
	require.Equal(t, key, l.plan(t)[0].Document.Key, "the rule changes no key")

	off := alive().accepted()
	off.order.GrandTotal++
	planned = off.plan(t)
	require.Equal(t, books.KindMismatch, planned[0].Question.Kind)
	require.Contains(t, planned[0].Question.Problems[0].Message, "its total is 67.96 GBP")
	off.order.GrandTotal-- // somebody corrects the order
	require.Nil(t, off.plan(t)[0].Question)

	strange := alive().accepted().shipped(1, 1, false, tees(3)).inShop(1, 4000, domain.LineQuantity{Line: "1", Quantity: 3})
	planned = strange.plan(t)
	require.Len(t, planned, 3)
	require.Equal(t, books.KindMismatch, planned[2].Question.Kind, "the invoice alone waits")
	require.Nil(t, planned[0].Question)
}
