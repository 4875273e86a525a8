package narrate

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"selvedge/internal/domain"
)

// returned says in one line what a fact about a return tells; ok is false for other
// kinds. Amounts are in the order's currency.
func returned(f domain.Fact, currency string) (line string, ok bool) {
	switch f.Kind {
	case domain.FactReturnConfirmation:
		return told(f, confirmationLine), true
	case domain.FactAdjustment:
		return told(f, adjustmentLine), true
	case domain.FactShopReturn:
		return told(f, shopReturnLine), true
	case domain.FactReturnPlanned:
		return told(f, func(p domain.ReturnPlan) string { return planLine(p, currency) }), true
	case domain.FactReturnWritten:
		return told(f, func(w domain.ReturnWritten) string { return writtenLine(w, currency) }), true
	case domain.FactReturnRefused:
		return told(f, func(r domain.ReturnRefused) string {
			return fmt.Sprintf("return %d: %s refused %s %s: %s", r.Return, r.System, r.Step, r.Subject, reasons(r.Problems))
		}), true
	case domain.FactReturnAnswered:
		return told(f, func(a domain.ReturnAnswer) string {
			return fmt.Sprintf("return %d, %s", a.Return, answerLine(a.AnswerFact))
		}), true
	case domain.FactReturnSettled:
		return told(f, func(s domain.ReturnSettled) string {
			return fmt.Sprintf("return %d has closed: both legs are acknowledged", s.Return)
		}), true
	}
	return "", false
}

// confirmationLine counts the garments by what the warehouse calls them. Its reasons are
// free text and are not told.
func confirmationLine(r domain.ReturnConfirmation) string {
	called := map[string]int{}
	for _, u := range r.Units {
		word := u.Disposition
		if !u.Final {
			word += " for now"
		}
		called[word]++
	}
	var parts []string
	for _, word := range slices.Sorted(maps.Keys(called)) {
		parts = append(parts, plural(called[word], "garment")+" "+word)
	}
	if len(parts) == 0 {
		parts = []string{"no garment in it"}
	}
	return fmt.Sprintf("return %s at %s, revision %d, %s: %s", r.ID, r.Warehouse, r.Revision, r.Type, strings.Join(parts, ", "))
}

func adjustmentLine(a domain.Adjustment) string {
	text := fmt.Sprintf("adjustment %s at %s: %+d of %s, %s", a.ID, a.Warehouse, a.Units, a.SKU, a.Reason)
	if a.Return != "" {
		text += ", of return " + a.Return
	}
	return text
}

func shopReturnLine(r domain.ShopReturn) string {
	state := "pending"
	switch {
	case r.Deleted:
		return "return " + r.ID + " was deleted in the shop"
	case r.Completed:
		state = "completed"
	}
	text := fmt.Sprintf("return %s in the shop is %s: %s, %s", r.ID, state, units(r.Lines), domain.Format(r.Total, r.Currency))
	if r.Refunded != 0 {
		text += ", refunded " + domain.Format(r.Refunded, r.Currency)
	}
	if r.RefundAsked > 0 {
		text += ", a refund has no outcome yet"
	}
	if r.RefundFailed > 0 {
		text += ", a refund failed"
	}
	return text
}

// planLine tells of a shop return what the rules said of its money, too: that is decided
// with the plan, once and for all.
func planLine(p domain.ReturnPlan, currency string) string {
	text := fmt.Sprintf("return %d: planned %s %s of %s", p.Return, p.Kind, p.Key, plural(len(p.Garments), "garment"))
	if p.Kind != domain.PlanShopReturn {
		return text
	}
	if p.Terms != nil && p.ShopID == "" {
		text += ", " + byRules(p.Terms.Rules)
	}
	for _, part := range []struct {
		what   string
		amount int64
	}{{"kept back", p.Fee}, {"shipping back", p.Shipping}, {"handling back", p.Handling}, {"taken off for discounts", p.Discount}, {"taken off for rounding", p.Rounding}} {
		if part.amount != 0 {
			text += ", " + domain.Format(part.amount, currency) + " " + part.what
		}
	}
	if p.Refund {
		return text + "; its money goes back by itself"
	}
	return text + "; its money waits for a decision"
}

// byRules names the rules that said so.
func byRules(versions []int64) string {
	if len(versions) == 0 {
		return "by no rule of its own"
	}
	names := make([]string, len(versions))
	for i, v := range versions {
		names[i] = strconv.FormatInt(v, 10)
	}
	return "by refund-policy rule " + strings.Join(names, " and ")
}

func writtenLine(w domain.ReturnWritten, currency string) string {
	text := fmt.Sprintf("return %d: %s %s is %s", w.Return, w.Kind, w.Key, w.Stage)
	if w.ID != "" {
		text += ", there " + w.ID
	}
	if w.Amount != 0 {
		text += ", " + domain.Format(w.Amount, currency)
	}
	if w.Detail != "" {
		text += ": " + w.Detail
	}
	return text
}
