package centra

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// node is a GraphQL object: the executor asks it for its fields by name. A
// field may answer nil, a scalar, a node, a []any, or an error.
type node interface {
	typeName() string
	field(x *exec, name string, a args) any
}

// rec is a node of fixed values; a value may be a func(*exec, args) any.
type rec struct {
	name   string
	fields map[string]any
}

func (r rec) typeName() string { return r.name }

func (r rec) field(x *exec, name string, a args) any {
	if lazy, ok := r.fields[name].(func(*exec, args) any); ok {
		return lazy(x, a)
	}
	return r.fields[name]
}

// gqlError is one element of errors[].
type gqlError struct {
	Message    string            `json:"message"`
	Extensions map[string]string `json:"extensions"`
	Locations  []location        `json:"locations,omitempty"`
	Path       []any             `json:"path,omitempty"`
}

type location struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// exec runs one planned operation. The simulator's lock is held throughout.
type exec struct {
	*Simulator
	plan   *plan
	token  *token
	errors []gqlError
}

// pair and object keep the answer's fields in the order that was asked for.
type pair struct {
	key   string
	value any
}
type object []pair

// collected is one response key of a selection, with the merged sub-selections
// remembered per concrete type: a list of two hundred orders collects once.
type collected struct {
	key    string
	fields []*ast.Field
	sub    map[string][]*collected
}

func (x *exec) run() any {
	op := x.plan.operation
	root := node(queryRoot{})
	if op.Operation == ast.Mutation {
		root = mutationRoot{}
	}
	data, ok := x.object(root, x.collect([]ast.SelectionSet{op.SelectionSet}, root.typeName()), nil)
	if !ok {
		return nil
	}
	return data
}

// object resolves the fields of one node; false means that a null has to
// propagate to the parent.
func (x *exec) object(n node, fields []*collected, path []any) (any, bool) {
	out := make(object, 0, len(fields))
	for _, c := range fields {
		at := append(slices.Clip(path), any(c.key))
		value, ok := x.resolve(n, c, at)
		if !ok {
			return nil, false
		}
		out = append(out, pair{c.key, value})
	}
	return out, true
}

func (x *exec) resolve(n node, c *collected, path []any) (any, bool) {
	field := c.fields[0]
	if field.Name == "__typename" {
		return n.typeName(), true
	}
	var value any
	if broken := x.plan.oneOf[field]; len(broken) > 0 {
		value = x.refuseInput(n, field, broken)
	} else {
		value = n.field(x, field.Name, x.plan.args[field])
	}
	if err, failed := value.(error); failed {
		x.fail(err, field, path)
		return nil, !field.Definition.Type.NonNull
	}
	return x.completeValue(value, field.Definition.Type, c, path)
}

func (x *exec) completeValue(value any, t *ast.Type, c *collected, path []any) (any, bool) {
	if t.Elem != nil {
		return x.completeList(value, t, c, path)
	}
	if value == nil {
		if t.NonNull {
			x.fail(fmt.Errorf("cannot return null for non-nullable field %s", c.fields[0].Name), c.fields[0], path)
		}
		return nil, !t.NonNull
	}
	n, isObject := value.(node)
	if !isObject {
		return value, true
	}
	name := n.typeName()
	sub, known := c.sub[name]
	if !known {
		sets := make([]ast.SelectionSet, len(c.fields))
		for i, f := range c.fields {
			sets[i] = f.SelectionSet
		}
		sub = x.collect(sets, name)
		c.sub[name] = sub
	}
	result, ok := x.object(n, sub, path)
	if !ok {
		return nil, !t.NonNull
	}
	return result, true
}

func (x *exec) completeList(value any, t *ast.Type, c *collected, path []any) (any, bool) {
	if value == nil && !t.NonNull {
		return nil, true
	}
	items, _ := value.([]any) // an absent list of a non-null type is an empty one
	out := make([]any, 0, len(items))
	for i, item := range items {
		done, ok := x.completeValue(item, t.Elem, c, append(slices.Clip(path), any(i)))
		if !ok {
			return nil, !t.NonNull
		}
		out = append(out, done)
	}
	return out, true
}

func (x *exec) fail(err error, field *ast.Field, path []any) {
	category := "validation"
	if _, denied := err.(authorizationError); denied { //nolint:errorlint // resolvers return it bare
		category = "authorization"
	}
	x.errors = append(x.errors, gqlError{
		Message: err.Error(), Extensions: map[string]string{"category": category},
		Locations: []location{{field.Position.Line, field.Position.Column}}, Path: path,
	})
}

// collect merges selections that apply to a concrete type into response keys.
func (x *exec) collect(sets []ast.SelectionSet, typeName string) []*collected {
	var out []*collected
	byKey := make(map[string]*collected)
	var walk func(ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, selection := range set {
			switch s := selection.(type) {
			case *ast.Field:
				if x.plan.skipped(s.Directives) {
					continue
				}
				c := byKey[s.Alias]
				if c == nil {
					c = &collected{key: s.Alias, sub: make(map[string][]*collected)}
					byKey[s.Alias] = c
					out = append(out, c)
				}
				c.fields = append(c.fields, s)
			case *ast.InlineFragment:
				if !x.plan.skipped(s.Directives) && (s.TypeCondition == "" || x.schema.applies(s.TypeCondition, typeName)) {
					walk(s.SelectionSet)
				}
			case *ast.FragmentSpread:
				if !x.plan.skipped(s.Directives) && x.schema.applies(s.Definition.TypeCondition, typeName) {
					walk(s.Definition.SelectionSet)
				}
			}
		}
	}
	for _, set := range sets {
		walk(set)
	}
	return out
}

// list turns typed nodes into what the executor reads.
func list[T any](items []T) []any {
	out := make([]any, len(items))
	for i, item := range items {
		out[i] = item
	}
	return out
}

// opt keeps a nil pointer from becoming a non-nil node.
func opt[T any](p *T) any {
	if p == nil {
		return nil
	}
	return p
}

// orNull keeps an empty string from being shown where Centra shows null.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func itoa(i int) string { return strconv.Itoa(i) }
