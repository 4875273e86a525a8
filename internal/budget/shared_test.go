package budget_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/budget"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	simulator "selvedge/internal/simulators/centra"
	"selvedge/internal/simulators/clock"
	"selvedge/internal/store"
	"selvedge/internal/store/storetest"
	"selvedge/internal/systems/centra"
)

const token = "token-of-the-test"

// instance is a Centra with a few sizes, a clock of its own and quotas.
func instance(t testing.TB, quotas simulator.Quotas) (*simulator.Simulator, *clock.Clock, string) {
	t.Helper()
	c := clock.New()
	sim := simulator.New(simulator.Options{Clock: c})
	t.Cleanup(sim.Close)
	quotas.Requests10s, quotas.RequestsHour = 1_000_000, 10_000_000
	require.NoError(t, sim.Seed(simulator.Seed{
		Stores: []simulator.SeedStore{{ID: 1, Name: "atelier"}}, Warehouses: []simulator.SeedWarehouse{{Name: "north"}},
		Tokens: []simulator.SeedToken{{Token: token, Integration: "selvedge"}}, Quotas: &quotas,
		Products: []simulator.SeedProduct{{Name: "Shirt", Number: "SH", Variants: []simulator.SeedVariant{{Name: "Blue", Sizes: []simulator.SeedSize{
			{ID: 1, Name: "M", SKU: "M", Stock: map[string]int{"north": 100_000}},
		}}}}},
	}))
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	return sim, c, server.URL
}

// process is a shop as one process has it: an adapter with a spender of its own.
func process(t testing.TB, url string, keeper budget.Keeper, now func() time.Time, maxWait time.Duration, log ...func(string, ...any)) *centra.Shop {
	t.Helper()
	o := budget.Options{System: "centra", Plan: plan(), Keeper: keeper, MaxWait: maxWait, Now: now}
	if len(log) > 0 {
		o.Log = log[0]
	}
	spender := budget.NewSpender(o)
	shop, err := centra.New(centra.Config{
		BaseURL: url, Token: token, Stores: centra.Stores{1: "atelier"}, QuotaRefresh: 5 * time.Minute, MaxWait: maxWait, Timeout: 10 * time.Second,
	}, centra.Options{
		Now:   now,
		Spend: func(ctx context.Context, class centra.Class) error { return spender.Spend(ctx, budget.Class(class)) },
		Quotas: func(ctx context.Context, quotas []centra.MutationQuota) {
			var limits []budget.Limit
			for _, q := range quotas {
				limits = append(limits, budget.Limit{Every: q.Every, Quota: q.Quota, Remaining: q.Remaining})
			}
			spender.Adopt(ctx, limits)
		},
	})
	require.NoError(t, err)
	return shop
}

func change(ctx context.Context, shop *centra.Shop, decrease bool) error {
	return shop.ChangeStock(ctx, ports.StockChange{Warehouse: "north", Decrease: decrease, Description: "test", Sizes: []domain.SizeUnits{{Size: "1", Units: 1}}})
}

func opened(t testing.TB) *store.Store {
	t.Helper()
	return storetest.New(t)
}

func TestSeveralProcessesShareAQuotaOfFive(t *testing.T) {
	t.Parallel()
	for _, quotas := range []simulator.Quotas{{MutationsHour: 5}, {Mutations10s: 5}} {
		t.Run(fmt.Sprintf("%+v", quotas), func(t *testing.T) {
			t.Parallel()
			sim, c, url := instance(t, quotas)
			kept := opened(t)
			var late []time.Time
			var mu sync.Mutex
			var all sync.WaitGroup
			for range 3 {
				shop := process(t, url, kept, c.Now, 0)
				for i := range 4 {
					all.Go(func() {
						err := change(t.Context(), shop, i%2 == 0)
						if f, ok := fault.As(err); ok {
							mu.Lock()
							late = append(late, f.RetryAt)
							mu.Unlock()
						}
					})
				}
			}
			all.Wait()
			require.Equal(t, simulator.MutationCount{Used: 5}, sim.State().Mutations, "all of it, and nothing refused")
			require.Len(t, late, 12-5)
			for _, at := range late {
				require.True(t, at.After(c.Now()), "told when to come back: %s", at)
			}
		})
	}
}

func TestTheDefaultQuotaIsUsedAndNothingIsRefused(t *testing.T) {
	t.Parallel()
	sim, c, url := instance(t, simulator.Quotas{})
	kept := opened(t)
	var shops []*centra.Shop
	for range 4 {
		shops = append(shops, process(t, url, kept, c.Now, 0))
	}
	for range 12 { // two minutes: the first hour's quota, and what refills
		var all sync.WaitGroup
		for i, shop := range shops {
			all.Go(func() {
				for n := 0; n < 60 && change(t.Context(), shop, (i+n)%8 == 0) == nil; n++ {
				}
			})
		}
		all.Wait()
		c.Advance(10 * time.Second)
	}
	got := sim.State().Mutations
	require.Zero(t, got.Refused)
	// 100 at once and 10 a second fit into two minutes, 1000 and 33 into the hour's quota.
	require.GreaterOrEqual(t, got.Used, 950)

	use, err := kept.BudgetUse(t.Context(), "centra", time.Now().Add(-time.Hour))
	require.NoError(t, err)
	granted := 0
	for _, u := range use {
		granted += u.Granted
	}
	require.GreaterOrEqual(t, granted, got.Used, "what was granted is told by class and minute")
}

func TestWhoWouldWaitAsksWhatIsLeft(t *testing.T) {
	t.Parallel()
	sim, c, url := instance(t, simulator.Quotas{MutationsHour: 5})
	ours := clock.New()
	shop := process(t, url, opened(t), ours.Now, 0)
	for range 5 {
		require.NoError(t, change(t.Context(), shop, true))
	}
	require.True(t, fault.Is(change(t.Context(), shop, true), fault.RateLimited))
	c.Advance(time.Hour) // Centra has more to give than we counted
	ours.Advance(time.Minute)
	require.NoError(t, change(t.Context(), shop, true))
	require.Zero(t, sim.State().Mutations.Refused)
}

// away is a keeper that nobody reaches.
type away struct{ asked int }

func (a *away) ChangeBudget(context.Context, string, time.Time, func([]byte) ([]byte, map[string]int, map[string]int, error)) error {
	a.asked++
	return errors.New("connection refused")
}

func TestAKeeperThatIsAwayStopsNobody(t *testing.T) {
	t.Parallel()
	sim, c, url := instance(t, simulator.Quotas{})
	keeper, told := &away{}, 0
	shop := process(t, url, keeper, c.Now, 0, func(string, ...any) { told++ })
	for range 50 {
		require.NoError(t, change(t.Context(), shop, true))
	}
	require.Equal(t, simulator.MutationCount{Used: 50}, sim.State().Mutations)
	require.LessOrEqual(t, keeper.asked, 3, "it is left alone for a while")
	require.Equal(t, 1, told)
}

func TestAShortWaitIsWaited(t *testing.T) {
	t.Parallel()
	_, c, url := instance(t, simulator.Quotas{Mutations10s: 20})
	shop := process(t, url, opened(t), c.Now, 10*time.Second)
	var all sync.WaitGroup
	failed := make(chan error, 30)
	for range 22 {
		all.Go(func() {
			if err := change(t.Context(), shop, true); err != nil {
				failed <- err
			}
		})
	}
	all.Wait()
	close(failed)
	for err := range failed {
		require.NoError(t, err)
	}
}

func TestWhatIsSpoiltInTheStoreBeginsAnew(t *testing.T) {
	t.Parallel()
	_, c, url := instance(t, simulator.Quotas{})
	kept := opened(t)
	require.NoError(t, kept.ChangeBudget(t.Context(), "centra", time.Now(), func([]byte) ([]byte, map[string]int, map[string]int, error) {
		return []byte(`{"windows": "of another version"}`), nil, nil, nil
	}))
	require.NoError(t, change(t.Context(), process(t, url, kept, c.Now, 0), true))
}

// BenchmarkSpend is what a mutation pays for the shared budget while plenty is left.
func BenchmarkSpend(b *testing.B) {
	kept := opened(b)
	spender := budget.NewSpender(budget.Options{System: "bench", Plan: plan(), Keeper: kept, MaxWait: time.Minute})
	spender.Adopt(b.Context(), []budget.Limit{{Every: time.Hour, Quota: 1 << 30, Remaining: 1 << 30}})
	for i := 0; b.Loop(); i++ {
		if err := spender.Spend(b.Context(), budget.Class(strconv.Itoa(0))); err != nil {
			b.Fatal(err)
		}
	}
}
