package ports

import (
	"context"
	"encoding/json"
	"time"

	"selvedge/internal/domain"
)

// ItemMasterBatch is how many items one write may name.
const ItemMasterBatch = 200

// ItemMaster is a warehouse that keeps a record of each item and lets us write it.
type ItemMaster interface {
	// ItemRecords lists all items, one page after the cursor; next is empty on the last page.
	ItemRecords(ctx context.Context, cursor string) (items []domain.ItemRecord, next string, err error)
	// WriteItems replaces at most ItemMasterBatch records, given whole; outcomes stand in
	// their order, and one that is refused keeps no other out. Repeatable: the same record
	// again changes nothing.
	WriteItems(ctx context.Context, bodies []json.RawMessage) ([]domain.ItemOutcome, error)
}

// CatalogueStore keeps the shop's sizes, the warehouses' items, and what the audit found.
type CatalogueStore interface {
	Rules(ctx context.Context) ([]domain.Rule, error)
	ItemAttributes(ctx context.Context, warehouse string, skus []string) ([]domain.ItemAttribute, error)
	// SizesOf lists the sizes that the shop keeps in a warehouse, by id, after an id.
	SizesOf(ctx context.Context, warehouse, after string, limit int) ([]domain.CatalogueSize, error)
	// SaveItemRecords keeps items as the warehouse holds them.
	SaveItemRecords(ctx context.Context, warehouse string, items []domain.ItemRecord, at time.Time) error
	// ItemRecords reads those of the items that the warehouse holds.
	ItemRecords(ctx context.Context, warehouse string, skus []string) ([]domain.ItemRecord, error)
	// SaveFindings keeps what was found; one that stands where it stood keeps since when.
	SaveFindings(ctx context.Context, findings []domain.CatalogueFinding, at time.Time) error
	// EndAudit forgets findings of sizes that were not audited since an instant, and sums
	// up the differences by field with at most limit examples of each.
	EndAudit(ctx context.Context, warehouse string, since time.Time, limit int) ([]FieldDifferences, error)
	OpenSystemException(ctx context.Context, e ExceptionRecord) error
	ResolveSystemException(ctx context.Context, system, cause, by string, at time.Time) error
	Cursor(ctx context.Context, name string) (string, error)
	SaveCursor(ctx context.Context, name, value string, at time.Time) error
}

// FieldDifferences is a field in which items of a warehouse differ from the shop.
type FieldDifferences struct {
	Field    string
	Count    int
	Examples []domain.Refusal
}
