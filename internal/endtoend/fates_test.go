package endtoend_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
	"selvedge/internal/store"
)

// shirts is an outcome of that many shirts back in one return, paid back in full.
func shirts(n int) outcome {
	return outcome{returns: 1, units: map[string]int{shirt: n}, back: int64(n) * 3990}
}

func (o outcome) losing(n int) outcome { o.lost = n; return o }

func (o outcome) moving(n int) outcome { o.moved = n; return o }

func (o outcome) paying(amount int64) outcome { o.back = amount; return o }

func (o outcome) in(returns int) outcome { o.returns = returns; return o }

// several is a line of that many shirts.
func several(n int) func(*centra.SeedOrder) {
	return func(o *centra.SeedOrder) { o.Lines = []centra.SeedLine{line(o.Number, 1, shirt, n)} }
}

// dispositions are one story for each word of the warehouse's contract, and one for a
// word that it does not have.
func dispositions() []*fate {
	return []*fate{
		{name: "restock", words: []word{comes(one("restock")), ended(1)}, want: shirts(1)},
		{name: "refurbish, then restock", words: []word{comes(one("refurbish")), then(0, 0, "restock"), ended(1)}, want: shirts(1)},
		{name: "regrade", words: []word{comes(piece{line: 1, sku: shirt, word: "regrade_resale", becomes: bare}), ended(1)}, want: shirts(1).moving(1)},
		{name: "quarantine, then restock", words: []word{comes(one("quarantine")), holds(1), then(0, 0, "restock"), ended(1)}, want: shirts(1)},
		{name: "ber", words: []word{comes(one("ber")), ended(1)}, want: shirts(1).losing(1)},
		{name: "donate", words: []word{comes(one("donate")), ended(1)}, want: shirts(1).losing(1)},
		{name: "recycle", words: []word{comes(one("recycle")), ended(1)}, want: shirts(1).losing(1)},
		{name: "return to brand", words: []word{comes(one("return_to_brand")), ended(1)}, want: shirts(1).losing(1)},
		{name: "missing, and lost for good", words: []word{comes(one("missing")), asked(1, "return-missing", skips()), ended(1)}, want: outcome{lost: 1}},
		{name: "missing, and taken all the same", words: []word{comes(one("missing")), asked(1, "return-missing", overrides("disposition", "restock")), ended(1)}, want: shirts(1)},
		{name: "missing, and found", words: []word{comes(one("missing")), then(0, 0, "restock"), ended(1)}, want: shirts(1)},
		{name: "wrong item, sent back", words: []word{comes(one("wrong_item")), asked(1, "wrong-item", skips()), ended(1)}, want: outcome{}},
		{name: "wrong item, taken", words: []word{comes(one("wrong_item")), asked(1, "wrong-item", overrides("disposition", "ber")), ended(1)}, want: shirts(1).losing(1)},
		{name: "an unknown word", words: []word{comes(one("eaten_by_moths")), asks(1, "unmapped:disposition"), meaning("eaten_by_moths", "write-off"), nudged(1), ended(1)}, want: shirts(1).losing(1)},
	}
}

// reversals are garments about which the warehouse changes its mind.
func reversals() []*fate {
	return []*fate{
		{name: "refurbish, then ber", words: []word{comes(one("refurbish")), then(0, 0, "ber"), ended(1)}, want: shirts(1).losing(1)},
		{name: "restock, and ber after all was settled", words: []word{comes(one("restock")), ended(1), then(0, 0, "ber"), lost(1), ended(1)}, want: shirts(1).losing(1)},
		{name: "quarantine, then ber", words: []word{comes(one("quarantine")), holds(1), then(0, 0, "ber"), ended(1)}, want: shirts(1).losing(1)},
		{name: "ber, then restock", words: []word{comes(one("ber")), lost(1), then(0, 0, "restock"), asked(1, "disposition-reversed", skips()), ended(1)}, want: shirts(1).losing(1)},
		{name: "refurbish, quarantine, restock, ber at once", words: []word{comes(one("refurbish")), then(0, 0, "quarantine"), then(0, 0, "restock"), then(0, 0, "ber"), ended(1)}, want: shirts(1).losing(1)},
		{name: "missing, lost for good, and found after all", words: []word{
			comes(one("missing")), asked(1, "return-missing", skips()), lost(1), then(0, 0, "restock"), asked(1, "disposition-reversed", skips()), ended(1),
		}, want: shirts(1).losing(1)},
	}
}

// parts are orders of which not all comes back, or not at once.
func parts() []*fate {
	bundle := func(o *centra.SeedOrder) {
		o.Lines = []centra.SeedLine{{ID: o.Number*10 + 1, Kind: "bundle", SKU: set, Quantity: 1, UnitPrice: 9_000, From: map[string]int{north: 1}}}
	}
	twoParcels := &acs.FloorPlan{Parcels: []acs.PlannedParcel{{Lines: []acs.PlannedUnits{{SKU: shirt, Quantity: 1}}}, {DelayMs: ptr(800)}}}
	thirds := func(o *centra.SeedOrder) {
		several(3)(o)
		o.Lines[0].UnitPrice = 1767
		o.Discounts = []centra.SeedDiscount{{Value: 1}}
	}
	return []*fate{
		{name: "two of three, then the third", sale: several(3), words: []word{comes(one("restock"), one("ber")), ended(1), comes(one("restock")), ended(2)}, want: shirts(3).losing(1).in(2)},
		{name: "three times one of 3 x 17.67 less 0.01", sale: thirds, words: []word{
			comes(one("restock")), ended(1), comes(one("restock")), ended(2), comes(one("restock")), ended(3),
		}, want: shirts(3).paying(3*1767 - 1).in(3)},
		{name: "two parcels back on one day", sale: several(4), words: []word{comes(one("restock"), one("restock")), comes(one("ber"), one("donate")), ended(1), ended(2)}, want: shirts(4).losing(2).in(2)},
		{name: "one of two items", sale: func(o *centra.SeedOrder) {
			o.Lines = []centra.SeedLine{line(o.Number, 1, shirt, 1), line(o.Number, 2, hat, 1)}
		}, words: []word{
			comes(piece{line: 2, sku: hat, word: "restock"}), ended(1),
		}, want: outcome{returns: 1, units: map[string]int{hat: 1}, back: 3990}},
		{name: "of two shipments in one parcel", sale: several(2), plan: twoParcels, words: []word{comes(one("restock"), one("ber")), ended(1)}, want: shirts(2).losing(1).in(2)},
		{name: "one hat of a bundle", sale: bundle, words: []word{comes(piece{part: true, sku: hat, word: "restock"}), ended(1)}, want: outcome{returns: 1, units: map[string]int{hat: 1}, back: 3000}},
		{name: "a whole bundle, a hat of it ber", sale: bundle, words: []word{
			comes(piece{part: true, sku: hat, word: "restock"}, piece{part: true, sku: shirt, word: "restock"}, piece{part: true, sku: hat, word: "ber"}), ended(1),
		}, want: outcome{returns: 1, units: map[string]int{hat: 2, shirt: 1}, back: 9000, lost: 1}},
		{name: "more than has left", sale: several(2), open: true, plan: &acs.FloorPlan{NeverShip: true, Parcels: []acs.PlannedParcel{{Lines: []acs.PlannedUnits{{SKU: shirt, Quantity: 1}}}}}, words: []word{
			comes(one("restock"), one("restock")), asked(1, "return-not-shipped", skips()), ended(1),
		}, want: shirts(1)},
		{name: "more than was sold", words: []word{comes(one("restock"), one("ber")), asked(1, "return-not-shipped", skips()), ended(1)}, want: shirts(1)},
		{name: "without a line", words: []word{comes(piece{sku: shirt, word: "restock"}), ended(1)}, want: shirts(1)},
		{name: "another item under the line's name", words: []word{comes(piece{line: 1, sku: hat, word: "restock"}), asked(1, "return-unmatched", skips()), ended(1)}, want: outcome{}},
	}
}

// announcements are garments of which the shop tells, too, before or after the warehouse.
func announcements() []*fate {
	return []*fate{
		{name: "by the shop first", sale: several(2), words: []word{byHand(1, 2), heard(1), comes(one("restock"), one("ber")), ended(1)}, want: shirts(2).losing(1)},
		{name: "by the shop first, in two parcels", sale: several(2), words: []word{byHand(1, 2), heard(1), comes(one("restock")), comes(one("ber")), ended(1)}, want: shirts(2).losing(1)},
		{name: "by the warehouse first", words: []word{comes(one("quarantine")), holds(1), byHand(1, 1), then(0, 0, "restock"), ended(1)}, want: shirts(1)},
		{name: "by both at once", words: []word{byHand(1, 1), comes(one("restock")), ended(1)}, want: shirts(1)},
		{name: "of two, and one never comes", sale: several(2), words: []word{
			byHand(1, 2), heard(1), comes(one("restock")), stands(1, 1), asked(1, "return-missing", skips()), asks(1, "return-refused"), deletes(), ended(1),
		}, want: shirts(1)},
	}
}

// circumstances are returns of an uncommon kind.
func circumstances() []*fate {
	return []*fate{
		{name: "a parcel that nobody took", words: []word{arrives(acs.ReturnAction{Type: "undelivered"}, one("restock")), ended(1)}, want: shirts(1).paying(3990 + 495)},
		{name: "an exchange", words: []word{arrives(acs.ReturnAction{Type: "exchange"}, one("restock")), asked(1, "refund-decision", skips()), ended(1)}, want: shirts(1).paying(0)},
		{name: "an exchange that is paid back after all", words: []word{arrives(acs.ReturnAction{Type: "exchange"}, one("restock")), asked(1, "refund-decision", overrides("refund", "yes")), ended(1)}, want: shirts(1)},
		{name: "the end of a hire", words: []word{arrives(acs.ReturnAction{Type: "rental_return"}, one("restock")), asked(1, "refund-decision", skips()), ended(1)}, want: shirts(1).paying(0)},
		{name: "an order that closed months ago", words: []word{forgotten(), comes(one("ber")), ended(1)}, want: shirts(1).losing(1)},
		{name: "no order on the label", words: []word{arrives(acs.ReturnAction{Type: "unidentified"}, piece{sku: shirt, word: "ber"}), claimed(), ended(1)}, want: shirts(1).losing(1)},
		{name: "written off in the parcel and besides", words: []word{arrives(acs.ReturnAction{WriteOff: true}, piece{line: 1, sku: shirt, word: "ber", serial: "FATE-1"}), ended(1)}, want: shirts(1).losing(1)},
		{name: "a confirmation told five times", words: []word{comes(one("ber")), repeated(5), ended(1), repeated(5)}, want: shirts(1).losing(1)},
		{name: "a refund that fails once the return is complete", words: []word{outcomes("fail"), comes(one("restock")), asked(1, "refund-failed", skips()), ended(1)}, want: shirts(1).paying(0)},
		{name: "a refund that is mended", words: []word{outcomes("fail"), comes(one("restock")), asks(1, "refund-failed"), outcomes("success"), asked(1, "refund-failed", retries()), ended(1)}, want: shirts(1)},
		{name: "a refund that is only asked for", words: []word{outcomes("pending"), comes(one("restock")), ended(1)}, want: shirts(1)},
		{name: "paid before it left", sale: func(o *centra.SeedOrder) { o.PaymentMethod = "Prepayment" }, words: []word{comes(one("ber")), ended(1)}, want: shirts(1).losing(1)},
		{name: "nothing comes back", want: outcome{}},
	}
}

// lost waits until the order has that many write-offs in the books.
func lost(n int) word {
	return word{fmt.Sprintf("%d garments are written off", n), func(t *testing.T, w *world, f *fate) bool {
		return len(w.writeOffs(t, f.number)) == n
	}}
}

// meaning says what a word means.
func meaning(disposition, means string) word {
	return word{"a rule is added", func(t *testing.T, w *world, f *fate) bool {
		_, err := w.parts.Store.SaveRules(t.Context(), []domain.Rule{{Table: domain.RuleDisposition, Warehouse: north, From: disposition, To: means}}, "ops", "asked the warehouse", time.Now())
		require.NoError(t, err)
		return true
	}}
}

// nudged presses retry on the nth return, whether or not it has gone on by itself.
func nudged(n int) word {
	return word{"retry is pressed", func(t *testing.T, w *world, f *fate) bool {
		_ = w.client.SignalWorkflow(t.Context(), returnID(f.number, n), "", contract.SignalRetry, nil) // it may have closed
		return true
	}}
}

// forgotten makes Temporal forget the order, as it does when its retention is over.
func forgotten() word {
	asked := false
	return word{"the order is forgotten", func(t *testing.T, w *world, f *fate) bool {
		if !asked {
			_, err := w.client.WorkflowService().DeleteWorkflowExecution(t.Context(), &workflowservice.DeleteWorkflowExecutionRequest{
				Namespace: w.ns, WorkflowExecution: &common.WorkflowExecution{WorkflowId: workflowID(f.number)},
			})
			require.NoError(t, err)
			asked = true
		}
		_, err := w.look(t.Context(), f.number)
		return err != nil
	}}
}

// claimed waits until the parcel without an order asks whose it is, and says so.
func claimed() word {
	return word{"somebody says whose it is", func(t *testing.T, w *world, f *fate) bool {
		f.kinds = append(f.kinds, "return-without-order")
		id := contract.OrphanReturnWorkflowID(north, f.parcels[0].ReturnID)
		return w.answers(t, id, "return-without-order", overrides("order", orderID(f.number).String()))
	}}
}

// repeated sends every event of the order's first parcel again.
func repeated(copies int) word {
	return word{"it is told again", func(t *testing.T, w *world, f *fate) bool {
		for _, e := range w.eventsOf(t, f.parcels[0].ReturnID) {
			w.act(t, acs.Action{Account: accountN, Action: "resend", Event: e.ID, Copies: copies})
		}
		return true
	}}
}

// TestReturnsOfEveryFateInAStormWithTheWorkersCutOff tells one story for each thing that
// can become of a returned garment, all on one day in which webhooks are lost, repeated
// and overtaken, answers get lost and both systems go away for seconds, and the workers
// are cut off in the midst of it. Afterwards the shop, the warehouse and the ledger's
// file agree, order by order.
func TestReturnsOfEveryFateInAStormWithTheWorkersCutOff(t *testing.T) {
	t.Parallel()
	d := &day{world: openBooked(t, options{env: map[string]string{"SELVEDGE_RETURN_REFUND_CHECK": "1s", "SELVEDGE_RETURN_ARRIVAL": "8s"}})}
	_, err := d.intake.DrainShop(t.Context()) // the shop queues events from the first wish for them
	require.NoError(t, err)
	for _, stories := range [][]*fate{dispositions(), reversals(), parts(), announcements(), circumstances()} {
		d.fates = append(d.fates, stories...)
	}
	d.sells(t, 4001)
	stock := map[string]int{}
	for _, sku := range []string{shirt, hat, bare} {
		stock[sku] = d.physical(sku)
	}

	faults := lostAnswersOfReturns()
	require.NoError(t, d.shop.Weather().Script(faults...))
	d.weatherOf(t, "storm")
	stop := d.reads(t)
	defer stop()
	struck := func(n int) func(int) bool {
		return func(int) bool { return d.shop.Weather().Stats().Scripted >= n }
	}
	for _, n := range []int{2, len(faults)} {
		require.True(t, d.until(t, patience, struck(n)), "%d answers are lost", n)
		d.stopWorkers()
		d.startWorkers(t)
	}
	d.until(t, 10*time.Second, func(left int) bool { return left == 0 })
	d.weatherOf(t, "calm")
	over := d.until(t, 3*patience, func(left int) bool { return left == 0 })
	require.True(t, over, "stories that do not end:%s", d.stuck(t))

	for _, f := range d.fates {
		if !f.open && len(f.words) > 0 {
			d.closes(t, f.number)
		}
	}
	provoked := map[string]bool{}
	for _, f := range d.fates {
		for _, kind := range f.kinds {
			provoked[kind] = true
		}
	}
	for _, kind := range []string{
		"disposition-reversed", "refund-decision", "refund-failed", "return-missing", "return-not-shipped", "return-refused", "return-unmatched",
		"return-without-order", "unmapped:disposition", "wrong-item",
	} {
		require.True(t, provoked[kind], "nobody was asked about %s", kind)
	}
	open, err := d.parts.Store.OpenExceptions(t.Context(), store.ExceptionFilter{}, 100)
	require.NoError(t, err)
	require.Empty(t, slices.DeleteFunc(open, func(e store.Exception) bool { return e.Return == 0 }), "what was asked is answered")
	truth := d.truth(t)
	for _, f := range d.fates {
		t.Run(f.name, func(t *testing.T) {
			truth.requireSound(t, f.number)
			truth.requireFate(t, f)
		})
	}
	for sku, physical := range stock {
		require.Equal(t, physical, d.physical(sku), "no return raises the shop's stock of %s", sku)
	}
}

// requireFate holds what stands in the shop, the warehouse and the books against the story.
func (d truth) requireFate(t *testing.T, f *fate) {
	t.Helper()
	o := d.shop[f.number]
	require.Len(t, o.Returns, f.want.returns, "returns of the shop")
	units, back, skus := map[string]int{}, int64(0), map[int]string{}
	for _, l := range o.Lines {
		skus[l.ID] = l.SKU
	}
	for _, r := range o.Returns {
		back += r.Refunded
		for _, l := range r.Lines {
			units[skus[l.LineID]] += l.Quantity
		}
	}
	if f.want.units == nil {
		f.want.units = map[string]int{}
	}
	require.Equal(t, f.want.units, units, "units in the shop's returns")
	require.Equal(t, f.want.back, back, "money that went back")
	books := d.books[fmt.Sprint(f.number)]
	require.Len(t, of(books, domain.DocWriteOff), f.want.lost, "write-offs")
	require.Len(t, of(books, domain.DocRegrade), f.want.moved, "transfers")
	for _, b := range of(books, domain.DocRegrade) {
		require.Equal(t, []string{shirt, bare}, []string{b.from, b.to})
	}
	gone := 0
	for _, p := range d.parcels[fmt.Sprint(f.number)] {
		for _, u := range p.Units {
			if u.Final && (u.Disposition == "ber" || u.Disposition == "donate" || u.Disposition == "recycle" || u.Disposition == "return_to_brand") {
				gone++
			}
		}
	}
	if f.name != "more than was sold" { // one of them was never the order's
		require.GreaterOrEqual(t, f.want.lost+f.elsewhere, gone, "every garment that the warehouse has lost is written off")
	}
}
