package endtoend_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/simulators/weather"
)

// lostAnswer is one way in which an answer gets lost.
type lostAnswer struct {
	number int
	name   string
	fault  weather.Fault
}

func lostAnswers(first int) []lostAnswer {
	all := []lostAnswer{
		{0, "after it was committed", weather.Fault{Kind: weather.CutAfterCommit}},
		{0, "before it was committed", weather.Fault{Kind: weather.CutBeforeCommit}},
		{0, "behind a bad gateway", weather.Fault{Kind: weather.Status502}},
		{0, "and which commits seconds after we gave up", weather.Fault{Kind: weather.LateCommit, DelayMs: 2_400, Hang: true}},
		{0, "and which commits seconds after the connection broke", weather.Fault{Kind: weather.LateCommit, DelayMs: 2_400}},
		{0, "in a garbled body", weather.Fault{Kind: weather.Garbage}},
	}
	for i := range all {
		all[i].number = first + i
	}
	return all
}

// createShipment has no key that would make a second one harmless: whatever becomes of
// its answer, the customer gets one parcel, one mail and pays once.
func TestAShipmentWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	for restart, first := range map[bool]int{false: 2001, true: 2051} {
		name := "stands once"
		if restart {
			name += " though the worker dies meanwhile"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t, options{})
			cases := lostAnswers(first)
			for _, c := range cases {
				// The order's number within the input of createShipment, and in no query.
				c.fault.Match = fmt.Sprintf(`"order":{"number":%d}`, c.number)
				require.NoError(t, w.shop.Weather().Script(c.fault))
				w.sell(t, sale(c.number), nil)
			}
			eventually(t, "every fault strikes", func() bool { return w.shop.Weather().Stats().Scripted == len(cases) })
			if restart {
				w.stopWorkers()
				w.startWorkers(t)
			}
			for _, c := range cases {
				w.closes(t, c.number)
				w.requireDelivered(t, c.number, 1)
				require.Equal(t, int64(3990+495), w.inShop(t, c.number).Captured, c.name)
			}
		})
	}
}

func TestAnOrderWhoseAnswerIsLostIsAtTheWarehouseOnce(t *testing.T) {
	t.Parallel()
	w := open(t, options{})
	cases := lostAnswers(2101)
	for _, c := range cases {
		c.fault.Match, c.fault.DelayMs = fmt.Sprintf("PUT /partner/v1/orders/%d", c.number), 1_500
		require.NoError(t, w.floorWeather.Script(c.fault))
		w.sell(t, sale(c.number), nil)
	}
	for _, c := range cases {
		w.closes(t, c.number)
		w.requireDelivered(t, c.number, 1)
		require.Len(t, w.atWarehouse(c.number), 1, c.name)
	}
	require.Equal(t, len(cases), w.floorWeather.Stats().Scripted)
}
