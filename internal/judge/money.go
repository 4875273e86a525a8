package judge

import (
	"fmt"
	"strconv"
	"strings"
)

// money compares what was captured with what the shop's shipments are worth. Orders
// captured before submission are excused from the upper bound, not from the sum.
func (f *file) money() {
	o := f.order
	var refunded, captured int64
	for _, r := range o.Returns {
		refunded += r.Refunded
	}
	for _, s := range o.Shipments {
		captured += s.Captured
	}
	gross := o.Captured + refunded
	if o.CaptureMode != "before-submission" {
		if gross != captured {
			f.find(WrongMoney, "has %d captured, and %d on its shipments", gross, captured)
			return
		}
		if worth, rounding := f.worth(f.told); gross > worth+rounding {
			f.find(WrongMoney, "has %d captured for shipments worth %d at most, costs of shipping included", gross, worth)
			return
		}
	}
	if f.waits() || o.Status != "SHIPPED" || o.CaptureMode == "external" {
		return
	}
	if total := f.total(); gross < total || gross > total && f.uncancelled() {
		f.find(WrongMoney, "is shipped and worth %d, and %d was captured", total, gross)
	}
}

// owed: money that was taken before submission for what will not be sent any more goes
// back by nobody's hand but a person's, who has to be asked for all of it and no more.
func (f *file) owed() {
	o := f.order
	if f.outcome.Unbooked {
		return
	}
	worth, rounding := f.total(), int64(0)
	if o.Status == "CANCELLED" || f.claim.Withdrawn && o.OnHold { // no more will be sent than was
		worth, rounding = f.worth(f.sent)
	}
	kept := o.Captured - worth
	for _, r := range o.Returns {
		kept += r.Refunded
	}
	if o.CaptureMode != "before-submission" || kept < 0 {
		kept = 0
	}
	switch asked := f.outcome.Owed[f.key]; {
	case asked < kept-rounding:
		f.find(Silent, "has paid %d for what will not be sent; finance is asked for %d of it", kept, asked)
	case asked > kept+rounding:
		f.find(WrongMoney, "has paid %d for what will not be sent; finance is asked for %d", kept, asked)
	}
}

// told counts the units of a line on the shop's shipments, sent those that a warehouse has
// sent as well: the shop takes no shipment of an order that is held.
func (f *file) told(line CentraLine) (n int) {
	for _, s := range f.order.Shipments {
		for _, l := range s.Lines {
			if l.LineID == line.ID {
				n += l.Quantity
			}
		}
	}
	return n
}

func (f *file) sent(line CentraLine) (n int) {
	for _, h := range f.handed {
		for _, l := range h.Lines {
			if l.LineID == strconv.Itoa(line.ID) {
				n += l.Shipped
			}
		}
	}
	return max(n, f.told(line))
}

// worth is what units of lines cost, with all costs of shipping; a line that is not whole
// may be off by the rounding of its share.
func (f *file) worth(units func(CentraLine) int) (worth, rounding int64) {
	var others int64
	any := false
	for _, l := range f.order.Lines {
		if !l.Physical {
			others += l.Total
			continue
		}
		n := units(l)
		any = any || n > 0
		if n >= l.Quantity {
			worth += l.Total
		} else if n > 0 {
			worth += (l.Total*int64(n) + int64(l.Quantity) - 1) / int64(l.Quantity)
			rounding++
		}
	}
	if !any && len(f.order.Shipments) == 0 {
		return 0, 0
	}
	if rounding > 0 {
		rounding += int64(len(f.order.Lines)) // order discounts are shared out by unit as well
	}
	return worth + others + f.order.ShippingTotal, rounding
}

func (f *file) total() int64 {
	sum := f.order.ShippingTotal
	for _, l := range f.order.Lines {
		sum += l.Total
	}
	return sum
}

// uncancelled tells that the order is worth what it was worth when it was paid.
func (f *file) uncancelled() bool {
	for _, l := range f.order.Lines {
		if l.Cancelled > 0 {
			return false
		}
	}
	return true
}

func mailKey(store string, order int, shipment string) string {
	return fmt.Sprintf("%s/%d %s", store, order, shipment)
}

// mailedOnce: one mail for each shipment of ours that is completed, none for others.
func (f *file) mailedOnce() {
	for _, s := range f.order.Shipments {
		n := f.mails[mailKey(f.order.Store, f.order.Number, s.Number)]
		switch {
		case s.CompletedAt == nil && n > 0:
			f.find(MailedNotOnce, "was told %d times of shipment %s, which is not completed", n, s.Number)
		case s.CompletedAt != nil && n > 1, s.CompletedAt != nil && n == 0 && s.By == "api":
			f.find(MailedNotOnce, "was told %d times of shipment %s", n, s.Number)
		}
	}
}

// mailsOfNobody finds mails about shipments that do not exist.
func (b *bench) mailsOfNobody() {
	exists := map[string]bool{}
	for _, o := range b.shop.Orders {
		for _, s := range o.Shipments {
			exists[mailKey(o.Store, o.Number, s.Number)] = true
		}
	}
	for _, m := range b.shop.Mails {
		if key := mailKey(m.Store, m.Order, m.Shipment); m.Kind == "shipment" && !exists[key] {
			order, _, _ := strings.Cut(key, " ")
			b.findings = append(b.findings, Finding{MailedNotOnce, order, fmt.Sprintf("was told of shipment %s, which does not exist", m.Shipment)})
		}
	}
}
