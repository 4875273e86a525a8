package enrich

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"selvedge/internal/domain"
	"selvedge/internal/mapping"
)

// defaultHome is where a warehouse stands unless Input says otherwise.
const defaultHome = "GB"

// Input is all that Complete looks at. The address is no part of it: what a
// question cannot see, it cannot tell.
type Input struct {
	Order      domain.Order
	Rules      *mapping.Rules
	Attributes []domain.ItemAttribute
	// Limits gives the most lines of an order and the most units of a line that a
	// warehouse takes (0 = no limit); known is false for a warehouse that is not ours.
	// Nil: every warehouse is ours and takes any size.
	Limits func(warehouse string) (lines, quantity int, known bool)
	// Services gives what a warehouse offers; nil, or no services, means that this is not known.
	Services func(warehouse string) []Service
	// AttributeKeys tells under which key the shop keeps an attribute, such as
	// countryOfOrigin → customs.origin.
	AttributeKeys map[string]string
	// Overrides are a person's answers, see OverrideService.
	Overrides map[string]string
	// HomeCountry is the country that the warehouses stand in, GB when empty; parcels
	// to any other need customs attributes.
	HomeCountry string
}

// Output is an order completed for its warehouses.
type Output struct {
	Entity      string // that sells
	CaptureMode domain.CaptureMode
	Rules       map[string]int64 // versions of the rules that concern the whole order
	Parts       []Part           // one per warehouse, by name; none when nothing physical is allocated
}

// Part is what one warehouse gets.
type Part struct {
	Warehouse string
	Service   string
	Lines     []domain.ConsignmentLine
	Rules     map[string]int64 // versions of all rules that made it
	// Values is the exact gross value of each line's units in this part; over all
	// parts a fully allocated line adds up to its total, or its share of the bundle.
	Values map[string]int64
}

// Complete turns an order into one part per warehouse, following the shop's
// confirmed allocations. When anything is missing it asks about everything at
// once, each cause once, and the output has no parts. An order of which nothing
// leaves a warehouse is no business of ours: an empty output and no question.
func Complete(in Input) (Output, []domain.Question) {
	if !physical(in.Order) {
		return Output{}, nil
	}
	c := completion{in: in, asked: make(map[string]bool)}
	out := Output{Rules: make(map[string]int64)}
	c.market(&out)
	c.captureMode(&out)
	values, err := LineValues(in.Order.Lines)
	if err != nil {
		c.ask(domain.Question{
			Kind: KindInvalidOrder, Cause: domain.NewCause(KindInvalidOrder, "bundle"), Step: domain.StepSubmit,
			Problems: []domain.Refusal{{Code: "field_invalid", Field: "lines", Message: err.Error() + "; correct the prices on the order in Centra, then press retry"}},
		})
	}
	c.values, c.taken = values, make(map[string]int)
	for _, warehouse := range warehouses(in.Order.Lines) {
		if part, ok := c.part(warehouse); ok {
			maps.Copy(part.Rules, out.Rules)
			out.Parts = append(out.Parts, part)
		}
	}
	if len(c.questions) > 0 {
		out.Parts = nil
	}
	return out, c.questions
}

// completion is one run of Complete.
type completion struct {
	in        Input
	values    map[string]int64 // gross value per physical line
	taken     map[string]int   // units of a line already given to earlier parts
	questions []domain.Question
	asked     map[string]bool
}

func (c *completion) ask(q domain.Question) {
	if !c.asked[q.Cause] {
		c.asked[q.Cause] = true
		c.questions = append(c.questions, q)
	}
}

func (c *completion) market(out *Output) {
	o := c.in.Order
	market, miss := c.in.Rules.Market(o.ID.Store, o.Market)
	if miss != nil {
		c.ask(miss.Question())
		return
	}
	if market.Currency != "" && market.Currency != o.Currency {
		c.ask(domain.Question{
			Kind: mapping.KindMarket, Cause: domain.NewCause(mapping.KindMarket, "centra", o.Market.Name, o.Currency), Step: domain.StepSubmit,
			Problems: []domain.Refusal{{
				Code: "field_invalid", Field: "currency", Value: o.Currency, Allowed: []string{market.Currency},
				Message: fmt.Sprintf("market %q books in %s for entity %s, but the order is in %s; correct the market's rule or the order",
					o.Market.Name, market.Currency, market.Entity, o.Currency),
			}},
		})
	}
	out.Entity = market.Entity
	out.Rules["market"] = market.Version
}

// captureMode asks for no rule where there is no money to capture.
func (c *completion) captureMode(out *Output) {
	o := c.in.Order
	if o.GrandTotal == 0 && o.PaymentMethod == (domain.Ref{}) {
		out.CaptureMode = domain.CaptureExternal
		return
	}
	mode, version, miss := c.in.Rules.CaptureMode(o.ID.Store, o.PaymentMethod)
	if miss != nil {
		c.ask(miss.Question())
		return
	}
	out.CaptureMode = mode
	out.Rules["payment-method"] = version
}

// warehouses lists by name where units are allocated for certain.
func warehouses(lines []domain.Line) []string {
	var names []string
	for _, l := range lines {
		if !l.Kind.Physical() {
			continue
		}
		for _, a := range l.Allocations {
			if !a.Waiting && a.Quantity > 0 {
				names = append(names, a.Warehouse)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// part completes what one warehouse gets; ok is false when it is not ours.
func (c *completion) part(warehouse string) (Part, bool) {
	maxLines, maxQuantity, known := 0, 0, true
	if c.in.Limits != nil {
		maxLines, maxQuantity, known = c.in.Limits(warehouse)
	}
	if !known {
		miss := mapping.Miss{
			Kind: mapping.KindWarehouse, System: "centra", Field: "warehouse", Value: cmp.Or(warehouse, mapping.None), Code: "field_invalid",
			Detail: "allocate the order to a warehouse that Selvedge serves, or configure this one",
		}
		c.ask(miss.Question())
		return Part{}, false
	}
	p := Part{Warehouse: warehouse, Rules: make(map[string]int64), Values: make(map[string]int64)}
	c.service(&p)
	sizes := make(map[string]string) // warehouse item → the shop's size that it stands for
	for _, l := range c.in.Order.Lines {
		if n := allocatedIn(l, warehouse); n > 0 {
			c.line(&p, l, n, sizes)
		}
	}
	c.tooLarge(p, maxLines, maxQuantity)
	return p, true
}

func allocatedIn(l domain.Line, warehouse string) int {
	n := 0
	for _, a := range l.Allocations {
		if l.Kind.Physical() && !a.Waiting && a.Warehouse == warehouse {
			n += a.Quantity
		}
	}
	return n
}

// line adds n units of an order line to the part. Its value is what those units
// add to the units given to earlier parts, so that the parts close the line exactly.
func (c *completion) line(p *Part, l domain.Line, n int, sizes map[string]string) {
	item, version, miss := c.in.Rules.Item(p.Warehouse, l.SKU, l.EAN)
	if miss != nil {
		c.ask(miss.Question())
		return
	}
	if other, ok := sizes[item]; ok && l.SizeID != "" && other != l.SizeID {
		miss := mapping.Miss{
			Kind: mapping.KindAmbiguousSKU, System: "centra", Field: "sku", Value: l.SKU, Code: "sku_unknown", Ambiguous: true,
			Candidates: []string{"size " + other, "size " + l.SizeID}, Detail: "both sizes are item " + item + " of warehouse " + p.Warehouse,
		}
		c.ask(miss.Question())
		return
	}
	if l.SizeID != "" {
		sizes[item] = l.SizeID
	}
	if version != 0 {
		p.Rules["item:"+l.SKU] = version
	}
	before := c.taken[l.ID]
	c.taken[l.ID] += n
	value := c.values[l.ID]
	p.Values[l.ID] = domain.CumulativeShare(value, before+n, l.Quantity) - domain.CumulativeShare(value, before, l.Quantity)
	p.Lines = append(p.Lines, domain.ConsignmentLine{
		Line: l.ID, SKU: item, Quantity: n, UnitPrice: unitPrice(l, value), ParentLine: l.Bundle,
		Attributes: c.attributes(p, l, item),
	})
}

func (c *completion) tooLarge(p Part, maxLines, maxQuantity int) {
	ask := func(what string, r domain.Refusal) {
		r.Message += "; split the order in Centra, or move a part of it to another warehouse, then press retry"
		c.ask(domain.Question{
			Kind: KindTooLarge, Cause: domain.NewCause(KindTooLarge, p.Warehouse, what), Step: domain.StepSubmit, Problems: []domain.Refusal{r},
		})
	}
	if maxLines > 0 && len(p.Lines) > maxLines {
		ask("lines", domain.Refusal{
			Code: "field_invalid", Field: "lines", Value: fmt.Sprint(len(p.Lines)),
			Message: fmt.Sprintf("warehouse %s takes %d lines in one order, this one has %d", p.Warehouse, maxLines, len(p.Lines)),
		})
	}
	for _, l := range p.Lines {
		if maxQuantity > 0 && l.Quantity > maxQuantity {
			ask("quantity", domain.Refusal{
				Code: "quantity_invalid", Field: "quantity", Line: l.Line, SKU: l.SKU, Value: fmt.Sprint(l.Quantity),
				Message: fmt.Sprintf("warehouse %s takes %d units on one line, line %s has %d", p.Warehouse, maxQuantity, l.Line, l.Quantity),
			})
		}
	}
}
