package activities_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/activities"
	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// catalogueShop refuses every page but the first, as a shop does whose cursors have ended.
type catalogueShop struct {
	ports.ShopCatalogue
	refusal error
	asked   []string
}

func (s *catalogueShop) Catalogue(_ context.Context, _ time.Time, cursor string) ([]domain.CatalogueSize, string, error) {
	s.asked = append(s.asked, cursor)
	if cursor != "" {
		return nil, "", s.refusal
	}
	return []domain.CatalogueSize{{ID: "1", SKU: "COAT", UpdatedAt: noon}}, "", nil
}

// catalogueStore keeps one cursor.
type catalogueStore struct {
	ports.CoverageStore
	cursor string
	sizes  int
}

func (s *catalogueStore) Cursor(context.Context, string) (string, error) { return s.cursor, nil }

func (s *catalogueStore) SaveCursor(_ context.Context, _, value string, _ time.Time) error {
	s.cursor = value
	return nil
}

func (s *catalogueStore) SaveSizes(_ context.Context, sizes []domain.CatalogueSize, _ time.Time) error {
	s.sizes += len(sizes)
	return nil
}

func TestAPageThatTheShopRefusesIsNotAskedForForEver(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		kind  fault.Kind
		again string // the page that the next run asks for
	}{
		"its cursor has ended": {fault.Rejected, ""},
		"the shop is away":     {fault.Unavailable, "page-7"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &catalogueStore{cursor: noon.Add(-time.Hour).Format(time.RFC3339) + " " + time.Time{}.Format(time.RFC3339) + " page-7"}
			shop := &catalogueShop{refusal: &fault.Fault{Kind: tt.kind, System: "centra", Message: "no such page"}}
			c := &activities.Coverage{Shop: shop, Store: s, Clock: func() time.Time { return noon }}
			_, err := c.ReadCatalogue(t.Context(), contract.CoverageInput{})
			require.Error(t, err, "this run says what was refused")
			_, err = c.ReadCatalogue(t.Context(), contract.CoverageInput{})
			require.Equal(t, []string{"page-7", tt.again}, shop.asked)
			require.Equal(t, tt.again != "", err != nil)
		})
	}
}
