package activities_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"selvedge/activities"
	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// shelf is what a count sees of open returns, in the store and in Temporal.
type shelf struct {
	open    []ports.OpenReturn
	orphans []ports.OrphanReturn
	runs    map[string]ports.OrderRun
	hidden  map[string]bool // runs, and visibility does not know yet
	started []string
	before  time.Time
	pages   int
}

func (s *shelf) NoteOpenReturns(context.Context, domain.OrderID, map[int]int64, time.Time) error {
	return nil
}

func (s *shelf) OpenReturnsOf(_ context.Context, _ string, after ports.OpenReturn, before time.Time, limit int) (out []ports.OpenReturn, _ error) {
	s.before = before
	s.pages++
	for _, r := range s.open {
		later := r.Order.Number > after.Order.Number || r.Order.Number == after.Order.Number && r.Number > after.Number
		if later && len(out) < limit {
			out = append(out, r)
		}
	}
	return out, nil
}

func (s *shelf) OpenOrphans(context.Context, ports.OrphanReturn, time.Time, int) ([]ports.OrphanReturn, error) {
	return s.orphans, nil
}

func (s *shelf) RunningReturns(_ context.Context, ids []contract.ReturnInput) (map[string]bool, error) {
	running := map[string]bool{}
	for _, id := range ids {
		running[id.WorkflowID()] = s.runs[id.WorkflowID()].Running && !s.hidden[id.WorkflowID()]
	}
	return running, nil
}

func (s *shelf) LookReturn(_ context.Context, in contract.ReturnInput) (ports.OrderRun, error) {
	return s.runs[in.WorkflowID()], nil
}

func (s *shelf) RestartReturn(_ context.Context, in contract.ReturnInput) error {
	s.started = append(s.started, in.WorkflowID())
	s.runs[in.WorkflowID()] = ports.OrderRun{Running: true, Status: "running"}
	return nil
}

// restarts runs the part of the count that looks for workflows.
func (s *shelf) restarts(t *testing.T, l *book) contract.CompletenessResult {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	c := &activities.Completeness{Shop: l, Store: l, Orders: l, Returns: s, Reopen: s, Clock: func() time.Time { return noon }, Grace: grace}
	env.RegisterActivity(c)
	value, err := env.ExecuteActivity(c.RestartOpenOrders, contract.CompletenessInput{Store: "atelier"})
	require.NoError(t, err)
	var result contract.CompletenessResult
	require.NoError(t, value.Get(&result))
	return result
}

func TestAnOpenReturnIsStartedAgainUnlessItRunsOrHasJustClosed(t *testing.T) {
	t.Parallel()
	running := ports.OrderRun{Running: true, Status: "running"}
	s := &shelf{runs: map[string]ports.OrderRun{}, hidden: map[string]bool{"return/atelier/2/1": true}}
	for n, run := range []ports.OrderRun{running, running, {Status: "completed"}, {Status: "terminated"}, {Status: "timed out"}, {Status: "canceled"}, {Status: "failed"}, {Status: "never started"}} {
		r := ports.OpenReturn{Order: named(fmt.Sprint(n + 1)), Number: 1}
		s.open = append(s.open, r)
		s.runs[contract.ReturnWorkflowID(r.Order, 1)] = run
	}
	s.orphans = []ports.OrphanReturn{{Warehouse: "leeds", ID: "r1"}, {Warehouse: "leeds", ID: "r2"}}
	s.runs["return/leeds/r1"], s.runs["return/leeds/r2"] = running, ports.OrderRun{Status: "terminated"}
	l := newBook()
	require.Equal(t, 6, s.restarts(t, l).Restarted)
	require.Equal(t, []string{"return/atelier/4/1", "return/atelier/5/1", "return/atelier/6/1", "return/atelier/7/1", "return/atelier/8/1", "return/leeds/r2"}, s.started)
	require.Equal(t, noon.Add(-grace), s.before, "what was looked at just now has time")
	require.Equal(t, []string{"open gap:atelier/4", "open gap:atelier/5", "open gap:atelier/6", "open gap:atelier/7", "open gap:atelier/8"}, l.calls, "each is told")
	require.Zero(t, s.restarts(t, l).Restarted, "the next run finds them running")
	require.Len(t, s.started, 6)
}

func TestManyOpenReturnsAreLookedForAPartEachRun(t *testing.T) {
	t.Parallel()
	s, l := &shelf{runs: map[string]ports.OrderRun{}}, newBook()
	const many = 5300
	for n := range many {
		r := ports.OpenReturn{Order: named(fmt.Sprintf("%05d", n/2)), Number: 1 + n%2}
		s.open = append(s.open, r)
		s.runs[contract.ReturnWorkflowID(r.Order, r.Number)] = ports.OrderRun{Running: true}
	}
	last := s.open[many-1]
	s.runs[contract.ReturnWorkflowID(last.Order, last.Number)] = ports.OrderRun{Status: "terminated"}
	require.Zero(t, s.restarts(t, l).Restarted)
	require.NotEmpty(t, l.cursors["completeness-returns/atelier"])
	require.Equal(t, 1, s.restarts(t, l).Restarted, "the next run goes on where the first was cut")
	require.Empty(t, l.cursors["completeness-returns/atelier"])
	require.Zero(t, s.restarts(t, l).Restarted)
}
