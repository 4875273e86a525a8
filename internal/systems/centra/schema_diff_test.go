package centra_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"selvedge/internal/fault"
	"selvedge/internal/systems/centra"
)

// introspected answers the introspection query for a schema.
func introspected(t *testing.T, text string) string {
	t.Helper()
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "live", Input: text})
	require.NoError(t, err)
	type named struct {
		Name string `json:"name"`
	}
	type field struct {
		Name              string  `json:"name"`
		IsDeprecated      bool    `json:"isDeprecated"`
		DeprecationReason string  `json:"deprecationReason"`
		Args              []named `json:"args"`
	}
	var types []any
	for _, d := range schema.Types {
		var fields []field
		var inputs []named
		for _, f := range d.Fields {
			if d.Kind == ast.InputObject {
				inputs = append(inputs, named{f.Name})
				continue
			}
			one := field{Name: f.Name, IsDeprecated: f.Directives.ForName("deprecated") != nil}
			if one.IsDeprecated {
				one.DeprecationReason = f.Directives.ForName("deprecated").Arguments[0].Value.Raw
			}
			for _, a := range f.Arguments {
				one.Args = append(one.Args, named{a.Name})
			}
			fields = append(fields, one)
		}
		types = append(types, map[string]any{"name": d.Name, "fields": fields, "inputFields": inputs})
	}
	raw, err := json.Marshal(map[string]any{"data": map[string]any{"__schema": map[string]any{"types": types}}})
	require.NoError(t, err)
	return string(raw)
}

func TestOurSchemaDoesNotDifferFromItself(t *testing.T) {
	t.Parallel()
	text := schemaFile(t)
	shop, _ := open(t, says(200, introspected(t, text)))
	differences, err := shop.SchemaDiff(t.Context())
	require.NoError(t, err)
	require.Empty(t, differences)
}

func TestWhatTheLiveSchemaLacksIsNamed(t *testing.T) {
	t.Parallel()
	text := replaceAll(t, schemaFile(t),
		"  cancelledQuantity: Int!\n", "  cancelledUnits: Int!\n",
		"stockActionPolicy: StockPolicyActionInput!\n  deliveryGroup", "stockAction: String!\n  deliveryGroup",
		"  SKU: String\n", "  SKU: String @deprecated(reason: \"use code\")\n",
		"includeFullyCancelled", "withCancelled",
		"CarrierInformation", "CarrierFacts")
	shop, _ := open(t, says(200, introspected(t, text)))
	differences, err := shop.SchemaDiff(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{
		"argument includeFullyCancelled of Order.lines is missing in the live schema",
		"field OrderLine.cancelledQuantity is missing in the live schema",
		"field ProductSize.SKU is deprecated in the live schema: use code",
		"input field OrderLineCancelInput.stockActionPolicy is missing in the live schema",
		"type CarrierInformation is missing in the live schema",
	}, differences)
}

func TestClosedIntrospectionIsToldApart(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status int
		body   string
		closed bool
	}{
		"refused by the validator": {200, `{"errors":[{"message":"GraphQL introspection is not allowed","extensions":{"category":"graphql"}}]}`, true},
		"refused with 400":         {400, ``, true},
		"an empty schema":          {200, `{"data":{"__schema":{"types":[]}}}`, true},
		"bad credentials":          {403, ``, false},
		"an outage":                {503, ``, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop, _ := open(t, says(tt.status, tt.body))
			_, err := shop.SchemaDiff(t.Context())
			if tt.closed {
				require.ErrorIs(t, err, centra.ErrNoIntrospection)
				return
			}
			_, ok := fault.As(err)
			require.True(t, ok, "%v", err)
		})
	}
}

func schemaFile(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile("schema.graphql")
	require.NoError(t, err)
	return string(raw)
}

// replaceAll replaces pairs and demands that each is found.
func replaceAll(t *testing.T, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		require.Contains(t, text, pairs[i])
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}
