package returns

import (
	"fmt"
	"slices"
	"strings"

	"selvedge/internal/domain"
)

// shopShipment is what of the order stands shipped in the shop, and can be returned there.
type shopShipment struct {
	id        string
	lines     []domain.LineQuantity
	completed bool
}

// shopShipments joins what we wrote with what the shop showed when it was last read.
func shopShipments(order domain.Order, facts []domain.Fact) []shopShipment {
	var out []shopShipment
	put := func(s shopShipment) {
		if i := slices.IndexFunc(out, func(o shopShipment) bool { return o.id == s.id }); i >= 0 {
			out[i].completed = out[i].completed || s.completed
			return
		}
		out = append(out, s)
	}
	for _, s := range order.Shipments {
		put(shopShipment{s.ID, s.Lines, s.Shipped && (s.Paid || s.Captured)})
	}
	for _, f := range facts {
		if f.Kind != domain.FactShopShipment {
			continue
		}
		if s, err := domain.Decode[domain.ShopShipmentFact](f); err == nil {
			put(shopShipment{s.ShopID, s.Lines, s.Completed})
		}
	}
	slices.SortStableFunc(out, func(a, b shopShipment) int {
		return strings.Compare(fmt.Sprintf("%20s", a.id), fmt.Sprintf("%20s", b.id))
	})
	return out
}
