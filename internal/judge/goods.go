package judge

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// wanted is how many units of a line the shop wants sent.
func (f *file) wanted(l CentraLine) int {
	if f.order.Status == "CANCELLED" || f.withdrawn() {
		return 0
	}
	return l.Quantity
}

// handedOver compares what the warehouses are asked to send with what the shop wants
// sent, and tells whether units are asked twice.
func (f *file) handedOver() (doubled bool) {
	lines := map[string]CentraLine{}
	for _, l := range f.order.Lines {
		lines[strconv.Itoa(l.ID)] = l
	}
	units, orders, perWarehouse := map[string]int{}, map[string][]string{}, map[string]map[string]int{}
	for _, h := range f.handed {
		for _, w := range h.Lines {
			n := h.units(w)
			if n <= 0 {
				continue
			}
			l, known := lines[w.LineID]
			if !known || !l.Physical {
				f.find(WrongQuantity, "order %s of %s holds line %s, which the shop does not send", h.Number, h.warehouse, w.LineID)
				continue
			}
			if sku := f.item(l.SKU); w.SKU != sku {
				f.find(WrongQuantity, "order %s of %s holds item %s for line %s, which is %s", h.Number, h.warehouse, w.SKU, w.LineID, sku)
			}
			if units[w.LineID] += n; perWarehouse[w.LineID] == nil {
				perWarehouse[w.LineID] = map[string]int{}
			}
			perWarehouse[w.LineID][h.warehouse] += n
			orders[w.LineID] = append(orders[w.LineID], h.Number)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(units)) {
		l, n := lines[id], units[id]
		want := f.wanted(l)
		switch {
		case n > want && (n > l.Quantity+l.Cancelled || len(orders[id]) > 1):
			doubled = true
			f.find(Doubled, "has %d units of line %s (%s) asked from warehouses, by %s; the shop wants %d", n, id, l.SKU, strings.Join(orders[id], " and "), want)
		case n > want && !f.waits():
			f.find(WrongQuantity, "has %d units of line %s (%s) asked from warehouses, by %s; %d are wanted since it was cancelled", n, id, l.SKU, strings.Join(orders[id], " and "), want)
		case n <= want:
			f.from(l, perWarehouse[id])
		}
	}
	return doubled
}

// from compares where units are asked from with where the shop has allocated them.
func (f *file) from(l CentraLine, asked map[string]int) {
	if f.waits() {
		return
	}
	for _, w := range slices.Sorted(maps.Keys(asked)) {
		if asked[w] > l.From[w] {
			f.find(WrongQuantity, "has %d units of line %d (%s) asked from %s, where the shop allocated %d", asked[w], l.ID, l.SKU, w, l.From[w])
		}
	}
}

func (f *file) item(sku string) string {
	if other := f.outcome.Items[sku]; other != "" {
		return other
	}
	return sku
}

// shippedTwice finds shipments of ours with the same lines, more of them than the
// warehouse sent. Tracking is not looked at: a second one is often made because the
// first one's did not stand there yet.
func (f *file) shippedTwice() bool {
	ours, theirs, numbers := map[string]int{}, map[string]int{}, map[string][]string{}
	for _, s := range f.order.Shipments {
		if s.By == "api" && len(s.Lines) > 0 {
			c := linesOf(s)
			ours[c]++
			numbers[c] = append(numbers[c], s.Number)
		}
	}
	for _, s := range f.left() {
		theirs[spell(unitsLeft(s))]++
	}
	found := false
	for _, c := range slices.Sorted(maps.Keys(ours)) {
		if ours[c] > 1 && ours[c] > theirs[c] {
			f.find(Doubled, "has shipments %s in the shop, all of %s; the warehouse sent %d such", strings.Join(numbers[c], " and "), c, theirs[c])
			found = true
		}
	}
	return found
}

// left lists the shipments that left and still stand.
func (f *file) left() []WarehouseShipment {
	var out []WarehouseShipment
	for _, h := range f.handed {
		for _, s := range h.Shipments {
			if !s.Voided {
				out = append(out, s)
			}
		}
	}
	return out
}

func linesOf(s CentraShipment) string {
	units := map[string]int{}
	for _, l := range s.Lines {
		units[strconv.Itoa(l.LineID)] += l.Quantity
	}
	return spell(units)
}

func unitsLeft(s WarehouseShipment) map[string]int {
	units := map[string]int{}
	for _, l := range s.Lines {
		if l.LineID != nil {
			units[*l.LineID] += l.Quantity
		}
	}
	return units
}

func spell(units map[string]int) string {
	var parts []string
	for _, id := range slices.Sorted(maps.Keys(units)) {
		parts = append(parts, fmt.Sprintf("%d of line %s", units[id], id))
	}
	return strings.Join(parts, " + ")
}

// quantities compares, line by line, the units that left with those on our shipments in the shop.
func (f *file) quantities() {
	left, told := map[string]int{}, map[string]int{}
	for _, s := range f.left() {
		for id, n := range unitsLeft(s) {
			left[id] += n
		}
	}
	for _, s := range f.order.Shipments {
		if s.By != "api" {
			continue
		}
		for _, l := range s.Lines {
			told[strconv.Itoa(l.LineID)] += l.Quantity
		}
	}
	ids := slices.Sorted(maps.Keys(left))
	for id := range told {
		if _, also := left[id]; !also {
			ids = append(ids, id)
		}
	}
	for _, id := range ids {
		if told[id] > left[id] || told[id] < left[id] && !f.waits() {
			f.find(WrongQuantity, "had %d units of line %s leave the warehouse, and %d on shipments in the shop", left[id], id, told[id])
		}
	}
}

// openLines: what is called finished, by the shop or by us, has nothing open.
func (f *file) openLines() {
	shipped, closed := f.order.Status == "SHIPPED", f.claim.State == "closed"
	if !shipped && (!closed || f.order.Status == "CANCELLED") {
		return
	}
	who := map[bool]string{true: "SHIPPED in the shop", false: "closed"}[shipped]
	// What had not left when the order was called back stays with the shop, on hold.
	calledBack := f.claim.Withdrawn && f.order.OnHold && !shipped
	for _, l := range f.order.Lines {
		if l.Physical && l.Shipped < l.Quantity && !calledBack {
			f.find(WrongQuantity, "is %s with %d of %d units of line %d shipped", who, l.Shipped, l.Quantity, l.ID)
		}
	}
	for _, h := range f.handed {
		for _, l := range h.Lines {
			if open := h.units(l) - l.Shipped; h.live() && open > 0 && !f.waits() {
				f.find(WrongQuantity, "is %s with %d units of line %s still open in order %s of the warehouse", who, open, l.LineID, h.Number)
			}
		}
	}
}

// carriers compares each of our shipments with the warehouse's one that it stands for.
func (f *file) carriers() {
	free := f.left()
	for _, s := range f.order.Shipments {
		if s.By != "api" || len(s.Lines) == 0 {
			continue
		}
		i := f.counterpart(s, free)
		if i < 0 {
			continue // told as doubled or as a wrong quantity
		}
		w := free[i]
		free = slices.Delete(slices.Clone(free), i, i+1)
		if want := f.outcome.Carriers[w.Carrier]; s.Carrier != want {
			f.find(WrongCarrier, "shipment %s says carrier %q, the warehouse's %s went with %s, which is %q", s.Number, s.Carrier, w.ID, w.Carrier, want)
		}
		tracking := strings.Join(w.Trackings, ", ")
		if s.Tracking == tracking || s.CompletedAt == nil && s.Tracking == "" {
			continue
		}
		if s.Tracking == "" && f.waits() {
			continue // it came too late, and somebody is asked
		}
		f.find(WrongCarrier, "shipment %s says tracking %q, the warehouse's %s has %q", s.Number, s.Tracking, w.ID, tracking)
	}
}

// counterpart finds the warehouse's shipment with the same lines and tracking, else
// with the same lines, else with the same tracking; -1 when there is none.
func (f *file) counterpart(s CentraShipment, free []WarehouseShipment) int {
	sameLines := func(w WarehouseShipment) bool { return spell(unitsLeft(w)) == linesOf(s) }
	sameTracking := func(w WarehouseShipment) bool { return strings.Join(w.Trackings, ", ") == s.Tracking }
	for _, same := range []func(WarehouseShipment) bool{
		func(w WarehouseShipment) bool { return sameLines(w) && sameTracking(w) },
		sameLines,
		func(w WarehouseShipment) bool { return s.Tracking != "" && sameTracking(w) },
	} {
		if i := slices.IndexFunc(free, same); i >= 0 {
			return i
		}
	}
	return -1
}
