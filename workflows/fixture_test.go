package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"selvedge/activities"
	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/workflows"
)

var orderID = domain.OrderID{Store: "atelier", Number: "10001"}

// dawn is when every test's clock starts.
var dawn = time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)

// desk runs one order against fakes and writes down what an operator would see.
type desk struct {
	t   *testing.T
	env *testsuite.TestWorkflowEnvironment

	world  sync.Mutex // held while the function fields and what happens from outside run
	mu     sync.Mutex // guards the lists
	calls  []string   // activities in order of their first attempt, steps with their subject
	shown  []string   // one entry per upsert of search attributes
	looks  []contract.AssessInput
	closes []contract.CloseInput
	out    []contract.OutageInput
	alarms []time.Duration // timers that were set

	assess  func(contract.AssessInput) (contract.Assessment, error)
	step    func(name string, in contract.StepInput) (contract.Assessment, error)
	closing func(contract.CloseInput) (contract.CloseResult, error)
	refresh func() error
	report  func(contract.OutageInput) error
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(silent{})
	d := &desk{t: t, env: suite.NewTestWorkflowEnvironment()}
	d.env.SetStartTime(dawn)
	d.env.SetTestTimeout(20 * time.Second)
	d.env.RegisterWorkflow(workflows.OrderWorkflow)
	d.closing = func(contract.CloseInput) (contract.CloseResult, error) {
		return contract.CloseResult{Closed: true}, nil
	}
	d.refresh = func() error { return nil }
	d.report = func(contract.OutageInput) error { return nil }
	d.step = func(name string, _ contract.StepInput) (contract.Assessment, error) {
		return contract.Assessment{}, fmt.Errorf("no test expects %s", name)
	}
	d.register()
	d.env.OnUpsertTypedSearchAttributes(mock.Anything).Run(func(args mock.Arguments) {
		d.note(&d.shown, seen(args.Get(0).(temporal.SearchAttributes)))
	}).Return(nil).Maybe()
	d.env.SetOnTimerScheduledListener(func(_ string, after time.Duration) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.alarms = append(d.alarms, after)
	})
	return d
}

// register puts function fields in the place of the activities that the worker has.
func (d *desk) register() {
	as := func(name string, f any) { d.env.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name}) }
	as("AssessOrder", func(_ context.Context, in contract.AssessInput) (contract.Assessment, error) {
		d.note(&d.calls, "AssessOrder")
		d.mu.Lock()
		d.looks = append(d.looks, in)
		d.mu.Unlock()
		d.world.Lock()
		defer d.world.Unlock()
		return d.assess(in)
	})
	as("CloseOrder", func(_ context.Context, in contract.CloseInput) (contract.CloseResult, error) {
		d.note(&d.calls, "CloseOrder")
		d.mu.Lock()
		d.closes = append(d.closes, in)
		d.mu.Unlock()
		d.world.Lock()
		defer d.world.Unlock()
		return d.closing(in)
	})
	as("RefreshOrder", func(ctx context.Context, _ contract.RefreshInput) error {
		d.first(ctx, "RefreshOrder")
		d.world.Lock()
		defer d.world.Unlock()
		return d.refresh()
	})
	as("ReportOutage", func(ctx context.Context, in contract.OutageInput) error {
		d.first(ctx, "ReportOutage")
		d.mu.Lock()
		d.out = append(d.out, in)
		d.mu.Unlock()
		d.world.Lock()
		defer d.world.Unlock()
		return d.report(in)
	})
	for _, name := range []string{
		"SubmitConsignment", "AmendConsignment", "CancelConsignment", "ShipParcel", "CaptureOrder",
		"CancelShortUnits", "ReleaseAuthorisation", "NoteTracking", "HoldOrder",
	} {
		as(name, func(ctx context.Context, in contract.StepInput) (contract.Assessment, error) {
			d.first(ctx, name+" "+in.Step.Subject)
			d.world.Lock()
			defer d.world.Unlock()
			return d.step(name, in)
		})
	}
}

func (d *desk) first(ctx context.Context, what string) {
	if activity.GetInfo(ctx).Attempt == 1 {
		d.note(&d.calls, what)
	}
}

func (d *desk) note(list *[]string, what string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	*list = append(*list, what)
}

// seen prints what an upsert shows: the state, with causes and owners where they changed.
func seen(attributes temporal.SearchAttributes) string {
	state, _ := attributes.GetKeyword(contract.OrderState)
	if causes, ok := attributes.GetKeywordList(contract.Cause); ok {
		owners, _ := attributes.GetKeywordList(contract.Owner)
		return fmt.Sprintf("%s %v %v", state, causes, owners)
	}
	return state
}

// at does something so long after the order has started.
func (d *desk) at(after time.Duration, do func()) {
	d.env.RegisterDelayedCallback(func() {
		d.world.Lock()
		defer d.world.Unlock()
		do()
	}, after)
}

func (d *desk) signal(name string, payload any) func() {
	return func() { d.env.SignalWorkflow(name, payload) }
}

// fact wakes the order as intake and webhooks do.
func (d *desk) fact() { d.env.SignalWorkflow(contract.SignalFact, contract.FactSignal{}) }

// answered is what came of one update.
type answered struct {
	reply  contract.ResolveReply
	reject error
	done   bool
}

// resolve sends an answer by the update.
func (d *desk) resolve(r contract.Resolution) *answered {
	a := &answered{}
	d.env.UpdateWorkflow(contract.UpdateResolve, "", &testsuite.TestUpdateCallback{
		OnAccept: func() {},
		OnReject: func(err error) { a.reject = err },
		OnComplete: func(v any, err error) {
			require.NoError(d.t, err)
			a.reply, a.done = v.(contract.ResolveReply), true
		},
	}, r)
	return a
}

func (d *desk) view() contract.OrderView {
	value, err := d.env.QueryWorkflow(contract.QueryState)
	require.NoError(d.t, err)
	var v contract.OrderView
	require.NoError(d.t, value.Get(&v))
	return v
}

// run runs the order to its end and demands that it closed.
func (d *desk) run() {
	d.t.Cleanup(func() {
		if d.t.Failed() {
			d.t.Log(d.calls)
		}
	})
	d.t.Helper()
	d.start(contract.OrderInput{Order: orderID})
	require.NoError(d.t, d.env.GetWorkflowError())
}

func (d *desk) start(in contract.OrderInput) {
	d.t.Helper()
	d.env.ExecuteWorkflow(workflows.OrderWorkflow, in)
	require.True(d.t, d.env.IsWorkflowCompleted(), "the order must come to an end")
}

func (d *desk) called(what string) int {
	n := 0
	for _, c := range d.calls {
		if c == what {
			n++
		}
	}
	return n
}

// continued reads what a run handed to the next one.
func (d *desk) continued() contract.OrderInput {
	d.t.Helper()
	var next *workflow.ContinueAsNewError
	require.ErrorAs(d.t, d.env.GetWorkflowError(), &next)
	var in contract.OrderInput
	require.NoError(d.t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &in))
	return in
}

// scripted answers each look with the next assessment; the last one stays.
func scripted(script ...contract.Assessment) func(contract.AssessInput) (contract.Assessment, error) {
	next := 0
	return func(contract.AssessInput) (contract.Assessment, error) {
		at := script[min(next, len(script)-1)]
		next++
		return at, nil
	}
}

func step(name domain.Step, subject string) contract.Step {
	return contract.Step{Name: name, Subject: subject, Warehouse: "hillington"}
}

func due(sequence int64, state domain.OrderState, steps ...contract.Step) contract.Assessment {
	return contract.Assessment{Sequence: sequence, State: state, Due: steps}
}

func ended(sequence int64, closeAt time.Time) contract.Assessment {
	return contract.Assessment{Sequence: sequence, State: domain.ReturnWindow, Ended: true, CloseAt: closeAt}
}

func asking(sequence int64, questions ...domain.Question) contract.Assessment {
	return contract.Assessment{Sequence: sequence, State: domain.NeedsAttention, Questions: questions}
}

func waiting(sequence int64) contract.Assessment {
	return contract.Assessment{Sequence: sequence, State: domain.WaitingForShop, Waiting: []string{"not paid"}}
}

var (
	unmapped = domain.Question{Kind: "unmapped:shipping-method", Cause: "unmapped:shipping-method:centra:Express Saver"}
	short    = domain.Question{Kind: "short-pick", Cause: "short-pick:atelier/10001:7:1", Subject: "7"}
	late     = domain.Question{Kind: "late-tracking", Cause: "late-tracking:atelier/10001:SH1", Subject: "SH1"}
)

// Failures as activities report them.
var errDown = errors.New("connection refused")

func unavailable(system string) error {
	return temporal.NewApplicationError(system+": unavailable", activities.ErrUnavailable, system)
}

func refusal(system string) error {
	return temporal.NewNonRetryableApplicationError(system+": rejected", activities.ErrRefused, nil, system)
}

func misconfigured(system string) error {
	return temporal.NewNonRetryableApplicationError(system+": misconfigured", activities.ErrMisconfigured, nil, system)
}

func limited(system string) error {
	return temporal.NewApplicationError(system+": rate-limited", activities.ErrRateLimited, system)
}

// silent keeps the SDK's log out of the tests' output.
type silent struct{}

func (silent) Debug(string, ...any) {}
func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}

// outage reads what a run of an outage handed to the next one.
func (d *desk) outage() contract.OutageInput {
	d.t.Helper()
	var next *workflow.ContinueAsNewError
	require.ErrorAs(d.t, d.env.GetWorkflowError(), &next)
	var in contract.OutageInput
	require.NoError(d.t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &in))
	return in
}
