package centra

// How orders, their lines and payments look through the API.

func (o *order) typeName() string {
	if o.wholesale {
		return "WholesaleOrder"
	}
	return "DirectToConsumerOrder"
}

func (o *order) field(x *exec, name string, a args) any {
	switch name {
	case "id":
		return o.id
	case "number":
		return o.number
	case "status":
		return o.status()
	case "grandTotal":
		if including, asked := a["includingTax"].(bool); asked && !including {
			return o.money(o.netTotal())
		}
		return o.money(o.grandTotal())
	case "createdAt":
		return formatTime(o.created, a.str("format"))
	case "updatedAt":
		return formatTime(o.updated, a.str("format"))
	case "orderDate":
		return formatTime(o.ordered, a.str("format"))
	case "internalComment":
		return orNull(o.internalComment)
	case "otherComment":
		return o.otherComment
	case "currencyBaseRate":
		return o.rate
	case "attributes":
		return attributeNodes(o.attributes, a)
	case "billingAddress":
		return x.addressNode(o.billingAddress)
	case "shippingAddress":
		return x.addressNode(o.shippingAddress)
	case "country":
		return opt(x.countryByCode[o.shippingAddress.Country])
	case "discountsApplied":
		return o.discountNodes()
	case "isOnHold":
		return o.onHold
	case "isLocked":
		return o.locked
	case "isInternal":
		return o.internal
	case "isWaitingForPayment":
		return o.waitingForPayment
	case "lines":
		out := []any{}
		for _, l := range o.lines {
			if l.quantity() > 0 || a.flag("includeFullyCancelled") {
				out = append(out, l)
			}
		}
		return out
	case "totals":
		return o.totalsNode()
	case "paymentHistory":
		return x.select1(list(o.history), a, filterPayment)
	case "shipments":
		return list(o.shipments)
	}
	return o.relation(name)
}

func (o *order) relation(name string) any {
	switch name {
	case "allocationRule":
		if o.market == nil {
			return nil
		}
		return opt(o.market.rule)
	case "shippingPriceGroup":
		if o.shippingOption == nil {
			return nil
		}
		return rec{"ShippingPriceGroup", map[string]any{"id": o.shippingOption.id, "shippingOption": o.shippingOption, "countries": func(x *exec, _ args) any {
			if c := x.countryByCode[o.shippingAddress.Country]; c != nil {
				return []any{c}
			}
			return []any{}
		}}}
	case "paymentMethod":
		return opt(o.payment)
	case "store":
		return o.store
	case "market":
		return opt(o.market)
	case "pricelist":
		return opt(o.pricelist)
	case "customer":
		return opt(o.customer)
	case "buyer":
		if o.customer == nil {
			return nil
		}
		return rec{"Buyer", map[string]any{"id": o.customer.id, "email": o.customer.email, "firstName": orNull(o.customer.firstName), "lastName": orNull(o.customer.lastName)}}
	case "account":
		if o.customer == nil {
			return nil
		}
		return rec{"Account", map[string]any{"id": o.customer.accountID, "name": o.customer.accountName}}
	case "purchaseOrderNumber":
		return orNull(o.purchaseOrder)
	}
	return nil
}

func (o *order) discountNodes() []any {
	out := []any{}
	for _, d := range o.discounts {
		name := "AdminDiscount"
		if d.voucher {
			name = "AppliedVoucherDiscount"
		}
		out = append(out, rec{name, map[string]any{"value": o.money(d.value), "date": formatTime(d.at, "")}})
	}
	return out
}

func (o *order) totalsNode() any {
	units := 0
	for _, l := range o.lines {
		if l.kind != kindBundle {
			units += l.quantity()
		}
	}
	included, added := o.grandTotal()-o.netTotal(), int64(0)
	if o.taxAdded {
		included, added = 0, included
	}
	return rec{"OrderTotals", map[string]any{
		"quantity": units, "shipping": o.money(o.shipping), "handling": o.money(o.handling), "taxAdded": o.money(added),
		"taxDeducted": o.money(0), "taxIncluded": o.money(included), "discounts": o.money(o.discountTotal()),
	}}
}

func (l *line) typeName() string {
	switch l.kind {
	case kindBundle:
		return "BundleOrderLine"
	case kindBundleItem:
		return "BundleItemOrderLine"
	case kindGift:
		return "GiftCertificateOrderLine"
	}
	return "ProductOrderLine"
}

func (l *line) field(x *exec, name string, a args) any {
	o := l.order
	shown := func() int64 { return x.shownTotal(l) }
	switch name {
	case "id":
		return l.id
	case "quantity":
		return l.quantity()
	case "cancelledQuantity":
		return l.cancelled
	case "returnedQuantity":
		return l.returned()
	case "unitOriginalPrice":
		return o.priced(max(l.originalPrice, share(shown(), 1, l.ordered)), l.taxPercent, a)
	case "unitPrice":
		return o.priced(share(shown(), 1, l.ordered), l.taxPercent, a)
	case "lineValue":
		return o.priced(share(shown(), l.quantity(), l.ordered), l.taxPercent, a)
	case "discountPercent":
		full := l.originalPrice * int64(l.ordered)
		if full == 0 || shown() >= full {
			return 0.0
		}
		return float64(full-shown()) * 100 / float64(full)
	case "hasAnyDiscount":
		return shown() < l.originalPrice*int64(l.ordered) || len(o.discounts) > 0
	case "taxPercent":
		return l.taxPercent
	case "comment":
		return orNull(l.comment)
	case "allocations":
		out := []any{}
		for _, al := range l.allocations {
			if !al.completed {
				out = append(out, al)
			}
		}
		return out
	}
	return l.catalogueField(name)
}

// catalogueField answers what a line copies from the catalogue.
func (l *line) catalogueField(name string) any {
	if l.size == nil {
		switch name {
		case "size", "productNumber":
			return ""
		case "productName":
			return orNull(l.name)
		}
		return nil
	}
	v := l.size.variant
	switch name {
	case "size":
		return l.size.size.name
	case "productNumber":
		return v.product.number
	case "productName":
		return v.product.name
	case "productBrand":
		return orNull(v.product.brand)
	case "productVariantName":
		return v.name
	case "brand":
		return v.product.brandNode()
	case "product":
		return v.product
	case "productVariant":
		return v
	case "productSize":
		return l.size
	}
	return nil
}

func (al *allocation) typeName() string { return "Allocation" }

func (al *allocation) field(_ *exec, name string, _ args) any {
	switch name {
	case "id":
		return al.id
	case "quantity":
		return al.quantity
	case "orderLine":
		return al.line
	case "warehouse":
		return al.warehouse
	case "isWaitingForConfirmation":
		return al.waiting
	default: // stockChangeLine
		return rec{"StockChangeLine", map[string]any{
			"id": al.id, "isAvailable": true, "freeToAllocateQuantity": 0, "deliveredQuantity": al.quantity, "unitCost": nil,
			"productSize": opt(al.line.size), "createdFromShipmentLine": opt(al.on), "warehouse": al.warehouse,
			"stockChange": rec{"StockChange", map[string]any{"id": al.id}},
		}}
	}
}

func (p *paymentEntry) typeName() string { return "PaymentHistoryEntry" }

func (p *paymentEntry) field(_ *exec, name string, a args) any {
	switch name {
	case "id":
		return p.id
	case "createdAt":
		return formatTime(p.at, a.str("format"))
	case "status":
		return p.status
	case "entryType":
		return p.kind
	case "externalReference":
		return orNull(p.reference)
	case "paymentMethod":
		if p.method != "" {
			return p.method
		}
		if p.order.payment != nil {
			return p.order.payment.name
		}
	case "value":
		return p.order.money(p.value)
	case "currencyBaseRate":
		return p.order.rate
	case "order":
		return p.order
	case "return":
		return opt(p.ret)
	case "source":
		return "payment-provider"
	}
	return nil
}

func (x *exec) addressNode(ad address) any {
	if ad == (address{}) {
		return nil
	}
	return rec{"Address", map[string]any{
		"firstName": orNull(ad.FirstName), "lastName": orNull(ad.LastName), "companyName": orNull(ad.CompanyName), "attention": orNull(ad.Attention),
		"address1": orNull(ad.Address1), "address2": orNull(ad.Address2), "zipCode": orNull(ad.ZipCode), "city": orNull(ad.City),
		"stateOrProvince": orNull(ad.StateOrProvince), "country": opt(x.countryByCode[ad.Country]), "email": orNull(ad.Email),
		"phoneNumber": orNull(ad.PhoneNumber), "cellPhoneNumber": orNull(ad.CellPhoneNumber), "faxNumber": orNull(ad.FaxNumber), "vatNumber": orNull(ad.VATNumber),
	}}
}
