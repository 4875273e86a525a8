package judge

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Judge counts. Everything it needs is in its arguments.
func Judge(o Outcome, shop Centra, accounts []Account) Report {
	b := &bench{outcome: o, shop: shop, accounts: accounts, claims: map[string]OutcomeOrder{}, handed: map[string][]handed{}, mails: map[string]int{}}
	for _, order := range o.Orders {
		b.claims[order.Store+"/"+order.Number] = order
	}
	for _, a := range accounts {
		returns := map[string][]WarehouseReturn{}
		for _, r := range a.Returns {
			if r.OrderNumber != nil {
				returns[*r.OrderNumber] = append(returns[*r.OrderNumber], r)
			}
		}
		for _, order := range a.Orders {
			if ref := order.References["order"]; ref != "" { // without one it is somebody else's
				b.handed[ref] = append(b.handed[ref], handed{order, o.Warehouses[a.Account], returns[order.Number]})
			}
		}
	}
	for _, m := range shop.Mails {
		if m.Kind == "shipment" {
			b.mails[mailKey(m.Store, m.Order, m.Shipment)]++
		}
	}
	b.run()
	slices.SortStableFunc(b.findings, func(x, y Finding) int {
		return cmp.Or(slices.Index(Counters(), x.Counter)-slices.Index(Counters(), y.Counter), strings.Compare(x.Order, y.Order))
	})
	return Report{Findings: b.findings}
}

// handed is an order in a warehouse, the warehouse by the shop's name.
type handed struct {
	WarehouseOrder
	warehouse string
	returns   []WarehouseReturn
}

// live tells whether units of the order may still leave, or have left.
func (h handed) live() bool { return h.State != "rejected" && h.State != "cancelled" }

// units are what the order asks of a line that has not been given up.
func (h handed) units(l WarehouseLine) int {
	if !h.live() {
		return l.Shipped
	}
	return l.Quantity - l.Cancelled - l.Short
}

type bench struct {
	outcome  Outcome
	shop     Centra
	accounts []Account
	claims   map[string]OutcomeOrder
	handed   map[string][]handed
	mails    map[string]int
	findings []Finding
}

// file is all that is known of one order.
type file struct {
	*bench
	key    string
	order  CentraOrder
	claim  OutcomeOrder
	handed []handed
}

func (f *file) find(c Counter, format string, args ...any) {
	f.findings = append(f.findings, Finding{c, f.key, fmt.Sprintf(format, args...)})
}

// waits tells whether somebody is told why the order does not go on.
func (f *file) waits() bool { return len(f.claim.Causes) > 0 }

func (b *bench) run() {
	known := map[string]bool{}
	for _, order := range b.shop.Orders {
		key := order.Store + "/" + strconv.Itoa(order.Number)
		known[key] = true
		f := &file{bench: b, key: key, order: order, claim: b.claims[key], handed: b.handed[key]}
		if order.Wholesale {
			if len(f.handed) > 0 {
				f.find(WrongQuantity, "is a wholesale order, and the warehouse has it as %s", f.handed[0].Number)
			}
			continue
		}
		f.judge()
	}
	for _, claim := range b.outcome.Orders {
		if key := claim.Store + "/" + claim.Number; !known[key] {
			b.findings = append(b.findings, Finding{Tried, key, ""}, Finding{Silent, key, "is of the plan and never appeared in the shop"})
		}
	}
	for ref, orders := range b.handed {
		if !known[ref] {
			b.findings = append(b.findings, Finding{WrongQuantity, ref, fmt.Sprintf("is in the warehouse as %s and not in the shop", orders[0].Number)})
		}
	}
	b.mailsOfNobody()
	b.oversold()
	b.writtenOff()
}

// judge looks at one consumer order from all sides.
func (f *file) judge() {
	f.find(Tried, "")
	lost := f.lost()
	f.end(lost)
	doubled := f.handedOver()
	if f.shippedTwice() {
		doubled = true
	} else {
		f.quantities()
	}
	if !doubled { // what is doubled is open as well
		f.openLines()
	}
	f.carriers()
	f.creditedTwice()
	f.returnedToStock()
	f.credited()
	f.money()
	f.owed()
	f.refunded()
	f.mailedOnce()
}

// lost: the shop holds the order ready, the warehouses do not hold all of it, and
// nobody is told why.
func (f *file) lost() bool {
	if !f.ready() || f.waits() {
		return false
	}
	var missing []string
	for _, l := range f.order.Lines {
		if !l.Physical {
			continue
		}
		have := f.shippedByHand(l.ID)
		for _, h := range f.handed {
			for _, w := range h.Lines {
				if w.LineID == strconv.Itoa(l.ID) {
					have += h.units(w)
				}
			}
		}
		if have < l.Quantity {
			missing = append(missing, fmt.Sprintf("line %d (%s) has %d of %d units", l.ID, l.SKU, have, l.Quantity))
		}
	}
	if len(missing) == 0 {
		return false
	}
	f.find(Lost, "is %s in the shop and not whole in the warehouse, said to be %q without a cause: %s", f.order.Status, f.claim.State, strings.Join(missing, ", "))
	return true
}

// ready tells whether the shop wants the order sent: confirmed, not held back, paid,
// and every unit allocated.
func (f *file) ready() bool {
	switch f.order.Status {
	case "CONFIRMED", "PROCESSING", "SHIPPED":
	default:
		return false
	}
	if f.order.OnHold || f.order.WaitingForPayment {
		return false
	}
	for _, l := range f.order.Lines {
		from := 0
		for _, n := range l.From {
			from += n
		}
		if l.Physical && from < l.Quantity {
			return false
		}
	}
	return true
}

func (f *file) shippedByHand(line int) (n int) {
	for _, s := range f.order.Shipments {
		if s.By == "api" {
			continue
		}
		for _, l := range s.Lines {
			if l.LineID == line {
				n += l.Quantity
			}
		}
	}
	return n
}

// tooLate is the cause of a withdrawal that came after the goods had left.
const tooLate = "cancelled-too-late"

// expected is where an order should end after what was pressed on it. A withdrawal
// races with the warehouse: it ends cancelled, or where it was planned to when it had
// finished before, or asks a person whether the goods may go.
func (c OutcomeOrder) expected() OutcomeOrder {
	if !c.Withdrawn || c.State == "closed" && c.PlannedEnd == c.State {
		return c
	}
	if slices.ContainsFunc(c.Causes, func(cause string) bool { return cause == tooLate || strings.HasPrefix(cause, tooLate+":") }) {
		c.Planned, c.PlannedEnd = tooLate, "needs-attention"
		return c
	}
	c.Planned, c.PlannedEnd = "", "cancelled"
	return c
}

// byWarehouse is a planned fault that the warehouse tells when it could not be asked
// beforehand what it offers: the same question in its words.
var byWarehouse = map[string]string{"not-deliverable": "rejected-by-warehouse:acs:country_not_served"}

// unplanned lists the causes that are not the planned one.
func (c OutcomeOrder) unplanned() (causes []string) {
	for _, cause := range c.Causes {
		if told := byWarehouse[c.Planned]; told != "" && cause == told {
			continue
		}
		if c.Planned == "" || cause != c.Planned && !strings.HasPrefix(cause, c.Planned+":") {
			causes = append(causes, cause)
		}
	}
	return causes
}

// Settled tells whether the order is said to stand where it should end, for the reason
// for which it should.
func (c OutcomeOrder) Settled() bool {
	c = c.expected()
	return c.State == c.PlannedEnd && len(c.unplanned()) == 0 && (c.Planned == "") == (len(c.Causes) == 0)
}

// end compares where the order is said to be with the plan. A lost order is not also
// called silent.
func (f *file) end(lost bool) {
	c := f.claim.expected()
	unplanned := c.unplanned()
	ended := slices.Contains([]string{"closed", "cancelled", "rejected"}, c.State)
	switch {
	case len(unplanned) > 0:
		f.find(WaitingUnplanned, "is %q for %s; planned: %s", c.State, strings.Join(unplanned, ", "), plan(c))
	case c.Planned != "" && !f.waits():
		f.find(NotWaiting, "is %q and nobody is asked; planned: %s", c.State, plan(c))
	case f.withdrawn() && !lost && !f.order.OnHold && f.order.Status != "CANCELLED":
		f.find(OtherEnd, "is withdrawn, and the shop does not hold it: it is %s there", f.order.Status)
	case c.State == c.PlannedEnd && c.Planned != "":
		f.find(WaitingAsPlanned, "for %s", strings.Join(c.Causes, ", "))
	case c.State == c.PlannedEnd && c.State != "":
	case ended || f.waits():
		f.find(OtherEnd, "is %q; planned: %s", c.State, plan(c))
	case !lost:
		f.find(Silent, "is %q without a cause; planned: %s; the shop says %s", c.State, plan(c), f.order.Status)
	}
}

// withdrawn tells that the order is said to be called back for good.
func (f *file) withdrawn() bool { return f.claim.Withdrawn && f.claim.State == "cancelled" }

func plan(c OutcomeOrder) string {
	if c.Planned == "" {
		return c.PlannedEnd
	}
	return c.PlannedEnd + " for " + c.Planned
}
