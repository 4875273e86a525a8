package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/store"
	"selvedge/internal/store/storetest"
)

func unmapped(order domain.OrderID, value int64) ports.ExceptionRecord {
	return ports.ExceptionRecord{
		Order: order, System: "centra", Kind: "unmapped:shipping-method", Cause: "unmapped:shipping-method:Express", Owner: "ops",
		Severity: "high", Step: domain.StepSubmit, Subject: "1001-A", Value: value, Currency: "SEK", OpenedAt: noon,
		Problems: []domain.Refusal{{Code: "unmapped", Value: "Express", Message: "no rule"}},
	}
}

func causes(list []store.Exception) []string {
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = e.Cause
	}
	return out
}

func TestAnExceptionIsOpenOncePerOrderAndCause(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	id := domain.OrderID{Store: "atelier", Number: "1001"}
	first, err := s.OpenException(ctx, unmapped(id, 100))
	require.NoError(t, err)
	again := unmapped(id, 200)
	again.OpenedAt = at(5)
	second, err := s.OpenException(ctx, again)
	require.NoError(t, err)
	require.Equal(t, first.ID, second.ID)
	require.Equal(t, noon, second.OpenedAt, "it waits since it was first opened")
	require.EqualValues(t, 200, second.Value, "with the newest details")

	r := store.Resolution{Cause: first.Cause, Order: &id, By: "mia", Answer: "retry", Reason: "rule added", At: at(6)}
	for i, want := range []bool{true, false} {
		resolved, err := s.ResolveException(ctx, r)
		require.NoError(t, err)
		require.Equal(t, want, resolved, "resolving %d", i+1)
	}
	third, err := s.OpenException(ctx, again)
	require.NoError(t, err)
	require.NotEqual(t, first.ID, third.ID, "the same cause after an answer is a new exception")
	_, err = s.OpenException(ctx, ports.ExceptionRecord{Kind: "x", Cause: "y", OpenedAt: noon})
	require.True(t, fault.Is(err, fault.Invalid), "neither order nor system: %v", err)
}

func TestSyncOpensTheNewAndResolvesTheRest(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	id, other := domain.OrderID{Store: "atelier", Number: "1001"}, domain.OrderID{Store: "atelier", Number: "1002"}
	a := unmapped(domain.OrderID{}, 100)
	b := ports.ExceptionRecord{Kind: "short-pick", Cause: "short-pick", Owner: "ops"}
	c := ports.ExceptionRecord{Kind: "conflict", Cause: "conflict", Owner: "engineering"}
	require.NoError(t, s.RecordLook(ctx, ports.Look{State: domain.NeedsAttention, Order: other, Open: []ports.ExceptionRecord{b}, At: noon}))
	for range 2 {
		require.NoError(t, s.RecordLook(ctx, ports.Look{State: domain.NeedsAttention, Order: id, Open: []ports.ExceptionRecord{a, b, b}, At: noon}))
	}
	require.NoError(t, s.RecordLook(ctx, ports.Look{State: domain.NeedsAttention, Order: id, Open: []ports.ExceptionRecord{b, c}, By: "mia", Answer: "retry", Reason: "mended", At: at(5)}))

	open, err := s.OpenExceptions(ctx, store.ExceptionFilter{Order: &id}, 10)
	require.NoError(t, err)
	require.Equal(t, []string{"short-pick", "conflict"}, causes(open))
	require.Equal(t, noon, open[0].OpenedAt)
	require.Equal(t, at(5), open[1].OpenedAt)
	require.Equal(t, &id, open[1].Order)

	require.NoError(t, s.RecordLook(ctx, ports.Look{State: domain.NeedsAttention, Order: id, By: "mia", Answer: "retry", At: at(6)}))
	left, err := s.OpenExceptions(ctx, store.ExceptionFilter{}, 10)
	require.NoError(t, err)
	require.Len(t, left, 1, "another order's stays")
	require.Equal(t, &other, left[0].Order)
}

func TestExceptionsAreFilteredAndGrouped(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	for i, currency := range []string{"SEK", "EUR", "SEK"} {
		e := unmapped(domain.OrderID{Store: "atelier", Number: string(rune('a' + i))}, int64(100*(i+1)))
		e.Currency, e.OpenedAt = currency, at(-i)
		_, err := s.OpenException(ctx, e)
		require.NoError(t, err)
	}
	credentials := ports.ExceptionRecord{System: "acs", Kind: "credentials", Cause: "credentials:acs", Owner: "engineering", OpenedAt: noon}
	opened, err := s.OpenException(ctx, credentials)
	require.NoError(t, err)
	require.Nil(t, opened.Order)

	groups, err := s.ExceptionGroups(ctx)
	require.NoError(t, err)
	require.Equal(t, []store.ExceptionGroup{
		{
			Cause: "unmapped:shipping-method:Express", Kind: "unmapped:shipping-method", Owner: "ops", Count: 3,
			Money: map[string]int64{"SEK": 400, "EUR": 200}, Oldest: at(-2),
		},
		{Cause: "credentials:acs", Kind: "credentials", Owner: "engineering", Count: 1, Money: map[string]int64{}, Oldest: noon},
	}, groups)

	for name, tt := range map[string]struct {
		filter store.ExceptionFilter
		want   int
	}{
		"no filter":        {store.ExceptionFilter{}, 4},
		"by cause":         {store.ExceptionFilter{Cause: "credentials:acs"}, 1},
		"by owner":         {store.ExceptionFilter{Owner: "ops"}, 3},
		"by kind":          {store.ExceptionFilter{Kind: "credentials"}, 1},
		"by system":        {store.ExceptionFilter{System: "acs"}, 1},
		"by order":         {store.ExceptionFilter{Order: &domain.OrderID{Store: "atelier", Number: "b"}}, 1},
		"all must be true": {store.ExceptionFilter{Owner: "ops", Kind: "credentials"}, 0},
	} {
		list, err := s.OpenExceptions(ctx, tt.filter, 10)
		require.NoError(t, err)
		require.Len(t, list, tt.want, name)
	}
	resolved, err := s.ResolveException(ctx, store.Resolution{Cause: "credentials:acs", System: "acs", By: "probe", Answer: "healed", At: noon})
	require.NoError(t, err)
	require.True(t, resolved)
	list, err := s.OpenExceptions(ctx, store.ExceptionFilter{}, 1)
	require.NoError(t, err)
	require.Equal(t, at(-2), list[0].OpenedAt, "longest open first")
	require.Equal(t, []domain.Refusal{{Code: "unmapped", Value: "Express", Message: "no rule"}}, list[0].Problems)
}

func TestOrdersThatWaitForACauseAreListedPageByPage(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	id := func(number string) domain.OrderID { return domain.OrderID{Store: "atelier", Number: number} }
	outage := ports.ExceptionRecord{System: "acs", Kind: "unavailable", Cause: "unavailable:acs", Owner: "engineering", OpenedAt: noon}
	for range 2 {
		require.NoError(t, s.OpenSystemException(ctx, outage))
	}
	for _, number := range []string{"3", "1", "2"} {
		require.NoError(t, s.RecordLook(ctx, ports.Look{State: domain.NeedsAttention, Order: id(number), Open: []ports.ExceptionRecord{outage}, At: noon}))
	}
	require.NoError(t, s.RecordLook(ctx, ports.Look{State: domain.NeedsAttention, Order: id("2"), By: "selvedge", Answer: "released", At: noon}))
	for range 2 {
		require.NoError(t, s.ResolveSystemException(ctx, "acs", "unavailable:acs", "selvedge", at(1)))
	}
	first, err := s.WaitingOrders(ctx, "unavailable:acs", domain.OrderID{}, 1)
	require.NoError(t, err)
	require.Equal(t, []domain.OrderID{id("1")}, first)
	rest, err := s.WaitingOrders(ctx, "unavailable:acs", first[0], 10)
	require.NoError(t, err)
	require.Equal(t, []domain.OrderID{id("3")}, rest, "neither the system's own nor an answered one")
}
