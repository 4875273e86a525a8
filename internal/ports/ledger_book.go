package ports

import (
	"context"
	"time"

	"selvedge/internal/domain"
)

// BookEntry is a document in the ledger that is our own.
type BookEntry struct {
	Document    domain.Document
	Fingerprint string
	Number      string    // empty until it is posted
	PostedAt    time.Time // zero until then
	Export      int64     // 0 until it was exported
	Links       []string  // of what it was told after it was posted; of an export, what that one tells
	// Told says of an entry of an export that the document itself went out before, and
	// only its Links are news.
	Told bool
}

// LedgerBook keeps the documents of the ledger that is our own.
type LedgerBook interface {
	// InsertEntry keeps a document under its key unless one stands there, and answers what
	// stands there afterwards. closed says that nothing was kept because the accounting
	// month is closed; what stood there before is answered all the same.
	InsertEntry(ctx context.Context, d domain.Document, at time.Time) (e BookEntry, closed bool, err error)
	// PostEntry numbers an entry and puts it into the books, once. fault.NotFound when
	// there is none; closed as of InsertEntry.
	PostEntry(ctx context.Context, key domain.DocumentKey, on domain.Date, late bool, at time.Time) (e BookEntry, closed bool, err error)
	// LinkEntry adds what a posted entry is about to it; what it names already changes
	// nothing. fault.NotFound when it is not posted.
	LinkEntry(ctx context.Context, key domain.DocumentKey, refs []string, at time.Time) (BookEntry, error)
	// Entry reads one; fault.NotFound when there is none.
	Entry(ctx context.Context, key domain.DocumentKey) (BookEntry, error)
	// PostedEntries lists posted entries of an entity (the ledger's id) and month, by key after a key.
	PostedEntries(ctx context.Context, entityRef string, period domain.Period, after domain.DocumentKey, limit int) ([]BookEntry, error)
	// ClosedPeriods lists the closed months of an entity, sorted.
	ClosedPeriods(ctx context.Context, entityRef string) ([]domain.Period, error)
	Ping(ctx context.Context) error
}
