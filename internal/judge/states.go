package judge

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

// Outcome is what the product claims, and the plan beside it.
type Outcome struct {
	Orders []OutcomeOrder `json:"orders"`
	// Warehouses maps an ACS account to its Centra warehouse, Carriers an ACS carrier
	// code to Centra's carrier, Items a Centra SKU to the ACS SKU where they differ.
	Warehouses map[string]string `json:"warehouses"`
	Carriers   map[string]string `json:"carriers"`
	Items      map[string]string `json:"items"`
	// Owed is the money that finance is said to be asked to give back for what will not be
	// sent: <store>/<number> → minor units.
	Owed map[string]int64 `json:"owed"`
	// Booked is what stands in the books, as exported: another claim.
	Booked []BookedLine `json:"-"`
	// Unbooked says that nothing was exported: then nothing is said about the books.
	Unbooked bool `json:"-"`
}

// OutcomeOrder is one consumer order: where it should end and where it is said to be.
type OutcomeOrder struct {
	Store      string   `json:"store"`
	Number     string   `json:"number"`
	Planned    string   `json:"planned"`
	PlannedEnd string   `json:"plannedEnd"`
	State      string   `json:"state"`
	Causes     []string `json:"causes"`
	// Withdrawn says that somebody called the order back: nothing of it may be under way
	// when it is said to be cancelled.
	Withdrawn bool `json:"withdrawn,omitempty"`
}

// Centra is the shop's truth. Amounts are integer minor units, gross.
type Centra struct {
	Orders []CentraOrder `json:"orders"`
	Stock  []CentraStock `json:"stock"`
	Mails  []CentraMail  `json:"mails"`
}

// CentraOrder is an order in the shop. Captured is net of refunds.
type CentraOrder struct {
	Store             string           `json:"store"`
	Number            int              `json:"number"`
	Wholesale         bool             `json:"wholesale"`
	Status            string           `json:"status"`
	OnHold            bool             `json:"onHold"`
	WaitingForPayment bool             `json:"waitingForPayment"`
	CaptureMode       string           `json:"captureMode"`
	ShippingTotal     int64            `json:"shippingTotal"`
	Captured          int64            `json:"captured"`
	Lines             []CentraLine     `json:"lines"`
	Shipments         []CentraShipment `json:"shipments"`
	Returns           []CentraReturn   `json:"returns"`
}

// CentraLine is an order line. Quantity excludes Cancelled; Total is what Quantity
// units cost after all discounts; From is allocated plus completed units by warehouse.
type CentraLine struct {
	ID        int            `json:"id"`
	Kind      string         `json:"kind"`
	SKU       string         `json:"sku"`
	Quantity  int            `json:"quantity"`
	Cancelled int            `json:"cancelled"`
	Shipped   int            `json:"shipped"`
	Physical  bool           `json:"physical"`
	Total     int64          `json:"total"`
	From      map[string]int `json:"from"`
}

// CentraShipment is a shipment in the shop, in physical lines. By is "api" or "person".
type CentraShipment struct {
	Number      string           `json:"number"`
	By          string           `json:"by"`
	Lines       []CentraQuantity `json:"lines"`
	Carrier     string           `json:"carrier"`
	Tracking    string           `json:"tracking"`
	CompletedAt *time.Time       `json:"completedAt"`
	Captured    int64            `json:"captured"`
}

// CentraQuantity is a number of units of a line.
type CentraQuantity struct {
	LineID   int `json:"lineId"`
	Quantity int `json:"quantity"`
}

// CentraReturn is a return in the shop, in physical lines. ExternalID is set by
// whoever made it through the API.
type CentraReturn struct {
	ExternalID string           `json:"externalId"`
	Status     string           `json:"status"` // PENDING or COMPLETED
	Lines      []CentraQuantity `json:"lines"`
	Total      int64            `json:"total"` // what it is worth, with shipping and without what is kept back
	Refunded   int64            `json:"refunded"`
	ToStock    bool             `json:"toStock"` // the shop put its units back on sale
}

// CentraStock is one size in one warehouse; FTA is what the shop still offers.
type CentraStock struct {
	Warehouse string `json:"warehouse"`
	SKU       string `json:"sku"`
	FTA       int    `json:"fta"`
}

// CentraMail is a mail that a customer got; Kind "shipment" confirms a shipment.
type CentraMail struct {
	Store    string `json:"store"`
	Order    int    `json:"order"`
	Shipment string `json:"shipment"`
	Kind     string `json:"kind"`
}

// Account is the truth of one warehouse.
type Account struct {
	Account   string            `json:"account"`
	Orders    []WarehouseOrder  `json:"orders"`
	Inventory []Stock           `json:"inventory"`
	Returns   []WarehouseReturn `json:"returns"`
	// Adjustments are the movements of its books.
	Adjustments []Adjustment `json:"adjustments"`
}

// WarehouseReturn is what came back to a warehouse; OrderNumber is its own, or null.
type WarehouseReturn struct {
	ReturnID    string       `json:"returnId"`
	OrderNumber *string      `json:"orderNumber"`
	Units       []ReturnUnit `json:"units"`
}

// ReturnUnit is one garment that came back; LineID is the shop's, or null.
type ReturnUnit struct {
	LineID      *string `json:"lineId"`
	SKU         string  `json:"sku"`
	Serial      string  `json:"serial"`
	Disposition string  `json:"disposition"`
	Final       bool    `json:"final"`
}

// Adjustment is a movement of a warehouse's books; a negative QuantityDelta takes units
// off them. ReturnID and OrderNumber are null where it names none.
type Adjustment struct {
	AdjustmentID  string   `json:"adjustmentId"`
	SKU           string   `json:"sku"`
	Serials       []string `json:"serials"`
	QuantityDelta int      `json:"quantityDelta"`
	Reason        string   `json:"reason"`
	ReturnID      *string  `json:"returnId"`
	OrderNumber   *string  `json:"orderNumber"`
}

// WarehouseOrder is an order in a warehouse; References["order"] is <store>/<number>.
type WarehouseOrder struct {
	Number     string              `json:"number"`
	State      string              `json:"state"`
	References map[string]string   `json:"references"`
	Lines      []WarehouseLine     `json:"lines"`
	Shipments  []WarehouseShipment `json:"shipments"`
}

// WarehouseLine is a line: Quantity = open + Shipped + Short + Cancelled. LineID is the shop's.
type WarehouseLine struct {
	LineID    string `json:"lineId"`
	SKU       string `json:"sku"`
	Quantity  int    `json:"quantity"`
	Shipped   int    `json:"shipped"`
	Short     int    `json:"short"`
	Cancelled int    `json:"cancelled"`
}

// WarehouseShipment is the latest revision of a shipment; Carrier is a code.
type WarehouseShipment struct {
	ID        string                  `json:"id"`
	Voided    bool                    `json:"voided"`
	Carrier   string                  `json:"carrier"`
	Trackings []string                `json:"trackings"`
	Lines     []WarehouseShipmentLine `json:"lines"`
}

// WarehouseShipmentLine is what left; LineID is null for what matches no line.
type WarehouseShipmentLine struct {
	LineID   *string `json:"lineId"`
	SKU      string  `json:"sku"`
	Quantity int     `json:"quantity"`
}

// Day reads an outcome and, beside it, FILE.centra.json, FILE.acs.json and, where there is
// one, FILE.ledger.csv, and judges them.
func Day(outcomePath string) (Report, error) {
	var o Outcome
	var shop Centra
	var accounts []Account
	for path, target := range map[string]any{outcomePath: &o, outcomePath + ".centra.json": &shop, outcomePath + ".acs.json": &accounts} {
		data, err := os.ReadFile(path)
		if err != nil {
			return Report{}, fmt.Errorf("judge: %w: `starter demo --exit --json FILE` writes FILE, FILE.centra.json and FILE.acs.json", err)
		}
		if err := json.Unmarshal(data, target); err != nil {
			return Report{}, fmt.Errorf("judge: %s is not what the demo writes: %w", path, err)
		}
	}
	var err error
	if o.Booked, err = booked(outcomePath + ".ledger.csv"); errors.Is(err, os.ErrNotExist) {
		o.Unbooked, err = true, nil
	}
	if err != nil {
		return Report{}, err
	}
	if len(o.Orders) == 0 || len(shop.Orders) == 0 {
		return Report{}, fmt.Errorf("judge: %s holds %d orders and the shop %d: there is nothing to judge", outcomePath, len(o.Orders), len(shop.Orders))
	}
	return Judge(o, shop, accounts), nil
}
