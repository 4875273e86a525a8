package enrich_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"selvedge/internal/enrich"
)

// FuzzReadItems: a file of item attributes is read whole, each attribute complete and
// once, or refused with its name and line.
func FuzzReadItems(f *testing.F) {
	f.Add("warehouse,sku,attribute,value\nglasgow,SH-BL-M,item condition,new\n")
	f.Add("\ufeffwarehouse;sku;attribute;value\r\nglasgow;SH;grade;A\r\nglasgow;SH;Grade;B\r\n")
	f.Add("sku,warehouse,value\na,b,c")
	f.Add("warehouse,sku,attribute,value\n\"glasgow,SH,grade,A\n")
	f.Add("warehouse,sku,attribute,value\n , , , \n,,,")
	f.Add("warehouse,sku,attribute,value\nglasgow,\"S\nH\",grade,\"A\x00\"\n")
	f.Fuzz(func(t *testing.T, file string) {
		attributes, err := enrich.ReadItems("items.csv", strings.NewReader(file))
		if err != nil {
			require.ErrorContains(t, err, "items.csv")
			require.Nil(t, attributes, "all or nothing")
			return
		}
		seen := map[string]bool{}
		for _, a := range attributes {
			for _, cell := range []string{a.Warehouse, a.SKU, a.Attribute, a.Value} {
				require.NotEmpty(t, cell)
				require.Equal(t, strings.TrimSpace(cell), cell)
				require.False(t, strings.ContainsFunc(cell, unicode.IsControl), "%q", cell)
			}
			key := strings.Join([]string{a.Warehouse, a.SKU, a.Attribute}, "\x00")
			require.False(t, seen[key], "twice: %q", key)
			seen[key] = true
		}
	})
}
