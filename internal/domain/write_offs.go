package domain

// Keys of a write-off's Extra.
const (
	ExtraSerial       = "serial"   // of the garment, where the warehouse tells it
	ExtraUnitCost     = "unitCost" // as the warehouse told it, decimal
	ExtraCostCurrency = "unitCostCurrency"
	ExtraReturn       = "return"     // the warehouse's return that the garment came back in
	ExtraAdjustment   = "adjustment" // of an order's: key of the document that its adjustment makes outside of any order
	ExtraDistinct     = "distinct"   // a person said that it is no garment of which another document tells
)

// lossReasons are the reasons of adjustments that finance records, with the disposition
// that says the same of a returned garment. What the floor counts, finds or takes in is
// stock, and the stock workflow reads that from the inventory.
var lossReasons = map[string]string{
	"ber_write_off": "ber", "donated": "donate", "recycled": "recycle", "returned_to_brand": "return_to_brand", "lost": "missing",
}

// ReasonUnreadable is the reason of an adjustment of which no more than its id could be read.
const ReasonUnreadable = "unreadable"

// Loss tells whether the adjustment takes garments off the books for good.
func (a Adjustment) Loss() bool { return a.Units < 0 && lossReasons[a.Reason] != "" }

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

// KindWriteOffDoubtful is the kind of question whether two write-offs are of one garment.
const KindWriteOffDoubtful = "write-off-doubtful"

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
// took off a warehouse's books, keyed by the adjustment. They name no entity yet.
func (a Adjustment) WriteOffs() ([]Document, error) {
	var docs []Document
	for k := range -a.Units {
		key, err := a.WriteOffKey(k + 1)
		if err != nil {
			return nil, err
		}
		d := Document{
			Key: key, Kind: DocWriteOff, Warehouse: a.Warehouse, Return: a.Return, Reference: a.ID, OccurredAt: a.At.UTC(), Memo: a.Memo(),
			Lines: []DocumentLine{{Ref: a.ID, Kind: DocLineGoods, SKU: a.SKU, Quantity: -1, Disposition: a.Reason}}, Extra: map[string]string{},
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

// Memo says in a document what the adjustment is.
func (a Adjustment) Memo() string {
	if a.Return != "" {
		return "adjustment " + a.ID + " of return " + a.Return + ", whose order is not known"
	}
	return "adjustment " + a.ID + ", outside of any return"
}
