// Package lifecycle decides what an order needs next. It compares what the shop
// wants with what the facts say was done, so the answer is the same after a
// crash, a restart, a duplicate or a reordering:
//
//	waiting-for-shop → (capture) → submit ⇄ amend/cancel → ship per parcel → return window → closed
//
// Pure: the content, the facts, the rules' answers and the time come in, the
// steps that are due and the questions for people come out.
package lifecycle

import (
	"time"

	"selvedge/internal/domain"
)

// Settings are the merchant's choices, the same for every order.
type Settings struct {
	// TrackingWait is how long a parcel without tracking waits before it is completed in the shop.
	TrackingWait time.Duration
	// ReturnWindow is how long a shipped order stays open for returns.
	ReturnWindow time.Duration
	// CaptureWait is how long an asynchronous capture may stay without an outcome.
	CaptureWait time.Duration
	// NumberPrefix precedes the order's number at the warehouse where shops share an account.
	NumberPrefix string
}

// Part is what today's content and rules would have one warehouse ship.
type Part struct {
	Warehouse string
	Service   string
	Lines     []domain.ConsignmentLine
	Rules     map[string]int64
}

// Input is all that a decision rests on.
type Input struct {
	Order       domain.Order
	Facts       []domain.Fact
	Planned     []domain.Consignment // consignments that have a number, in order of planning
	Now         time.Time
	Settings    Settings
	Waiting     []string          // why the shop is not ready; empty when it is
	Wrong       []domain.Question // what validation and enrichment found
	Parts       []Part
	CaptureMode domain.CaptureMode
	// OpenReturns is how many of the order's returns have not settled: it stays open for them.
	OpenReturns int
	// Carrier maps a warehouse's carrier code to the shop's carrier.
	Carrier func(warehouse, code string) (string, *domain.Question)
	// Fingerprint is keyed over a consignment's content and the delivery address.
	Fingerprint func(domain.Consignment) string
}

// Due is one step that can be taken now.
type Due struct {
	Step      domain.Step
	Subject   string // consignment number or warehouse shipment id
	Warehouse string
	Carrier   string // of StepShip, as the shop calls it
	Lines     []domain.LineQuantity
	Plan      *domain.Consignment // of StepSubmit and StepAmend: what to send
	Revision  int64               // of StepAmend: the revision to replace
	Complete  bool                // of StepShip: complete it even without tracking
}

// Decision says where an order stands and what it needs.
type Decision struct {
	State     domain.OrderState
	Waiting   []string
	Due       []Due
	Questions []domain.Question
	// WakeAt is when to look again although nothing happened; zero means never.
	WakeAt time.Time
	// Ended means that nothing is left to do; the order may close at CloseAt.
	Ended   bool
	CloseAt time.Time
	// Cause is why an order ended that was not ours to ship; empty otherwise.
	Cause    string
	Progress domain.Progress
}

// Decide looks at everything and names what is due. Steps of different subjects
// do not wait for each other; an open question stops only its own step.
func Decide(in Input) (Decision, error) {
	progress, err := domain.Derive(in.Order, in.Facts)
	if err != nil {
		return Decision{}, err
	}
	facts, err := read(in.Facts)
	if err != nil {
		return Decision{}, err
	}
	withdrawal, err := domain.WithdrawalOf(in.Order.ID, in.Facts)
	if err != nil {
		return Decision{}, err
	}
	unreadable, unread, err := domain.Unreadable(in.Order.ID, in.Facts)
	if err != nil {
		return Decision{}, err
	}
	if unread { // nothing is sent on what may be out of date
		in.Wrong = append(in.Wrong[:len(in.Wrong):len(in.Wrong)], unreadable)
	}
	d := &decider{Input: in, progress: progress, facts: facts, withdrawal: withdrawal, lines: map[string]domain.LineProgress{}, settled: map[domain.Step]map[string]bool{}}
	for _, l := range progress.Lines {
		d.lines[l.Line] = l
	}
	for _, q := range progress.Questions {
		d.ask(q)
	}
	d.standing()
	d.lifted()
	if err := d.late(); err != nil {
		return Decision{}, err
	}
	if unread && !d.cancelled() {
		d.ask(unreadable) // also when all was sent: what the shop changed since is not known
	}
	d.handOver()
	d.writeBack()
	d.shorts()
	d.finish()
	d.out.Progress = progress
	d.out.State = d.state()
	return d.out, nil
}

type decider struct {
	Input
	progress   domain.Progress
	lines      map[string]domain.LineProgress
	facts      said
	withdrawal domain.Withdrawal
	settled    map[domain.Step]map[string]bool // what a person's skip took off our hands, by step and subject
	out        Decision
	// returning says that nothing is left to do but returns that are open.
	returning bool
}

// settle notes that a person's skip has taken a step off our hands for good.
func (d *decider) settle(step domain.Step, subject string) {
	if d.settled[step] == nil {
		d.settled[step] = map[string]bool{}
	}
	d.settled[step][subject] = true
}

// ask opens a question unless a person has settled its cause.
func (d *decider) ask(q domain.Question) {
	if _, skipped := d.facts.skipped[q.Cause]; !skipped {
		d.open(q)
	}
}

// open opens a question, once per cause.
func (d *decider) open(q domain.Question) {
	for _, open := range d.out.Questions {
		if open.Cause == q.Cause {
			return
		}
	}
	d.out.Questions = append(d.out.Questions, q)
}

// stopped tells whether a step was refused and nobody has asked for another try
// since. What was refused for other content than today's is tried again by itself; a
// skip that came after a refusal settles the step, whatever is retried later.
func (d *decider) stopped(step domain.Step, subject, fingerprint string) bool {
	r, ok := d.facts.refused[refusedStep{step, subject}]
	if !ok || (r.Fingerprint != "" && fingerprint != "" && r.Fingerprint != fingerprint) {
		return false
	}
	var open []domain.Question
	for _, q := range r.questions(d.Order.ID) {
		if d.facts.skipped[q.Cause] > r.sequence {
			continue
		}
		if d.facts.retried(q.Cause) > r.sequence {
			return false
		}
		open = append(open, q)
	}
	for _, q := range open {
		d.open(q)
	}
	if len(open) == 0 {
		d.settle(step, subject)
	}
	return true
}

// wake keeps the earliest time at which something changes by itself.
func (d *decider) wake(at time.Time) {
	if d.out.WakeAt.IsZero() || at.Before(d.out.WakeAt) {
		d.out.WakeAt = at
	}
}

func (d *decider) cancelled() bool {
	return d.withdrawal.Stands() || d.Order.Status == domain.ShopCancelled
}

// state names where the order stands; questions and outages overlay it later.
func (d *decider) state() domain.OrderState {
	var shipped, open, ordered int
	for _, l := range d.progress.Lines {
		shipped, open, ordered = shipped+l.Shipped+l.Substituted, open+l.Open, ordered+l.Ordered // a substitute has left, too
	}
	switch {
	case len(d.out.Questions) > 0:
		return domain.NeedsAttention
	case d.out.Ended && d.out.Cause != "":
		return domain.Closed
	case (d.out.Ended || d.returning) && shipped > 0:
		return domain.ReturnWindow
	case d.out.Ended && d.cancelled() && d.allRejected():
		return domain.RejectedState
	case d.out.Ended && (d.cancelled() || ordered > 0):
		return domain.Cancelled // nothing of it was shipped
	case d.out.Ended:
		return domain.Closed // nothing in it leaves a warehouse
	case shipped > 0 && open > 0:
		return domain.PartiallyShipped
	case shipped > 0:
		return domain.ShippedState
	case len(d.out.Waiting) > 0:
		return domain.WaitingForShop
	}
	return d.handedOver()
}

// handedOver names how far the hand-over has come: consignments that were rejected or
// taken back count no more, so that their order stands where it stood before them.
func (d *decider) handedOver() domain.OrderState {
	state := domain.Received
	if len(d.Parts) > 0 && !d.blocked() {
		state = domain.Enriched
	}
	for _, c := range d.progress.Consignments {
		switch {
		case c.Status == domain.WarehouseRejected || c.Over():
		case c.Status == domain.WarehouseReceived, c.Status == domain.WarehouseUnknown:
			return domain.Submitted
		default:
			state = domain.Accepted
		}
	}
	return state
}

func (d *decider) allRejected() bool {
	for _, c := range d.progress.Consignments {
		if c.Status != domain.WarehouseRejected {
			return false
		}
	}
	return len(d.progress.Consignments) > 0
}
