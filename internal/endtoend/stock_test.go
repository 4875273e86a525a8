package endtoend_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/intake"
	"selvedge/internal/ports"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
	"selvedge/internal/simulators/weather"
	"selvedge/internal/store"
)

// openStock is a world whose warehouses publish their stock.
func openStock(t *testing.T, o options) *world {
	t.Helper()
	env := map[string]string{"SELVEDGE_STOCK": "true"}
	for k, v := range o.env {
		env[k] = v
	}
	o.env = env
	return open(t, o)
}

// offered is what the shop offers of an item in a warehouse.
func (w *world) offered(warehouse, sku string) int {
	for _, s := range w.shop.State().Stock {
		if s.Warehouse == warehouse && s.SKU == sku {
			return s.FTA
		}
	}
	return 0
}

// stockRuns numbers the passes that tests start by hand.
var stockRuns struct {
	sync.Mutex
	n int
}

// pass makes one pass over the north's stock and answers what it did.
func (w *world) pass(t *testing.T, in contract.StockInput) contract.StockResult {
	t.Helper()
	result, err := w.tryPass(t.Context(), in)
	require.NoError(t, err)
	return result
}

func (w *world) tryPass(ctx context.Context, in contract.StockInput) (contract.StockResult, error) {
	if in.Warehouse == "" {
		in.Warehouse = north
	}
	stockRuns.Lock()
	stockRuns.n++
	id := fmt.Sprintf("%s/test-%d", contract.StockScheduleID(in.Warehouse), stockRuns.n)
	stockRuns.Unlock()
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	run, err := w.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: contract.QueueOrders}, "StockSyncWorkflow", in)
	if err != nil {
		return contract.StockResult{}, err
	}
	var result contract.StockResult
	err = run.Get(ctx, &result)
	return result, err
}

func (w *world) have(t *testing.T, sku string, quantities map[string]int) {
	t.Helper()
	w.act(t, acs.Action{Account: accountN, Action: "inventory", SKU: sku, Quantities: quantities})
}

func available(n int) map[string]int { return map[string]int{"available": n} }

func (w *world) offers(t *testing.T, sku string, want int) {
	t.Helper()
	eventually(t, fmt.Sprintf("the shop offers %d of %s, it is %d", want, sku, w.offered(north, sku)), func() bool { return w.offered(north, sku) == want })
}

// why is what the store says of an item in the north.
func (w *world) why(t *testing.T, sku string) ports.StockExplained {
	t.Helper()
	found, err := w.parts.Store.StockWhy(t.Context(), north, sku)
	require.NoError(t, err)
	require.Len(t, found, 1)
	return found[0]
}

// complains waits until an exception of a kind is open about the north's stock.
func (w *world) complains(t *testing.T, kind, subject string) store.Exception {
	t.Helper()
	var found store.Exception
	eventually(t, kind+" about "+subject, func() bool {
		for _, e := range w.systemExceptions(t) {
			if e.System == ports.StockSystem(north) && e.Kind == kind && e.Subject == subject {
				found = e
				return true
			}
		}
		return false
	})
	return found
}

func (w *world) requireNoComplaint(t *testing.T, kind string) {
	t.Helper()
	for _, e := range w.systemExceptions(t) {
		require.NotEqual(t, kind, e.Kind, "%v", e.Problems)
	}
}

func TestAMovementInTheWarehouseReachesTheShopWithinSeconds(t *testing.T) {
	t.Parallel()
	w := openStock(t, options{})
	w.have(t, hat, available(77))
	w.offers(t, hat, 77)
	w.have(t, hat, map[string]int{"available": 3, "in_refurbishment": 70, "quarantine": 4})
	w.offers(t, hat, 3)
	explained := w.why(t, hat)
	require.Equal(t, 3, explained.Figure.Figure)
	// The shop shows a figure a moment before we have recorded that it took it.
	eventually(t, "what was published before is kept", func() bool {
		explained = w.why(t, hat)
		return len(explained.Published) >= 2
	})
	require.Equal(t, 3, explained.Published[0].Figure)
	require.Contains(t, string(explained.Figure.Terms), "70 in_refurbishment")
	require.Len(t, w.why(t, "7300000000028").Published, len(explained.Published), "found by its EAN as well")
}

func TestABurstOfMovementsCostsFewMutations(t *testing.T) {
	t.Parallel()
	w := openStock(t, options{})
	w.have(t, scarf, available(4999))
	w.offers(t, scarf, 4999)
	before := w.shop.State().Mutations.Used
	for n := range 300 {
		w.have(t, scarf, available(1000+n))
	}
	w.offers(t, scarf, 1299)
	require.LessOrEqual(t, w.shop.State().Mutations.Used-before, 12, "300 movements, and one figure at the end")
}

func TestAnOrderIsCountedOnceWhereverItIs(t *testing.T) {
	t.Parallel()
	w := openStock(t, options{})
	w.have(t, shirt, available(10))
	w.offers(t, shirt, 10)
	w.sell(t, sale(7001, with(line(7001, 1, shirt, 4))), nil)
	eventually(t, "the warehouse and the shop hold the order", func() bool { return len(w.atWarehouse(7001)) == 1 && w.offered(north, shirt) == 6 })
	w.closes(t, 7001)
	for range 3 {
		w.pass(t, contract.StockInput{Trigger: contract.StockBySchedule})
	}
	w.offers(t, shirt, 6)
}

func TestWhatIsPromisedAndNotYetTakenIsNotOfferedAgain(t *testing.T) {
	t.Parallel()
	w := openStock(t, options{})
	w.have(t, shirt, available(10))
	w.offers(t, shirt, 10)
	// On hold in the shop: allocated there, and the warehouse has never heard of it.
	w.sell(t, sale(7011, with(line(7011, 1, shirt, 4)), func(o *centra.SeedOrder) { o.WaitingForPayment = true }), nil)
	w.until(t, 7011, "waiting for the shop", func(s shown) bool { return s.state == domain.WaitingForShop })
	w.have(t, shirt, available(9)) // one was sold elsewhere
	w.offers(t, shirt, 5)
	require.Contains(t, string(w.why(t, shirt).Figure.Terms), "the warehouse has not got it")
	w.have(t, shirt, available(2))
	w.offers(t, shirt, 0)
	deficit := w.complains(t, "stock-deficit", shirt)
	require.Contains(t, deficit.Problems[0].Message, "atelier/7011")
	w.have(t, shirt, available(40))
	w.offers(t, shirt, 36)
	eventually(t, "the deficit is over", func() bool {
		for _, e := range w.systemExceptions(t) {
			if e.Kind == "stock-deficit" {
				return false
			}
		}
		return true
	})
}

func TestTwoPassesAtOnceNeverOverlap(t *testing.T) {
	t.Parallel()
	w := openStock(t, options{noFloor: true})
	w.have(t, shirt, available(123))
	var all sync.WaitGroup
	results := make([]contract.StockResult, 6)
	failures := make([]error, 6)
	for n := range results {
		all.Go(func() {
			trigger := contract.StockBySchedule
			if n%2 == 0 {
				trigger = contract.StockByPerson
			}
			results[n], failures[n] = w.tryPass(t.Context(), contract.StockInput{Trigger: trigger, Full: n%3 == 0})
		})
	}
	all.Wait()
	for n := range results {
		require.NoError(t, failures[n])
	}
	w.offers(t, shirt, 123)
	charts, err := w.parts.Store.StockCharts(t.Context(), north, time.Now().Add(-time.Hour), time.Now().Add(time.Hour), time.Minute)
	require.NoError(t, err)
	for n := 1; n < len(charts.Passes); n++ { // newest first
		later, earlier := charts.Passes[n-1], charts.Passes[n]
		require.False(t, earlier.EndedAt.IsZero())
		require.False(t, later.BeganAt.Before(earlier.EndedAt), "pass %d began before %d had ended", later.Fence, earlier.Fence)
	}
	require.Equal(t, int64(1), w.why(t, shirt).Published[0].Nth, "the difference was written once")
}

// The answer to a change of stock is lost in every way there is: the shop's figure ends
// where it belongs and is above it at no moment.
func TestAChangeOfStockWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	for _, kind := range []weather.Fault{
		{Kind: weather.CutAfterCommit}, {Kind: weather.CutBeforeCommit}, {Kind: weather.LateCommit, DelayMs: 2_200, Hang: true}, {Kind: weather.Garbage}, {Kind: weather.Status502},
	} {
		for restart, name := range map[bool]string{false: "", true: ", and the worker dies meanwhile"} {
			t.Run(fmt.Sprintf("%s%s", kind.Kind, name), func(t *testing.T) {
				t.Parallel()
				w := openStock(t, options{noFloor: true})
				w.pass(t, contract.StockInput{Trigger: contract.StockByPerson})
				w.offers(t, shirt, 5000)
				kind.Match = "changeStock"
				require.NoError(t, w.shop.Weather().Script(kind))
				w.have(t, shirt, available(40))
				w.have(t, hat, available(6000))
				if restart {
					started := make(chan struct{})
					go func() {
						defer close(started)
						_, _ = w.tryPass(t.Context(), contract.StockInput{Trigger: contract.StockByPerson})
					}()
					eventually(t, "the change is on its way", func() bool {
						levels, err := w.parts.Store.StockLevels(t.Context(), north, []string{shirt})
						return err == nil && len(levels) == 1 && !levels[0].WritingSince.IsZero()
					})
					w.stopWorkers()
					w.startWorkers(t)
					<-started
				}
				eventually(t, "the figures are right", func() bool {
					_, err := w.tryPass(t.Context(), contract.StockInput{Trigger: contract.StockByPerson})
					return err == nil && w.offered(north, shirt) == 40 && w.offered(north, hat) == 6000
				})
				// A request that commits late must not come on top.
				require.Never(t, func() bool { return w.offered(north, shirt) != 40 }, settle, 200*time.Millisecond)
			})
		}
	}
}

func TestAFeedThatCannotBeReliedUpon(t *testing.T) {
	t.Parallel()
	person := contract.StockInput{Trigger: contract.StockByPerson}
	t.Run("negative is nothing, and somebody is told", func(t *testing.T) {
		t.Parallel()
		w := openStock(t, options{})
		w.have(t, shirt, available(-3))
		w.offers(t, shirt, 0)
		w.complains(t, "negative-stock", shirt)
		w.have(t, shirt, available(2))
		w.offers(t, shirt, 2)
		eventually(t, "it heals", func() bool { return len(w.systemExceptions(t)) == 0 })
	})
	t.Run("a status never seen is withheld and told once, until a rule names it", func(t *testing.T) {
		t.Parallel()
		w := openStock(t, options{})
		for _, sku := range []string{shirt, hat} {
			w.have(t, sku, map[string]int{"available": 3, "photo_studio": 9})
			w.offers(t, sku, 3)
		}
		w.complains(t, "unmapped:stock-status", "photo_studio")
		require.Len(t, w.systemExceptions(t), 1, "once per name")
		_, err := w.parts.Store.SaveRules(t.Context(), []domain.Rule{{Table: domain.RuleStockStatus, Warehouse: north, From: "photo_studio", To: "sellable"}}, "test", "asked the warehouse", time.Now())
		require.NoError(t, err)
		w.pass(t, person)
		w.offers(t, shirt, 12)
		w.offers(t, hat, 12)
		require.Empty(t, w.systemExceptions(t))
	})
	t.Run("an item that the shop does not know is told and hinders nobody", func(t *testing.T) {
		t.Parallel()
		w := openStock(t, options{})
		w.have(t, "NEVER-HEARD-OF", available(5))
		w.have(t, shirt, available(31))
		w.offers(t, shirt, 31)
		w.complains(t, "unknown-size", "NEVER-HEARD-OF")
	})
	t.Run("a version that goes back lowers and never raises", func(t *testing.T) {
		t.Parallel()
		w := openStock(t, options{noFloor: true})
		w.have(t, shirt, available(20))
		w.pass(t, person)
		w.offers(t, shirt, 20)
		w.act(t, acs.Action{Account: accountN, Action: "versionBack", SKU: shirt, Quantity: 2})
		w.have(t, shirt, available(90)) // its version is one less than the newest known
		w.pass(t, person)
		w.offers(t, shirt, 20)
		require.Contains(t, fmt.Sprint(w.complains(t, "stale-feed", north).Problems), shirt)
		for n := range 3 {
			w.have(t, shirt, available(91+n))
		}
		w.pass(t, person)
		w.offers(t, shirt, 93)
		w.requireNoComplaint(t, "stale-feed")
	})
	t.Run("a stale feed lowers and never raises", func(t *testing.T) {
		t.Parallel()
		w := openStock(t, options{noFloor: true, env: map[string]string{"SELVEDGE_STOCK_STALE_AFTER": "1s"}})
		w.have(t, shirt, available(20))
		w.pass(t, person)
		w.offers(t, shirt, 20)
		w.act(t, acs.Action{Account: accountN, Action: "stale", Ms: 3_600_000})
		eventually(t, "the feed is stale", func() bool {
			result, err := w.tryPass(t.Context(), person)
			return err == nil && result.Hold != ""
		})
		w.complains(t, "stale-feed", north)
		for change, want := range map[string]int{"outFromWarehouse": 15, "intoWarehouse": 20} { // what somebody took away is not put back, what he put in is taken off
			require.Equal(t, 20, w.offered(north, shirt))
			w.graphql(t, `mutation { changeStock(input: {`+change+`: {id: 1}, description: "a person", productSizes: [{productSize: {id: 1}, deliveredQuantity: 5}]}) { userErrors { message } } }`)
			_, err := w.parts.Store.TouchStock(t.Context(), north, []string{shirt}, time.Now())
			require.NoError(t, err)
			w.pass(t, person)
			require.Equal(t, want, w.offered(north, shirt), change)
			if want == 15 {
				w.graphql(t, `mutation { changeStock(input: {intoWarehouse: {id: 1}, description: "a person", productSizes: [{productSize: {id: 1}, deliveredQuantity: 5}]}) { userErrors { message } } }`)
			}
		}
	})
	t.Run("a snapshot that breaks off zeroes and raises nothing, and the next one is whole", func(t *testing.T) {
		t.Parallel()
		w := openStock(t, options{noFloor: true})
		var more []acs.InventorySeed
		for n := range 2600 {
			more = append(more, acs.InventorySeed{SKU: fmt.Sprintf("AAA-%04d", n), Quantities: map[string]int{"quarantine": 1}})
		}
		require.NoError(t, w.floor.Seed(acs.Seed{Accounts: []acs.AccountSeed{{Account: accountN, Inventory: more}}}))
		w.pass(t, person)
		w.offers(t, shirt, 5000)
		w.have(t, shirt, available(6000))
		w.have(t, bare, available(10)) // sorts behind the AAAs as well: on page three
		cut := weather.Fault{Kind: weather.Status502, Match: "/inventory?cursor", After: 1, Times: 4}
		require.NoError(t, w.floorWeather.Script(cut))
		result, err := w.tryPass(t.Context(), contract.StockInput{Trigger: contract.StockByPerson, Full: true})
		require.NoError(t, err)
		require.Equal(t, "feed-cut", result.Hold)
		require.Equal(t, 5000, w.offered(north, shirt), "nothing is raised, and nothing zeroed")
		w.complains(t, "stale-feed", north)
		eventually(t, "the next reading is whole", func() bool {
			result, err := w.tryPass(t.Context(), contract.StockInput{Trigger: contract.StockByPerson, Full: true})
			return err == nil && result.Hold == ""
		})
		w.offers(t, shirt, 6000)
		w.offers(t, bare, 10)
		w.requireNoComplaint(t, "stale-feed")
	})
	t.Run("a place in the feed that is gone costs a snapshot and misses nothing", func(t *testing.T) {
		t.Parallel()
		w := openStock(t, options{noFloor: true})
		w.pass(t, person)
		w.have(t, shirt, available(17))
		w.act(t, acs.Action{Account: accountN, Action: "rebuildFeed"})
		result := w.pass(t, person)
		require.True(t, result.Full)
		w.offers(t, shirt, 17)
	})
}

func TestTwoWarehousesForOneItemAreTwoFigures(t *testing.T) {
	t.Parallel()
	w := openStock(t, options{})
	w.have(t, shirt, available(3))
	w.act(t, acs.Action{Account: accountS, Action: "inventory", SKU: shirt, Quantities: available(8)})
	w.offers(t, shirt, 3)
	eventually(t, "the south offers its own", func() bool { return w.offered(south, shirt) == 8 })
}

func TestAQuotaOfFiveMutations(t *testing.T) {
	t.Parallel()
	w := openStock(t, options{noFloor: true, shop: func(s *centra.Seed) {
		s.Quotas.Mutations10s, s.Quotas.MutationsHour = 5, 5
	}})
	for n, sku := range []string{shirt, hat, scarf, bare} {
		w.have(t, sku, available(10+n))
	}
	w.pass(t, contract.StockInput{Trigger: contract.StockByPerson})
	for n, sku := range []string{shirt, hat, scarf, bare} {
		w.offers(t, sku, 10+n)
	}
	require.LessOrEqual(t, w.shop.State().Mutations.Used, 2, "all of them in one mutation")
	require.Zero(t, w.shop.State().Mutations.Refused)
}

func TestDriftIsShownExplainedAndCorrected(t *testing.T) {
	t.Parallel()
	w := openStock(t, options{noFloor: true})
	w.have(t, shirt, available(12))
	w.pass(t, contract.StockInput{Trigger: contract.StockByPerson})
	w.offers(t, shirt, 12)
	answer := w.graphql(t, `mutation { changeStock(input: {intoWarehouse: {id: 1}, description: "a person", productSizes: [{productSize: {id: 1}, deliveredQuantity: 7}]}) { userErrors { message } } }`)
	require.NotContains(t, fmt.Sprint(answer), "userErrors:[map")
	require.Equal(t, 19, w.offered(north, shirt))
	result := w.pass(t, contract.StockInput{Trigger: contract.StockByDrift, Drift: true})
	require.Equal(t, int64(1), result.Drifted)
	w.offers(t, shirt, 12)
	require.Contains(t, w.complains(t, "stock-drift", shirt).Problems[0].Message, "offers 19, 12 is explained: 12 sellable")
	result = w.pass(t, contract.StockInput{Trigger: contract.StockByDrift, Drift: true})
	require.Zero(t, result.Drifted)
	w.requireNoComplaint(t, "stock-drift")
}

func TestMovementsOfTheBooksAndDrainsAreKept(t *testing.T) {
	t.Parallel()
	w := openStock(t, options{noFloor: true})
	w.have(t, shirt, available(20))
	w.pass(t, contract.StockInput{Trigger: contract.StockByPerson})
	w.act(t, acs.Action{Account: accountN, Action: "adjust", SKU: shirt, Quantity: -4, Reason: "lost"})
	w.pass(t, contract.StockInput{Trigger: contract.StockByPerson})
	w.offers(t, shirt, 16)
	movements, err := w.parts.Store.Adjustments(t.Context(), north, shirt, 10)
	require.NoError(t, err)
	require.Len(t, movements, 1)
	require.Equal(t, "lost", movements[0].Reason)
	charts, err := w.parts.Store.StockCharts(t.Context(), north, time.Now().Add(-time.Hour), time.Now().Add(time.Hour), time.Hour)
	require.NoError(t, err)
	require.Len(t, charts.Exposed, 1)
	require.Equal(t, 4, charts.Exposed[0].Covered)
}

func TestAskingIsOneRun(t *testing.T) {
	t.Parallel()
	w := openStock(t, options{noFloor: true})
	w.have(t, shirt, available(9))
	for range 5 {
		require.NoError(t, intake.AskForStock(t.Context(), w.client, contract.StockInput{Warehouse: north, Trigger: contract.StockByPerson}))
	}
	w.offers(t, shirt, 9)
	var result contract.StockResult
	require.NoError(t, w.client.GetWorkflow(t.Context(), contract.StockNowID(north), "").Get(t.Context(), &result))
	require.LessOrEqual(t, result.Passes, 5)
}
