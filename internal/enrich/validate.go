package enrich

import (
	"fmt"
	"strings"

	"selvedge/internal/domain"
)

// Kinds of question that this package asks, see package exceptions; misses of the
// mapping rules bring their own.
const (
	KindInvalidOrder   = "invalid-order"
	KindInvalidAddress = "invalid-address"
	KindIncompleteItem = "incomplete-item"
	KindNotDeliverable = "not-deliverable"
	KindTooLarge       = "too-large"
)

// Validate asks about all that makes an order unsound, whatever the warehouse: at
// most one question about the order and one about its address. Where nothing leaves
// a warehouse (gift certificates alone) the address does not matter.
func Validate(o domain.Order, to domain.Address) []domain.Question {
	var questions []domain.Question
	faults := orderFaults{order: o}
	faults.currency()
	faults.quantities()
	faults.bundles()
	faults.sums()
	if len(faults.problems) > 0 {
		questions = append(questions, domain.Question{
			Kind: KindInvalidOrder, Cause: domain.NewCause(KindInvalidOrder, strings.Join(faults.details, "+")),
			Step: domain.StepSubmit, Problems: faults.problems,
		})
	}
	if !physical(o) {
		return questions
	}
	if problems := to.Problems(o.Country); len(problems) > 0 {
		fields := make([]string, len(problems))
		for i, p := range problems {
			fields[i] = p.Field
		}
		questions = append(questions, domain.Question{
			Kind: KindInvalidAddress, Cause: domain.NewCause(KindInvalidAddress, strings.Join(fields, "+")),
			Step: domain.StepSubmit, Problems: problems,
		})
	}
	return questions
}

// physical tells whether any unit of the order is to leave a warehouse.
func physical(o domain.Order) bool {
	for _, l := range o.Lines {
		if cancelled := l.Quantity == 0 && l.Cancelled > 0; l.Kind.Physical() && !cancelled {
			return true
		}
	}
	return false
}

// orderFaults collects what is wrong; details are the distinct words of the cause.
type orderFaults struct {
	order    domain.Order
	problems []domain.Refusal
	details  []string
}

func (f *orderFaults) add(detail string, r domain.Refusal) {
	r.Message += "; correct the order in Centra, then press retry"
	f.problems = append(f.problems, r)
	for _, known := range f.details {
		if known == detail {
			return
		}
	}
	f.details = append(f.details, detail)
}

func (f *orderFaults) currency() {
	if _, ok := domain.MinorUnits(f.order.Currency); !ok {
		f.add("currency", domain.Refusal{
			Code: "field_invalid", Field: "currency", Value: f.order.Currency,
			Message: fmt.Sprintf("currency %q is not an ISO 4217 code", f.order.Currency),
		})
	}
}

// quantities refuses lines of no or negative units. A line whose units were all
// cancelled stays on the order with none, and is fine.
func (f *orderFaults) quantities() {
	for _, l := range f.order.Lines {
		bad := func(code, field string, value int, format string, args ...any) {
			f.add("quantity", domain.Refusal{
				Code: code, Field: field, Line: l.ID, SKU: l.SKU, Value: fmt.Sprint(value),
				Message: fmt.Sprintf("line %s (%s): ", l.ID, l.SKU) + fmt.Sprintf(format, args...),
			})
		}
		if l.Quantity < 0 || l.Quantity == 0 && l.Cancelled == 0 {
			bad("quantity_invalid", "quantity", l.Quantity, "quantity is %d, it must be at least 1", l.Quantity)
		}
		reserved := 0
		for _, a := range l.Allocations {
			if a.Quantity < 0 {
				bad("quantity_invalid", "allocation", a.Quantity, "allocation in %s is %d", a.Warehouse, a.Quantity)
			}
			reserved += a.Quantity
		}
		if l.Kind.Physical() && l.Quantity >= 0 && reserved > l.Quantity {
			bad("quantity_invalid", "allocation", reserved, "%d units are allocated for %d ordered", reserved, l.Quantity)
		}
	}
}

// bundles refuses a bundle without components: nobody could tell what to ship.
func (f *orderFaults) bundles() {
	components := make(map[string]bool)
	for _, l := range f.order.Lines {
		components[l.Bundle] = true
	}
	for _, l := range f.order.Lines {
		if l.Kind == domain.LineBundle && l.Quantity > 0 && !components[l.ID] {
			f.add("bundle", domain.Refusal{
				Code: "field_required", Field: "lines", Line: l.ID, SKU: l.SKU,
				Message: fmt.Sprintf("line %s (%s): the bundle has no components on the order", l.ID, l.SKU),
			})
		}
	}
}

// sums demands that the order adds up to the cent. Whether the shop prices a
// bundle on its own line or on its components is not known for sure, so either
// reading may make the sum; a line is never counted in both.
func (f *orderFaults) sums() {
	o := f.order
	rest := o.Shipping + o.Handling - o.Discount
	byItems, byBundle := rest, rest
	for _, l := range o.Lines {
		if l.Kind != domain.LineBundle {
			byItems += l.Total
		}
		if l.Kind != domain.LineBundleItem {
			byBundle += l.Total
		}
	}
	off := o.GrandTotal - byItems
	if other := o.GrandTotal - byBundle; abs(other) < abs(off) {
		off = other
	}
	if off != 0 {
		f.add("sums", domain.Refusal{
			Code: "field_invalid", Field: "grandTotal", Value: domain.Format(o.GrandTotal, o.Currency),
			Message: fmt.Sprintf("grand total %s differs by %s from lines plus shipping plus handling less discount (%s)",
				domain.Format(o.GrandTotal, o.Currency), domain.Format(off, o.Currency), domain.Format(o.GrandTotal-off, o.Currency)),
		})
	}
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}
