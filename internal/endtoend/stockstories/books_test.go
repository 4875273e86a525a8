package stockstories_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
	acssim "selvedge/internal/simulators/acs"
)

// A warehouse's webhooks and feed are silent: what it took off its books is read by the
// stock pass, and becomes the one document that the feed would have made.
func TestALossThatNoEventToldIsFoundByThePass(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	sku := w.item(t, 10, 0)
	lost := func() (keys []domain.DocumentKey) {
		all, err := w.store.Documents(t.Context(), ports.DocumentFilter{Kind: domain.DocWriteOff}, 100)
		require.NoError(t, err)
		for _, r := range all {
			keys = append(keys, r.Document.Key)
		}
		return keys
	}
	require.NoError(t, w.pass(true))
	require.Empty(t, lost())
	require.NoError(t, w.act(acssim.Action{Action: "adjust", SKU: sku, Quantity: -2, Reason: "ber_write_off", UnitCost: "12.50", Currency: "GBP"}))
	require.NoError(t, w.act(acssim.Action{Action: "adjust", SKU: sku, Quantity: -1, Reason: "count_correction"}))
	require.NoError(t, w.act(acssim.Action{Action: "adjust", SKU: sku, Quantity: 1, Reason: "found"}))
	for range 3 {
		require.NoError(t, w.pass(false))
		require.Len(t, lost(), 2)
	}
	told, next, err := w.keeps.Adjustments(t.Context(), w.clock.Now().Add(-1e12), "")
	require.NoError(t, err)
	require.Empty(t, next)
	for _, a := range told {
		if !a.Loss() {
			continue
		}
		key, err := a.WriteOffKey(1)
		require.NoError(t, err)
		require.Contains(t, lost(), key)
	}
}
