package enrich_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"selvedge/internal/domain"
	"selvedge/internal/enrich"
	"selvedge/internal/mapping"
)

func TestCompleteMakesOnePartPerWarehouse(t *testing.T) {
	t.Parallel()
	out, questions := enrich.Complete(input(order(
		product("1", "A", 3, 1000, in(south, 1), in(north, 2)),
		product("2", "B", 1, 500, in(south, 1)),
		domain.Line{ID: "3", Kind: domain.LineGiftCertificate, SKU: "GC", Quantity: 1, Total: 2500},
	)))
	require.Empty(t, questions)
	require.Equal(t, "UK01", out.Entity)
	require.Equal(t, domain.CaptureOnShipment, out.CaptureMode)
	require.Len(t, out.Parts, 2)
	require.Equal(t, north, out.Parts[0].Warehouse)
	require.Equal(t, "RM24", out.Parts[0].Service)
	require.Equal(t, []domain.ConsignmentLine{
		{Line: "1", SKU: "A", Quantity: 2, UnitPrice: 1000, Attributes: map[string]string{"itemCondition": "new"}},
	}, out.Parts[0].Lines)
	require.Len(t, out.Parts[1].Lines, 2)
	require.Equal(t, map[string]int64{"1": 1000, "2": 500}, out.Parts[1].Values)
	require.Equal(t, int64(1), out.Parts[0].Rules["market"])
	require.NotZero(t, out.Parts[0].Rules["attribute-default:A:itemCondition"])
}

func TestACertificateOnlyOrderHasNoParts(t *testing.T) {
	t.Parallel()
	o := order(domain.Line{ID: "1", Kind: domain.LineGiftCertificate, Quantity: 1, Total: 2500})
	given := input(o)
	given.Rules = mapping.New(nil)
	out, questions := enrich.Complete(given)
	require.Empty(t, questions, "nor does it wait for a rule that nobody needs")
	require.Empty(t, enrich.Validate(o, domain.Address{}), "nor for an address")
	require.Empty(t, out.Parts)
}

func TestCompleteAsksAboutEverythingAtOnce(t *testing.T) {
	t.Parallel()
	services := func(string) []enrich.Service {
		return []enrich.Service{{Code: "RM24", Countries: []string{"GB"}, Active: true}, {Code: "PN01", Active: true}, {Code: "OLD"}}
	}
	for name, tt := range map[string]struct {
		change func(*enrich.Input)
		causes []string
	}{
		"missing rules": {
			change: func(in *enrich.Input) { in.Rules = mapping.New(nil) },
			causes: []string{
				"unmapped:market:centra:United Kingdom", "unmapped:payment-method:centra:card",
				"unmapped:shipping-method:centra:Express Saver", "incomplete-item:A:itemCondition",
			},
		},
		"a market in another currency": {
			change: func(in *enrich.Input) { in.Order.Currency = "EUR" }, causes: []string{"unmapped:market:centra:United Kingdom:EUR"},
		},
		"a warehouse that is not ours": {
			change: func(in *enrich.Input) { in.Order.Lines[0].Allocations[0].Warehouse = "Shop floor" },
			causes: []string{"unmapped:warehouse:centra:Shop floor"},
		},
		"customs data across a border, for every SKU": {
			change: func(in *enrich.Input) {
				in.Order.Country, in.Rules = "SE", mapping.New(without(domain.RuleAttributeDefault))
				in.Order.Lines = append(in.Order.Lines, product("2", "B", 1, 100, domain.Allocation{Warehouse: north, Quantity: 1}))
				in.Order.Lines[1].Item.CommodityCode = ""
			},
			causes: []string{
				"incomplete-item:A:itemCondition", "incomplete-item:A:countryOfOrigin",
				"incomplete-item:B:itemCondition", "incomplete-item:B:countryOfOrigin", "incomplete-item:B:commodityCode",
			},
		},
		"a grade when the item is not new": {
			change: func(in *enrich.Input) {
				in.Order.Lines[0].Item.Attributes = map[string]string{"acs.condition": "good"}
			},
			causes: []string{"incomplete-item:A:grade"},
		},
		"a service that does not serve the country": {
			change: func(in *enrich.Input) { in.Order.Country, in.Services = "SE", services }, causes: []string{"not-deliverable:acs-north:RM24:SE"},
		},
		"a service that is switched off, by override": {
			change: func(in *enrich.Input) {
				in.Services, in.Overrides = services, map[string]string{enrich.OverrideService: "OLD"}
			},
			causes: []string{"not-deliverable:acs-north:OLD:GB"},
		},
		"an override replaces a missing rule": {
			change: func(in *enrich.Input) {
				in.Rules, in.Overrides = mapping.New(without(domain.RuleShippingMethod)), map[string]string{enrich.OverrideService: "PN01"}
				in.Services = services
			},
		},
		"too many lines and units": {
			change: func(in *enrich.Input) {
				in.Limits = func(string) (int, int, bool) { return 1, 1, true }
				in.Order.Lines = append(in.Order.Lines, product("2", "B", 1, 100, domain.Allocation{Warehouse: north, Quantity: 1}))
			},
			causes: []string{"too-large:acs-north:lines", "too-large:acs-north:quantity"},
		},
		"two sizes under one code": {
			change: func(in *enrich.Input) {
				twin := product("2", "A", 1, 100, domain.Allocation{Warehouse: north, Quantity: 1})
				twin.SizeID = "another"
				in.Order.Lines = append(in.Order.Lines, twin)
			},
			causes: []string{"ambiguous-sku:centra:A"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			given := input(order(product("1", "A", 2, 4900, in(north, 2))))
			tt.change(&given)
			out, questions := enrich.Complete(given)
			require.Equal(t, tt.causes, causes(questions))
			require.Equal(t, len(tt.causes) > 0, len(out.Parts) == 0, "parts only when nothing is asked")
			for _, q := range questions {
				require.NotEmpty(t, q.Problems)
				require.NotEmpty(t, q.Problems[0].Code)
				require.NotEmpty(t, q.Problems[0].Message)
			}
		})
	}
}

func TestAttributePrecedence(t *testing.T) {
	t.Parallel()
	given := input(order(product("1", "A", 1, 4900, in(north, 1))))
	condition := func() string {
		out, questions := enrich.Complete(given)
		require.Empty(t, questions)
		return out.Parts[0].Lines[0].Attributes["itemCondition"]
	}
	require.Equal(t, "new", condition(), "the default by type")
	given.Attributes = []domain.ItemAttribute{
		{Warehouse: south, SKU: "A", Attribute: "itemCondition", Value: "fair"},
		{Warehouse: north, SKU: "A", Attribute: "itemCondition", Value: "like_new"},
		{Warehouse: north, SKU: "A", Attribute: "grade", Value: "B"},
	}
	require.Equal(t, "like_new", condition(), "what was completed for the item beats the default")
	given.Order.Lines[0].Item.Attributes = map[string]string{"acs.condition": " good "}
	require.Equal(t, "good", condition(), "the shop beats both")
}

func TestWithoutACountryNothingThatFollowsFromItIsAsked(t *testing.T) {
	t.Parallel()
	o := order(product("1", "A", 1, 1000, in(north, 1)))
	o.Country = ""
	given := input(o)
	given.Services = func(string) []enrich.Service {
		return []enrich.Service{{Code: "RM24", Countries: []string{"GB"}, Active: true}}
	}
	_, questions := enrich.Complete(given)
	require.Empty(t, questions, "customs attributes and services are asked about once the country is known")
	require.NotEmpty(t, enrich.Validate(o, domain.Address{}), "which this asks for, so that nothing is sent before")
}

func TestAFreeOrderNeedsNoPaymentMethod(t *testing.T) {
	t.Parallel()
	o := order(product("1", "A", 1, 0, in(north, 1)))
	o.Shipping, o.GrandTotal, o.PaymentMethod = 0, 0, domain.Ref{}
	out, questions := enrich.Complete(input(o))
	require.Empty(t, questions)
	require.Equal(t, domain.CaptureExternal, out.CaptureMode)
}

func TestBundleShares(t *testing.T) {
	t.Parallel()
	lines := bundle(10000, 1, map[string]int64{"b1": 3000, "b2": 3000, "b3": 3000})
	out, questions := enrich.Complete(input(order(lines...)))
	require.Empty(t, questions)
	require.Equal(t, map[string]int64{"b1": 3334, "b2": 3333, "b3": 3333}, out.Parts[0].Values, "the bundle's price, to the cent")
	require.Equal(t, int64(3334), out.Parts[0].Lines[0].UnitPrice)
	require.Equal(t, "b", out.Parts[0].Lines[0].ParentLine)

	lines[1].Total, lines[1].UnitPrice = 10000, 10000
	out, questions = enrich.Complete(input(order(lines...)))
	require.Empty(t, questions)
	require.Equal(t, map[string]int64{"b1": 10000, "b2": 0, "b3": 0}, out.Parts[0].Values, "components that carry prices keep them")
}

func TestBundleSharesSumExactly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.Int64Range(1, 1e12).Draw(t, "total")
		units := rapid.IntRange(1, 20).Draw(t, "units")
		components := make(map[string]int64)
		for i := range rapid.IntRange(1, 8).Draw(t, "components") {
			components[fmt.Sprintf("b%d", i)] = rapid.Int64Range(0, 1e9).Draw(t, "listPrice")
		}
		lines := bundle(total, units, components)
		for i := range lines[1:] { // some units of each component lie in the other warehouse
			elsewhere := rapid.IntRange(0, units).Draw(t, "elsewhere")
			lines[i+1].Allocations = []domain.Allocation{in(south, elsewhere), in(north, units-elsewhere)}
		}
		out, questions := enrich.Complete(input(order(lines...)))
		require.Empty(t, questions)
		var sum, told int64
		quantities := make(map[string]int)
		for _, p := range out.Parts {
			for _, v := range p.Values {
				sum += v
			}
			for _, l := range p.Lines {
				told += l.UnitPrice * int64(l.Quantity)
				quantities[l.Line] += l.Quantity
			}
		}
		require.Equal(t, total, sum)
		for _, l := range lines[1:] {
			require.Equal(t, units, quantities[l.ID])
		}
		// A unit price is rounded by at most half a minor unit.
		require.LessOrEqual(t, 2*max(told-total, total-told), int64(units*len(components)))
	})
}

func TestPartsFollowTheAllocations(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var lines []domain.Line
		want := make(map[string]int)
		for i := range rapid.IntRange(1, 6).Draw(t, "lines") {
			l := product(fmt.Sprint(i), fmt.Sprintf("SKU-%d", i), 0, rapid.Int64Range(0, 1e6).Draw(t, "price"))
			for _, w := range []string{south, north, south} {
				a := domain.Allocation{Warehouse: w, Quantity: rapid.IntRange(0, 5).Draw(t, "allocated"), Waiting: rapid.Bool().Draw(t, "waiting")}
				l.Quantity += a.Quantity
				l.Allocations = append(l.Allocations, a)
				if !a.Waiting && a.Quantity > 0 {
					want[w+"/"+l.ID] += a.Quantity
				}
			}
			l.Total = l.UnitPrice * int64(l.Quantity)
			lines = append(lines, l)
		}
		out, questions := enrich.Complete(input(order(lines...)))
		require.Empty(t, questions)
		got := make(map[string]int)
		for _, p := range out.Parts {
			for _, l := range p.Lines {
				require.NotContains(t, got, p.Warehouse+"/"+l.Line, "a line stands once in a part")
				got[p.Warehouse+"/"+l.Line] = l.Quantity
			}
		}
		require.Equal(t, want, got)
	})
}

func TestNoQuestionHoldsPersonalData(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := address()
		for i, field := range []*string{&a.FirstName, &a.LastName, &a.Line1, &a.City, &a.Postcode, &a.Country, &a.Email, &a.Phone} {
			switch rapid.IntRange(0, 2).Draw(t, "kind") {
			case 0:
				*field = ""
			case 1:
				*field = fmt.Sprintf("Planted%d", i)
			}
		}
		o := order(product("1", "A", 2, 4900, in(rapid.SampledFrom([]string{north, "elsewhere"}).Draw(t, "warehouse"), 2)))
		o.Country = rapid.SampledFrom([]string{"GB", "SE", ""}).Draw(t, "country")
		o.GrandTotal += rapid.Int64Range(0, 1).Draw(t, "off")
		given := input(o)
		given.Rules = mapping.New(nil)
		_, questions := enrich.Complete(given)
		text, err := json.Marshal(append(enrich.Validate(o, a), questions...))
		require.NoError(t, err)
		require.NotEmpty(t, questions)
		for _, personal := range []string{"lanted", "2079460958", "SW1A"} {
			require.NotContains(t, string(text), personal)
		}
	})
}
