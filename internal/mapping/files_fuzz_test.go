package mapping_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/mapping"
)

// FuzzReadRulesJSON: whatever is read without complaint is written and read back the
// same; what is not names the file.
func FuzzReadRulesJSON(f *testing.F) {
	var all bytes.Buffer
	require.NoError(f, mapping.WriteRulesJSON(&all, everyTable()))
	f.Add(all.String())
	f.Add(`[{"table":"item","from":"a","to":"b"},{"table":"item","from":"A ","to":"c"}]`)
	f.Add(`[{"table":"item","from":"a","to":"b","unknown":1}]`)
	f.Add(`{}`)
	f.Add(`[null]`)
	f.Fuzz(func(t *testing.T, file string) {
		rules, err := mapping.ReadRulesJSON("f.json", strings.NewReader(file))
		if err != nil {
			require.ErrorContains(t, err, "f.json")
			require.Nil(t, rules, "all or nothing")
			return
		}
		var out bytes.Buffer
		require.NoError(t, mapping.WriteRulesJSON(&out, rules))
		again, err := mapping.ReadRulesJSON("f.json", &out)
		require.NoError(t, err)
		require.Equal(t, rules, again)
	})
}
