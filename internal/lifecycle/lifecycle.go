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
	Ended    bool
	CloseAt  time.Time
	Progress domain.Progress
}

// Decide looks at everything and names what is due. Steps of different subjects
// do not wait for each other; an open question stops only its own step.
func Decide(in Input) (Decision, error) {
	progress, err := domain.Derive(in.Order, in.Facts)
	if err != nil {
		return Decision{}, err
	}
	d := &decider{Input: in, progress: progress}
	if err := d.readAnswers(); err != nil {
		return Decision{}, err
	}
	for _, q := range progress.Questions {
		d.ask(q)
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
	refused    map[string]refusal // by step and subject, the newest
	answered   map[string]int64   // cause → sequence of the newest answer
	skipped    map[string]bool    // causes that a person settled
	retriedAt  int64              // newest retry of everything
	withdrawn  *domain.AnswerFact
	captured   *domain.CapturedFact
	capturedAt time.Time
	released   bool
	noted      map[string]bool
	out        Decision
}

type refusal struct {
	domain.RefusedFact
	sequence int64
}

func (d *decider) readAnswers() error {
	d.refused, d.answered, d.skipped, d.noted = map[string]refusal{}, map[string]int64{}, map[string]bool{}, map[string]bool{}
	for _, f := range d.Facts {
		switch f.Kind {
		case domain.FactRefused:
			r, err := domain.Decode[domain.RefusedFact](f)
			if err != nil {
				return err
			}
			d.refused[string(r.Step)+"/"+r.Subject] = refusal{r, f.Sequence}
		case domain.FactAnswered:
			a, err := domain.Decode[domain.AnswerFact](f)
			if err != nil {
				return err
			}
			d.answer(a, f.Sequence)
		case domain.FactCaptured:
			c, err := domain.Decode[domain.CapturedFact](f)
			if err != nil {
				return err
			}
			d.captured, d.capturedAt = &c, f.At
		case domain.FactReleased:
			d.released = true
		case domain.FactNoted:
			n, err := domain.Decode[domain.NotedFact](f)
			if err != nil {
				return err
			}
			d.noted[n.Subject] = true
		}
	}
	return nil
}

func (d *decider) answer(a domain.AnswerFact, sequence int64) {
	if a.Cause == "" {
		d.retriedAt = sequence
	} else {
		d.answered[a.Cause] = sequence
	}
	switch a.Action {
	case "skip":
		d.skipped[a.Cause] = true
	case "withdraw-order":
		d.withdrawn = &a
	}
}

// ask opens a question unless a person has settled its cause.
func (d *decider) ask(q domain.Question) {
	if d.skipped[q.Cause] {
		return
	}
	for _, open := range d.out.Questions {
		if open.Cause == q.Cause {
			return
		}
	}
	d.out.Questions = append(d.out.Questions, q)
}

// stopped tells whether a step was refused and nobody has answered since. What
// was refused for other content than today's is tried again by itself.
func (d *decider) stopped(step domain.Step, subject, fingerprint string) bool {
	r, ok := d.refused[string(step)+"/"+subject]
	if !ok || r.sequence < d.retriedAt || (r.Fingerprint != "" && fingerprint != "" && r.Fingerprint != fingerprint) {
		return false
	}
	questions := r.questions(d.Order.ID)
	for _, q := range questions {
		if d.answered[q.Cause] > r.sequence {
			return false
		}
	}
	for _, q := range questions {
		d.ask(q)
	}
	return true
}

// questions makes one question of each distinct reason, so that mending one
// cause frees the orders that wait on it.
func (r refusal) questions(id domain.OrderID) []domain.Question {
	q := domain.Question{Kind: r.Exception, Step: r.Step, Subject: r.Subject, Problems: r.Problems}
	detail := []string{r.System}
	for _, p := range r.Problems[:min(1, len(r.Problems))] {
		detail = append(detail, p.Code, p.SKU, p.Attribute, p.Value)
	}
	if len(r.Problems) == 0 {
		detail = append(detail, id.String())
	}
	q.Cause = domain.NewCause(r.Exception, compact(detail)...)
	return []domain.Question{q}
}

func compact(parts []string) []string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}

// wake keeps the earliest time at which something changes by itself.
func (d *decider) wake(at time.Time) {
	if d.out.WakeAt.IsZero() || at.Before(d.out.WakeAt) {
		d.out.WakeAt = at
	}
}

func (d *decider) cancelled() bool {
	return d.withdrawn != nil || d.Order.Status == domain.ShopCancelled
}

// state names where the order stands; questions and outages overlay it later.
func (d *decider) state() domain.OrderState {
	var shipped, open int
	for _, l := range d.progress.Lines {
		shipped, open = shipped+l.Shipped, open+l.Open
	}
	switch {
	case len(d.out.Questions) > 0:
		return domain.NeedsAttention
	case d.out.Ended && shipped > 0:
		return domain.ReturnWindow
	case d.out.Ended && d.cancelled() && d.allRejected():
		return domain.RejectedState
	case d.out.Ended && d.cancelled():
		return domain.Cancelled
	case d.out.Ended:
		return domain.Closed
	case shipped > 0 && open > 0:
		return domain.PartiallyShipped
	case shipped > 0:
		return domain.ShippedState
	case len(d.progress.Consignments) > 0 && len(d.out.Waiting) == 0:
		return d.handedOver()
	case len(d.out.Waiting) > 0:
		return domain.WaitingForShop
	}
	return domain.Received
}

func (d *decider) handedOver() domain.OrderState {
	for _, c := range d.progress.Consignments {
		if c.Status == domain.WarehouseReceived || c.Status == domain.WarehouseUnknown {
			return domain.Submitted
		}
	}
	return domain.Accepted
}

func (d *decider) allRejected() bool {
	for _, c := range d.progress.Consignments {
		if c.Status != domain.WarehouseRejected {
			return false
		}
	}
	return len(d.progress.Consignments) > 0
}
