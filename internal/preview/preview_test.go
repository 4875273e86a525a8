package preview_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/enrich"
	"selvedge/internal/mapping"
	"selvedge/internal/preview"
)

func rule(version int64, table domain.RuleTable, from, to string) domain.Rule {
	return domain.Rule{Version: version, Table: table, From: from, To: to}
}

// inForce sends Standard by RM48 and knows no Express.
func inForce() []domain.Rule {
	return []domain.Rule{
		rule(1, domain.RuleMarket, "United Kingdom", "UK Ltd"), rule(2, domain.RulePayment, "card", "on-shipment"),
		rule(3, domain.RuleShippingMethod, "Standard", "RM48"), rule(4, domain.RuleCarrier, "RM", "Royal Mail"),
		{Version: 5, Table: domain.RuleAttributeDefault, From: "type:shirt", To: "new", Extra: map[string]string{"attribute": "itemCondition"}},
	}
}

// order is a paid order of one shirt.
func order(number, method string) preview.Order {
	return preview.Order{Order: domain.Order{
		ID: domain.OrderID{Store: "atelier", Number: number}, Status: domain.ShopConfirmed, Market: domain.Ref{Name: "United Kingdom"}, Country: "GB",
		Currency: "GBP", GrandTotal: 5000, ShippingMethod: domain.Ref{Name: method}, PaymentMethod: domain.Ref{Name: "card"},
		Lines: []domain.Line{{
			ID: "1", Kind: domain.LineProduct, SKU: "SHIRT-M", Quantity: 1, Total: 5000, Item: domain.ItemData{Type: "shirt"},
			Allocations: []domain.Allocation{{Warehouse: "glasgow", Quantity: 1}},
		}},
	}}
}

const express = "unmapped:shipping-method:centra:Express"

// asked is an order that waits on causes.
func asked(o preview.Order, causes ...string) preview.Order {
	for _, cause := range causes {
		kind := mapping.KindShippingMethod
		for _, k := range []string{mapping.KindMarket, mapping.KindCarrier, "short-pick", "rejected-by-warehouse"} {
			if len(cause) >= len(k) && cause[:len(k)] == k {
				kind = k
			}
		}
		o.Open = append(o.Open, preview.Open{Question: domain.Question{Kind: kind, Cause: cause}})
	}
	return o
}

// sent is an order that the warehouse took and the shop shows no allocation of any more.
func sent(o preview.Order) preview.Order {
	o.Sent = true
	o.Planned = []domain.Consignment{{Warehouse: "glasgow", Lines: []domain.ConsignmentLine{{Line: "1", Quantity: 1}}}}
	o.Order.Lines[0].Allocations = nil
	o.Order.Status = domain.ShopShipped
	o.Closed = true
	o.Shipments = []preview.Shipment{{Warehouse: "glasgow", Carrier: "RM"}}
	return o
}

func effect(change []domain.Rule, orders ...preview.Order) preview.Effect {
	p := preview.New(inForce(), change, preview.Settings{})
	for _, o := range orders {
		p.Add(o, nil)
	}
	return p.Effect(time.Unix(0, 0), 0)
}

func TestARuleFreesTheOrdersThatWaitForIt(t *testing.T) {
	t.Parallel()
	e := effect([]domain.Rule{rule(0, domain.RuleShippingMethod, "express", "RM24")},
		asked(order("1", "Express"), express), asked(order("2", "Express"), express, "short-pick:atelier/2"), order("3", "Standard"))
	require.Equal(t, []*preview.Cause{{
		Cause: express, Kind: mapping.KindShippingMethod, Orders: 2, Last: 1, Money: map[string]int64{"GBP": 10000}, Such: []string{"atelier/1", "atelier/2"},
	}}, e.Frees)
	require.Empty(t, e.Fails)
	require.Empty(t, e.Moves)
	require.Empty(t, e.Ready)
	require.Equal(t, 3, e.Orders)
	require.Len(t, e.Changes, 1)
	require.Nil(t, e.Changes[0].Before)
}

func TestAnOrderThatIsNotAskedAboutIsNotFreed(t *testing.T) {
	t.Parallel()
	e := effect([]domain.Rule{rule(0, domain.RuleShippingMethod, "Express", "RM24")}, order("1", "Express"))
	require.Empty(t, e.Frees, "it waits for the shop, not for the rule")
	require.Empty(t, e.Fails)
}

func TestWhatTheRulesInForceAnswerAlreadyOnlyHasToBeResumed(t *testing.T) {
	t.Parallel()
	e := effect([]domain.Rule{rule(0, domain.RuleCarrier, "DPD", "DPD UK")}, asked(order("1", "Standard"), "unmapped:shipping-method:centra:Standard"))
	require.Empty(t, e.Frees)
	require.Len(t, e.Ready, 1)
	require.Equal(t, 1, e.Ready[0].Last)
}

func TestARuleThatAnswersOtherwiseMovesOrders(t *testing.T) {
	t.Parallel()
	moved := func(what, warehouse, from, to string) *preview.Move {
		return &preview.Move{
			What: what, Warehouse: warehouse, From: from, To: to, Orders: 2, Sent: 1, Closed: 1,
			Money: map[string]int64{"GBP": 10000}, Such: []string{"atelier/1", "atelier/2"},
		}
	}
	waiting := order("1", "Standard")
	waiting.Shipments = []preview.Shipment{{Warehouse: "glasgow", Carrier: "RM"}, {Warehouse: "glasgow", Carrier: "RM"}}
	attribute := domain.Rule{Table: domain.RuleAttributeDefault, From: "type:shirt", To: "new", Extra: map[string]string{"attribute": "itemCondition"}}
	for name, tt := range map[string]struct {
		change domain.Rule
		want   *preview.Move
	}{
		"another service":       {change: rule(0, domain.RuleShippingMethod, "Standard", "RM24"), want: moved("service", "glasgow", "RM48", "RM24")},
		"a service by country":  {change: domain.Rule{Table: domain.RuleShippingMethod, From: "Standard", Country: "GB", To: "RM24"}, want: moved("service", "glasgow", "RM48", "RM24")},
		"another entity":        {change: rule(0, domain.RuleMarket, "United Kingdom", "Ireland Ltd"), want: moved("entity", "", "UK Ltd", "Ireland Ltd")},
		"another capture":       {change: rule(0, domain.RulePayment, "card", "external"), want: moved("capture mode", "", "on-shipment", "external")},
		"another item":          {change: rule(0, domain.RuleItem, "SHIRT-M", "SH-1"), want: moved("item", "glasgow", "SHIRT-M", "SH-1")},
		"another carrier":       {change: rule(0, domain.RuleCarrier, "RM", "RoyalMail"), want: moved("carrier", "glasgow", "Royal Mail", "RoyalMail")},
		"another attribute":     {change: domain.Rule{Table: attribute.Table, From: attribute.From, To: "like new", Extra: attribute.Extra}},
		"the same again: none":  {change: rule(0, domain.RuleShippingMethod, "Standard", "RM48")},
		"for another warehouse": {change: domain.Rule{Table: domain.RuleShippingMethod, From: "Standard", Warehouse: "lyon", To: "RM24"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := effect([]domain.Rule{tt.change}, waiting, sent(order("2", "Standard")))
			require.Empty(t, e.Frees)
			if name == "another attribute" { // it asks for the grade then
				require.Equal(t, "incomplete-item:SHIRT-M:grade", e.Fails[0].Cause)
				return
			}
			require.Empty(t, e.Fails)
			if tt.want == nil {
				require.Empty(t, e.Moves)
				return
			}
			require.Equal(t, []*preview.Move{tt.want}, e.Moves)
		})
	}
}

func TestARetiredRuleFailsOrders(t *testing.T) {
	t.Parallel()
	gone := rule(0, domain.RuleShippingMethod, "Standard", "")
	gone.Retired = true
	e := effect([]domain.Rule{gone}, order("1", "Standard"), sent(order("2", "Standard")), asked(order("3", "Express"), express))
	require.Equal(t, []*preview.Cause{{
		Cause: "unmapped:shipping-method:centra:Standard", Kind: mapping.KindShippingMethod, Orders: 2, Sent: 1,
		Money: map[string]int64{"GBP": 10000}, Such: []string{"atelier/1", "atelier/2"},
	}}, e.Fails)
	require.Empty(t, e.Frees)
	require.NotNil(t, e.Changes[0].Before)
	never := rule(0, domain.RuleShippingMethod, "Never", "")
	never.Retired = true
	require.Empty(t, effect([]domain.Rule{never}).Changes, "what is not there cannot be retired")
}

func TestAnOrderAskedSomethingElseInsteadIsNotFreedForGood(t *testing.T) {
	t.Parallel()
	p := preview.New(inForce(), []domain.Rule{rule(0, domain.RuleShippingMethod, "Express", "RM24")}, preview.Settings{
		Services: func(string) []enrich.Service { return []enrich.Service{{Code: "RM48", Active: true}} },
	})
	p.Add(asked(order("1", "Express"), express), nil)
	e := p.Effect(time.Unix(0, 0), 0)
	require.Equal(t, 1, e.Frees[0].Orders)
	require.Equal(t, 0, e.Frees[0].Last, "the warehouse does not offer the service")
	require.Equal(t, "not-deliverable:glasgow:RM24:GB", e.Fails[0].Cause)
}

func TestMendedContentFreesWhatAWarehouseRefused(t *testing.T) {
	t.Parallel()
	refused := asked(order("1", "Standard"), "rejected-by-warehouse:acs:shipping_service_unknown:RM48")
	e := effect([]domain.Rule{rule(0, domain.RuleShippingMethod, "Standard", "RM24")}, refused)
	require.Len(t, e.Frees, 1)
	e = effect([]domain.Rule{rule(0, domain.RuleShippingMethod, "Other", "RM24")}, refused)
	require.Empty(t, e.Frees)
	require.Empty(t, e.Ready)
}

func TestAPersonsAnswerForOneOrderBeatsTheChange(t *testing.T) {
	t.Parallel()
	o := order("1", "Standard")
	o.Overrides = map[string]string{enrich.OverrideService: "DPD"}
	require.Empty(t, effect([]domain.Rule{rule(0, domain.RuleShippingMethod, "Standard", "RM24")}, o).Moves)
}

func TestCompletedAttributesOfEitherItemCount(t *testing.T) {
	t.Parallel()
	p := preview.New(inForce(), []domain.Rule{rule(0, domain.RuleItem, "SHIRT-M", "SH-1")}, preview.Settings{})
	o := order("1", "Standard")
	o.Order.Lines[0].Item.Type = "" // no default
	require.ElementsMatch(t, []string{"SHIRT-M", "SH-1"}, p.Items(o)["glasgow"])
	p.Add(o, []domain.ItemAttribute{{Warehouse: "glasgow", SKU: "SHIRT-M", Attribute: "itemCondition", Value: "new"}})
	require.Equal(t, "incomplete-item:SHIRT-M:itemCondition", p.Effect(time.Unix(0, 0), 0).Fails[0].Cause)
}

func TestAWarehousesOwnWordsAreLookedUpAgain(t *testing.T) {
	t.Parallel()
	open := func(kind, value string) preview.Open {
		return preview.Open{System: "glasgow", Question: domain.Question{
			Kind: kind, Cause: domain.NewCause(kind, "glasgow", value), Problems: []domain.Refusal{{Value: value}},
		}}
	}
	change := []domain.Rule{
		rule(0, domain.RuleStockStatus, "rework", "withheld"), rule(0, domain.RuleDisposition, "RECLAIM", "ask"),
		{Table: domain.RuleCutoff, From: "RM48", To: "12:00", Extra: map[string]string{"timezone": "Europe/London"}},
	}
	p := preview.New(inForce(), change, preview.Settings{})
	for _, o := range []preview.Open{
		open(mapping.KindStockStatus, "Rework"), open(mapping.KindDisposition, "reclaim"), open(mapping.KindService, "RM48"),
		open(mapping.KindStockStatus, "other"), open(mapping.KindCarrier, "RM"), open("credentials", "x"),
	} {
		p.AddSystem(o)
		p.AddSystem(o) // seen twice, counted once
	}
	e := p.Effect(time.Unix(0, 0), 0)
	require.Len(t, e.Frees, 3)
	require.Equal(t, []string{"glasgow"}, e.Frees[0].Such)
	require.Len(t, e.Ready, 1)
	require.Equal(t, mapping.KindCarrier, e.Ready[0].Kind)
	asks := asked(order("1", "Standard"))
	asks.Open = []preview.Open{open(mapping.KindDisposition, "RECLAIM"), open(mapping.KindDisposition, "other")}
	p = preview.New(inForce(), change, preview.Settings{})
	p.Add(asks, nil)
	require.Len(t, p.Effect(time.Unix(0, 0), 0).Frees, 1, "a return's question stands on its order")
}

func TestOnlyAHundredOrdersAreNamed(t *testing.T) {
	t.Parallel()
	p := preview.New(inForce(), []domain.Rule{rule(0, domain.RuleShippingMethod, "Express", "RM24")}, preview.Settings{})
	for range 150 {
		p.Add(asked(order("1", "Express"), express), nil)
	}
	e := p.Effect(time.Unix(0, 0), 7)
	require.Equal(t, 150, e.Frees[0].Orders)
	require.Len(t, e.Frees[0].Such, 100)
	require.Equal(t, 7, e.LeftOut)
}
