package main

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMain is also the parked worker, as main is.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == parkedWorker {
		if err := runParkedWorker(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func TestAParkedOrderIsOneGoroutineAndWithinThePromise(t *testing.T) {
	t.Parallel()
	kinds, err := recorded("../../" + recordings)
	require.NoError(t, err)
	require.Len(t, kinds, 3)
	for _, r := range kinds {
		t.Run(r.what, func(t *testing.T) {
			t.Parallel()
			w, err := r.weigh(t.Context(), options{}, 200)
			require.NoError(t, err)
			require.InDelta(t, 1, w.goroutines, 0.1)
			require.Positive(t, w.heap)
			require.Less(t, w.live(), float64(kilobytesPromised))
		})
	}
}

func TestWhatIsForgottenIsReadBackOnceAndWaitsAgain(t *testing.T) {
	t.Parallel()
	kinds, err := recorded("../../" + recordings)
	require.NoError(t, err)
	for _, r := range kinds {
		t.Run(r.what, func(t *testing.T) {
			t.Parallel()
			p, err := r.start(t.Context(), 10, "")
			require.NoError(t, err)
			defer p.close()
			require.NoError(t, p.park(0, 39))
			require.NoError(t, p.park(39, 40)) // surely among those that are kept
			_, err = p.wake(39, 40)
			require.NoError(t, err)
			require.Zero(t, p.front.readBack(), "a run that is kept needs only what came since")
			_, err = p.wake(0, 3)
			require.NoError(t, err)
			require.Equal(t, 3, p.front.readBack())
		})
	}
}

func TestARecordingThatChangedIsRefused(t *testing.T) {
	t.Parallel()
	_, err := record("../../"+recordings, "one-parcel.json", recording{started: 21}, 25, 20)
	require.ErrorContains(t, err, "event 21 of 25 is WorkflowTaskScheduled")
	_, err = record("../../"+recordings, "one-parcel.json", recording{started: 22}, 25, 19)
	require.ErrorContains(t, err, "event 19 holds no look")
	_, err = recorded("nowhere")
	require.ErrorContains(t, err, "from the root of the repository")
}
