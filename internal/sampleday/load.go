package sampleday

import (
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Files that Load looks for below its folder, the first that is there.
var (
	orderFiles     = []string{"online-retail/peak_week*.csv", "peak_week*.csv", "online-retail/non_uk*.csv", "non_uk*.csv"}
	catalogueFiles = []string{"apparel-catalogue/*_variants.csv", "*_variants.csv"}
)

// Load makes a day from published order lines and an apparel catalogue in dir (see
// orderFiles, catalogueFiles). Invoices are the orders; each product code stands
// for a garment chosen by the code's hash, which is derived and said in Notes.
//
// Every row of the order file is a line of an order or a refused row with its
// reason. What a row's oddity leads to:
//
//	code that is no product (POST, M …)   kept: incomplete-item, because nobody knows
//	                                      the condition that the warehouse demands of it
//	country that is none, or unknown      kept, the address has no country: invalid-address
//	more lines or units than ACS takes    kept: too-large
//	exact duplicate, no description       kept: the units were sold
//	price 0 or below, quantity 0 or below refused: no sale
//	invoice C… (a cancellation)           refused: a return, which the day does not replay
//	invoice beyond Options.Orders         refused: the day is full
//
// Where two kinds would meet in one order, rows are refused until one is left.
func Load(dir string, opts Options) (*Day, error) {
	opts, err := opts.complete()
	if err != nil {
		return nil, err
	}
	orders, err := find(dir, orderFiles)
	if err != nil {
		return nil, err
	}
	garments, err := find(dir, catalogueFiles)
	if err != nil {
		return nil, err
	}
	l := &loader{builder: newBuilder(opts, publishedShop()), orderFile: orders, known: map[string]*item{}, customers: map[string]person{}}
	l.payments = paymentDeck(l.r, l.shop)
	if err := l.readCatalogue(dir, garments); err != nil {
		return nil, err
	}
	rows, err := l.readOrders(dir, orders)
	if err != nil {
		return nil, err
	}
	invoices := l.choose(group(rows))
	for i, in := range invoices {
		l.order(i, in)
	}
	l.say(len(invoices))
	slices.SortFunc(l.refused, func(x, y RefusedRow) int {
		if c := strings.Compare(x.File, y.File); c != 0 {
			return c
		}
		return x.Line - y.Line
	})
	return l.day()
}

// find returns the first file that a pattern matches, as a path below dir.
func find(dir string, patterns []string) (string, error) {
	for _, pattern := range patterns {
		found, err := fs.Glob(os.DirFS(dir), pattern)
		if err != nil {
			return "", fmt.Errorf("sampleday: look for %s: %w", pattern, err)
		}
		if len(found) > 0 {
			return found[0], nil
		}
	}
	return "", fmt.Errorf("sampleday: %s holds none of %s; name a folder with published data by --data", filepath.Clean(dir), strings.Join(patterns, ", "))
}

// publishedShop sells in pounds only, as the published data do.
func publishedShop() *shop {
	var continent []string
	for _, code := range append([]string{"JE"}, europe...) {
		if code != "GB" {
			continent = append(continent, code)
		}
	}
	return &shop{
		markets: []*market{
			{1, "United Kingdom", "ATELIER-UK", "GBP", []string{"GB"}, 20, 1, 1, 1, 0},
			{2, "Europe", "ATELIER-EU", "GBP", continent, 0, 1, 1, 1, 0},
			{3, "Rest of World", "ATELIER-UK", "GBP", nil, 0, 1, 1, 1, 0},
		},
		methods:  []*method{{1, "Standard", "standard", 0}},
		payments: payments(),
	}
}

func (s *shop) marketOf(country string) *market {
	for _, m := range s.markets[:2] {
		if slices.Contains(m.countries, country) {
			return m
		}
	}
	return s.markets[2]
}

// loader joins published orders and garments.
type loader struct {
	*builder
	orderFile string
	garments  []garment // of the catalogue, in the file's order
	known     map[string]*item
	styles    map[string]*style
	customers map[string]person
	payments  *deck[*payment]
}

func (l *loader) refuse(file string, line int, reason string) {
	l.refused = append(l.refused, RefusedRow{File: file, Line: line, Reason: reason})
}

func (l *loader) refuseRows(rows []row, reason string) {
	for _, r := range rows {
		l.refuse(l.orderFile, r.line, reason)
	}
}

// invoice is the rows of one order.
type invoice struct {
	number int
	rows   []row
}

// group puts rows of one number together, in order of their first row.
func group(rows []row) []invoice {
	at := map[int]int{}
	var out []invoice
	for _, r := range rows {
		i, known := at[r.invoice]
		if !known {
			i = len(out)
			at[r.invoice] = i
			out = append(out, invoice{number: r.invoice})
		}
		out[i].rows = append(out[i].rows, r)
	}
	return out
}

// choose draws as many invoices as the day takes and keeps their order.
func (l *loader) choose(all []invoice) []invoice {
	if len(all) <= l.opts.Orders {
		return all
	}
	taken := make([]bool, len(all))
	for _, i := range l.r.Perm(len(all))[:l.opts.Orders] {
		taken[i] = true
	}
	var out []invoice
	for i, in := range all {
		if taken[i] {
			out = append(out, in)
			continue
		}
		l.refuseRows(in.rows, fmt.Sprintf("the day is full: it takes %d of %d invoices; ask for more with --orders", l.opts.Orders, len(all)))
	}
	return out
}

// hashOf is a stable hash of a code.
func hashOf(code string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(strings.ToUpper(code))) // never fails
	return h.Sum64()
}

func (l *loader) say(orders int) {
	l.notes = append(l.notes,
		"Orders, quantities, prices, times and countries: \"Online Retail\" by Daqing Chen, Sai Liang Sain and Kun Guo, UCI, CC BY 4.0.",
		"Garments: Magento's sample shop \"Luma\", AFL 3.0. The join of both is derived: each product code stands for a garment by its hash.",
		"Names and addresses are made up.",
		fmt.Sprintf("%d invoices of %s are orders; rows that are none are listed with their reason.", orders, l.orderFile),
	)
}
