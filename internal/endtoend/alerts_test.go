package endtoend_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/ports"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
)

// inbox is an HTTP receiver of alerts. While it is away it answers 503.
type inbox struct {
	mu    sync.Mutex
	texts []string
	keys  []string
	away  bool
}

func (i *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var payload struct {
		Text string `json:"text"`
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.away {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if err := json.NewDecoder(r.Body).Decode(&payload); err == nil {
		i.texts, i.keys = append(i.texts, payload.Text), append(i.keys, r.Header.Get("Idempotency-Key"))
	}
}

func (i *inbox) all() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]string(nil), i.texts...)
}

func (i *inbox) set(away bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.away = away
}

// openForAlerts is a world whose alerts go to a receiver at once.
func openForAlerts(t *testing.T, env map[string]string) (*world, *inbox) {
	t.Helper()
	in := &inbox{}
	settings := map[string]string{
		"SELVEDGE_ALERT_SLACK": serve(t, in).URL, "SELVEDGE_ALERT_SETTLE": "0s", "SELVEDGE_CONSOLE_URL": "https://console.example",
	}
	for name, value := range env {
		settings[name] = value
	}
	return open(t, options{env: settings}), in
}

// alert runs the workflow of the alert schedule once.
func (w *world) alert(t *testing.T) contract.AlertResult {
	t.Helper()
	var result contract.AlertResult
	run, err := w.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: contract.QueueOrders}, "AlertWorkflow", contract.AlertInput{})
	require.NoError(t, err)
	require.NoError(t, run.Get(t.Context(), &result))
	return result
}

const saver = "unmapped:shipping-method:centra:Express Saver"

func TestTwentyFiveOrdersWithOneCauseAreOneAlert(t *testing.T) {
	t.Parallel()
	w, in := openForAlerts(t, nil)
	_, err := w.parts.Store.SaveRules(t.Context(), []domain.Rule{{
		Table: domain.RuleCutoff, Warehouse: north, From: "RM24", To: time.Now().UTC().Add(6 * time.Hour).Format("15:04"), Extra: map[string]string{"timezone": "UTC"},
	}}, "test", "cut-off of the tests", time.Now())
	require.NoError(t, err)
	for n := range 25 {
		w.sell(t, sale(8101+n, unmapped), stays())
	}
	for n := range 25 {
		w.asks(t, 8101+n, "unmapped:shipping-method")
	}
	require.Equal(t, contract.AlertResult{Written: 1, Delivered: 1}, w.alert(t))
	told := in.all()
	require.Len(t, told, 1)
	for _, part := range []string{"25 × " + saver, "25 orders", "At stake: 1121.25 GBP", "Next cut-off:", "Owner: ops", "https://console.example/", "handbook/unmapped-shipping-method"} {
		require.Contains(t, told[0], part)
	}
	for number := 8101; number < 8126; number++ {
		for _, word := range secrets(number) {
			require.NotContains(t, told[0], word)
		}
	}
	for range 3 {
		require.Zero(t, w.alert(t), "nothing is new")
	}

	// Two hundred and twenty-five more, told by the store alone: the cause is what counts.
	more := func(open ...ports.ExceptionRecord) {
		for n := range 225 {
			require.NoError(t, w.parts.Store.RecordLook(t.Context(), ports.Look{State: domain.NeedsAttention, Order: orderID(900_000 + n), Open: open, By: "test", Answer: "retry", At: time.Now()}))
		}
	}
	more(ports.ExceptionRecord{Kind: "unmapped:shipping-method", Cause: saver, Owner: "ops", Severity: "hold"})
	// The receiver is away: no run fails, and nothing is lost.
	in.set(true)
	require.Equal(t, contract.AlertResult{Written: 1, Failed: 1, Waiting: 1}, w.alert(t))
	require.Equal(t, contract.AlertResult{Waiting: 1}, w.alert(t), "it is not asked again at once")
	require.Positive(t, w.logs.FilterMessage("an alert was not delivered; it is tried again").Len())
	in.set(false)
	late := w.parts.Alerts()
	late.Clock = func() time.Time { return time.Now().Add(time.Minute) }
	result, err := late.RaiseAlerts(t.Context(), contract.AlertInput{})
	require.NoError(t, err)
	require.Equal(t, contract.AlertResult{Delivered: 1}, result)
	require.Len(t, in.all(), 2)
	require.Contains(t, in.all()[1], "Ten times as many: 250 × "+saver)

	// The rule comes, the orders go on, and who was told is told that it is over.
	more()
	_, err = w.parts.Store.SaveRules(t.Context(), []domain.Rule{{Table: domain.RuleShippingMethod, Warehouse: north, From: "Express Saver", To: "RM48"}}, "ada", "a new method", time.Now())
	require.NoError(t, err)
	for n := range 25 {
		w.retry(t, 8101+n)
	}
	eventually(t, "nothing waits", func() bool {
		held, err := w.parts.Store.Held(t.Context())
		return err == nil && len(held) == 0
	})
	require.Equal(t, contract.AlertResult{Written: 1, Delivered: 1}, w.alert(t))
	require.Contains(t, in.all()[2], "Closed: "+saver)
	require.Zero(t, w.alert(t))
	in.mu.Lock()
	defer in.mu.Unlock()
	require.Len(t, in.keys, 3)
	require.NotEqual(t, in.keys[0], in.keys[1], "each message has a key of its own")
}

// TestManyProcessesTellOnce: a worker's run and serve's own at the same moment.
func TestManyProcessesTellOnce(t *testing.T) {
	t.Parallel()
	w, in := openForAlerts(t, nil)
	require.NoError(t, w.parts.Store.OpenSystemException(t.Context(), ports.ExceptionRecord{
		System: "centra", Kind: "unavailable", Cause: "unavailable:centra", Owner: "engineering", Severity: "urgent", OpenedAt: time.Now().Add(-time.Second),
	}))
	var all sync.WaitGroup
	failures := make(chan error, 8)
	for range 8 {
		all.Go(func() {
			_, err := w.parts.Alerts().RaiseAlerts(t.Context(), contract.AlertInput{})
			failures <- err
		})
	}
	all.Wait()
	close(failures)
	for err := range failures {
		require.NoError(t, err)
	}
	require.Len(t, in.all(), 1)
}

// TestAnExpiredTokenWithTwoHundredOrdersInFlightIsOneAlert: the token is refused while
// their parcels are to be told to the shop; with a valid one everything heals alone.
func TestAnExpiredTokenWithTwoHundredOrdersInFlightIsOneAlert(t *testing.T) {
	t.Parallel()
	const orders = 200
	w, in := openForAlerts(t, nil)
	var all []centra.SeedOrder
	var plans []acs.FloorPlan
	var numbers []string
	for n := range orders {
		numbers = append(numbers, orderID(20_001+n).Number)
		all = append(all, sale(20_001+n))
		plan := *stays()
		plan.Order = orderID(20_001 + n).String()
		plans = append(plans, plan)
	}
	require.NoError(t, w.floor.Seed(acs.Seed{Floor: plans}))
	require.NoError(t, w.shop.Seed(centra.Seed{Orders: all}))
	t.Cleanup(func() { t.Logf("%d of %d orders have reached the warehouse", w.atFloorCount(), orders) })
	again := time.Now()
	eventuallyWithin(t, 2*time.Minute, "the warehouse holds them", func() bool {
		if now := time.Now(); now.After(again) { // a hint that was followed halfway is the schedule's to go on with
			again = now.Add(10 * time.Second)
			w.scheduledIntake(t, numbers)
		}
		return w.atFloorCount() == orders
	})
	token := func(revoked bool) {
		require.NoError(t, w.shop.Seed(centra.Seed{Tokens: []centra.SeedToken{{Token: shopToken, Integration: "selvedge", Revoked: revoked}}}))
	}
	token(true)
	for n := range orders {
		w.act(t, acs.Action{Account: accountN, Order: orderID(20_001 + n).Number, Action: "ship"})
	}
	eventuallyWithin(t, 2*time.Minute, "they all wait for it", func() bool {
		w.alert(t) // at any moment, also when the first has met it and the outage is not yet written down
		waiting, err := w.parts.Store.WaitingOrders(t.Context(), "unavailable:centra", domain.OrderID{}, 500)
		return err == nil && len(waiting) == orders
	})
	for range 3 {
		w.alert(t)
	}
	told := in.all()
	require.Len(t, told, 1, "one alert, of the first moment")
	require.Contains(t, told[0], "credentials:centra")
	require.Contains(t, told[0], "Urgent:")
	require.Contains(t, told[0], "Owner: engineering")

	token(false)
	eventuallyWithin(t, 3*time.Minute, "everything healed", func() bool {
		held, err := w.parts.Store.Held(t.Context())
		return err == nil && len(held) == 0
	})
	w.alert(t)
	require.Len(t, in.all(), 2)
	require.Contains(t, in.all()[1], "Closed: credentials:centra")
	for _, number := range []int{20_001, 20_100, 20_200} {
		w.requireDelivered(t, number, 1)
	}
}

// scheduledIntake does for some orders what the schedule of intake does each minute.
func (w *world) scheduledIntake(t *testing.T, numbers []string) {
	t.Helper()
	for page := range slices.Chunk(numbers, 100) {
		if _, err := w.intake.TakeOrders(t.Context(), atelier, page); err != nil {
			t.Logf("the next run tries again: %v", err)
		}
	}
	if _, err := w.intake.Sweep(t.Context()); err != nil {
		t.Logf("the next run tries again: %v", err)
	}
}

// atFloorCount counts the orders that the northern warehouse holds.
func (w *world) atFloorCount() int {
	for _, account := range w.floor.State() {
		if account.Account == accountN {
			return len(account.Orders)
		}
	}
	return 0
}

// eventuallyWithin is eventually with a limit of its own, for what is a lot of work.
func eventuallyWithin(t *testing.T, limit time.Duration, what string, yes func() bool) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for time.Now().Before(deadline) {
		if wait(t.Context(), yes) {
			return
		}
	}
	require.FailNow(t, fmt.Sprintf("%s: not within %s", what, limit))
}
