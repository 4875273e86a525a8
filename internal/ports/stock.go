package ports

import (
	"context"
	"time"

	"selvedge/internal/domain"
)

// FeedMode tells how an inventory page is to be read.
type FeedMode string

// Modes of an inventory page. An item that is absent from a complete delta is as it
// was; an item that is absent from a snapshot, even a complete one, is unknown, not zero.
const (
	FeedSnapshot FeedMode = "snapshot"
	FeedDelta    FeedMode = "delta"
	FeedLookUp   FeedMode = "look-up"
)

// CursorExpired is the code of the fault.Invalid which says that a position in a feed
// is gone: begin anew without one. Nothing is lost by that, a snapshot tells all.
const CursorExpired = "cursor_expired"

// InventoryPosition says where to read the inventory feed. The zero value begins a
// snapshot; Changes begins a delta; Page, which wins, is the next page of either.
type InventoryPosition struct {
	Changes string `json:"changes,omitempty"`
	Page    string `json:"page,omitempty"`
}

// InventoryPage is one page of the inventory feed. All pages of one reading have the
// same Mode, AsOf and Reading. A reading is complete when a page without Next came;
// until then it is cut: it may lower figures and never raises one.
type InventoryPage struct {
	Mode        FeedMode                 `json:"mode"`
	Reading     string                   `json:"reading,omitempty"` // the warehouse's id of the snapshot; empty when it gives none
	AsOf        time.Time                `json:"asOf"`              // the state of the warehouse that the page reflects
	GeneratedAt time.Time                `json:"generatedAt"`
	Records     []domain.InventoryRecord `json:"records"`
	// Unreadable names the items whose record is not what the contract says; empty names
	// stand for records that do not even name their item. They are unknown, not zero.
	Unreadable []string `json:"unreadable,omitempty"`
	// Next is the next page; the zero value on the last one.
	Next InventoryPosition `json:"next"`
	// Changes is where the next delta begins; only on the last page.
	Changes string `json:"changes,omitempty"`
}

// Last tells whether the reading is complete with this page.
func (p InventoryPage) Last() bool { return p.Next.Page == "" }

// InventoryLimit is how many items a page holds at most; LookUpLimit how many a
// look-up may name.
const (
	InventoryLimit = 1000
	LookUpLimit    = 100
)

// Stockroom is a warehouse that tells what it has. Everything here only reads, so
// everything can be repeated; each call is one attempt at one page.
type Stockroom interface {
	// Key is our key of the warehouse: its name in the shop's allocations.
	Key() string
	// Inventory reads one page. A position that is gone is fault.Invalid with code
	// CursorExpired: begin a snapshot.
	Inventory(ctx context.Context, at InventoryPosition) (InventoryPage, error)
	// LookUp reads at most LookUpLimit items by name; unknown ones are absent.
	LookUp(ctx context.Context, skus []string) (InventoryPage, error)
	// Adjustments lists movements of the books at or after since, oldest first, one page
	// after the cursor; next is empty on the last page.
	Adjustments(ctx context.Context, since time.Time, cursor string) (list []domain.Adjustment, next string, err error)
	// UpdatedOrders lists orders changed at or after since, oldest first, one page. A
	// drain that begins after a feed page came and runs to its last page has told
	// everything up to that page's AsOf.
	UpdatedOrders(ctx context.Context, since time.Time, cursor string) (orders []domain.WarehouseOrder, next string, err error)
}

// ShopWarehouse is a warehouse as the shop knows it.
type ShopWarehouse struct {
	ID   string `json:"id"`
	Name string `json:"name"` // our key
	// Threshold is what the shop itself keeps back of each size here, units.
	Threshold int `json:"threshold,omitempty"`
	// OwnMaster says that people may edit the stock in the shop (stockMaster is not EXTERNAL).
	OwnMaster bool `json:"ownMaster,omitempty"`
}

// ShopSize is a size that the shop sells and keeps stock of.
type ShopSize struct {
	ID  string `json:"id"`
	SKU string `json:"sku,omitempty"`
	EAN string `json:"ean,omitempty"`
	UPC string `json:"upc,omitempty"`
	// Offset is what the shop itself keeps back of this size in every warehouse, units;
	// a negative one makes the shop offer more than it has.
	Offset int `json:"offset,omitempty"`
}

// ShopStock is one reading of sizes in a warehouse with the lines of orders. Sizes
// and lines are of one instant, except where a size is Torn. A size that has never
// had stock in the warehouse is absent, which stands for zero; so is an order that
// the shop does not know.
type ShopStock struct {
	Warehouse ShopWarehouse      `json:"warehouse"`
	At        time.Time          `json:"at"` // when it was asked, by our clock: nothing told is older
	Sizes     []domain.SizeStock `json:"sizes"`
	Lines     []domain.LineStock `json:"lines"` // only of the sizes asked for
}

// StockReadSizes and StockReadOrders are what one ReadStock may name and still be one
// request. More orders are read all the same; sizes that move meanwhile are then Torn.
const (
	StockReadSizes  = 1000
	StockReadOrders = 1000
)

// SizesByEANLimit is how many codes one SizesByEAN may name.
const SizesByEANLimit = 500

// StockBatch is how many sizes one change of stock may name.
const StockBatch = 200

// StockChange moves the shop's stock in one warehouse by differences, all one way.
type StockChange struct {
	Warehouse   string             // our key
	Decrease    bool               // out of the warehouse; else into it
	Description string             // shown to people in the shop
	Sizes       []domain.SizeUnits // 1 to StockBatch different sizes, units ≥ 1
}

// StockShop is the stock side of a shop.
type StockShop interface {
	// Warehouses lists the shop's warehouses.
	Warehouses(ctx context.Context) ([]ShopWarehouse, error)
	// Sizes lists sizes changed at or after since (zero: all), oldest change first, one
	// page after the cursor; next is empty on the last page. A size can come twice.
	Sizes(ctx context.Context, since time.Time, cursor string) (sizes []ShopSize, next string, err error)
	// SizesByEAN resolves at most SizesByEANLimit codes in one request. A code that nothing has is
	// absent; one that two sizes have comes twice, and is nobody's.
	SizesByEAN(ctx context.Context, eans []string) ([]ShopSize, error)
	// ReadStock reads at most StockReadSizes sizes of one warehouse together with what
	// the shop holds there for the lines of the given orders.
	ReadStock(ctx context.Context, warehouse string, sizes []string, orders []domain.OrderID) (ShopStock, error)
	// ListStock lists the figures of all sizes of a warehouse, without lines, to find
	// drift: one page after the cursor; next is empty on the last page.
	ListStock(ctx context.Context, warehouse, cursor string) (sizes []domain.SizeStock, next string, err error)

	// ChangeStock changes stock by differences, all sizes or none. Not repeatable: after
	// fault.Uncertain wait, read again and compute anew. fault.Rejected changed nothing;
	// its problems carry the size in Value where the shop named one (such as more taken
	// out than is free by now, or a size that is gone).
	ChangeStock(ctx context.Context, c StockChange) error
	// SetStock sets physical stock absolutely; only for the first load of an empty
	// warehouse, since the shop moves stock itself. The same figures again change nothing.
	SetStock(ctx context.Context, warehouse, description string, sizes []domain.SizeUnits) error
}
