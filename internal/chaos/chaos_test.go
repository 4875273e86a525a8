package main

import (
	"bufio"
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

	"selvedge/internal/demo"
	"selvedge/internal/domain"
	"selvedge/internal/sampleday"
)

func TestTheSameSeedDoesTheSameAtTheSameTime(t *testing.T) {
	t.Parallel()
	const storm, bound = 160 * time.Second, 240 * time.Second
	require.Equal(t, draw(7, storm, bound), draw(7, storm, bound))
	require.NotEqual(t, draw(7, storm, bound), draw(8, storm, bound))
}

func TestEveryDayDisturbsEverybodyAndEndsBeforeTheWeatherClears(t *testing.T) {
	t.Parallel()
	for _, bound := range []time.Duration{shortest, 10 * time.Minute, time.Hour} {
		storm := bound * 2 / 3
		for seed := range uint64(50) {
			count := map[string]int{}
			deeds := draw(seed, storm, bound)
			for _, d := range deeds {
				count[d.kind+" "+d.target]++
				require.GreaterOrEqual(t, d.at, first)
				require.Less(t, d.at+d.last, storm, "%s at %s", d, d.at)
			}
			require.True(t, slices.IsSortedFunc(deeds, func(a, b deed) int { return int(a.at - b.at) }))
			require.GreaterOrEqual(t, count[kill+" "+worker], 3)
			require.GreaterOrEqual(t, count[kill+" "+serve], 2)
			for _, once := range []string{kill + " " + postgresql, kill + " " + temporal, cut + " " + postgresql, cut + " " + temporal, away + " centra", away + " acs"} {
				require.GreaterOrEqual(t, count[once], 1, once)
			}
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

func TestDoorPassesWebhooksOnAndSomeOfThemThreeTimes(t *testing.T) {
	t.Parallel()
	var got atomic.Int64
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if string(body) == "event" && r.Header.Get("webhook-id") == "7" && r.URL.Path == "/webhooks/shop" {
			got.Add(1)
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(target.Close)
	d, err := openDoor(target.URL, 1)
	require.NoError(t, err)
	const sent = 60
	for range sent {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url+"/webhooks/shop", strings.NewReader("event"))
		require.NoError(t, err)
		request.Header.Set("webhook-id", "7")
		answer, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, http.StatusNoContent, answer.StatusCode)
	}
	repeated := d.close()
	require.Positive(t, repeated)
	require.EqualValues(t, sent+2*repeated, got.Load())
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

func TestACancelledOrderMayEndCancelledLateOrAsAQuestion(t *testing.T) {
	t.Parallel()
	var plan []sampleday.PlannedOrder
	for n := range 4 {
		end := domain.Closed
		if n%2 == 0 {
			end = domain.WaitingForShop
		}
		plan = append(plan, sampleday.PlannedOrder{Store: "atelier", Number: strconv.Itoa(n), PlannedEnd: string(end)})
	}
	plan = append(plan, sampleday.PlannedOrder{Store: "atelier", Number: "9", Planned: "short-pick", PlannedEnd: "needs-attention"})
	v := chooseVictims(3, plan)
	require.Len(t, v.left, 4, "orders with a planned fault are left alone")
	require.Equal(t, v.left, chooseVictims(3, plan).left)

	one := domain.OrderID{Store: "atelier", Number: "1"}
	require.Equal(t, []domain.OrderID{one}, v.take(map[domain.OrderID]bool{one: true}, 2), "only open orders are taken")
	require.Empty(t, v.take(map[domain.OrderID]bool{one: true}, 2), "and each once")
	at := func(number, planned, state string, causes ...string) demo.Standing {
		return v.replan(demo.Standing{Store: "atelier", Number: number, PlannedEnd: planned, State: state, Causes: causes})
	}
	require.True(t, at("1", "closed", "cancelled").AsPlanned())
	require.True(t, at("1", "closed", "closed").AsPlanned())
	require.True(t, at("1", "closed", "needs-attention", "cancelled-too-late:EC:1").AsPlanned())
	require.False(t, at("1", "closed", "submitted").AsPlanned())
	require.False(t, at("1", "waiting-for-shop", "closed").AsPlanned(), "an order that the shop holds back cannot have shipped")
	require.False(t, at("3", "closed", "cancelled").AsPlanned(), "nobody cancelled this one")
}
