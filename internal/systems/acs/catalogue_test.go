package acs_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnOddMemberOfAnItemHidesNoOtherItem(t *testing.T) {
	t.Parallel()
	page := list(`{"sku":"A","weightGrams":1e999,"pickable":"yes","missingAttributes":["grade",7,1e999]}`, `{"sku":"B","name":"Coat","pickable":true}`)
	items, next, err := answering(t, 200, nil, page).ItemRecords(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, "n", next)
	require.Len(t, items, 2)
	require.False(t, items[0].Pickable, "what cannot be read is no promise")
	require.Equal(t, []string{"grade", "7", "1e999"}, items[0].Missing)
	require.JSONEq(t, `{"sku":"B","name":"Coat","pickable":true}`, string(items[1].Whole))
	require.Equal(t, map[string]string{"sku": "B", "name": "Coat"}, items[1].Fields)
	require.True(t, items[1].Pickable)
}
