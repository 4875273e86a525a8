package centra

import (
	"errors"
	"fmt"
	"time"
)

// seedOrder checks an order and checks it out, now or after its delay.
func (s *Simulator) seedOrder(in SeedOrder) error {
	if in.Number <= 0 || s.orderByNumber[in.Number] != nil {
		return errors.New("number must be positive and new")
	}
	o, err := s.newOrder(in)
	if err != nil {
		return err
	}
	if in.AfterMs > 0 {
		s.later(time.Duration(in.AfterMs)*time.Millisecond, func() { s.checkOut(o, in) })
		return nil
	}
	s.checkOut(o, in)
	return nil
}

func (s *Simulator) newOrder(in SeedOrder) (*order, error) {
	st := s.storeByName(in.Store)
	if st == nil {
		return nil, fmt.Errorf("store %q is not among the stores", in.Store)
	}
	if len(in.Currency) != 3 {
		return nil, fmt.Errorf("currency is %q, must be an ISO 4217 code", in.Currency)
	}
	if err := choice("status", &in.Status, "CONFIRMED", "PENDING", "CANCELLED", "ARCHIVED"); err != nil {
		return nil, err
	}
	o := &order{
		id: orderHash(in.Number), number: in.Number, store: st, wholesale: st.wholesale, currency: s.currency(in.Currency, 0), rate: in.CurrencyBaseRate,
		confirmed: in.Status != "PENDING", cancelled: in.Status == "CANCELLED", archived: in.Status == "ARCHIVED",
		onHold: in.OnHold, holdReason: in.HoldReason, waitingForPayment: in.WaitingForPayment, locked: in.Locked, internal: in.Internal,
		purchaseOrder: in.PurchaseOrder, shippingAddress: in.ShippingAddress, billingAddress: in.ShippingAddress,
		internalComment: in.InternalComment, otherComment: in.OtherComment, externalID: in.ExternalID,
		captureMode: in.CaptureMode, captureOutcome: in.CaptureOutcome, shipping: in.ShippingCost, handling: in.HandlingCost,
		giftCard: in.GiftCard, captured: in.Captured, taxPercent: in.TaxPercent, taxAdded: in.TaxAdded,
	}
	if o.rate == 0 {
		o.rate = 1
	}
	if in.BillingAddress != nil {
		o.billingAddress = *in.BillingAddress
	}
	for _, code := range []string{o.shippingAddress.Country, o.billingAddress.Country} {
		if code != "" {
			s.country(code, 0)
		}
	}
	if err := s.relate(o, in); err != nil {
		return nil, err
	}
	for i, l := range in.Lines {
		if err := s.newLine(o, l); err != nil {
			return nil, fmt.Errorf("lines[%d]: %w", i, err)
		}
	}
	for _, d := range in.Discounts {
		if err := choice("discounts.kind", &d.Kind, "voucher", "admin"); err != nil {
			return nil, err
		}
		o.discounts = append(o.discounts, discount{voucher: d.Kind == "voucher", value: d.Value, at: s.now()})
	}
	return o, s.group(o, in)
}

// relate resolves what an order names; an unknown name is a fault of the seed.
func (s *Simulator) relate(o *order, in SeedOrder) (err error) {
	missing := func(field, name string) error {
		return fmt.Errorf("%s %q is not seeded", field, name)
	}
	if in.Market != "" {
		if o.market = find(s.markets, func(m *market) bool { return m.name == in.Market && m.store == o.store }); o.market == nil {
			return missing("market", in.Market)
		}
	}
	if in.Pricelist != "" {
		if o.pricelist = find(s.pricelists, func(p *pricelist) bool { return p.name == in.Pricelist }); o.pricelist == nil {
			return missing("pricelist", in.Pricelist)
		}
	}
	if in.ShippingOption != "" {
		if o.shippingOption = find(s.shippingOptions, func(p *shippingOption) bool { return p.name == in.ShippingOption }); o.shippingOption == nil {
			return missing("shippingOption", in.ShippingOption)
		}
	}
	if in.PaymentMethod != "" {
		if o.payment = find(s.payments, func(p *paymentMethod) bool { return p.name == in.PaymentMethod }); o.payment == nil {
			return missing("paymentMethod", in.PaymentMethod)
		}
	}
	if o.captureMode == "" && o.payment != nil {
		o.captureMode = o.payment.captureMode
	}
	if err := choice("captureMode", &o.captureMode, "on-shipment", "before-submission", "external"); err != nil {
		return err
	}
	if o.captureOutcome != "" {
		if err := choice("captureOutcome", &o.captureOutcome, outcomeSuccess, outcomeFail, outcomePending, outcomePendingFail); err != nil {
			return err
		}
	}
	o.attributes, err = s.seedAttributes("Order", in.Attributes)
	if c := in.Customer; c != nil && err == nil {
		o.customer = s.customerFor(o, *c)
	}
	return err
}

func (s *Simulator) customerFor(o *order, in SeedCustomer) *customer {
	if known := find(s.customers, func(c *customer) bool { return c.email == in.Email && c.storeID == o.store.id }); known != nil {
		return known
	}
	c := &customer{
		id: s.newID("customer", in.ID), storeID: o.store.id, email: in.Email, firstName: in.FirstName, lastName: in.LastName,
		accountName: in.AccountName, wholesale: o.wholesale,
	}
	if in.AccountName != "" {
		c.accountID = s.newID("account", 0)
	}
	s.customers = append(s.customers, c)
	return c
}

func (s *Simulator) newLine(o *order, in SeedLine) error {
	if err := choice("kind", &in.Kind, kindProduct, kindBundle, kindGift); err != nil {
		return err
	}
	if in.Quantity < 1 || in.UnitPrice < 0 {
		return fmt.Errorf("quantity is %d and unitPrice %d, must be at least 1 and 0", in.Quantity, in.UnitPrice)
	}
	l := &line{
		id: s.newID("line", in.ID), order: o, kind: in.Kind, size: s.sizeBySKU[in.SKU], name: in.Name, comment: in.Comment, ordered: in.Quantity,
		originalPrice: max(in.OriginalUnitPrice, in.UnitPrice), total: in.UnitPrice * int64(in.Quantity), taxPercent: in.TaxPercent,
	}
	if l.size == nil && in.Kind != kindGift {
		return fmt.Errorf("SKU %q is not seeded", in.SKU)
	}
	if l.taxPercent == 0 {
		l.taxPercent = o.taxPercent
	}
	for name := range in.From {
		if s.warehouseByName(name) == nil {
			return fmt.Errorf("from: warehouse %q is not seeded", name)
		}
	}
	o.lines = append(o.lines, l)
	if in.Kind == kindBundle {
		return s.newBundleItems(l, in)
	}
	return nil
}

// newBundleItems puts a bundle's components behind its line, flat, and hands
// them its price in exact shares.
func (s *Simulator) newBundleItems(l *line, in SeedLine) error {
	var items []bundleItem
	if definition := l.size.variant.product.definition; definition != nil {
		items = definition.items
	}
	if len(in.Items) > 0 {
		var err error
		if items, err = s.bundleItems(in.Items); err != nil {
			return err
		}
	}
	if len(items) == 0 {
		return fmt.Errorf("SKU %q is no seeded bundle and the line has no items", in.SKU)
	}
	weights := make([]int64, len(items))
	for i, item := range items {
		weights[i] = item.weight
	}
	for i, amount := range spread(l.total, weights) {
		item := &line{
			id: s.newID("line", 0), order: l.order, kind: kindBundleItem, size: items[i].size, ordered: l.ordered * items[i].quantity, total: amount,
			taxPercent: l.taxPercent, parent: l, perBundle: items[i].quantity,
		}
		l.items = append(l.items, item)
		l.order.lines = append(l.order.lines, item)
	}
	l.total = 0
	return nil
}

func (s *Simulator) group(o *order, in SeedOrder) error {
	heads := []*line{}
	for _, l := range o.lines {
		if l.kind != kindBundleItem {
			heads = append(heads, l)
		}
	}
	for i, g := range in.DeliveryGroups {
		fresh := &deliveryGroup{id: s.newID("deliveryGroup", g.ID)}
		for _, gl := range g.Lines {
			if gl.Line < 0 || gl.Line >= len(heads) {
				return fmt.Errorf("deliveryGroups[%d].line %d is no line of the order", i, gl.Line)
			}
			head := heads[gl.Line]
			if head.kind != kindBundle || s.bundleLines == "bundle" {
				fresh.lines = append(fresh.lines, groupLine{head, gl.Quantity})
				continue
			}
			for _, item := range head.items {
				fresh.lines = append(fresh.lines, groupLine{item, gl.Quantity * item.perBundle})
			}
		}
		o.groups = append(o.groups, fresh)
	}
	return nil
}

// checkOut lets an order appear: it authorises the payment, allocates stock and
// tells the listeners.
func (s *Simulator) checkOut(o *order, in SeedOrder) {
	if s.orderByNumber[o.number] != nil {
		return // two delayed orders of one number: the first one has it
	}
	o.created = s.now()
	o.updated, o.ordered = o.created, o.created
	if !in.OrderDate.IsZero() {
		o.ordered = in.OrderDate
	}
	s.orders, s.orderByNumber[o.number], s.orderByID[o.id] = append(s.orders, o), o, o
	for _, l := range o.lines {
		if l.size != nil {
			s.linesBySize[l.size.id] = append(s.linesBySize[l.size.id], l)
		}
	}
	if !o.waitingForPayment {
		s.authorise(o)
	}
	if !o.cancelled && !o.archived {
		s.seedAllocations(o, in)
	}
	s.emit("Order", "CREATED", o.number, o)
	s.hook("order", "create", o.number)
	if in.DirectToShipment && o.status() == "CONFIRMED" {
		if sh := s.shipAll(o, byPerson); sh != nil {
			sh.goodToGo = true
			s.changed(o)
		}
	}
}

func (s *Simulator) seedAllocations(o *order, in SeedOrder) {
	i := -1
	var given SeedLine
	for _, l := range o.lines {
		if l.kind != kindBundleItem {
			i++
			given = in.Lines[i]
		}
		if !l.physical() {
			continue
		}
		times := max(1, l.perBundle)
		for _, name := range sortedKeys(given.From) {
			w, units := s.warehouseByName(name), min(given.From[name]*times, l.ordered-l.allocated(nil))
			row := s.row(w, l.size)
			row.physical += max(0, units-(row.physical-row.allocated))
			s.hold(l, w, units, given.WaitingForConfirmation)
		}
		if len(given.From) == 0 {
			s.allocate(l, l.ordered-min(l.ordered, given.Demand*times), s.warehousesFor(o))
			for _, al := range l.allocations {
				al.waiting = al.waiting || given.WaitingForConfirmation
			}
		}
	}
}

// remaining is an empty draft with the costs that no shipment has taken.
func (s *Simulator) remaining(o *order) draft {
	d := draft{order: o, shipping: o.shipping, handling: o.handling, discount: o.discountTotal()}
	for _, sh := range o.shipments {
		d.shipping -= sh.shipping
		d.handling -= sh.handling
		d.discount -= sh.discount
	}
	return d
}

// shipAll puts all that is allocated and unshipped on one shipment.
func (s *Simulator) shipAll(o *order, by string) *shipment {
	d := s.remaining(o)
	for _, l := range o.lines {
		if n := min(l.unshipped(), s.shippable(l)); n > 0 {
			d.lines = append(d.lines, draftLine{l, n, ""})
		}
	}
	if len(d.lines) == 0 {
		return nil
	}
	sh := s.build(d, false, by)
	s.emit("Shipment", "CREATED", sh.id, o)
	s.hook("shipment", "create", sh.id)
	return sh
}

// shippable counts the units of a line that could leave now, 0 for a line that
// the reading of bundles in force does not ship.
func (s *Simulator) shippable(l *line) int {
	switch {
	case l.kind == kindGift:
		return l.quantity()
	case l.kind == kindBundle && s.bundleLines == "bundle":
		whole := l.quantity()
		for _, item := range l.items {
			whole = min(whole, item.allocated(confirmedFree)/item.perBundle)
		}
		return whole
	case l.kind == kindBundle || (l.kind == kindBundleItem && s.bundleLines == "bundle"):
		return 0
	}
	return l.allocated(confirmedFree)
}
