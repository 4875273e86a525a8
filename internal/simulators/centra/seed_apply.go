package centra

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Seed adds to the instance. Its error names the entry that is wrong and what
// to write instead; entries before it have been added.
func (s *Simulator) Seed(seed Seed) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.flush()
	if err := s.seedSettings(seed); err != nil {
		return err
	}
	for _, part := range []func(Seed) error{s.seedPlaces, s.seedChannels, s.seedTokens, s.seedAttributeTypes, s.seedProducts, s.seedStock} {
		if err := part(seed); err != nil {
			return err
		}
	}
	for i, o := range seed.Orders {
		if err := s.seedOrder(o); err != nil {
			return fmt.Errorf("orders[%d] (number %d): %w", i, o.Number, err)
		}
	}
	return nil
}

// choice checks a value of a fixed list and fills in the default, its first.
func choice(field string, value *string, allowed ...string) error {
	if *value == "" {
		*value = allowed[0]
	}
	if !slices.Contains(allowed, *value) {
		return fmt.Errorf("%s is %q, must be one of %s", field, *value, strings.Join(allowed, ", "))
	}
	return nil
}

func (s *Simulator) seedSettings(seed Seed) error {
	for _, c := range []struct {
		field, value string
		to           *string
		allowed      []string
	}{
		{"bundleLines", seed.BundleLines, &s.bundleLines, []string{"items", "bundle"}},
		{"bundleValue", seed.BundleValue, &s.bundleValue, []string{"items", "bundle"}},
		{"retryAfter", seed.RetryAfter, &s.retryFormat, []string{retryUnix, retryHTTP, retrySeconds}},
	} {
		if c.value == "" {
			continue
		}
		if err := choice(c.field, &c.value, c.allowed...); err != nil {
			return err
		}
		*c.to = c.value
	}
	if seed.Webhook != nil {
		if err := checkHookURL(seed.Webhook.URL); err != nil {
			return err
		}
		s.hooks.url, s.hooks.secret, s.hooks.types = seed.Webhook.URL, seed.Webhook.Secret, seed.Webhook.Types
	}
	if seed.Quotas != nil {
		s.setQuotas(*seed.Quotas)
	}
	if seed.EventsEnabled != nil {
		s.eventsEnabled = *seed.EventsEnabled
	}
	if seed.Introspection != nil {
		s.introspectionOff.Store(!*seed.Introspection)
	}
	if seed.Leak != nil {
		s.leak = *seed.Leak
		s.weather.SetLeak(*seed.Leak)
	}
	return nil
}

// upsert replaces the entry that is the same, or adds one.
func upsert[T any](list *[]*T, fresh *T, same func(*T) bool) *T {
	if i := slices.IndexFunc(*list, same); i >= 0 {
		*(*list)[i] = *fresh
		return (*list)[i]
	}
	*list = append(*list, fresh)
	return fresh
}

func find[T any](list []*T, same func(*T) bool) *T {
	if i := slices.IndexFunc(list, same); i >= 0 {
		return list[i]
	}
	return nil
}

func (s *Simulator) seedPlaces(seed Seed) error {
	for _, c := range seed.Currencies {
		s.currency(c.Code, c.ID).base = c.Base
	}
	for _, c := range seed.Countries {
		known := s.country(c.Code, c.ID)
		if c.Name != "" {
			known.name = c.Name
		}
		known.eu = c.EU
	}
	for i, w := range seed.Warehouses {
		field := fmt.Sprintf("warehouses[%d]", i)
		if w.Name == "" {
			return fmt.Errorf("%s.name is empty", field)
		}
		if err := choice(field+".allocationPolicy", &w.AllocationPolicy, "DIRECT", "CHECK_FIRST", "DIRECT_THEN_CONFIRM"); err != nil {
			return err
		}
		if err := choice(field+".stockMaster", &w.StockMaster, "EXTERNAL", "CENTRA"); err != nil {
			return err
		}
		known := find(s.warehouses, func(o *warehouse) bool { return o.name == w.Name })
		id := w.ID
		if known != nil && id == 0 {
			id = known.id
		}
		fresh := &warehouse{id: s.newID("warehouse", id), name: w.Name, policy: w.AllocationPolicy, stockMaster: w.StockMaster, ownership: "THIRD_PARTY", threshold: w.Threshold}
		if w.Country != "" {
			fresh.country = s.country(w.Country, 0)
		}
		upsert(&s.warehouses, fresh, func(o *warehouse) bool { return o.name == w.Name })
	}
	return nil
}

func (s *Simulator) currency(code string, id int) *currency {
	if known := s.currencyByCode(code); known != nil {
		return known
	}
	c := &currency{id: s.newID("currency", id), code: strings.ToUpper(code), digits: digitsOf(strings.ToUpper(code))}
	s.currencies = append(s.currencies, c)
	return c
}

func (s *Simulator) country(code string, id int) *country {
	if known := s.countryByCode[code]; known != nil {
		return known
	}
	c := &country{id: s.newID("country", id), code: code, name: code}
	s.countries = append(s.countries, c)
	s.countryByCode[code] = c
	return c
}

func (s *Simulator) seedChannels(seed Seed) error {
	for i, st := range seed.Stores {
		if err := choice(fmt.Sprintf("stores[%d].type", i), &st.Type, "DIRECT_TO_CONSUMER", "WHOLESALE"); err != nil {
			return err
		}
		id := st.ID
		if known := s.storeByName(st.Name); known != nil && id == 0 {
			id = known.id
		}
		upsert(&s.stores, &store{id: s.newID("store", id), name: st.Name, wholesale: st.Type == "WHOLESALE"}, func(o *store) bool { return o.name == st.Name })
	}
	for i, m := range seed.Markets {
		if err := s.seedMarket(m); err != nil {
			return fmt.Errorf("markets[%d]: %w", i, err)
		}
	}
	for i, p := range seed.Pricelists {
		fresh := &pricelist{id: s.newID("pricelist", p.ID), name: p.Name, currency: s.currency(p.Currency, 0)}
		if p.Store != "" {
			st := s.storeByName(p.Store)
			if st == nil {
				return fmt.Errorf("pricelists[%d].store %q is not among the stores", i, p.Store)
			}
			fresh.storeID = st.id
		}
		upsert(&s.pricelists, fresh, func(o *pricelist) bool { return o.name == p.Name })
	}
	for i, o := range seed.ShippingOptions {
		if err := choice(fmt.Sprintf("shippingOptions[%d].status", i), &o.Status, "ACTIVE", "INACTIVE"); err != nil {
			return err
		}
		upsert(&s.shippingOptions, &shippingOption{id: s.newID("shippingOption", o.ID), name: o.Name, uri: o.URI, status: o.Status}, func(k *shippingOption) bool { return k.name == o.Name })
	}
	for i, p := range seed.PaymentMethods {
		if err := s.seedPayment(p); err != nil {
			return fmt.Errorf("paymentMethods[%d]: %w", i, err)
		}
	}
	return nil
}

func (s *Simulator) seedMarket(m SeedMarket) error {
	st := s.storeByName(m.Store)
	if st == nil {
		return fmt.Errorf("store %q is not among the stores", m.Store)
	}
	fresh := &market{id: s.newID("market", m.ID), name: m.Name, comment: m.Comment, store: st}
	fresh.rule = &allocationRule{id: fresh.id, name: m.Name}
	for _, code := range m.Countries {
		fresh.countries = append(fresh.countries, s.country(code, 0))
	}
	for _, name := range m.Warehouses {
		w := s.warehouseByName(name)
		if w == nil {
			return fmt.Errorf("warehouse %q is not among the warehouses", name)
		}
		fresh.warehouses = append(fresh.warehouses, w)
	}
	upsert(&s.markets, fresh, func(o *market) bool { return o.name == m.Name && o.store == st })
	return nil
}

func (s *Simulator) warehouseByName(name string) *warehouse {
	return find(s.warehouses, func(w *warehouse) bool { return w.name == name })
}

func (s *Simulator) seedPayment(p SeedPaymentMethod) error {
	if err := choice("captureMode", &p.CaptureMode, "on-shipment", "before-submission", "external"); err != nil {
		return err
	}
	for field, outcome := range map[string]*string{"captureOutcome": &p.CaptureOutcome, "refundOutcome": &p.RefundOutcome} {
		if err := choice(field, outcome, outcomeSuccess, outcomeFail, outcomePending, outcomePendingFail); err != nil {
			return err
		}
	}
	upsert(&s.payments, &paymentMethod{
		id: s.newID("paymentMethod", p.ID), name: p.Name, uri: p.URI, plugin: p.Plugin, captureMode: p.CaptureMode,
		captureOutcome: p.CaptureOutcome, refundOutcome: p.RefundOutcome, pending: time.Duration(p.PendingMs) * time.Millisecond,
	}, func(k *paymentMethod) bool { return k.name == p.Name })
	return nil
}

func (s *Simulator) seedTokens(seed Seed) error {
	for i, t := range seed.Tokens {
		if t.Token == "" || t.Integration == "" {
			return fmt.Errorf("tokens[%d]: token and integration must both be given", i)
		}
		fresh := &token{integration: t.Integration, permissions: t.Permissions, expires: t.ExpiresAt, revoked: t.Revoked}
		if t.Store != "" {
			st := s.storeByName(t.Store)
			if st == nil {
				return fmt.Errorf("tokens[%d].store %q is not among the stores", i, t.Store)
			}
			fresh.storeID = st.id
		}
		s.tokens[t.Token] = fresh
	}
	return nil
}

func (s *Simulator) seedAttributeTypes(seed Seed) error {
	for i, t := range seed.AttributeTypes {
		field := fmt.Sprintf("attributeTypes[%d]", i)
		if !slices.Contains([]string{"Order", "Customer", "Product", "ProductVariant"}, t.ObjectType) {
			return fmt.Errorf("%s.objectType is %q, must be Order, Customer, Product or ProductVariant", field, t.ObjectType)
		}
		fresh := &attributeType{name: t.Name, description: t.Description, objectType: t.ObjectType, mapped: t.Mapped, multi: t.Multi, options: make(map[int][]attributeElement)}
		for j, e := range t.Elements {
			if err := choice(fmt.Sprintf("%s.elements[%d].kind", field, j), &e.Kind, "string", "choice", "file", "image"); err != nil {
				return err
			}
			fresh.elements = append(fresh.elements, attributeElementType{e.Key, e.Kind, e.Description})
		}
		for id, values := range t.Options {
			for _, key := range sortedKeys(values) {
				fresh.options[id] = append(fresh.options[id], attributeElement{key: key, value: values[key], valueName: values[key]})
			}
		}
		upsert(&s.attributeTypes, fresh, func(o *attributeType) bool { return o.name == t.Name && o.objectType == t.ObjectType })
	}
	return nil
}

func (s *Simulator) seedAttributes(objectType string, given []SeedAttribute) (out []*attribute, err error) {
	for i, a := range given {
		t := s.attributeType(a.Type, objectType)
		if t == nil {
			return nil, fmt.Errorf("attributes[%d].type %q is not among the attributeTypes of %s", i, a.Type, objectType)
		}
		if t.mapped {
			if t.options[a.Option] == nil {
				return nil, fmt.Errorf("attributes[%d].option %d is no option of %q", i, a.Option, a.Type)
			}
			out = append(out, &attribute{kind: t, id: a.Option, elements: t.options[a.Option]})
			continue
		}
		for _, key := range sortedKeys(a.Elements) {
			setElement(&out, t, attributeElement{key: key, value: a.Elements[key], valueName: a.Elements[key]})
		}
	}
	return out, nil
}

func (s *Simulator) seedProducts(seed Seed) error {
	for i, p := range seed.Products {
		if err := s.seedProduct(p); err != nil {
			return fmt.Errorf("products[%d]: %w", i, err)
		}
	}
	for i, b := range seed.Bundles {
		if err := s.seedBundle(b); err != nil {
			return fmt.Errorf("bundles[%d]: %w", i, err)
		}
	}
	return nil
}

func (s *Simulator) seedProduct(in SeedProduct) error {
	if err := choice("status", &in.Status, "ACTIVE", "INACTIVE"); err != nil {
		return err
	}
	attributes, err := s.seedAttributes("Product", in.Attributes)
	if err != nil {
		return err
	}
	p := &product{
		id: s.newID("product", in.ID), name: in.Name, number: in.Number, brand: in.Brand, status: in.Status, serializable: in.Serializable,
		hsCode: in.HarmonizedCommodityCode, hsText: in.HarmonizedCommodityCodeDescription, comment: in.InternalComment,
		attributes: attributes, created: s.now(), updated: s.now(),
	}
	for i, v := range in.Variants {
		if err := s.seedVariant(p, v); err != nil {
			return fmt.Errorf("variants[%d]: %w", i, err)
		}
	}
	s.products = append(s.products, p)
	return nil
}

func (s *Simulator) seedVariant(p *product, in SeedVariant) error {
	if err := choice("status", &in.Status, "ACTIVE", "INACTIVE"); err != nil {
		return err
	}
	attributes, err := s.seedAttributes("ProductVariant", in.Attributes)
	if err != nil {
		return err
	}
	v := &variant{
		id: s.newID("variant", in.ID), name: in.Name, number: in.Number, internalName: in.InternalName, status: in.Status, stockOffset: in.StockOffset,
		unitCost: in.UnitCost, product: p, attributes: attributes, updated: s.now(),
	}
	if in.UnitCostCurrency != "" {
		v.costCurrency = s.currency(in.UnitCostCurrency, 0)
	}
	for i, z := range in.Sizes {
		sku := z.SKU
		if sku == "" {
			sku = p.number + v.number + z.Number
		}
		if sku == "" || s.sizeBySKU[sku] != nil {
			return fmt.Errorf("sizes[%d]: the SKU %q is empty or taken", i, sku)
		}
		fresh := &productSize{
			id: s.newID("productSize", z.ID), sku: sku, ean: z.EAN, upc: z.UPC, number: z.Number, preorder: z.Preorder, description: z.Description,
			size: &size{id: s.sizeID(z.Name), name: z.Name}, variant: v, updated: s.now(),
		}
		v.sizes = append(v.sizes, fresh)
		s.sizes, s.sizeBySKU[sku], s.sizeByID[fresh.id] = append(s.sizes, fresh), fresh, fresh
		s.lists.byEAN = nil
		for _, name := range sortedKeys(z.Stock) {
			w := s.warehouseByName(name)
			if w == nil {
				return fmt.Errorf("sizes[%d].stock: warehouse %q is not among the warehouses", i, name)
			}
			s.row(w, fresh).physical = z.Stock[name]
		}
	}
	p.variants = append(p.variants, v)
	return nil
}

func (s *Simulator) seedBundle(in SeedBundle) error {
	if err := choice("type", &in.Type, "FIXED", "FLEXIBLE"); err != nil {
		return err
	}
	if err := choice("priceType", &in.PriceType, "STATIC", "DYNAMIC"); err != nil {
		return err
	}
	items, err := s.bundleItems(in.Items)
	if err != nil {
		return err
	}
	if err := s.seedProduct(SeedProduct{Name: in.Name, Number: in.SKU, Variants: []SeedVariant{{Name: in.Name, Sizes: []SeedSize{{Name: "", SKU: in.SKU}}}}}); err != nil {
		return err
	}
	p := s.products[len(s.products)-1]
	p.bundle = true
	p.definition = &bundle{id: s.newID("bundle", 0), kind: in.Type, priceType: in.PriceType, product: p, items: items}
	return nil
}

func (s *Simulator) bundleItems(in []SeedBundleItem) (out []bundleItem, err error) {
	for i, item := range in {
		z := s.sizeBySKU[item.SKU]
		if z == nil || item.Quantity < 1 {
			return nil, fmt.Errorf("items[%d]: SKU %q with quantity %d must be a seeded size and 1 or more", i, item.SKU, item.Quantity)
		}
		weight := item.Weight
		if weight == 0 {
			weight = int64(item.Quantity)
		}
		out = append(out, bundleItem{size: z, quantity: item.Quantity, weight: weight})
	}
	return out, nil
}

func (s *Simulator) seedStock(seed Seed) error {
	for i, st := range seed.Stock {
		w, z := s.warehouseByName(st.Warehouse), s.sizeBySKU[st.SKU]
		if w == nil || z == nil {
			return fmt.Errorf("stock[%d]: warehouse %q or SKU %q is not seeded", i, st.Warehouse, st.SKU)
		}
		s.row(w, z).physical = max(st.Physical, s.row(w, z).allocated)
	}
	return nil
}
