package judge

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// BookedLine is a line of a posted document, as the product exports its books.
type BookedLine struct {
	Key       string // of the document
	Type      string // credit-memo, write-off, refund, …
	Store     string // of the order; empty for what belongs to none
	Order     string
	Return    string // of the shop or of the warehouse
	ReturnRef string
	Reference string
	Line      string // the order's line
	LineType  string
	SKU       string
	Quantity  int
}

// booked reads an export: columns are found by their names, so that others may be added.
func booked(path string) ([]BookedLine, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("judge: %w", err)
	}
	defer func() { _ = f.Close() }()
	return readBooked(f)
}

func readBooked(in io.Reader) ([]BookedLine, error) {
	rows, err := csv.NewReader(in).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("judge: the export of the books: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	columns := map[string]int{}
	for i, name := range rows[0] {
		columns[name] = i
	}
	for _, name := range []string{"document_key", "type", "store", "order_number", "return", "return_reference", "reference", "line_ref", "line_type", "sku", "quantity"} {
		if _, there := columns[name]; !there {
			return nil, fmt.Errorf("judge: the export of the books has no column %s", name)
		}
	}
	var out []BookedLine
	for n, row := range rows[1:] {
		cell := func(name string) string { return strings.TrimPrefix(row[columns[name]], "'") }
		quantity, err := strconv.Atoi(cell("quantity"))
		if err != nil {
			return nil, fmt.Errorf("judge: row %d of the export of the books: quantity: %w", n+2, err)
		}
		out = append(out, BookedLine{
			Key: cell("document_key"), Type: cell("type"), Store: cell("store"), Order: cell("order_number"), Return: cell("return"), ReturnRef: cell("return_reference"),
			Reference: cell("reference"), Line: cell("line_ref"), LineType: cell("line_type"), SKU: cell("sku"), Quantity: quantity,
		})
	}
	return out, nil
}

// losses are the dispositions that end a garment, and reasons the words for the same in
// a warehouse's books. What is missing is a person's to call lost.
var (
	losses  = map[string]bool{"ber": true, "donate": true, "recycle": true, "return_to_brand": true}
	reasons = map[string]bool{"ber_write_off": true, "donated": true, "recycled": true, "returned_to_brand": true, "lost": true}
	// counts are the contract's words for what leaves the books and is no loss.
	counts = map[string]bool{"sold_ex_hire": true, "count_correction": true, "regrade_out": true}
)

// loss is what a warehouse says is lost of one return, or outside of any, and what the
// books say of that.
type loss struct {
	name     string
	waits    bool // somebody is asked
	expected int
	booked   int
}

// writtenOff compares the garments that warehouses lost for good with the write-offs in
// the books: one for each, whether a return tells of it, the warehouse's books, or both.
func (b *bench) writtenOff() {
	if b.outcome.Unbooked {
		return
	}
	byReturn, byEntry, known := map[string]int{}, map[string]int{}, map[string]bool{}
	back := map[string]int{} // garments taken back, by the entry that puts them on the books again
	for _, l := range b.outcome.Booked {
		if l.Type != "write-off" {
			continue
		}
		if l.Quantity > 0 {
			back[l.Reference] += l.Quantity
			continue
		}
		if entry := entryOf(l); entry != "" && l.Return == "" {
			byEntry[entry] -= l.Quantity
		} else {
			byReturn[l.Return] -= l.Quantity
		}
	}
	for _, a := range b.accounts {
		for _, l := range b.lossesOf(a, byReturn, byEntry, known) {
			switch {
			case l.booked > l.expected:
				b.findings = append(b.findings, Finding{Doubled, l.name, fmt.Sprintf("has %d write-offs in the books; the warehouse lost %d garments", l.booked, l.expected)})
			case l.booked < l.expected && !l.waits:
				b.findings = append(b.findings, Finding{Silent, l.name, fmt.Sprintf("lost %d garments for good; %d are written off in the books and nobody is asked", l.expected, l.booked)})
			}
		}
	}
	b.takenBack(back)
	for id, n := range byReturn {
		if !known["return "+id] {
			b.findings = append(b.findings, Finding{WrongQuantity, "return " + id, fmt.Sprintf("has %d write-offs in the books, and no warehouse knows it", n)})
		}
	}
	for id, n := range byEntry {
		if !known["entry "+id] {
			b.findings = append(b.findings, Finding{WrongQuantity, "entry " + id, fmt.Sprintf("has %d write-offs in the books, and no warehouse's books hold it", n)})
		}
	}
}

// takenBack holds the write-offs that the books take back against the entries that put
// garments on the warehouses' books again: never more than an entry says, nor anything
// for no entry. Whether an entry takes anything back at all is finance's to say.
func (b *bench) takenBack(back map[string]int) {
	said := map[string]int{}
	for _, a := range b.accounts {
		for _, e := range a.Adjustments {
			if e.QuantityDelta > 0 && reasons[e.Reason] {
				said[e.AdjustmentID] += e.QuantityDelta
			}
		}
	}
	for id, n := range back {
		if n > said[id] {
			b.findings = append(b.findings, Finding{Doubled, "entry " + id, fmt.Sprintf("takes %d write-offs back in the books; the warehouse put %d garments back on its own", n, said[id])})
		}
	}
}

// entryOf is the entry of a warehouse's books that a write-off names: its reference where
// no order is known, else it stands in its key.
func entryOf(l BookedLine) string {
	if l.Order == "" {
		return l.Reference
	}
	if _, rest, found := strings.Cut(l.ReturnRef, "/adjustment/"); found {
		id, _, _ := strings.Cut(rest, "/")
		return id
	}
	return ""
}

// lossesOf counts, for each return of a warehouse, the garments that it or the entries
// which name it tell of, the greater number for each item; and each entry that names no
// return. One that names a serial of a return is that return's.
func (b *bench) lossesOf(a Account, byReturn, byEntry map[string]int, known map[string]bool) (out []loss) {
	claims := map[string]bool{} // warehouse's order number → somebody is asked
	for _, o := range a.Orders {
		claims[o.Number] = len(b.claims[o.References["order"]].Causes) > 0
	}
	loose := map[string]Adjustment{}
	named := map[string]map[string]int{}
	for _, e := range a.Adjustments {
		if e.QuantityDelta < 0 && !reasons[e.Reason] && !counts[e.Reason] && e.ReturnID == nil {
			// Whether a word of the warehouse's own is a loss is for a rule to say.
			known["entry "+e.AdjustmentID] = true
			out = append(out, loss{name: "entry " + e.AdjustmentID, waits: true, expected: -e.QuantityDelta, booked: byEntry[e.AdjustmentID]})
		}
		if e.QuantityDelta >= 0 || !reasons[e.Reason] {
			continue
		}
		if e.ReturnID == nil {
			loose[e.AdjustmentID] = e
			known["entry "+e.AdjustmentID] = true
			continue
		}
		if named[*e.ReturnID] == nil {
			named[*e.ReturnID] = map[string]int{}
		}
		named[*e.ReturnID][e.SKU] -= e.QuantityDelta
	}
	for _, r := range a.Returns {
		known["return "+r.ReturnID] = true
		lost, serials := map[string]int{}, map[string]bool{}
		for _, u := range r.Units {
			if u.Final && losses[u.Disposition] {
				lost[u.SKU]++
				serials[u.Serial] = u.Serial != ""
			}
		}
		l := loss{name: "return " + r.ReturnID, waits: r.OrderNumber != nil && claims[*r.OrderNumber], booked: byReturn[r.ReturnID]}
		for sku, n := range named[r.ReturnID] {
			lost[sku] = max(lost[sku], n)
		}
		for _, n := range lost {
			l.expected += n
		}
		for id, e := range loose {
			shared := 0
			for _, s := range e.Serials {
				if serials[s] {
					shared++
				}
			}
			if shared > 0 { // either may be what stands in the books
				l.expected, l.booked = l.expected-e.QuantityDelta-shared, l.booked+byEntry[id]
				delete(loose, id)
			}
		}
		out = append(out, l)
	}
	for id, e := range loose {
		out = append(out, loss{name: "entry " + id, waits: e.OrderNumber != nil && claims[*e.OrderNumber], expected: -e.QuantityDelta, booked: byEntry[id]})
	}
	return out
}
