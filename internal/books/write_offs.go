package books

import (
	"slices"

	"selvedge/internal/domain"
	"selvedge/internal/mapping"
)

// noCost is the note of a write-off whose value nobody can tell.
const noCost = "no unit cost was told in a currency that the entity books: at 0 until the ledger costs it"

// WriteOff is a write-off of no order in the books of the entity that owns the stock: at
// the unit cost where that is known and booked there, else at 0, and the memo says so.
func WriteOff(d domain.Document, e mapping.Entity) domain.Document {
	Book(&d, e)
	d.Memo = domain.Adjustment{ID: d.Reference, Return: d.Return}.Memo()
	d.Currency, d.Lines = e.Currencies[0], slices.Clone(d.Lines)
	d.Lines[0].Gross = 0
	currency := d.Extra[domain.ExtraCostCurrency]
	cost, told := domain.Adjustment{UnitCost: d.Extra[domain.ExtraUnitCost], Currency: currency}.Cost()
	if told && cost >= 0 && slices.Contains(e.Currencies, currency) {
		d.Currency, d.Lines[0].Gross = currency, -cost
		return d
	}
	d.Memo += "; " + noCost
	return d
}

// TakeBack is the document that takes a write-off back: in the same books, of the same
// item and at the same value.
func TakeBack(d, of domain.Document, e mapping.Entity) domain.Document {
	Book(&d, e)
	d.Memo += ": " + string(of.Key)
	d.Currency, d.Reverses, d.Links = of.Currency, of.Key, []domain.DocumentKey{of.Key}
	d.Lines = slices.Clone(d.Lines)
	d.Lines[0].SKU, d.Lines[0].Gross = of.Lines[0].SKU, -of.Totals().Gross
	return d
}
