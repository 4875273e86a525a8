package store_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
	"selvedge/internal/store/storetest"
)

func named(number string) domain.OrderID { return domain.OrderID{Store: "atelier", Number: number} }

func TestATallyTellsWhereEachOrderStands(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	ctx := within(t)
	for _, number := range []string{"1", "2", "3"} {
		takeIn(t, s, shopOrder(number))
	}
	wholesale := shopOrder("4")
	wholesale.Order.Wholesale = true
	takeIn(t, s, wholesale)
	submitted := domain.Fact{Kind: domain.FactSubmitted, Key: "submitted:1", At: noon, Actor: "acs", Data: json.RawMessage(`{}`)}
	last, _, err := s.Append(ctx, named("1"), []domain.Fact{submitted})
	require.NoError(t, err)
	require.NoError(t, s.RecordLook(ctx, ports.Look{State: domain.NeedsAttention, Order: named("2"), Open: []ports.ExceptionRecord{{Kind: "unmapped-market", Cause: "b"}, {Kind: "unmapped-market", Cause: "a"}}, At: noon}))
	require.NoError(t, s.SaveRefused(ctx, "centra", "order/atelier/5", "currency ZZZ", nil, noon))
	require.NoError(t, s.SaveRefused(ctx, "centra", "order/atelier/3", "could not be read once, can now", nil, noon))
	closed, _, err := s.CloseOrder(ctx, named("3"), last, domain.Cancelled, "shop", noon)
	require.NoError(t, err)
	require.True(t, closed)

	tally, err := s.Tally(ctx, []domain.OrderID{named("6"), named("5"), named("4"), named("3"), named("2"), named("1")})
	require.NoError(t, err)
	require.Len(t, tally, 6)
	require.Equal(t, ports.OrderTally{ID: named("6"), Causes: []string{}}, tally[0], "never heard of")
	require.Equal(t, ports.OrderTally{ID: named("5"), Causes: []string{}, Refused: "currency ZZZ"}, tally[1])
	require.True(t, tally[2].Known && tally[2].Wholesale)
	require.Equal(t, noon, tally[3].ClosedAt)
	require.Equal(t, domain.Cancelled, tally[3].ClosedState)
	require.Equal(t, "shop", tally[3].ClosedCause)
	require.Empty(t, tally[3].Refused, "what was refused and read later is not refused")
	require.Equal(t, []string{"a", "b"}, tally[4].Causes)
	require.False(t, tally[4].Submitted)
	require.True(t, tally[5].Submitted)
	require.Equal(t, domain.ShopConfirmed, tally[5].Content.Status)
	require.Zero(t, tally[5].ClosedAt)

	none, err := s.Tally(ctx, nil)
	require.NoError(t, err)
	require.Empty(t, none)
}

func TestOpenOrdersOfAStoreComeInPages(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	ctx := within(t)
	for _, number := range []string{"1", "2", "3", "4"} {
		takeIn(t, s, shopOrder(number))
	}
	_, _, err := s.CloseOrder(ctx, named("2"), 1, domain.Closed, "", noon)
	require.NoError(t, err)
	first, err := s.OpenOrdersOf(ctx, "atelier", "", at(1), 2)
	require.NoError(t, err)
	require.Equal(t, []domain.OrderID{named("1"), named("3")}, first)
	rest, err := s.OpenOrdersOf(ctx, "atelier", "3", at(1), 2)
	require.NoError(t, err)
	require.Equal(t, []domain.OrderID{named("4")}, rest)
	for store, before := range map[string]time.Time{"atelier": noon, "other": at(1)} {
		none, err := s.OpenOrdersOf(ctx, store, "", before, 2)
		require.NoError(t, err)
		require.Empty(t, none, "%s before %s", store, before)
	}
}

func TestACertificateThatDoesNotAddUpIsRefused(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	ctx := within(t)
	upTo, err := s.CountedUpTo(ctx, "atelier")
	require.NoError(t, err)
	require.Zero(t, upTo)
	c := ports.Certificate{
		Store: "atelier", From: noon, To: at(5), CountedAt: at(6), Ready: 3, InWarehouse: 1, Ended: 1,
		Gaps: []ports.Counted{{Number: "3", Standing: ports.StandGap, Reason: "never taken in"}},
		Orders: []ports.Counted{
			{Number: "1", Standing: ports.StandInWarehouse},
			{Number: "2", Standing: ports.StandEnded, Reason: "closed"},
			{Number: "3", Standing: ports.StandGap, Reason: "never taken in"},
		},
	}
	for name, spoil := range map[string]func(*ports.Certificate){
		"one more is ready than is told of":   func(c *ports.Certificate) { c.Ready++ },
		"one is told of that is not ready":    func(c *ports.Certificate) { c.Waiting++ },
		"one is not listed":                   func(c *ports.Certificate) { c.Orders = c.Orders[:2] },
		"the window ends before it has begun": func(c *ports.Certificate) { c.To = c.From },
		"a gap is forgotten":                  func(c *ports.Certificate) { c.Gaps = nil },
		"it is about no store":                func(c *ports.Certificate) { c.Store = "" },
	} {
		wrong := c
		spoil(&wrong)
		require.Error(t, s.SaveCertificate(ctx, wrong), name)
	}
	for range 2 {
		require.NoError(t, s.SaveCertificate(ctx, c))
	}
	empty := ports.Certificate{Store: "atelier", From: at(5), To: at(10), CountedAt: at(11)}
	require.NoError(t, s.SaveCertificate(ctx, empty), "nothing was ready is a statement too")
	upTo, err = s.CountedUpTo(ctx, "atelier")
	require.NoError(t, err)
	require.Equal(t, at(10), upTo)
	list, err := s.Certificates(ctx, "", 10)
	require.NoError(t, err)
	require.Len(t, list, 2, "the same window twice is one statement")
	require.Equal(t, c, list[1])
	none, err := s.Certificates(ctx, "other", 10)
	require.NoError(t, err)
	require.Empty(t, none)
}

func TestGapsOfAStoreAreListedUntilTheyHeal(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	ctx := within(t)
	gap := func(store, number string, minutes int) {
		require.NoError(t, s.OpenSystemException(ctx, ports.ExceptionRecord{System: ports.GapSystem(store), Kind: "gap", Cause: "gap:" + store + "/" + number, Subject: number, OpenedAt: at(minutes)}))
	}
	gap("atelier", "2", 2)
	gap("atelier", "1", 1)
	gap("other", "9", 1)
	gaps, err := s.OpenGaps(ctx, "atelier", 10)
	require.NoError(t, err)
	require.Equal(t, []ports.Gap{{Order: named("1"), OpenedAt: at(1)}, {Order: named("2"), OpenedAt: at(2)}}, gaps)
	require.NoError(t, s.ResolveSystemException(ctx, ports.GapSystem("atelier"), "gap:atelier/1", "selvedge", at(3)))
	gaps, err = s.OpenGaps(ctx, "atelier", 10)
	require.NoError(t, err)
	require.Equal(t, []ports.Gap{{Order: named("2"), OpenedAt: at(2)}}, gaps)
}
