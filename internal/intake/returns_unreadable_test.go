package intake_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// dock is a floor whose returns can be read one by one.
type dock struct {
	*floor
	read func(id string) (domain.ReturnConfirmation, error)
}

func (d dock) Return(_ context.Context, id string) (domain.ReturnConfirmation, error) {
	return d.read(id)
}

func (d dock) UpdatedReturns(context.Context, time.Time, string) ([]domain.ReturnConfirmation, string, error) {
	return nil, "", nil
}

// back is the news of a return that the adapter could not decode.
func back(sequence int64, id, order string) ports.WarehouseEvent {
	return ports.WarehouseEvent{ID: "r-" + id + order, Sequence: sequence, Type: "return.updated", At: noon, Consignment: order, Subject: "return/" + id, Return: true}
}

// feeds reads the feed five times from its beginning, as after a lost cursor.
func (w *world) feeds(t *testing.T) {
	t.Helper()
	for range 5 {
		require.NoError(t, w.store.SaveCursor(within(t), "feed/"+leeds, "0", w.now))
		_, err := w.ReadFeed(within(t), leeds)
		require.NoError(t, err)
	}
}

func count(kinds []domain.FactKind, kind domain.FactKind) (n int) {
	for _, k := range kinds {
		if k == kind {
			n++
		}
	}
	return n
}

func TestAReturnThatTheFeedTellsUnreadably(t *testing.T) {
	t.Parallel()
	coat := func(id string) domain.ReturnConfirmation {
		return domain.ReturnConfirmation{
			ID: id, Warehouse: leeds, Consignment: "1", Type: domain.CustomerReturn, Revision: 1, ReceivedAt: noon,
			Units: []domain.ReturnUnit{{Ref: "u1", SKU: "COAT", Disposition: "restock", Final: true, Revision: 1, DecidedAt: noon}},
		}
	}
	opened := func(t *testing.T, read func(string) (domain.ReturnConfirmation, error)) *world {
		t.Helper()
		w := openBooks(t)
		w.sent(t, "1")
		w.Warehouses[leeds] = dock{w.floor, read}
		return w
	}
	t.Run("is read at the warehouse, once", func(t *testing.T) {
		t.Parallel()
		w := opened(t, func(id string) (domain.ReturnConfirmation, error) { return coat(id), nil })
		w.floor.events = []ports.WarehouseEvent{back(1, "RET-1", "")}
		w.feeds(t)
		require.Equal(t, 1, count(w.kinds(t, "1"), domain.FactReturnConfirmation))
		require.Zero(t, count(w.kinds(t, "1"), domain.FactReturn))
		require.Empty(t, w.refused(t))
		require.Equal(t, []string{"1"}, w.runs.woken, "by what it says, and once")
	})
	for name, kind := range map[string]fault.Kind{"holds it in no form that can be read": fault.Invalid, "does not know it": fault.NotFound, "refuses it": fault.Rejected} {
		t.Run("and the warehouse "+name, func(t *testing.T) {
			t.Parallel()
			w := opened(t, func(string) (domain.ReturnConfirmation, error) {
				return domain.ReturnConfirmation{}, &fault.Fault{Kind: kind, System: "acs"}
			})
			behind := told(3, "1", "order.rejected", domain.WarehouseRejected, "COAT")
			w.floor.events = []ports.WarehouseEvent{back(1, "RET-1", "1"), back(2, "RET-2", ""), behind}
			w.feeds(t)
			require.ElementsMatch(t, []string{"feed/leeds r-RET-11", "feed/leeds r-RET-2"}, w.refused(t), "each stands among the refused inputs, once")
			require.Equal(t, 1, count(w.kinds(t, "1"), domain.FactReturn), "and in the story of the order that it names")
			require.Contains(t, w.kinds(t, "1"), domain.FactWarehouseOrder, "what is behind them is taken")
			require.NotEmpty(t, w.runs.woken)
		})
	}
	t.Run("of which not even the id can be read", func(t *testing.T) {
		t.Parallel()
		w := opened(t, func(string) (domain.ReturnConfirmation, error) {
			t.Error("there is nothing to ask for")
			return domain.ReturnConfirmation{}, nil
		})
		w.floor.events = []ports.WarehouseEvent{back(1, "", "")}
		w.feeds(t)
		require.Equal(t, []string{"feed/leeds r-"}, w.refused(t))
	})
	t.Run("waits for a warehouse that is away", func(t *testing.T) {
		t.Parallel()
		away := true
		w := opened(t, func(id string) (domain.ReturnConfirmation, error) {
			if away {
				return domain.ReturnConfirmation{}, &fault.Fault{Kind: fault.Unavailable, System: "acs"}
			}
			return coat(id), nil
		})
		w.floor.events = []ports.WarehouseEvent{back(1, "RET-1", "1")}
		for range 5 {
			_, err := w.ReadFeed(within(t), leeds)
			require.True(t, fault.Is(err, fault.Unavailable), "%v", err)
		}
		require.Empty(t, w.refused(t))
		away = false
		_, err := w.ReadFeed(within(t), leeds)
		require.NoError(t, err)
		require.Equal(t, 1, count(w.kinds(t, "1"), domain.FactReturnConfirmation), "the event was not passed over")
	})
	t.Run("and corrects later", func(t *testing.T) {
		t.Parallel()
		w := opened(t, func(string) (domain.ReturnConfirmation, error) {
			return domain.ReturnConfirmation{}, &fault.Fault{Kind: fault.Invalid, System: "acs"}
		})
		c := coat("RET-1")
		mended := back(2, "RET-1", "1")
		mended.ID, mended.Confirmation = "r-mended", &c
		w.floor.events = []ports.WarehouseEvent{back(1, "RET-1", "1"), mended}
		w.feeds(t)
		require.Equal(t, 1, count(w.kinds(t, "1"), domain.FactReturnConfirmation))
		require.Equal(t, 1, count(w.kinds(t, "1"), domain.FactReturn))
	})
}
