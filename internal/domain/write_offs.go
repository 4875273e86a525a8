package domain

// Keys of a write-off's Extra.
const (
	ExtraSerial       = "serial"   // of the garment, where the warehouse tells it
	ExtraUnitCost     = "unitCost" // as the warehouse told it, decimal
	ExtraCostCurrency = "unitCostCurrency"
)

// WriteOffs gives one document for each garment that an adjustment of no return took off
// a warehouse's books, keyed by the adjustment. They name no entity yet.
func (a Adjustment) WriteOffs() ([]Document, error) {
	var docs []Document
	for k := range -a.Units {
		key, err := NewDocumentKey(DocWriteOff, k+1, "adjustment", a.Warehouse, a.ID)
		if err != nil {
			return nil, err
		}
		d := Document{
			Key: key, Kind: DocWriteOff, Warehouse: a.Warehouse, Reference: a.ID, OccurredAt: a.At.UTC(), Memo: "adjustment " + a.ID + ", outside of any return",
			Lines: []DocumentLine{{Ref: a.ID, Kind: DocLineGoods, SKU: a.SKU, Quantity: -1, Disposition: a.Reason}}, Extra: map[string]string{},
		}
		if k < len(a.Serials) && a.Serials[k] != "" {
			d.Extra[ExtraSerial] = a.Serials[k]
		}
		if a.UnitCost != "" {
			d.Extra[ExtraUnitCost], d.Extra[ExtraCostCurrency] = a.UnitCost, a.Currency
		}
		docs = append(docs, d)
	}
	return docs, nil
}
