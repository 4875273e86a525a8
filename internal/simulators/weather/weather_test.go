package weather_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/simulators/weather"
)

// system is a simulator that only counts what it was asked to do.
type system struct {
	server  *httptest.Server
	weather *weather.Weather
	commits atomic.Int32
}

func open(t *testing.T, profile string) *system {
	t.Helper()
	w, err := weather.New(profile, 7)
	require.NoError(t, err)
	s := &system{weather: w}
	mux := http.NewServeMux()
	mux.Handle("/_sim/weather", w)
	mux.Handle("/", w.Wrap(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.commits.Add(1)
		fmt.Fprintf(out, "done %s", body)
	})))
	s.server = httptest.NewServer(mux)
	t.Cleanup(func() { s.server.Close(); w.Wait() })
	return s
}

func (s *system) post(t *testing.T, path, body string) (status int, text, retryAfter string, err error) {
	t.Helper()
	client := &http.Client{Timeout: 10 * time.Second}
	response, err := client.Post(s.server.URL+path, "application/json", strings.NewReader(body))
	if err != nil {
		return 0, "", "", err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return response.StatusCode, string(content), response.Header.Get("Retry-After"), err
}

func TestScriptedFaults(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault      string
		status     int // 0 = no answer
		committed  int32
		retryAfter string
	}{
		"cut before commit does nothing":    {fault: `{"match":"createShipment","kind":"cut-before-commit"}`},
		"cut after commit does the work":    {fault: `{"match":"createShipment","kind":"cut-after-commit"}`, committed: 1},
		"429 says when to come back":        {fault: `{"match":"createShipment","kind":"status-429","retryAfter":"1790000000"}`, status: 429, retryAfter: "1790000000"},
		"429 has a Retry-After of its own":  {fault: `{"match":"createShipment","kind":"status-429"}`, status: 429, retryAfter: "1"},
		"500 does nothing":                  {fault: `{"match":"createShipment","kind":"status-500"}`, status: 500},
		"502 does nothing":                  {fault: `{"match":"createShipment","kind":"status-502"}`, status: 502},
		"503 does nothing":                  {fault: `{"match":"createShipment","kind":"status-503"}`, status: 503},
		"403 does nothing":                  {fault: `{"match":"createShipment","kind":"status-403"}`, status: 403},
		"garbage is a success that is none": {fault: `{"match":"createShipment","kind":"garbage"}`, status: 200},
		"a slow answer comes":               {fault: `{"match":"createShipment","kind":"slow","delayMs":5}`, status: 200, committed: 1},
		"another request is left alone":     {fault: `{"match":"completeShipment","kind":"status-500"}`, status: 200, committed: 1},
		"a path matches with its method":    {fault: `{"match":"POST /graphql","kind":"status-500"}`, status: 500},
		"after lets the first of them pass": {fault: `{"match":"createShipment","kind":"status-500","after":1}`, status: 200, committed: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, "calm")
			s.weather.SetLeak("Ottilie Vandersloot")
			status, _, _, err := s.post(t, "/_sim/weather", `{"faults":[`+tt.fault+`]}`)
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, status)

			status, text, retryAfter, err := s.post(t, "/graphql", `{"query":"mutation { createShipment }"}`)
			require.Equal(t, tt.status == 0, err != nil)
			require.Equal(t, tt.status, status)
			require.Equal(t, tt.retryAfter, retryAfter)
			require.Equal(t, tt.committed, s.commits.Load())
			if err == nil && tt.committed == 0 {
				require.Contains(t, text, "Ottilie Vandersloot", "error pages echo the planted string")
			}
		})
	}
}

func TestAFaultHappensAsOftenAsItSays(t *testing.T) {
	t.Parallel()
	s := open(t, "calm")
	require.NoError(t, s.weather.Script(weather.Fault{Match: "x", Kind: weather.Status500, Times: 2}, weather.Fault{Match: "x", Kind: weather.Status502}))
	var got []int
	for range 4 {
		status, _, _, err := s.post(t, "/", "x")
		require.NoError(t, err)
		got = append(got, status)
	}
	require.Equal(t, []int{500, 500, 502, 200}, got)
	require.Equal(t, 3, s.weather.Stats().Scripted)
}

func TestALateCommitRunsAfterTheConnectionIsGone(t *testing.T) {
	t.Parallel()
	s := open(t, "calm")
	require.NoError(t, s.weather.Script(weather.Fault{Kind: weather.LateCommit, DelayMs: 300}))
	_, _, _, err := s.post(t, "/", "x")
	require.Error(t, err)
	require.Zero(t, s.commits.Load(), "nothing is done yet when the caller looks")
	s.weather.Wait()
	require.EqualValues(t, 1, s.commits.Load())
}

func TestAnOutageEnds(t *testing.T) {
	t.Parallel()
	s := open(t, "calm")
	_, _, _, err := s.post(t, "/_sim/weather", `{"outageSeconds":0.4}`)
	require.NoError(t, err)
	status, _, _, err := s.post(t, "/", "x")
	require.True(t, err != nil || status == 503)
	require.Eventually(t, func() bool {
		status, _, _, err := s.post(t, "/", "x")
		return err == nil && status == 200
	}, 5*time.Second, 20*time.Millisecond)
	require.Positive(t, s.weather.Stats().Refused)
}

func TestStormLetsARetryingClientThrough(t *testing.T) {
	t.Parallel()
	w, err := weather.New("storm", 11)
	require.NoError(t, err)
	handler := w.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	call := func(body string) (passed bool) {
		defer func() {
			if recover() != nil {
				passed = false
			}
		}()
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)))
		return answer.Code == 200 && answer.Body.Len() == 0
	}
	results := make(chan int, 200)
	for i := range 200 {
		go func() {
			tries := 1
			for !call(fmt.Sprint("order ", i)) {
				tries++
			}
			results <- tries
		}()
	}
	most := 0
	for range 200 {
		most = max(most, <-results)
	}
	w.Wait()
	require.LessOrEqual(t, most, 4, "three disturbed answers, then one that is left alone")
	require.Greater(t, most, 1, "a storm disturbs")
}

func TestWebhooksByProfile(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ lost, repeated, late bool }{
		"calm":  {},
		"storm": {lost: true, repeated: true, late: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, err := weather.New(name, 3)
			require.NoError(t, err)
			copies := map[int]int{}
			for range 1000 {
				copies[w.Delivery().Copies]++
			}
			stats := w.Stats()
			require.Equal(t, 1000, stats.Webhooks)
			require.Equal(t, copies[0], stats.WebhooksLost)
			require.Equal(t, copies[2]+copies[5], stats.WebhooksRepeated)
			require.Equal(t, tt.lost, stats.WebhooksLost > 0)
			require.Equal(t, tt.repeated, copies[5] > 0)
			require.Equal(t, tt.late, stats.WebhooksLate > 0)
		})
	}
}

func TestTheSameSeedDrawsTheSameWeather(t *testing.T) {
	t.Parallel()
	draw := func() (all []weather.Delivery) {
		w, err := weather.New("storm", 42)
		require.NoError(t, err)
		for range 50 {
			all = append(all, w.Delivery())
		}
		return all
	}
	require.Equal(t, draw(), draw())
}

func TestControlRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	s := open(t, "calm")
	for name, body := range map[string]string{
		"unknown profile": `{"profile":"hurricane"}`,
		"unknown field":   `{"wind":3}`,
		"unknown kind":    `{"profile":"storm","faults":[{"match":"x","kind":"explode"}]}`,
		"negative outage": `{"outageSeconds":-1}`,
		"negative clock":  `{"profile":"storm","wrongClockSeconds":-1}`,
	} {
		status, text, _, err := s.post(t, "/_sim/weather", body)
		require.NoError(t, err, name)
		require.Equal(t, http.StatusBadRequest, status, "%s: %s", name, text)
		require.Equal(t, "calm", s.weather.Profile(), "%s: nothing is changed by a refused request", name)
	}
}

func TestAWrongClockIsWrongForEveryDeliveryUntilItIsPutRight(t *testing.T) {
	t.Parallel()
	s := open(t, "calm")
	require.False(t, s.weather.Delivery().WrongTimestamp)
	status, _, _, err := s.post(t, "/_sim/weather", `{"wrongClockSeconds":600}`)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)
	for range 20 {
		require.True(t, s.weather.Delivery().WrongTimestamp)
	}
	require.True(t, s.weather.ClockIsWrong())
	require.Equal(t, 20, s.weather.Stats().WebhooksWrongClock)
	require.NoError(t, s.weather.Set("calm"))
	require.False(t, s.weather.Delivery().WrongTimestamp)
	require.False(t, s.weather.ClockIsWrong())
}
