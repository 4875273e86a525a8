package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"selvedge/internal/demo"
	"selvedge/internal/domain"
	"selvedge/internal/sampleday"
)

func TestTheSameSeedDoesTheSameAtTheSameTime(t *testing.T) {
	t.Parallel()
	const storm = 160 * time.Second
	require.Equal(t, draw(7, storm), draw(7, storm))
	require.NotEqual(t, draw(7, storm), draw(8, storm))
}

func TestEveryDayDisturbsEverybodyAndEndsBeforeTheWeatherClears(t *testing.T) {
	t.Parallel()
	for _, bound := range []time.Duration{shortest, 10 * time.Minute, time.Hour} {
		storm := stormOf(bound)
		for seed := range uint64(50) {
			count := map[string]int{}
			deeds := draw(seed, storm)
			for _, d := range deeds {
				count[d.kind+" "+d.target]++
				require.GreaterOrEqual(t, d.at, first)
				require.Less(t, d.at+d.last, storm, "%s at %s", d, d.at)
			}
			require.True(t, slices.IsSortedFunc(deeds, func(a, b deed) int { return int(a.at - b.at) }))
			require.GreaterOrEqual(t, count[kill+" "+worker], 3)
			require.GreaterOrEqual(t, count[kill+" "+serve], 2)
			for _, server := range []string{postgresql, temporal} {
				for _, kind := range []string{kill, cut, cutBefore, cutAfter} {
					require.GreaterOrEqual(t, count[kind+" "+server], 1, kind+" "+server)
				}
			}
			for _, system := range []string{shop, warehouse} {
				require.GreaterOrEqual(t, count[away+" "+system], 1)
				require.GreaterOrEqual(t, count[clock+" "+system], 1)
			}
			for _, button := range []string{cancel, terminate, reset} {
				require.GreaterOrEqual(t, count[button+" "+temporal], 1, button)
			}
			require.GreaterOrEqual(t, count[goods+" "+warehouse], 3)
		}
	}
}

func TestBadSettingsAreToldAllAtOnce(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	set := map[string]string{"CHAOS_ORDERS": "many", "CHAOS_MINUTES": "0", "CHAOS_BIN": bin}
	_, err := fromEnvironment(func(name string) string { return set[name] })
	for _, want := range []string{`CHAOS_ORDERS is "many"`, `CHAOS_MINUTES is "0"`, "no worker in " + bin, "make build"} {
		require.ErrorContains(t, err, want)
	}
	for _, name := range []string{"worker", "starter"} {
		require.NoError(t, os.WriteFile(filepath.Join(bin, name), nil, 0o600))
	}
	o, err := fromEnvironment(func(name string) string { return map[string]string{"CHAOS_BIN": bin}[name] })
	require.NoError(t, err)
	require.Equal(t, options{orders: 150, seed: 1, bound: 4 * time.Minute, bin: bin}, o)
}

// echo answers every line with itself.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(c, c) }()
		}
	}()
	return l.Addr().String()
}

func dial(t *testing.T, address string) (net.Conn, *bufio.Reader) {
	t.Helper()
	c, err := net.Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(10*time.Second)))
	return c, bufio.NewReader(c)
}

func TestProxyPassesCutsAndPassesAgain(t *testing.T) {
	t.Parallel()
	p, err := newProxy(echo(t))
	require.NoError(t, err)
	t.Cleanup(p.close)
	say := func(c net.Conn, r *bufio.Reader) error {
		if _, err := fmt.Fprintln(c, "hello"); err != nil {
			return err
		}
		_, err := r.ReadString('\n')
		return err
	}
	first, answers := dial(t, p.address())
	require.NoError(t, say(first, answers))
	require.Equal(t, 1, p.cut())
	require.Error(t, say(first, answers), "what was cut stays cut")
	second, answers := dial(t, p.address())
	require.NoError(t, say(second, answers))

	p.close()
	_, err = net.Dial("tcp", p.address())
	require.Error(t, err)
}

func TestProxyEndsAConnectionThatNobodyTakes(t *testing.T) {
	t.Parallel()
	nobody, err := freeAddress()
	require.NoError(t, err)
	p, err := newProxy(nobody)
	require.NoError(t, err)
	t.Cleanup(p.close)
	_, answers := dial(t, p.address())
	_, err = answers.ReadByte()
	require.Error(t, err)
}

func TestProxyLosesRequestsOrAnswersBeforeItCuts(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		lost    way
		arrives bool
	}{
		"before commit the server hears nothing": {requests, false},
		"after commit only the answer is lost":   {answers, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			t.Cleanup(func() { _ = l.Close() })
			heard := make(chan string, 10)
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					go func() {
						for r := bufio.NewReader(c); ; {
							text, err := r.ReadString('\n')
							if err != nil {
								heard <- "end"
								return
							}
							heard <- text
							fmt.Fprintln(c, "committed")
						}
					}()
				}
			}()
			p, err := newProxy(l.Addr().String())
			require.NoError(t, err)
			t.Cleanup(p.close)
			c, lines := dial(t, p.address())
			fmt.Fprintln(c, "first")
			_, err = lines.ReadString('\n')
			require.NoError(t, err)
			require.Equal(t, "first\n", <-heard)

			p.lose(tt.lost)
			fmt.Fprintln(c, "commit")
			require.Equal(t, 1, p.cutLosing(tt.lost))
			_, err = lines.ReadString('\n')
			require.Error(t, err, "no answer comes")
			if tt.arrives {
				require.Equal(t, "commit\n", <-heard)
			}
			require.Equal(t, "end", <-heard)
			again, lines := dial(t, p.address())
			fmt.Fprintln(again, "later")
			_, err = lines.ReadString('\n')
			require.NoError(t, err, "who comes back is let through")
		})
	}
}

func TestDoorPassesWebhooksOnAndSomeOfThemFiveTimes(t *testing.T) {
	t.Parallel()
	var got atomic.Int64
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("webhook-timestamp") == "old" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if string(body) == "event" && r.Header.Get("webhook-id") == "7" && r.URL.Path == "/webhooks/shop" {
			got.Add(1)
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(target.Close)
	d, err := openDoor(target.URL, 1)
	require.NoError(t, err)
	send := func(timestamp string) int {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url+"/webhooks/shop", strings.NewReader("event"))
		require.NoError(t, err)
		request.Header.Set("webhook-id", "7")
		request.Header.Set("webhook-timestamp", timestamp)
		answer, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		return answer.StatusCode
	}
	const sent = 60
	for range sent {
		require.Equal(t, http.StatusNoContent, send("now"))
	}
	repeated := d.counts().repeated
	require.Positive(t, repeated)
	require.Equal(t, http.StatusUnauthorized, send("old"))
	d.close()
	require.EqualValues(t, sent+4*repeated, got.Load())
	require.Equal(t, sent, d.counts().taken)
	require.Equal(t, 1, d.counts().refused)
}

func TestAKilledProcessComesBackUntilItIsStopped(t *testing.T) {
	t.Parallel()
	p, err := startProcess("sleeper", "/bin/sleep", []string{"600"}, nil, t.TempDir())
	require.NoError(t, err)
	before := p.kill()
	require.Eventually(t, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.command.Process.Pid != before
	}, 10*time.Second, 10*time.Millisecond)
	require.Zero(t, p.endedAlone())
	p.stop()
	require.NotNil(t, p.command.ProcessState)
}

func TestEveryButtonIsPressedOnOrdersOfItsOwn(t *testing.T) {
	t.Parallel()
	var plan []sampleday.PlannedOrder
	open := map[domain.OrderID]bool{}
	for n := range 30 {
		p := sampleday.PlannedOrder{Store: "atelier", Number: strconv.Itoa(n), PlannedEnd: string(domain.Closed)}
		switch n % 5 {
		case 1:
			p.PlannedEnd = string(domain.WaitingForShop)
		case 2:
			p.Planned, p.PlannedEnd = "short-pick", string(domain.NeedsAttention)
		}
		plan = append(plan, p)
		open[domain.OrderID{Store: "atelier", Number: p.Number}] = n != 3
	}
	v := chooseVictims(3, plan)
	require.Equal(t, v.toCancel, chooseVictims(3, plan).toCancel)
	require.Equal(t, v.toOthers, chooseVictims(3, plan).toOthers)
	for _, id := range v.toCancel {
		require.NotContains(t, v.toOthers, id)
	}
	isOpen := func(id domain.OrderID) (bool, error) { return open[id], nil }
	cancelled, err := v.takeToCancel(3, isOpen)
	require.NoError(t, err)
	require.Len(t, cancelled, 3)
	others := len(v.toOthers)
	terminated, err := v.take(&v.toOthers, 100, isOpen)
	require.NoError(t, err)
	require.Len(t, terminated, others-1)
	require.NotContains(t, terminated, domain.OrderID{Store: "atelier", Number: "3"}, "only open orders are taken")
	again, err := v.take(&v.toOthers, 1, isOpen)
	require.NoError(t, err)
	require.Empty(t, again, "and each once")
	require.Equal(t, []domain.OrderID{{Store: "atelier", Number: "3"}}, v.toOthers, "what was not open may be later")
	_, err = v.take(&v.toOthers, 1, func(domain.OrderID) (bool, error) { return false, context.Canceled })
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, v.toOthers, 1, "one that could not be looked at is kept")
	for _, p := range plan {
		id := domain.OrderID{Store: p.Store, Number: p.Number}
		marked := v.mark(demo.Standing{Store: p.Store, Number: p.Number})
		require.Equal(t, slices.Contains(cancelled, id), marked.Withdrawn, "the judge hears of cancellations and of nothing else")
		if p.Planned != "" {
			require.NotContains(t, cancelled, id, "an order with a planned fault is not called back")
		}
	}
}

func TestACallAtABusyServerIsMadeAgain(t *testing.T) {
	t.Parallel()
	for _, late := range []error{context.DeadlineExceeded, fmt.Errorf("list: %w", serviceerror.NewDeadlineExceeded("late"))} {
		calls := 0
		require.NoError(t, patiently(t.Context(), func() error {
			if calls++; calls == 1 {
				return late
			}
			return nil
		}))
		require.Equal(t, 2, calls)
	}
	over := serviceerror.NewNotFound("over")
	require.Same(t, over, patiently(t.Context(), func() error { return over }), "only lateness is waited out")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, patiently(cancelled, func() error { return context.DeadlineExceeded }), context.DeadlineExceeded)
}

func TestTheFloorTouchesNothingTwiceAndLeavesPlannedFaultsAlone(t *testing.T) {
	t.Parallel()
	var state []floorAccount
	require.NoError(t, json.Unmarshal([]byte(`[{"account":"EC","orders":[
		{"number":"1","state":"shipped","references":{"order":"atelier/1"},"lines":[{"lineId":"11","sku":"A","shipped":0},{"lineId":"12","sku":"B","shipped":2}]},
		{"number":"2","state":"picking","references":{"order":"atelier/2"},"lines":[{"lineId":"21","sku":"A","shipped":1}]},
		{"number":"3","state":"shipped","references":{"order":"atelier/3"},"lines":[{"lineId":"31","sku":"A","shipped":1}]},
		{"number":"4","state":"shipped","references":{},"lines":[{"lineId":"41","sku":"A","shipped":1}]}],
		"inventory":[{"sku":"A","available":18},{"sku":"B","available":17}]}]`), &state))
	f := newFloorHand(1, []sampleday.PlannedOrder{{Store: "atelier", Number: "1"}, {Store: "atelier", Number: "3", Planned: "over-shipment"}})
	back := f.returns(state, 5)
	require.Len(t, back, 1)
	require.Equal(t, "1", back[0].Order)
	require.Empty(t, back[0].Reason)
	require.Equal(t, "12", back[0].Return["units"].([]any)[0].(map[string]any)["lineId"])
	require.Empty(t, f.returns(state, 5))
	moved := f.moves(state, 5)
	require.Len(t, moved, 1)
	require.Equal(t, "A", moved[0].SKU)
	require.LessOrEqual(t, max(moved[0].Quantity, -moved[0].Quantity), most)
	require.Empty(t, f.moves(state, 5))
}

func TestALongDayHasTimeForItsOrders(t *testing.T) {
	t.Parallel()
	require.Equal(t, shortest, boundOf(150))
	require.Equal(t, 25*time.Minute, boundOf(3000))
	require.Equal(t, 79*time.Minute, boundOf(10_000))
	require.Equal(t, 90*time.Second, stormOf(shortest))
	require.Equal(t, 30*time.Minute, stormOf(time.Hour))
}
