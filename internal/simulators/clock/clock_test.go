package clock_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/simulators/clock"
)

func TestAdvancePushesTheTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := clock.New()
		start := time.Now()
		require.Equal(t, start, c.Now())
		c.Advance(time.Hour)
		c.Advance(-time.Minute)
		require.Equal(t, start.Add(time.Hour), c.Now(), "a negative push is ignored")
	})
}

func TestAfterFuncFollowsTheSimulatedTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := clock.New()
		var pushed, waited, stopped atomic.Int32
		c.AfterFunc(time.Hour, func() { pushed.Add(1) })
		c.AfterFunc(3*time.Hour, func() { waited.Add(1) })
		stop := c.AfterFunc(time.Hour, func() { stopped.Add(1) })
		require.True(t, stop())
		require.False(t, stop(), "a second stop has nothing to stop")

		c.Advance(time.Hour)
		synctest.Wait()
		require.EqualValues(t, 1, pushed.Load())
		require.EqualValues(t, 0, waited.Load())

		time.Sleep(2*time.Hour + time.Second) // the bubble's time, not the machine's
		synctest.Wait()
		require.EqualValues(t, 1, pushed.Load())
		require.EqualValues(t, 1, waited.Load())
		require.EqualValues(t, 0, stopped.Load())
	})
}

func TestAdvanceOverHTTP(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		method, body string
		status       int
		moved        time.Duration
	}{
		"seconds move the clock":      {method: http.MethodPost, body: `{"seconds": 90}`, status: 200, moved: 90 * time.Second},
		"a fraction counts":           {method: http.MethodPost, body: `{"seconds": 0.5}`, status: 200, moved: 500 * time.Millisecond},
		"going back is refused":       {method: http.MethodPost, body: `{"seconds": -1}`, status: 400},
		"an unknown field is refused": {method: http.MethodPost, body: `{"minutes": 1}`, status: 400},
		"too far is refused":          {method: http.MethodPost, body: `{"seconds": 1e18}`, status: 400},
		"GET is refused":              {method: http.MethodGet, status: 405},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := clock.New()
			answer := httptest.NewRecorder()
			before := time.Now()
			c.ServeHTTP(answer, httptest.NewRequest(tt.method, "/_sim/advance", strings.NewReader(tt.body)))
			require.Equal(t, tt.status, answer.Code, answer.Body)
			require.InDelta(t, tt.moved.Seconds(), c.Now().Sub(before).Seconds(), 0.4)
		})
	}
}
