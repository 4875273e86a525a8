package preview

import (
	"slices"
	"strings"

	"selvedge/internal/domain"
	"selvedge/internal/mapping"
)

// wordOf is the disposition or kind of return that a refund-policy rule is for; empty when
// it is for all of a market's.
func wordOf(from string) string {
	if i := strings.LastIndex(from, "/"); i >= 0 {
		return from[i+1:]
	}
	return ""
}

// unclear tells whether rules still leave open what holds for a return's money.
func unclear(rules *mapping.Rules, order domain.Order, o Open) bool {
	if len(o.Problems) == 0 {
		return true
	}
	_, miss := rules.RefundPolicy(order, wordOf(o.Problems[0].Value), "", domain.RefundOnGrading)
	return miss != nil && miss.Question().Cause == o.Cause
}

// refunds compares what would hold for a return of the order. What holds by the setting
// where no rule speaks is called default: it is not known here.
func (p *Preview) refunds(o Order) {
	for _, word := range p.words() {
		what := "refund policy"
		if word != "" {
			what += " of " + word
		}
		p.move(o, what, "", policyWords(p.before, o.Order, word), policyWords(p.after, o.Order, word))
	}
}

// words are the dispositions and kinds of return for which the changed rules may say
// something else. A rule for all of a market's says it for the kinds that have terms of
// their own, too, and not the same: an undelivered parcel, say, bears no fee.
func (p *Preview) words() (words []string) {
	for _, c := range p.effect.Changes {
		if c.After.Table != domain.RuleRefundPolicy {
			continue
		}
		of := []string{wordOf(c.After.From)}
		if of[0] == "" {
			of = append(of, string(domain.Undelivered), string(domain.Exchange), string(domain.RentalReturn))
		}
		for _, word := range of {
			if !slices.Contains(words, word) {
				words = append(words, word)
			}
		}
	}
	return words
}

func policyWords(rules *mapping.Rules, order domain.Order, word string) string {
	policy, miss := rules.RefundPolicy(order, word, domain.ReturnType(word), "default")
	if miss != nil {
		return "unclear"
	}
	return policy.Words(order.Currency)
}
