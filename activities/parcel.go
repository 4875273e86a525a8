package activities

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/enrich"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// parcelWrite brings one parcel to its end in the shop.
type parcelWrite struct {
	*Shipments
	in     contract.StepInput
	order  domain.Order // as just read from the shop
	parcel domain.ParcelProgress
	mode   domain.CaptureMode
	// own is the shop's shipment that stands for the parcel, empty while none does.
	own string
	// sequence is that of the newest fact when the order was read: it tells one attempt's
	// facts from another's.
	sequence int64
}

// create creates the shipment and, where the payment flow allows, captures and
// completes it by the same mutation: mutations are the shop's scarcest quota.
func (w *parcelWrite) create(ctx context.Context) ([]domain.Fact, error) {
	draft := w.draft()
	draft.Capture = w.mode != domain.CaptureExternal && !w.bundled()
	draft.Paid = w.mode == domain.CaptureExternal
	if w.in.Step.Complete && !w.bundled() {
		draft.ShippedAt = w.parcel.Shipment.ShippedAt
		draft.SendEmail = true
	}
	var written ports.ShipmentWrite
	err := w.once(ctx, w.in, func() (err error) {
		written, err = w.Shop.CreateShipment(ctx, draft)
		return err
	})
	if err != nil {
		return nil, err
	}
	return w.settle(ctx, written, draft.Capture)
}

// settle captures and completes a shipment that stands in the shop. tried says
// that its capture was part of the request that has just been answered.
func (w *parcelWrite) settle(ctx context.Context, at ports.ShipmentWrite, tried bool) ([]domain.Fact, error) {
	w.own = at.Shipment.ID
	if tried && !paid(at.Shipment) && !at.CapturePending && len(at.Warnings) == 0 {
		// No word of a failure: an asynchronous capture may have come between the answer
		// and the look at the payment. The shop knows by now.
		var err error
		if at, err = w.again(ctx, at); err != nil {
			return nil, err
		}
	}
	if w.bundled() && !paid(at.Shipment) {
		if err := w.agree(at.Shipment); err != nil {
			return w.facts(at), err
		}
	}
	if !paid(at.Shipment) && !at.CapturePending {
		// What was pending when we last looked came to nothing: a person's, each time. The
		// fact of this look says so, and the retry after it captures once.
		late := w.parcel.Shop != nil && w.parcel.Shop.Pending
		if tried || late {
			return w.facts(at), w.captureFailed(strings.Join(at.Warnings, "; "))
		}
		err := w.once(ctx, w.in, func() (err error) {
			at, err = w.Shop.CaptureShipment(ctx, at.Shipment.ID)
			return err
		})
		if refused, ok := decided(err); ok {
			return w.facts(at), w.captureFailed(refused.Message)
		}
		if err != nil {
			return nil, err
		}
	}
	if w.in.Step.Complete && paid(at.Shipment) && !at.Shipment.Shipped {
		draft := w.draft()
		draft.ShippedAt, draft.SendEmail = w.parcel.Shipment.ShippedAt, true
		completed, err := w.Shop.CompleteShipment(ctx, at.Shipment.ID, draft)
		if err != nil {
			return w.facts(at), err
		}
		at = completed
	}
	return w.facts(at), nil
}

func paid(s domain.ShopShipment) bool { return s.Captured || s.Paid }

// again reads a shipment that has just been written.
func (w *parcelWrite) again(ctx context.Context, at ports.ShipmentWrite) (ports.ShipmentWrite, error) {
	order, err := w.read(ctx, w.in.Order)
	if err != nil {
		return at, err
	}
	for _, s := range order.Shipments {
		if s.ID == at.Shipment.ID {
			return ports.ShipmentWrite{Shipment: s, Warnings: at.Warnings, CapturePending: order.Payment.CapturePending}, nil
		}
	}
	return at, nil
}

// captureFailed is finance's question: the goods have left and the money has not come.
func (w *parcelWrite) captureFailed(detail string) error {
	if detail == "" {
		detail = "the payment provider refused"
	}
	return &fault.Fault{
		Kind: fault.Rejected, System: "centra", Op: "captureShipment", Code: "capture_failed",
		Message: "the money of this shipment was not captured: " + detail,
	}
}

func (w *parcelWrite) draft() ports.ShipmentDraft {
	s := w.parcel.Shipment
	d := ports.ShipmentDraft{
		Order: w.in.Order, Currency: w.order.Currency, Lines: w.lines(), Carrier: w.in.Step.Carrier, Service: s.Service,
		Tracking: strings.Join(s.Trackings, ", "), Parcels: max(1, s.Parcels), Shipping: ports.Cost{None: true}, Handling: ports.Cost{None: true},
	}
	if w.first() {
		d.Shipping, d.Handling = cost(w.order.Shipping), cost(w.order.Handling)
	}
	d.Discount = cost(w.discount())
	return d
}

// lines are the parcel's, and on the order's first shipment its gift certificates:
// nothing of them is physical, and the shop completes an order only when every line
// stands on a shipment.
func (w *parcelWrite) lines() []domain.LineQuantity {
	lines := slices.Clone(w.parcel.Lines)
	if !w.first() {
		return lines
	}
	for _, l := range w.order.Lines {
		if l.Kind == domain.LineGiftCertificate && l.Quantity > 0 {
			lines = append(lines, domain.LineQuantity{Line: l.ID, Quantity: l.Quantity})
		}
	}
	return lines
}

func cost(value int64) ports.Cost { return ports.Cost{None: value == 0, Value: value} }

// first tells whether no other shipment has taken the order's shipping cost.
func (w *parcelWrite) first() bool {
	for _, s := range w.order.Shipments {
		if s.ID != w.own {
			return false
		}
	}
	return true
}

// discount is this parcel's share of the order's discount: cumulative by value, so
// that all parcels together take exactly it. Beside a shipment that a person entered, off
// which the shop takes all of the discount unless told otherwise, it is no more than is
// left, which is all that the shop accepts, and on the last parcel it is all of that.
func (w *parcelWrite) discount() int64 {
	if w.order.Discount == 0 {
		return 0
	}
	var all, before, mine int64
	shipped := map[string]int{}
	for _, s := range w.order.Shipments {
		if s.ID == w.own {
			continue
		}
		for _, l := range s.Lines {
			shipped[l.Line] += l.Quantity
		}
	}
	parcel := map[string]int{}
	for _, l := range w.lines() {
		parcel[l.Line] += l.Quantity
	}
	worth := w.worth()
	for _, l := range w.order.Lines {
		if l.Quantity == 0 {
			continue
		}
		all += worth[l.ID]
		before += domain.CumulativeShare(worth[l.ID], shipped[l.ID], l.Quantity)
		mine += domain.CumulativeShare(worth[l.ID], shipped[l.ID]+parcel[l.ID], l.Quantity)
	}
	if all <= 0 {
		return 0
	}
	due := domain.CumulativeShare(w.order.Discount, int(before), int(all))
	share := domain.CumulativeShare(w.order.Discount, int(mine), int(all)) - due
	taken, known := w.discountTaken(worth)
	if rounding := int64(len(w.order.Lines)) + 1; !known || max(taken-due, due-taken) <= rounding {
		return share
	}
	left := w.order.Discount - taken
	if mine < all {
		return min(share, left)
	}
	return left
}

// discountTaken is what the shop took of the order's discount off its other shipments: what
// their lines and the order's costs are worth beyond their totals. known is false where a
// total, or what a line is worth, is not told.
func (w *parcelWrite) discountTaken(worth map[string]int64) (taken int64, known bool) {
	shipped := map[string]int{}
	for _, s := range w.order.Shipments {
		if s.ID == w.own {
			continue
		}
		if s.Total == 0 {
			return 0, false
		}
		if !known { // the first bears the costs
			taken, known = w.order.Shipping+w.order.Handling, true
		}
		taken -= s.Total
		for _, l := range s.Lines {
			i := slices.IndexFunc(w.order.Lines, func(o domain.Line) bool { return o.ID == l.Line })
			if _, priced := worth[l.Line]; i < 0 || !priced {
				return 0, false
			}
			all := w.order.Lines[i].Quantity
			taken += domain.CumulativeShare(worth[l.Line], shipped[l.Line]+l.Quantity, all) - domain.CumulativeShare(worth[l.Line], shipped[l.Line], all)
			shipped[l.Line] += l.Quantity
		}
	}
	return min(max(taken, 0), w.order.Discount), known
}

// worth is the gross value of each line that can stand on a shipment. Where the shop
// keeps a bundle's price on the bundle line, its components have their shares of it.
func (w *parcelWrite) worth() map[string]int64 {
	values, err := enrich.LineValues(w.order.Lines)
	if err != nil {
		values = map[string]int64{} // the order was edited beyond sense: nothing agrees, nothing is captured
	}
	for _, l := range w.order.Lines {
		if l.Kind == domain.LineGiftCertificate {
			values[l.ID] = l.Total
		}
	}
	return values
}

func (w *parcelWrite) bundled() bool {
	for _, l := range w.parcel.Lines {
		for _, o := range w.order.Lines {
			if o.ID == l.Line && o.Kind == domain.LineBundleItem {
				return true
			}
		}
	}
	return false
}

// agree compares the shop's total of a shipment with bundle components to what its
// lines are worth. Which lines carry a bundle's price is not documented, so nothing
// is captured before both agree.
func (w *parcelWrite) agree(s domain.ShopShipment) error {
	expected := int64(0)
	if w.first() {
		expected += w.order.Shipping + w.order.Handling
	}
	worth := w.worth()
	for _, l := range w.order.Lines {
		already, now := 0, 0
		for _, other := range w.order.Shipments {
			if other.ID == s.ID {
				continue
			}
			for _, shipped := range other.Lines {
				if shipped.Line == l.ID {
					already += shipped.Quantity
				}
			}
		}
		for _, mine := range w.lines() {
			if mine.Line == l.ID {
				now += mine.Quantity
			}
		}
		if l.Quantity > 0 {
			expected += domain.CumulativeShare(worth[l.ID], already+now, l.Quantity) - domain.CumulativeShare(worth[l.ID], already, l.Quantity)
		}
	}
	expected -= w.discount()
	// Each side rounds once per line: the split may differ by that, the sum of all shipments may not.
	if diff := s.Total - expected; diff > int64(len(w.parcel.Lines)) || diff < -int64(len(w.parcel.Lines)) {
		return &fault.Fault{
			Kind: fault.Rejected, System: "centra", Op: "createShipment", Code: "bundle_total",
			Message: fmt.Sprintf("shipment %s is worth %s in the shop and %s by its lines; nothing was captured", s.Number,
				domain.Format(s.Total, w.order.Currency), domain.Format(expected, w.order.Currency)),
		}
	}
	return nil
}

// facts tell how the parcel stands in the shop, unless that is what was told last. A
// capture may be pending, fail and be pending again, so the same words told later are
// another fact: its key holds the attempt.
func (w *parcelWrite) facts(at ports.ShipmentWrite) []domain.Fact {
	s := at.Shipment
	f := domain.ShopShipmentFact{
		Shipment: w.parcel.Shipment.ID, Warehouse: w.parcel.Shipment.Warehouse, ShopID: s.ID, Number: s.Number, Lines: w.parcel.Lines,
		Tracking: s.Tracking, Captured: paid(s), Pending: at.CapturePending && !paid(s),
		Completed: s.Shipped && paid(s), Total: s.Total,
	}
	if w.parcel.Shop != nil && reflect.DeepEqual(*w.parcel.Shop, f) {
		return nil
	}
	key := fmt.Sprintf("shop-shipment:%s:%s:%t:%t:%t:%d", f.Shipment, f.ShopID, f.Captured, f.Pending, f.Completed, w.sequence)
	return []domain.Fact{domain.NewFact(domain.FactShopShipment, key, "centra", w.Orders.Clock(), f)}
}

// match finds the shop's shipment that stands for a parcel: the one recorded for it,
// else the only unclaimed one with the same lines whose tracking is the parcel's, or
// that is unshipped and has none (made by an earlier run of ours, or by the shop when
// it makes shipments at checkout). nil means that none stands there. Two like ones,
// and units that somebody shipped by hand, are a person's.
func match(p domain.ParcelProgress, progress domain.Progress, shipments []domain.ShopShipment) (*domain.ShopShipment, error) {
	claimed := map[string]bool{}
	for _, other := range progress.Parcels {
		if other.Shop != nil && other.Shipment.ID != p.Shipment.ID {
			claimed[other.Shop.ShopID] = true
		}
	}
	var like []domain.ShopShipment
	tracking := strings.Join(p.Shipment.Trackings, ", ")
	free := map[string]int{}
	for _, l := range progress.Lines {
		free[l.Line] = l.Ordered - l.Cancelled
	}
	physical := map[string]bool{}
	for _, l := range progress.Lines {
		physical[l.Line] = true
	}
	for _, s := range shipments {
		if p.Shop != nil && s.ID == p.Shop.ShopID {
			return &s, nil
		}
		for _, l := range s.Lines {
			free[l.Line] -= l.Quantity
		}
		if claimed[s.ID] || !sameQuantities(s.Lines, p.Lines, physical) {
			continue
		}
		if s.Tracking == tracking || (!s.Shipped && s.Tracking == "") {
			like = append(like, s)
		}
	}
	switch {
	case len(like) == 1:
		return &like[0], nil
	case len(like) > 1:
		return nil, &fault.Fault{
			Kind: fault.Rejected, System: "centra", Op: "match shipment", Code: "ambiguous_shipment",
			Message: fmt.Sprintf("%d shipments in the shop could stand for warehouse shipment %s", len(like), p.Shipment.ID),
		}
	}
	for _, l := range p.Lines {
		if free[l.Line] < l.Quantity {
			return nil, &fault.Fault{
				Kind: fault.Rejected, System: "centra", Op: "match shipment", Code: "shipped_by_hand",
				Message:  "units of this parcel stand in another shipment of the shop that we did not make",
				Problems: []fault.Problem{{Code: "shipped_by_hand", Line: l.Line, Message: "units of this parcel stand in another shipment of the shop that we did not make"}},
			}
		}
	}
	return nil, nil
}

// sameQuantities compares physical units: certificates may ride on any shipment.
func sameQuantities(shop, parcel []domain.LineQuantity, physical map[string]bool) bool {
	count := map[string]int{}
	for _, l := range shop {
		if physical[l.Line] {
			count[l.Line] += l.Quantity
		}
	}
	for _, l := range parcel {
		count[l.Line] -= l.Quantity
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}
