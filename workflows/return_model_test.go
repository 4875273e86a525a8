package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"
	"pgregory.net/rapid"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/workflows"
)

// comeback is one garment that comes back: in which parcel, and what the warehouse says
// of it at each revision. The last word is final and takes the garment back.
type comeback struct {
	parcel int
	words  []string
	booked bool // the warehouse's books write it off besides, under its serial
}

func (c comeback) lost() bool { return slices.Contains(c.words, "ber") }

// returnStory is what happens to the returns of one order. All units that were sold come
// back, in two parcels at most.
type returnStory struct {
	garments  []comeback
	ledger    bool
	outcomes  map[string][]string // of calls, by kind
	meddles   []bool              // whether another return goes on right after a look
	events    []event             // what people, shop and warehouse do
	suggested []int               // before which events continue-as-new is suggested
}

var returnStories = rapid.Custom(func(r *rapid.T) returnStory {
	s := returnStory{ledger: rapid.Bool().Draw(r, "ledger"), outcomes: map[string][]string{}}
	early := rapid.SampledFrom([]string{"refurbish", "quarantine", "restock", "ber", "missing", "wrong_item"})
	for n := range rapid.IntRange(1, 4).Draw(r, "garments") {
		words := append(rapid.SliceOfN(early, 0, 2).Draw(r, fmt.Sprint("before ", n)), rapid.SampledFrom([]string{"restock", "ber", "regrade_resale"}).Draw(r, fmt.Sprint("last ", n)))
		c := comeback{parcel: 1, words: words}
		if n > 0 {
			c.parcel = rapid.IntRange(1, 2).Draw(r, fmt.Sprint("parcel ", n))
		}
		c.booked = c.lost() && rapid.Bool().Draw(r, fmt.Sprint("booked off ", n))
		s.garments = append(s.garments, c)
	}
	draw := func(kind string, outcomes ...string) {
		s.outcomes[kind] = rapid.SliceOfN(rapid.SampledFrom(append(outcomes, "done", "done")), 0, 5).Draw(r, kind)
	}
	draw("read", "away", "unsent")
	draw("create", "refused", "away", "lost", "unsent", "late")
	draw("complete", "refused", "away", "lost", "late")
	draw("refund", "refused", "away", "lost", "unsent", "late", "pending")
	draw("book", "refused", "away", "lost", "waits")
	s.meddles = rapid.SliceOfN(rapid.Bool(), 0, 8).Draw(r, "meddles")
	s.events = rapid.SliceOfN(rapid.Custom(func(r *rapid.T) event {
		return event{
			what: rapid.SampledFrom([]string{
				"word", "word", "word", "word", "booked", "by hand", "complete", "delete", "echo", "retry", "retry", "skip", "signal skip", "released", "cancel", "elsewhere", "paid", "unpaid",
			}).Draw(r, "what"),
			wait: rapid.IntRange(0, scale-1).Draw(r, "wait"),
		}
	}), 0, 16).Draw(r, "events")
	s.suggested = rapid.SliceOfNDistinct(rapid.IntRange(0, 16), 0, 3, rapid.ID[int]).Draw(r, "suggested")
	return s
})

// TestWhateverHappensAReturnStaysInStep tells stories to the workflow of an order's first
// return, on the real decisions and activities: words of the warehouse in any order and
// several times, returns that people make, complete and delete in the shop, lost answers,
// refusals and outages, people who answer, other returns of the order that go on beside
// it, and continue-as-new at any point. In the end all of it has come to the same.
func TestWhateverHappensAReturnStaysInStep(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		s := returnStories.Draw(r, "story")
		w := newReturnWorld(t, s)
		w.tellAll(r)
		w.requireSettled(r)
	})
}

// returnWorld is how far a story of returns has been told.
type returnWorld struct {
	*room
	t     *testing.T
	story returnStory
	env   *testsuite.TestWorkflowEnvironment
	mu    sync.Mutex // held while an activity or what happens from outside runs

	base      time.Time    // of the clock while no run is there
	said      []int        // revisions told, by garment's parcel
	told      map[int]bool // events
	signalled int64        // newest news that the return was woken for
	commands  int
	given     map[string]*answered
	disturbed bool // people decided otherwise than the warehouse: then nothing is owed
	by        bool // finance has settled a refund by hand
	rounds    int  // of the end, in which all is calm
}

func newReturnWorld(t *testing.T, s returnStory) *returnWorld {
	w := &returnWorld{room: newRoom(len(s.garments), s.ledger), t: t, story: s, base: dawn, said: make([]int, 3), told: map[int]bool{}, given: map[string]*answered{}}
	for kind, outcomes := range s.outcomes {
		w.outcomes[kind] = slices.Clone(outcomes)
	}
	w.now = func() time.Time {
		if w.env != nil {
			return w.env.Now()
		}
		return w.base
	}
	return w
}

// tellAll tells the story over as many runs as it takes, lets everything calm down, and
// lets the order's other returns come to their end; which may be news for the first.
func (w *returnWorld) tellAll(r require.TestingT) {
	w.happen("word", 0)
	w.wakes()
	for again := 0; ; again++ {
		require.Less(r, again, 20, "returns wake each other for ever")
		w.runAll(r)
		if len(w.wrong) > 0 {
			return
		}
		w.calm = true
		for n := range 300 {
			w.base = w.base.Add(time.Hour)
			if len(w.open()) > 0 && !w.elsewhere() {
				w.base = w.base.Add(72 * time.Hour)
				w.answerElsewhere(n, n > 100)
			}
		}
		if !w.wakes() {
			return
		}
	}
}

// runAll lets the return run, again and again, until nothing is left to be told.
func (w *returnWorld) runAll(r require.TestingT) {
	in := contract.ReturnInput{Order: orderID, Number: 1}
	for run := 0; ; run++ {
		require.Less(r, run, 60, "runs without end")
		next, again := w.play(in)
		if again {
			in = next
			continue
		}
		if !w.wokenWithoutARun() {
			return
		}
		in = contract.ReturnInput{Order: orderID, Number: 1}
	}
}

// wokenWithoutARun tells what is left while no run is there, until the return is woken by it.
func (w *returnWorld) wokenWithoutARun() bool {
	if w.wakes() {
		return true
	}
	for n, e := range w.story.events {
		if w.told[n] {
			continue
		}
		w.told[n], w.base = true, w.base.Add(returnWaits[e.wait])
		w.happen(e.what, n)
		if w.wakes() {
			return true
		}
	}
	if w.allSaid() {
		return false
	}
	w.end()
	return w.wakes()
}

// returnWaits are the times between events.
var returnWaits = [scale]time.Duration{0, 0, time.Second, 40 * time.Second, 13 * time.Hour}

// rounds of the end: each three days after the one before, until long after the return
// window, since what was announced and never came is asked about when it ends.
const lastRounds = 39

// play lets one run of the return live through what has not been told; again is set when
// it goes on as a new one.
func (w *returnWorld) play(in contract.ReturnInput) (next contract.ReturnInput, again bool) {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(silent{})
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(w.base)
	env.SetTestTimeout(time.Minute)
	env.SetWorkflowRunTimeout(10 * 365 * 24 * time.Hour)
	env.RegisterWorkflow(workflows.ReturnWorkflow)
	w.register(env)
	env.OnUpsertTypedSearchAttributes(mock.Anything).Return(nil).Maybe()
	env.OnSignalExternalWorkflow(mock.Anything, contract.OrderWorkflowID(orderID), mock.Anything, contract.SignalReturnSettled, mock.Anything).Return(nil).Maybe()
	at := time.Duration(0)
	later := func(do func()) {
		env.RegisterDelayedCallback(func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			do()
		}, at)
	}
	for n, e := range w.story.events {
		if w.told[n] {
			continue
		}
		at += returnWaits[e.wait]
		later(func() {
			w.told[n] = true
			env.SetContinueAsNewSuggested(slices.Contains(w.story.suggested, n))
			w.story.suggested = slices.DeleteFunc(w.story.suggested, func(s int) bool { return s == n })
			w.happen(e.what, n)
			w.wakes()
		})
	}
	for range max(3, lastRounds-w.rounds) {
		at += 72 * time.Hour
		later(func() {
			env.SetContinueAsNewSuggested(false)
			w.end()
			w.wakes()
		})
	}
	w.env = env
	env.ExecuteWorkflow(workflows.ReturnWorkflow, in)
	w.base, w.env = env.Now(), nil
	err := env.GetWorkflowError()
	var more *workflow.ContinueAsNewError
	switch {
	case errors.As(err, &more):
		require.NoError(w.t, converter.GetDefaultDataConverter().FromPayloads(more.Input, &next))
		return next, true
	case err != nil || !env.IsWorkflowCompleted():
		d := w.decide(1)
		w.never("the return did not close: %v; it has %v open, %v due and waits for %v", err, d.Questions, d.Due, d.Waiting)
	}
	return next, false
}

// register puts the real activities in their places, one at a time. After a look another
// return of the order may go on, before anything else is done.
func (w *returnWorld) register(env *testsuite.TestWorkflowEnvironment) {
	as := func(name string, f any) { env.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name}) }
	as("AssessReturn", func(ctx context.Context, in contract.AssessReturnInput) (contract.ReturnAssessment, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		at, err := w.returns.AssessReturn(ctx, in)
		if len(w.story.meddles) > 0 {
			meddle := w.story.meddles[0]
			w.story.meddles = w.story.meddles[1:]
			if meddle {
				w.elsewhere()
			}
		}
		return at, err
	})
	as("TakeReturnStep", func(ctx context.Context, in contract.ReturnStepInput) (contract.ReturnAssessment, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.returns.TakeReturnStep(ctx, in)
	})
	as("CloseReturn", func(ctx context.Context, in contract.CloseReturnInput) (contract.CloseResult, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.returns.CloseReturn(ctx, in)
	})
	as("ReportOutage", func(context.Context, contract.OutageInput) error { return nil })
}

// wakes does what the order's workflow does: it wakes the return for what it has not
// been told of, and tells whether there is such.
func (w *returnWorld) wakes() bool {
	sequence, open := w.open()[1]
	if !open || sequence <= w.signalled {
		return false
	}
	w.signalled = sequence
	w.signal(contract.SignalFact, contract.FactSignal{Sequence: sequence})
	return true
}

func (w *returnWorld) signal(name string, payload any) {
	if w.env != nil {
		w.env.SignalWorkflow(name, payload)
	}
}

// confirmation is what the warehouse says of a parcel at a revision; false when it says no more.
func (w *returnWorld) confirmation(parcel, revision int) (domain.Fact, bool) {
	c := domain.ReturnConfirmation{
		ID: fmt.Sprint("r", parcel), Warehouse: "north", Consignment: orderID.Number, Type: domain.CustomerReturn, Status: "graded", Revision: int64(revision), ReceivedAt: dawn,
	}
	news := false
	for n, g := range w.story.garments {
		if g.parcel != parcel {
			continue
		}
		word := g.words[min(revision, len(g.words))-1]
		news = news || revision <= len(g.words)
		u := domain.ReturnUnit{
			Ref: fmt.Sprint("u", n), Line: "1", SKU: "SHIRT", Serial: fmt.Sprint("S", n), Disposition: word, Revision: int64(min(revision, len(g.words))), DecidedAt: dawn,
			Final: word != "refurbish" && word != "quarantine",
		}
		if word == "regrade_resale" {
			u.ResultingSKU = "SECOND"
		}
		c.Units = append(c.Units, u)
	}
	return domain.NewReturnFact(c, dawn), news
}

// say tells one more revision of a parcel, or an old one again.
func (w *returnWorld) say(parcel, n int) {
	revision := w.said[parcel] + 1
	if n%3 == 2 { // one ahead: the one before comes late
		if _, ok := w.confirmation(parcel, revision+1); ok {
			f, _ := w.confirmation(parcel, revision+1)
			w.tell(f)
			return
		}
	}
	if f, ok := w.confirmation(parcel, revision); ok {
		w.said[parcel] = revision
		w.tell(f)
	} else if f, ok := w.confirmation(parcel, 1); ok {
		w.tell(f)
	}
}

func (w *returnWorld) allSaid() bool {
	for parcel := 1; parcel <= 2; parcel++ {
		if _, more := w.confirmation(parcel, w.said[parcel]+1); more {
			return false
		}
	}
	return w.rounds > 0
}

// happen does one thing from outside.
func (w *returnWorld) happen(what string, n int) {
	w.ripen()
	switch what {
	case "word":
		w.say(1+n%2, n)
	case "booked":
		w.bookOff(n % len(w.story.garments))
	case "by hand":
		if units := min(1+n%2, w.left()); units > 0 {
			w.tell(domain.NewShopReturnFact(w.add("", units, false), w.now()))
		}
	case "complete":
		for i := range w.there {
			if s := &w.there[i]; s.External == "" && !s.Completed {
				s.Completed = true
				w.tell(domain.NewShopReturnFact(*s, w.now()))
				break
			}
		}
	case "delete":
		if len(w.there) > 0 {
			s := w.there[n%len(w.there)]
			w.there = slices.DeleteFunc(w.there, func(o domain.ShopReturn) bool { return o.ID == s.ID })
			s.Deleted, w.disturbed = true, true
			w.tell(domain.NewShopReturnFact(s, w.now()))
		}
	case "paid", "unpaid":
		w.payment(what == "paid")
	case "elsewhere":
		w.elsewhere()
	case "echo":
		w.signal(contract.SignalFact, contract.FactSignal{})
	case "released":
		w.signal(contract.SignalReleased, contract.ReleasedSignal{System: "centra"})
	case "retry":
		w.signal(contract.SignalRetry, nil)
	case "cancel":
		if w.env != nil {
			w.env.CancelWorkflow()
		}
	case "skip", "signal skip":
		w.skip(what == "skip")
	}
}

func (w *returnWorld) bookOff(n int) {
	if g := w.story.garments[n]; g.booked {
		w.tell(domain.NewAdjustmentFact(domain.Adjustment{
			ID: fmt.Sprint("a", n), Warehouse: "north", SKU: "SHIRT", Units: -1, Reason: "ber_write_off", Serials: []string{fmt.Sprint("S", n)}, Order: orderID.Number, At: dawn,
		}))
	}
}

// payment is the provider's word on the oldest refund that was asked for.
func (w *returnWorld) payment(paid bool) {
	for i := range w.there {
		s := &w.there[i]
		if s.RefundAsked == 0 {
			continue
		}
		s.RefundAsked = 0
		if paid {
			w.pay(s)
		} else {
			s.RefundFailed++
		}
		w.tell(domain.NewShopReturnFact(*s, w.now()))
		return
	}
}

// skip answers the first open question: it is settled by hand.
func (w *returnWorld) skip(update bool) {
	d := w.decide(1)
	if len(d.Questions) == 0 || w.env == nil {
		return
	}
	w.disturbed = true
	w.answer(d.Questions[0].Cause, update)
}

func (w *returnWorld) answer(cause string, update bool) {
	w.commands++
	res := contract.Resolution{Exception: cause, Action: contract.ActionSkip, By: "ops", Reason: "settled by hand", CommandID: fmt.Sprint("c", w.commands)}
	if !update {
		w.signal(contract.SignalResolve, res)
		return
	}
	a := &answered{}
	w.given[res.CommandID] = a
	w.env.UpdateWorkflow(contract.UpdateResolve, "", &testsuite.TestUpdateCallback{
		OnAccept:   func() {},
		OnReject:   func(err error) { a.reject = err },
		OnComplete: func(_ any, err error) { a.done = err == nil },
	}, res)
}

// owed are the questions that a story may leave for people even though nobody disturbed
// it: a loss that was taken back, and money that a provider or the shop refused.
var owed = []string{"disposition-reversed", "refund-failed", "refund-overdue"}

// end is one round of the end: all calls succeed, the warehouse has said its last words,
// people try again, and settle what then is left.
func (w *returnWorld) end() {
	w.ripen()
	w.rounds++
	w.calm = true
	w.payment(true)
	for parcel := 1; parcel <= 2; parcel++ {
		for _, more := w.confirmation(parcel, w.said[parcel]+1); more; _, more = w.confirmation(parcel, w.said[parcel]+1) {
			w.say(parcel, 0)
		}
	}
	for n := range w.story.garments {
		w.bookOff(n)
	}
	for range 20 {
		if !w.elsewhere() {
			break
		}
	}
	w.answerElsewhere(1000+w.rounds, w.rounds > lastRounds/2)
	w.signal(contract.SignalReleased, contract.ReleasedSignal{System: "centra"})
	if w.rounds%3 != 0 {
		w.signal(contract.SignalRetry, nil)
		return
	}
	d := w.decide(1)
	if len(d.Questions) == 0 || w.env == nil {
		return
	}
	q := d.Questions[0]
	w.judge(q)
	w.answer(q.Cause, true)
}

func (w *returnWorld) judge(q domain.Question) {
	switch {
	case !slices.Contains(owed, q.Kind) && !w.disturbed:
		w.never("nobody did anything odd, and %s is asked: %v", q.Kind, q.Problems)
	case q.Kind != "disposition-reversed":
		w.by = true
	}
}

// answerElsewhere does for the other returns what people do at the end.
func (w *returnWorld) answerElsewhere(n int, settle bool) {
	for number := range w.open() {
		if number == 1 {
			continue
		}
		for _, q := range w.decide(number).Questions {
			answer := domain.AnswerFact{Action: "retry", By: "ops"}
			if settle { // trying again was no help
				w.judge(q)
				answer = domain.AnswerFact{Cause: q.Cause, Action: "skip", By: "ops", Reason: "settled by hand"}
			}
			w.tell(domain.NewFact(domain.FactReturnAnswered, domain.ReturnAnswerKey(number, fmt.Sprint("e", n, q.Cause)), "ops", w.now(), domain.ReturnAnswer{Return: number, AnswerFact: answer}))
		}
	}
}

// plans are what was planned and not taken back, by kind and garment.
func (w *returnWorld) plans(r require.TestingT) map[domain.PlanKind]map[string]int {
	void := map[string]bool{}
	planned := map[domain.PlanKind]map[string]int{}
	for _, f := range w.facts {
		if f.Kind == domain.FactReturnWritten {
			written, err := domain.Decode[domain.ReturnWritten](f)
			require.NoError(r, err)
			void[written.Key] = written.Stage == domain.StageVoid
		}
	}
	for _, f := range w.facts {
		if f.Kind != domain.FactReturnPlanned {
			continue
		}
		p, err := domain.Decode[domain.ReturnPlan](f)
		require.NoError(r, err)
		if void[p.Key] {
			continue
		}
		if planned[p.Kind] == nil {
			planned[p.Kind] = map[string]int{}
		}
		for _, g := range p.Garments {
			planned[p.Kind][g]++
		}
	}
	return planned
}

// requireSettled demands what must hold however it went, and, where nobody decided
// otherwise, that each garment stands everywhere exactly once.
func (w *returnWorld) requireSettled(r require.TestingT) {
	require.Empty(r, w.wrong)
	for n := range w.open() {
		d := w.decide(n)
		require.Fail(r, fmt.Sprintf("return %d is open: it has %v open, %v due and waits for %v", n, d.Questions, d.Due, d.Waiting))
	}
	for command, said := range w.given {
		require.True(r, said.done || said.reject != nil, "answer %s was neither taken nor refused", command)
	}
	sold, credited, lost, paid := len(w.story.garments), 0, 0, int64(0)
	for kind, garments := range w.plans(r) {
		for g, n := range garments {
			if kind != domain.PlanShopReturn && kind != domain.PlanRefund { // made anew when somebody deleted them
				require.Equal(r, 1, n, "%s of %s", kind, g)
			}
		}
	}
	for _, p := range w.booked {
		switch p.Kind {
		case domain.PlanCredit:
			credited += len(p.Garments)
		case domain.PlanWriteOff:
			lost++
		}
	}
	standing := 0
	for _, s := range w.there {
		paid += s.Refunded
		standing += s.Lines[0].Quantity
		require.True(r, s.Completed || w.disturbed, "return %s of the shop is not completed", s.ID)
	}
	require.LessOrEqual(r, credited, sold, "credited")
	require.LessOrEqual(r, standing, sold, "in the shop")
	require.LessOrEqual(r, lost, sold, "written off")
	if w.disturbed {
		return
	}
	require.Equal(r, sold, standing, "each garment stands in the shop once")
	if !w.by {
		require.Equal(r, int64(sold)*unitPrice, paid, "the money is back")
	}
	if w.story.ledger {
		losses := 0
		for _, g := range w.story.garments {
			if g.lost() {
				losses++
			}
		}
		require.Equal(r, sold, credited, "each garment is credited once")
		require.Equal(r, losses, lost, "each lost garment is written off once")
	}
}
