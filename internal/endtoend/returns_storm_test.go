package endtoend_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/weather"
)

// Garments of several fates come back in a storm, the answers to what the shop cannot
// be asked twice get lost, and the workers are cut off in the midst of it. Afterwards
// the shop, the warehouse and the books agree.
func TestReturnsInAStormWithTheWorkersCutOff(t *testing.T) {
	t.Parallel()
	w := openBooked(t, options{})
	fates := map[int]string{3501: "restock", 3502: "ber", 3503: "ber", 3504: "donate", 3505: "restock"}
	for number := range fates {
		w.sell(t, sale(number), nil)
	}
	for number := range fates {
		w.closes(t, number)
	}
	physical := w.physical(shirt)
	faults := []weather.Fault{
		{Match: "createReturn", Kind: weather.CutAfterCommit},
		{Match: "createReturn", Kind: weather.LateCommit, DelayMs: 2_400},
		{Match: "completeReturn", Kind: weather.CutAfterCommit},
		{Match: "refundReturn", Kind: weather.CutAfterCommit},
		{Match: "refundReturn", Kind: weather.Status502},
		{Match: "refundReturn", Kind: weather.LateCommit, DelayMs: 2_400, Hang: true},
	}
	require.NoError(t, w.shop.Weather().Script(faults...))
	require.NoError(t, w.shop.Weather().Set("storm"))
	require.NoError(t, w.floorWeather.Set("storm"))
	for number, fate := range fates {
		w.comesBack(t, number, acs.ReturnAction{Units: []acs.ReturnUnit{unit(number, 1, shirt, fate)}})
	}
	eventually(t, "an answer is lost", func() bool { return w.shop.Weather().Stats().Scripted > 1 })
	w.stopWorkers()
	w.startWorkers(t)
	eventually(t, "all answers are lost", func() bool { return w.shop.Weather().Stats().Scripted == len(faults) })
	require.NoError(t, w.shop.Weather().Set("calm"))
	require.NoError(t, w.floorWeather.Set("calm"))
	_, err := w.intake.ReadFeed(t.Context(), north) // what the storm kept from us
	require.NoError(t, err)
	for number, fate := range fates {
		w.returnCloses(t, returnID(number, 1))
		w.requireReturned(t, number, 3990, map[string]int{lineID(number, 1): 1})
		require.Len(t, w.inShop(t, number).Returns, 1, "order %d", number)
		losses := 1
		if fate == "restock" {
			losses = 0
		}
		w.requireCredited(t, number, 1, 3990, losses, 0)
		require.Equal(t, int64(495), w.inShop(t, number).Captured, "what was captured less what went back is the carriage")
	}
	require.Equal(t, physical, w.physical(shirt), "no return raises the shop's stock")
}
