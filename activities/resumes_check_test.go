package activities_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/activities"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// unloadable is a store whose order cannot be loaded.
type unloadable struct {
	ports.OrderStore
	err error
}

func (u unloadable) Load(context.Context, domain.OrderID) (ports.OrderRecord, error) {
	return ports.OrderRecord{}, u.err
}

// The first of a thousand orders may have a defect of its own: the check of the cause,
// which would be repeated for a day, must not keep the others waiting.
func TestAnOrderThatCannotBeReadKeepsNoOtherFromBeingFreed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err  error
		fail bool
	}{
		"a defect of the order": {errors.New("fact 7 cannot be read"), false},
		"it is gone":            {&fault.Fault{Kind: fault.NotFound, System: "store", Message: "there is no such order"}, false},
		"the store is away":     {&fault.Fault{Kind: fault.Unavailable, System: "store", Message: "no connection"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &activities.Resumes{Orders: &activities.Orders{Store: unloadable{err: tt.err}}, Clock: func() time.Time { return noon }}
			found, err := r.CheckCause(t.Context(), activities.CauseCheck{Cause: "unmapped:market:x", Order: orderID})
			require.Empty(t, found.Still)
			require.Equal(t, tt.fail, err != nil, "%v", err)
		})
	}
}
