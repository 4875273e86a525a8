package endtoend_test

import (
	"context"
	"fmt"
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
	"selvedge/internal/simulators/weather"
)

// fate is what becomes of the goods of one order: what is told of them and what people
// answer, word by word, and what it has to come to.
type fate struct {
	name string
	sale func(*centra.SeedOrder)
	plan *acs.FloorPlan
	open bool // the order stays open: not all of it has left
	// elsewhere is how many of its garments are written off by documents of no order.
	elsewhere int
	words     []word
	want      outcome

	number  int
	said    int        // words so far
	kinds   []string   // that people were asked about
	parcels []returned // as the warehouse numbers them
	pieces  [][]piece
}

// outcome is what a story comes to, in the shop and in the books.
type outcome struct {
	returns int            // of the shop
	units   map[string]int // that stand in them, by item
	back    int64          // money that went back, minor units
	lost    int            // garments written off
	moved   int            // garments that are another item now
}

// word is one thing that happens in a story. say answers false while its time has not come.
type word struct {
	what string
	say  func(t *testing.T, w *world, f *fate) bool
}

// piece is a garment that comes back: of a line of the order, counted from 1, or 0 for none.
type piece struct {
	line                       int
	part                       bool // of a bundle, whose lines the shop numbers itself
	sku, word, becomes, serial string
}

func (w *world) unitOf(t *testing.T, number int, p piece) acs.ReturnUnit {
	t.Helper()
	u := acs.ReturnUnit{SKU: p.sku, Disposition: p.word, ResultingSKU: p.becomes, Serial: p.serial, Grade: "B"}
	if p.line > 0 {
		u.LineID = ptr(lineID(number, p.line))
	}
	for _, l := range w.inShop(t, number).Lines {
		if p.part && l.SKU == p.sku {
			u.LineID = ptr(fmt.Sprint(l.ID))
		}
	}
	return u
}

// one is a shirt of the first line.
func one(word string) piece { return piece{line: 1, sku: shirt, word: word} }

// comes lets garments arrive at the warehouse in one parcel.
func comes(pieces ...piece) word { return arrives(acs.ReturnAction{}, pieces...) }

// arrives is comes, for parcels that are something special.
func arrives(action acs.ReturnAction, pieces ...piece) word {
	return word{"goods come back", func(t *testing.T, w *world, f *fate) bool {
		for _, p := range pieces {
			action.Units = append(action.Units, w.unitOf(t, f.number, p))
		}
		number := f.number
		if action.Type == "unidentified" {
			number = 0
		}
		f.parcels, f.pieces = append(f.parcels, w.comesBack(t, number, action)), append(f.pieces, pieces)
		return true
	}}
}

// then is a further decision about a garment: of the parcel and the piece in it, both from 0.
func then(parcel, nth int, disposition string) word {
	return word{"is called " + disposition, func(t *testing.T, w *world, f *fate) bool {
		p := f.pieces[parcel][nth]
		p.word = disposition
		u := w.unitOf(t, f.number, p)
		u.UnitRef = f.parcels[parcel].Units[nth].UnitRef
		w.comesBack(t, f.number, acs.ReturnAction{ReturnID: f.parcels[parcel].ReturnID, Units: []acs.ReturnUnit{u}})
		return true
	}}
}

// byHand lets a person make a return in the shop, pending.
func byHand(line, units int) word {
	return word{"a return is made in the shop", func(t *testing.T, w *world, f *fate) bool {
		w.admin(t, centra.Action{Action: "create-return", Order: f.number, LineID: f.number*10 + line, Quantity: units})
		return true
	}}
}

// deletes lets a person delete the order's only return in the shop.
func deletes() word {
	return word{"it is deleted in the shop", func(t *testing.T, w *world, f *fate) bool {
		w.admin(t, centra.Action{Action: "delete-return", Order: f.number, ReturnID: w.inShop(t, f.number).Returns[0].ID})
		return true
	}}
}

// outcomes sets how the payment provider answers from now on.
func outcomes(value string) word {
	return word{"refunds are " + value, func(t *testing.T, w *world, f *fate) bool {
		w.admin(t, centra.Action{Action: "set-refund-outcome", Order: f.number, Value: value})
		return true
	}}
}

// heard waits until the nth return of the order has been heard of.
func heard(n int) word {
	return word{fmt.Sprintf("return %d is heard of", n), func(t *testing.T, w *world, f *fate) bool {
		_, err := w.returnShown(t.Context(), returnID(f.number, n))
		return err == nil
	}}
}

// holds waits until the nth return waits for the warehouse, with nothing written of it.
func holds(n int) word {
	return word{fmt.Sprintf("return %d waits for the warehouse", n), func(t *testing.T, w *world, f *fate) bool {
		s, err := w.returnShown(t.Context(), returnID(f.number, n))
		return err == nil && s.state == domain.ReturnWindow
	}}
}

// stands waits until that many garments of the nth return are known to have arrived.
func stands(n, garments int) word {
	return word{fmt.Sprintf("%d garments of return %d have arrived", garments, n), func(t *testing.T, w *world, f *fate) bool {
		view, err := w.returnView(t.Context(), returnID(f.number, n))
		arrived := 0
		for _, g := range view.Assessment.Garments {
			if g.Disposition != "" {
				arrived++
			}
		}
		return err == nil && arrived >= garments
	}}
}

// ended waits until the nth return of the order has closed.
func ended(n int) word {
	return word{fmt.Sprintf("return %d closes", n), func(t *testing.T, w *world, f *fate) bool {
		return w.hasClosed(t.Context(), returnID(f.number, n))
	}}
}

func (w *world) hasClosed(ctx context.Context, id string) bool {
	s, err := w.returnShown(ctx, id)
	return err == nil && s.state == domain.Closed && s.status == enums.WORKFLOW_EXECUTION_STATUS_COMPLETED
}

// asks waits until the nth return asks about a kind.
func asks(n int, kind string) word {
	return word{fmt.Sprintf("return %d asks about %s", n, kind), func(t *testing.T, w *world, f *fate) bool {
		f.kinds = append(f.kinds, kind)
		s, err := w.returnShown(t.Context(), returnID(f.number, n))
		return err == nil && s.state == domain.NeedsAttention && slices.ContainsFunc(s.causes, func(c string) bool { return startsWith(c, kind) })
	}}
}

// asked waits until the nth return asks about a kind, and answers.
func asked(n int, kind string, answer contract.Resolution) word {
	return word{fmt.Sprintf("return %d asks about %s", n, kind), func(t *testing.T, w *world, f *fate) bool {
		f.kinds = append(f.kinds, kind)
		return w.answers(t, returnID(f.number, n), kind, answer)
	}}
}

// answers answers a question of a kind, if it is open. What is refused, since the return
// has gone on in that moment, is asked again.
func (w *world) answers(t *testing.T, id, kind string, answer contract.Resolution) bool {
	t.Helper()
	s, err := w.returnShown(t.Context(), id)
	if err != nil || s.state != domain.NeedsAttention {
		return false
	}
	for _, cause := range s.causes {
		if !startsWith(cause, kind) {
			continue
		}
		answer.Exception, answer.By, answer.Reason = cause, "ops", "looked at it"
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		handle, err := w.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
			WorkflowID: id, UpdateName: contract.UpdateResolve, Args: []any{answer}, WaitForStage: client.WorkflowUpdateStageCompleted,
		})
		return err == nil && handle.Get(ctx, nil) == nil
	}
	return false
}

func skips() contract.Resolution { return contract.Resolution{Action: contract.ActionSkip} }

func retries() contract.Resolution { return contract.Resolution{Action: contract.ActionRetry} }

func overrides(key, value string) contract.Resolution {
	return contract.Resolution{Action: contract.ActionOverride, Override: map[string]string{key: value}}
}

// day is many stories in one world, told at once by one teller.
type day struct {
	*world
	fates []*fate
}

// sells sells every order and waits until each is where its story begins.
func (d *day) sells(t *testing.T, first int) {
	t.Helper()
	for i, f := range d.fates {
		f.number = first + i
		order := sale(f.number)
		if f.sale != nil {
			f.sale(&order)
		}
		d.sell(t, order, f.plan)
	}
	for _, f := range d.fates {
		if f.open {
			eventually(t, "a parcel has left", func() bool { return d.mails(f.number) == 1 })
			continue
		}
		d.closes(t, f.number)
	}
}

// tells says every word whose time has come, once round. It answers how many are left.
func (d *day) tells(t *testing.T) (left int) {
	t.Helper()
	for _, f := range d.fates {
		for f.said < len(f.words) && f.words[f.said].say(t, d.world, f) {
			f.said++
		}
		left += len(f.words) - f.said
	}
	return left
}

// until tells the stories until the condition holds.
func (d *day) until(t *testing.T, within time.Duration, is func(left int) bool) bool {
	t.Helper()
	deadline := time.Now().Add(within)
	tick := time.NewTicker(3 * glance)
	defer tick.Stop()
	for !is(d.tells(t)) {
		if time.Now().After(deadline) {
			return false
		}
		<-tick.C
	}
	return true
}

// stuck names the stories that are not over, with what they wait for.
func (d *day) stuck(t *testing.T) (out string) {
	t.Helper()
	for _, f := range d.fates {
		if f.said == len(f.words) {
			continue
		}
		out += fmt.Sprintf("\n%d %s: not yet %q", f.number, f.name, f.words[f.said].what)
		for n := 1; n < 5; n++ {
			if s, err := d.returnShown(t.Context(), returnID(f.number, n)); err == nil {
				view, _ := d.returnView(t.Context(), returnID(f.number, n))
				out += fmt.Sprintf("\n  return %d: %+v\n    %+v", n, s, view)
			}
		}
		out += "\n" + d.story(f.number)
	}
	return out
}

// reads asks for what the schedules would, again and again, until the test ends: what
// webhooks lose, the feed and the shop's queue still hold.
func (d *day) reads(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				_, _ = d.intake.ReadFeed(ctx, north) // what the weather spoils is read a second later
				_, _ = d.intake.DrainShop(ctx)
			}
		}
	}()
	return func() { cancel(); <-done }
}

// weatherOf sets the weather of both systems.
func (w *world) weatherOf(t *testing.T, profile string) {
	t.Helper()
	require.NoError(t, w.shop.Weather().Set(profile))
	require.NoError(t, w.floorWeather.Set(profile))
}

// lostAnswersOfReturns strike what the shop cannot be asked twice.
func lostAnswersOfReturns() []weather.Fault {
	return []weather.Fault{
		{Match: "createReturn", Kind: weather.CutAfterCommit},
		{Match: "createReturn", Kind: weather.LateCommit, DelayMs: 2_400},
		{Match: "createReturn", Kind: weather.Garbage},
		{Match: "completeReturn", Kind: weather.CutAfterCommit},
		{Match: "refundReturn", Kind: weather.CutAfterCommit},
		{Match: "refundReturn", Kind: weather.Status502},
		{Match: "refundReturn", Kind: weather.LateCommit, DelayMs: 2_400, Hang: true},
	}
}
