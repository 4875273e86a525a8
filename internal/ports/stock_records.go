package ports

import (
	"context"
	"encoding/json"
	"hash/fnv"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
)

// FenceLost is the code of the fault.Conflict which says that another pass has taken a
// warehouse's stock over: whoever gets it stops at once and writes nothing more.
const FenceLost = "fence_lost"

// LostFence tells whether an error says that another pass has taken over.
func LostFence(err error) bool {
	f, ok := fault.As(err)
	return ok && f.Code == FenceLost
}

// StockLease is the right to work on a warehouse's stock until it expires. Fence grows
// with every holder: what an earlier one still tries is refused.
type StockLease struct {
	Warehouse string `json:"warehouse"`
	Fence     int64  `json:"fence"`
}

// StockFeed says how far the inventory feed of a warehouse has been read.
type StockFeed struct {
	StockLease
	Version    int64         // grows with every reading that was finished
	AsOf       time.Time     // state of the warehouse that the newest finished reading reflects; zero before the first
	NewestAsOf time.Time     // the newest ever told; a reading of an older state raises nothing
	Changes    string        // where the next delta begins; empty: a snapshot
	FullAt     time.Time     // when the newest snapshot was finished
	ReadAt     time.Time     // when the newest reading was finished
	Reading    *StockReading // a reading that broke off
	OrdersAt   time.Time     // up to which change the warehouse's orders were read
	FactsAt    time.Time     // order facts recorded before were looked at
	BooksAt    time.Time     // up to which movement the warehouse's books were read
	Drift      string        // where the comparison with the shop goes on
	DriftAt    time.Time     // when it was last finished
}

// StockReading is a reading of the feed under way, kept so that a crash costs a few pages.
type StockReading struct {
	Mode    FeedMode `json:"mode"`
	Rebuilt bool     `json:"rebuilt,omitempty"` // the place of the next delta was gone: versions may have begun anew
	// Nameless says that a record could not be read, and not even of which item it was.
	Nameless bool              `json:"nameless,omitempty"`
	At       InventoryPosition `json:"at"`
	AsOf     time.Time         `json:"asOf"`
	BeganAt  time.Time         `json:"beganAt"`
	Records  int64             `json:"records"`
	Changed  int64             `json:"changed"`
}

// StockLevel is what is held of one item at its warehouse.
type StockLevel struct {
	Record       domain.InventoryRecord
	AsOf         time.Time // state of the warehouse in which the record was told
	Doubt        string    // why it may not raise anything, as package stock says it; empty when it may
	Touched      int64     // grows with every change that may move the figure
	WritingSince time.Time // a change of stock, sent then at the latest, whose outcome is not recorded
	Published    int64     // how often a figure was written
}

// StockDiffering is a record that is not what is held.
type StockDiffering struct {
	Record domain.InventoryRecord
	Held   *StockLevel // nil when nothing is
}

// StockMerged is what came of a record that differed.
type StockMerged struct {
	Told  domain.InventoryRecord // the record as told, so that the same again is no difference
	Level StockLevel             // what is held from now on; Touched, WritingSince and Published are the store's
	Due   bool                   // its figure has to be looked at
}

// StockFigure is what came of looking at one item.
type StockFigure struct {
	SKU     string
	SizeID  string // of the shop; empty when none was found
	ShopSKU string
	Figure  int    // what the shop should offer
	Offered int    // what it offered when it was read
	Held    string // why a difference is not written now; empty when none is left or it is
	Terms   json.RawMessage
	At      time.Time
	Touched int64     // of the level that was looked at
	DueAt   time.Time // when to look again; zero: when something changes
	Keep    bool      // the difference is about to be written: it stays due until that is recorded
}

// StockWritten is one figure that the shop took.
type StockWritten struct {
	SKU        string
	Touched    int64
	Figure     int
	Difference int
	Terms      json.RawMessage
}

// StockLine is an order line of ours that holds a size, with what a warehouse told of it.
type StockLine struct {
	Order     domain.OrderID
	Line      string // the shop's line id
	Size      string
	Sightings []domain.LineSighting
}

// StockExposure is what was drained behind our back of one item between two readings.
type StockExposure struct {
	SKU         string    `json:"sku"`
	From        time.Time `json:"from"`
	To          time.Time `json:"to"`
	Units       int       `json:"units"`
	UnitSeconds int64     `json:"unitSeconds"`
	Buffer      int       `json:"buffer"` // as it was
}

// StockStatusUnits is how many units a warehouse holds in one status.
type StockStatusUnits struct {
	Status   string    `json:"status"`
	Units    int64     `json:"units"`
	Items    int64     `json:"items"`
	Sellable bool      `json:"sellable"`
	Known    bool      `json:"known"` // a rule or the contract says so
	AsOf     time.Time `json:"asOf"`
}

// StockPass says what one pass did.
type StockPass struct {
	Warehouse string    `json:"warehouse"`
	Fence     int64     `json:"fence"`
	Trigger   string    `json:"trigger"`
	BeganAt   time.Time `json:"beganAt"`
	EndedAt   time.Time `json:"endedAt,omitzero"` // zero while it runs, or when it died
	Full      bool      `json:"full,omitempty"`
	Cut       bool      `json:"cut,omitempty"`
	AsOf      time.Time `json:"asOf,omitzero"`
	Records   int64     `json:"records"`
	Changed   int64     `json:"changed"`
	Looked    int64     `json:"looked"`
	Lowered   int64     `json:"lowered"`
	Raised    int64     `json:"raised"`
	Waiting   int64     `json:"waiting"`
	Mutations int64     `json:"mutations"`
}

// StockStore keeps what warehouses say they have and what was made of it. Whatever
// takes a lease is refused with FenceLost once another pass has taken over, and every
// method can run twice.
type StockStore interface {
	// AcquireStock takes a warehouse's lease where it is free, has expired, or is the
	// same holder's; held is false when another pass is at work.
	AcquireStock(ctx context.Context, warehouse, holder string, ttl time.Duration) (feed StockFeed, held bool, err error)
	// RenewStock proves that the lease is still ours, and prolongs it.
	RenewStock(ctx context.Context, l StockLease, ttl time.Duration) (StockFeed, error)
	// ReleaseStock gives the lease back; one that is lost is given back already.
	ReleaseStock(ctx context.Context, l StockLease) error

	// DifferingStock finds the records of a page that are not what is held.
	DifferingStock(ctx context.Context, warehouse string, records []domain.InventoryRecord) ([]StockDiffering, error)
	// SaveStockLevels keeps what came of them, and where the reading goes on (nil: with a later page).
	SaveStockLevels(ctx context.Context, l StockLease, merged []StockMerged, reading *StockReading, at time.Time) error
	// FinishStockReading moves the feed on: version, state and next delta.
	FinishStockReading(ctx context.Context, l StockLease, reading StockReading, changes string, at time.Time) (StockFeed, error)
	// AbandonStockReading forgets a reading that cannot go on; the next one begins anew.
	AbandonStockReading(ctx context.Context, l StockLease, changes string) error
	// DoubtUnmentioned marks with a doubt the items that a whole snapshot did not mention;
	// seen are the sorted hashes (SKUHash) of those that it did. It answers how many it marked.
	DoubtUnmentioned(ctx context.Context, l StockLease, seen []uint64, doubt string) (int, error)
	// KnownStock counts the items of a warehouse.
	KnownStock(ctx context.Context, warehouse string) (int64, error)
	// DoubtStock marks single items, such as those whose record could not be read.
	DoubtStock(ctx context.Context, l StockLease, skus []string, doubt string) error
	// DoubtfulStock counts the items with a doubt, and names the first of them.
	DoubtfulStock(ctx context.Context, warehouse, doubt string, limit int) (count int, skus []string, err error)
	// SaveStockStatuses replaces the units by status of a warehouse.
	SaveStockStatuses(ctx context.Context, l StockLease, list []StockStatusUnits) error

	// SaveOrdersRead notes up to which change the warehouse's orders were read.
	SaveOrdersRead(ctx context.Context, l StockLease, upTo time.Time) error
	// MarkSoldStock makes items due of whose orders something was told since the last time.
	MarkSoldStock(ctx context.Context, l StockLease, at time.Time) (int, error)
	// TouchStock makes items due, all of a warehouse when none is named.
	TouchStock(ctx context.Context, warehouse string, skus []string, at time.Time) (int, error)
	// DueStock lists levels that have to be looked at, by item, after one of them.
	DueStock(ctx context.Context, warehouse, after string, at time.Time, limit int) ([]StockLevel, error)
	// StockLines reads the lines of our orders that hold one of the sizes and may not
	// have left entirely by an instant, with what the warehouse told of them.
	StockLines(ctx context.Context, warehouse string, sizes []string, asOf time.Time) ([]StockLine, error)
	// SaveStockFigures keeps what came of looking at items.
	SaveStockFigures(ctx context.Context, l StockLease, figures []StockFigure) error
	// StockLevels reads levels of items by name; unknown ones are absent.
	StockLevels(ctx context.Context, warehouse string, skus []string) ([]StockLevel, error)
	// NotedStock lists items whose figure bears one of the notes, computed longest ago first.
	NotedStock(ctx context.Context, warehouse string, limit int, notes ...string) ([]string, error)
	// HeldStock counts the items without a figure for a reason, and names the first of them.
	HeldStock(ctx context.Context, warehouse, held string, limit int) (count int, skus []string, err error)
	// StockFigures reads what came of looking at items the last time, by item.
	StockFigures(ctx context.Context, warehouse string, skus []string) (map[string]StockFigure, error)
	// BeginStockWrite notes, before it is sent, that a change of stock is on its way.
	BeginStockWrite(ctx context.Context, l StockLease, skus []string, ttl time.Duration, at time.Time) error
	// CancelStockWrite says that a change was refused and moved nothing; look again at dueAt.
	CancelStockWrite(ctx context.Context, l StockLease, skus []string, dueAt time.Time) error
	// RecordStockWrite says that the shop took a change.
	RecordStockWrite(ctx context.Context, l StockLease, written []StockWritten, decrease bool, asOf, at time.Time) error

	// SaveShopSizes keeps sizes of the shop, and where the next list of them begins.
	SaveShopSizes(ctx context.Context, sizes []ShopSize) error
	// ShopSizes finds sizes by SKU, EAN, UPC or id.
	ShopSizes(ctx context.Context, codes, ids []string) ([]ShopSize, error)
	Cursor(ctx context.Context, name string) (string, error)
	SaveCursor(ctx context.Context, name, value string, at time.Time) error

	// SaveAdjustments keeps movements of the books, each once.
	SaveAdjustments(ctx context.Context, l StockLease, list []domain.Adjustment, upTo time.Time) (added int, err error)
	// SaveStockExposure keeps what was drained behind our back.
	SaveStockExposure(ctx context.Context, l StockLease, list []StockExposure) error
	// SaveStockPass keeps what a pass did; the same fence again replaces it.
	SaveStockPass(ctx context.Context, p StockPass) error
	// SaveStockDrift notes where the comparison with the shop goes on; empty ends it.
	SaveStockDrift(ctx context.Context, l StockLease, next string, at time.Time) error
	// PublishedSizes finds the items behind sizes of the shop.
	PublishedSizes(ctx context.Context, warehouse string, sizes []string) (map[string]StockFigure, error)

	Rules(ctx context.Context) ([]domain.Rule, error)
	OpenSystemException(ctx context.Context, e ExceptionRecord) error
	ResolveSystemException(ctx context.Context, system, cause, by string, at time.Time) error
	// OpenStockCauses lists the causes of a warehouse's open stock exceptions of a kind,
	// about one of the subjects, or all when none is named.
	OpenStockCauses(ctx context.Context, system, kind string, subjects []string) ([]string, error)
}

// StockSystem is the system under which the exceptions of a warehouse's stock are kept.
func StockSystem(warehouse string) string { return "stock/" + warehouse }

// SKUHash is the hash by which a snapshot remembers that an item was mentioned: eight
// bytes an item, so that a million of them cost eight megabytes.
func SKUHash(sku string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(sku))
	return h.Sum64()
}
