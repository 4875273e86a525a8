package centra

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// plan is an operation made ready: arguments coerced, cost and permissions
// known, before anything is read or written.
type plan struct {
	schema     *schema
	operation  *ast.OperationDefinition
	variables  map[string]any
	args       map[*ast.Field]args
	oneOf      map[*ast.Field]problems
	needs      []need
	deprecated []string
	complexity int
	mutations  int
	introspect bool
}

// need is a permission that a field demands.
type need struct {
	permission, field string
	at                *ast.Position
}

// newPlan prepares an operation; its error is a fault in the variables or in a
// literal, hence HTTP 400.
func newPlan(s *schema, op *ast.OperationDefinition, raw map[string]any) (*plan, error) {
	p := &plan{schema: s, operation: op, args: make(map[*ast.Field]args), oneOf: make(map[*ast.Field]problems), variables: make(map[string]any)}
	for _, v := range op.VariableDefinitions {
		value, given := raw[v.Variable]
		if !given {
			if v.DefaultValue != nil {
				standard, err := p.literal(v.DefaultValue, v.Type)
				if err != nil {
					return nil, err
				}
				p.variables[v.Variable] = standard
			} else if v.Type.NonNull {
				return nil, fmt.Errorf("variable \"$%s\" of required type \"%s\" was not provided", v.Variable, v.Type)
			}
			continue
		}
		done, err := s.coerce(value, v.Type)
		if err != nil {
			return nil, fmt.Errorf("variable \"$%s\" got an invalid value: %w", v.Variable, err)
		}
		p.variables[v.Variable] = done
	}
	cost, err := p.walk(op.SelectionSet)
	if err != nil {
		return nil, err
	}
	p.complexity = max(1, cost)
	if op.Operation == ast.Mutation {
		p.mutations = p.countRoots(op.SelectionSet)
	}
	return p, nil
}

func (p *plan) countRoots(set ast.SelectionSet) (n int) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			if s.Name != "__typename" && !p.skipped(s.Directives) {
				n++
			}
		case *ast.InlineFragment:
			if !p.skipped(s.Directives) {
				n += p.countRoots(s.SelectionSet)
			}
		case *ast.FragmentSpread:
			if !p.skipped(s.Directives) {
				n += p.countRoots(s.Definition.SelectionSet)
			}
		}
	}
	return n
}

// walk coerces the arguments of a selection and returns its complexity.
func (p *plan) walk(set ast.SelectionSet) (cost int, err error) {
	for _, selection := range set {
		inner, err := 0, error(nil)
		switch s := selection.(type) {
		case *ast.Field:
			if !p.skipped(s.Directives) {
				inner, err = p.walkField(s)
			}
		case *ast.InlineFragment:
			if !p.skipped(s.Directives) {
				inner, err = p.walk(s.SelectionSet)
			}
		case *ast.FragmentSpread:
			if !p.skipped(s.Directives) {
				inner, err = p.walk(s.Definition.SelectionSet)
			}
		}
		if err != nil {
			return 0, err
		}
		cost += inner
	}
	return cost, nil
}

func (p *plan) walkField(f *ast.Field) (int, error) {
	if strings.HasPrefix(f.Name, "__") {
		p.introspect = p.introspect || f.Name != "__typename"
	}
	if f.Name == "__typename" {
		return 0, nil
	}
	if _, done := p.args[f]; !done {
		if err := p.prepare(f); err != nil {
			return 0, err
		}
	}
	children, err := p.walk(f.SelectionSet)
	if err != nil {
		return 0, err
	}
	return p.fieldCost(f, children), nil
}

func (p *plan) prepare(f *ast.Field) error {
	a := make(args)
	for _, def := range f.Definition.Arguments {
		value, present, err := p.argument(f, def)
		if err != nil {
			return err
		}
		if present && value != nil {
			a[def.Name] = value
			p.checkOneOf(f, def.Type, value, []string{def.Name})
		}
	}
	p.args[f] = a
	for _, permission := range permissionsFor(f, p.schema) {
		p.demand(permission, f)
	}
	if reason := deprecation(f.Definition); reason != "" {
		name := f.ObjectDefinition.Name + "." + f.Name + ": " + reason
		if !slices.Contains(p.deprecated, name) {
			p.deprecated = append(p.deprecated, name)
		}
	}
	return nil
}

func (p *plan) demand(permission string, f *ast.Field) {
	for _, n := range p.needs {
		if n.permission == permission {
			return
		}
	}
	p.needs = append(p.needs, need{permission, f.ObjectDefinition.Name + "." + f.Name, f.Position})
}

func (p *plan) argument(f *ast.Field, def *ast.ArgumentDefinition) (value any, present bool, err error) {
	given := f.Arguments.ForName(def.Name)
	if given != nil && given.Value.Kind == ast.Variable {
		if value, present = p.variables[given.Value.Raw]; present {
			return value, true, nil
		}
		given = nil
	}
	switch {
	case given != nil:
		value, err = p.literal(given.Value, def.Type)
		return value, true, err
	case def.DefaultValue != nil:
		value, err = p.literal(def.DefaultValue, def.Type)
		return value, true, err
	}
	return nil, false, nil
}

// checkOneOf records inputs that give none or several of their alternatives.
func (p *plan) checkOneOf(f *ast.Field, t *ast.Type, value any, path []string) {
	switch v := value.(type) {
	case []any:
		for i, item := range v {
			p.checkOneOf(f, t.Elem, item, append(slices.Clip(path), itoa(i)))
		}
	case map[string]any:
		def := p.schema.Types[t.Name()]
		given, wrong := 0, false
		for _, name := range sortedKeys(v) {
			if v[name] == nil {
				continue
			}
			given++
			wrong = wrong || v[name] == false
			p.checkOneOf(f, def.Fields.ForName(name).Type, v[name], append(slices.Clip(path), name))
		}
		if oneOf(def.Name) && (given != 1 || wrong) {
			p.oneOf[f] = append(p.oneOf[f], problem{"Exactly one input field of " + def.Name + " should be provided", path})
		}
	}
}

// fieldCost is 1 for an object, its children as often as a list may hold them,
// and more for stock quantities other than the cheap one.
func (p *plan) fieldCost(f *ast.Field, children int) int {
	if f.Name == "rateLimits" {
		return 10
	}
	parent := f.ObjectDefinition.Name
	if len(f.SelectionSet) == 0 {
		if (parent == "Stock" || parent == "StockTotals") && f.Name != "freeToAllocateQuantity" {
			return 5
		}
		return 0
	}
	times := 1
	if f.Definition.Type.Elem != nil || strings.HasSuffix(f.Name, "Connection") {
		times = 2
		for _, name := range []string{"limit", "first", "last"} {
			if n, set := p.args[f][name].(int); set {
				times = max(1, n)
			}
		}
	}
	if f.Name == "edges" || strings.HasPrefix(f.Name, "__") || strings.HasPrefix(parent, "__") {
		times = 1
	}
	return times * (1 + children)
}

// skipped evaluates @skip and @include.
func (p *plan) skipped(directives ast.DirectiveList) bool {
	for _, d := range directives {
		if d.Name != "skip" && d.Name != "include" {
			continue
		}
		condition := d.Arguments.ForName("if").Value
		on := condition.Raw == "true"
		if condition.Kind == ast.Variable {
			on, _ = p.variables[condition.Raw].(bool)
		}
		if on == (d.Name == "skip") {
			return true
		}
	}
	return false
}
