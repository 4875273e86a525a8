package centra_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"selvedge/internal/simulators/centra"
)

// everything selects each field of a type, to a depth, under unique aliases.
func everything(schema *ast.Schema, def *ast.Definition, depth int) string {
	var b strings.Builder
	b.WriteString("__typename ")
	for _, possible := range schema.PossibleTypes[def.Name] {
		if possible.Name != def.Name {
			fmt.Fprintf(&b, "... on %s { %s } ", possible.Name, fields(schema, possible, depth))
		}
	}
	b.WriteString(fields(schema, def, depth))
	return b.String()
}

func fields(schema *ast.Schema, def *ast.Definition, depth int) string {
	var b strings.Builder
	for _, f := range def.Fields {
		target := schema.Types[f.Type.Name()]
		alias := def.Name + "_" + f.Name
		switch {
		case strings.HasPrefix(f.Name, "__"):
		case target.IsLeafType():
			fmt.Fprintf(&b, "%s: %s ", alias, f.Name)
		case depth > 0:
			fmt.Fprintf(&b, "%s: %s { %s } ", alias, f.Name, everything(schema, target, depth-1))
		}
	}
	return b.String()
}

func TestEveryFieldOfTheSchemaAnswers(t *testing.T) {
	t.Parallel()
	sdl, err := os.ReadFile("schema.graphql")
	require.NoError(t, err)
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: string(sdl)})
	s := open(t, order(1), order(2, func(o *centra.SeedOrder) {
		o.Store, o.Market, o.Customer.AccountName = "trade", "", "Buyers Ltd"
	}), order(3, func(o *centra.SeedOrder) {
		o.Lines = append(o.Lines, centra.SeedLine{Kind: "bundle", SKU: "SET", Quantity: 1, UnitPrice: 1000}, centra.SeedLine{Kind: "giftCertificate", Quantity: 1, UnitPrice: 500})
		o.Discounts = []centra.SeedDiscount{{Value: 100}, {Kind: "admin", Value: 1}}
		o.Attributes = []centra.SeedAttribute{{Type: "note", Elements: map[string]string{"text": "x"}}}
	}))
	s.do(t, "setEventListeners", "eventListeners { objectType }", m{"input": []m{{"objectType": "Order"}, {"objectType": "Return"}, {"objectType": "Shipment"}, {"objectType": "StockChange"}}})
	line := s.state(t, 1).Lines[0].ID
	shipped := s.do(t, "createShipment", "shipment { lines { id } id }", m{"input": ship(1, units(line, 2))})
	require.Empty(t, shipped.errors)
	sh := shipped.payload["shipment"].(map[string]any)
	returned := s.do(t, "createReturn", "return { id }", m{"input": m{
		"shipment": m{"id": sh["id"]}, "lines": []m{{"shipmentLine": m{"id": sh["lines"].([]any)[0].(map[string]any)["id"]}, "quantity": 1}},
		"returnStockActionPolicy": m{"releaseItemsBackToWarehouse": true},
	}})
	require.Empty(t, returned.errors)

	for _, f := range schema.Query.Fields {
		if strings.HasPrefix(f.Name, "__") {
			continue
		}
		argument := map[string]string{"order": `(id: "x")`, "market": "(id: 1)"}[f.Name]
		selection := everything(schema, schema.Types[f.Type.Name()], 3)
		a := s.as(t, "all", "{ "+f.Name+argument+" { "+selection+" } }", nil)
		require.Equal(t, 200, a.status, "%s: %.600s", f.Name, a.raw)
		require.Empty(t, a.Errors, "%s: %.900s", f.Name, a.raw)
		require.NotNil(t, a.Data, f.Name)
	}
}

func TestIntrospection(t *testing.T) {
	t.Parallel()
	s := open(t)
	data := s.ask(t, `{ __schema { types { name kind fields { name type { name kind ofType { name kind ofType { name } } } } inputFields { name } enumValues { name } } queryType { name } mutationType { name } directives { name } }
		__type(name: "ShipmentCreateInput") { kind inputFields { name type { kind ofType { name } } } } missing: __type(name: "Nothing") { name } }`, nil)
	names := map[string]bool{}
	for _, item := range data["__schema"].(map[string]any)["types"].([]any) {
		names[item.(map[string]any)["name"].(string)] = true
	}
	require.True(t, names["DirectToConsumerOrder"] && names["ShipmentCreateInput"] && names["DateTimeTz"])
	require.Equal(t, "INPUT_OBJECT", data["__type"].(map[string]any)["kind"])
	require.Nil(t, data["missing"])

	off := false
	require.NoError(t, s.Seed(centra.Seed{Introspection: &off}))
	a := s.as(t, "all", "{ __schema { types { name } } }", nil)
	require.Equal(t, 400, a.status)
	require.Contains(t, a.raw, "introspection is not allowed")
	s.ask(t, "{ __typename stores { __typename } }", nil)
}
