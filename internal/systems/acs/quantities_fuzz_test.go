package acs

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzQuantities: the quick reader of figures reads what encoding/json reads, or leaves
// it to that. It is inside the package because the quick reader has no face of its own.
func FuzzQuantities(f *testing.F) {
	for _, seed := range []string{
		`{"available":4,"allocated":-2}`, `{ "a" : 0 , "b":123456789}`, `{"a":1,"a":2}`, `{}`, `{"a":01}`, `{"a":-0}`, `{"a":1e2}`, `{"a":1.0}`,
		`{"a":1234567890}`, `{"a":1,}`, `{"\u0061":1}`, "{\"a\xff\":1}", `{"a":1}x`, `{"a":-}`, `null`, `[]`, ``,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if !json.Valid([]byte(raw)) {
			return // the decoder of the whole page refuses it before it comes here
		}
		var q quantities
		if !q.quick([]byte(raw)) {
			return
		}
		var slow map[string]int
		require.NoError(t, json.Unmarshal([]byte(raw), &slow))
		quick := map[string]int{}
		for _, k := range q.list {
			quick[k.name] = k.units
		}
		if slow == nil {
			slow = map[string]int{}
		}
		require.Equal(t, slow, quick)
	})
}
