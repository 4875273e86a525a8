package workflows_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"selvedge/activities"
	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/returns"
)

const (
	unitPrice = 3333
	// settleTime is how long the shop may still act on a request without an answer.
	settleTime = 30 * time.Second
)

// room is the world behind the returns of one order: what was told of them, the shop's
// returns and the books, all in memory. The activities on top of it are the real ones.
type room struct {
	order    domain.Order
	facts    []domain.Fact
	attempts map[string]time.Time
	turns    int // of BeginAlone so far
	there    []domain.ShopReturn
	gone     map[string]bool // returns of the shop that were deleted
	made     int             // so far, in the shop
	late     []later
	booked   map[string]domain.ReturnPlan // posted documents by their key
	linked   map[string][]string          // what each of them names besides

	now      func() time.Time
	outcomes map[string][]string // of the calls of a kind, in order; then all succeed
	calm     bool                // all calls succeed
	wrong    []string            // what must never be
	returns  *activities.Returns
}

// later is what the shop does after its answer was given up.
type later struct {
	at time.Time
	do func()
}

func newRoom(units int, ledger bool) *room {
	lines := []domain.LineQuantity{{Line: "1", Quantity: units}}
	total := int64(units) * unitPrice
	r := &room{
		attempts: map[string]time.Time{}, gone: map[string]bool{}, booked: map[string]domain.ReturnPlan{}, linked: map[string][]string{}, outcomes: map[string][]string{},
		order: domain.Order{
			ID: orderID, Status: domain.ShopConfirmed, Currency: "GBP", Country: "GB", GrandTotal: total, Payment: domain.Payment{Known: true, Authorized: total, Captured: total},
			Lines:     []domain.Line{{ID: "1", Kind: domain.LineProduct, SKU: "SHIRT", Quantity: units, UnitPrice: unitPrice, Total: total}},
			Shipments: []domain.ShopShipment{{ID: "7", Lines: lines, Shipped: true, Paid: true, Captured: true, Total: total}},
		},
	}
	orders := &activities.Orders{Store: roomStore{room: r}, Clock: func() time.Time { return r.now() }, OutageBudget: 4 * time.Hour}
	r.returns = &activities.Returns{
		Orders: orders, Shipments: &activities.Shipments{Orders: orders, Shop: roomShop{room: r}, Settle: settleTime},
		Store: roomStore{room: r}, Shop: roomShop{room: r}, Refund: domain.RefundOnGrading,
		Settings: returns.Settings{
			ReturnWindow: 60 * 24 * time.Hour, RefundWait: 72 * time.Hour, RefundCheck: time.Hour, LinkPatience: 15 * time.Minute,
		},
	}
	if ledger {
		r.returns.Books = roomBooks{r}
	}
	r.tell(domain.NewShipmentFact(domain.Shipment{
		ID: "s1", Consignment: orderID.Number, Warehouse: "north", Sequence: 1, Revision: 1, ShippedAt: dawn,
		Lines: []domain.ShipmentLine{{Line: "1", SKU: "SHIRT", Quantity: units}},
	}, dawn))
	return r
}

func (r *room) tell(facts ...domain.Fact) {
	for _, f := range facts {
		if !slices.ContainsFunc(r.facts, func(old domain.Fact) bool { return old.Key == f.Key }) {
			f.Sequence = int64(len(r.facts) + 1)
			r.facts = append(r.facts, f)
		}
	}
}

func (r *room) never(format string, args ...any) {
	r.wrong = append(r.wrong, fmt.Sprintf(format, args...))
}

// decide looks at a return without an activity.
func (r *room) decide(n int) returns.Decision {
	d, err := returns.Decide(returns.Input{
		Order: r.order, Facts: r.facts, Number: n, Now: r.now(), Settings: r.returns.Settings, Ruling: contractRuling,
		Policy: r.policy, Ledger: r.returns.Books != nil,
	})
	if err != nil {
		r.never("return %d cannot be decided on: %v", n, err)
	}
	return d
}

// policy is the one that the activities take while there is no rule.
func (r *room) policy(string, domain.ReturnType) (returns.Policy, *domain.Question) {
	return returns.Policy{When: r.returns.Refund, Shipping: domain.ShippingKept}, nil
}

// contractRuling is the meaning of the words that the stories use.
func contractRuling(_, disposition, _ string) (returns.Ruling, *domain.Question) {
	const day = 24 * time.Hour
	return map[string]returns.Ruling{
		"restock": {Action: returns.Restock}, "refurbish": {Action: returns.Wait, Patience: 21 * day}, "quarantine": {Action: returns.Wait, Patience: 14 * day, HoldRefund: true},
		"ber": {Action: returns.WriteOff}, "regrade_resale": {Action: returns.Regrade}, "missing": {Action: returns.Missing}, "wrong_item": {Action: returns.Ask},
	}[disposition], nil
}

// open lists the numbers of the returns that have news to look at, with its sequence.
func (r *room) open() map[int]int64 {
	news, err := returns.Open(r.order, r.facts)
	if err != nil {
		r.never("the facts cannot be read: %v", err)
	}
	open := map[int]int64{}
	for _, n := range news {
		open[n.Number] = n.Sequence
	}
	return open
}

// elsewhere lets another return of the order go on by one step, as its own run would.
func (r *room) elsewhere() (worked bool) {
	for n := 2; n <= 8; n++ {
		if _, open := r.open()[n]; !open {
			continue
		}
		in := contract.ReturnInput{Order: orderID, Number: n}
		at, err := r.returns.AssessReturn(context.Background(), contract.AssessReturnInput{Return: in, At: r.now()})
		switch {
		case err != nil:
			r.never("return %d cannot be looked at: %v", n, err)
		case len(at.Due) > 0:
			before := len(r.facts)
			_, _ = r.returns.TakeReturnStep(context.Background(), contract.ReturnStepInput{Return: in, Step: at.Due[0]}) // what failed stands in the facts, or is tried again
			return len(r.facts) > before
		case at.Settled:
			_, err := r.returns.CloseReturn(context.Background(), contract.CloseReturnInput{Return: in, Sequence: at.Sequence})
			return err == nil
		}
	}
	return false
}

// attempt makes one call of a kind, with what the story says of it.
func (r *room) attempt(kind string, do func()) error {
	trouble := func(k fault.Kind) error {
		system := "centra"
		if kind == "book" {
			system = "netsuite"
		}
		return &fault.Fault{Kind: k, System: system, Op: kind, Code: "made_up", Message: kind + " fails as the story says"}
	}
	outcome := "done"
	if left := r.outcomes[kind]; len(left) > 0 && !r.calm {
		outcome, r.outcomes[kind] = left[0], left[1:]
	}
	switch outcome {
	case "refused":
		return trouble(fault.Rejected)
	case "away":
		return trouble(fault.Misconfigured)
	case "unsent":
		return trouble(fault.Uncertain)
	case "lost":
		do()
		return trouble(fault.Uncertain)
	case "late":
		r.late = append(r.late, later{r.now().Add(settleTime / 2), do})
		return trouble(fault.Uncertain)
	}
	do()
	return nil
}

// ripen does what has become due in the shop.
func (r *room) ripen() {
	for len(r.late) > 0 && !r.now().Before(r.late[0].at) {
		do := r.late[0].do
		r.late = r.late[1:]
		do()
	}
}

// left is how many units the shop would still take back.
func (r *room) left() int {
	n := r.order.Shipments[0].Lines[0].Quantity
	for _, s := range r.there {
		n -= s.Lines[0].Quantity
	}
	return n
}

// add makes a return stand in the shop.
func (r *room) add(external string, units int, completed bool) domain.ShopReturn {
	if external != "" && slices.ContainsFunc(r.there, func(s domain.ShopReturn) bool { return s.External == external }) {
		r.never("return %s was made twice", external)
	}
	r.made++
	s := domain.ShopReturn{
		ID: strconv.Itoa(40 + r.made), Order: orderID, Shipment: "7", External: external, Completed: completed, Currency: "GBP",
		Lines: []domain.LineQuantity{{Line: "1", Quantity: units}}, Total: int64(units) * unitPrice,
	}
	r.there = append(r.there, s)
	return s
}

func (r *room) find(id string) *domain.ShopReturn {
	if i := slices.IndexFunc(r.there, func(s domain.ShopReturn) bool { return s.ID == id }); i >= 0 {
		return &r.there[i]
	}
	return nil
}

// pay pays a return back; nothing may be paid twice, and no more than there is.
func (r *room) pay(s *domain.ShopReturn) {
	if s.Refunded > 0 {
		r.never("return %s was paid back twice", s.ID)
	}
	s.Refunded = s.Total
	r.order.Payment.Refunded += s.Total
	if r.order.Payment.Refunded > r.order.Payment.Captured {
		r.never("%d went back and %d was captured", r.order.Payment.Refunded, r.order.Payment.Captured)
	}
}

// roomStore keeps the facts.
type roomStore struct {
	ports.OrderStore
	ports.ReturnStore
	*room
}

func (s roomStore) Load(context.Context, domain.OrderID) (ports.OrderRecord, error) {
	return ports.OrderRecord{Order: s.order, Facts: slices.Clone(s.facts)}, nil
}

func (s roomStore) TakeIn(context.Context, []ports.ShopOrder, time.Time) ([]ports.Taken, error) {
	return nil, nil
}

func (s roomStore) Append(_ context.Context, _ domain.OrderID, facts []domain.Fact) (int64, int, error) {
	before := len(s.facts)
	s.tell(facts...)
	return int64(len(s.facts)), len(s.facts) - before, nil
}

func (s roomStore) BeginAttempt(_ context.Context, _ domain.OrderID, key string, at time.Time) error {
	s.attempts[key] = at
	return nil
}

func (s roomStore) PendingAttempt(_ context.Context, _ domain.OrderID, key string, at time.Time, settle time.Duration) (time.Duration, bool, error) {
	begun, open := s.attempts[key]
	return max(0, begun.Add(settle).Sub(at)), open, nil
}

func (s roomStore) EndAttempt(_ context.Context, _ domain.OrderID, key string) error {
	delete(s.attempts, key)
	return nil
}

// BeginAlone, RenewAlone and EndAlone let one refund of the order at a time go on. One
// that has to wait does so in the workflow, whose time passes by itself: an activity waits in ours.
func (s roomStore) BeginAlone(_ context.Context, _ domain.OrderID, key, suffix string, at time.Time, settle time.Duration) (int, time.Duration, error) {
	for other, begun := range s.attempts {
		if !strings.HasSuffix(other, suffix) {
			continue
		}
		if wait := begun.Add(settle).Sub(at); wait > 0 {
			return 0, 0, &fault.Fault{Kind: fault.RateLimited, System: "selvedge", Op: "refund", RetryAt: time.Now().Add(time.Hour), Message: "another refund is on its way"}
		}
		delete(s.attempts, other)
	}
	s.turns++
	s.attempts[key] = at
	return s.turns, 0, nil
}

func (s roomStore) RenewAlone(_ context.Context, _ domain.OrderID, key string, turn int, at time.Time) (bool, error) {
	_, open := s.attempts[key]
	if open = open && turn == s.turns; open {
		s.attempts[key] = at
	}
	return open, nil
}

func (s roomStore) EndAlone(_ context.Context, _ domain.OrderID, key string, turn int) error {
	if turn == s.turns {
		delete(s.attempts, key)
	}
	return nil
}

func (s roomStore) Rules(context.Context) ([]domain.Rule, error) { return nil, nil }

func (s roomStore) SaveReturn(context.Context, ports.ReturnRecord) error { return nil }

func (s roomStore) SyncReturnExceptions(context.Context, domain.OrderID, int, []ports.ExceptionRecord, string, string, string, time.Time) error {
	return nil
}

// CloseReturn is refused when anything was told of any return of the order, as in SQL.
func (s roomStore) CloseReturn(_ context.Context, _ domain.OrderID, n int, applied int64, at time.Time) (bool, error) {
	for _, f := range s.facts {
		if f.Sequence > applied && f.Kind != domain.FactReturnSettled && slices.Contains(domain.ReturnFacts(), f.Kind) {
			return false, nil
		}
	}
	if d := s.decide(n); !d.Settled || len(d.Questions)+len(d.Due)+len(d.Waiting) > 0 {
		s.never("return %d was closed with %v open, %v due and waiting for %v", n, d.Questions, d.Due, d.Waiting)
	}
	s.tell(domain.NewFact(domain.FactReturnSettled, fmt.Sprintf("settled:%d:%d", n, applied), "selvedge", at, domain.ReturnSettled{Return: n, At: applied}))
	return true, nil
}

// roomShop is the shop.
type roomShop struct {
	ports.Shop
	ports.ShopReturns
	*room
}

// Comment is always taken: a line that stands there is not written again.
func (s roomShop) Comment(context.Context, domain.OrderID, string) error { return nil }

func (s roomShop) Orders(context.Context, string, []string) ([]ports.ShopOrder, error) {
	s.ripen()
	err := s.attempt("read", func() {})
	return []ports.ShopOrder{{Order: s.order}}, err
}

func (s roomShop) OrderReturns(context.Context, domain.Order) ([]domain.ShopReturn, error) {
	return slices.Clone(s.there), nil
}

func (s roomShop) CreateReturn(_ context.Context, d ports.ReturnDraft) (made domain.ShopReturn, err error) {
	s.ripen()
	units := d.Lines[0].Quantity
	if units > s.left() {
		return made, &fault.Fault{Kind: fault.Rejected, System: "centra", Op: "create", Code: "too_many", Message: "the shipment has fewer units left"}
	}
	err = s.attempt("create", func() {
		if units <= s.left() { // a late one may find that somebody was faster
			made = s.add(d.External, units, false)
		}
	})
	return made, err
}

func (s roomShop) CompleteReturn(_ context.Context, id string, _ bool) (domain.ShopReturn, error) {
	s.ripen()
	there := s.find(id)
	if there == nil {
		return domain.ShopReturn{}, &fault.Fault{Kind: fault.NotFound, System: "centra", Op: "complete", Code: "gone", Message: "there is no such return"}
	}
	err := s.attempt("complete", func() {
		if found := s.find(id); found != nil {
			found.Completed = true
		}
	})
	return *there, err
}

func (s roomShop) RefundReturn(_ context.Context, id string, _ bool) (ports.RefundWrite, error) {
	s.ripen()
	there := s.find(id)
	if there == nil || !there.Completed {
		return ports.RefundWrite{}, &fault.Fault{Kind: fault.Rejected, System: "centra", Op: "refund", Code: "gone", Message: "there is no such completed return"}
	}
	if left := s.outcomes["refund"]; len(left) > 0 && left[0] == "pending" && !s.calm {
		s.outcomes["refund"] = left[1:]
		there.RefundAsked++
		return ports.RefundWrite{Return: *there, Pending: true}, nil
	}
	err := s.attempt("refund", func() {
		if found := s.find(id); found != nil {
			s.pay(found)
		}
	})
	return ports.RefundWrite{Return: *there}, err
}

// roomBooks are the books.
type roomBooks struct{ *room }

func (b roomBooks) RecordReturn(_ context.Context, _ domain.Order, _ []domain.Fact, plan domain.ReturnPlan) (domain.ReturnWritten, error) {
	if left := b.outcomes["book"]; len(left) > 0 && left[0] == "waits" && !b.calm {
		b.outcomes["book"] = left[1:]
		return domain.ReturnWritten{Stage: domain.StageCreated, ID: plan.Key}, nil
	}
	written := domain.ReturnWritten{Stage: domain.StageDone, ID: plan.Key}
	err := b.attempt("book", func() {
		b.booked[plan.Key] = plan
		if len(plan.Links) == 0 {
			return
		}
		for _, id := range plan.Links {
			if !slices.Contains(b.linked[plan.Key], id) {
				b.linked[plan.Key] = append(b.linked[plan.Key], id)
			}
		}
		written.Stage, written.Links = domain.StageLinked, slices.Clone(b.linked[plan.Key])
	})
	return written, err
}
