package activities_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"selvedge/activities"
	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// book is the store, the shop's list and Temporal of a count.
type book struct {
	ready    []ports.CountedOrder
	pageSize int
	tallies  map[domain.OrderID]ports.OrderTally
	runs     map[domain.OrderID]ports.OrderRun
	hidden   []domain.OrderID // run, and visibility does not know yet
	open     []domain.OrderID
	upTo     time.Time // where the last window ended; zero before the first
	since    time.Time
	cursors  map[string]string
	gaps     []ports.ExceptionRecord
	saved    []ports.Certificate
	calls    []string

	take func(number string) error
	look func(domain.OrderID)
	save func() error
}

func newBook() *book {
	return &book{pageSize: 200, tallies: map[domain.OrderID]ports.OrderTally{}, runs: map[domain.OrderID]ports.OrderRun{}, upTo: noon.Add(-24 * time.Hour), cursors: map[string]string{}}
}

const grace = time.Minute

func (l *book) count(t *testing.T) (contract.CompletenessResult, error) {
	t.Helper()
	return l.activity(t, func(c *activities.Completeness) any { return c.CountReadyOrders })
}

func (l *book) activity(t *testing.T, which func(*activities.Completeness) any) (contract.CompletenessResult, error) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	c := &activities.Completeness{Shop: l, Store: l, Orders: l, Clock: func() time.Time { return noon }, Grace: grace, Since: l.since}
	env.RegisterActivity(c)
	var result contract.CompletenessResult
	value, err := env.ExecuteActivity(which(c), contract.CompletenessInput{Store: "atelier"})
	if err == nil {
		require.NoError(t, value.Get(&result))
	}
	return result, err
}

func named(number string) domain.OrderID { return domain.OrderID{Store: "atelier", Number: number} }

// hold puts an order into the shop, and what we know of it.
func (l *book) hold(number string, known *ports.OrderTally, run ports.OrderRun) {
	id := named(number)
	l.ready = append(l.ready, ports.CountedOrder{ID: id, Status: domain.ShopConfirmed, UpdatedAt: noon.Add(-time.Hour + time.Duration(len(l.ready))*time.Second), Units: 2})
	if known != nil {
		known.ID, known.Known = id, true
		if known.Content.Status == "" {
			known.Content = domain.Order{ID: id, Status: domain.ShopConfirmed}
		}
		l.tallies[id] = *known
	}
	l.runs[id] = run
}

func (l *book) CountOrders(_ context.Context, _ string, from, to time.Time, cursor string) ([]ports.CountedOrder, string, error) {
	var inside []ports.CountedOrder
	for _, o := range l.ready {
		if !o.UpdatedAt.Before(from) && !o.UpdatedAt.After(to) {
			inside = append(inside, o)
		}
	}
	first := 0
	_, _ = fmt.Sscan(cursor, &first)
	if len(inside) <= first+l.pageSize {
		return inside[first:], "", nil
	}
	return inside[first : first+l.pageSize], fmt.Sprint(first + l.pageSize), nil
}

func (l *book) Tally(_ context.Context, ids []domain.OrderID) (out []ports.OrderTally, _ error) {
	for _, id := range ids {
		tally := l.tallies[id]
		tally.ID = id
		out = append(out, tally)
	}
	return out, nil
}

func (l *book) OpenOrdersOf(_ context.Context, _, after string, _ time.Time, limit int) (out []domain.OrderID, _ error) {
	for _, id := range l.open {
		if id.Number > after && len(out) < limit {
			out = append(out, id)
		}
	}
	return out, nil
}

func (l *book) SaveCertificate(_ context.Context, c ports.Certificate) error {
	if l.save != nil {
		if err := l.save(); err != nil {
			return err
		}
	}
	l.saved = append(l.saved, c)
	return nil
}

func (l *book) CountedUpTo(context.Context, string) (time.Time, error) {
	if len(l.saved) == 0 {
		return l.upTo, nil
	}
	return l.saved[len(l.saved)-1].To, nil
}

func (l *book) OpenGaps(context.Context, string, int) (out []ports.Gap, _ error) {
	for _, g := range l.gaps {
		out = append(out, ports.Gap{Order: named(g.Subject)})
	}
	return out, nil
}

func (l *book) OpenSystemException(_ context.Context, e ports.ExceptionRecord) error {
	l.calls = append(l.calls, "open "+e.Cause)
	if !slices.ContainsFunc(l.gaps, func(g ports.ExceptionRecord) bool { return g.Cause == e.Cause }) {
		l.gaps = append(l.gaps, e)
	}
	return nil
}

func (l *book) ResolveSystemException(_ context.Context, _, cause, _ string, _ time.Time) error {
	l.calls = append(l.calls, "resolve "+cause)
	l.gaps = slices.DeleteFunc(l.gaps, func(g ports.ExceptionRecord) bool { return g.Cause == cause })
	return nil
}

func (l *book) Cursor(_ context.Context, name string) (string, error) { return l.cursors[name], nil }

func (l *book) SaveCursor(_ context.Context, name, value string, _ time.Time) error {
	l.cursors[name] = value
	return nil
}

func (l *book) TakeMissed(_ context.Context, _ string, numbers []string) error {
	l.calls = append(l.calls, "take "+strings.Join(numbers, " "))
	if l.take != nil {
		return l.take(numbers[0])
	}
	return nil
}

func (l *book) Restart(_ context.Context, id domain.OrderID) error {
	l.calls = append(l.calls, "restart "+id.Number)
	l.runs[id] = ports.OrderRun{Running: true}
	return nil
}

func (l *book) Running(_ context.Context, ids []domain.OrderID) (map[domain.OrderID]bool, error) {
	running := map[domain.OrderID]bool{}
	for _, id := range ids {
		running[id] = l.runs[id].Running && !slices.Contains(l.hidden, id)
	}
	return running, nil
}

func (l *book) Look(_ context.Context, id domain.OrderID) (ports.OrderRun, error) {
	if l.look != nil {
		l.look(id)
	}
	return l.runs[id], nil
}

var running = ports.OrderRun{Running: true, Status: "running", State: domain.Validated}

func TestEveryReadyOrderHasExactlyOneStanding(t *testing.T) {
	t.Parallel()
	terminated := ports.OrderRun{Status: "terminated"}
	for name, tt := range map[string]struct {
		known *ports.OrderTally
		run   ports.OrderRun
		want  ports.Counted
		calls []string
	}{
		"a warehouse took it": {known: &ports.OrderTally{Submitted: true}, want: ports.Counted{Standing: ports.StandInWarehouse}},
		"it waits with its causes": {
			known: &ports.OrderTally{Submitted: true, Causes: []string{"capture-failed", "late-reject"}},
			want:  ports.Counted{Standing: ports.StandWaiting, Reason: "capture-failed, late-reject"},
		},
		"it ended": {
			known: &ports.OrderTally{ClosedAt: noon, ClosedState: domain.Cancelled, ClosedCause: "shop"}, run: ports.OrderRun{Status: "completed"},
			want: ports.Counted{Standing: ports.StandEnded, Reason: "cancelled: shop"},
		},
		"it cannot be read":        {known: &ports.OrderTally{Refused: "currency ZZZ"}, want: ports.Counted{Standing: ports.StandRefused, Reason: "currency ZZZ"}},
		"it is on its way":         {known: &ports.OrderTally{}, run: running, want: ports.Counted{Standing: ports.StandWaiting, Reason: "in progress: validated"}},
		"it waits for stock":       {known: &ports.OrderTally{Content: domain.Order{Status: domain.ShopConfirmed, WaitingForStock: true}}, run: running, want: ports.Counted{Standing: ports.StandWaiting, Reason: "unconfirmed-allocation"}},
		"it waits for a system":    {known: &ports.OrderTally{}, run: ports.OrderRun{Running: true, State: domain.Delayed, Causes: []string{"unavailable:acs"}}, want: ports.Counted{Standing: ports.StandWaiting, Reason: "unavailable:acs"}},
		"it was taken in just now": {known: &ports.OrderTally{TakenAt: noon.Add(-time.Second)}, want: ports.Counted{Standing: ports.StandWaiting, Reason: "in progress"}},
		"nobody ever took it in": {
			want: ports.Counted{Standing: ports.StandGap, Reason: "2 units never taken in"}, calls: []string{"open gap:atelier/7", "take 7"},
		},
		"its release was missed": {
			known: &ports.OrderTally{Content: domain.Order{Status: domain.ShopConfirmed, OnHold: true, UpdatedAt: noon.Add(-2 * time.Hour)}}, run: running,
			want: ports.Counted{Standing: ports.StandGap, Reason: "ready in the shop, but taken in as on-hold"}, calls: []string{"open gap:atelier/7", "take 7"},
		},
		"its hold is newer than the count": {
			known: &ports.OrderTally{Content: domain.Order{Status: domain.ShopConfirmed, OnHold: true, UpdatedAt: noon}}, run: running,
			want: ports.Counted{Standing: ports.StandWaiting, Reason: "on-hold"},
		},
		"its workflow was terminated": {
			known: &ports.OrderTally{}, run: terminated,
			want: ports.Counted{Standing: ports.StandGap, Reason: "open, but its workflow is not running: terminated"}, calls: []string{"open gap:atelier/7", "restart 7"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newBook()
			l.hold("7", tt.known, tt.run)
			if tt.known != nil && tt.known.Refused != "" {
				l.tallies[named("7")] = ports.OrderTally{Refused: tt.known.Refused}
			}
			result, err := l.count(t)
			require.NoError(t, err)
			require.Equal(t, 1, result.Ready)
			require.Len(t, l.saved, 1)
			tt.want.Number = "7"
			require.Equal(t, []ports.Counted{tt.want}, l.saved[0].Orders)
			c := l.saved[0]
			require.Equal(t, c.Ready, c.InWarehouse+c.Waiting+c.Refused+c.Ended+len(c.Gaps))
			require.Equal(t, tt.calls, l.calls)
			require.Equal(t, noon.Add(-grace), c.To, "what is younger is left to the next window")
		})
	}
}

func TestAnOrderThatClosesUnderTheLookIsNotStartedAgain(t *testing.T) {
	t.Parallel()
	l := newBook()
	l.hold("7", &ports.OrderTally{}, ports.OrderRun{Status: "completed"})
	l.look = func(id domain.OrderID) {
		l.tallies[id] = ports.OrderTally{Known: true, ClosedAt: noon, ClosedState: domain.Closed}
	}
	_, err := l.count(t)
	require.NoError(t, err)
	require.Equal(t, ports.StandEnded, l.saved[0].Orders[0].Standing)
	require.Empty(t, l.calls)
}

func TestACountThatBrokeOffStillTellsOfTheGap(t *testing.T) {
	t.Parallel()
	l := newBook()
	l.hold("7", nil, running)
	l.take = func(string) error {
		l.tallies[named("7")] = ports.OrderTally{Known: true, Submitted: true}
		return nil
	}
	l.save = func() error { l.save = nil; return errors.New("the database is away") }
	_, err := l.count(t)
	require.ErrorContains(t, err, "the database is away")
	result, err := l.count(t)
	require.NoError(t, err)
	require.Equal(t, 1, result.Gaps)
	require.Equal(t, []string{"open gap:atelier/7", "take 7"}, l.calls, "it is started once")
}

func TestAWindowThatHoldsTooMuchIsCutAndGoneOnWith(t *testing.T) {
	t.Parallel()
	l := newBook()
	for n := range 9000 {
		l.ready = append(l.ready, ports.CountedOrder{ID: named(fmt.Sprint(10000 + n)), UpdatedAt: noon.Add(-3*time.Hour + time.Duration(n)*time.Second/2).Truncate(time.Second)})
		l.tallies[l.ready[n].ID] = ports.OrderTally{Known: true, Submitted: true}
	}
	told := map[string]bool{}
	for windows := 1; ; windows++ {
		require.Less(t, windows, 8)
		result, err := l.count(t)
		require.NoError(t, err)
		require.LessOrEqual(t, result.Ready, 2200)
		for _, o := range l.saved[len(l.saved)-1].Orders {
			require.Equal(t, ports.StandInWarehouse, o.Standing)
			told[o.Number] = true
		}
		if !result.More {
			require.Greater(t, windows, 1)
			break
		}
	}
	require.Len(t, told, 9000)
	again, err := l.count(t)
	require.NoError(t, err)
	require.Zero(t, again, "no window is closed yet")
}

func TestOpenOrdersWithoutAWorkflowAreStartedAgain(t *testing.T) {
	t.Parallel()
	l := newBook()
	for n := range 450 {
		id := named(fmt.Sprint(1000 + n))
		l.open = append(l.open, id)
		l.runs[id] = running
		l.tallies[id] = ports.OrderTally{Known: true, Submitted: true}
	}
	l.hidden = []domain.OrderID{named("1001")}
	l.runs[named("1002")] = ports.OrderRun{Status: "terminated"}
	l.runs[named("1449")] = ports.OrderRun{Status: "timed out"}
	restart := func() contract.CompletenessResult {
		result, err := l.activity(t, func(c *activities.Completeness) any { return c.RestartOpenOrders })
		require.NoError(t, err)
		return result
	}
	require.Equal(t, contract.CompletenessResult{Looked: 450, Restarted: 2}, restart())
	require.Equal(t, []string{"open gap:atelier/1002", "restart 1002", "open gap:atelier/1449", "restart 1449"}, l.calls)
	require.Zero(t, restart().Restarted, "a second run finds them running")
}

func TestALookAtOpenOrdersIsBoundedAndGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	l := newBook()
	for n := range 5300 {
		id := named(fmt.Sprint(10000 + n))
		l.open = append(l.open, id)
		l.runs[id] = running
	}
	for _, want := range []int{5000, 300, 5000} {
		result, err := l.activity(t, func(c *activities.Completeness) any { return c.RestartOpenOrders })
		require.NoError(t, err)
		require.Equal(t, want, result.Looked)
	}
}

func TestAGapHealsWhenTheOrderIsSeenToRunOrToHaveEnded(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		tally ports.OrderTally
		run   ports.OrderRun
		want  string
	}{
		"it runs":                  {ports.OrderTally{Known: true}, running, "resolve gap:atelier/7"},
		"it ended":                 {ports.OrderTally{Known: true, ClosedAt: noon}, ports.OrderRun{}, "resolve gap:atelier/7"},
		"it is kept as refused":    {ports.OrderTally{Refused: "currency ZZZ"}, ports.OrderRun{}, "resolve gap:atelier/7"},
		"it was ended once more":   {ports.OrderTally{Known: true}, ports.OrderRun{Status: "terminated"}, "restart 7"},
		"it is still not taken in": {ports.OrderTally{}, ports.OrderRun{}, "take 7"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newBook()
			l.gaps = []ports.ExceptionRecord{{Subject: "7", Cause: "gap:atelier/7"}}
			l.tallies[named("7")], l.runs[named("7")] = tt.tally, tt.run
			_, err := l.activity(t, func(c *activities.Completeness) any { return c.HealGaps })
			require.NoError(t, err)
			require.Equal(t, []string{tt.want}, l.calls)
		})
	}
}

func TestWhatWasThereBeforeTheFirstCountIsStartedAndIsNoException(t *testing.T) {
	t.Parallel()
	l := newBook()
	l.upTo = time.Time{}
	l.hold("7", nil, ports.OrderRun{})
	l.hold("8", nil, ports.OrderRun{})
	result, err := l.count(t)
	require.NoError(t, err)
	require.Equal(t, 2, result.Gaps)
	require.Equal(t, []string{"take 7 8"}, l.calls)
	require.Equal(t, noon.Add(-24*time.Hour), l.saved[0].From)
}

func TestOrdersOfBeforeOurTimeAreNotCounted(t *testing.T) {
	t.Parallel()
	for name, upTo := range map[string]time.Time{"the first window": {}, "an earlier one": noon.Add(-24 * time.Hour)} {
		l := newBook()
		l.upTo, l.since = upTo, noon.Add(-time.Hour+time.Second)
		l.hold("7", nil, ports.OrderRun{})
		l.hold("8", nil, ports.OrderRun{})
		result, err := l.count(t)
		require.NoError(t, err)
		require.Equal(t, 1, result.Ready, name)
		require.Equal(t, l.since, l.saved[0].From, name)
	}
}
