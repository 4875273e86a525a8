package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/store/storetest"
)

func TestOpenReturnsAreListedUntilTheySettle(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	first, second := takeIn(t, s, shopOrder("1001")).ID, takeIn(t, s, shopOrder("1002")).ID
	listed := func(after ports.OpenReturn, before time.Time, limit int) (open []ports.OpenReturn) {
		t.Helper()
		open, err := s.OpenReturnsOf(ctx, "atelier", after, before, limit)
		require.NoError(t, err)
		return open
	}
	for range 2 { // noting twice is noting once
		require.NoError(t, s.NoteOpenReturns(ctx, first, map[int]int64{1: 3, 2: 4}, at(0)))
	}
	require.NoError(t, s.NoteOpenReturns(ctx, second, map[int]int64{1: 2}, at(0)))
	a, b, c := ports.OpenReturn{Order: first, Number: 1}, ports.OpenReturn{Order: first, Number: 2}, ports.OpenReturn{Order: second, Number: 1}
	require.Equal(t, []ports.OpenReturn{a, b, c}, listed(ports.OpenReturn{}, at(1), 10))
	require.Equal(t, []ports.OpenReturn{a, b}, listed(ports.OpenReturn{}, at(1), 2))
	require.Equal(t, []ports.OpenReturn{c}, listed(b, at(1), 10))
	require.Empty(t, listed(ports.OpenReturn{}, at(0), 10), "what was just noted is being started")
	other, err := s.OpenReturnsOf(ctx, "showroom", ports.OpenReturn{}, at(1), 10)
	require.NoError(t, err)
	require.Empty(t, other)

	look := ports.ReturnRecord{Order: first, Number: 1, Seen: 5, View: []byte(`{"seq": 5}`), LookedAt: at(2)}
	require.NoError(t, s.SaveReturn(ctx, look))
	require.Equal(t, []ports.OpenReturn{b, c}, listed(ports.OpenReturn{}, at(2), 10))
	closed, err := s.CloseReturn(ctx, first, 1, 5, at(3))
	require.NoError(t, err)
	require.True(t, closed)
	require.Equal(t, []ports.OpenReturn{b, c}, listed(ports.OpenReturn{}, at(9), 10))

	// An order that looked before the return settled notes it late: it stays settled.
	require.NoError(t, s.NoteOpenReturns(ctx, first, map[int]int64{1: 5}, at(4)))
	require.Equal(t, []ports.OpenReturn{b, c}, listed(ports.OpenReturn{}, at(9), 10))
	// One that was told something since is open again, looked at or not.
	require.NoError(t, s.NoteOpenReturns(ctx, first, map[int]int64{1: 8}, at(5)))
	require.Equal(t, []ports.OpenReturn{a, b, c}, listed(ports.OpenReturn{}, at(9), 10))
	records, err := s.Returns(ctx, first, true, 10)
	require.NoError(t, err)
	require.Len(t, records, 2)

	err = s.NoteOpenReturns(ctx, domain.OrderID{Store: "atelier", Number: "404"}, map[int]int64{1: 1}, noon)
	require.Error(t, err)
	require.False(t, fault.Is(err, fault.Unavailable), "%v", err)
}

func TestReturnsWithoutAnOrderAreListedUntilTheySettle(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	for _, id := range []string{"r1", "r2", "r3"} {
		_, err := s.TakeOrphan(ctx, ports.OrphanReturn{Warehouse: "leeds", ID: id, Facts: []domain.Fact{noted(id)}}, noon)
		require.NoError(t, err)
	}
	settled, err := s.SettleOrphan(ctx, "leeds", "r2", 1, domain.OrderID{}, at(1))
	require.NoError(t, err)
	require.True(t, settled)
	listed := func(after ports.OrphanReturn, before time.Time, limit int) (ids []string) {
		t.Helper()
		open, err := s.OpenOrphans(ctx, after, before, limit)
		require.NoError(t, err)
		for _, o := range open {
			ids = append(ids, o.Warehouse+"/"+o.ID)
		}
		return ids
	}
	require.Equal(t, []string{"leeds/r1", "leeds/r3"}, listed(ports.OrphanReturn{}, at(1), 10))
	require.Equal(t, []string{"leeds/r1"}, listed(ports.OrphanReturn{}, at(1), 1))
	require.Equal(t, []string{"leeds/r3"}, listed(ports.OrphanReturn{Warehouse: "leeds", ID: "r1"}, at(1), 10))
	require.Empty(t, listed(ports.OrphanReturn{}, at(0), 10))
}
