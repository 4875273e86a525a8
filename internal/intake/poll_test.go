package intake_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// poll polls some time later and answers which orders were read.
func (w *world) poll(t *testing.T, later time.Duration) []string {
	t.Helper()
	w.now = w.now.Add(later)
	w.shop.forget()
	_, err := w.PollShop(within(t), atelier)
	require.NoError(t, err)
	return w.shop.reads
}

func updated(o ports.ShopOrder, at time.Time) ports.ShopOrder {
	o.Order.UpdatedAt = at
	return o
}

func TestTheFirstPollLeavesTheShopsPastAlone(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		since time.Time
		want  []string
	}{
		"a day where nothing is configured": {time.Time{}, []string{"2", "3"}},
		"to the second where it is":         {noon.Add(-time.Hour), []string{"3"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t)
			w.Since = tt.since
			w.shop.put(updated(sale("1"), noon.Add(-48*time.Hour)))
			w.shop.put(updated(sale("2"), noon.Add(-time.Hour-time.Second)))
			w.shop.put(updated(sale("3"), noon.Add(-time.Hour)))
			require.Equal(t, tt.want, w.poll(t, 0))
			require.ElementsMatch(t, tt.want, w.runs.woken)
			w.restart()
			w.Since = tt.since
			w.poll(t, time.Minute)
			require.ElementsMatch(t, tt.want, w.runs.woken, "the overlap of the next poll does not reach behind it either")
		})
	}
}

func TestTheFirstPollBeginsAtTheSameInstantHoweverOftenItIsTried(t *testing.T) {
	t.Parallel()
	w := open(t)
	require.Empty(t, w.poll(t, 0))
	w.shop.put(updated(sale("1"), noon.Add(-24*time.Hour)))
	require.Equal(t, []string{"1"}, w.poll(t, time.Hour), "a quiet hour does not move it")
	w.Since = noon.Add(time.Hour) // configured too late: only the first run asks
	w.shop.put(updated(sale("2"), noon.Add(-23*time.Hour)))
	require.Contains(t, w.poll(t, time.Minute), "2")
}

func TestABulkUpdateIsNotReadAgainWithEachPoll(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.shop.put(updated(sale("1"), noon))
	w.shop.put(updated(sale("2"), noon.Add(time.Second)))
	require.Equal(t, []string{"1", "2"}, w.poll(t, 2*time.Second))
	require.Equal(t, []string{"1", "2"}, w.poll(t, time.Minute), "an update in the same second would look the same: once more")
	require.Empty(t, w.poll(t, time.Minute))
	w.restart()
	require.Empty(t, w.poll(t, time.Minute), "another process knows it too")

	w.shop.put(updated(sale("2"), noon.Add(90*time.Second)))
	require.Equal(t, []string{"2"}, w.poll(t, time.Minute), "only what was updated")
	w.shop.put(updated(sale("3"), noon.Add(30*time.Second)))
	require.Equal(t, []string{"3", "2"}, w.poll(t, time.Minute), "and what was committed late")
	w.shop.put(updated(sale("4"), noon.Add(time.Hour)))
	require.Equal(t, []string{"3", "4"}, w.poll(t, time.Hour), "each update is read twice")
	require.Equal(t, []string{"4"}, w.poll(t, time.Minute))
	require.Empty(t, w.poll(t, time.Minute))
}

func TestASecondUpdateInTheSameSecondIsFound(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.shop.put(updated(sale("1"), noon))
	w.poll(t, time.Second)
	again := updated(sale("1"), noon)
	again.Order.GrandTotal = 4000
	w.shop.put(again)
	require.Equal(t, []string{"1"}, w.poll(t, time.Second), "an immediate second poll settles nothing")
	require.Equal(t, []string{"1"}, w.poll(t, time.Minute))
	require.Empty(t, w.poll(t, time.Minute))
	stored, err := w.store.Order(within(t), id("1"))
	require.NoError(t, err)
	require.EqualValues(t, 4000, stored.GrandTotal)
}

func TestWhoSetsTheCursorBackReadsEverythingAgain(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.shop.put(updated(sale("1"), noon))
	w.poll(t, time.Second)
	w.poll(t, time.Minute)
	require.Empty(t, w.poll(t, time.Minute))
	require.NoError(t, w.store.SaveCursor(within(t), "poll/"+atelier, noon.Add(-time.Hour).Format(time.RFC3339), w.now))
	require.Equal(t, []string{"1"}, w.poll(t, time.Minute))
}

func TestAnUpdateWithoutAnInstantIsReadEachTime(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.shop.put(updated(sale("1"), noon))
	w.poll(t, time.Second)
	odd := &undated{shop: w.shop}
	w.Intake.Shop = odd
	for range 3 {
		require.Contains(t, w.poll(t, time.Minute), "9")
	}
}

// undated is a shop whose list tells an instant that cannot be read: it tells the one asked for.
type undated struct{ *shop }

func (u *undated) UpdatedOrders(_ context.Context, _ string, since time.Time, _ string) ([]ports.ShopOrderRef, string, error) {
	return []ports.ShopOrderRef{{ID: domain.OrderID{Store: atelier, Number: "9"}, UpdatedAt: since}}, "", nil
}
