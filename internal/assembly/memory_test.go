package assembly

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

// The setting is the process's, so this test runs by itself.
func TestAWorkerCollectsSoonerUnlessItIsTold(t *testing.T) { //nolint:paralleltest // it changes the process
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	TuneMemory()
	require.Equal(t, collectAt, debug.SetGCPercent(75))
	TuneMemory()
	require.Equal(t, 75, debug.SetGCPercent(75), "GOGC=75 is kept")
}
