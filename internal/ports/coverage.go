package ports

import (
	"context"
	"time"

	"selvedge/internal/domain"
)

// ShopCatalogue is what a shop says of what it offers, before anybody orders it.
// Everything here only reads.
type ShopCatalogue interface {
	// Methods lists the shipping methods.
	Methods(ctx context.Context) ([]domain.OfferedMethod, error)
	// Markets lists the markets of the stores that we serve.
	Markets(ctx context.Context) ([]domain.OfferedMarket, error)
	// Catalogue lists the sizes of products changed at or after since, oldest change
	// first, one page after the cursor; next is empty on the last page. A size can come twice.
	Catalogue(ctx context.Context, since time.Time, cursor string) (sizes []domain.CatalogueSize, next string, err error)
}

// CoverageStore keeps what has no rule, and the shop's sizes.
type CoverageStore interface {
	Rules(ctx context.Context) ([]domain.Rule, error)
	// SaveCoverage opens the gaps that were found and closes those of the compared lists
	// that were not. A second run changes nothing but when they were last seen.
	SaveCoverage(ctx context.Context, compared []domain.CoverageList, gaps []domain.CoverageGap, at time.Time) (opened, closed int, err error)
	// SaveSizes keeps sizes as read; older readings never replace newer ones.
	SaveSizes(ctx context.Context, sizes []domain.CatalogueSize, at time.Time) error
	// Sizes lists the sizes by id, after an id.
	Sizes(ctx context.Context, after string, limit int) ([]domain.CatalogueSize, error)
	Cursor(ctx context.Context, name string) (string, error)
	SaveCursor(ctx context.Context, name, value string, at time.Time) error
}
