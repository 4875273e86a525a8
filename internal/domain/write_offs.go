package domain

import (
	"cmp"
	"encoding/json"
)

// Keys of a write-off's Extra.
const (
	ExtraSerial       = "serial"   // of the garment, where the warehouse tells it
	ExtraUnitCost     = "unitCost" // as the warehouse told it, decimal
	ExtraCostCurrency = "unitCostCurrency"
	ExtraReturn       = "return"     // the warehouse's return that the garment came back in
	ExtraAdjustment   = "adjustment" // of an order's: key of the document that its adjustment makes outside of any order
	ExtraDistinct     = "distinct"   // a person said that it is no garment of which another document tells
	ExtraReason       = "reason"     // the warehouse's own word, where a rule says what it stands for
	ExtraDoubt        = "doubt"      // of what takes a write-off back: the one that it may be, as a person is asked
	ExtraTold         = "told"       // the whole adjustment, while nobody knows what its reason means: Adjustment
)

// lossReasons are the reasons of adjustments that finance records, with the disposition
// that says the same of a returned garment. What the floor counts, finds or takes in is
// stock, and the stock workflow reads that from the inventory.
var lossReasons = map[string]string{
	"ber_write_off": "ber", "donated": "donate", "recycled": "recycle", "returned_to_brand": "return_to_brand", "lost": "missing",
}

// stockReasons are the contract's other reasons: they move stock and no document.
var stockReasons = map[string]bool{
	"sold_ex_hire": true, "found": true, "count_correction": true, "goods_in": true, "regrade_out": true, "regrade_in": true,
}

// ReasonUnreadable is the reason of an adjustment of which no more than its id could be read.
const ReasonUnreadable = "unreadable"

// Loss tells whether the adjustment takes garments off the books for good.
func (a Adjustment) Loss() bool { return a.Units < 0 && lossReasons[a.Reason] != "" }

// TakesBack tells whether the adjustment puts garments back on the books that were written
// off: a garment was found again, or an entry was a mistake.
func (a Adjustment) TakesBack() bool { return a.Units > 0 && lossReasons[a.Reason] != "" }

// Unexplained tells whether the adjustment moves garments for a reason that the contract
// does not know: it may be a loss.
func (a Adjustment) Unexplained() bool {
	return a.Units != 0 && lossReasons[a.Reason] == "" && !stockReasons[a.Reason] && a.Reason != ReasonUnreadable
}

// LossWord is the one word for a loss that an adjustment's reason and a return's
// disposition have different ones for; any other word stands for itself.
func LossWord(reason string) string {
	if word := lossReasons[reason]; word != "" {
		return word
	}
	return reason
}

// LossWords are all words for the loss that one of them names.
func LossWords(reason string) []string {
	word := LossWord(reason)
	words := []string{word}
	for r, disposition := range lossReasons {
		if disposition == word {
			words = append(words, r)
		}
	}
	return words
}

// Kinds of question about write-offs: whether two are of one garment, and which one a
// movement of the books takes back.
const (
	KindWriteOffDoubtful = "write-off-doubtful"
	KindWriteOffUndone   = "write-off-undone"
)

// WriteOffKey is the key of the document that a garment of an adjustment makes, n counted
// from 1: the same however and how often the adjustment is told.
func (a Adjustment) WriteOffKey(n int) (DocumentKey, error) {
	return NewDocumentKey(DocWriteOff, n, "adjustment", a.Warehouse, a.ID)
}

// Serial is the serial of the adjustment's garment n, counted from 1, empty when nobody told it.
func (a Adjustment) Serial(n int) string {
	if n < 1 || n > len(a.Serials) {
		return ""
	}
	return a.Serials[n-1]
}

// WriteOffs gives one document for each garment that an adjustment of no known order
// took off a warehouse's books, or put back on them, keyed by the adjustment. They name no
// entity yet.
func (a Adjustment) WriteOffs() ([]Document, error) {
	var docs []Document
	for k := range max(a.Units, -a.Units) {
		d, err := a.document(k+1, cmp.Compare(a.Units, 0))
		if err != nil {
			return nil, err
		}
		if serial := a.Serial(k + 1); serial != "" {
			d.Extra[ExtraSerial] = serial
		}
		if a.Return != "" {
			d.Extra[ExtraReturn] = a.Return
		}
		if a.UnitCost != "" {
			d.Extra[ExtraUnitCost], d.Extra[ExtraCostCurrency] = a.UnitCost, a.Currency
		}
		docs = append(docs, d)
	}
	return docs, nil
}

// document is the bare document n of the adjustment, counted from 1, of so many garments.
func (a Adjustment) document(n, quantity int) (Document, error) {
	key, err := a.WriteOffKey(n)
	if err != nil {
		return Document{}, err
	}
	return Document{
		Key: key, Kind: DocWriteOff, Warehouse: a.Warehouse, Return: a.Return, Reference: a.ID, OccurredAt: a.At.UTC(), Memo: a.Memo(),
		Lines: []DocumentLine{{Ref: a.ID, Kind: DocLineGoods, SKU: a.SKU, Quantity: quantity, Disposition: a.Reason}}, Extra: map[string]string{},
	}, nil
}

// Unread gives the documents of an unexplained adjustment: one, under which an unexplained adjustment waits until a rule
// says what its reason means. It tells the adjustment whole and names no garment, so that
// it stands for none.
func (a Adjustment) Unread() ([]Document, error) {
	d, err := a.document(1, a.Units)
	if err != nil {
		return nil, err
	}
	told, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	d.Extra[ExtraTold] = string(told)
	return []Document{d}, nil
}

// Told gives the adjustment that waits under a document, see Unread; ok is false for any
// other document.
func (d Document) Told() (a Adjustment, ok bool) {
	return a, d.Extra[ExtraTold] != "" && json.Unmarshal([]byte(d.Extra[ExtraTold]), &a) == nil
}

// TakesBack tells whether the document puts a garment back on the books that another one
// wrote off.
func (d Document) TakesBack() bool {
	return d.Kind == DocWriteOff && len(d.Lines) > 0 && d.Lines[0].Quantity > 0 && d.Extra[ExtraTold] == ""
}

// Memo says in a document what the adjustment is.
func (a Adjustment) Memo() string {
	if a.Units > 0 {
		return "adjustment " + a.ID + ", which takes a write-off back"
	}
	if a.Return != "" {
		return "adjustment " + a.ID + " of return " + a.Return + ", whose order is not known"
	}
	return "adjustment " + a.ID + ", outside of any return"
}
