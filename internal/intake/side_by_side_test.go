package intake

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAFewAreWokenAtOnceAndAFailureHindersNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var under, most, done atomic.Int64
		away := errors.New("away")
		start := time.Now()
		err := sideBySide(make([]int, 3*wokenAtOnce), func(int) error {
			if n := under.Add(1); n > most.Load() {
				most.Store(n)
			}
			<-time.After(time.Second)
			under.Add(-1)
			if done.Add(1) == 1 {
				return away
			}
			return nil
		})
		require.ErrorIs(t, err, away)
		require.EqualValues(t, 3*wokenAtOnce, done.Load())
		require.EqualValues(t, wokenAtOnce, most.Load())
		require.Equal(t, 3*time.Second, time.Since(start))
	})
	require.NoError(t, sideBySide(nil, func(int) error { return errors.New("nobody is there") }))
}
