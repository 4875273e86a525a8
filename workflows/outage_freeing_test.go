package workflows_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"selvedge/internal/contract"
	"selvedge/workflows"
)

// Somebody terminates the freeing in the Web UI: the outage must not end with it, or
// nobody would probe any more and the orders would wait for nobody.
func TestAnOutageGoesOnWhenTheFreeingOfItsOrdersFailed(t *testing.T) {
	t.Parallel()
	s := newStandby(t)
	s.probe = func() error { return nil }
	s.env.OnWorkflow(workflows.ResumeWorkflow, mock.Anything, mock.Anything).Return(contract.ResumeResult{}, errors.New("terminated by hand")).Once()
	s.env.OnWorkflow(workflows.ResumeWorkflow, mock.Anything, mock.Anything).Return(contract.ResumeResult{Freed: 3}, nil).Once()
	s.env.ExecuteWorkflow(workflows.OutageWorkflow, contract.OutageInput{System: "acs", ProbeEvery: 15 * time.Second})
	require.NoError(t, s.env.GetWorkflowError())
	require.Equal(t, []string{"OpenOutage acs", "ProbeSystem", "ProbeSystem", "CloseOutage acs"}, s.calls)
}
