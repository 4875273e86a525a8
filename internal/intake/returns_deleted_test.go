package intake_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// emptied is a shop in which every return was deleted.
type emptied struct {
	*shop
	ports.ShopReturns
}

func (emptied) ReturnByID(context.Context, string) (domain.ShopReturn, error) {
	return domain.ShopReturn{}, &fault.Fault{Kind: fault.NotFound, System: "centra"}
}

// A return that we made may be gone before we read the news of its creation: the shop
// has told of nothing but its id then.
func TestTheDeletionOfAReturnReachesItsOrder(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		told domain.Fact
		want int
	}{
		"that the shop once told of": {domain.NewShopReturnFact(domain.ShopReturn{ID: "41", Order: id("1"), Lines: []domain.LineQuantity{}}, noon), 1},
		"that we made": {domain.NewFact(domain.FactReturnWritten, "w", "selvedge", noon,
			domain.ReturnWritten{Return: 1, Kind: domain.PlanShopReturn, Key: "k", Stage: domain.StageDone, ID: "41"}), 1},
		"not where 41 is the id of a document": {domain.NewFact(domain.FactReturnWritten, "w", "selvedge", noon,
			domain.ReturnWritten{Return: 1, Kind: domain.PlanCredit, Key: "k", Stage: domain.StageDone, ID: "41"}), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t)
			w.known(t, "1")
			w.Shop, w.Orphans = emptied{shop: w.shop}, w.store
			_, _, err := w.store.Append(within(t), id("1"), []domain.Fact{tt.told})
			require.NoError(t, err)
			for range 5 {
				w.shop.events = []ports.ShopEvent{{ID: "9", Object: "return", Change: "created", Ref: "41", At: noon}}
				_, err = w.DrainShop(within(t))
				require.NoError(t, err)
			}
			facts, err := w.store.Facts(within(t), id("1"), 0)
			require.NoError(t, err)
			gone := 0
			for _, f := range facts {
				if r, err := domain.Decode[domain.ShopReturn](f); f.Kind == domain.FactShopReturn && err == nil && r.Deleted {
					require.Equal(t, "41", r.ID)
					gone++
				}
			}
			require.Equal(t, tt.want, gone)
			require.Equal(t, tt.want > 0, len(w.runs.woken) > 0, "%v", w.runs.woken)
		})
	}
}
