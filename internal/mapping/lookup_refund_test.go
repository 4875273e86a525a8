package mapping_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/mapping"
)

func refundRule(version int64, from, to string, change ...func(*domain.Rule)) domain.Rule {
	r := domain.Rule{Version: version, Table: domain.RuleRefundPolicy, From: from, To: to, Extra: map[string]string{}}
	for _, c := range change {
		c(&r)
	}
	return r
}

func fee(text string) func(*domain.Rule) { return func(r *domain.Rule) { r.Extra["fee"] = text } }

func back(when string) func(*domain.Rule)   { return func(r *domain.Rule) { r.Extra["shipping"] = when } }
func inStore(key string) func(*domain.Rule) { return func(r *domain.Rule) { r.Store = key } }
func to(country string) func(*domain.Rule)  { return func(r *domain.Rule) { r.Country = country } }

// refundRules speak of Sweden, of spoilt garments, and of all else but orders to Norway.
func refundRules() *mapping.Rules {
	return mapping.New([]domain.Rule{
		refundRule(1, "*", "on-grading", fee("395 GBP, 450 EUR, 0 SEK")),
		refundRule(2, "Sweden", "on-receipt", back("full-return")),
		refundRule(3, "*/ber", "manual"),
		refundRule(4, "Sweden/ber", "on-grading"),
		refundRule(5, "*/rental-return", "manual"),
		refundRule(6, "*", "manual", to("NO")),
		refundRule(7, "*", "on-receipt", inStore("outlet")),
		refundRule(8, "*/exchange", "manual", fee("200 DKK")),
		refundRule(9, "Denmark", "on-grading"),
		refundRule(10, "DENMARK ", "manual"),
		refundRule(11, "7", "on-receipt", fee("none")),
	})
}

func TestTheRefundPolicyOfAGarment(t *testing.T) {
	t.Parallel()
	type want = mapping.RefundPolicy
	none := domain.ShippingKept
	for name, tt := range map[string]struct {
		store, market, country, currency, disposition string
		kind                                          domain.ReturnType
		want                                          want
	}{
		"the fee of the order's currency counts":                  {market: "UK", currency: "GBP", disposition: "restock", want: want{domain.RefundOnGrading, 395, none, 1}},
		"and another's in another":                                {market: "UK", currency: "EUR", disposition: "restock", want: want{domain.RefundOnGrading, 450, none, 1}},
		"a fee of nothing is none":                                {market: "UK", currency: "SEK", disposition: "restock", want: want{domain.RefundOnGrading, 0, none, 1}},
		"a market beats all markets":                              {market: "sweden", currency: "SEK", disposition: "restock", want: want{domain.RefundOnReceipt, 0, domain.ShippingOnFullReturn, 2}},
		"a disposition beats the market":                          {market: "UK", currency: "SEK", disposition: "ber", want: want{domain.RefundManual, 0, none, 3}},
		"a market's disposition beats all markets'":               {market: "Sweden", currency: "SEK", disposition: "BER", want: want{domain.RefundOnGrading, 0, none, 4}},
		"a kind of return beats the market":                       {market: "Sweden", currency: "SEK", disposition: "restock", kind: domain.RentalReturn, want: want{domain.RefundManual, 0, none, 5}},
		"a disposition beats a kind of return":                    {market: "Sweden", currency: "SEK", disposition: "ber", kind: domain.RentalReturn, want: want{domain.RefundOnGrading, 0, none, 4}},
		"a country's rule is the closest":                         {market: "Sweden", country: "NO", currency: "SEK", disposition: "restock", want: want{domain.RefundManual, 0, none, 6}},
		"a store's rule is closer than a market's":                {store: "outlet", market: "Sweden", currency: "SEK", disposition: "restock", want: want{domain.RefundOnReceipt, 0, none, 7}},
		"an undelivered parcel pays no fee and gets its carriage": {market: "UK", currency: "GBP", disposition: "restock", kind: domain.Undelivered, want: want{domain.RefundOnGrading, 0, domain.ShippingAlways, 1}},
		"an exchange pays what is said of exchanges":              {market: "UK", currency: "DKK", disposition: "restock", kind: domain.Exchange, want: want{domain.RefundManual, 200, none, 8}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := domain.Order{ID: domain.OrderID{Store: tt.store, Number: "1"}, Market: domain.Ref{Name: tt.market}, Country: tt.country, Currency: tt.currency}
			got, miss := refundRules().RefundPolicy(o, tt.disposition, tt.kind, domain.RefundOnGrading)
			require.Nil(t, miss)
			require.Equal(t, tt.want, got)
		})
	}
}

func TestWithoutARuleTheSettingDecidesAndNothingIsKept(t *testing.T) {
	t.Parallel()
	o := domain.Order{Market: domain.Ref{Name: "UK"}, Currency: "GBP"}
	for kind, shipping := range map[domain.ReturnType]domain.ShippingBack{
		domain.CustomerReturn: domain.ShippingKept, domain.Exchange: domain.ShippingKept, domain.Undelivered: domain.ShippingAlways,
	} {
		got, miss := mapping.New(nil).RefundPolicy(o, "restock", kind, domain.RefundManual)
		require.Nil(t, miss)
		require.Equal(t, mapping.RefundPolicy{When: domain.RefundManual, Shipping: shipping}, got)
	}
}

func TestARefundPolicyIsNeverGuessed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ market, id, currency, want string }{
		"a fee in other currencies is none in this":      {market: "UK", currency: "JPY", want: "names the fee 395 GBP, 450 EUR, 0 SEK and none in JPY; add one, 0 JPY for none"},
		"two answers that are as close are none":         {market: "denmark", currency: "SEK", want: "more than one answer: manual, on-grading"},
		"the market's id is as good as its name, alone":  {market: "x", id: "7", currency: "JPY"},
		"and spelling counts before what it looks like ": {market: "DENMARK ", currency: "JPY"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := domain.Order{Market: domain.Ref{ID: tt.id, Name: tt.market}, Currency: tt.currency}
			_, miss := refundRules().RefundPolicy(o, "restock", domain.CustomerReturn, domain.RefundOnGrading)
			if tt.want == "" {
				require.Nil(t, miss)
				return
			}
			require.NotNil(t, miss)
			require.ErrorContains(t, miss, tt.want)
			q := miss.Question()
			require.Equal(t, mapping.KindRefundPolicy, q.Kind)
			require.True(t, strings.HasPrefix(q.Cause, "unmapped:refund-policy:centra:"), q.Cause)
			table, ok := mapping.AnsweredBy(q.Kind)
			require.True(t, ok)
			require.Equal(t, domain.RuleRefundPolicy, table)
		})
	}
	_, miss := mapping.New([]domain.Rule{refundRule(1, "*", "sometimes")}).RefundPolicy(domain.Order{Currency: "GBP"}, "", "", domain.RefundOnGrading)
	require.ErrorContains(t, miss, `says "sometimes"`)
}

func TestWhatARefundPolicyMayNotSay(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		rule        domain.Rule
		field, want string
	}{
		"another time":           {refundRule(0, "*", "at once"), "to", "give one of on-receipt, on-grading, manual"},
		"a fee with a point":     {refundRule(0, "*", "manual", fee("3.95 GBP")), "fee", `"3.95" is no whole number of minor units, 0 or more; give minor units and currency such as 395 GBP`},
		"a fee below nothing":    {refundRule(0, "*", "manual", fee("-1 GBP")), "fee", `"-1" is no whole number`},
		"a fee of no currency":   {refundRule(0, "*", "manual", fee("395")), "fee", `"395" is no amount with its currency`},
		"a fee of kroner":        {refundRule(0, "*", "manual", fee("395 KRONER")), "fee", `"KRONER" is no ISO 4217 code`},
		"two fees of one":        {refundRule(0, "*", "manual", fee("395 GBP, 300 GBP")), "fee", "GBP stands twice"},
		"carriage now and then":  {refundRule(0, "*", "manual", back("sometimes")), "shipping", "give one of none, full-return, always"},
		"a word without market":  {refundRule(0, "/ber", "manual"), "from", "give a market or *"},
		"a market without word":  {refundRule(0, "Sweden/", "manual"), "from", "give a market or *"},
		"a warehouse":            {refundRule(0, "*", "manual", func(r *domain.Rule) { r.Warehouse = "north" }), "warehouse", "leave it empty (store and country counts)"},
		"a key that nobody read": {refundRule(0, "*", "manual", func(r *domain.Rule) { r.Extra["currency"] = "GBP" }), "currency", "is not read in refund-policy"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problems := mapping.CheckRule(tt.rule)
			require.Len(t, problems, 1)
			require.Equal(t, tt.field, problems[0].Field)
			require.Contains(t, problems[0].Message, tt.want)
			require.NotEmpty(t, problems[0].Value)
		})
	}
	rule, problems := mapping.CheckRule(domain.Rule{Table: "Refund Policy", From: "*", To: "On receipt", Extra: map[string]string{"fee": "none", "shipping": "always"}})
	require.Empty(t, problems)
	require.Equal(t, []any{domain.RuleRefundPolicy, "on-receipt"}, []any{rule.Table, rule.To})
}

func TestARefundPolicyReadsFromASpreadsheet(t *testing.T) {
	t.Parallel()
	rules, err := mapping.ReadRulesCSV("rules.csv", strings.NewReader("table;from;to;store;country;fee;shipping\nrefund-policy;*/ber;manual;atelier;SE;49 SEK;\nRefund Policy;*;on-grading;;;395 GBP, 450 EUR;full-return\n"))
	require.NoError(t, err)
	require.Equal(t, []domain.Rule{
		{Table: domain.RuleRefundPolicy, Store: "atelier", Country: "SE", From: "*/ber", To: "manual", Extra: map[string]string{"fee": "49 SEK"}},
		{Table: domain.RuleRefundPolicy, From: "*", To: "on-grading", Extra: map[string]string{"fee": "395 GBP, 450 EUR", "shipping": "full-return"}},
	}, rules)
	_, err = mapping.ReadRulesCSV("rules.csv", strings.NewReader("table,from,to,fee,shipping\nrefund-policy,*,later,3.95 GBP,often\n"))
	require.ErrorContains(t, err, `rules.csv:2: to "later"`)
	require.ErrorContains(t, err, `rules.csv:2: fee "3.95 GBP"`)
	require.ErrorContains(t, err, `rules.csv:2: shipping "often"`)
}
