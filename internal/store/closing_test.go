package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/store"
	"selvedge/internal/store/storetest"
)

func TestClosingIsRefusedWhenANewerFactExists(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	id := takeIn(t, s, shopOrder("1001")).ID
	_, _, err := s.Append(ctx, id, []domain.Fact{noted("a")})
	require.NoError(t, err)

	closed, newest, err := s.CloseOrder(ctx, id, 1, domain.Closed, "", noon)
	require.NoError(t, err)
	require.False(t, closed)
	require.EqualValues(t, 2, newest)
	for range 2 {
		closed, newest, err = s.CloseOrder(ctx, id, 2, domain.Cancelled, "withdrawn", noon)
		require.NoError(t, err)
		require.True(t, closed)
		require.EqualValues(t, 2, newest)
	}
	standing, err := s.Standings(ctx, []domain.OrderID{id, {Store: "atelier", Number: "404"}})
	require.NoError(t, err)
	require.Len(t, standing, 1)
	require.Equal(t, noon, *standing[0].ClosedAt)
	require.Equal(t, domain.Cancelled, standing[0].ClosedState)
	counts, err := s.Counts(ctx)
	require.NoError(t, err)
	require.Equal(t, store.Counts{Closed: 1}, counts)

	_, _, err = s.CloseOrder(ctx, id, 2, "odd", "", noon)
	require.NoError(t, err, "closed already at this sequence")
	_, _, err = s.CloseOrder(ctx, domain.OrderID{Store: "atelier", Number: "404"}, 2, domain.Closed, "", noon)
	require.True(t, fault.Is(err, fault.NotFound), "%v", err)
}

func TestAClosedOrderIsReopenedAndClosedAgain(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	o := shopOrder("1001")
	id := takeIn(t, s, o).ID
	_, _, err := s.CloseOrder(ctx, id, 1, domain.Closed, "", noon)
	require.NoError(t, err)

	taken := takeIn(t, s, changed(o, 1, func(o *ports.ShopOrder) { o.Order.OnHold = true }))
	require.True(t, taken.Closed, "taking in reopens nothing by itself and says so")
	closed, _, err := s.CloseOrder(ctx, id, 1, domain.Closed, "", noon)
	require.NoError(t, err)
	require.False(t, closed, "there is a newer fact")
	for range 2 {
		require.NoError(t, s.Reopen(ctx, id))
	}
	loaded, err := s.Load(ctx, id)
	require.NoError(t, err)
	require.Zero(t, loaded.ClosedAt)
	_, _, err = s.CloseOrder(ctx, id, 2, "odd", "", noon)
	require.True(t, fault.Is(err, fault.Invalid), "%v", err)
	closed, _, err = s.CloseOrder(ctx, id, 2, domain.Closed, "", noon)
	require.NoError(t, err)
	require.True(t, closed)
	require.True(t, fault.Is(s.Reopen(ctx, domain.OrderID{Store: "atelier", Number: "404"}), fault.NotFound))
}

func TestClosingRacesWithAppending(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	for n := range 60 {
		id := takeIn(t, s, shopOrder(fmt.Sprint(n))).ID
		var wg sync.WaitGroup
		var closed bool
		var newest, last int64
		var errClose, errAppend error
		wg.Go(func() { closed, newest, errClose = s.CloseOrder(ctx, id, 1, domain.Closed, "", noon) })
		wg.Go(func() { last, _, errAppend = s.Append(ctx, id, []domain.Fact{noted("late")}) })
		wg.Wait()
		require.NoError(t, errClose)
		require.NoError(t, errAppend)
		require.EqualValues(t, 2, last, "the fact is never lost")
		loaded, err := s.Load(ctx, id)
		require.NoError(t, err)
		require.Equal(t, closed, !loaded.ClosedAt.IsZero())
		if closed {
			require.EqualValues(t, 1, newest, "closed before the fact came: its writer sees a closed order")
		} else {
			require.EqualValues(t, 2, newest, "refused, and told up to where to load")
		}
	}
}

func TestOpenOrdersAreListedPageByPage(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	for _, n := range []string{"3", "1", "2"} {
		takeIn(t, s, shopOrder(n))
	}
	_, _, err := s.CloseOrder(ctx, domain.OrderID{Store: "atelier", Number: "2"}, 1, domain.Closed, "", noon)
	require.NoError(t, err)
	first, err := s.OpenOrders(ctx, domain.OrderID{}, 1)
	require.NoError(t, err)
	require.Equal(t, []store.Standing{{
		ID: domain.OrderID{Store: "atelier", Number: "1"}, Status: domain.ShopConfirmed, Sequence: 1, TakenAt: noon, UpdatedAt: noon,
	}}, first)
	rest, err := s.OpenOrders(ctx, first[0].ID, 10)
	require.NoError(t, err)
	require.Len(t, rest, 1)
	require.Equal(t, "3", rest[0].ID.Number)
}

func TestAnAttemptWithoutAnswerIsRemembered(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	id := takeIn(t, s, shopOrder("1001")).ID
	const key = "ship S1"
	requirePending := func(minute int, wantWait time.Duration, wantOpen bool) {
		t.Helper()
		wait, open, err := s.PendingAttempt(ctx, id, key, at(minute), 3*time.Minute)
		require.NoError(t, err)
		require.Equal(t, wantOpen, open)
		require.Equal(t, wantWait, wait)
	}
	requirePending(0, 0, false)
	require.NoError(t, s.BeginAttempt(ctx, id, key, at(0)))
	requirePending(1, 2*time.Minute, true)
	requirePending(9, 0, true)
	require.NoError(t, s.BeginAttempt(ctx, id, key, at(10)))
	requirePending(10, 3*time.Minute, true)
	for range 2 {
		require.NoError(t, s.EndAttempt(ctx, id, key))
	}
	requirePending(11, 0, false)
	require.NoError(t, s.BeginAttempt(ctx, id, key, at(12)))
	requirePending(13, 2*time.Minute, true)
	_, open, err := s.PendingAttempt(ctx, id, "ship S2", noon, time.Minute)
	require.NoError(t, err)
	require.False(t, open)
	err = s.BeginAttempt(ctx, domain.OrderID{Store: "atelier", Number: "404"}, "x", noon)
	require.True(t, fault.Is(err, fault.NotFound), "%v", err)
}

func TestAnOrderThatWasNotLookedAtIsFound(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	o := shopOrder("1001")
	id := takeIn(t, s, o).ID
	look := time.Now().Add(time.Hour)
	requireUnseen := func(want ...domain.OrderID) {
		t.Helper()
		look = look.Add(time.Hour)
		unseen, err := s.Unseen(ctx, look, 10)
		require.NoError(t, err)
		require.Equal(t, append([]domain.OrderID{}, want...), unseen)
		again, err := s.Unseen(ctx, look.Add(time.Minute), 10)
		require.NoError(t, err)
		require.Empty(t, again, "what was just listed has time to look")
	}
	requireUnseen(id)
	early, err := s.Unseen(ctx, time.Now().Add(-time.Hour), 10)
	require.NoError(t, err)
	require.Empty(t, early, "it has not waited that long")
	require.NoError(t, s.RecordLook(ctx, ports.Look{State: domain.NeedsAttention, Order: id, Sequence: 1, At: noon}))
	requireUnseen()

	_, _, err = s.Append(ctx, id, []domain.Fact{noted("own work")})
	require.NoError(t, err)
	_, err = s.AppendForConsignment(ctx, "leeds", "x", id.String(), []domain.Fact{noted("plain acceptance")}, false)
	require.NoError(t, err)
	requireUnseen()
	_, err = s.AppendForConsignment(ctx, "leeds", "x", id.String(), []domain.Fact{noted("shipment")}, true)
	require.NoError(t, err)
	requireUnseen(id)
	require.NoError(t, s.RecordLook(ctx, ports.Look{State: domain.NeedsAttention, Order: id, Sequence: 3, At: noon}))
	requireUnseen(id)
	require.NoError(t, s.RecordLook(ctx, ports.Look{State: domain.NeedsAttention, Order: id, Sequence: 4, At: noon}))
	require.NoError(t, s.RecordLook(ctx, ports.Look{State: domain.NeedsAttention, Order: id, Sequence: 2, At: noon}))
	requireUnseen()

	_, err = s.AppendForConsignment(ctx, "leeds", "1001-A", "", []domain.Fact{noted("waits")}, true)
	require.NoError(t, err)
	requireUnseen()
	_, err = s.SaveConsignment(ctx, consignment(id, "1001-A", "f1"))
	require.NoError(t, err)
	requireUnseen(id)
	closed, _, err := s.CloseOrder(ctx, id, 5, domain.Closed, "", noon)
	require.NoError(t, err)
	require.True(t, closed)
	requireUnseen()
	takeIn(t, s, changed(o, 1, func(o *ports.ShopOrder) { o.Order.OnHold = true }))
	requireUnseen(id)
}
