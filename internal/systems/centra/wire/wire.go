// Package wire holds the few wire types of Centra that are written by hand,
// because the generator would make an interface or a new struct of each use.
package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Money is a MonetaryValue. Value keeps the text of the number as Centra wrote it.
type Money struct {
	Value    json.Number `json:"value"`
	Currency struct {
		Code string `json:"code"`
	} `json:"currency"`
}

// Element is one element of an attribute, of whichever kind: kinds that the
// schema does not know yet decode too, with whatever value they share.
type Element struct {
	Key               string `json:"key"`
	Value             string `json:"value"`
	SelectedValue     string `json:"selectedValue"`
	SelectedValueName string `json:"selectedValueName"`
}

// Text gives the value that a person entered or chose.
func (e Element) Text() string {
	for _, v := range []string{e.Value, e.SelectedValueName, e.SelectedValue} {
		if v != "" {
			return v
		}
	}
	return ""
}

// Notice is a userError or userWarning. Neither has a code.
type Notice struct {
	Message string `json:"message"`
	Path    Path   `json:"path"`
}

// Path leads to the input field that a notice is about. The type of its elements
// is not documented, so any is taken: a refusal must not become unreadable by it.
type Path []string

// UnmarshalJSON reads a list of anything; what is no list is one element.
func (p *Path) UnmarshalJSON(raw []byte) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber() // else a number that no float holds would make all of the answer unreadable
	var value any
	if err := d.Decode(&value); err != nil {
		return err
	}
	*p = nil
	switch v := value.(type) {
	case nil:
	case []any:
		for _, element := range v {
			*p = append(*p, fmt.Sprint(element))
		}
	default:
		*p = Path{fmt.Sprint(v)}
	}
	return nil
}

// String joins the elements by dots.
func (p Path) String() string { return strings.Join(p, ".") }
