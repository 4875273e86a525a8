package acs_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/systems/acs"
	"selvedge/internal/systems/acs/gen"
)

// sentences are the members whose words pass with only those taken out that the same
// order's addresses hold. That they are taken out requireTakenOut demands: a changed byte
// in an address makes another name of it.
var sentences = map[string]bool{"message": true, "allowed": true, "attribute": true, "code": true, "holdreason": true, "pointer": true}

// requireOnlyIDs demands that nobody is named in what was read of an answer. A warehouse
// that says that a SKU is called like a person is believed.
func requireOnlyIDs(t *testing.T, read any, answer string) {
	t.Helper()
	given := identifying(answer, func(name string) bool { return acs.KeptNames[name] || sentences[name] })
	for _, text := range textsOf(read) {
		for _, word := range personalWords {
			if strings.Contains(plainly(text), word) {
				require.True(t, slices.ContainsFunc(given, func(id string) bool { return strings.Contains(id, word) }), "%q is told, and %q is in no id of %s", text, word, answer)
			}
		}
	}
}

// requireTakenOut demands that nothing that stands in an order's own addresses is
// repeated in the words about it.
func requireTakenOut(t *testing.T, o domain.WarehouseOrder, answer string) {
	t.Helper()
	var order gen.Order
	if json.Unmarshal([]byte(answer), &order) != nil {
		return
	}
	ids := identifying(answer, func(name string) bool { return acs.KeptNames[name] && name != "code" })
	for _, value := range textsOf([]any{order.DeliverTo, order.BillTo}) {
		value = plainly(value)
		if !slices.ContainsFunc(personalWords, func(word string) bool { return strings.Contains(value, word) }) ||
			strings.Contains(value, "/") || // a pointer is looked at part by part
			slices.ContainsFunc(ids, func(id string) bool { return strings.Contains(id, value) }) {
			continue
		}
		for _, text := range textsOf([]any{o.Rejection, o.HoldReason}) {
			require.NotContains(t, plainly(text), value)
		}
	}
}

// plainly is a text without regard to letter case and spaces.
func plainly(text string) string { return strings.ToLower(strings.Join(strings.Fields(text), " ")) }

// identifying collects from a document what stands under the names that pass, and what
// the account itself names: statuses and grades. Of half a document half is found.
func identifying(document string, passes func(name string) bool) []string {
	var found []string
	_ = visitJSON(document, func(under, name string, value any) {
		if under == "quantities" || under == "bygrade" {
			found = append(found, plainly(name))
		}
		if text, ok := value.(string); ok && passes(name) {
			found = append(found, plainly(text))
		}
	})
	return found
}

// visitJSON tells of each value of a document, also where a key stands twice, the name
// that it stands under and the name that the object stands under, both as encoding/json
// compares them. A list's values stand under the list's name.
func visitJSON(document string, tell func(under, name string, value any)) error {
	d := json.NewDecoder(strings.NewReader(document))
	d.UseNumber()
	var visit func(under, name string) error
	visit = func(under, name string) error {
		token, err := d.Token()
		if err != nil {
			return err
		}
		tell(under, name, token)
		switch token {
		case json.Delim('{'):
			for d.More() {
				key, err := d.Token()
				if err != nil {
					return err
				}
				if err := visit(name, strings.ToLower(strings.ToUpper(fmt.Sprint(key)))); err != nil {
					return err
				}
			}
			_, err = d.Token()
		case json.Delim('['):
			for d.More() {
				if err := visit(under, name); err != nil {
					return err
				}
			}
			_, err = d.Token()
		}
		return err
	}
	return visit("", "")
}

// textsOf collects every text within a value, through pointers and within JSON.
func textsOf(value any) []string {
	var found []string
	var visit func(v reflect.Value)
	visit = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.String:
			found = append(found, v.String())
		case reflect.Pointer, reflect.Interface:
			if !v.IsNil() {
				visit(v.Elem())
			}
		case reflect.Struct:
			for i := range v.NumField() {
				if v.Type() != reflect.TypeFor[time.Time]() {
					visit(v.Field(i))
				}
			}
		case reflect.Map:
			for _, key := range v.MapKeys() {
				visit(key)
				visit(v.MapIndex(key))
			}
		case reflect.Slice:
			if v.Type().Elem().Kind() == reflect.Uint8 {
				if visitJSON(string(v.Bytes()), func(_, name string, value any) { found = append(found, name, fmt.Sprint(value)) }) != nil {
					found = append(found, string(v.Bytes()))
				}
				return
			}
			for i := range v.Len() {
				visit(v.Index(i))
			}
		}
	}
	visit(reflect.ValueOf(value))
	return found
}

// TestThePersonalIsFoundWhereverItStands keeps the fuzz targets from seeing nothing.
func TestThePersonalIsFoundWhereverItStands(t *testing.T) {
	t.Parallel()
	given := map[string]*[]any{"Zephyrine": {"b", &struct{ C, D any }{"c", json.RawMessage(`{"d":["e"]}`)}, []byte("f{")}}
	require.Subset(t, textsOf(given), []string{"Zephyrine", "b", "c", "d", "e", "f{"})
	require.Contains(t, textsOf(domain.WarehouseOrder{Rejection: []domain.Refusal{{Message: "Zephyrine"}}}), "Zephyrine")
	require.Equal(t, []string{"zephyrine", "quill feather"}, identifying(`{"a":[{"S\u017fku":"n","ſku":"Zephyrine","Quantities":{"Quill  Feather":null}`, func(name string) bool { return name == "sku" }))
}
