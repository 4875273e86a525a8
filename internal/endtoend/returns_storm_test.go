package endtoend_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
	"selvedge/internal/store"
)

// joins tells of more garments of a parcel that was told of before, counted from 0.
func joins(parcel int, pieces ...piece) word {
	return word{"more of it is told", func(t *testing.T, w *world, f *fate) bool {
		action := acs.ReturnAction{ReturnID: f.parcels[parcel].ReturnID}
		for _, p := range pieces {
			action.Units = append(action.Units, w.unitOf(t, f.number, p))
		}
		f.parcels[parcel], f.pieces[parcel] = w.comesBack(t, f.number, action), append(f.pieces[parcel], pieces...)
		return true
	}}
}

// comesSouth lets garments arrive at the south, which knows the order by another number.
func comesSouth(pieces ...piece) word {
	return word{"goods come back to the other house", func(t *testing.T, w *world, f *fate) bool {
		action := acs.ReturnAction{}
		for _, p := range pieces {
			action.Units = append(action.Units, w.unitOf(t, f.number, p))
		}
		f.parcels, f.pieces = append(f.parcels, w.comesBackTo(t, accountS, f.number, action)), append(f.pieces, pieces)
		return true
	}}
}

// pressed terminates the nth return as soon as it runs, unless it has closed by then.
func pressed(n int) word {
	return word{"its return is terminated", func(t *testing.T, w *world, f *fate) bool {
		id := returnID(f.number, n)
		s, err := w.returnShown(t.Context(), id)
		if err != nil || s.status != enums.WORKFLOW_EXECUTION_STATUS_RUNNING {
			return err == nil && s.status == enums.WORKFLOW_EXECUTION_STATUS_COMPLETED
		}
		return w.client.TerminateWorkflow(t.Context(), id, "", "somebody pressed it") == nil
	}}
}

// bookedOff takes a garment off the books of the north outside of any return, under a serial.
func bookedOff(sku, serial string) word {
	return word{"it is booked off", func(t *testing.T, w *world, f *fate) bool {
		w.act(t, acs.Action{Action: "adjust", Account: accountN, SKU: sku, Quantity: -1, Reason: "ber_write_off", Serials: []string{serial}, UnitCost: "12.50", Currency: "GBP"})
		return true
	}}
}

// known waits until the garment's loss is a document, whoever told of it.
func known(serial string) word {
	return word{"its loss is known", func(t *testing.T, w *world, f *fate) bool { return len(w.writtenOff(t, serial)) == 1 }}
}

// lostBefore takes a hat off the books of the north and posts its loss, under a serial.
// Posting posts everything: while stories are told, it would make a document of no order
// stand beside the losses without a serial, and finance would be asked which is which.
func (w *world) lostBefore(t *testing.T, serial string) {
	t.Helper()
	bookedOff(hat, serial).say(t, w, nil)
	eventually(t, "its loss is in the books", func() bool {
		w.keepBooks(t)
		return len(w.postedLosses(t, func(d domain.Document) bool { return d.Extra[domain.ExtraSerial] == serial })) == 1
	})
}

// twoHouses is a shirt from the north and a hat from the south.
func twoHouses(o *centra.SeedOrder) {
	far := line(o.Number, 2, hat, 1)
	far.From = map[string]int{south: 1}
	o.Lines = []centra.SeedLine{line(o.Number, 1, shirt, 1), far}
}

// unlucky are stories in which somebody presses, books or tells something that no healthy
// day has.
func unlucky() []*fate {
	hatBack := piece{line: 2, sku: hat, word: "restock"}
	spoilt := func(serial string) piece { return piece{line: 1, sku: shirt, word: "ber", serial: serial} }
	uneven := func(o *centra.SeedOrder) {
		several(5)(o)
		o.Lines[0].UnitPrice, o.Discounts = 1767, []centra.SeedDiscount{{Value: 11}}
	}
	gift := func(o *centra.SeedOrder) {
		o.Lines = []centra.SeedLine{line(o.Number, 1, shirt, 1), line(o.Number, 2, hat, 1)}
		o.Lines[1].UnitPrice = 0
	}
	free := func(o *centra.SeedOrder) { o.ShippingCost, o.Discounts = 0, []centra.SeedDiscount{{Value: 3990}} }
	both := outcome{returns: 2, units: map[string]int{shirt: 1, hat: 1}, back: 2 * 3990}
	return []*fate{
		{name: "terminated at once", words: []word{comes(one("restock")), pressed(1), ended(1)}, want: shirts(1)},
		{name: "terminated three times", words: []word{comes(one("quarantine")), pressed(1), heard(1), then(0, 0, "refurbish"), pressed(1), then(0, 0, "ber"), pressed(1), ended(1)}, want: shirts(1).losing(1)},
		{name: "terminated while finance is asked", words: []word{outcomes("fail"), comes(one("restock")), asks(1, "refund-failed"), pressed(1), outcomes("success"), asked(1, "refund-failed", retries()), ended(1)}, want: shirts(1)},
		{name: "terminated while its refund is on its way", words: []word{outcomes("pending"), comes(one("restock")), pressed(1), ended(1)}, want: shirts(1)},
		{name: "one to each house", sale: twoHouses, words: []word{comes(one("restock")), comesSouth(hatBack), ended(1), ended(2)}, want: both},
		{name: "crossed over", sale: twoHouses, words: []word{comesSouth(one("restock")), comes(hatBack), ended(1), ended(2)}, want: both},
		{name: "both to the other house", sale: twoHouses, words: []word{comesSouth(one("restock"), hatBack), ended(1)}, want: both},
		{name: "crossed over, announced by the shop", sale: twoHouses, words: []word{byHand(1, 1), byHand(2, 1), heard(2), comesSouth(one("restock")), comes(hatBack), ended(1), ended(2)}, want: both},
		{name: "found in the parcel after it was closed", sale: several(2), words: []word{comes(one("restock")), ended(1), joins(0, one("ber")), lost(1), standing(2), ended(1)}, want: shirts(2).losing(1).in(2)},
		{name: "looked at once more after it was closed", words: []word{comes(one("restock")), ended(1), then(0, 0, "refurbish"), holds(1), then(0, 0, "restock"), ended(1)}, want: shirts(1)},
		{name: "five by three confirmations", sale: uneven, words: []word{
			comes(one("restock")), joins(0, one("ber"), one("restock")), joins(0, one("restock"), one("donate")), repeated(5), standing(5), ended(1),
		}, want: shirts(5).losing(2).paying(5*1767 - 11).anyReturns()},
		{name: "closed months ago, announced by the shop", words: []word{forgotten(), byHand(1, 1), heard(1), comes(one("ber")), ended(1)}, want: shirts(1).losing(1)},
		{name: "closed months ago, told five times", words: []word{forgotten(), comes(one("restock")), repeated(5), ended(1)}, want: shirts(1)},
		{name: "in a return and then booked off", words: []word{comes(spoilt("STORM-1")), ended(1), bookedOff(shirt, "STORM-1")}, want: shirts(1).losing(1)},
		{name: "booked off and then in a return", words: []word{bookedOff(shirt, "STORM-2"), known("STORM-2"), comes(spoilt("STORM-2")), repeated(5), ended(1)}, want: shirts(1).losing(1)},
		{name: "in the books and then in a return", elsewhere: 1, sale: func(o *centra.SeedOrder) { o.Lines = []centra.SeedLine{line(o.Number, 1, hat, 1)} }, words: []word{
			comes(piece{line: 1, sku: hat, word: "ber", serial: "STORM-3"}), repeated(5), ended(1),
		}, want: outcome{returns: 1, units: map[string]int{hat: 1}, back: 3990}},
		{name: "a gift alone", sale: gift, words: []word{comes(hatBack), ended(1)}, want: outcome{returns: 1, units: map[string]int{hat: 1}}},
		{name: "an order that cost nothing", sale: free, words: []word{comes(one("ber")), ended(1)}, want: shirts(1).losing(1).paying(0)},
	}
}

// anyReturns is for stories in which it is chance how many returns the shop has of them.
func (o outcome) anyReturns() outcome { o.returns = -1; return o }

// standing waits until that many shirts stand returned in the shop.
func standing(shirts int) word {
	return word{"all of it stands in the shop", func(t *testing.T, w *world, f *fate) bool {
		n := 0
		for _, r := range w.inShop(t, f.number).Returns {
			for _, l := range r.Lines {
				n += l.Quantity
			}
		}
		return n == shirts
	}}
}

// counts lets the count of completeness run again and again, until it is stopped.
func (d *day) counts(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			run, err := d.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{TaskQueue: contract.QueueOrders}, "CompletenessWorkflow", contract.CompletenessInput{Store: atelier})
			if err == nil {
				_ = run.Get(ctx, nil) // what the weather spoils, the next one does
			}
			_, _ = d.intake.ReadFeed(ctx, south)
			select {
			case <-ctx.Done():
			case <-time.After(2 * time.Second):
			}
		}
	}()
	return func() { cancel(); <-done }
}

// TestReturnsThatSomebodyMeddlesWithInAStorm tells the unlucky stories on one day of storm,
// with the workers cut off in its midst; what was terminated is found by the count alone.
func TestReturnsThatSomebodyMeddlesWithInAStorm(t *testing.T) {
	t.Parallel()
	d := &day{world: openBooked(t, options{env: map[string]string{"SELVEDGE_RETURN_REFUND_CHECK": "1s"}}), fates: unlucky()}
	d.ownStock(t)
	d.countsAtOnce(t)
	_, err := d.intake.DrainShop(t.Context()) // the shop queues events from the first wish for them
	require.NoError(t, err)
	d.lostBefore(t, "STORM-3")
	d.sells(t, 4601)
	stock := d.stockOf(shirt, hat)

	faults := lostAnswersOfReturns()
	require.NoError(t, d.shop.Weather().Script(faults...))
	d.weatherOf(t, "storm")
	stopReading, stopCounting := d.reads(t), d.counts(t)
	defer stopReading()
	defer stopCounting()
	require.True(t, d.until(t, patience, func(int) bool { return d.shop.Weather().Stats().Scripted >= len(faults)/2 }), "answers are lost")
	d.countsAtOnce(t) // which cuts the workers off
	d.until(t, 10*time.Second, func(left int) bool { return left == 0 })
	d.weatherOf(t, "calm")
	require.True(t, d.until(t, 3*patience, func(left int) bool { return left == 0 }), "stories that do not end:%s", d.stuck(t))

	for _, f := range d.fates {
		d.closes(t, f.number)
	}
	open, err := d.parts.Store.OpenExceptions(t.Context(), store.ExceptionFilter{}, 100)
	require.NoError(t, err)
	require.Empty(t, slices.DeleteFunc(open, func(e store.Exception) bool { return e.Return == 0 }), "what was asked is answered")
	truth := d.truth(t)
	for _, f := range d.fates {
		t.Run(f.name, func(t *testing.T) {
			if f.want.returns < 0 {
				f.want.returns = len(truth.shop[f.number].Returns)
			}
			truth.requireSound(t, f.number)
			truth.requireFate(t, f)
		})
	}
	for _, serial := range []string{"STORM-1", "STORM-2", "STORM-3"} {
		d.requireWrittenOffOnce(t, serial)
	}
	require.Equal(t, stock, d.stockOf(shirt, hat), "no return raises the shop's stock")
}
