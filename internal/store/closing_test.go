package store_test

import (
	"fmt"
	"sync"
	"testing"

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
	require.Equal(t, noon, *taken.ClosedAt, "taking in reopens nothing by itself and says so")
	closed, _, err := s.CloseOrder(ctx, id, 1, domain.Closed, "", noon)
	require.NoError(t, err)
	require.False(t, closed, "there is a newer fact")
	for range 2 {
		require.NoError(t, s.Reopen(ctx, id))
	}
	loaded, err := s.Load(ctx, id)
	require.NoError(t, err)
	require.Nil(t, loaded.ClosedAt)
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
		require.Equal(t, closed, loaded.ClosedAt != nil)
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
	begin := func(minute int) any {
		last, err := s.BeginAttempt(ctx, id, "ship S1", at(minute))
		require.NoError(t, err)
		if last == nil {
			return nil
		}
		return *last
	}
	require.Nil(t, begin(0))
	require.Equal(t, at(0), begin(1))
	require.Equal(t, at(1), begin(2))
	for range 2 {
		require.NoError(t, s.EndAttempt(ctx, id, "ship S1"))
	}
	require.Nil(t, begin(3), "what was answered is not waited for")
	require.Equal(t, at(3), begin(4))
	other, err := s.BeginAttempt(ctx, id, "ship S2", noon)
	require.NoError(t, err)
	require.Nil(t, other)
	_, err = s.BeginAttempt(ctx, domain.OrderID{Store: "atelier", Number: "404"}, "x", noon)
	require.True(t, fault.Is(err, fault.NotFound), "%v", err)
}
