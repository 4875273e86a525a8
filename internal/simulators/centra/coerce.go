package centra

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// coerce turns a decoded JSON variable into the Go value of its type: int,
// float64, string, bool, time.Time, []any or map[string]any. It is stricter
// than gqlparser's, which lets "12" pass for an Int and any case for an enum.
func (s *schema) coerce(value any, t *ast.Type) (any, error) {
	if value == nil {
		if t.NonNull {
			return nil, fmt.Errorf("expected type %s not to be null", t)
		}
		return nil, nil
	}
	if t.Elem != nil {
		items, isList := value.([]any)
		if !isList {
			items = []any{value} // one value stands for a list of one
		}
		out := make([]any, len(items))
		for i, item := range items {
			done, err := s.coerce(item, t.Elem)
			if err != nil {
				return nil, fmt.Errorf("at %d: %w", i, err)
			}
			out[i] = done
		}
		return out, nil
	}
	def := s.Types[t.NamedType]
	switch def.Kind {
	case ast.Enum:
		if name, ok := value.(string); ok && def.EnumValues.ForName(name) != nil {
			return name, nil
		}
		return nil, fmt.Errorf("expected type %s", def.Name)
	case ast.InputObject:
		return s.coerceObject(value, def)
	default:
		return coerceScalar(value, def.Name)
	}
}

func (s *schema) coerceObject(value any, def *ast.Definition) (any, error) {
	given, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("expected type %s to be an object", def.Name)
	}
	out := make(map[string]any, len(given))
	for _, name := range sortedKeys(given) {
		field := def.Fields.ForName(name)
		if field == nil {
			return nil, fmt.Errorf("field %q is not defined by type %s", name, def.Name)
		}
		done, err := s.coerce(given[name], field.Type)
		if err != nil {
			return nil, fmt.Errorf("at %s: %w", name, err)
		}
		out[name] = done
	}
	for _, field := range def.Fields {
		if _, set := given[field.Name]; !set && field.Type.NonNull {
			return nil, fmt.Errorf("field %s.%s of required type %s was not provided", def.Name, field.Name, field.Type)
		}
	}
	return out, nil
}

func coerceScalar(value any, name string) (any, error) {
	wrong := fmt.Errorf("expected type %s", name)
	switch name {
	case "Int", "Int64":
		text := fmt.Sprint(value)
		if number, isNumber := value.(json.Number); isNumber {
			if f, err := number.Float64(); err == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
				text = strconv.FormatInt(int64(f), 10)
			}
		} else if _, isText := value.(string); !isText || name == "Int" {
			return nil, wrong
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || (name == "Int" && (n > math.MaxInt32 || n < math.MinInt32)) {
			return nil, wrong
		}
		return int(n), nil
	case "Float":
		if number, isNumber := value.(json.Number); isNumber {
			if f, err := number.Float64(); err == nil {
				return f, nil
			}
		}
		return nil, wrong
	case "Boolean":
		if b, ok := value.(bool); ok {
			return b, nil
		}
		return nil, wrong
	case "DateTimeTz":
		if text, ok := value.(string); ok {
			return parseTime(text)
		}
		return nil, wrong
	default:
		if text, ok := value.(string); ok {
			return text, nil
		}
		return nil, wrong
	}
}

// literal evaluates a value written in the document. The validator has checked
// its shape; only custom scalars can still be wrong.
func (p *plan) literal(v *ast.Value, t *ast.Type) (any, error) {
	switch v.Kind {
	case ast.Variable:
		return p.variables[v.Raw], nil
	case ast.NullValue:
		return nil, nil
	}
	if t.Elem != nil {
		if v.Kind != ast.ListValue {
			one, err := p.literal(v, t.Elem)
			return []any{one}, err
		}
		out := make([]any, len(v.Children))
		for i, child := range v.Children {
			done, err := p.literal(child.Value, t.Elem)
			if err != nil {
				return nil, err
			}
			out[i] = done
		}
		return out, nil
	}
	def := p.schema.Types[t.NamedType]
	switch v.Kind {
	case ast.ObjectValue:
		out := make(map[string]any, len(v.Children))
		for _, child := range v.Children {
			if child.Value.Kind == ast.Variable {
				if _, set := p.variables[child.Value.Raw]; !set {
					continue
				}
			}
			done, err := p.literal(child.Value, def.Fields.ForName(child.Name).Type)
			if err != nil {
				return nil, err
			}
			out[child.Name] = done
		}
		return out, nil
	case ast.EnumValue:
		return v.Raw, nil
	case ast.BooleanValue:
		return v.Raw == "true", nil
	case ast.IntValue, ast.FloatValue:
		return coerceScalar(json.Number(v.Raw), def.Name)
	default:
		return coerceScalar(v.Raw, def.Name)
	}
}

// parseTime reads what Centra accepts as a date: ISO 8601 with a zone, or
// "2006-01-02 15:04:05" in the instance's own zone, here UTC.
func parseTime(text string) (any, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05-0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return nil, fmt.Errorf("expected type DateTimeTz: %q is no date", text)
}

// formatTime writes a time by a PHP date format, as the format arguments do.
func formatTime(t time.Time, format string) any {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	if format == "" || format == `Y-m-d\TH:i:sP` {
		return t.Format("2006-01-02T15:04:05-07:00")
	}
	letters := map[rune]string{
		'Y': "2006", 'y': "06", 'm': "01", 'n': "1", 'd': "02", 'j': "2", 'H': "15", 'h': "03", 'i': "04", 's': "05",
		'P': "-07:00", 'O': "-0700", 'T': "MST", 'e': "MST", 'A': "PM", 'a': "pm", 'M': "Jan", 'F': "January", 'D': "Mon", 'l': "Monday",
	}
	out, escaped := "", false
	for _, r := range format {
		switch {
		case escaped:
			out, escaped = out+string(r), false
		case r == '\\':
			escaped = true
		case r == 'U':
			out += strconv.FormatInt(t.Unix(), 10)
		case r == 'u':
			out += fmt.Sprintf("%06d", t.Nanosecond()/1000)
		case r == 'v':
			out += fmt.Sprintf("%03d", t.Nanosecond()/1_000_000)
		case letters[r] != "":
			out += t.Format(letters[r])
		default:
			out += string(r)
		}
	}
	return out
}

// args are the coerced arguments of a field or the fields of an input.
type args map[string]any

func (a args) has(name string) bool   { return a[name] != nil }
func (a args) flag(name string) bool  { b, _ := a[name].(bool); return b }
func (a args) str(name string) string { s, _ := a[name].(string); return s }
func (a args) num(name string) int    { n, _ := a[name].(int); return n }
func (a args) when(name string) time.Time {
	t, _ := a[name].(time.Time)
	return t
}

func (a args) obj(name string) args {
	m, _ := a[name].(map[string]any)
	return m
}

func (a args) objs(name string) []args {
	items, _ := a[name].([]any)
	out := make([]args, 0, len(items))
	for _, item := range items {
		m, _ := item.(map[string]any)
		out = append(out, m)
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
