package sampleday_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/sampleday"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
)

// core kinds stand once in a day of 200 orders.
var core = []string{
	"unmapped:shipping-method", "unmapped:market", "incomplete-item", "invalid-address", "rejected-by-warehouse", "late-reject", "short-pick",
	"capture-failed",
}

func generate(t *testing.T, orders int, seed uint64) *sampleday.Day {
	t.Helper()
	day, err := sampleday.Generate(sampleday.Options{Orders: orders, Seed: seed})
	require.NoError(t, err)
	return day
}

func planned(day *sampleday.Day) map[string]int {
	kinds := map[string]int{}
	for _, p := range day.Plan {
		if p.Planned != "" {
			kinds[p.Planned]++
		}
	}
	return kinds
}

func TestTheSameSeedGivesTheSameDay(t *testing.T) {
	t.Parallel()
	one, two := generate(t, 300, 7), generate(t, 300, 7)
	require.Equal(t, one, two)
	first, err := json.Marshal(one)
	require.NoError(t, err)
	second, err := json.Marshal(two)
	require.NoError(t, err)
	require.Equal(t, string(first), string(second))
	other, err := json.Marshal(generate(t, 300, 8))
	require.NoError(t, err)
	require.NotEqual(t, string(first), string(other))
}

func TestADayHasFourPercentFaultsCoreKindsFirst(t *testing.T) {
	t.Parallel()
	for orders, want := range map[int]int{1: 1, 10: 1, 100: 4, 200: 8, 300: 12, 1000: 40} {
		t.Run(fmt.Sprint(orders), func(t *testing.T) {
			t.Parallel()
			day := generate(t, orders, 3)
			require.Len(t, day.Plan, orders)
			got := 0
			for _, n := range planned(day) {
				got += n
			}
			require.Equal(t, want, got)
		})
	}
	kinds := planned(generate(t, 200, 99))
	for _, kind := range core {
		require.Equal(t, 1, kinds[kind], kind)
	}
	require.Len(t, kinds, len(core))
	require.Len(t, planned(generate(t, 1000, 5)), len(sampleday.FaultKinds()))
}

func TestEveryFaultyOrderNeedsAttentionAndNoOther(t *testing.T) {
	t.Parallel()
	ends := map[string]int{}
	for _, p := range generate(t, 1000, 11).Plan {
		require.Equal(t, p.Planned != "", p.PlannedEnd == "needs-attention", "%+v", p)
		ends[p.PlannedEnd]++
	}
	require.Greater(t, ends["closed"], 800)
	require.Greater(t, ends["cancelled"], 15)
	require.Greater(t, ends["waiting-for-shop"], 40)
	require.Len(t, ends, 4)
}

// shares of shapes, counted from what the shop and the floor are told.
func TestADayIsShapedLikeFashion(t *testing.T) {
	t.Parallel()
	day := generate(t, 1000, 21)
	lines, ways, gifts, bundles, currencies := 0, 0, 0, 0, map[string]int{}
	for _, o := range consumerOrders(day) {
		from := map[string]bool{}
		for _, l := range o.Lines {
			for w := range l.From {
				from[w] = true
			}
			gifts += count(l.Kind == "giftCertificate")
			bundles += count(l.Kind == "bundle")
		}
		lines += count(len(o.Lines) > 1)
		ways += count(len(from) > 1)
		currencies[o.Currency]++
	}
	parcels := 0
	for _, p := range day.ACS.Floor {
		parcels += count(len(p.Parcels) > 1)
	}
	require.InDelta(t, 250, lines, 60, "orders with several lines")
	require.InDelta(t, 100, ways, 30, "orders from two warehouses")
	require.InDelta(t, 200, parcels, 60, "orders in several shipments")
	require.Greater(t, gifts, 20)
	require.Greater(t, bundles, 20)
	require.Len(t, currencies, 5)
	require.NotEmpty(t, day.Items)
	require.Greater(t, len(day.Centra.Orders), 1000, "wholesale orders stand beside")
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

func consumerOrders(day *sampleday.Day) []centra.SeedOrder {
	var out []centra.SeedOrder
	for _, o := range day.Centra.Orders {
		if o.Store == sampleday.Store {
			out = append(out, o)
		}
	}
	return out
}

func TestAllocationsNeverExceedStock(t *testing.T) {
	t.Parallel()
	requireStock(t, generate(t, 500, 4))
}

func requireStock(t *testing.T, day *sampleday.Day) {
	t.Helper()
	stock, bundles := map[string]int{}, map[string][]centra.SeedBundleItem{}
	for _, p := range day.Centra.Products {
		for _, v := range p.Variants {
			for _, z := range v.Sizes {
				for w, n := range z.Stock {
					stock[w+"/"+z.SKU] += n
				}
			}
		}
	}
	for _, b := range day.Centra.Bundles {
		bundles[b.SKU] = b.Items
	}
	take := func(w, sku string, n int) {
		stock[w+"/"+sku] -= n
		require.GreaterOrEqual(t, stock[w+"/"+sku], 0, "%s in %s", sku, w)
	}
	for _, o := range day.Centra.Orders {
		for _, l := range o.Lines {
			for w, n := range l.From {
				if l.Kind != "bundle" {
					take(w, l.SKU, n)
				}
				for _, item := range bundles[l.SKU] {
					take(w, item.SKU, n*item.Quantity)
				}
			}
		}
	}
}

func TestPlantedValuesAreUniqueAndStandInNoOtherData(t *testing.T) {
	t.Parallel()
	day := generate(t, 500, 12)
	seen := map[string]bool{}
	for _, s := range day.Secrets() {
		require.False(t, seen[s], s)
		seen[s] = true
	}
	rest := *day
	rest.Centra.Orders, rest.Centra.Leak, rest.Script, rest.Foreign, rest.ACS.Options = nil, nil, nil, nil, nil
	text, err := json.Marshal(rest)
	require.NoError(t, err)
	for s := range seen {
		require.NotContains(t, string(text), s)
	}
}

func TestEveryCustomerBearsPlantedValues(t *testing.T) {
	t.Parallel()
	day := generate(t, 200, 12)
	secrets := day.Secrets()
	for _, o := range day.Centra.Orders {
		to, found := o.ShippingAddress, 0
		for _, s := range secrets {
			for _, value := range []string{to.FirstName, to.LastName, to.Address1, to.Email, to.PhoneNumber} {
				found += count(strings.Contains(value, s))
			}
		}
		require.Equal(t, 5, found, o.Number)
	}
}

// What is wrong for a faulty order must not be near any other: a rule that is
// missing there would hold sound orders up.
func TestFaultsShareNothingWithSoundOrders(t *testing.T) {
	t.Parallel()
	day := generate(t, 2000, 6)
	kind := map[string]string{}
	for _, p := range day.Plan {
		kind[p.Number] = p.Planned
	}
	only := map[string]string{
		"Express Saver": "unmapped:shipping-method", "Island Courier": "not-deliverable", "Parcel Locker": "unmapped:carrier",
		"Pop-up Tokyo": "unmapped:market", "Store Voucher": "unmapped:payment-method", "Slow Bank": "capture-overdue",
		"AT9101-ECR-M": "incomplete-item", "AT9102-ECR-M": "ambiguous-sku", "fail": "capture-failed", "99999": "invalid-address",
	}
	seen := map[string]int{}
	for _, o := range consumerOrders(day) {
		values := []string{o.ShippingOption, o.Market, o.PaymentMethod, o.CaptureOutcome}
		if o.ShippingAddress.Country == "GB" {
			values = append(values, o.ShippingAddress.ZipCode)
		}
		for _, l := range o.Lines {
			values = append(values, l.SKU)
		}
		got := kind[fmt.Sprint(o.Number)]
		for _, v := range values {
			if want, special := only[v]; special {
				require.Equal(t, want, got, "order %d with %s", o.Number, v)
				seen[v]++
			}
		}
	}
	require.Len(t, seen, len(only))
}

func TestTenThousandOrdersTakeSeconds(t *testing.T) {
	t.Parallel()
	start := time.Now()
	require.Len(t, generate(t, 10_000, 1).Plan, 10_000)
	require.Less(t, time.Since(start), 30*time.Second)
}

func TestOptionsOutOfRangeAreRefused(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]sampleday.Options{
		"negative orders":        {Orders: -1},
		"more than numbers last": {Orders: 60_000},
		"negative spread":        {Spread: -1},
		"negative tracking wait": {TrackingWait: -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := sampleday.Generate(opts)
			require.ErrorContains(t, err, "sampleday: ")
		})
	}
}

// simulators take the day, and what they then hold is what the day says.
func TestTheSimulatorsTakeTheDay(t *testing.T) {
	t.Parallel()
	requireTaken(t, generate(t, 500, 7))
}

func requireTaken(t *testing.T, day *sampleday.Day) {
	t.Helper()
	requireStock(t, day)
	shop := centra.New(centra.Options{})
	t.Cleanup(shop.Close)
	require.NoError(t, shop.Seed(day.Centra))
	shop.Clock().Advance(time.Hour)
	require.Eventually(t, func() bool { return len(shop.State().Orders) == len(day.Centra.Orders) }, time.Minute, 20*time.Millisecond)
	warehouse, err := acs.New(acs.Options{})
	require.NoError(t, err)
	t.Cleanup(warehouse.Close)
	require.NoError(t, warehouse.Seed(day.ACS))

	paid := map[string]int64{}
	for _, o := range day.Centra.Orders {
		paid[fmt.Sprintf("%s/%d", o.Store, o.Number)] = grandTotal(o)
	}
	orders := map[string]map[string]int{} // store/number → line id → physical units
	for _, o := range shop.State().Orders {
		key := fmt.Sprintf("%s/%d", o.Store, o.Number)
		sum := o.ShippingTotal
		orders[key] = map[string]int{}
		for _, l := range o.Lines {
			sum += l.Total
			if l.Physical {
				orders[key][fmt.Sprint(l.ID)] = l.Quantity
			}
		}
		require.Equal(t, paid[key], sum, key)
	}
	for _, p := range day.Plan {
		require.NotNil(t, orders[p.Store+"/"+p.Number], p.Number)
	}
	for _, p := range day.ACS.Floor {
		requirePlanNamesLines(t, p, orders[p.Order])
	}
	for _, a := range day.Script {
		require.NoError(t, shop.Admin(a.Body), "%+v", a)
	}
}

// grandTotal is what the customer pays: lines, shipping and handling less discount.
func grandTotal(o centra.SeedOrder) int64 {
	sum := o.ShippingCost + o.HandlingCost
	for _, l := range o.Lines {
		sum += l.UnitPrice * int64(l.Quantity)
	}
	for _, d := range o.Discounts {
		sum -= d.Value
	}
	return sum
}

func requirePlanNamesLines(t *testing.T, p acs.FloorPlan, lines map[string]int) {
	t.Helper()
	require.NotEmpty(t, lines, p.Order)
	left := map[string]int{}
	for id, n := range lines {
		left[id] = n
	}
	take := func(id string, n int) {
		left[id] -= n
		require.GreaterOrEqual(t, left[id], 0, "order %s, line %s", p.Order, id)
	}
	for _, parcel := range p.Parcels {
		for _, l := range parcel.Lines {
			take(l.LineID, l.Quantity)
		}
	}
	for _, l := range p.Short {
		take(l.LineID, l.Quantity)
	}
	for _, l := range p.Overship {
		require.Contains(t, lines, l.LineID)
	}
	for _, l := range p.Substitute {
		require.Contains(t, lines, l.LineID)
	}
}
