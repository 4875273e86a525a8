package books

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"selvedge/internal/domain"
)

// shipments plans each shipment's fulfilment, and its invoice once it stands in the shop.
func (p *plan) shipments() error {
	for _, s := range p.progress.Parcels {
		if err := p.fulfilment(s); err != nil {
			return err
		}
		if err := p.invoice(s); err != nil {
			return err
		}
	}
	return nil
}

// fulfilment holds what left; what a later revision or a void says otherwise is a
// difference, so that what was posted stays.
func (p *plan) fulfilment(s domain.ParcelProgress) error {
	made := p.of(s, domain.DocFulfilment)
	difference := less(p.goods(s), made)
	if len(difference) == 0 {
		return nil
	}
	d := domain.Document{Kind: domain.DocFulfilment, Lines: difference, Links: keys(p.all(domain.DocSalesOrder)), Carrier: s.Shipment.Carrier, Tracking: strings.Join(s.Shipment.Trackings, ", ")}
	return p.ofShipment(d, s, made, nil)
}

// goods are the units of a shipment as a fulfilment holds them: no money.
func (p *plan) goods(s domain.ParcelProgress) []domain.DocumentLine {
	items := map[string]string{}
	for _, l := range s.Shipment.Lines {
		items[l.Line] = l.SKU
	}
	var lines []domain.DocumentLine
	for _, l := range s.Lines {
		line := domain.DocumentLine{Ref: l.Line, Kind: domain.DocLineGoods, Quantity: l.Quantity}
		for _, o := range p.Order.Lines {
			if o.ID == l.Line {
				line.SKU = o.SKU
			}
		}
		if item := items[l.Line]; item != line.SKU {
			line.Item = item
		}
		lines = append(lines, line)
	}
	return lines
}

// invoice bills what stands in the shop, once: amounts that were billed stay, however
// the order changes. A shipment that the warehouse took back is billed back.
func (p *plan) invoice(s domain.ParcelProgress) error {
	made := p.of(s, domain.DocInvoice)
	links := append(keys(p.all(domain.DocSalesOrder)), keys(p.ofAll(s, domain.DocFulfilment))...)
	if len(made) > 0 {
		if !s.Shipment.Voided {
			return nil
		}
		if back := less(nil, made); len(back) > 0 {
			return p.ofShipment(domain.Document{Kind: domain.DocInvoice, Lines: back, Links: links}, s, made, nil)
		}
		return nil
	}
	if s.Shipment.Voided || len(s.Lines) == 0 {
		return nil
	}
	shop := s.Shop
	if shop == nil {
		shop = p.byHand(s)
	}
	if shop == nil && p.Order.Status != domain.ShopShipped {
		return nil // nothing is billed before the shop has the shipment: it says what it comes to
	}
	if shop == nil {
		return p.ofShipment(domain.Document{Kind: domain.DocInvoice, Links: links}, s, made, invalid(CodeNotInShop, "", fmt.Sprintf(
			"order %s: shipment %s left the warehouse, the order is shipped in the shop, and no shipment there holds its lines; post its invoice by hand and skip", p.Order.ID, s.Shipment.ID)))
	}
	parcel := Parcel{Lines: s.Lines}
	parcel.Total, parcel.Known = p.total(*shop)
	lines, doubt := InvoiceLines(p.Order, BilledBy(p.all(domain.DocInvoice)), parcel)
	// What a deposit or a gift card pays came in otherwise: no ledger may book it as a cash sale.
	captured := shop.Captured && !p.Order.Payment.GiftCards && len(p.all(domain.DocDeposit)) == 0
	d := domain.Document{Kind: domain.DocInvoice, Lines: lines, Links: links, Captured: captured, Payment: label(p.Order.PaymentMethod)}
	return p.ofShipment(d, s, made, doubt)
}

// byHand is the shop's shipment that a person entered for a parcel which we did not
// bring there: a completed one of exactly its lines that belongs to no other parcel. nil
// when there is none.
func (p *plan) byHand(of domain.ParcelProgress) *domain.ShopShipmentFact {
	taken := map[string]bool{}
	for _, s := range p.progress.Parcels {
		if s.Shop != nil {
			taken[s.Shop.ShopID] = true
		}
	}
	for _, s := range p.progress.Parcels { // in their order, so that each parcel gets the same one every time
		if s.Shop != nil || s.Shipment.Voided {
			continue
		}
		i := slices.IndexFunc(p.Order.Shipments, func(shop domain.ShopShipment) bool {
			return shop.Shipped && !taken[shop.ID] && maps.Equal(unitsByLine(shop.Lines), unitsByLine(s.Lines))
		})
		found := i >= 0
		if found {
			taken[p.Order.Shipments[i].ID] = true
		}
		if s.Shipment.ID == of.Shipment.ID && s.Shipment.Warehouse == of.Shipment.Warehouse {
			if !found {
				return nil
			}
			shop := p.Order.Shipments[i]
			return &domain.ShopShipmentFact{Shipment: s.Shipment.ID, Warehouse: s.Shipment.Warehouse, ShopID: shop.ID, Captured: shop.Captured, Completed: true, Total: shop.Total}
		}
	}
	return nil
}

func unitsByLine(lines []domain.LineQuantity) map[string]int {
	units := map[string]int{}
	for _, l := range lines {
		if l.Quantity != 0 {
			units[l.Line] += l.Quantity
		}
	}
	return units
}

// total is what the shop charges for a shipment: as it answered our write, else as the
// order shows it.
func (p *plan) total(f domain.ShopShipmentFact) (int64, bool) {
	if f.Total != 0 {
		return f.Total, true
	}
	for _, s := range p.Order.Shipments {
		if s.ID == f.ShopID {
			return s.Total, true
		}
	}
	return 0, false
}

// of are the firm documents of a shipment and kind.
func (p *plan) of(s domain.ParcelProgress, kind domain.DocumentKind) []domain.Document {
	var found []domain.Document
	for _, d := range p.firm(s.Shipment.ID, kind) {
		if d.Warehouse == s.Shipment.Warehouse {
			found = append(found, d)
		}
	}
	return found
}

func (p *plan) ofAll(s domain.ParcelProgress, kind domain.DocumentKind) []domain.Document {
	var found []domain.Document
	for _, d := range p.all(kind) {
		if d.Shipment == s.Shipment.ID && d.Warehouse == s.Shipment.Warehouse {
			found = append(found, d)
		}
	}
	return found
}

// ofShipment adds a document about a shipment; made are the firm ones of its kind.
func (p *plan) ofShipment(d domain.Document, s domain.ParcelProgress, made []domain.Document, doubt error) error {
	d.Shipment, d.Warehouse = s.Shipment.ID, s.Shipment.Warehouse
	at := s.Shipment.ShippedAt
	if len(made) > 0 {
		d.Reverses = made[0].Key
		d.Links = append(d.Links, made[0].Key)
		at = p.toldAt(s.Shipment)
	}
	return p.add(d, []string{s.Shipment.Warehouse, s.Shipment.ID}, len(made)+1, at, doubt)
}

// toldAt is when the newest revision of a shipment was told.
func (p *plan) toldAt(s domain.Shipment) time.Time {
	at := s.ShippedAt
	for _, f := range p.Facts {
		if f.Kind != domain.FactShipment {
			continue
		}
		if told, err := domain.Decode[domain.Shipment](f); err == nil && told.ID == s.ID && told.Revision == s.Revision && f.At.After(at) {
			at = f.At
		}
	}
	return at
}
