package main

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"selvedge/internal/assembly"
	"selvedge/internal/config"
	"selvedge/internal/domain"
	"selvedge/internal/enrich"
	"selvedge/internal/mapping"
	"selvedge/internal/store"
)

type rulesCheckCmd struct {
	File   string `arg:"" help:"The file to check, as \"rules import\" reads it; - for standard input."`
	Format string `help:"csv or json; by default what the file's name ends in, else csv." enum:"csv,json," default:""`
	JSON   bool   `name:"json" help:"Print JSON."`
}

// Help says what is looked at.
func (rulesCheckCmd) Help() string {
	return "Completes every open order twice, with the rules in force and with the file's beside them, and saves nothing. Covers what is asked before an order is handed over: services, entities, capture modes, items and attributes; carriers, dispositions and cut-offs are not asked then. Ends with 1 when an order would be asked about that is not now."
}

// checkShown is the outcome in --json.
type checkShown struct {
	Rules   int            `json:"rules"`   // in the file that are not in force already
	Orders  int            `json:"orders"`  // looked at
	Frees   []*causeShown  `json:"frees"`   // questions that would no longer be asked
	Breaks  []*causeShown  `json:"breaks"`  // questions that would be asked anew
	Changes []changedOrder `json:"changes"` // orders that would be handed over otherwise, no question before or after
}

// causeShown sums up the orders of one cause. Money is in minor units by currency.
type causeShown struct {
	Cause   string           `json:"cause"`
	Orders  int              `json:"orders"`
	Money   map[string]int64 `json:"money"`
	Example string           `json:"example"`
}

// changedOrder is an order that would be handed over otherwise. One that was handed
// over already is amended at the warehouse, where that is still possible.
type changedOrder struct {
	Order      string   `json:"order"`
	HandedOver bool     `json:"handedOver"`
	Before     []string `json:"before"` // service per warehouse
	After      []string `json:"after"`
}

// Run compares; nothing is written anywhere.
func (r rulesCheckCmd) Run(ctx context.Context, s streams) error {
	rules, err := rulesImportCmd{File: r.File, Format: r.Format}.read()
	if err != nil {
		return err
	}
	c, err := config.Load(config.Database, config.Systems)
	if err != nil {
		return err
	}
	log, err := quiet(c)
	if err != nil {
		return err
	}
	parts, err := assembly.Open(ctx, c, log)
	if err != nil {
		return err
	}
	defer parts.Close()
	stop := progress(s, "looking at the open orders")
	check, err := checkRules(ctx, s, parts, rules)
	stop()
	if err != nil {
		return err
	}
	if r.JSON {
		err = printJSON(s.out, check)
	} else {
		check.print(s)
	}
	if err == nil && len(check.Breaks) > 0 {
		return fmt.Errorf("%s would be asked anew", plural(len(check.Breaks), "question"))
	}
	return err
}

func checkRules(ctx context.Context, s streams, parts *assembly.Parts, given []domain.Rule) (checkShown, error) {
	check := checkShown{Frees: []*causeShown{}, Breaks: []*causeShown{}, Changes: []changedOrder{}}
	inForce, err := parts.Store.Rules(ctx)
	if err != nil {
		return check, err
	}
	next := slices.Clone(inForce)
	version := int64(0)
	for _, r := range inForce {
		version = max(version, r.Version)
	}
	for _, r := range given {
		if slices.ContainsFunc(inForce, func(o domain.Rule) bool { return sameRule(o, r) }) ||
			r.Retired && !slices.ContainsFunc(inForce, func(o domain.Rule) bool { return sameScope(o, r) }) {
			continue
		}
		version++
		r.Version = version
		next = append(next, r)
		check.Rules++
	}
	e := enricher{store: parts.Store, settings: parts.Config.Selvedge, services: offered(ctx, s, parts)}
	before, after := mapping.New(inForce), mapping.New(next)
	for last := (domain.OrderID{}); ; {
		page, err := parts.Store.OpenOrders(ctx, last, 500)
		if err != nil || len(page) == 0 {
			return check, err
		}
		for _, o := range page {
			if err := check.compare(ctx, e, o.ID, before, after); err != nil {
				return check, err
			}
		}
		last = page[len(page)-1].ID
	}
}

func sameRule(a, b domain.Rule) bool {
	a.Version, a.Author, a.Reason, a.At = b.Version, b.Author, b.Reason, b.At
	if len(a.Extra) == 0 && len(b.Extra) == 0 {
		a.Extra = b.Extra
	}
	return reflect.DeepEqual(a, b)
}

func sameScope(a, b domain.Rule) bool {
	return a.Table == b.Table && a.From == b.From && a.Store == b.Store && a.Warehouse == b.Warehouse && a.Country == b.Country &&
		(a.Table != domain.RuleAttributeDefault || a.Extra["attribute"] == b.Extra["attribute"])
}

// offered asks each warehouse for its services, so that a rule for one that does not
// exist is seen. Where that is not known, nothing is said of it.
func offered(ctx context.Context, s streams, parts *assembly.Parts) map[string][]enrich.Service {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	services := map[string][]enrich.Service{}
	for _, key := range sorted(parts.Warehouses) {
		found, err := parts.Warehouses[key].Services(ctx)
		if err != nil {
			fmt.Fprintf(s.err, "starter: note: warehouse %s does not say what it offers, so services are not checked there: %v\n", key, err)
		}
		for _, f := range found {
			services[key] = append(services[key], enrich.Service{Code: f.Code, Countries: f.Countries, Active: f.Active})
		}
	}
	return services
}

// enricher completes stored orders as the worker would.
type enricher struct {
	store    *store.Store
	settings config.Settings
	services map[string][]enrich.Service
}

func (e enricher) complete(ctx context.Context, o domain.Order, overrides map[string]string, rules *mapping.Rules) (enrich.Output, []domain.Question, error) {
	items := map[string][]string{}
	for _, l := range o.Lines {
		for _, a := range l.Allocations {
			if item, _, miss := rules.Item(a.Warehouse, l.SKU, l.EAN); miss == nil {
				items[a.Warehouse] = append(items[a.Warehouse], item)
			}
		}
	}
	var attributes []domain.ItemAttribute
	for _, warehouse := range sorted(items) {
		found, err := e.store.ItemAttributes(ctx, warehouse, items[warehouse])
		if err != nil {
			return enrich.Output{}, nil, err
		}
		attributes = append(attributes, found...)
	}
	out, questions := enrich.Complete(enrich.Input{
		Order: o, Rules: rules, Attributes: attributes, Overrides: overrides, AttributeKeys: e.settings.AttributeKeys, HomeCountry: e.settings.HomeCountry,
		Services: func(warehouse string) []enrich.Service { return e.services[warehouse] },
	})
	return out, questions, nil
}

// compare looks at one order with both sets of rules.
func (c *checkShown) compare(ctx context.Context, e enricher, id domain.OrderID, before, after *mapping.Rules) error {
	o, err := e.store.Order(ctx, id)
	if err != nil {
		return err
	}
	facts, err := e.store.Facts(ctx, id, 0)
	if err != nil {
		return err
	}
	overrides, handedOver := answered(facts)
	was, asked, err := e.complete(ctx, o, overrides, before)
	if err != nil {
		return err
	}
	becomes, asks, err := e.complete(ctx, o, overrides, after)
	if err != nil {
		return err
	}
	c.Orders++
	c.Frees = count(c.Frees, o, asked, asks)
	c.Breaks = count(c.Breaks, o, asks, asked)
	if len(asked) == 0 && len(asks) == 0 && !reflect.DeepEqual(content(was), content(becomes)) {
		c.Changes = append(c.Changes, changedOrder{Order: id.String(), HandedOver: handedOver, Before: services(was), After: services(becomes)})
	}
	return nil
}

// answered collects what people decided for this order alone, and whether a warehouse has it.
func answered(facts []domain.Fact) (overrides map[string]string, handedOver bool) {
	overrides = map[string]string{}
	for _, f := range facts {
		handedOver = handedOver || f.Kind == domain.FactSubmitted
		if f.Kind != domain.FactAnswered {
			continue
		}
		if a, err := domain.Decode[domain.AnswerFact](f); err == nil {
			for k, v := range a.Override {
				overrides[k] = v
			}
		}
	}
	return overrides, handedOver
}

// count adds an order to each cause that stands in one list and not in the other.
func count(causes []*causeShown, o domain.Order, in, notIn []domain.Question) []*causeShown {
	for _, q := range in {
		same := func(other domain.Question) bool { return other.Cause == q.Cause }
		if slices.ContainsFunc(notIn, same) {
			continue
		}
		i := slices.IndexFunc(causes, func(c *causeShown) bool { return c.Cause == q.Cause })
		if i < 0 {
			i = len(causes)
			causes = append(causes, &causeShown{Cause: q.Cause, Money: map[string]int64{}, Example: o.ID.String()})
		}
		causes[i].Orders++
		causes[i].Money[o.Currency] += o.GrandTotal
	}
	return causes
}

// content is what a warehouse and finance would see: rule versions are not.
func content(out enrich.Output) enrich.Output {
	out.Rules = nil
	out.Parts = slices.Clone(out.Parts)
	for i := range out.Parts {
		out.Parts[i].Rules = nil
	}
	return out
}

func services(out enrich.Output) []string {
	list := []string{}
	for _, p := range out.Parts {
		list = append(list, p.Warehouse+": "+p.Service)
	}
	return list
}

// mostChanges is how many changed orders are printed for people; --json has all.
const mostChanges = 20

func (c checkShown) print(s streams) {
	fmt.Fprintf(s.out, "%s of the file would change something in force; %s looked at. Nothing was saved.\n", plural(c.Rules, "rule"), plural(c.Orders, "open order"))
	for _, list := range []struct {
		title  string
		causes []*causeShown
	}{{"Would be freed", c.Frees}, {"Would be asked ANEW", c.Breaks}} {
		if len(list.causes) == 0 {
			continue
		}
		fmt.Fprintf(s.out, "\n%s\n", list.title)
		t := newTable(s.out, "cause", "orders", "money", "such as")
		for _, cause := range list.causes {
			t.AppendRow([]any{cause.Cause, cause.Orders, money(cause.Money), cause.Example})
		}
		t.Render()
	}
	if len(c.Changes) == 0 {
		return
	}
	fmt.Fprintf(s.out, "\nWould be handed over otherwise: %s\n", plural(len(c.Changes), "order"))
	t := newTable(s.out, "order", "now", "then", "")
	for _, o := range c.Changes[:min(mostChanges, len(c.Changes))] {
		note := ""
		if o.HandedOver {
			note = "is at the warehouse: amended where it still can be"
		}
		t.AppendRow([]any{o.Order, strings.Join(o.Before, "\n"), strings.Join(o.After, "\n"), note})
	}
	t.Render()
}
