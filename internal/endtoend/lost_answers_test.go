package endtoend_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/simulators/weather"
)

// createShipment has no key that would make a second one harmless: whatever becomes of
// its answer, the customer gets one parcel, one mail and pays once.
func TestAShipmentWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	for number, c := range map[int]struct {
		name  string
		fault weather.Fault
	}{
		2001: {"after it was committed stands once", weather.Fault{Kind: weather.CutAfterCommit}},
		2002: {"before it was committed is sent again", weather.Fault{Kind: weather.CutBeforeCommit}},
		2003: {"behind a bad gateway stands once", weather.Fault{Kind: weather.Status502}},
		2004: {"and which commits seconds after we gave up stands once", weather.Fault{Kind: weather.LateCommit, DelayMs: 2_400, Hang: true}},
		2005: {"and which commits seconds after the connection broke stands once", weather.Fault{Kind: weather.LateCommit, DelayMs: 2_400}},
		2006: {"in a garbled body stands once", weather.Fault{Kind: weather.Garbage}},
	} {
		for restart, number := range map[bool]int{false: number, true: number + 50} {
			name := c.name
			if restart {
				name += ", though the worker dies meanwhile"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := open(t, options{})
				c.fault.Match = "createShipment"
				require.NoError(t, w.shop.Weather().Script(c.fault))
				w.sell(t, sale(number), nil)
				if restart {
					eventually(t, "the fault strikes", func() bool { return w.shop.Weather().Stats().Scripted > 0 })
					w.stopWorkers()
					w.startWorkers(t)
				}
				w.closes(t, number)
				w.requireDelivered(t, number, 1)
				require.Equal(t, int64(3990+495), w.inShop(t, number).Captured)
				require.Equal(t, 1, w.shop.Weather().Stats().Scripted)
			})
		}
	}
}

func TestAnOrderWhoseAnswerIsLostIsAtTheWarehouseOnce(t *testing.T) {
	t.Parallel()
	for number, kind := range map[int]string{2101: weather.CutAfterCommit, 2102: weather.CutBeforeCommit, 2103: weather.Status502, 2104: weather.LateCommit} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := open(t, options{})
			require.NoError(t, w.floorWeather.Script(weather.Fault{Kind: kind, Match: "PUT ", DelayMs: 1_500}))
			w.sell(t, sale(number), nil)
			w.closes(t, number)
			w.requireDelivered(t, number, 1)
			require.Len(t, w.atWarehouse(number), 1)
			require.Equal(t, 1, w.floorWeather.Stats().Scripted)
		})
	}
}
