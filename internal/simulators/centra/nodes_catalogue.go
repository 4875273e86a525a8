package centra

// How products, stock, places and channels look through the API.

func (p *product) typeName() string { return "Product" }

func (p *product) brandNode() any {
	if p.brand == "" {
		return nil
	}
	return rec{"Brand", map[string]any{"id": p.id, "name": p.brand}}
}

func (p *product) field(_ *exec, name string, a args) any {
	switch name {
	case "id":
		return p.id
	case "name":
		return p.name
	case "status":
		return p.status
	case "productNumber":
		return orNull(p.number)
	case "isBundle":
		return p.bundle
	case "isSerializableProduct":
		return p.serializable
	case "harmonizedCommodityCode":
		return orNull(p.hsCode)
	case "harmonizedCommodityCodeDescription":
		return orNull(p.hsText)
	case "internalComment":
		return orNull(p.comment)
	case "brand":
		return p.brandNode()
	case "variants":
		return list(p.variants)
	case "createdAt":
		return formatTime(p.created, a.str("format"))
	case "updatedAt":
		return formatTime(p.updated, a.str("format"))
	default:
		return attributeNodes(p.attributes, a)
	}
}

func (v *variant) typeName() string { return "ProductVariant" }

func (v *variant) field(_ *exec, name string, a args) any {
	switch name {
	case "id":
		return v.id
	case "name":
		return v.name
	case "status":
		return v.status
	case "variantNumber":
		return orNull(v.number)
	case "internalName":
		return orNull(v.internalName)
	case "stockOffset":
		return v.stockOffset
	case "unitCost":
		if v.costCurrency == nil {
			return nil
		}
		return monetary{v.unitCost, v.costCurrency, 1}
	case "product":
		return v.product
	case "productSizes":
		return list(v.sizes)
	case "updatedAt":
		return formatTime(v.updated, a.str("format"))
	default:
		return attributeNodes(v.attributes, a)
	}
}

func (p *productSize) typeName() string { return "ProductSize" }

func (p *productSize) field(x *exec, name string, a args) any {
	switch name {
	case "id":
		return p.id
	case "description":
		return orNull(p.description)
	case "SKU":
		return orNull(p.sku)
	case "EAN", "GTIN":
		return orNull(p.ean)
	case "UPC":
		return orNull(p.upc)
	case "sizeNumber":
		return orNull(p.number)
	case "preorder":
		return p.preorder
	case "size":
		return rec{"Size", map[string]any{"id": p.size.id, "name": p.size.name}}
	case "productVariant":
		return p.variant
	case "stock":
		rows := []any{}
		for _, w := range x.warehouses {
			if x.stock[stockKey{w.id, p.id}] != nil {
				rows = append(rows, stockNode{w, p})
			}
		}
		return x.select1(rows, a, filterStock)
	default:
		return x.totalsNode(x.warehouses, []*productSize{p}, a)
	}
}

// stockNode is one row of stock: a size in a warehouse.
type stockNode struct {
	warehouse *warehouse
	size      *productSize
}

func (stockNode) typeName() string { return "Stock" }

func (n stockNode) field(x *exec, name string, _ args) any {
	switch name {
	case "warehouse":
		return n.warehouse
	case "productSize":
		return n.size
	}
	return x.quantity(n, name)
}

// quantity is one figure of a row. Demand and unshipped units belong to the
// size, not to a warehouse: each row tells the unshipped units it has allocated.
func (s *Simulator) quantity(n stockNode, name string) int {
	row := s.stock[stockKey{n.warehouse.id, n.size.id}]
	if row == nil {
		row = &stock{}
	}
	free := row.physical - row.allocated
	switch name {
	case "freeToAllocateQuantity":
		return free
	case "physicalQuantity":
		return row.physical
	case "allocatedQuantity", "unshippedQuantity":
		return row.allocated
	case "demandQuantity":
		return s.demand(n.size)
	case "availableNowQuantity", "availableQuantity":
		return free - s.demand(n.size)
	}
	return 0
}

func (s *Simulator) totalsNode(warehouses []*warehouse, sizes []*productSize, a args) any {
	names := []string{
		"availableQuantity", "physicalQuantity", "freeToAllocateQuantity", "demandQuantity", "allocatedQuantity", "unshippedQuantity",
		"onDeliveryQuantity", "linkedIncomingQuantity", "unlinkedIncomingQuantity",
	}
	sums := make(map[string]any, len(names))
	for _, name := range names {
		sum := 0
		for _, z := range sizes {
			perSize := 0
			for _, w := range warehouses {
				if wanted(a.obj("where"), "warehouseId", w.id) {
					if q := s.quantity(stockNode{w, z}, name); name == "demandQuantity" {
						perSize = q
					} else if name == "availableQuantity" {
						perSize += s.quantity(stockNode{w, z}, "freeToAllocateQuantity")
					} else {
						perSize += q
					}
				}
			}
			if name == "availableQuantity" {
				perSize -= s.demand(z)
			}
			sum += perSize
		}
		sums[name] = sum
	}
	return rec{"StockTotals", sums}
}

func (w *warehouse) typeName() string { return "Warehouse" }

func (w *warehouse) field(x *exec, name string, a args) any {
	switch name {
	case "id":
		return w.id
	case "name":
		return w.name
	case "status":
		return "ACTIVE"
	case "stockOwnership":
		return w.ownership
	case "allocationPolicy":
		return w.policy
	case "stockMaster":
		return w.stockMaster
	case "isHiddenFromStockView", "isConsignation":
		return false
	case "threshold":
		return w.threshold
	case "country":
		return opt(w.country)
	case "stock":
		return x.select1(x.rowsOf(w, namedBy(a.obj("where"), "productSizeId")), a, filterStock)
	case "stockTotals":
		return x.totalsNode([]*warehouse{w}, x.sizes, a)
	}
	return nil
}

func (c *country) typeName() string { return "Country" }

func (c *country) field(_ *exec, name string, _ args) any {
	return map[string]any{"id": c.id, "name": c.name, "code": c.code, "isEU": c.eu, "states": []any{}}[name]
}

func (s *store) typeName() string { return "Store" }

func (s *store) field(_ *exec, name string, _ args) any {
	switch name {
	case "id":
		return s.id
	case "name":
		return s.name
	}
	if s.wholesale {
		return "WHOLESALE"
	}
	return "DIRECT_TO_CONSUMER"
}

func (m *market) typeName() string { return "Market" }

func (m *market) field(_ *exec, name string, _ args) any {
	return map[string]any{
		"id": m.id, "name": m.name, "comment": orNull(m.comment), "store": m.store, "allocationRule": opt(m.rule), "assignedToCountries": list(m.countries),
	}[name]
}

func (r *allocationRule) typeName() string { return "AllocationRule" }

func (r *allocationRule) field(_ *exec, name string, _ args) any {
	if name == "id" {
		return r.id
	}
	return r.name
}

func (p *pricelist) typeName() string { return "Pricelist" }

func (p *pricelist) field(_ *exec, name string, _ args) any {
	return map[string]any{"id": p.id, "name": p.name, "currency": p.currency.node(), "assignedToCountries": []any{}}[name]
}

func (o *shippingOption) typeName() string { return "ShippingOption" }

func (o *shippingOption) field(_ *exec, name string, _ args) any {
	return map[string]any{"id": o.id, "name": o.name, "uri": orNull(o.uri), "status": o.status}[name]
}

func (p *paymentMethod) typeName() string { return "PaymentMethod" }

func (p *paymentMethod) field(_ *exec, name string, _ args) any {
	return map[string]any{"id": p.id, "name": orNull(p.name), "uri": orNull(p.uri), "plugin": orNull(p.plugin)}[name]
}

func (c *customer) typeName() string { return "Customer" }

func (c *customer) field(_ *exec, name string, a args) any {
	if name == "attributes" {
		return attributeNodes(c.attributes, a)
	}
	return map[string]any{"id": c.id, "email": c.email, "firstName": orNull(c.firstName), "lastName": orNull(c.lastName)}[name]
}

func (b *bundle) typeName() string { return "Bundle" }

func (b *bundle) field(_ *exec, name string, _ args) any {
	switch name {
	case "id":
		return b.id
	case "type":
		return b.kind
	case "priceType":
		return b.priceType
	case "product":
		return b.product
	case "sizes":
		return []any{}
	default:
		out := []any{}
		for i, item := range b.items {
			out = append(out, rec{"BundleSection", map[string]any{"id": b.id*100 + i, "quantity": item.quantity, "productVariants": []any{item.size.variant}}})
		}
		return out
	}
}

// attributeNodes shows assigned attributes, filtered by type name.
func attributeNodes(all []*attribute, a args) []any {
	out := []any{}
	names := a.obj("where")["typeName"]
	for _, at := range all {
		if names == nil || contains(names, at.kind.name) {
			out = append(out, at.node())
		}
	}
	return out
}

func (at *attribute) node() any {
	k := at.kind
	elements := []any{}
	for _, e := range at.elements {
		fields := map[string]any{"key": e.key, "description": nil, "value": e.value}
		name := "AttributeStringElement"
		for _, t := range k.elements {
			if t.key != e.key {
				continue
			}
			fields["description"] = orNull(t.description)
			switch t.kind {
			case "choice":
				name = "AttributeChoiceElement"
				fields["isMulti"], fields["selectedValue"], fields["selectedValueName"] = k.multi, e.value, orNull(e.valueName)
			case "file", "image":
				name = "AttributeFileElement"
				if t.kind == "image" {
					name = "AttributeImageElement"
				}
				fields["url"] = e.value
			}
		}
		elements = append(elements, rec{name, fields})
	}
	name := "DynamicAttribute"
	if k.mapped {
		name = "MappedAttribute"
	}
	return rec{name, map[string]any{
		"id": at.id, "description": orNull(k.description), "objectType": k.objectType, "elements": elements,
		"type": rec{"AttributeType", map[string]any{"name": k.name, "description": orNull(k.description), "isMapped": k.mapped, "isMulti": k.multi, "objectType": k.objectType}},
	}}
}
