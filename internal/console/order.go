package console

import (
	"context"
	"slices"
	"time"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
	"selvedge/internal/fault"
	"selvedge/internal/narrate"
	"selvedge/internal/ports"
)

type orderPage struct {
	Order        domain.Order
	Shown        ports.ListedOrder
	Questions    []question
	Answered     []ports.OrderException
	Lines        []domain.LineProgress
	Names        map[string]string // product names by line
	Consignments []consignmentRow
	Timeline     []event
	Acts         []ports.Act
	WebUI, Shop  string
	Unreadable   string // why the lines cannot be told
}

// question is an open question with what may be answered.
type question struct {
	ports.OrderException
	Kind    exceptions.Kind
	Text    exceptions.Text
	Allowed []string
	Answers []answer
	Many    bool // other orders may wait on the same cause
}

// answer is one button.
type answer struct {
	Action   exceptions.Action
	Label    string
	Says     string // what it does
	Reason   bool   // needs one
	Override string // the key that is set; empty for the other answers
}

type consignmentRow struct {
	domain.Consignment
	Units  int
	Status string
}

// event is a fact in words, or a question.
type event struct {
	At    time.Time
	Who   string // shop, warehouse, person or us: the colour of the line
	Actor string
	Title string
	Text  string
}

func (v *visit) orderID() domain.OrderID {
	return domain.OrderID{Store: v.r.PathValue("store"), Number: v.r.PathValue("number")}
}

func (v *visit) order() error {
	id, data := v.orderID(), v.c.o.Orders
	var p orderPage
	var err error
	if p.Shown, err = data.Shown(v.ctx(), id); err != nil {
		return err
	}
	if p.Order, err = data.Order(v.ctx(), id); err != nil {
		return err
	}
	facts, err := data.Facts(v.ctx(), id, 0)
	if err != nil {
		return err
	}
	planned, err := data.Consignments(v.ctx(), id)
	if err != nil {
		return err
	}
	asked, err := data.OrderExceptions(v.ctx(), id, 200)
	if err != nil {
		return err
	}
	if p.Acts, err = v.c.o.Audit.Acts(v.ctx(), id.String(), "", 0, 50); err != nil {
		return err
	}
	p.WebUI, p.Shop = v.c.o.Links.workflow(id), v.c.o.Links.shop(p.Order)
	p.fill(facts, planned, asked)
	return v.show("order", "Order "+id.Number, p)
}

func (p *orderPage) fill(facts []domain.Fact, planned []domain.Consignment, asked []ports.OrderException) {
	for _, e := range asked {
		if e.ResolvedAt == nil {
			p.Questions = append(p.Questions, questionFrom(e))
		} else {
			p.Answered = append(p.Answered, e)
		}
	}
	p.Names = map[string]string{}
	for _, l := range p.Order.Lines {
		p.Names[l.ID] = l.Name
	}
	status := map[string]string{}
	if progress, err := domain.Derive(p.Order, facts); err != nil {
		p.Unreadable = "A fact of this order cannot be read by this version, so its lines are not shown."
	} else {
		p.Lines = progress.Lines
		for _, c := range progress.Consignments {
			status[c.Number] = string(c.Status)
		}
	}
	for _, c := range planned {
		row := consignmentRow{Consignment: c, Status: status[c.Number]}
		for _, l := range c.Lines {
			row.Units += l.Quantity
		}
		if row.Status == "" {
			row.Status = "planned"
		}
		p.Consignments = append(p.Consignments, row)
	}
	p.Timeline = timeline(facts, asked)
}

// timeline is what happened across systems, the newest first.
func timeline(facts []domain.Fact, asked []ports.OrderException) []event {
	var events []event
	for _, f := range facts {
		events = append(events, event{At: f.At, Who: side(f), Actor: f.Actor, Title: words(f.Kind), Text: narrate.Fact(f)})
	}
	for _, e := range asked {
		events = append(events, event{At: e.OpenedAt, Who: "us", Actor: "selvedge", Title: "asked", Text: exceptions.Describe(e.Question()).What})
	}
	slices.SortStableFunc(events, func(a, b event) int { return b.At.Compare(a.At) })
	return events
}

// side tells where a fact happened.
func side(f domain.Fact) string {
	switch f.Kind {
	case domain.FactAnswered:
		return "person"
	case domain.FactWarehouseOrder, domain.FactShipment, domain.FactCancelRefused, domain.FactSubmitted, domain.FactCancelRequested:
		return "warehouse"
	case domain.FactContent, domain.FactShopShipment, domain.FactShopCancelled, domain.FactCaptured, domain.FactReleased, domain.FactNoted, domain.FactUnreadable, domain.FactReadable:
		return "shop"
	}
	return "us"
}

func questionFrom(e ports.OrderException) question {
	kind, text := described(e.Question())
	q := question{OrderException: e, Kind: kind, Text: text, Allowed: allowed(e.Problems), Many: kind.FreedByRule}
	for _, a := range kind.Answers {
		button := answer{Action: a, Reason: exceptions.NeedsReason(a)}
		switch a {
		case exceptions.Retry:
			button.Label, button.Says = "Retry", "Reads the order from the shop again and goes on from the step that waits. Never wrong, only sometimes too early."
		case exceptions.Skip:
			button.Label, button.Says = "Skip this step", "Goes on without the step."
		case exceptions.WithdrawOrder:
			button.Label, button.Says = "Withdraw the order", "Cancels at the warehouse and holds the order in the shop with your reason. Refunds nothing."
		case exceptions.Override:
			button.Label, button.Says, button.Override, button.Reason = "Use this for this order alone", "Goes on with the value that you give. If you do it twice for the same value, make it a rule.", kind.Override, true
		}
		q.Answers = append(q.Answers, button)
	}
	return q
}

// answer gives the order's workflow what a person pressed.
func (v *visit) answer() error {
	id := v.orderID()
	r := contract.Resolution{
		Exception: v.r.PostFormValue("exception"), Action: contract.Action(v.field("action")), By: v.who.Name, Reason: v.field("reason"),
		CommandID: "console-" + v.field("command"),
	}
	detail := map[string]string{"answer": string(r.Action), "cause": r.Exception, "value": v.field("value")}
	v.act(ports.Act{Act: "answer-order", Target: id.String(), Detail: detail}, func(ctx context.Context) (string, error) {
		e, err := v.openQuestion(ctx, id, r.Exception)
		if err != nil {
			return "", err
		}
		kind, _ := exceptions.Lookup(e.Kind)
		if err := exceptions.Allows(kind, string(r.Action)); err != nil {
			return "", refuse("%s Nothing was done.", sentence(err.Error()))
		}
		if r.Action == contract.ActionOverride {
			value := v.field("value")
			if value == "" {
				return "", refuse("Give the value to use for this order. Nothing was done.")
			}
			r.Override = map[string]string{kind.Override: value}
		}
		if (exceptions.NeedsReason(exceptions.Action(r.Action)) || r.Action == contract.ActionOverride) && r.Reason == "" {
			return "", refuse("Say why; it stays with the order. Nothing was done.")
		}
		said, err := v.c.o.Engine.Resolve(ctx, id, r)
		if err == nil {
			v.settle(ctx, id, e.ID)
		}
		return said, err
	})
	return v.order()
}

// openQuestion finds the open question that a form is about: one that somebody else
// answered meanwhile is refused here, before the workflow is asked.
func (v *visit) openQuestion(ctx context.Context, id domain.OrderID, cause string) (ports.OrderException, error) {
	asked, err := v.c.o.Orders.OrderExceptions(ctx, id, 200)
	if err != nil {
		return ports.OrderException{}, err
	}
	for _, e := range asked {
		switch {
		case e.Cause != cause:
		case e.ResolvedAt == nil:
			return e, nil
		case e.AnsweredBy != "":
			return e, refuse("%s answered this already, with %s. Nothing more was done.", e.AnsweredBy, e.Answer)
		}
	}
	return ports.OrderException{}, refuse("This question is not open any more. Nothing was done.")
}

// settleTime is how long a page waits to show what an answer came to.
const settleTime = 2500 * time.Millisecond

// settle waits a little until the question is answered in the store, so that the page
// shows the order as it is after the answer. One that stays open is shown again.
func (v *visit) settle(ctx context.Context, id domain.OrderID, question int64) {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	tick := time.NewTicker(150 * time.Millisecond)
	defer tick.Stop()
	for {
		asked, err := v.c.o.Orders.OrderExceptions(ctx, id, 200)
		if err != nil || !slices.ContainsFunc(asked, func(e ports.OrderException) bool { return e.ID == question && e.ResolvedAt == nil }) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// found turns "there is none" into an answer.
func found(err error) (bool, error) {
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// refused is what was typed into a field of a form that was refused, so that it need
// not be typed again.
func (v *visit) refused(field string) string {
	if v.outcome.Kind == ports.ActDone || v.outcome.Kind == "" {
		return ""
	}
	return v.field(field)
}
