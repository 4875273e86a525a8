package centra

import (
	"time"
)

// The simulator's own picture of a shop. Amounts are integer minor units of the
// order's currency, gross unless a name says otherwise.

type store struct {
	id        int
	name      string
	wholesale bool
}

type market struct {
	id         int
	name       string
	comment    string
	store      *store
	rule       *allocationRule
	countries  []*country
	warehouses []*warehouse // priority order of the allocation rule
}

type allocationRule struct {
	id   int
	name string
}

type pricelist struct {
	id       int
	name     string
	currency *currency
	storeID  int
}

type currency struct {
	id     int
	code   string
	digits int
	base   bool
}

type country struct {
	id   int
	code string
	name string
	eu   bool
}

type warehouse struct {
	id          int
	name        string
	policy      string
	stockMaster string
	ownership   string
	threshold   int
	country     *country
}

type shippingOption struct {
	id        int
	name, uri string
	status    string
}

type paymentMethod struct {
	id                int
	name, uri, plugin string
	captureMode       string
	captureOutcome    string
	refundOutcome     string
	pending           time.Duration
}

type customer struct {
	id          int
	storeID     int
	email       string
	firstName   string
	lastName    string
	attributes  []*attribute
	wholesale   bool
	accountID   int
	accountName string
}

type address struct {
	FirstName       string `json:"firstName,omitempty"`
	LastName        string `json:"lastName,omitempty"`
	CompanyName     string `json:"companyName,omitempty"`
	Attention       string `json:"attention,omitempty"`
	Address1        string `json:"address1,omitempty"`
	Address2        string `json:"address2,omitempty"`
	ZipCode         string `json:"zipCode,omitempty"`
	City            string `json:"city,omitempty"`
	StateOrProvince string `json:"stateOrProvince,omitempty"`
	Country         string `json:"country,omitempty"` // ISO 3166 alpha-2
	Email           string `json:"email,omitempty"`
	PhoneNumber     string `json:"phoneNumber,omitempty"`
	CellPhoneNumber string `json:"cellPhoneNumber,omitempty"`
	FaxNumber       string `json:"faxNumber,omitempty"`
	VATNumber       string `json:"vatNumber,omitempty"`
}

type product struct {
	id             int
	name, number   string
	brand          string
	status         string
	bundle         bool
	serializable   bool
	hsCode, hsText string
	comment        string
	variants       []*variant
	attributes     []*attribute
	created        time.Time
	updated        time.Time
	definition     *bundle
}

type variant struct {
	id           int
	name, number string
	internalName string
	status       string
	stockOffset  int
	unitCost     int64
	costCurrency *currency
	product      *product
	sizes        []*productSize
	attributes   []*attribute
	updated      time.Time
}

type productSize struct {
	id            int
	sku, ean, upc string
	number        string
	preorder      bool
	description   string
	size          *size
	variant       *variant
	updated       time.Time
}

type size struct {
	id   int
	name string
}

type bundle struct {
	id        int
	kind      string
	priceType string
	product   *product
	items     []bundleItem
}

type bundleItem struct {
	size     *productSize
	quantity int
	weight   int64
}

type stockKey struct{ warehouse, size int }

// stock is what one warehouse holds of one size; free to allocate is the
// difference of the two.
type stock struct{ physical, allocated int }

const (
	kindProduct    = "product"
	kindBundle     = "bundle"
	kindBundleItem = "bundleItem"
	kindGift       = "giftCertificate"
)

type order struct {
	id                string
	number            int
	store             *store
	market            *market
	pricelist         *pricelist
	currency          *currency
	rate              float64
	wholesale         bool
	confirmed         bool
	cancelled         bool
	archived          bool
	onHold            bool
	holdReason        string
	waitingForPayment bool
	locked            bool
	internal          bool
	created           time.Time
	updated           time.Time
	ordered           time.Time
	customer          *customer
	purchaseOrder     string
	shippingAddress   address
	billingAddress    address
	internalComment   string
	otherComment      string
	externalID        string
	shippingOption    *shippingOption
	payment           *paymentMethod
	captureMode       string
	captureOutcome    string
	refundOutcome     string
	giftCard          int64 // what a gift card was to pay of it
	captured          bool  // at checkout
	shipping          int64
	handling          int64
	taxPercent        float64
	taxAdded          bool
	discounts         []discount
	attributes        []*attribute
	lines             []*line
	groups            []*deliveryGroup
	shipments         []*shipment
	history           []*paymentEntry
	released          bool // the remaining authorisation was given back
	wasShipped        bool // so that COMPLETED is told once
	shipmentCount     int
}

type discount struct {
	voucher bool
	value   int64
	at      time.Time
}

type deliveryGroup struct {
	id    int
	lines []groupLine
}

type groupLine struct {
	line     *line
	quantity int
}

// line is an order line. total is what all ordered units cost after the line's
// own discount; a bundle's total is held by its items.
type line struct {
	id            int
	order         *order
	kind          string
	size          *productSize
	name          string
	comment       string
	ordered       int
	cancelled     int
	originalPrice int64
	total         int64
	taxPercent    float64
	parent        *line // of a bundle item
	perBundle     int
	items         []*line // of a bundle
	allocations   []*allocation
}

func (l *line) quantity() int  { return l.ordered - l.cancelled }
func (l *line) physical() bool { return l.kind == kindProduct || l.kind == kindBundleItem }

// allocation holds units of a line in a warehouse, on a shipment or not yet.
type allocation struct {
	id        int
	quantity  int
	line      *line
	warehouse *warehouse
	waiting   bool // for confirmation by the warehouse (check first)
	on        *shipmentLine
	completed bool
}

type shipment struct {
	id             int
	number         string
	order          *order
	created        time.Time
	updated        time.Time
	goodToGo       bool
	shippedAt      time.Time // zero = not shipped
	paidAt         time.Time // zero = not paid
	capturedAt     time.Time // zero = not captured
	completedAt    time.Time
	captured       int64
	capturePending bool
	lines          []*shipmentLine
	shipping       int64
	handling       int64
	discount       int64
	carrier        string
	service        string
	trackings      []string
	returnTracking string
	packages       int
	internalCost   int64
	costCurrency   *currency
	message        string
	externalID     string
	sendEmail      bool
	by             string
	returns        []*orderReturn
}

// shipmentLine names a line as the API does; parts are the physical units in it,
// which differ only where a bundle is shipped by its bundle line.
type shipmentLine struct {
	id       int
	shipment *shipment
	line     *line
	quantity int
	first    int // units of the line on earlier shipments: decides the share of the price
	parts    []part
}

type part struct {
	line     *line
	quantity int
}

type orderReturn struct {
	id         int
	order      *order
	shipment   *shipment
	lines      []*returnLine
	completed  bool
	created    time.Time
	policy     args
	warehouse  *warehouse
	shipping   int64
	handling   int64
	voucher    int64
	cost       int64
	comment    string
	externalID string
	moved      []movement
	refunds    []*paymentEntry
}

type returnLine struct {
	id       int
	line     *shipmentLine
	quantity int
}

// movement remembers what a return did to stock, so that deleting it undoes it.
type movement struct {
	key      stockKey
	quantity int
}

type paymentEntry struct {
	id        int
	at        time.Time
	kind      string
	status    string
	value     int64
	reference string
	order     *order
	shipment  *shipment
	ret       *orderReturn
	reversed  bool   // of a refund: the money came back
	method    string // where it is another one than the order's
}

type attribute struct {
	kind     *attributeType
	id       int // of a mapped attribute
	elements []attributeElement
}

type attributeType struct {
	name, description string
	objectType        string
	mapped, multi     bool
	elements          []attributeElementType
	options           map[int][]attributeElement
}

type attributeElementType struct {
	key, kind, description string
}

type attributeElement struct {
	key, value, valueName string
}

// Mail is one mail to the customer: Kind is shipment for the shipping
// confirmation, else confirmation, cancellation, return or refund; Shipment is
// the shipment's number where there is one.
type Mail struct {
	Store    string `json:"store"`
	Order    int    `json:"order"`
	Shipment string `json:"shipment"`
	Kind     string `json:"kind"`
}
