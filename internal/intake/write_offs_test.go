package intake_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// openBooks is a world that keeps returns and write-offs.
func openBooks(t *testing.T) *world {
	t.Helper()
	w := open(t)
	w.Orphans, w.WriteOffs = w.store, w.store
	return w
}

func spoilt(name string, change ...func(*domain.Adjustment)) domain.Adjustment {
	a := domain.Adjustment{ID: name, Warehouse: leeds, SKU: "COAT", Units: -1, Reason: "ber_write_off", At: noon}
	for _, f := range change {
		f(&a)
	}
	return a
}

func named(order, back string) func(*domain.Adjustment) {
	return func(a *domain.Adjustment) { a.Order, a.Return = order, back }
}

// tells lets the warehouse's feed tell of movements of the books.
func (w *world) tells(t *testing.T, movements ...domain.Adjustment) {
	t.Helper()
	for _, a := range movements {
		require.NoError(t, w.TakeEvent(within(t), leeds, ports.WarehouseEvent{ID: "e-" + a.ID, Type: "inventory.adjusted", At: a.At, Subject: "adjustment/" + a.ID, Consignment: a.Order, Adjustment: &a}))
	}
}

// returned lets it tell of a return of one coat.
func (w *world) returned(t *testing.T, back, order string) {
	t.Helper()
	c := domain.ReturnConfirmation{
		ID: back, Warehouse: leeds, Consignment: order, Type: domain.CustomerReturn, Revision: 1, ReceivedAt: noon,
		Units: []domain.ReturnUnit{{Ref: "u1", SKU: "COAT", Disposition: "ber", Final: true, Revision: 1, DecidedAt: noon}},
	}
	require.NoError(t, w.TakeEvent(within(t), leeds, ports.WarehouseEvent{ID: "e-" + back, Type: "return.updated", At: noon, Subject: "return/" + back, Consignment: order, Return: true, Confirmation: &c}))
}

func (w *world) documents(t *testing.T) (keys []string) {
	t.Helper()
	all, err := w.store.Documents(within(t), ports.DocumentFilter{Kind: domain.DocWriteOff}, 100)
	require.NoError(t, err)
	for _, r := range all {
		keys = append(keys, string(r.Document.Key))
	}
	return keys
}

// sent makes an order known, and that the warehouse knows it by its number.
func (w *world) sent(t *testing.T, number string) {
	t.Helper()
	w.known(t, number)
	w.handed(t, number)
	w.runs.forget()
}

func (w *world) handed(t *testing.T, number string) {
	t.Helper()
	_, err := w.store.SaveConsignment(within(t), domain.Consignment{Order: id(number), Number: number, Warehouse: leeds, Lines: []domain.ConsignmentLine{{Line: "1", SKU: "COAT", Quantity: 1}}})
	require.NoError(t, err)
}

func TestALossComesToTheSameWhicheverWayItIsTold(t *testing.T) {
	t.Parallel()
	ways := map[string]func(w *world, t *testing.T, a ...domain.Adjustment){
		"by the feed": func(w *world, t *testing.T, a ...domain.Adjustment) { w.tells(t, a...) },
		"by the books alone": func(w *world, t *testing.T, a ...domain.Adjustment) {
			require.NoError(t, w.TakeAdjustments(within(t), leeds, a))
		},
		"by both": func(w *world, t *testing.T, a ...domain.Adjustment) {
			require.NoError(t, w.TakeAdjustments(within(t), leeds, a))
			w.tells(t, a...)
			require.NoError(t, w.TakeAdjustments(within(t), leeds, a))
		},
		"by a feed that has forgotten where we were": func(w *world, t *testing.T, a ...domain.Adjustment) {
			w.floor.books, w.floor.forgets = a, true
			_, err := w.ReadFeed(within(t), leeds)
			require.NoError(t, err)
		},
	}
	for name, tell := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := openBooks(t)
			w.sent(t, "1")
			for range 5 {
				tell(w, t, spoilt("store"), spoilt("three", func(a *domain.Adjustment) { a.Units = -3 }), spoilt("ofOrder", named("1", "")),
					spoilt("found", func(a *domain.Adjustment) { a.Units = 1 }), spoilt("counted", func(a *domain.Adjustment) { a.Reason = "count_correction" }))
			}
			require.ElementsMatch(t, []string{
				"centra-ber-adjustment-leeds-store", "centra-ber-adjustment-leeds-three", "centra-ber-adjustment-leeds-three-_n2", "centra-ber-adjustment-leeds-three-_n3",
				"centra-ber-adjustment-leeds-found", // takes a write-off back, or is finance's
			}, w.documents(t), "the order's own return writes its one off")
			facts := 0
			for _, k := range w.kinds(t, "1") {
				if k == domain.FactAdjustment {
					facts++
				}
			}
			require.Equal(t, 1, facts)
		})
	}
}

func TestALossOfAReturnWhoseOrderIsNotKnownYet(t *testing.T) {
	t.Parallel()
	adjusted := func(w *world, t *testing.T) (n int) {
		for _, k := range w.kinds(t, "1") {
			if k == domain.FactAdjustment {
				n++
			}
		}
		return n
	}
	t.Run("goes to the order that the return was told to", func(t *testing.T) {
		t.Parallel()
		w := openBooks(t)
		w.sent(t, "1")
		w.returned(t, "RET-1", "1")
		w.tells(t, spoilt("x", named("", "RET-1")))
		require.Equal(t, 1, adjusted(w, t))
		require.Empty(t, w.documents(t))
	})
	t.Run("is kept at once and waits with the return for its order", func(t *testing.T) {
		t.Parallel()
		w := openBooks(t)
		w.sent(t, "1")
		for range 5 {
			w.tells(t, spoilt("x", named("", "RET-1")))
		}
		require.Equal(t, []string{"centra-ber-adjustment-leeds-x"}, w.documents(t), "no order ever: it is written off all the same")
		o, err := w.store.Orphan(within(t), leeds, "RET-1")
		require.NoError(t, err)
		require.Len(t, o.Facts, 1)
		w.runs.forget()
		w.returned(t, "RET-1", "1")
		require.Contains(t, w.runs.woken, "return/leeds/RET-1", "what waits is handed to the order now")
	})
	t.Run("goes to the order once that is known by its number", func(t *testing.T) {
		t.Parallel()
		w := openBooks(t)
		w.known(t, "1")
		w.tells(t, spoilt("x", named("1", "")))
		require.Equal(t, []string{"centra-ber-adjustment-leeds-x"}, w.documents(t))
		require.Zero(t, adjusted(w, t))
		w.handed(t, "1")
		require.Equal(t, 1, adjusted(w, t))
	})
}

func TestAnEntryOfTheBooksThatCannotBeReadIsTold(t *testing.T) {
	t.Parallel()
	w := openBooks(t)
	old := spoilt("old", func(a *domain.Adjustment) { a.At = noon.Add(-200 * 24 * time.Hour) })
	for range 3 {
		require.NoError(t, w.TakeAdjustments(within(t), leeds, []domain.Adjustment{old, {ID: "odd", Warehouse: leeds, SKU: "COAT", Reason: domain.ReasonUnreadable}, spoilt("x")}))
	}
	require.Equal(t, []string{"books/leeds odd"}, w.refused(t))
	require.Equal(t, []string{"centra-ber-adjustment-leeds-x"}, w.documents(t), "what is older than we is in other books")
}

// Adjustments are the floor's books.
func (f *floor) Adjustments(context.Context, time.Time, string) ([]domain.Adjustment, string, error) {
	return f.books, "", nil
}

func (f *floor) UpdatedOrders(context.Context, time.Time, string) ([]domain.WarehouseOrder, string, error) {
	return nil, "", nil
}

func (r *runs) SignalWithStartWorkflow(_ context.Context, workflowID, _ string, _ any, _ client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.woken = append(r.woken, workflowID)
	return nil, nil
}

// What nobody can tell yet is kept for finance however it is told, and no order hears of
// it before it is known to be a loss.
func TestAnEntryForAReasonThatNobodyKnowsIsKept(t *testing.T) {
	t.Parallel()
	w := openBooks(t)
	w.sent(t, "1")
	moth := spoilt("m", named("1", ""), func(a *domain.Adjustment) { a.Reason, a.Units = "moth", -3 })
	found := spoilt("b", func(a *domain.Adjustment) { a.Units = 2 })
	for range 5 {
		w.tells(t, moth, found)
		require.NoError(t, w.TakeAdjustments(within(t), leeds, []domain.Adjustment{moth, found}))
	}
	require.ElementsMatch(t, []string{
		"centra-ber-adjustment-leeds-m", "centra-ber-adjustment-leeds-b", "centra-ber-adjustment-leeds-b-_n2",
	}, w.documents(t), "one question for the entry, one document for each garment that is back")
	require.NotContains(t, w.kinds(t, "1"), domain.FactAdjustment)
	r, err := w.store.Document(within(t), "centra-ber-adjustment-leeds-m")
	require.NoError(t, err)
	unread, ok := r.Document.Told()
	require.True(t, ok)
	require.Equal(t, moth, unread)
	moth.Reason = "ber_write_off" // as a rule says by now
	for range 5 {
		require.NoError(t, w.TakeExplained(within(t), leeds, moth))
	}
	require.Contains(t, w.kinds(t, "1"), domain.FactAdjustment)
}

func TestAnEntryOfTooManyGarmentsIsRefused(t *testing.T) {
	t.Parallel()
	w := openBooks(t)
	for _, units := range []int{-10_001, 999_999_999} {
		require.NoError(t, w.TakeAdjustments(within(t), leeds, []domain.Adjustment{spoilt("many", func(a *domain.Adjustment) { a.Units = units })}))
	}
	require.Equal(t, []string{"books/leeds many"}, w.refused(t))
	require.Empty(t, w.documents(t))
}
