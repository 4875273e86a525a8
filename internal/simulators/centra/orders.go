package centra

import (
	"slices"
	"strings"
)

const (
	byAPI    = "api"
	byPerson = "person"
)

// findOrder resolves an OrderInput, which the one-of rule has checked. A nil
// order has been noted as a user error.
func (x *exec) findOrder(in args, path string, out *outcome) *order {
	var found *order
	switch {
	case in.has("id"):
		found = x.orderByID[in.str("id")]
	case in.has("number"):
		found = x.orderByNumber[in.num("number")]
	default:
		for _, o := range x.orders {
			if o.externalID == in.str("externalId") && o.externalID != "" {
				found = o
			}
		}
		if found == nil {
			found = x.orderByNumber[x.internalID("Order", in.str("externalId"))]
		}
	}
	if found == nil || !x.token.sees(found.store.id) {
		out.errors.add(path, "Order not found")
		return nil
	}
	return found
}

// orderToChange is findOrder for mutations: a locked order demands a permission
// of its own.
func (x *exec) orderToChange(in args, path, mutation string, out *outcome) (*order, error) {
	o := x.findOrder(in, path, out)
	return o, x.mayChange(o, mutation)
}

func (x *exec) mayChange(o *order, mutation string) error {
	if o != nil && o.locked && !x.token.may("Order.isLocked:write") {
		return authorizationError{"Order.isLocked:write", "Mutation." + mutation}
	}
	return nil
}

func (x *exec) confirmOrder(a args) any {
	var out outcome
	o, err := x.orderToChange(a.obj("input").obj("order"), "input.order", "confirmOrder", &out)
	if err != nil {
		return err
	}
	if o != nil {
		out.errors = append(out.errors, x.confirm(o)...)
	}
	return x.payload(&out, "order", opt(o))
}

// confirm moves a PENDING order on; a second call is refused.
func (s *Simulator) confirm(o *order) (errs problems) {
	if status := o.status(); status != "PENDING" {
		errs.add("input.order", "Order %d is %s, only a PENDING order can be confirmed", o.number, status)
		return errs
	}
	o.confirmed = true
	s.sendMail(o, "", "confirmation")
	s.changed(o)
	return nil
}

// open tells whether an order can still be edited, noting it when it cannot.
func (o *order) open(path string, errs *problems) bool {
	switch status := o.status(); status {
	case "CANCELLED", "ARCHIVED", "SHIPPED":
		errs.add(path, "Order %d is %s and cannot be changed", o.number, status)
		return false
	}
	return true
}

// ready tells whether an order may ship and be captured.
func (o *order) ready(path string, errs *problems) {
	if o.onHold {
		errs.add(path, "Order %d is on hold", o.number)
	}
	if o.waitingForPayment {
		errs.add(path, "Order %d is waiting for payment", o.number)
	}
}

func (x *exec) updateOrder(a args) any {
	var out outcome
	o, err := x.orderToChange(a.obj("order"), "order", "updateDirectToConsumerOrder", &out)
	if err != nil {
		return err
	}
	if o != nil && o.wholesale {
		out.errors.add("order", "Order %d is a wholesale order", o.number)
	}
	if len(out.errors) > 0 {
		return x.payload(&out)
	}
	in := a.obj("input")
	x.checkUpdate(o, in, &out.errors)
	if len(out.errors) == 0 {
		x.applyUpdate(o, in)
		x.changed(o)
	}
	return x.payload(&out, "order", o)
}

// checkUpdate refuses an update as a whole: nothing is applied when one part is wrong.
func (x *exec) checkUpdate(o *order, in args, errs *problems) {
	for _, part := range []string{"shippingAddress", "billingAddress", "cancelLines", "shippingCost", "isOnHold", "customer", "customerInfo"} {
		if in.has(part) && !o.open("input."+part, errs) {
			return
		}
	}
	if in.has("shippingCost") {
		cost := in.obj("shippingCost")
		amount, ok := x.amount(o, cost, "input.shippingCost", errs)
		if status := o.status(); status != "CONFIRMED" {
			errs.add("input.shippingCost", "Shipping cost can only be changed while the order is CONFIRMED, it is %s", status)
		} else if ok && (amount > o.shipping || amount < 0) {
			errs.add("input.shippingCost.value", "Shipping cost can only be decreased, from %s", o.currency.format(o.shipping))
		}
	}
	if in.has("customer") && x.findCustomer(in.obj("customer")) == nil {
		errs.add("input.customer", "Customer not found")
	}
	if text := in.str("externalId"); len(text) > 255 {
		errs.add("input.externalId", "External ID may have up to 255 characters")
	}
	wanted := make(map[*line]int)
	for i, c := range in.objs("cancelLines") {
		x.checkCancelLine(o, c, "input.cancelLines."+itoa(i), wanted, errs)
	}
}

func (x *exec) checkCancelLine(o *order, c args, path string, wanted map[*line]int, errs *problems) {
	l := o.lineByID(c.obj("line").num("id"))
	if l == nil {
		errs.add(path+".line", "The line does not belong to order %d", o.number)
		return
	}
	x.checkPolicy(c.obj("stockActionPolicy"), path+".stockActionPolicy", errs)
	quantity := c.num("quantity")
	wanted[l] += quantity
	switch {
	case quantity < 1:
		errs.add(path+".quantity", "Quantity must be 1 or more")
	case wanted[l] > l.unshipped():
		errs.add(path+".quantity", "Quantity %d is more than the %d units that are not shipped", wanted[l], l.unshipped())
	case l.kind == kindGift && quantity != l.quantity():
		errs.add(path+".quantity", "A gift certificate can only be cancelled as a whole")
	case l.kind == kindBundleItem && x.bundleLines == "bundle":
		errs.add(path+".line", "Cancel the bundle line, not its items")
	}
}

// checkPolicy finds the warehouse of a StockPolicyActionInput.
func (x *exec) checkPolicy(policy args, path string, errs *problems) {
	if policy.has("sendItemsToDifferentWarehouse") && x.findWarehouse(policy.obj("sendItemsToDifferentWarehouse")) == nil {
		errs.add(path+".sendItemsToDifferentWarehouse", "Warehouse not found")
	}
}

// amount reads a MonetaryValueInput in the order's currency.
func (x *exec) amount(o *order, in args, path string, errs *problems) (int64, bool) {
	if code := in.str("currencyIsoCode"); !strings.EqualFold(code, o.currency.code) {
		errs.add(path+".currencyIsoCode", "Currency %s differs from the order's currency %s", code, o.currency.code)
		return 0, false
	}
	value, _ := in["value"].(float64)
	amount, exact := o.currency.minor(value)
	if !exact {
		errs.add(path+".value", "%s has %d decimals", o.currency.code, o.currency.digits)
	}
	return amount, exact
}

func (x *exec) applyUpdate(o *order, in args) {
	o.shippingAddress.apply(in.obj("shippingAddress"))
	o.billingAddress.apply(in.obj("billingAddress"))
	for _, c := range in.objs("cancelLines") {
		x.cancelUnits(o.lineByID(c.obj("line").num("id")), c.num("quantity"), c.obj("stockActionPolicy"))
	}
	if in.has("shippingCost") {
		value, _ := in.obj("shippingCost")["value"].(float64)
		o.shipping, _ = o.currency.minor(value)
	}
	if in.has("isOnHold") {
		o.onHold, o.holdReason = in.flag("isOnHold"), in.str("holdStatusChangeReason")
	}
	if in.has("isInternal") {
		o.internal = in.flag("isInternal")
	}
	if in.has("customer") {
		o.customer = x.findCustomer(in.obj("customer"))
	}
	if info := in.obj("customerInfo"); info != nil && o.customer != nil {
		c := *o.customer
		for name, to := range map[string]*string{"firstName": &c.firstName, "lastName": &c.lastName, "email": &c.email} {
			if info.has(name) {
				*to = info.str(name)
			}
		}
		o.customer = &c // the customer's other orders keep what they were placed with
	}
	for name, to := range map[string]*string{"externalId": &o.externalID, "internalComment": &o.internalComment, "otherComment": &o.otherComment} {
		if in.has(name) {
			*to = in.str(name)
		}
	}
}

// apply overwrites the fields that an address update names; the country is not
// among them.
func (ad *address) apply(in args) {
	for name, to := range map[string]*string{
		"email": &ad.Email, "firstName": &ad.FirstName, "lastName": &ad.LastName, "companyName": &ad.CompanyName, "attention": &ad.Attention,
		"address1": &ad.Address1, "address2": &ad.Address2, "stateOrProvince": &ad.StateOrProvince, "city": &ad.City, "zipCode": &ad.ZipCode,
		"phoneNumber": &ad.PhoneNumber, "cellPhoneNumber": &ad.CellPhoneNumber, "faxNumber": &ad.FaxNumber,
	} {
		if in.has(name) {
			*to = in.str(name)
		}
	}
}

func (o *order) lineByID(id int) *line {
	i := slices.IndexFunc(o.lines, func(l *line) bool { return l.id == id })
	if i < 0 {
		return nil
	}
	return o.lines[i]
}

// cancelUnits takes units off a line: what nobody has allocated goes first, so
// that goods already picked are the last to be touched. A bundle line takes its
// items along, and the bundle counts as cancelled as far as its items are.
func (s *Simulator) cancelUnits(l *line, quantity int, policy args) {
	l.cancelled += quantity
	for _, item := range l.items {
		item.cancelled += quantity * item.perBundle
		s.dropAllocations(item, policy)
	}
	s.dropAllocations(l, policy)
	if b := l.parent; b != nil {
		whole := b.ordered
		for _, item := range b.items {
			whole = min(whole, item.cancelled/item.perBundle)
		}
		b.cancelled = whole
	}
	o := l.order
	if len(o.shipments) == 0 && o.units() == 0 {
		o.cancelled = true
	}
}

func (o *order) units() (n int) {
	for _, l := range o.lines {
		if l.kind != kindBundle {
			n += l.quantity()
		}
	}
	return n
}

// dropAllocations gives back what a line holds above its quantity.
func (s *Simulator) dropAllocations(l *line, policy args) {
	if excess := l.allocated(nil) - l.quantity(); excess > 0 && l.physical() {
		s.unallocate(l, excess, nil, policy)
	}
}

func (x *exec) resumeOrder(a args) any {
	var out outcome
	o, err := x.orderToChange(a.obj("order"), "order", "resumeDirectToConsumerOrder", &out)
	if err != nil {
		return err
	}
	if o != nil && !o.onHold {
		out.errors.add("order", "Order %d is not on hold", o.number)
	}
	if o != nil && o.wholesale {
		out.errors.add("order", "Order %d is a wholesale order", o.number)
	}
	if len(out.errors) == 0 {
		o.onHold, o.holdReason = false, ""
		x.changed(o)
	}
	return x.payload(&out, "order", opt(o))
}

func (x *exec) cancelOrder(a args) any {
	var out outcome
	in := a.obj("input")
	o, err := x.orderToChange(args{"id": a.str("id")}, "id", "cancelDirectToConsumerOrder", &out)
	if err != nil {
		return err
	}
	if in.flag("cancelAuthorization") && !x.token.may("Payment.cancel:write") {
		return authorizationError{"Payment.cancel:write", "Mutation.cancelDirectToConsumerOrder"}
	}
	if o != nil {
		if o.wholesale {
			out.errors.add("id", "Order %d is a wholesale order", o.number)
		}
		x.checkPolicy(in.obj("stockAction"), "input.stockAction", &out.errors)
		out.errors = append(out.errors, o.cancellable()...)
	}
	if len(out.errors) == 0 {
		x.cancel(o, in.obj("stockAction"))
		if in.flag("cancelAuthorization") && o.authorised() > 0 {
			x.pay(o, "CANCEL", "SUCCESS", o.authorised(), nil)
			o.released = true
		}
		if in.obj("emailOptions").flag("sendEmail") {
			x.sendMail(o, "", "cancellation")
		}
	}
	return x.payload(&out, "order", opt(o))
}

// cancellable says why an order cannot be cancelled: after capture a return is
// the way.
func (o *order) cancellable() (errs problems) {
	if !o.open("id", &errs) {
		return errs
	}
	if o.capturedTotal() != 0 || o.capturePending() {
		errs.add("id", "Order %d has been captured, create a return instead", o.number)
	}
	if len(o.shipments) > 0 {
		errs.add("id", "Order %d has shipments", o.number)
	}
	return errs
}

// cancel keeps the quantities visible and gives back the stock.
func (s *Simulator) cancel(o *order, policy args) {
	for _, l := range o.lines {
		s.unallocate(l, l.allocated(free), nil, policy)
	}
	o.cancelled = true
	s.changed(o)
}

func (x *exec) setOrdersLock(a args) any {
	var out outcome
	in := a.obj("input")
	orders := []any{}
	for i, ref := range in.objs("orders") {
		if o := x.findOrder(ref, "input.orders."+itoa(i), &out); o != nil {
			orders = append(orders, o)
		}
	}
	if len(out.errors) == 0 {
		for _, item := range orders {
			if o := item.(*order); o.locked != in.flag("isLocked") {
				o.locked = in.flag("isLocked")
				x.changed(o)
			}
		}
	}
	return x.payload(&out, "orders", orders)
}
