// Package activities does the I/O: one struct per concern, its ports as fields.
// Every activity may run twice; its comment says why that is harmless.
package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/enrich"
	"selvedge/internal/exceptions"
	"selvedge/internal/lifecycle"
	"selvedge/internal/mapping"
	"selvedge/internal/ports"
	"selvedge/internal/returns"
	"selvedge/internal/triage"
)

// Orders looks at orders in the store: it decides where one stands, and closes it.
type Orders struct {
	Store    ports.OrderStore
	Settings lifecycle.Settings
	Enrich   EnrichSettings
	// Warehouses we can hand orders to, by their name in the shop.
	Warehouses map[string]ports.Warehouse
	// Services gives what a warehouse offers; nil, or none, when that is not known.
	Services func(warehouse string) []enrich.Service
	// OutageBudget is how long an order waits for a system before a person is asked.
	OutageBudget time.Duration
	Clock        func() time.Time
	// OpenReturns remembers which returns of orders are open; nil remembers none.
	OpenReturns ports.OpenReturnStore

	book ruleBook
}

// EnrichSettings is what enrichment takes from configuration.
type EnrichSettings struct {
	// AttributeKeys maps a warehouse's item attribute to the shop's attribute ("type.element").
	AttributeKeys map[string]string
	// HomeCountry is where the warehouses stand: elsewhere customs attributes are needed.
	HomeCountry string
}

// AssessOrder records the answers given since the last look, loads the order with
// its facts, and says where it stands and what is due. Runs as a local activity.
//
// A second run records nothing twice (answers are keyed by their command), plans the
// same consignments under the same numbers and leaves the same exceptions open.
func (o *Orders) AssessOrder(ctx context.Context, in contract.AssessInput) (contract.Assessment, error) {
	var by, action, reason string
	if len(in.Answers) > 0 {
		if _, _, err := o.Store.Append(ctx, in.Order, answerFacts(in)); err != nil {
			return contract.Assessment{}, toTemporal(fmt.Errorf("record answers of %s: %w", in.Order, err), 0)
		}
		last := in.Answers[len(in.Answers)-1]
		by, action, reason = last.By, string(last.Action), last.Reason
	}
	record, decision, err := o.assess(ctx, in)
	if err != nil {
		return contract.Assessment{}, toTemporal(fmt.Errorf("assess %s: %w", in.Order, err), 0)
	}
	look := ports.Look{
		Order: in.Order, Sequence: record.Sequence(), State: shown(in, decision), Open: exceptionsOf(record.Order, decision.Questions, in),
		By: by, Answer: action, Reason: reason, At: o.Clock(),
	}
	if err := o.Store.RecordLook(ctx, look); err != nil {
		return contract.Assessment{}, toTemporal(fmt.Errorf("record the look at %s: %w", in.Order, err), 0)
	}
	assessment := summarise(record, decision)
	if err := o.noteReturns(ctx, in.Order, assessment.Returns); err != nil {
		return contract.Assessment{}, toTemporal(fmt.Errorf("note the open returns of %s: %w", in.Order, err), 0)
	}
	if len(decision.Questions) > 0 || in.Delayed != "" {
		if assessment.CutoffAt, err = o.nextCutoff(ctx, record, in.At); err != nil {
			return contract.Assessment{}, toTemporal(fmt.Errorf("find the cut-off of %s: %w", in.Order, err), 0)
		}
	}
	return assessment, nil
}

// shown is the state with its overlays, as the order's workflow shows it.
func shown(in contract.AssessInput, d lifecycle.Decision) domain.OrderState {
	switch {
	case len(d.Questions) > 0:
		return domain.NeedsAttention
	case in.Delayed != "":
		return domain.Delayed
	}
	return d.State
}

// CloseOrder closes the order unless something was told since the workflow last
// looked. Runs as a local activity; closing a closed order at the same sequence is success.
func (o *Orders) CloseOrder(ctx context.Context, in contract.CloseInput) (contract.CloseResult, error) {
	closed, _, err := o.Store.CloseOrder(ctx, in.Order, in.Sequence, in.State, in.Cause, o.Clock())
	if err != nil {
		return contract.CloseResult{}, toTemporal(fmt.Errorf("close %s: %w", in.Order, err), 0)
	}
	return contract.CloseResult{Closed: closed}, nil
}

// reassess is the look that every step takes after it has recorded what came of it.
func (o *Orders) reassess(ctx context.Context, id domain.OrderID) (contract.Assessment, error) {
	return o.AssessOrder(ctx, contract.AssessInput{Order: id, At: o.Clock()})
}

func (o *Orders) assess(ctx context.Context, in contract.AssessInput) (ports.OrderRecord, lifecycle.Decision, error) {
	record, err := o.Store.Load(ctx, in.Order)
	if err != nil {
		return record, lifecycle.Decision{}, err
	}
	if !record.ClosedAt.IsZero() {
		// The workflow runs, so the order is open: a fact came after it had closed.
		if err := o.Store.Reopen(ctx, in.Order); err != nil {
			return record, lifecycle.Decision{}, err
		}
	}
	input, err := o.decisionInput(ctx, record, in.At)
	if err != nil {
		return record, lifecycle.Decision{}, err
	}
	decision, err := lifecycle.Decide(input)
	if err != nil {
		return record, decision, err
	}
	for _, due := range decision.Due {
		if due.Plan == nil {
			continue
		}
		if _, err := o.Store.SaveConsignment(ctx, *due.Plan); err != nil {
			return record, decision, err
		}
	}
	decision.Questions = append(decision.Questions, stillInVain(in, decision)...)
	if o.overBudget(in) {
		decision.Questions = append(decision.Questions, domain.Question{
			Kind: "unavailable", Subject: in.Delayed, Cause: domain.NewCause("unavailable", in.Delayed),
			Problems: []domain.Refusal{{Code: "outage", Message: in.Delayed + " has not answered since " + in.DelayedAt.UTC().Format(time.RFC3339)}},
		})
	}
	return record, decision, nil
}

// nextCutoff is the first cut-off that the order may miss while it waits; zero when no
// rule tells one.
func (o *Orders) nextCutoff(ctx context.Context, record ports.OrderRecord, at time.Time) (time.Time, error) {
	rules, err := o.Store.Rules(ctx)
	if err != nil {
		return time.Time{}, err
	}
	held := domain.Held{Method: record.Order.ShippingMethod, Country: record.Order.Country, Services: map[string]string{}}
	for _, l := range record.Order.Lines {
		for _, a := range l.Allocations {
			held.Warehouses = append(held.Warehouses, a.Warehouse)
		}
	}
	for _, c := range record.Consignments {
		held.Services[c.Warehouse] = c.Service
	}
	next, _ := triage.NextCutoff(held, mapping.New(rules), at)
	return next.UTC(), nil
}

func (o *Orders) overBudget(in contract.AssessInput) bool {
	return in.Delayed != "" && in.At.Sub(in.DelayedAt) >= o.OutageBudget
}

// decisionInput brings content, rules and configuration together.
func (o *Orders) decisionInput(ctx context.Context, record ports.OrderRecord, at time.Time) (lifecycle.Input, error) {
	index, err := o.book.read(ctx, o.Store)
	if err != nil {
		return lifecycle.Input{}, err
	}
	in := lifecycle.Input{
		Order: record.Order, Facts: record.Facts, Planned: record.Consignments, Now: at, Settings: o.Settings,
		Waiting: enrich.Readiness(record.Order),
	}
	open, err := returns.Open(record.Order, record.Facts)
	if err != nil {
		return lifecycle.Input{}, err
	}
	in.OpenReturns = len(open)
	in.Carrier = func(warehouse, code string) (string, *domain.Question) {
		carrier, _, miss := index.Carrier(warehouse, code)
		if miss != nil {
			q := miss.Question()
			return "", &q
		}
		return carrier, nil
	}
	in.Fingerprint = func(c domain.Consignment) string {
		return record.Fingerprint(fingerprinted(c, record.Personal.Delivery))
	}
	wrong := enrich.Validate(record.Order, record.Personal.Delivery)
	output, missing, err := o.complete(ctx, record, index)
	if err != nil {
		return lifecycle.Input{}, err
	}
	in.Wrong = append(wrong, missing...)
	in.CaptureMode = output.CaptureMode
	for _, p := range output.Parts {
		in.Parts = append(in.Parts, lifecycle.Part{Warehouse: p.Warehouse, Service: p.Service, Lines: p.Lines, Rules: p.Rules})
	}
	in.Parts = lifecycle.Sorted(in.Parts)
	return in, nil
}

func (o *Orders) complete(ctx context.Context, record ports.OrderRecord, index *mapping.Rules) (enrich.Output, []domain.Question, error) {
	var attributes []domain.ItemAttribute
	for warehouse, skus := range itemsByWarehouse(record.Order, index) {
		found, err := o.Store.ItemAttributes(ctx, warehouse, skus)
		if err != nil {
			return enrich.Output{}, nil, err
		}
		attributes = append(attributes, found...)
	}
	output, questions := enrich.Complete(enrich.Input{
		Order: record.Order, Rules: index, Attributes: attributes,
		Limits: o.limits, Services: o.Services, AttributeKeys: o.Enrich.AttributeKeys, Overrides: overrides(record.Facts), HomeCountry: o.Enrich.HomeCountry,
	})
	return output, questions, nil
}

func (o *Orders) limits(warehouse string) (lines, quantity int, known bool) {
	w, known := o.Warehouses[warehouse]
	if !known {
		return 0, 0, false
	}
	l := w.Limits()
	return l.Lines, l.Quantity, true
}

func itemsByWarehouse(order domain.Order, index *mapping.Rules) map[string][]string {
	items := map[string][]string{}
	for _, l := range order.Lines {
		for _, a := range l.Allocations {
			if item, _, miss := index.Item(a.Warehouse, l.SKU, l.EAN); miss == nil {
				items[a.Warehouse] = append(items[a.Warehouse], item)
			}
		}
	}
	return items
}

// overrides collects what people decided for this order only; the newest wins.
func overrides(facts []domain.Fact) map[string]string {
	out := map[string]string{}
	for _, f := range facts {
		if f.Kind != domain.FactAnswered {
			continue
		}
		a, err := domain.Decode[domain.AnswerFact](f)
		if err != nil {
			continue // Decide reports the same fact as unreadable
		}
		for k, v := range a.Override {
			out[k] = v
		}
	}
	return out
}

// fingerprinted is what counts as "the same consignment": quantities and prices may
// shrink with cancellations, so they are left out.
func fingerprinted(c domain.Consignment, to domain.Address) []byte {
	type line struct {
		Line, SKU  string
		Attributes map[string]string
	}
	content := struct {
		Service string
		Lines   []line
		To      domain.Address
	}{Service: c.Service, To: to}
	for _, l := range c.Lines {
		content.Lines = append(content.Lines, line{l.Line, l.SKU, l.Attributes})
	}
	data, err := json.Marshal(content)
	if err != nil {
		panic(fmt.Sprintf("activities: a consignment of strings and numbers cannot fail to marshal: %v", err))
	}
	return data
}

func answerFacts(in contract.AssessInput) []domain.Fact {
	var facts []domain.Fact
	for _, a := range in.Answers {
		facts = append(facts, domain.NewFact(domain.FactAnswered, domain.AnswerKey(a.CommandID), a.By, in.At,
			domain.AnswerFact{Cause: a.Exception, Action: string(a.Action), Override: a.Override, By: a.By, Reason: a.Reason, Command: a.CommandID}))
	}
	return facts
}

func exceptionsOf(order domain.Order, questions []domain.Question, in contract.AssessInput) []ports.ExceptionRecord {
	var open []ports.ExceptionRecord
	for _, q := range questions {
		kind, _ := exceptions.Lookup(q.Kind)
		open = append(open, ports.ExceptionRecord{
			Order: in.Order, Kind: q.Kind, Cause: q.Cause, Owner: string(kind.Owner), Severity: string(kind.Severity),
			Step: q.Step, Subject: q.Subject, Problems: q.Problems, Value: order.GrandTotal, Currency: order.Currency, OpenedAt: in.At,
		})
	}
	away := domain.NewCause("unavailable", in.Delayed)
	asked := slices.ContainsFunc(open, func(e ports.ExceptionRecord) bool { return e.Cause == away })
	if in.Delayed != "" && !asked {
		// What ResumeWorkflow reads to find the orders that wait for a system, also those
		// that wait for a person besides.
		kind, _ := exceptions.Lookup("unavailable")
		open = append(open, ports.ExceptionRecord{
			Order: in.Order, System: in.Delayed, Kind: "unavailable", Cause: away,
			Owner: string(kind.Owner), Severity: string(kind.Severity), Value: order.GrandTotal, Currency: order.Currency, OpenedAt: in.DelayedAt,
		})
	}
	return open
}

// shownQuestions bounds what an assessment brings into history in full, namedCauses
// what it brings by name alone; the exceptions hold them all.
const (
	shownQuestions = 60
	namedCauses    = 4000
)

// shortened keeps the first questions whole, and of the others their causes by kind, so
// that each can be answered.
func shortened(questions []domain.Question) ([]domain.Question, []contract.MoreQuestions) {
	if len(questions) <= shownQuestions {
		return questions, nil
	}
	var more []contract.MoreQuestions
	for _, q := range questions[shownQuestions:min(len(questions), namedCauses)] {
		i := slices.IndexFunc(more, func(m contract.MoreQuestions) bool { return m.Kind == q.Kind })
		if i < 0 {
			i = len(more)
			more = append(more, contract.MoreQuestions{Kind: q.Kind})
		}
		more[i].Causes = append(more[i].Causes, q.Cause)
	}
	return questions[:shownQuestions], more
}

// summarise keeps what the workflow decides by and what a person looks at.
func summarise(record ports.OrderRecord, d lifecycle.Decision) contract.Assessment {
	a := contract.Assessment{
		Sequence: record.Sequence(), State: d.State, Waiting: d.Waiting, Questions: d.Questions,
		WakeAt: d.WakeAt, Ended: d.Ended, CloseAt: d.CloseAt, Cause: d.Cause, Market: record.Order.Market.Name, Value: domain.Format(record.Order.GrandTotal, record.Order.Currency),
	}
	for _, due := range d.Due {
		a.Due = append(a.Due, contract.Step{
			Name: due.Step, Subject: due.Subject, Warehouse: due.Warehouse, Carrier: due.Carrier,
			Revision: due.Revision, Complete: due.Complete, Lines: linesOf(due),
		})
	}
	if open, err := returns.Open(record.Order, record.Facts); err == nil { // what cannot be read was an error before
		for _, n := range open {
			a.Returns = append(a.Returns, contract.ReturnNews{Number: n.Number, Sequence: n.Sequence})
		}
	}
	a.Questions, a.More = shortened(a.Questions)
	a.Checks = len(a.Questions) > 0 || len(a.Waiting) > 0
	seen := map[string]bool{}
	for _, l := range record.Order.Lines {
		if l.Kind.Physical() {
			a.Units += l.Quantity
		}
		for _, w := range l.Allocations {
			if !seen[w.Warehouse] {
				seen[w.Warehouse] = true
				a.Warehouses = append(a.Warehouses, w.Warehouse)
			}
		}
	}
	if len(d.Questions) > 0 {
		a.Lines = d.Progress.Lines
	}
	return a
}

// linesOf leaves out what the step's activity reads from the store anyway.
func linesOf(due lifecycle.Due) []domain.LineQuantity {
	switch due.Step {
	case domain.StepCancel, domain.StepCancelShort:
		return due.Lines
	}
	return nil
}
