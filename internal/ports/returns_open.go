package ports

import (
	"context"
	"time"

	"selvedge/internal/domain"
)

// OpenReturn names a return that has not settled since it was last told something.
type OpenReturn struct {
	Order  domain.OrderID
	Number int
}

// OpenReturnStore remembers which returns are open, so that one whose workflow was ended
// by hand is found. Every method can run twice.
type OpenReturnStore interface {
	// NoteOpenReturns notes that returns of an order are open, by number with the newest
	// fact that each is to look at. One that has looked at it by now stays as it is.
	NoteOpenReturns(ctx context.Context, id domain.OrderID, told map[int]int64, at time.Time) error
	// OpenReturnsOf lists open returns of a shop's store that nobody has looked at since an
	// instant, sorted by order number and number, after one (zero = from the start).
	OpenReturnsOf(ctx context.Context, store string, after OpenReturn, lookedBefore time.Time, limit int) ([]OpenReturn, error)
	// OpenOrphans lists open returns without an order that were first told of before an
	// instant, sorted by warehouse and id, after one (zero = from the start). Their facts are left out.
	OpenOrphans(ctx context.Context, after OrphanReturn, toldBefore time.Time, limit int) ([]OrphanReturn, error)
}
