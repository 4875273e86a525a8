package store_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/store/storetest"
)

func TestOnePlanIsKeptForAppendingToAnOrder(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.Open(t, storetest.URL(t)+"&pool_max_conns=1", storetest.Keyring(t, "k1")), within(t)
	id := takeIn(t, s, shopOrder("1001")).ID
	const appends, firstPlans = 20, 5 // PostgreSQL makes five before it keeps one
	for n := range appends {
		_, added, err := s.Append(ctx, id, []domain.Fact{noted(fmt.Sprint(n)), noted(fmt.Sprint(n, "/2"))})
		require.NoError(t, err)
		require.Equal(t, 2, added)
	}
	kept, made, err := s.Planned(ctx)
	require.NoError(t, err)
	require.Equal(t, firstPlans, made)
	require.Equal(t, appends-firstPlans, kept)
}
