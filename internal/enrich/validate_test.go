package enrich_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/enrich"
)

func TestReadiness(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*domain.Order)
		want   []string
	}{
		"a confirmed, paid, allocated order is ready":      {change: func(*domain.Order) {}},
		"processing is ready too":                          {change: func(o *domain.Order) { o.Status = domain.ShopProcessing }},
		"pending waits":                                    {change: func(o *domain.Order) { o.Status = domain.ShopPending }, want: []string{"pending"}},
		"an unknown status is never fine":                  {change: func(o *domain.Order) { o.Status = "NEW_ONE" }, want: []string{"unknown-status"}},
		"all reasons are told":                             {change: func(o *domain.Order) { o.OnHold, o.WaitingForPayment = true, true }, want: []string{"on-hold", "waiting-for-payment"}},
		"an authorisation below the total is unpaid":       {change: func(o *domain.Order) { o.Payment.Authorized-- }, want: []string{"unpaid"}},
		"money that never shows in the shop is not unpaid": {change: func(o *domain.Order) { o.Payment = domain.Payment{} }},
		"a voided authorisation is unpaid":                 {change: func(o *domain.Order) { o.Payment = domain.Payment{Known: true} }, want: []string{"unpaid"}},
		"money that was given back is unpaid": {change: func(o *domain.Order) {
			o.Payment = domain.Payment{Known: true, Authorized: o.GrandTotal, Captured: o.GrandTotal, Refunded: o.GrandTotal}
		}, want: []string{"unpaid"}},
		"prepaid money that was given back is unpaid": {change: func(o *domain.Order) {
			o.Payment = domain.Payment{Known: true, Captured: o.GrandTotal, Refunded: o.GrandTotal}
		}, want: []string{"unpaid"}},
		"a refund of what left does not hold the authorised rest": {change: func(o *domain.Order) {
			o.Payment = domain.Payment{Known: true, Authorized: o.GrandTotal, Captured: 100, Refunded: 100}
		}},
		"demand on any line makes the whole order wait": {change: func(o *domain.Order) { o.Lines[0].Quantity++ }, want: []string{"waiting-for-stock"}},
		"an unconfirmed allocation waits":               {change: func(o *domain.Order) { o.Lines[0].Allocations[0].Waiting = true }, want: []string{"unconfirmed-allocation"}},
		"a certificate needs no allocation": {change: func(o *domain.Order) {
			o.Lines[0].Kind, o.Lines[0].Allocations = domain.LineGiftCertificate, nil
		}},
		"what is shipped needs no allocation": {change: func(o *domain.Order) {
			o.Lines[0].Allocations = nil
			o.Shipments = []domain.ShopShipment{{Shipped: true, Lines: []domain.LineQuantity{{Line: "1", Quantity: 2}}}}
		}},
		"wholesale starts nothing": {change: func(o *domain.Order) { o.Wholesale = true }, want: []string{"wholesale"}},
		"a cancelled order waits":  {change: func(o *domain.Order) { o.Status = domain.ShopCancelled }, want: []string{"cancelled"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := order(product("1", "A", 2, 4900, in(north, 2)))
			tt.change(&o)
			require.Equal(t, tt.want, enrich.Readiness(o))
		})
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*domain.Order, *domain.Address)
		causes []string
		says   string
	}{
		"a sound order asks nothing": {change: func(*domain.Order, *domain.Address) {}},
		"a sum that is off says by how much": {
			change: func(o *domain.Order, _ *domain.Address) { o.GrandTotal += 7 }, causes: []string{"invalid-order:sums"}, says: "differs by 0.07 GBP",
		},
		"discount and handling count": {change: func(o *domain.Order, _ *domain.Address) {
			o.Discount, o.Handling = 300, 100
			o.GrandTotal -= 200
		}},
		"all faults come at once": {
			change: func(o *domain.Order, a *domain.Address) {
				o.Currency, o.Lines[0].Quantity, a.Email, a.Phone = "POUNDS", 0, "", ""
			},
			causes: []string{"invalid-order:currency+quantity", "invalid-address:email"},
		},
		"a fully cancelled line is fine": {change: func(o *domain.Order, _ *domain.Address) {
			o.Lines = append(o.Lines, domain.Line{ID: "2", Kind: domain.LineProduct, SKU: "B", Cancelled: 1})
		}},
		"more allocated than ordered is a fault": {
			change: func(o *domain.Order, _ *domain.Address) {
				o.Lines[0].Allocations = append(o.Lines[0].Allocations, in(south, 1))
			},
			causes: []string{"invalid-order:quantity"}, says: "3 units are allocated for 2 ordered",
		},
		"a bundle without components is a fault": {
			change: func(o *domain.Order, _ *domain.Address) {
				o.Lines = append(o.Lines, domain.Line{ID: "b", Kind: domain.LineBundle, SKU: "BND", Quantity: 1})
			},
			causes: []string{"invalid-order:bundle"}, says: "no components",
		},
		"a bundle priced on its line adds up": {change: func(o *domain.Order, _ *domain.Address) {
			*o = order(bundle(9999, 1, map[string]int64{"b1": 100, "b2": 200})...)
		}},
		"a bundle priced on its components adds up": {change: func(o *domain.Order, _ *domain.Address) {
			*o = order(bundle(9999, 1, map[string]int64{"b1": 100, "b2": 200})...)
			o.Lines[0].Total, o.Lines[1].Total, o.Lines[2].Total = 0, 3333, 6666
		}},
		"a bundle priced on both is not counted twice": {change: func(o *domain.Order, _ *domain.Address) {
			*o = order(bundle(9999, 1, map[string]int64{"b1": 100, "b2": 200})...)
			o.Lines[1].Total, o.Lines[2].Total = 3333, 6666
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, a := order(product("1", "A", 2, 4900, in(north, 2))), address()
			tt.change(&o, &a)
			questions := enrich.Validate(o, a)
			require.Equal(t, tt.causes, causes(questions))
			if tt.says != "" {
				require.Contains(t, questions[0].Problems[0].Message, tt.says)
			}
		})
	}
}

func TestAnOrderThatIsCorrectedAsksNoMore(t *testing.T) {
	t.Parallel()
	o, a := order(product("1", "A", 2, 4900, in(north, 2))), address()
	o.GrandTotal += 7
	require.Equal(t, []string{"invalid-order:sums"}, causes(enrich.Validate(o, a)))
	o.GrandTotal -= 7
	require.Empty(t, enrich.Validate(o, a))
}
