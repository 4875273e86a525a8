package centra

import "time"

// Seed fills an instance. Seeding is additive: what has the name (token, SKU,
// number) of something that is there already replaces or extends it, except
// orders, whose numbers must be new. Things refer to each other by name, SKU or
// order number. Amounts are integer minor units of the currency, tax included.
type Seed struct {
	Stores          []SeedStore          `json:"stores,omitempty"`
	Currencies      []SeedCurrency       `json:"currencies,omitempty"`
	Countries       []SeedCountry        `json:"countries,omitempty"`
	Warehouses      []SeedWarehouse      `json:"warehouses,omitempty"`
	Markets         []SeedMarket         `json:"markets,omitempty"`
	Pricelists      []SeedPricelist      `json:"pricelists,omitempty"`
	ShippingOptions []SeedShippingOption `json:"shippingOptions,omitempty"`
	PaymentMethods  []SeedPaymentMethod  `json:"paymentMethods,omitempty"`
	Tokens          []SeedToken          `json:"tokens,omitempty"`
	AttributeTypes  []SeedAttributeType  `json:"attributeTypes,omitempty"`
	Products        []SeedProduct        `json:"products,omitempty"`
	Bundles         []SeedBundle         `json:"bundles,omitempty"`
	Stock           []SeedStock          `json:"stock,omitempty"`
	Orders          []SeedOrder          `json:"orders,omitempty"`
	Webhook         *SeedWebhook         `json:"webhook,omitempty"`
	Quotas          *Quotas              `json:"quotas,omitempty"`
	// EventsEnabled switches Centra's event system on; it is off at first.
	EventsEnabled *bool `json:"eventsEnabled,omitempty"`
	// BundleLines says what createShipment takes: "items" (default) or "bundle".
	BundleLines string `json:"bundleLines,omitempty"`
	// BundleValue says which lines carry a bundle's price: "items" (default) or "bundle".
	BundleValue string `json:"bundleValue,omitempty"`
	// Introspection can be switched off, as production instances have it.
	Introspection *bool `json:"introspection,omitempty"`
	// Leak is planted in error pages and in messages of the payment provider.
	Leak *string `json:"leak,omitempty"`
	// RetryAfter is the format of that header: "unix" (default), "http-date" or "seconds".
	RetryAfter string `json:"retryAfter,omitempty"`
}

// SeedStore is a sales channel. Type is DIRECT_TO_CONSUMER (default) or WHOLESALE.
type SeedStore struct {
	ID   int    `json:"id,omitempty"`
	Name string `json:"name"`
	Type string `json:"type,omitempty"`
}

// SeedCurrency is a currency; the decimals of its minor unit follow ISO 4217.
// Currencies that orders name are added by themselves.
type SeedCurrency struct {
	ID   int    `json:"id,omitempty"`
	Code string `json:"code"`
	Base bool   `json:"base,omitempty"`
}

// SeedCountry is a country by ISO 3166 code. Countries that addresses name are
// added by themselves, named by their code.
type SeedCountry struct {
	ID   int    `json:"id,omitempty"`
	Code string `json:"code"`
	Name string `json:"name,omitempty"`
	EU   bool   `json:"eu,omitempty"`
}

// SeedWarehouse is a warehouse. AllocationPolicy is DIRECT (default),
// CHECK_FIRST or DIRECT_THEN_CONFIRM; StockMaster CENTRA or EXTERNAL (default).
type SeedWarehouse struct {
	ID               int    `json:"id,omitempty"`
	Name             string `json:"name"`
	AllocationPolicy string `json:"allocationPolicy,omitempty"`
	StockMaster      string `json:"stockMaster,omitempty"`
	Country          string `json:"country,omitempty"`
	Threshold        int    `json:"threshold,omitempty"`
}

// SeedMarket is a market of a store. Warehouses is its allocation rule, in
// priority order; empty means all warehouses.
type SeedMarket struct {
	ID         int      `json:"id,omitempty"`
	Name       string   `json:"name"`
	Store      string   `json:"store"`
	Comment    string   `json:"comment,omitempty"`
	Countries  []string `json:"countries,omitempty"`
	Warehouses []string `json:"warehouses,omitempty"`
}

// SeedPricelist is a pricelist in one currency.
type SeedPricelist struct {
	ID       int    `json:"id,omitempty"`
	Name     string `json:"name"`
	Currency string `json:"currency"`
	Store    string `json:"store,omitempty"`
}

// SeedShippingOption is a shipping method. Status is ACTIVE (default) or INACTIVE.
type SeedShippingOption struct {
	ID     int    `json:"id,omitempty"`
	Name   string `json:"name"`
	URI    string `json:"uri,omitempty"`
	Status string `json:"status,omitempty"`
}

// SeedPaymentMethod is a payment method. CaptureMode is on-shipment (default),
// before-submission or external; CaptureOutcome and RefundOutcome are success
// (default), fail, pending or pending-fail; a pending one is settled after
// PendingMs (3000).
type SeedPaymentMethod struct {
	ID             int    `json:"id,omitempty"`
	Name           string `json:"name"`
	URI            string `json:"uri,omitempty"`
	Plugin         string `json:"plugin,omitempty"`
	CaptureMode    string `json:"captureMode,omitempty"`
	CaptureOutcome string `json:"captureOutcome,omitempty"`
	RefundOutcome  string `json:"refundOutcome,omitempty"`
	PendingMs      int    `json:"pendingMs,omitempty"`
}

// SeedToken is an API token. No permissions means all of them; an empty store
// means every store; a zero ExpiresAt means never.
type SeedToken struct {
	Token       string    `json:"token"`
	Integration string    `json:"integration"`
	Permissions []string  `json:"permissions,omitempty"`
	Store       string    `json:"store,omitempty"`
	ExpiresAt   time.Time `json:"expiresAt,omitzero"`
	Revoked     bool      `json:"revoked,omitempty"`
}

// SeedAttributeType is an attribute type of the instance. ObjectType is Order,
// Customer, Product or ProductVariant.
type SeedAttributeType struct {
	Name        string                 `json:"name"`
	Description string                 `json:"description,omitempty"`
	ObjectType  string                 `json:"objectType"`
	Mapped      bool                   `json:"mapped,omitempty"`
	Multi       bool                   `json:"multi,omitempty"`
	Elements    []SeedAttributeElement `json:"elements"`
	// Options are the values of a mapped type: attribute id to element key to value.
	Options map[int]map[string]string `json:"options,omitempty"`
}

// SeedAttributeElement is one field of an attribute type. Kind is string
// (default), choice, file or image.
type SeedAttributeElement struct {
	Key         string `json:"key"`
	Kind        string `json:"kind,omitempty"`
	Description string `json:"description,omitempty"`
}

// SeedAttribute assigns an attribute: the elements of a dynamic one, or the
// option of a mapped one.
type SeedAttribute struct {
	Type     string            `json:"type"`
	Elements map[string]string `json:"elements,omitempty"`
	Option   int               `json:"option,omitempty"`
}

// SeedProduct is a product with its variants.
type SeedProduct struct {
	ID                                 int             `json:"id,omitempty"`
	Name                               string          `json:"name"`
	Number                             string          `json:"number,omitempty"`
	Brand                              string          `json:"brand,omitempty"`
	Status                             string          `json:"status,omitempty"`
	HarmonizedCommodityCode            string          `json:"harmonizedCommodityCode,omitempty"`
	HarmonizedCommodityCodeDescription string          `json:"harmonizedCommodityCodeDescription,omitempty"`
	InternalComment                    string          `json:"internalComment,omitempty"`
	Serializable                       bool            `json:"serializable,omitempty"`
	Attributes                         []SeedAttribute `json:"attributes,omitempty"`
	Variants                           []SeedVariant   `json:"variants"`
}

// SeedVariant is a colour or the like, with its sizes.
type SeedVariant struct {
	ID               int             `json:"id,omitempty"`
	Name             string          `json:"name"`
	Number           string          `json:"number,omitempty"`
	InternalName     string          `json:"internalName,omitempty"`
	Status           string          `json:"status,omitempty"`
	StockOffset      int             `json:"stockOffset,omitempty"`
	UnitCost         int64           `json:"unitCost,omitempty"`
	UnitCostCurrency string          `json:"unitCostCurrency,omitempty"`
	Attributes       []SeedAttribute `json:"attributes,omitempty"`
	Sizes            []SeedSize      `json:"sizes"`
}

// SeedSize is what can be sold. SKU defaults to the product, variant and size
// number put together; Stock is physical units by warehouse name.
type SeedSize struct {
	ID          int            `json:"id,omitempty"`
	Name        string         `json:"name"`
	Number      string         `json:"number,omitempty"`
	SKU         string         `json:"sku,omitempty"`
	EAN         string         `json:"ean,omitempty"`
	UPC         string         `json:"upc,omitempty"`
	Description string         `json:"description,omitempty"`
	Preorder    bool           `json:"preorder,omitempty"`
	Stock       map[string]int `json:"stock,omitempty"`
}

// SeedBundle is a virtual product sold as a set.
type SeedBundle struct {
	SKU       string           `json:"sku"`
	Name      string           `json:"name"`
	Type      string           `json:"type,omitempty"`
	PriceType string           `json:"priceType,omitempty"`
	Items     []SeedBundleItem `json:"items"`
}

// SeedBundleItem is a component: so many units of a SKU in each bundle. Weight
// is its share of the bundle's price (default: units).
type SeedBundleItem struct {
	SKU      string `json:"sku"`
	Quantity int    `json:"quantity"`
	Weight   int64  `json:"weight,omitempty"`
}

// SeedStock sets physical units.
type SeedStock struct {
	Warehouse string `json:"warehouse"`
	SKU       string `json:"sku"`
	Physical  int    `json:"physical"`
}

// SeedWebhook is where the plugin sends to, signed with Secret. Types defaults
// to all of order, shipment, return.
type SeedWebhook struct {
	URL    string   `json:"url"`
	Secret string   `json:"secret"`
	Types  []string `json:"types,omitempty"`
}

// SeedAddress is an address; Country is an ISO 3166 code.
type SeedAddress = address

// SeedCustomer is the buyer; for wholesale with an account.
type SeedCustomer struct {
	ID          int    `json:"id,omitempty"`
	Email       string `json:"email"`
	FirstName   string `json:"firstName,omitempty"`
	LastName    string `json:"lastName,omitempty"`
	AccountName string `json:"accountName,omitempty"`
}

// SeedOrder is an order as checked out.
type SeedOrder struct {
	Number    int    `json:"number"`
	Store     string `json:"store"`
	Market    string `json:"market,omitempty"`
	Pricelist string `json:"pricelist,omitempty"`
	Currency  string `json:"currency"`
	// CurrencyBaseRate defaults to 1.
	CurrencyBaseRate float64 `json:"currencyBaseRate,omitempty"`
	// Status is CONFIRMED (default) or PENDING; CANCELLED and ARCHIVED are possible too.
	Status            string `json:"status,omitempty"`
	OnHold            bool   `json:"onHold,omitempty"`
	HoldReason        string `json:"holdReason,omitempty"`
	WaitingForPayment bool   `json:"waitingForPayment,omitempty"`
	Locked            bool   `json:"locked,omitempty"`
	Internal          bool   `json:"internal,omitempty"`
	ShippingOption    string `json:"shippingOption,omitempty"`
	PaymentMethod     string `json:"paymentMethod,omitempty"`
	// CaptureMode and CaptureOutcome override the payment method's.
	CaptureMode    string         `json:"captureMode,omitempty"`
	CaptureOutcome string         `json:"captureOutcome,omitempty"`
	Captured       bool           `json:"captured,omitempty"` // at checkout, as by a bank transfer
	GiftCard       int64          `json:"giftCard,omitempty"` // what a gift card pays of the order
	ShippingCost   int64          `json:"shippingCost,omitempty"`
	HandlingCost   int64          `json:"handlingCost,omitempty"`
	TaxPercent     float64        `json:"taxPercent,omitempty"`
	TaxAdded       bool           `json:"taxAdded,omitempty"` // tells the tax as added, not included
	Discounts      []SeedDiscount `json:"discounts,omitempty"`
	Customer       *SeedCustomer  `json:"customer,omitempty"`
	PurchaseOrder  string         `json:"purchaseOrderNumber,omitempty"`
	// ShippingAddress doubles as the billing address when that is left out.
	ShippingAddress SeedAddress         `json:"shippingAddress"`
	BillingAddress  *SeedAddress        `json:"billingAddress,omitempty"`
	InternalComment string              `json:"internalComment,omitempty"`
	OtherComment    string              `json:"otherComment,omitempty"`
	ExternalID      string              `json:"externalId,omitempty"`
	Attributes      []SeedAttribute     `json:"attributes,omitempty"`
	Lines           []SeedLine          `json:"lines"`
	DeliveryGroups  []SeedDeliveryGroup `json:"deliveryGroups,omitempty"`
	OrderDate       time.Time           `json:"orderDate,omitzero"`
	// AfterMs lets the order be checked out that much simulated time later.
	AfterMs int `json:"afterMs,omitempty"`
	// DirectToShipment makes Centra create one good-to-go shipment at once.
	DirectToShipment bool `json:"directToShipment,omitempty"`
}

// SeedDiscount is a discount on the whole order. Kind is voucher (default) or admin.
type SeedDiscount struct {
	Kind  string `json:"kind,omitempty"`
	Value int64  `json:"value"`
}

// SeedLine is an order line. Kind is product (default), bundle or
// giftCertificate. UnitPrice is what is paid per unit; OriginalUnitPrice, what
// it was before the line's discount.
type SeedLine struct {
	ID                int     `json:"id,omitempty"`
	Kind              string  `json:"kind,omitempty"`
	SKU               string  `json:"sku,omitempty"`
	Name              string  `json:"name,omitempty"`
	Quantity          int     `json:"quantity"`
	UnitPrice         int64   `json:"unitPrice"`
	OriginalUnitPrice int64   `json:"originalUnitPrice,omitempty"`
	TaxPercent        float64 `json:"taxPercent,omitempty"`
	Comment           string  `json:"comment,omitempty"`
	// From allocates units by warehouse name, raising the stock where it is short.
	// Without it the market's rule allocates what is free.
	From map[string]int `json:"from,omitempty"`
	// Demand leaves so many units unallocated.
	Demand int `json:"demand,omitempty"`
	// WaitingForConfirmation marks the allocation as not yet accepted.
	WaitingForConfirmation bool `json:"waitingForConfirmation,omitempty"`
	// Items overrides the bundle's definition; From and Demand of a bundle count
	// whole bundles.
	Items []SeedBundleItem `json:"items,omitempty"`
}

// SeedDeliveryGroup is a part of an order that was split at checkout. Line
// counts the order's seeded lines from 0; of a bundle, its items go along.
type SeedDeliveryGroup struct {
	ID    int             `json:"id,omitempty"`
	Lines []SeedGroupLine `json:"lines"`
}

// SeedGroupLine is a number of units of a seeded line.
type SeedGroupLine struct {
	Line     int `json:"line"`
	Quantity int `json:"quantity"`
}
