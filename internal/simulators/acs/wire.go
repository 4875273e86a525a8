package acs

import "time"

// ShippingService is a service that an account may use.
type ShippingService struct {
	Code               string   `json:"code"`
	Name               string   `json:"name"`
	CarrierCode        string   `json:"carrierCode"`
	CarrierServiceCode string   `json:"carrierServiceCode,omitempty"`
	Countries          []string `json:"countries,omitempty"`
	Cutoff             string   `json:"cutoff,omitempty"`
	// Active false: an order for it is refused with shipping_service_unavailable.
	Active bool `json:"active"`
}

// Item is the master data of a SKU. Active nil means true.
type Item struct {
	SKU               string     `json:"sku"`
	ProductSKU        string     `json:"productSku,omitempty"`
	Name              string     `json:"name"`
	Description       string     `json:"description,omitempty"`
	Supplier          string     `json:"supplier,omitempty"`
	GarmentType       string     `json:"garmentType,omitempty"`
	Size              string     `json:"size,omitempty"`
	Colour            string     `json:"colour,omitempty"`
	Barcodes          []string   `json:"barcodes,omitempty"`
	ItemCondition     string     `json:"itemCondition,omitempty"`
	Grade             string     `json:"grade,omitempty"`
	Use               string     `json:"use,omitempty"`
	CareCode          string     `json:"careCode,omitempty"`
	FabricComposition string     `json:"fabricComposition,omitempty"`
	WeightGrams       int        `json:"weightGrams,omitempty"`
	CountryOfOrigin   string     `json:"countryOfOrigin,omitempty"`
	CommodityCode     string     `json:"commodityCode,omitempty"`
	UnitCost          string     `json:"unitCost,omitempty"`
	Currency          string     `json:"currency,omitempty"`
	SerialTracked     bool       `json:"serialTracked,omitempty"`
	Active            *bool      `json:"active,omitempty"`
	Units             []ItemUnit `json:"units,omitempty"`
}

// ItemUnit is one garment announced with its item.
type ItemUnit struct {
	Serial string `json:"serial"`
	RFID   string `json:"rfid,omitempty"`
	Grade  string `json:"grade,omitempty"`
}

type itemRecord struct {
	Item
	Pickable          bool      `json:"pickable"`
	MissingAttributes []string  `json:"missingAttributes"`
	UpdatedAt         time.Time `json:"updatedAt"`
}

type address struct {
	FirstName string `json:"firstName,omitempty"`
	LastName  string `json:"lastName,omitempty"`
	Company   string `json:"company,omitempty"`
	Email     string `json:"email,omitempty"`
	Phone     string `json:"phone,omitempty"`
	Address1  string `json:"address1,omitempty"`
	Address2  string `json:"address2,omitempty"`
	Address3  string `json:"address3,omitempty"`
	Address4  string `json:"address4,omitempty"`
	City      string `json:"city,omitempty"`
	County    string `json:"county,omitempty"`
	Postcode  string `json:"postcode,omitempty"`
	Country   string `json:"country,omitempty"`
}

type hireDates struct {
	Dispatch        string `json:"dispatch,omitempty"`
	Delivery        string `json:"delivery,omitempty"`
	Event           string `json:"event,omitempty"`
	WarehouseReturn string `json:"warehouseReturn,omitempty"`
}

type lineRequest struct {
	LineID        string   `json:"lineId"`
	SKU           string   `json:"sku"`
	Quantity      int      `json:"quantity"`
	UnitPrice     string   `json:"unitPrice,omitempty"`
	ItemCondition string   `json:"itemCondition,omitempty"`
	Grade         string   `json:"grade,omitempty"`
	Serial        string   `json:"serial,omitempty"`
	Measurements  []string `json:"measurements,omitempty"`
	ParentLineID  string   `json:"parentLineId,omitempty"`
	GiftMessage   string   `json:"giftMessage,omitempty"`
}

type orderRequest struct {
	Account         string            `json:"account"`
	OrderDate       string            `json:"orderDate"`
	Kind            string            `json:"kind"`
	Currency        string            `json:"currency,omitempty"`
	ShippingService string            `json:"shippingService"`
	DeliveryCharge  string            `json:"deliveryCharge,omitempty"`
	Dates           *hireDates        `json:"dates,omitempty"`
	ShipBy          *time.Time        `json:"shipBy,omitempty"`
	DeliverTo       address           `json:"deliverTo"`
	BillTo          *address          `json:"billTo,omitempty"`
	AllowPartial    *bool             `json:"allowPartial,omitempty"`
	Hold            bool              `json:"hold,omitempty"`
	Comments        string            `json:"comments,omitempty"`
	Lines           []lineRequest     `json:"lines"`
	References      map[string]string `json:"references,omitempty"`
}

type orderLine struct {
	lineRequest
	Allocated    int    `json:"allocated"`
	Shipped      int    `json:"shipped"`
	Cancelled    int    `json:"cancelled"`
	Returned     int    `json:"returned"`
	CancelReason string `json:"cancelReason,omitempty"`
}

type rejection struct {
	RejectedAt      time.Time    `json:"rejectedAt"`
	AfterAcceptance bool         `json:"afterAcceptance"`
	Errors          []FieldError `json:"errors"`
}

type orderRecord struct {
	orderRequest
	OrderNumber string      `json:"orderNumber"`
	AcsOrderID  string      `json:"acsOrderId"`
	Status      string      `json:"status"`
	Revision    int         `json:"revision"`
	ReceivedAt  time.Time   `json:"receivedAt"`
	UpdatedAt   time.Time   `json:"updatedAt"`
	Lines       []orderLine `json:"lines"`
	Rejection   *rejection  `json:"rejection,omitempty"`
	HoldReason  string      `json:"holdReason,omitempty"`
}

type shipmentLine struct {
	LineID      *string  `json:"lineId"`
	SKU         string   `json:"sku"`
	Quantity    int      `json:"quantity"`
	Serials     []string `json:"serials,omitempty"`
	Grade       string   `json:"grade,omitempty"`
	Substituted bool     `json:"substituted,omitempty"`
}

type parcel struct {
	ParcelID       string  `json:"parcelId"`
	TrackingNumber *string `json:"trackingNumber"`
	TrackingURL    string  `json:"trackingUrl,omitempty"`
	WeightGrams    int     `json:"weightGrams,omitempty"`
}

type carrier struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

type shortLine struct {
	LineID   string `json:"lineId"`
	Quantity int    `json:"quantity"`
	Reason   string `json:"reason"`
}

type shipmentRecord struct {
	ShipmentID      string         `json:"shipmentId"`
	OrderNumber     string         `json:"orderNumber"`
	Sequence        int            `json:"sequence"`
	Revision        int            `json:"revision"`
	Voided          bool           `json:"voided"`
	ShippedAt       time.Time      `json:"shippedAt"`
	Carrier         carrier        `json:"carrier"`
	ShippingService string         `json:"shippingService,omitempty"`
	Lines           []shipmentLine `json:"lines"`
	Parcels         []parcel       `json:"parcels"`
	ShortLines      []shortLine    `json:"shortLines,omitempty"`
	Final           bool           `json:"final"`
}

type inventoryRecord struct {
	SKU          string         `json:"sku"`
	Version      int64          `json:"version"`
	AsOf         time.Time      `json:"asOf"`
	Quantities   map[string]int `json:"quantities"`
	OnHand       int            `json:"onHand"`
	Total        int            `json:"total"`
	ByGrade      map[string]int `json:"byGrade,omitempty"`
	NextExpected []expected     `json:"nextExpected,omitempty"`
}

type expected struct {
	Date     string `json:"date"`
	Quantity int    `json:"quantity"`
	From     string `json:"from,omitempty"`
}

type unitRecord struct {
	Serial            string    `json:"serial"`
	RFID              string    `json:"rfid,omitempty"`
	SKU               string    `json:"sku"`
	Status            string    `json:"status"`
	Grade             string    `json:"grade,omitempty"`
	Cycles            int       `json:"cycles"`
	OrderNumber       *string   `json:"orderNumber"`
	ExpectedAvailable *string   `json:"expectedAvailable"`
	UpdatedAt         time.Time `json:"updatedAt"`
}

type adjustmentRecord struct {
	AdjustmentID  string    `json:"adjustmentId"`
	SKU           string    `json:"sku"`
	Serials       []string  `json:"serials,omitempty"`
	QuantityDelta int       `json:"quantityDelta"`
	FromStatus    string    `json:"fromStatus,omitempty"`
	Reason        string    `json:"reason"`
	UnitCost      string    `json:"unitCost,omitempty"`
	Currency      string    `json:"currency,omitempty"`
	ReturnID      *string   `json:"returnId"`
	OrderNumber   *string   `json:"orderNumber"`
	OccurredAt    time.Time `json:"occurredAt"`
	Note          string    `json:"note,omitempty"`
}
