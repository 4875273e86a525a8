package ports

import (
	"context"
	"time"

	"selvedge/internal/domain"
)

// CountedOrder is an order that the shop holds ready: confirmed or beyond, not on
// hold, not waiting for payment.
type CountedOrder struct {
	ID        domain.OrderID
	Status    domain.ShopStatus
	UpdatedAt time.Time
	Units     int // physical units that are not cancelled
}

// ShopCounter reads the shop by another path than intake, so that what intake misses
// is seen. Every Centra-like shop should be one; none has to.
type ShopCounter interface {
	// CountOrders reads one page of the consumer orders that are ready and were updated
	// in the window, both ends included; next is empty on the last page. An order may
	// come twice; one that is updated meanwhile leaves for a later window.
	CountOrders(ctx context.Context, store string, from, to time.Time, cursor string) (orders []CountedOrder, next string, err error)
}

// OrderTally is what the store knows of an order that was counted.
type OrderTally struct {
	ID          domain.OrderID
	Known       bool
	Wholesale   bool
	TakenAt     time.Time // when we first saw it
	ClosedAt    time.Time // zero while open
	ClosedState domain.OrderState
	ClosedCause string
	Content     domain.Order // canonical; zero when unknown
	Submitted   bool         // a warehouse took a consignment of it
	Causes      []string     // of its open exceptions, sorted
	Refused     string       // why it could not be read, when it is kept as refused
}

// Standing is where a counted order stands.
type Standing string

// Standings; each counted order has exactly one.
const (
	StandInWarehouse Standing = "in the warehouse"
	StandWaiting     Standing = "waiting" // with a cause or reason
	StandRefused     Standing = "refused" // cannot be read; kept as refused
	StandEnded       Standing = "ended"
	StandGap         Standing = "gap" // nobody was working on it; started
)

// Counted is one order of a certificate.
type Counted struct {
	Number   string   `json:"number"`
	Standing Standing `json:"standing"`
	Reason   string   `json:"reason,omitempty"`
}

// Certificate says where every order stands that the shop held ready and that was
// updated in a window: ready = in the warehouse + waiting + refused + ended + gaps.
type Certificate struct {
	Store       string    `json:"store"`
	From        time.Time `json:"from"`
	To          time.Time `json:"to"`
	CountedAt   time.Time `json:"countedAt"`
	Ready       int       `json:"ready"`
	InWarehouse int       `json:"inWarehouse"`
	Waiting     int       `json:"waiting"`
	Refused     int       `json:"refused"`
	Ended       int       `json:"ended"`
	Gaps        []Counted `json:"gaps"`
	Orders      []Counted `json:"orders"` // every order that was ready, by number
}

// Gap is an open exception about an order that nobody was working on.
type Gap struct {
	Order    domain.OrderID
	OpenedAt time.Time
}

// GapSystem is the system under which the gaps of a store's orders are kept.
func GapSystem(store string) string { return "completeness/" + store }

// OrderRun is what Temporal says of an order's workflow.
type OrderRun struct {
	Running bool
	Status  string            // in plain words: running, terminated, never started
	State   domain.OrderState // as last shown
	Causes  []string          // as last shown
}

// CompletenessStore is what the completeness count needs of the store.
type CompletenessStore interface {
	// Tally tells what is known of each order, in the order given.
	Tally(ctx context.Context, ids []domain.OrderID) ([]OrderTally, error)
	// OpenOrdersOf lists open orders of a shop's store that were taken in before an
	// instant, sorted by number, after a number.
	OpenOrdersOf(ctx context.Context, store, after string, takenBefore time.Time, limit int) ([]domain.OrderID, error)
	// SaveCertificate keeps a statement; one that does not add up is refused. The same window again replaces it.
	SaveCertificate(ctx context.Context, c Certificate) error
	// CountedUpTo is where the newest window of a store ends; zero when there is none.
	CountedUpTo(ctx context.Context, store string) (time.Time, error)
	// OpenGaps lists the open gap exceptions of a store, longest open first.
	OpenGaps(ctx context.Context, store string, limit int) ([]Gap, error)
	OpenSystemException(ctx context.Context, e ExceptionRecord) error
	ResolveSystemException(ctx context.Context, system, cause, by string, at time.Time) error
	Cursor(ctx context.Context, name string) (string, error)
	SaveCursor(ctx context.Context, name, value string, at time.Time) error
}
