package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"

	"selvedge/internal/contract"
	"selvedge/workflows"
)

// schedule runs what is scheduled, against an intake that fails as told.
type schedule struct {
	env     *testsuite.TestWorkflowEnvironment
	reports []contract.OutageInput
}

func newSchedule(t *testing.T, drain, poll, feed, report error) *schedule {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(silent{})
	s := &schedule{env: suite.NewTestWorkflowEnvironment()}
	s.env.SetStartTime(dawn)
	s.env.SetTestTimeout(20 * time.Second)
	for name, err := range map[string]error{"DrainShopEvents": drain, "PollUpdatedOrders": poll, "ReadWarehouseFeed": feed} {
		s.env.RegisterActivityWithOptions(func(context.Context, contract.IntakeInput) (contract.IntakeResult, error) {
			return contract.IntakeResult{Events: 1, Changed: 1, Woken: 1}, err
		}, activity.RegisterOptions{Name: name})
	}
	s.env.RegisterActivityWithOptions(func(_ context.Context, in contract.OutageInput) error {
		s.reports = append(s.reports, in)
		return report
	}, activity.RegisterOptions{Name: "ReportOutage"})
	return s
}

func TestAScheduledRunThatMeetsAnOutageReportsItOnceAndFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		drain, poll, feed error
		system            string // that is reported; none when empty
		credentials       bool
		fails             string
	}{
		"all is well":                           {},
		"the shop is away":                      {drain: unavailable("centra"), poll: unavailable("centra"), system: "centra", fails: "centra: unavailable"},
		"the shop refuses our token":            {drain: misconfigured("centra"), poll: misconfigured("centra"), system: "centra", credentials: true, fails: "centra: misconfigured"},
		"only the poll fails":                   {poll: misconfigured("centra"), system: "centra", credentials: true, fails: "centra: misconfigured"},
		"the shop refuses what we ask":          {drain: refusal("centra"), poll: refusal("centra"), fails: "centra: rejected"},
		"the trouble is our own":                {drain: unavailable("selvedge"), fails: "selvedge: unavailable"},
		"a refusal does not hide an outage":     {drain: refusal("centra"), poll: misconfigured("centra"), system: "centra", credentials: true, fails: "centra: rejected"},
		"our own trouble does not hide another": {drain: unavailable("selvedge"), poll: misconfigured("centra"), system: "centra", credentials: true, fails: "selvedge: unavailable"},
		"a limit of requests is no outage":      {poll: limited("centra"), fails: "centra: rate-limited"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSchedule(t, c.drain, c.poll, nil, nil)
			s.env.ExecuteWorkflow(workflows.IntakeWorkflow, contract.IntakeInput{Store: "atelier"})
			s.requireEnded(t, c.fails, c.system, c.credentials)
		})
	}
	for name, c := range map[string]struct {
		err         error
		system      string
		credentials bool
	}{
		"the warehouse is away":             {unavailable("acs"), "acs", false},
		"the warehouse refuses our key":     {misconfigured("acs"), "acs", true},
		"the warehouse refuses what we ask": {refusal("acs"), "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSchedule(t, nil, nil, c.err, nil)
			s.env.ExecuteWorkflow(workflows.WarehouseFeedWorkflow, contract.IntakeInput{Warehouse: "hillington"})
			s.requireEnded(t, c.err.Error()[:len("acs: ")], c.system, c.credentials)
		})
	}
}

func (s *schedule) requireEnded(t *testing.T, fails, system string, credentials bool) {
	t.Helper()
	require.True(t, s.env.IsWorkflowCompleted())
	if fails == "" {
		require.NoError(t, s.env.GetWorkflowError())
	} else {
		require.ErrorContains(t, s.env.GetWorkflowError(), fails, "a run that failed is shown as failed")
	}
	if system == "" {
		require.Empty(t, s.reports)
		return
	}
	require.Len(t, s.reports, 1)
	require.Equal(t, system, s.reports[0].System)
	require.Equal(t, credentials, s.reports[0].Credentials)
	require.False(t, s.reports[0].Since.IsZero())
}
