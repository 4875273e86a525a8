package activities

import (
	"selvedge/internal/books"
	"selvedge/internal/domain"
)

// shopReturnOf is what the facts tell of the shop's return whose garments a memo credits.
func shopReturnOf(facts []domain.Fact, memo domain.ReturnPlan) (shop books.ShopReturn) {
	shop.Total, shop.Known = shopReturnTotal(facts, memo.ShopID)
	key := memo.Of
	for _, f := range facts {
		w, err := domain.Decode[domain.ReturnWritten](f)
		if f.Kind == domain.FactReturnWritten && err == nil && key == "" && memo.ShopID != "" && w.Kind == domain.PlanShopReturn && w.ID == memo.ShopID {
			key = w.Key // a memo that was planned by an earlier version names the shop's return alone
		}
	}
	for _, f := range facts {
		p, err := domain.Decode[domain.ReturnPlan](f)
		if f.Kind == domain.FactReturnPlanned && err == nil && key != "" && p.Key == key && p.ShopID == "" {
			shop.Ours, shop.Fee, shop.Shipping, shop.Handling = true, p.Fee, p.Shipping, p.Handling
		}
	}
	for _, f := range facts { // as it was sent, which is as it was planned unless another return came between
		w, err := domain.Decode[domain.ReturnWritten](f)
		if f.Kind == domain.FactReturnWritten && err == nil && shop.Ours && w.Key == key && (w.Fee != 0 || w.Shipping != 0 || w.Handling != 0) {
			shop.Fee, shop.Shipping, shop.Handling = w.Fee, w.Shipping, w.Handling
		}
	}
	return shop
}

// shopReturnTotal is what a return comes to in the shop, as it was last told.
func shopReturnTotal(facts []domain.Fact, id string) (total int64, known bool) {
	for _, f := range facts {
		if f.Kind != domain.FactShopReturn || id == "" {
			continue
		}
		if r, err := domain.Decode[domain.ShopReturn](f); err == nil && r.ID == id && !r.Deleted {
			total, known = r.Total, true
		}
	}
	if known {
		return total, known
	}
	for _, f := range facts {
		if f.Kind != domain.FactReturnWritten || id == "" {
			continue
		}
		if w, err := domain.Decode[domain.ReturnWritten](f); err == nil && w.Kind == domain.PlanShopReturn && w.ID == id {
			total, known = w.Amount, true
		}
	}
	return total, known
}
