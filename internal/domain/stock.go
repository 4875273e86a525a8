package domain

import "time"

// StockStatus is a warehouse's own word for where a unit stands. The set is open:
// what a rule does not call sellable is withheld, a word never seen before first of all.
type StockStatus string

// StockAvailable is the status of the contract whose units can be sold; it is net of
// what is allocated to orders.
const StockAvailable StockStatus = "available"

// StatusUnits is a number of units in one status. Negative when a warehouse has
// given away more than it has.
type StatusUnits struct {
	Status StockStatus `json:"status"`
	Units  int         `json:"units"`
}

// GradeUnits is a number of available units of one grade.
type GradeUnits struct {
	Grade string `json:"grade"`
	Units int    `json:"units"`
}

// InventoryRecord is what a warehouse says of one item: disjoint counts by status.
type InventoryRecord struct {
	SKU string `json:"sku"` // the warehouse's item
	// Version grows per item; a record of a lower or equal version is old.
	Version int64 `json:"version"`
	// ChangedAt is when these figures came to be, by the warehouse's clock.
	ChangedAt time.Time `json:"changedAt"`
	// Quantities are sorted by status; a status that is absent has no units.
	Quantities []StatusUnits `json:"quantities,omitempty"`
	// ByGrade splits the available units where the account grades; sorted, empty where it does not.
	ByGrade []GradeUnits `json:"byGrade,omitempty"`
}

// Adjustment is a movement that changed how many units a warehouse has on its books:
// goods in, count corrections, write-offs, ex-hire, transfers between items.
type Adjustment struct {
	ID        string      `json:"id"`
	Warehouse string      `json:"warehouse"` // our key
	SKU       string      `json:"sku"`
	Units     int         `json:"units"`              // negative: units left the books
	Reason    string      `json:"reason"`             // the warehouse's own word
	From      StockStatus `json:"from,omitempty"`     // which status lost them, when told
	Serials   []string    `json:"serials,omitempty"`  // of the garments, when told
	UnitCost  string      `json:"unitCost,omitempty"` // decimal, in Currency
	Currency  string      `json:"currency,omitempty"`
	Return    string      `json:"return,omitempty"` // the return that it belongs to
	Order     string      `json:"order,omitempty"`  // the order number at the warehouse
	At        time.Time   `json:"at"`
}

// The vocabulary of stock statuses that we know. All but StockAvailable are withheld
// unless a rule says otherwise; what is not listed is withheld and reported once.
const (
	StockAllocated       StockStatus = "allocated"
	StockOnHire          StockStatus = "on_hire"
	StockInTransitReturn StockStatus = "in_transit_return"
	StockReceipted       StockStatus = "receipted"
	StockInspection      StockStatus = "post_rental_inspection"
	StockRefurbishment   StockStatus = "in_refurbishment"
	StockQuarantine      StockStatus = "quarantine"
	StockBER             StockStatus = "ber"
	StockExHire          StockStatus = "ex_hire"
	StockInbound         StockStatus = "inbound"
	StockMissing         StockStatus = "missing"
)

// KnownStockStatus tells whether a status is one of the vocabulary.
func KnownStockStatus(s StockStatus) bool {
	switch s {
	case StockAvailable, StockAllocated, StockOnHire, StockInTransitReturn, StockReceipted, StockInspection,
		StockRefurbishment, StockQuarantine, StockBER, StockExHire, StockInbound, StockMissing:
		return true
	}
	return false
}

// SizeStock is the shop's figures of one size in one warehouse.
type SizeStock struct {
	Size           string `json:"size"`           // the shop's size
	Physical       int    `json:"physical"`       // free + allocated
	FreeToAllocate int    `json:"freeToAllocate"` // neither threshold nor offset is taken off
	// Offset is what the shop keeps back of the size in every warehouse; a negative one
	// makes it offer more than it has.
	Offset int `json:"offset,omitempty"`
	// Torn says that the figures moved between the requests that one reading took, so
	// that figures and lines may not belong together: never raise by them.
	Torn bool `json:"torn,omitempty"`
}

// Allocated is what the shop has promised of the size to orders, in the warehouse.
func (s SizeStock) Allocated() int { return s.Physical - s.FreeToAllocate }

// LineStock is what the shop holds for one order line in one warehouse.
type LineStock struct {
	Order     OrderID `json:"order"`
	Line      string  `json:"line"`
	Size      string  `json:"size"`
	Allocated int     `json:"allocated"` // held for the line and not gone, also while the warehouse must confirm
	Completed int     `json:"completed"` // gone out of this warehouse in completed shipments
}

// SizeUnits is a number of units of a size of the shop.
type SizeUnits struct {
	Size  string `json:"size"`
	Units int    `json:"units"`
}

// LineSighting is what a warehouse said of one line of a consignment at a revision.
// The first sighting that shows a unit as taken dates the taking; later ones only
// repeat it, so sightings are kept until the feed has passed them.
type LineSighting struct {
	Consignment string    `json:"consignment"` // the order number at the warehouse
	Revision    int64     `json:"revision"`
	At          time.Time `json:"at"` // when the order came to be so, by the warehouse's clock
	Quantity    int       `json:"quantity"`
	Allocated   int       `json:"allocated,omitempty"` // held now; what was released is not in it
	Shipped     int       `json:"shipped,omitempty"`
	Short       int       `json:"short,omitempty"`
	Cancelled   int       `json:"cancelled,omitempty"`
}
