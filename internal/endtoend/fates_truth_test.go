package endtoend_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/simulators/centra"
)

// truth is what both systems and the ledger's file say, once a day is over. Nothing of it
// is read from our own tables.
type truth struct {
	shop    map[int]centra.OrderState
	mails   map[int]int // told of a return
	parcels map[string][]parcelBack
	books   map[string][]booking
}

// parcelBack is a return as the warehouse keeps it, at its latest revision.
type parcelBack struct {
	ReturnID    string `json:"returnId"`
	OrderNumber string `json:"orderNumber"`
	Units       []struct {
		UnitRef     string `json:"unitRef"`
		Disposition string `json:"disposition"`
		Final       bool   `json:"final"`
	} `json:"units"`
}

// truth posts and exports what is left to post, and reads everything.
func (w *world) truth(t *testing.T) truth {
	t.Helper()
	w.posts(t)
	d := truth{shop: map[int]centra.OrderState{}, mails: map[int]int{}, parcels: map[string][]parcelBack{}, books: map[string][]booking{}}
	state := w.shop.State()
	for _, o := range state.Orders {
		d.shop[o.Number] = o
	}
	for _, m := range state.Mails {
		if m.Kind == "return" {
			d.mails[m.Order]++
		}
	}
	for _, account := range w.floor.State() {
		for _, r := range account.Returns {
			text, err := json.Marshal(r)
			require.NoError(t, err)
			var p parcelBack
			require.NoError(t, json.Unmarshal(text, &p))
			d.parcels[p.OrderNumber] = append(d.parcels[p.OrderNumber], p)
		}
	}
	for _, b := range w.exported(t) {
		d.books[b.order] = append(d.books[b.order], b)
	}
	return d
}

// requireSound holds an order's returns, money and documents against each other. It
// knows nothing of the order's story, so it holds for every order of a day.
func (d truth) requireSound(t *testing.T, number int) {
	t.Helper()
	d.requireSoundReturns(t, number)
	d.requireSoundBooks(t, number)
	d.requireOneMemoForEachReturn(t, number)
	d.requireLossesOnce(t, number)
}

// requireSoundReturns: each return of the shop is completed and told to the customer
// once, of units that were shipped, and no more money went back than came.
func (d truth) requireSoundReturns(t *testing.T, number int) {
	t.Helper()
	o := d.shop[number]
	back, references := map[int]int{}, map[string]bool{}
	for _, r := range o.Returns {
		require.Equal(t, "COMPLETED", r.Status, "return %d", r.ID)
		if r.ExternalID != "" {
			require.True(t, strings.HasPrefix(r.ExternalID, orderID(number).String()+"/r"), r.ExternalID)
			require.False(t, references[r.ExternalID], "return %s stands twice", r.ExternalID)
			references[r.ExternalID] = true
		}
		for _, l := range r.Lines {
			require.Positive(t, l.Quantity)
			back[l.LineID] += l.Quantity
		}
	}
	for _, l := range o.Lines {
		require.LessOrEqual(t, back[l.ID], l.Shipped, "line %d", l.ID)
		if l.Physical {
			require.Equal(t, back[l.ID], l.Returned, "line %d", l.ID)
		}
	}
	require.Equal(t, len(o.Returns), d.mails[number], "one mail for each return")
	require.GreaterOrEqual(t, o.Captured, int64(0), "no more goes back than was captured")
}

// sum is what was billed or credited of one line.
type sum struct {
	units      int
	gross, tax int64
}

func (s *sum) add(b booking) {
	s.units, s.gross, s.tax = s.units+b.quantity, s.gross+b.gross, s.tax+b.tax
}

// requireSoundBooks: of no line is more credited than was invoiced, in units, money or
// tax; and what the books call refunded is what the shop paid back.
func (d truth) requireSoundBooks(t *testing.T, number int) {
	t.Helper()
	books := d.books[fmt.Sprint(number)]
	invoiced, credited := map[string]*sum{}, map[string]*sum{}
	for kind, sums := range map[domain.DocumentKind]map[string]*sum{domain.DocInvoice: invoiced, domain.DocCreditMemo: credited} {
		for _, b := range of(books, kind) {
			if b.lineKind == string(domain.DocLineFee) {
				continue
			}
			require.GreaterOrEqual(t, b.tax, int64(0), "%s %s", b.document, b.ref)
			require.LessOrEqual(t, b.tax, b.gross, "%s %s", b.document, b.ref)
			if sums[b.ref] == nil {
				sums[b.ref] = &sum{}
			}
			sums[b.ref].add(b)
		}
	}
	for ref, c := range credited {
		i := invoiced[ref]
		require.NotNil(t, i, "line %s is credited and was never invoiced", ref)
		require.LessOrEqual(t, c.units, i.units, "units of line %s", ref)
		require.LessOrEqual(t, c.gross, i.gross, "money of line %s", ref)
		require.LessOrEqual(t, c.tax, i.tax, "tax of line %s", ref)
	}
	refunded := map[string]int64{}
	for _, b := range of(books, domain.DocRefund) {
		refunded[b.shopReturn] += b.gross
	}
	for _, r := range d.shop[number].Returns {
		require.Equal(t, r.Refunded, refunded[fmt.Sprint(r.ID)], "refunds of return %d in the books", r.ID)
		delete(refunded, fmt.Sprint(r.ID))
	}
	require.Empty(t, refunded, "no refund is of another return")
}

// requireOneMemoForEachReturn: each return of the shop has one credit memo that names it
// and that the shop names, with one line for each of its lines and invoices, and what went back is what it says.
func (d truth) requireOneMemoForEachReturn(t *testing.T, number int) {
	t.Helper()
	memos := map[string]map[string]bool{} // return → documents
	lines := map[string]bool{}
	units, gross := map[string]map[string]int{}, map[string]int64{}
	for _, b := range of(d.books[fmt.Sprint(number)], domain.DocCreditMemo) {
		require.NotEmpty(t, b.shopReturn, "%s names the shop's return", b.document)
		line := strings.Join([]string{b.shopReturn, b.ref, b.source}, " ")
		require.False(t, lines[line], "%s is credited twice", line)
		lines[line] = true
		if memos[b.shopReturn] == nil {
			memos[b.shopReturn], units[b.shopReturn] = map[string]bool{}, map[string]int{}
		}
		memos[b.shopReturn][b.document] = true
		gross[b.shopReturn] += b.gross
		if b.lineKind == string(domain.DocLineGoods) {
			units[b.shopReturn][b.ref] += b.quantity
		}
	}
	require.Len(t, memos, len(d.shop[number].Returns), "as many memos as returns")
	for _, r := range d.shop[number].Returns {
		id, want := fmt.Sprint(r.ID), map[string]int{}
		for _, l := range r.Lines {
			want[fmt.Sprint(l.LineID)] += l.Quantity
		}
		require.Len(t, memos[id], 1, "memos of return %s", id)
		for document := range memos[id] {
			require.Contains(t, r.Comment+"\n"+d.shop[number].InternalComment, document, "the shop names the memo of return %s", id)
		}
		require.Equal(t, want, units[id], "units of the memo of return %s", id)
		if r.Refunded != 0 {
			require.Equal(t, gross[id], r.Refunded, "return %s pays back what its memo says", id)
		}
	}
}

// requireLossesOnce: a write-off is of one garment, and of no garment are there two.
func (d truth) requireLossesOnce(t *testing.T, number int) {
	t.Helper()
	seen := map[string]bool{}
	for _, b := range of(d.books[fmt.Sprint(number)], domain.DocWriteOff) {
		require.Equal(t, -1, b.quantity, b.document)
		require.NotEmpty(t, b.disposition, b.document)
		require.False(t, seen[b.ref], "garment %s is written off twice", b.ref)
		seen[b.ref] = true
	}
}
