package endtoend_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/simulators/centra"
	"selvedge/internal/store"
)

func TestTheEventQueueIsEmptiedWhateverItHolds(t *testing.T) {
	t.Parallel()
	w := open(t, options{deaf: true})
	require.Zero(t, w.runIntake(t).Events, "the first run asks the shop to queue events")
	for number := 8001; number <= 8005; number++ {
		w.sell(t, sale(number), nil)
		for n := range 60 {
			w.admin(t, centra.Action{Action: "comment", Order: number, Value: fmt.Sprint("call ", n)})
		}
	}
	w.sell(t, sale(8006, func(o *centra.SeedOrder) { o.Currency, o.Market, o.Pricelist = "ZZZ", "", "" }), nil)
	w.sell(t, sale(8007, func(o *centra.SeedOrder) { o.Store, o.Market, o.Pricelist = showroom, "", "" }), nil)

	result := w.runIntake(t)
	require.GreaterOrEqual(t, result.Events, 300)
	for number := 8001; number <= 8005; number++ {
		w.closes(t, number)
		w.requireDelivered(t, number, 1)
	}
	left, err := w.parts.Shop.Events(t.Context(), 200)
	require.NoError(t, err)
	for _, e := range left {
		require.NotEqual(t, "8006", e.Ref, "what cannot be read is confirmed all the same")
	}
	refused, err := w.parts.Store.RefusedInputs(t.Context(), 10)
	require.NoError(t, err)
	require.Len(t, refused, 1)
	require.Contains(t, refused[0].Key, "8006")
	open, err := w.parts.Store.OpenExceptions(t.Context(), store.ExceptionFilter{Kind: domain.KindUnreadable}, 10)
	require.NoError(t, err)
	require.Len(t, open, 1)
	require.Equal(t, domain.OrderID{Store: atelier, Number: "8006"}, *open[0].Order, "somebody is asked about it")
	require.NotEmpty(t, open[0].Problems)
	for _, number := range []int{8006, 8007} {
		_, err := w.client.DescribeWorkflowExecution(t.Context(), workflowID(number), "")
		var unknown *serviceerror.NotFound
		require.ErrorAs(t, err, &unknown, "order %d starts nothing", number)
	}
	require.Zero(t, w.runIntake(t).Changed, "our own writes echo back and change nothing")
	require.Zero(t, w.runIntake(t).Events)
}

// runIntake runs the workflow of the intake schedule once.
func (w *world) runIntake(t *testing.T) contract.IntakeResult {
	t.Helper()
	var result contract.IntakeResult
	run, err := w.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: contract.QueueOrders}, "IntakeWorkflow", contract.IntakeInput{Store: atelier})
	require.NoError(t, err)
	require.NoError(t, run.Get(t.Context(), &result))
	return result
}

func TestOrdersAreFoundThoughTheShopsEventsAreSwitchedOff(t *testing.T) {
	t.Parallel()
	w := open(t, options{deaf: true, shop: func(s *centra.Seed) { s.EventsEnabled = ptr(false) }})
	w.sell(t, sale(8101), nil)
	require.Equal(t, 1, w.runIntake(t).Changed)
	w.closes(t, 8101)
	w.requireDelivered(t, 8101, 1)
}

func TestAnOrderThatWasStoredAndNeverWokenIsFound(t *testing.T) {
	t.Parallel()
	w := open(t, options{deaf: true})
	w.sell(t, sale(8201), nil)
	read, err := w.parts.Shop.Orders(t.Context(), atelier, []string{"8201"})
	require.NoError(t, err)
	// The process dies here: stored, and nobody told.
	_, err = w.parts.Store.TakeIn(t.Context(), read, time.Now())
	require.NoError(t, err)
	taken, err := w.intake.TakeOrders(t.Context(), atelier, []string{"8201"})
	require.NoError(t, err)
	require.Zero(t, taken, "to the next event nothing has changed")

	later := w.parts.Intake(w.client)
	later.Clock = func() time.Time { return time.Now().Add(time.Minute) }
	woken, err := later.Sweep(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, woken)
	w.closes(t, 8201)
	w.requireDelivered(t, 8201, 1)
	woken, err = later.Sweep(t.Context())
	require.NoError(t, err)
	require.Zero(t, woken)
	require.Len(t, w.facts(t, 8201, domain.FactContent), 1)
}

func TestACustomersChangeReachesARunningOrderByTheEventQueue(t *testing.T) {
	t.Parallel()
	w := open(t, options{deaf: true})
	w.runIntake(t)
	w.sell(t, sale(8301, unmapped), nil)
	w.runIntake(t)
	w.asks(t, 8301, "unmapped:shipping-method")
	w.admin(t, centra.Action{Action: "edit-shipping-option", Order: 8301, ShippingOption: "Express"})
	require.Equal(t, 1, w.runIntake(t).Changed)
	w.closes(t, 8301)
	w.requireDelivered(t, 8301, 1)
	require.Empty(t, w.facts(t, 8301, domain.FactAnswered), "nobody had to press anything")
}
