package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
)

func TestAnOrderThatTheShopFulfilledClosesWithThatCause(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assess = func(contract.AssessInput) (contract.Assessment, error) {
		at := ended(2, dawn)
		at.State, at.Cause = domain.Closed, "fulfilled-in-shop"
		return at, nil
	}
	d.run()
	require.Equal(t, []contract.CloseInput{{Order: orderID, Sequence: 2, State: domain.Closed, Cause: "fulfilled-in-shop"}}, d.closes)
}
