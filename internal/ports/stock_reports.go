package ports

import (
	"encoding/json"
	"time"
)

// StockPublication is a figure that the shop took.
type StockPublication struct {
	Nth         int64           `json:"nth"` // of the item, from 1
	Figure      int             `json:"figure"`
	Difference  int             `json:"difference"`
	AsOf        time.Time       `json:"asOf"`
	PublishedAt time.Time       `json:"publishedAt"`
	Terms       json.RawMessage `json:"terms"`
}

// StockExplained is all that is known of one item's figure in one warehouse.
type StockExplained struct {
	Warehouse  string
	Level      *StockLevel  // nil when the warehouse never told of it
	Figure     *StockFigure // nil when nobody has looked at it yet
	DueAt      *time.Time   // when it is looked at next; nil: when something changes
	FeedAsOf   time.Time
	Published  []StockPublication // newest first, ten at most
	Exceptions []ExceptionRecord  // open ones about it
}

// StockWindow sums up what was published in one window of time.
type StockWindow struct {
	From         time.Time     `json:"from"`
	Publications int           `json:"publications"` // figures written
	Mutations    int           `json:"mutations"`    // of the shop's budget
	Lowering     int           `json:"lowering"`     // of the mutations, those that lower
	LagP50       time.Duration `json:"lagP50"`       // from the feed's state to the shop's answer, weighed by figures
	LagP95       time.Duration `json:"lagP95"`
	ExposedUnits int64         `json:"exposedUnits"` // drained behind our back
	UnitSeconds  int64         `json:"unitSeconds"`
}

// StockExposed is what was drained behind our back of one item, worst first in a list.
type StockExposed struct {
	SKU         string `json:"sku"`
	Windows     int    `json:"windows"`
	Units       int64  `json:"units"`
	UnitSeconds int64  `json:"unitSeconds"`
	Covered     int    `json:"covered"` // the buffer that would have covered every window
}

// StockCharted is what the charts of one warehouse's stock show.
type StockCharted struct {
	Warehouse string             `json:"warehouse"`
	AsOf      time.Time          `json:"asOf,omitzero"`
	Items     int64              `json:"items"`
	Due       int64              `json:"due"` // figures that wait to be looked at or written
	Windows   []StockWindow      `json:"windows"`
	Withheld  []StockStatusUnits `json:"withheld"` // units that are not sold, by status
	Exposed   []StockExposed     `json:"exposed"`
	Passes    []StockPass        `json:"passes"` // newest first
}
