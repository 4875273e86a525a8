package mapping

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"selvedge/internal/domain"
)

// KindRefundPolicy is the question about a return whose refund rules do not say one thing.
const KindRefundPolicy = "unmapped:refund-policy"

// Keys of a refund-policy rule.
const (
	extraFee      = "fee"      // kept back from a return: 395 GBP, 450 EUR in minor units, or none
	extraShipping = "shipping" // when the carriage goes back
)

// anyMarket is how a refund-policy rule says that it holds in every market.
const anyMarket = "*"

func refundWhens() []string {
	return []string{string(domain.RefundOnReceipt), string(domain.RefundOnGrading), string(domain.RefundManual)}
}

func shippingBacks() []string {
	return []string{string(domain.ShippingKept), string(domain.ShippingOnFullReturn), string(domain.ShippingAlways)}
}

// RefundPolicy is what holds for the money of a returned garment.
type RefundPolicy struct {
	When     domain.RefundWhen
	Fee      int64 // for the whole return, minor units of the order's currency
	Shipping domain.ShippingBack
	Version  int64 // of the rule; 0 when none speaks of it
}

// RefundPolicy gives what holds for the money of a garment that came back on an order:
// its disposition in the warehouse's words, and the kind of return that it came in.
//
// A rule for the disposition beats one for the kind of return, and that one a rule for
// the market alone; among each, the more closely scoped rule wins, and then the market
// beats *. Where no rule speaks, fallback decides and nothing is kept back.
//
// Unless a rule names their kind, an undelivered parcel pays no fee and gives the
// carriage back, since it never reached the customer, and an exchange or the end of a hire pays none either.
//
// Rules that contradict each other, and a fee that is not told in the order's currency,
// are a miss: no amount is ever guessed.
func (rs *Rules) RefundPolicy(o domain.Order, disposition string, kind domain.ReturnType, fallback domain.RefundWhen) (RefundPolicy, *Miss) {
	in := scope{store: o.ID.Store, country: o.Country}
	for level, word := range []string{disposition, string(kind), ""} {
		if level < 2 && strings.TrimSpace(word) == "" {
			continue
		}
		found := rs.find(domain.RuleRefundPolicy, in, policyCodes(o.Market, word)...)
		if len(found) == 0 {
			continue
		}
		policy, miss := rs.policyOf(o, found)
		if miss == nil && level == 2 {
			policy = ofKind(policy, kind)
		}
		return policy, miss
	}
	return ofKind(RefundPolicy{When: fallback, Shipping: domain.ShippingKept}, kind), nil
}

// ofKind is a policy of no kind's own, as it holds for a kind of return.
func ofKind(p RefundPolicy, kind domain.ReturnType) RefundPolicy {
	switch kind {
	case domain.Undelivered:
		p.Fee, p.Shipping = 0, domain.ShippingAlways
	case domain.Exchange, domain.RentalReturn:
		p.Fee, p.Shipping = 0, domain.ShippingKept
	}
	return p
}

// policyCodes are the ways in which a rule may name a market, with a word or without.
func policyCodes(market domain.Ref, word string) []string {
	var codes []string
	for _, m := range []string{market.ID, market.URI, market.Name, anyMarket} {
		if strings.TrimSpace(m) == "" {
			continue
		}
		if word != "" {
			m += "/" + word
		}
		codes = append(codes, m)
	}
	return codes
}

func (rs *Rules) policyOf(o domain.Order, found []domain.Rule) (RefundPolicy, *Miss) {
	r := found[0]
	m := Miss{Kind: KindRefundPolicy, System: shop, Field: "refundPolicy", Value: r.From, Code: "refund_policy_unclear", Detail: "wanted for store " + o.ID.Store + ", country " + o.Country}
	if len(found) > 1 {
		return RefundPolicy{}, rs.missed(m, domain.RuleRefundPolicy, scope{store: o.ID.Store, country: o.Country}, found)
	}
	fees, unreadable := parseFees(r.Extra[extraFee])
	fee, told := fees[o.Currency]
	policy := RefundPolicy{When: domain.RefundWhen(r.To), Fee: fee, Shipping: domain.ShippingBack(r.Extra[extraShipping]), Version: r.Version}
	if policy.Shipping == "" {
		policy.Shipping = domain.ShippingKept
	}
	switch {
	case !slices.Contains(refundWhens(), r.To), !slices.Contains(shippingBacks(), string(policy.Shipping)), len(unreadable) > 0:
		m.Detail = fmt.Sprintf("rule %d says %q with fee %q and shipping %q, which cannot be read", r.Version, r.To, r.Extra[extraFee], r.Extra[extraShipping])
		return RefundPolicy{}, &m
	case len(fees) > 0 && !told:
		m.Detail = fmt.Sprintf("rule %d names the fee %s and none in %s; add one, 0 %s for none", r.Version, r.Extra[extraFee], o.Currency, o.Currency)
		return RefundPolicy{}, &m
	}
	return policy, nil
}

// parseFees reads amounts in minor units with their currencies, such as 395 GBP, 450
// EUR. Empty and none are no fee in any currency. What cannot be read is told in words.
func parseFees(text string) (fees map[string]int64, unreadable []string) {
	if strings.TrimSpace(text) == "" || fold(text) == "none" {
		return nil, nil
	}
	fees = map[string]int64{}
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' }) {
		words := strings.Fields(part)
		if len(words) != 2 {
			unreadable = append(unreadable, fmt.Sprintf("%q is no amount with its currency", strings.TrimSpace(part)))
			continue
		}
		amount, err := strconv.ParseInt(words[0], 10, 64)
		_, known := domain.MinorUnits(words[1])
		_, twice := fees[words[1]]
		switch {
		case err != nil || amount < 0:
			unreadable = append(unreadable, fmt.Sprintf("%q is no whole number of minor units, 0 or more", words[0]))
		case !known:
			unreadable = append(unreadable, fmt.Sprintf("%q is no ISO 4217 code", words[1]))
		case twice:
			unreadable = append(unreadable, words[1]+" stands twice")
		default:
			fees[words[1]] = amount
		}
	}
	return fees, unreadable
}

// checkRefundPolicy checks what a refund-policy rule asks beyond from and to.
func checkRefundPolicy(r domain.Rule, complain func(field, value, message string)) {
	if r.From != "" && (strings.HasPrefix(r.From, "/") || strings.HasSuffix(r.From, "/")) {
		complain("from", r.From, "names half of what it is for; give a market or *, alone or with a disposition or a kind of return such as */ber or */undelivered")
	}
	if _, unreadable := parseFees(r.Extra[extraFee]); len(unreadable) > 0 {
		complain(extraFee, r.Extra[extraFee], strings.Join(unreadable, ", ")+"; give minor units and currency such as 395 GBP, several with commas between, or none")
	}
	if back := r.Extra[extraShipping]; back != "" && !slices.Contains(shippingBacks(), back) {
		complain(extraShipping, back, "means nothing; give one of "+strings.Join(shippingBacks(), ", ")+", or leave it out for none")
	}
}

// Words puts a policy into words: on-grading, 3.95 GBP kept back, carriage on full-return.
func (p RefundPolicy) Words(currency string) string {
	text := string(p.When)
	if p.Fee > 0 {
		text += ", " + domain.Format(p.Fee, currency) + " kept back"
	}
	if p.Shipping.Generous() > 0 {
		text += ", carriage back on " + string(p.Shipping)
	}
	return text
}
