package activities

import (
	"fmt"
	"strconv"
	"strings"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/mapping"
	"selvedge/internal/returns"
)

// moneyShown puts what goes back of a return into words and figures.
func moneyShown(m returns.Money, currency string) contract.ReturnMoney {
	shown := contract.ReturnMoney{Garments: m.Garments, ShopReturn: m.ShopID, Rules: m.Terms.Rules, Terms: termsInWords(m, currency), Stands: moneyStands(m, currency)}
	if m.Stands {
		shown.Goods, shown.Kept = domain.Format(m.Goods, currency), domain.Format(m.Kept, currency)
		shown.Carriage, shown.Back = domain.Format(m.Carriage, currency), domain.Format(m.Back, currency)
	}
	return shown
}

// termsInWords says what holds for the money and who says so.
func termsInWords(m returns.Money, currency string) string {
	if m.ByHand {
		return "entered in the shop by hand, with what it keeps back"
	}
	words := strings.TrimPrefix(mapping.RefundPolicy{When: m.Terms.When, Fee: m.Terms.Fee, Shipping: m.Terms.Shipping}.Words(currency), ", ")
	versions := make([]string, len(m.Terms.Rules))
	for i, v := range m.Terms.Rules {
		versions[i] = strconv.FormatInt(v, 10)
	}
	switch {
	case len(versions) > 0:
		return strings.TrimPrefix(fmt.Sprintf("%s, says refund-policy rule %s", words, strings.Join(versions, " and ")), ", ")
	case m.Terms.When != "":
		return words + ", says SELVEDGE_RETURN_REFUND, since no rule speaks of it"
	}
	return words
}

// moneyStands says how far the money has come.
func moneyStands(m returns.Money, currency string) string {
	switch m.Refund {
	case domain.StageDone, domain.StageLinked:
		return "paid back " + domain.Format(m.Refunded, currency)
	case domain.StageByHand:
		return "settled by hand by finance"
	case domain.StageCreated:
		if m.Held == "" {
			return "asked for, without an outcome yet"
		}
	}
	switch {
	case m.Held != "":
		return "held: " + m.Held
	case !m.Stands:
		return "goes back once its return is completed in the shop"
	}
	return "goes back next"
}
