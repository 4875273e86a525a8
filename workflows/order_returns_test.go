package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/workflows"
)

// withReturn is an order that is over but for a return that was told of.
func withReturn(d *desk, open func() bool) {
	d.env.RegisterWorkflow(workflows.ReturnWorkflow)
	d.assess = func(in contract.AssessInput) (contract.Assessment, error) {
		at := contract.Assessment{Sequence: 5, State: domain.ReturnWindow, Ended: true, CloseAt: dawn.Add(10 * time.Minute)}
		if open() {
			at.Returns = []contract.ReturnNews{{Number: 1, Sequence: 5}}
		}
		return at, nil
	}
}

// A return that was neither started nor told would be lost for good, since the facts
// that tell of it were looked at: the order tries on, and does not close before.
func TestAReturnThatCouldNotBeToldIsToldAgainBeforeTheOrderCloses(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	withReturn(d, func() bool { return true })
	starts := 0
	d.env.OnWorkflow(workflows.ReturnWorkflow, mock.Anything, mock.Anything).Return(testsuite.ErrMockStartChildWorkflowFailed).Times(3 * 20)
	d.env.OnWorkflow(workflows.ReturnWorkflow, mock.Anything, mock.Anything).Run(func(mock.Arguments) { starts++ }).Return(nil)
	d.env.OnSignalExternalWorkflow(mock.Anything, contract.ReturnWorkflowID(orderID, 1), mock.Anything, contract.SignalFact, mock.Anything).
		Return(testsuite.ErrMockStartChildWorkflowFailed)
	d.run()
	require.Equal(t, 1, starts)
	require.Len(t, d.closes, 1, "it closes after it has told, past its window")
}

func TestAReturnIsToldOfEachFactOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	withReturn(d, func() bool { return true })
	starts := 0
	d.env.OnWorkflow(workflows.ReturnWorkflow, mock.Anything, mock.Anything).Run(func(mock.Arguments) { starts++ }).Return(nil)
	for n := range 5 {
		d.at(time.Duration(n+1)*time.Second, d.fact)
	}
	d.run()
	require.Equal(t, 1, starts)
}
