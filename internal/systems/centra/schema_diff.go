package centra

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/Khan/genqlient/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"selvedge/internal/fault"
)

//go:embed operations/*.graphql
var operationFiles embed.FS

// ErrNoIntrospection says that Centra answers, but shows its schema to nobody.
var ErrNoIntrospection = errors.New("centra: introspection is not allowed")

const introspection = `query SchemaDiff {
  __schema {
    types {
      name
      fields(includeDeprecated: true) { name isDeprecated deprecationReason args { name } }
      inputFields { name }
    }
  }
}`

// live is what introspection tells of a schema, as far as we compare it.
type live struct {
	Schema struct {
		Types []struct {
			Name   string `json:"name"`
			Fields []struct {
				Name              string  `json:"name"`
				IsDeprecated      bool    `json:"isDeprecated"`
				DeprecationReason *string `json:"deprecationReason"`
				Args              []struct {
					Name string `json:"name"`
				} `json:"args"`
			} `json:"fields"`
			InputFields []struct {
				Name string `json:"name"`
			} `json:"inputFields"`
		} `json:"types"`
	} `json:"__schema"`
}

// SchemaDiff compares what our operations use with Centra's live schema and says
// in plain words what is missing or deprecated there; empty means that all is well.
// Where introspection is closed it answers ErrNoIntrospection.
func (s *Shop) SchemaDiff(ctx context.Context) ([]string, error) {
	var schema live
	err := s.client.MakeRequest(ctx, &graphql.Request{OpName: "SchemaDiff", Query: introspection}, &graphql.Response{Data: &schema})
	if f, ok := fault.As(err); ok && (f.Code == "graphql" || f.Code == codeExecution || f.Code == "permission" || f.Code == "http_400" || f.Code == codeUnreadable) {
		return nil, ErrNoIntrospection
	}
	if err != nil {
		return nil, err
	}
	if len(schema.Schema.Types) == 0 {
		return nil, ErrNoIntrospection
	}
	used, err := usedSchema()
	if err != nil {
		return nil, err
	}
	return compare(used, schema), nil
}

// usage holds what our operations use: type → field → its arguments, and input type → fields.
type usage struct {
	fields map[string]map[string]map[string]bool
	inputs map[string]map[string]bool
}

// usedSchema reads our own schema and operations.
func usedSchema() (usage, error) {
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: schemaText})
	if err != nil {
		return usage{}, fmt.Errorf("load the client's schema: %w", err)
	}
	u := usage{fields: map[string]map[string]map[string]bool{}, inputs: map[string]map[string]bool{}}
	files, err := operationFiles.ReadDir("operations")
	if err != nil {
		return usage{}, fmt.Errorf("list the operations: %w", err)
	}
	for _, file := range files {
		text, err := operationFiles.ReadFile("operations/" + file.Name())
		if err != nil {
			return usage{}, fmt.Errorf("read %s: %w", file.Name(), err)
		}
		document, list := gqlparser.LoadQueryWithRules(schema, string(text), rules.NewDefaultRules())
		if len(list) > 0 {
			return usage{}, fmt.Errorf("%s does not fit the client's schema: %w", file.Name(), list)
		}
		for _, operation := range document.Operations {
			u.selection(operation.SelectionSet)
			for _, v := range operation.VariableDefinitions {
				u.input(schema, v.Definition)
			}
		}
	}
	return u, nil
}

func (u usage) selection(set ast.SelectionSet) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if !strings.HasPrefix(s.Name, "__") {
				u.field(s)
			}
			u.selection(s.SelectionSet)
		case *ast.InlineFragment:
			u.selection(s.SelectionSet)
		case *ast.FragmentSpread:
			u.selection(s.Definition.SelectionSet)
		}
	}
}

func (u usage) field(f *ast.Field) {
	owner := f.ObjectDefinition.Name
	if u.fields[owner] == nil {
		u.fields[owner] = map[string]map[string]bool{}
	}
	if u.fields[owner][f.Name] == nil {
		u.fields[owner][f.Name] = map[string]bool{}
	}
	for _, a := range f.Arguments {
		u.fields[owner][f.Name][a.Name] = true
		u.literal(a.Value)
	}
}

// literal notes the input fields that stand in the text of an operation.
func (u usage) literal(v *ast.Value) {
	if v.Kind == ast.ObjectValue && v.Definition != nil {
		for _, c := range v.Children {
			u.inputField(v.Definition.Name, c.Name)
		}
	}
	for _, c := range v.Children {
		u.literal(c.Value)
	}
}

// sent lists the fields that we fill of the inputs that travel as variables. Other
// fields of them are never sent, so their absence is no difference.
var sent = map[string][]string{
	"OrderInput":                       {"number"},
	"OrderLineInput":                   {"id"},
	"ShipmentCreateInput":              {"order", "lines", "isGoodToGo", "isPaid", "shippedAt", "shipmentInfo", "sendEmail", "shippingCostPolicy", "handlingCostPolicy", "discountValuePolicy", "capture"},
	"ShipmentLineInput":                {"orderLine", "quantity"},
	"ShipmentInfoInput":                {"carrier", "service", "packagesNumber", "trackingNumber"},
	"ShipmentCompleteInput":            {"shippedAt", "shipmentInfo", "sendEmail"},
	"CostPolicyInput":                  {"value", "none"},
	"MonetaryValueInput":               {"value", "currencyIsoCode"},
	"DirectToConsumerOrderUpdateInput": {"cancelLines", "cancellationComment", "isOnHold", "holdStatusChangeReason", "internalComment"},
	"OrderLineCancelInput":             {"line", "quantity", "stockActionPolicy"},
	"StockPolicyActionInput":           {"removeItemsFromStock"},
	"EventListenerSetInput":            {"objectType"},
}

func (u usage) input(schema *ast.Schema, d *ast.Definition) {
	if d == nil || d.Kind != ast.InputObject || u.inputs[d.Name] != nil {
		return
	}
	for _, name := range sent[d.Name] {
		u.inputField(d.Name, name)
		if f := d.Fields.ForName(name); f != nil {
			u.input(schema, schema.Types[f.Type.Name()])
		}
	}
}

func (u usage) inputField(owner, name string) {
	if u.inputs[owner] == nil {
		u.inputs[owner] = map[string]bool{}
	}
	u.inputs[owner][name] = true
}

// compare lists the differences in a stable order.
func compare(u usage, l live) []string {
	fields, inputs := map[string]map[string]map[string]bool{}, map[string]map[string]bool{}
	var differences []string
	for _, t := range l.Schema.Types {
		fields[t.Name], inputs[t.Name] = map[string]map[string]bool{}, map[string]bool{}
		for _, f := range t.Fields {
			fields[t.Name][f.Name] = map[string]bool{}
			for _, a := range f.Args {
				fields[t.Name][f.Name][a.Name] = true
			}
			if _, ours := u.fields[t.Name][f.Name]; ours && f.IsDeprecated {
				differences = append(differences, strings.TrimSpace("field "+t.Name+"."+f.Name+" is deprecated in the live schema: "+value(f.DeprecationReason)))
			}
		}
		for _, f := range t.InputFields {
			inputs[t.Name][f.Name] = true
		}
	}
	for _, owner := range slices.Sorted(maps.Keys(u.fields)) {
		if fields[owner] == nil {
			differences = append(differences, "type "+owner+" is missing in the live schema")
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(u.fields[owner])) {
			args, ok := fields[owner][name]
			if !ok {
				differences = append(differences, "field "+owner+"."+name+" is missing in the live schema")
				continue
			}
			for _, arg := range slices.Sorted(maps.Keys(u.fields[owner][name])) {
				if !args[arg] {
					differences = append(differences, "argument "+arg+" of "+owner+"."+name+" is missing in the live schema")
				}
			}
		}
	}
	for _, owner := range slices.Sorted(maps.Keys(u.inputs)) {
		if inputs[owner] == nil {
			differences = append(differences, "input "+owner+" is missing in the live schema")
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(u.inputs[owner])) {
			if !inputs[owner][name] {
				differences = append(differences, "input field "+owner+"."+name+" is missing in the live schema")
			}
		}
	}
	slices.Sort(differences)
	return differences
}
