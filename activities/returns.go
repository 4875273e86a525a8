package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
	"selvedge/internal/mapping"
	"selvedge/internal/ports"
	"selvedge/internal/returns"
)

// Returns looks at returns in the store and takes their steps.
type Returns struct {
	Orders    *Orders
	Shipments *Shipments
	Store     ports.ReturnStore
	// Exceptions keeps those of returns without an order.
	Exceptions ports.ExceptionStore
	// Keep hands an orphan's facts to the order that it turned out to belong to.
	Keep ports.IntakeStore
	Shop ports.ShopReturns
	// Wake starts or wakes an order's workflow; waking one that runs is harmless.
	Wake     func(ctx context.Context, id domain.OrderID) error
	Settings returns.Settings
	// Refund says when money goes back where no refund-policy rule speaks of it.
	Refund domain.RefundWhen
	// ToStock says that no feed publishes the warehouses, so that a return of the shop
	// puts its units back on sale itself.
	ToStock bool
	// Books records documents; nil where no ledger is configured.
	Books ReturnBooks
}

// ReturnBooks records what a return means for the books.
type ReturnBooks interface {
	// RecordReturn brings the document of a plan one step further and says how far it has
	// come. A second run finds the document under the plan's key.
	RecordReturn(ctx context.Context, order domain.Order, facts []domain.Fact, plan domain.ReturnPlan) (domain.ReturnWritten, error)
}

// AssessReturn records the answers given since the last look, and says where a return
// stands and what each leg needs. Runs as a local activity.
//
// A second run records nothing twice (answers are keyed by their command) and leaves
// the same exceptions open.
func (r *Returns) AssessReturn(ctx context.Context, in contract.AssessReturnInput) (contract.ReturnAssessment, error) {
	if in.Return.Orphan() {
		return r.assessOrphan(ctx, in)
	}
	fail := func(err error) (contract.ReturnAssessment, error) {
		return contract.ReturnAssessment{}, toTemporal(fmt.Errorf("assess return %d of %s: %w", in.Return.Number, in.Return.Order, err), 0)
	}
	id, by, action, reason := in.Return.Order, "", "", ""
	if len(in.Answers) > 0 {
		if _, _, err := r.Orders.Store.Append(ctx, id, returnAnswers(in)); err != nil {
			return fail(err)
		}
		last := in.Answers[len(in.Answers)-1]
		by, action, reason = last.By, string(last.Action), last.Reason
	}
	record, decision, err := r.decide(ctx, in.Return, in.At)
	if err != nil {
		return fail(err)
	}
	decision.Questions = append(decision.Questions, r.overBudget(in)...)
	decision.Questions = append(decision.Questions, returnInVain(in, decision)...)
	if err := r.Store.SyncReturnExceptions(ctx, id, in.Return.Number, r.exceptionsOf(record.Order, decision, in), by, action, reason, r.Orders.Clock()); err != nil {
		return fail(err)
	}
	assessment := summariseReturn(record, decision)
	view, err := json.Marshal(assessment)
	if err != nil {
		return fail(err)
	}
	if err := r.Store.SaveReturn(ctx, ports.ReturnRecord{Order: id, Number: in.Return.Number, Seen: record.Sequence(), View: view, LookedAt: r.Orders.Clock()}); err != nil {
		return fail(err)
	}
	return assessment, nil
}

// decide brings facts, rules and settings together.
func (r *Returns) decide(ctx context.Context, in contract.ReturnInput, at time.Time) (ports.OrderRecord, returns.Decision, error) {
	record, err := r.Orders.Store.Load(ctx, in.Order)
	if err != nil {
		return record, returns.Decision{}, err
	}
	rules, err := r.Orders.Store.Rules(ctx)
	if err != nil {
		return record, returns.Decision{}, err
	}
	index := mapping.New(rules)
	decision, err := returns.Decide(returns.Input{
		Order: record.Order, Facts: record.Facts, Number: in.Number, Now: at, Settings: r.Settings,
		Ruling: rulings(index), Policy: policies(index, record.Order, r.Refund), Ledger: r.Books != nil,
	})
	return record, decision, err
}

// contractRulings are what the warehouse's contract says of its own words. A rule beats
// them; a word that is neither here nor in a rule is a person's.
func contractRulings() map[string]returns.Ruling {
	const day = 24 * time.Hour
	return map[string]returns.Ruling{
		"restock":         {Action: returns.Restock},
		"refurbish":       {Action: returns.Wait, Patience: 21 * day},
		"regrade_resale":  {Action: returns.Regrade},
		"quarantine":      {Action: returns.Wait, Patience: 14 * day, HoldRefund: true},
		"ber":             {Action: returns.WriteOff},
		"donate":          {Action: returns.WriteOff},
		"recycle":         {Action: returns.WriteOff},
		"return_to_brand": {Action: returns.Transfer},
		"missing":         {Action: returns.Missing},
		"wrong_item":      {Action: returns.Ask},
	}
}

// rulings answers what a disposition means: by rule, else as the contract says.
func rulings(index *mapping.Rules) func(warehouse, disposition, grade string) (returns.Ruling, *domain.Question) {
	defaults := contractRulings()
	return func(warehouse, disposition, grade string) (returns.Ruling, *domain.Question) {
		found, miss := index.Disposition(warehouse, disposition, grade)
		standard, known := defaults[disposition]
		if miss != nil {
			if known && !miss.Ambiguous {
				return standard, nil
			}
			q := miss.Question()
			q.Step, q.Subject = "", disposition
			return returns.Ruling{}, &q
		}
		ruling := returns.Ruling{Action: returns.Action(found.Action), HoldRefund: found.Refund == mapping.HoldRefund, Patience: 21 * 24 * time.Hour}
		if known && standard.Patience > 0 {
			ruling.Patience = standard.Patience
		}
		if found.Refund == "" && found.Action == mapping.DispositionAction(standard.Action) {
			ruling.HoldRefund = standard.HoldRefund // the rule says no more than the contract
		}
		if found.Remind > 0 {
			ruling.Patience = time.Duration(found.Remind) * 24 * time.Hour
		}
		return ruling, nil
	}
}

// policies answers what the rules say of a garment's money; fallback decides where none does.
func policies(index *mapping.Rules, order domain.Order, fallback domain.RefundWhen) func(string, domain.ReturnType) (returns.Policy, *domain.Question) {
	return func(disposition string, kind domain.ReturnType) (returns.Policy, *domain.Question) {
		p, miss := index.RefundPolicy(order, disposition, kind, fallback)
		if miss != nil {
			q := miss.Question()
			q.Step = ""
			return returns.Policy{}, &q
		}
		return returns.Policy{When: p.When, Fee: p.Fee, Shipping: p.Shipping, Rule: p.Version}, nil
	}
}

func returnAnswers(in contract.AssessReturnInput) []domain.Fact {
	var facts []domain.Fact
	for _, a := range in.Answers {
		answer := domain.ReturnAnswer{Return: in.Return.Number, AnswerFact: domain.AnswerFact{
			Cause: a.Exception, Action: string(a.Action), Override: a.Override, By: a.By, Reason: a.Reason, Command: a.CommandID,
		}}
		facts = append(facts, domain.NewFact(domain.FactReturnAnswered, domain.ReturnAnswerKey(in.Return.Number, a.CommandID), a.By, in.At, answer))
	}
	return facts
}

// overBudget asks a person about systems that have been away for too long.
func (r *Returns) overBudget(in contract.AssessReturnInput) []domain.Question {
	var questions []domain.Question
	for _, system := range systemsOf(in.Delayed) {
		if in.At.Sub(in.Delayed[system]) < r.Orders.OutageBudget {
			continue
		}
		questions = append(questions, domain.Question{
			Kind: "unavailable", Subject: system, Cause: domain.NewCause("unavailable", system),
			Problems: []domain.Refusal{{Code: "outage", Message: system + " has not answered since " + in.Delayed[system].UTC().Format(time.RFC3339)}},
		})
	}
	return questions
}

func systemsOf(delayed map[string]time.Time) []string {
	var systems []string
	for system := range delayed {
		systems = append(systems, system)
	}
	slices.Sort(systems)
	return systems
}

func (r *Returns) exceptionsOf(order domain.Order, d returns.Decision, in contract.AssessReturnInput) []ports.ExceptionRecord {
	record := func(kindName, cause string, since time.Time) ports.ExceptionRecord {
		kind, _ := exceptions.Lookup(kindName)
		return ports.ExceptionRecord{
			Order: in.Return.Order, Return: in.Return.Number, Kind: kindName, Cause: cause, Owner: string(kind.Owner), Severity: string(kind.Severity),
			Value: d.Value, Currency: order.Currency, OpenedAt: since,
		}
	}
	var open []ports.ExceptionRecord
	asked := map[string]bool{}
	for _, q := range d.Questions {
		e := record(q.Kind, q.Cause, in.At)
		e.Step, e.Subject, e.Problems = q.Step, q.Subject, q.Problems
		open, asked[q.Cause] = append(open, e), true
	}
	for _, system := range systemsOf(in.Delayed) { // what ResumeWorkflow finds
		if cause := domain.NewCause("unavailable", system); !asked[cause] {
			e := record("unavailable", cause, in.Delayed[system])
			e.System = system
			open = append(open, e)
		}
	}
	return open
}

func summariseReturn(record ports.OrderRecord, d returns.Decision) contract.ReturnAssessment {
	a := contract.ReturnAssessment{
		Sequence: record.Sequence(), Store: record.Order.ID.Store, Value: domain.Format(d.Value, record.Order.Currency),
		Questions: d.Questions, Waiting: d.Waiting, WakeAt: d.WakeAt, Settled: d.Settled,
	}
	if len(a.Questions) > shownQuestions {
		a.Questions = a.Questions[:shownQuestions]
	}
	for _, due := range d.Due {
		a.Due = append(a.Due, contract.ReturnStep{Leg: due.Leg, Name: due.Plan.Kind, Key: due.Plan.Key})
	}
	for _, g := range d.Garments {
		garment := contract.ReturnGarment{ID: g.ID, Line: g.Line, SKU: g.SKU()}
		if g.Unit != nil {
			garment.Disposition, garment.Final, garment.Grade = g.Unit.Disposition, g.Unit.Final, g.Unit.Grade
		}
		a.Garments = append(a.Garments, garment)
	}
	for _, doc := range d.Documents {
		shown := contract.ReturnDocument{Kind: doc.Plan.Kind, Key: doc.Plan.Key, ID: doc.Written.ID, Stage: doc.Written.Stage}
		if doc.Written.Amount != 0 {
			shown.Amount = domain.Format(doc.Written.Amount, record.Order.Currency)
		}
		a.Documents = append(a.Documents, shown)
	}
	for _, m := range d.Money {
		a.Money = append(a.Money, moneyShown(m, record.Order.Currency))
	}
	return a
}

// CloseReturn closes a return unless its order was told something about returns since
// the workflow last looked; closing twice is success. An orphan is handed to the order
// that it turned out to belong to: the same facts again change nothing there.
func (r *Returns) CloseReturn(ctx context.Context, in contract.CloseReturnInput) (contract.CloseResult, error) {
	var closed bool
	var err error
	if in.Return.Orphan() {
		closed, err = r.closeOrphan(ctx, in)
	} else {
		closed, err = r.Store.CloseReturn(ctx, in.Return.Order, in.Return.Number, in.Sequence, r.Orders.Clock())
	}
	if err != nil {
		return contract.CloseResult{}, toTemporal(fmt.Errorf("close %s: %w", in.Return.WorkflowID(), err), 0)
	}
	return contract.CloseResult{Closed: closed}, nil
}
