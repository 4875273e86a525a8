package assembly

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The setting is the process's, so this test runs by itself.
func TestAWorkerCollectsByWhatItHoldsUnlessItIsTold(t *testing.T) { //nolint:paralleltest // it changes the process
	before := debug.SetGCPercent(75)
	defer debug.SetGCPercent(before)
	TuneMemory()
	require.Equal(t, 75, debug.SetGCPercent(100), "GOGC=75 is kept")

	TuneMemory()
	percent := func() int {
		now := []metrics.Sample{{Name: "/gc/gogc:percent"}}
		metrics.Read(now)
		return int(now[0].Value.Uint64())
	}
	require.Equal(t, 800, percent(), "32 MB before the first collection")
	held := make([]*[1 << 10]byte, 200<<10) // 200 MB in use
	for i := range held {
		held[i] = new([1 << 10]byte)
	}
	about := func() bool { // what is within a tenth is left as it is
		runtime.GC()
		return percent() >= collectAt && percent()*9 <= collectAt*10
	}
	require.Eventually(t, about, time.Minute, 20*time.Millisecond)
	runtime.KeepAlive(held)
	held = nil
	require.Eventually(t, func() bool { runtime.GC(); return percent() > 2*collectAt }, time.Minute, 20*time.Millisecond, "less is held again")
}

func TestHowMuchGarbageLiesBesideWhatIsInUse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		used uint64
		want int
	}{{0, 800}, {1 << 20, 800}, {16 << 20, 200}, {32 << 20, 100}, {80 << 20, 40}, {1 << 40, 40}} {
		require.Equal(t, tt.want, percentFor(tt.used), tt.used)
	}
}
