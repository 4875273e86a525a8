package console

import (
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
	Returns      []returned            // the newest first
	Rules        map[int64]domain.Rule // those that said what goes back of a return
	Documents    []ports.DocumentRecord
	WebUI, Shop  string
	Unreadable   string // why the lines cannot be told
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
	if p.Returns, err = v.readReturns(id, false, returnsListed); err != nil {
		return err
	}
	if p.Rules, err = v.refundRules(p.Returns); err != nil {
		return err
	}
	if p.Documents, err = v.c.o.Documents.OrderDocuments(v.ctx(), id); err != nil {
		return err
	}
	p.WebUI, p.Shop = v.c.o.Links.workflow(contract.OrderWorkflowID(id)), v.c.o.Links.shop(p.Order)
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
	p.Timeline = timeline(facts, asked, p.Order.Currency)
}

// timeline is what happened across systems, the newest first.
func timeline(facts []domain.Fact, asked []ports.OrderException, currency string) []event {
	var events []event
	for _, f := range facts {
		events = append(events, event{At: f.At, Who: side(f), Actor: f.Actor, Title: words(f.Kind), Text: narrate.Fact(f, currency)})
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
	case domain.FactAnswered, domain.FactReturnAnswered:
		return "person"
	case domain.FactWarehouseOrder, domain.FactShipment, domain.FactCancelRefused, domain.FactSubmitted, domain.FactCancelRequested,
		domain.FactReturn, domain.FactReturnConfirmation, domain.FactAdjustment:
		return "warehouse"
	case domain.FactContent, domain.FactShopShipment, domain.FactShopCancelled, domain.FactCaptured, domain.FactReleased, domain.FactNoted, domain.FactUnreadable, domain.FactReadable,
		domain.FactShopReturn:
		return "shop"
	}
	return "us"
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
