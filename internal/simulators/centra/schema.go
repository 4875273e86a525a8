package centra

import (
	_ "embed"
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

//go:embed schema.graphql
var sdl string

// schema is Centra's type system with what the executor asks of it often.
type schema struct {
	*ast.Schema
	// conditions[type condition][concrete type] holds when a fragment applies.
	conditions map[string]map[string]bool
}

// loadSchema parses the embedded SDL. It panics when that is broken, which no
// input can cause and the first test of this package would show.
func loadSchema() *schema {
	parsed := gqlparser.MustLoadSchema(&ast.Source{Name: "centra.graphql", Input: sdl})
	s := &schema{Schema: parsed, conditions: make(map[string]map[string]bool)}
	for name, def := range parsed.Types {
		switch def.Kind {
		case ast.Object:
			s.conditions[name] = map[string]bool{name: true}
		case ast.Interface, ast.Union:
			s.conditions[name] = make(map[string]bool)
			for _, possible := range parsed.PossibleTypes[name] {
				s.conditions[name][possible.Name] = true
			}
		}
	}
	return s
}

func (s *schema) applies(condition, concrete string) bool { return s.conditions[condition][concrete] }

// oneOf names the inputs of which exactly one field must be given. SDL cannot
// say so; the server enforces it.
func oneOf(input string) bool {
	switch input {
	case "OrderInput", "OrderLineInput", "ShipmentInput", "ShipmentLineIdInput", "DeliveryGroupInput", "WarehouseInput",
		"ProductVariantInput", "ProductSizeInput", "SizeInput", "CustomerInput", "StockPolicyActionInput", "CostPolicyInput",
		"ReturnCostPolicyInput", "IdConversionInput", "StringMatch":
		return true
	}
	return false
}

// typeNode and its kin answer introspection from the parsed schema.
func (s *schema) typeNode(def *ast.Definition) any {
	if def == nil {
		return nil
	}
	fields := map[string]any{
		"kind": string(def.Kind), "name": def.Name, "description": orNull(def.Description),
		"specifiedByURL": nil, "isOneOf": def.Kind == ast.InputObject && oneOf(def.Name), "ofType": nil,
	}
	switch def.Kind {
	case ast.Object, ast.Interface:
		fields["fields"] = func(_ *exec, a args) any { return s.fieldNodes(def, a.flag("includeDeprecated")) }
		fields["interfaces"] = func(*exec, args) any {
			out := []any{}
			for _, name := range def.Interfaces {
				out = append(out, s.typeNode(s.Types[name]))
			}
			return out
		}
	case ast.InputObject:
		fields["inputFields"] = func(*exec, args) any {
			out := []any{}
			for _, f := range def.Fields {
				out = append(out, s.inputNode(f.Name, f.Description, f.Type, f.DefaultValue))
			}
			return out
		}
	case ast.Enum:
		fields["enumValues"] = func(*exec, args) any {
			out := []any{}
			for _, v := range def.EnumValues {
				out = append(out, rec{"__EnumValue", map[string]any{"name": v.Name, "description": orNull(v.Description), "isDeprecated": false}})
			}
			return out
		}
	}
	if def.IsAbstractType() {
		fields["possibleTypes"] = func(*exec, args) any {
			out := []any{}
			for _, possible := range s.PossibleTypes[def.Name] {
				out = append(out, s.typeNode(possible))
			}
			return out
		}
	}
	return rec{"__Type", fields}
}

func (s *schema) fieldNodes(def *ast.Definition, deprecated bool) any {
	out := []any{}
	for _, f := range def.Fields {
		reason := deprecation(f)
		if strings.HasPrefix(f.Name, "__") || (reason != "" && !deprecated) {
			continue
		}
		out = append(out, rec{"__Field", map[string]any{
			"name": f.Name, "description": orNull(f.Description), "isDeprecated": reason != "", "deprecationReason": orNull(reason),
			"type": func(*exec, args) any { return s.refNode(f.Type) },
			"args": func(*exec, args) any {
				all := []any{}
				for _, a := range f.Arguments {
					all = append(all, s.inputNode(a.Name, a.Description, a.Type, a.DefaultValue))
				}
				return all
			},
		}})
	}
	return out
}

func (s *schema) inputNode(name, description string, t *ast.Type, standard *ast.Value) any {
	fields := map[string]any{
		"name": name, "description": orNull(description), "isDeprecated": false,
		"type": func(*exec, args) any { return s.refNode(t) }, "defaultValue": nil,
	}
	if standard != nil {
		fields["defaultValue"] = standard.String()
	}
	return rec{"__InputValue", fields}
}

func (s *schema) refNode(t *ast.Type) any {
	wrap := func(kind string, inner *ast.Type) any {
		return rec{"__Type", map[string]any{"kind": kind, "ofType": func(*exec, args) any { return s.refNode(inner) }}}
	}
	switch {
	case t.NonNull:
		inner := *t
		inner.NonNull = false
		return wrap("NON_NULL", &inner)
	case t.Elem != nil:
		return wrap("LIST", t.Elem)
	default:
		return s.typeNode(s.Types[t.NamedType])
	}
}

func (s *schema) schemaNode() any {
	return rec{"__Schema", map[string]any{
		"description": nil,
		"types": func(*exec, args) any {
			out := []any{}
			for _, name := range sortedKeys(s.Types) {
				out = append(out, s.typeNode(s.Types[name]))
			}
			return out
		},
		"queryType": s.typeNode(s.Query), "mutationType": s.typeNode(s.Mutation), "subscriptionType": nil,
		"directives": func(*exec, args) any {
			out := []any{}
			for _, name := range sortedKeys(s.Directives) {
				d := s.Directives[name]
				locations, arguments := []any{}, []any{}
				for _, l := range d.Locations {
					locations = append(locations, string(l))
				}
				for _, a := range d.Arguments {
					arguments = append(arguments, s.inputNode(a.Name, a.Description, a.Type, a.DefaultValue))
				}
				out = append(out, rec{"__Directive", map[string]any{
					"name": name, "description": orNull(d.Description), "locations": locations, "args": arguments, "isRepeatable": d.IsRepeatable,
				}})
			}
			return out
		},
	}}
}

func deprecation(f *ast.FieldDefinition) string {
	d := f.Directives.ForName("deprecated")
	if d == nil {
		return ""
	}
	if reason := d.Arguments.ForName("reason"); reason != nil {
		return reason.Value.Raw
	}
	return "No longer supported"
}
