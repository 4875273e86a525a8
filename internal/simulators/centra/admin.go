package centra

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// errRefused means that the shop does not allow an action now (HTTP 409).
var errRefused = errors.New("refused")

// Action is what a person does in the shop's admin, or its payment provider on
// the person's behalf. Which fields count depends on Action.
type Action struct {
	// Action is one of: hold, unhold, pay, confirm, edit-address, edit-shipping-option,
	// cancel-line, cancel, archive, unarchive, lock, unlock, comment, ship-by-hand,
	// accept-allocation, allocate, set-capture-outcome, settle-capture,
	// set-product-attribute, set-product, set-stock, create-return, complete-return,
	// delete-return, refund-return, set-refund-outcome, goodwill.
	Action string `json:"action"`
	// Order is the order's number.
	Order int `json:"order,omitempty"`
	// ReturnID is the return's, of actions about one.
	ReturnID int `json:"returnId,omitempty"`
	// By names who did it; it is only kept for the reader of a script.
	By     string `json:"by,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Address holds the fields to overwrite; a person may change the country too.
	Address *SeedAddress `json:"address,omitempty"`
	// ShippingOption is the name of one; empty takes the option off.
	ShippingOption string `json:"shippingOption,omitempty"`
	// LineID or SKU names a line or a size; Quantity its units.
	LineID   int    `json:"lineId,omitempty"`
	SKU      string `json:"sku,omitempty"`
	Quantity int    `json:"quantity,omitempty"`
	Amount   int64  `json:"amount,omitempty"` // of goodwill, minor units
	Method   string `json:"method,omitempty"` // of goodwill: how it is paid, where not as the order was
	// RemoveFromStock takes cancelled units out of stock instead of releasing them.
	RemoveFromStock bool   `json:"removeFromStock,omitempty"`
	Warehouse       string `json:"warehouse,omitempty"`
	Carrier         string `json:"carrier,omitempty"`
	Tracking        string `json:"tracking,omitempty"`
	SendEmail       bool   `json:"sendEmail,omitempty"`
	// Attribute, Element and Value set a product's attribute by the size's SKU.
	Attribute string `json:"attribute,omitempty"`
	Element   string `json:"element,omitempty"`
	// Value is an attribute's value, a comment, or a capture outcome.
	Value string `json:"value,omitempty"`
	// HarmonizedCommodityCode and EAN are set by set-product where given.
	HarmonizedCommodityCode string `json:"harmonizedCommodityCode,omitempty"`
	EAN                     string `json:"ean,omitempty"`
}

// Admin does what a person does in the shop. A refused action changes nothing.
func (s *Simulator) Admin(a Action) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.flush()
	switch a.Action {
	case "set-product-attribute", "set-product", "set-stock":
		return s.adminCatalogue(a)
	}
	o := s.orderByNumber[a.Order]
	if o == nil {
		return fmt.Errorf("order %d does not exist", a.Order)
	}
	if o.locked && !slices.Contains([]string{"lock", "unlock", "settle-capture", "set-capture-outcome", "pay"}, a.Action) {
		return fmt.Errorf("%w: order %d is locked", errRefused, o.number)
	}
	switch a.Action {
	case "create-return", "complete-return", "delete-return", "refund-return", "set-refund-outcome", "goodwill":
		return s.adminReturn(o, a)
	}
	return s.adminOrder(o, a)
}

func (s *Simulator) adminOrder(o *order, a Action) error {
	switch a.Action {
	case "hold":
		o.onHold, o.holdReason = true, a.Reason
	case "unhold":
		o.onHold, o.holdReason = false, ""
	case "pay":
		if o.waitingForPayment {
			o.waitingForPayment = false
			s.authorise(o)
		}
	case "confirm":
		if errs := s.confirm(o); len(errs) > 0 {
			return fmt.Errorf("%w: %s", errRefused, errs[0].message)
		}
		return nil
	case "archive":
		o.archived = true
	case "unarchive":
		o.archived = false
	case "lock", "unlock":
		o.locked = a.Action == "lock"
	case "comment":
		o.otherComment = a.Value
	case "edit-address":
		if a.Address == nil {
			return errors.New("edit-address needs address")
		}
		s.editAddress(o, *a.Address)
	case "edit-shipping-option":
		option := find(s.shippingOptions, func(p *shippingOption) bool { return p.name == a.ShippingOption })
		if option == nil && a.ShippingOption != "" {
			return fmt.Errorf("shippingOption %q is not seeded", a.ShippingOption)
		}
		o.shippingOption = option
	default:
		return s.adminGoods(o, a)
	}
	s.changed(o)
	return nil
}

func (s *Simulator) adminGoods(o *order, a Action) error {
	policy := args{"releaseItemsBackToWarehouse": !a.RemoveFromStock, "removeItemsFromStock": a.RemoveFromStock}
	switch a.Action {
	case "cancel":
		if errs := o.cancellable(); len(errs) > 0 {
			return fmt.Errorf("%w: %s", errRefused, errs[0].message)
		}
		s.cancel(o, policy)
		return nil
	case "cancel-line":
		l := o.lineBy(a)
		if l == nil || a.Quantity < 1 || a.Quantity > l.unshipped() {
			return fmt.Errorf("%w: cancel-line needs a line of order %d and a quantity that is not shipped yet", errRefused, o.number)
		}
		s.cancelUnits(l, a.Quantity, policy)
	case "accept-allocation":
		for _, l := range o.lines {
			for _, al := range l.allocations {
				al.waiting = false
			}
		}
	case "allocate":
		for _, l := range o.lines {
			if l.physical() {
				s.allocate(l, l.quantity()-l.allocated(nil), s.warehousesFor(o))
			}
		}
	case "ship-by-hand":
		return s.shipByHand(o, a)
	case "set-capture-outcome":
		if err := choice("value", &a.Value, outcomeSuccess, outcomeFail, outcomePending, outcomePendingFail); err != nil {
			return err
		}
		o.captureOutcome = a.Value
	case "settle-capture":
		for _, p := range slices.Clone(o.history) {
			if p.kind == "CAPTURE_REQUEST" {
				s.settle(p, a.Value != outcomeFail)
			}
		}
		return nil
	default:
		return fmt.Errorf("action %q is unknown", a.Action)
	}
	s.changed(o)
	return nil
}

func (o *order) lineBy(a Action) *line {
	return find(o.lines, func(l *line) bool {
		return l.id == a.LineID || (a.LineID == 0 && l.size != nil && l.size.sku == a.SKU && l.unshipped() > 0)
	})
}

// editAddress overwrites the fields that are given.
func (s *Simulator) editAddress(o *order, in SeedAddress) {
	to := &o.shippingAddress
	for _, f := range []struct {
		from string
		to   *string
	}{
		{in.FirstName, &to.FirstName},
		{in.LastName, &to.LastName},
		{in.CompanyName, &to.CompanyName},
		{in.Attention, &to.Attention},
		{in.Address1, &to.Address1},
		{in.Address2, &to.Address2},
		{in.ZipCode, &to.ZipCode},
		{in.City, &to.City},
		{in.StateOrProvince, &to.StateOrProvince},
		{in.Country, &to.Country},
		{in.Email, &to.Email},
		{in.PhoneNumber, &to.PhoneNumber},
		{in.CellPhoneNumber, &to.CellPhoneNumber},
		{in.FaxNumber, &to.FaxNumber},
		{in.VATNumber, &to.VATNumber},
	} {
		if f.from != "" {
			*f.to = f.from
		}
	}
	if to.Country != "" {
		s.country(to.Country, 0)
	}
}

// shipByHand is a person shipping in the admin: units of one line, or all that
// can leave; captured and completed at once.
func (s *Simulator) shipByHand(o *order, a Action) error {
	var problems problems
	o.ready("order", &problems)
	if status := o.status(); status != "CONFIRMED" && status != "PROCESSING" {
		problems.add("order", "order %d is %s", o.number, status)
	}
	if len(problems) > 0 {
		return fmt.Errorf("%w: %s", errRefused, problems[0].message)
	}
	var sh *shipment
	if a.LineID != 0 || a.SKU != "" {
		l := o.lineBy(a)
		if l == nil || a.Quantity < 1 || a.Quantity > min(l.unshipped(), s.shippable(l)) {
			return fmt.Errorf("%w: ship-by-hand needs a line of order %d and a quantity that is allocated", errRefused, o.number)
		}
		rest := s.remaining(o)
		rest.lines = []draftLine{{l, a.Quantity, ""}}
		sh = s.build(rest, false, byPerson)
		s.emit("Shipment", "CREATED", sh.id, o)
		s.hook("shipment", "create", sh.id)
	} else if sh = s.shipAll(o, byPerson); sh == nil {
		return fmt.Errorf("%w: nothing of order %d can be shipped", errRefused, o.number)
	}
	sh.goodToGo, sh.shippedAt, sh.carrier, sh.sendEmail = true, s.now(), a.Carrier, a.SendEmail
	s.applyInfo(sh, args{"trackingNumber": a.Tracking})
	if sh.covered() {
		s.paid(sh)
	} else if o.captureMode == "external" {
		s.markPaid(sh, true)
	} else {
		s.capture(o, sh.due(), sh)
	}
	s.complete(sh)
	s.changed(o)
	return nil
}

func (s *Simulator) adminCatalogue(a Action) error {
	z := s.sizeBySKU[a.SKU]
	if z == nil {
		return fmt.Errorf("sku %q is not seeded", a.SKU)
	}
	p := z.variant.product
	switch a.Action {
	case "set-stock":
		w := s.warehouseByName(a.Warehouse)
		if w == nil {
			return fmt.Errorf("warehouse %q is not seeded", a.Warehouse)
		}
		s.row(w, z).physical = max(a.Quantity, s.row(w, z).allocated)
		s.noteStockChange()
		return nil
	case "set-product":
		if a.HarmonizedCommodityCode != "" {
			p.hsCode = a.HarmonizedCommodityCode
		}
		if a.EAN != "" {
			z.ean, s.lists.byEAN = a.EAN, nil
		}
	default:
		objectType, attributes := "Product", &p.attributes
		t := s.attributeType(a.Attribute, objectType)
		if t == nil {
			objectType, attributes = "ProductVariant", &z.variant.attributes
			t = s.attributeType(a.Attribute, objectType)
		}
		if t == nil || t.mapped {
			return fmt.Errorf("attribute %q is no dynamic attribute type of Product or ProductVariant", a.Attribute)
		}
		setElement(attributes, t, attributeElement{key: a.Element, value: a.Value, valueName: strings.TrimSpace(a.Value)})
	}
	s.productChanged(p)
	return nil
}
