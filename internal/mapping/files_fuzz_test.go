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
	f.Add(`[{"table":"market","from":"a","to":"b","extra":{},"Extra":{"currency":""}}]`)
	f.Add(`[{"table":"service-cutoff","from":"a","to":"14:30","extra":{"days":"","timezone":" Europe/London"}}]`)
	f.Add(`[{"table":"item","from":"a\r\nb","to":"\ud800"}]`)
	f.Add(`[{"table":"item","from":"a","to":"b"}][{"table":"item","from":"c","to":"d"}]`)
	f.Add(`{}`)
	f.Add(`[null]`)
	f.Fuzz(func(t *testing.T, file string) {
		rules, err := mapping.ReadRulesJSON("f.json", strings.NewReader(file))
		if err != nil {
			require.ErrorContains(t, err, "f.json")
			require.Nil(t, rules, "all or nothing")
			return
		}
		requireReadBack(t, rules)
	})
}
