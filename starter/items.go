package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"selvedge/internal/config"
	"selvedge/internal/domain"
	"selvedge/internal/enrich"
)

type itemsCmd struct {
	List   itemsListCmd   `cmd:"" help:"List what was completed for items, and what their warehouse still misses."`
	Set    itemsSetCmd    `cmd:"" help:"Complete one attribute of an item. Setting an equal value changes nothing."`
	Import itemsImportCmd `cmd:"" help:"Complete attributes from a CSV file, all or none. Importing twice changes nothing."`
}

type itemsListCmd struct {
	Warehouse string   `help:"The warehouse, as the shop names it." required:"" placeholder:"WAREHOUSE"`
	SKU       []string `name:"sku" help:"The warehouse's codes of the items, with commas between." required:"" placeholder:"SKU"`
	JSON      bool     `name:"json" help:"Print JSON."`
}

// itemsShown is what is known of items in --json.
type itemsShown struct {
	Items      []itemShown            `json:"items"`
	Attributes []domain.ItemAttribute `json:"attributes"`
}

// itemShown is what a warehouse says of an item.
type itemShown struct {
	Warehouse string    `json:"warehouse"`
	SKU       string    `json:"sku"`
	Name      string    `json:"name,omitempty"`
	Pickable  bool      `json:"pickable"`
	Missing   []string  `json:"missing"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// Run lists items by SKU.
func (l itemsListCmd) Run(ctx context.Context, s streams) error {
	db, _, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	shown := itemsShown{Items: []itemShown{}}
	items, err := db.Items(ctx, l.Warehouse, l.SKU)
	if err != nil {
		return err
	}
	for _, i := range items {
		shown.Items = append(shown.Items, itemShown(i))
	}
	if shown.Attributes, err = db.ItemAttributes(ctx, l.Warehouse, l.SKU); err != nil {
		return err
	}
	if l.JSON {
		return printJSON(s.out, shown)
	}
	if len(shown.Attributes) == 0 {
		fmt.Fprintln(s.out, "Nothing was completed for these items.")
	} else {
		t := newTable(s.out, "item", "attribute", "value")
		for _, a := range shown.Attributes {
			t.AppendRow([]any{a.SKU, a.Attribute, a.Value})
		}
		t.Render()
	}
	for _, i := range shown.Items {
		if len(i.Missing) > 0 {
			fmt.Fprintf(s.out, "The warehouse says that %s misses %s.\n", i.SKU, strings.Join(i.Missing, ", "))
		}
	}
	return nil
}

type itemsSetCmd struct {
	Words     []string `arg:"" optional:"" name:"words" help:"Warehouse, SKU, attribute and value in this order, as questions name them, instead of the flags."`
	Warehouse string   `help:"The warehouse, as the shop names it." placeholder:"WAREHOUSE"`
	SKU       string   `name:"sku" help:"The warehouse's code of the item." placeholder:"SKU"`
	Attribute string   `help:"The attribute: itemCondition, grade, countryOfOrigin or commodityCode." placeholder:"ATTRIBUTE"`
	Value     string   `help:"Its value." placeholder:"VALUE"`
	Author    string   `help:"Who completes it; by default who is logged in." placeholder:"NAME"`
}

// Run completes one attribute.
func (i itemsSetCmd) Run(ctx context.Context, s streams) error {
	switch {
	case len(i.Words) == 0:
	case len(i.Words) != len(enrich.ItemColumns()) || i.Warehouse+i.SKU+i.Attribute+i.Value != "":
		return misuse("give warehouse, SKU, attribute and value, all in this order or all as flags")
	default:
		i.Warehouse, i.SKU, i.Attribute, i.Value = i.Words[0], i.Words[1], i.Words[2], i.Words[3]
	}
	if err := required([2]string{"warehouse", i.Warehouse}, [2]string{"sku", i.SKU}, [2]string{"attribute", i.Attribute}, [2]string{"value", i.Value}); err != nil {
		return err
	}
	a := domain.ItemAttribute{Warehouse: strings.TrimSpace(i.Warehouse), SKU: strings.TrimSpace(i.SKU), Attribute: enrich.AttributeNamed(i.Attribute), Value: strings.TrimSpace(i.Value)}
	return saveAttributes(ctx, s, []domain.ItemAttribute{a}, i.Author)
}

type itemsImportCmd struct {
	File   string `arg:"" help:"The file to read, - for standard input: CSV with the columns warehouse, sku, attribute and value."`
	Author string `help:"Who completes them; by default who is logged in." placeholder:"NAME"`
}

// Run reads and checks the whole file before anything is saved.
func (i itemsImportCmd) Run(ctx context.Context, s streams) error {
	in, err := openFile(i.File)
	if err != nil {
		return err
	}
	defer in.Close()
	attributes, err := enrich.ReadItems(fileName(i.File), in)
	if err != nil {
		return fmt.Errorf("nothing was saved:\n%w", err)
	}
	return saveAttributes(ctx, s, attributes, i.Author)
}

func saveAttributes(ctx context.Context, s streams, attributes []domain.ItemAttribute, author string) error {
	author, err := person(author)
	if err != nil {
		return err
	}
	db, c, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	warnOfItems(s.err, c, attributes)
	if err := db.SaveItemAttributes(ctx, attributes, author, time.Now()); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "Completed %s. Orders that waited for this: `starter exceptions list`, then `starter exceptions resume`.\n", plural(len(attributes), "attribute"))
	return nil
}

// warnOfItems names what nothing reads: it may be ahead of its time, and it may be a slip.
func warnOfItems(out io.Writer, c config.Config, attributes []domain.ItemAttribute) {
	var scopes []domain.Rule
	said := map[string]bool{}
	for _, a := range attributes {
		scopes = append(scopes, domain.Rule{Warehouse: a.Warehouse})
		if !slices.Contains(enrich.Attributes(), a.Attribute) && !said[a.Attribute] {
			said[a.Attribute] = true
			fmt.Fprintf(out, "starter: note: no order asks for the attribute %q; asked for are %s\n", a.Attribute, strings.Join(enrich.Attributes(), ", "))
		}
	}
	warnOfScopes(out, c, scopes)
}
