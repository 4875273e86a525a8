package store

import (
	"cmp"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// orderRow is what TakeIn writes of an order. Nil columns stay as they are.
type orderRow struct {
	order    domain.Order
	content  []byte
	version  string
	personal []byte
	dataKey  []byte
	keyID    *string
}

func newOrderRow(o domain.Order) (orderRow, error) {
	content, err := json.Marshal(o)
	return orderRow{order: o, content: content}, err
}

// seal computes the version and, when it is another one than the stored, seals the
// person anew; an equal version means an equal person.
func (r *orderRow) seal(keys Keyring, have *lockedOrder, o ports.ShopOrder) error {
	var key orderKey
	var err error
	if have.DataKey == nil {
		var keyID string
		key, r.dataKey, keyID, err = keys.newOrderKey(o.Order.ID)
		r.keyID = &keyID
	} else {
		key, err = keys.openOrderKey(o.Order.ID, have.DataKey, deref(have.KeyID))
	}
	if err != nil {
		return err
	}
	content, err := canonicalContent(o.Order, o.Personal)
	if err != nil {
		return err
	}
	r.version = key.digest(content)
	if r.version != have.Version {
		r.personal, err = key.seal(o.Personal)
	}
	return err
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// orderColumns are rows turned on their side for unnest: one statement for a batch.
type orderColumns struct {
	stores, numbers, refs, markets, currencies, statuses, contents []string
	moneys                                                         []string
	totals                                                         []int64
	wholesale                                                      []bool
	versions, keyIDs                                               []*string
	personals, dataKeys                                            [][]byte
	updated                                                        []time.Time
}

func (c *orderColumns) add(r orderRow) {
	o := r.order
	c.stores = append(c.stores, o.ID.Store)
	c.numbers = append(c.numbers, o.ID.Number)
	c.refs = append(c.refs, o.ShopRef)
	c.markets = append(c.markets, cmp.Or(o.Market.Name, o.Market.ID))
	c.currencies = append(c.currencies, o.Currency)
	c.statuses = append(c.statuses, string(knownStatus(o.Status)))
	c.contents = append(c.contents, string(r.content))
	c.moneys = append(c.moneys, o.MoneyVersion())
	c.totals = append(c.totals, o.GrandTotal)
	c.wholesale = append(c.wholesale, o.Wholesale)
	var version *string
	if r.version != "" {
		version = &r.version
	}
	c.versions = append(c.versions, version)
	c.keyIDs = append(c.keyIDs, r.keyID)
	c.personals = append(c.personals, r.personal)
	c.dataKeys = append(c.dataKeys, r.dataKey)
	c.updated = append(c.updated, o.UpdatedAt)
}

func (c *orderColumns) queue(b *pgx.Batch) {
	if len(c.stores) == 0 {
		return
	}
	b.Queue(`
		UPDATE orders o SET
			shop_ref = n.shop_ref, market = n.market, currency = n.currency, grand_total = n.grand_total,
			wholesale = n.wholesale, status = n.status, content = n.content::jsonb, money = n.money, updated_at = n.updated_at,
			version  = COALESCE(n.version, o.version),
			personal = COALESCE(n.personal, o.personal),
			data_key = COALESCE(n.data_key, o.data_key),
			key_id   = COALESCE(n.key_id, o.key_id)
		FROM unnest(@stores::text[], @numbers::text[], @refs::text[], @markets::text[], @currencies::text[], @totals::bigint[],
			@wholesale::boolean[], @statuses::text[], @contents::text[], @moneys::text[], @updated::timestamptz[],
			@versions::text[], @personals::bytea[], @data_keys::bytea[], @key_ids::text[])
			AS n (store, number, shop_ref, market, currency, grand_total,
			wholesale, status, content, money, updated_at, version, personal, data_key, key_id)
		WHERE o.store = n.store AND o.number = n.number`,
		pgx.NamedArgs{
			"stores": c.stores, "numbers": c.numbers, "refs": c.refs, "markets": c.markets, "currencies": c.currencies,
			"totals": c.totals, "wholesale": c.wholesale, "statuses": c.statuses, "contents": c.contents, "moneys": c.moneys, "updated": c.updated,
			"versions": c.versions, "personals": c.personals, "data_keys": c.dataKeys, "key_ids": c.keyIDs,
		})
}

// lineColumns are the lines of a batch for the projection, which is replaced per order.
type lineColumns struct {
	orders                                   []domain.OrderID
	stores, numbers, ids, kinds, skus, sizes []string
	positions, quantities, cancelled         []int32
	unitPrices, totals                       []int64
	allocated                                []string
}

func (c *lineColumns) add(o domain.Order) {
	c.orders = append(c.orders, o.ID)
	for i, l := range o.Lines {
		c.stores = append(c.stores, o.ID.Store)
		c.numbers = append(c.numbers, o.ID.Number)
		c.positions = append(c.positions, int32(i+1))
		c.ids = append(c.ids, l.ID)
		c.kinds = append(c.kinds, string(l.Kind))
		c.skus = append(c.skus, l.SKU)
		c.sizes = append(c.sizes, l.SizeID)
		c.quantities = append(c.quantities, int32(l.Quantity))
		c.cancelled = append(c.cancelled, int32(l.Cancelled))
		c.unitPrices = append(c.unitPrices, l.UnitPrice)
		c.totals = append(c.totals, l.Total)
		c.allocated = append(c.allocated, allocatedByWarehouse(l))
	}
}

// allocatedByWarehouse sums confirmed allocations as a JSON object.
func allocatedByWarehouse(l domain.Line) string {
	sums := map[string]int{}
	for _, a := range l.Allocations {
		if !a.Waiting {
			sums[a.Warehouse] += a.Quantity
		}
	}
	out, _ := json.Marshal(sums) // a map of numbers always marshals
	return string(out)
}

func (c *lineColumns) queue(b *pgx.Batch) {
	if len(c.orders) == 0 {
		return
	}
	stores, numbers := columnsOf(c.orders)
	b.Queue(`DELETE FROM order_lines WHERE (store, number) IN (SELECT * FROM unnest(@stores::text[], @numbers::text[]))`,
		pgx.NamedArgs{"stores": stores, "numbers": numbers})
	b.Queue(`
		INSERT INTO order_lines (store, number, position, line, kind, sku, size_id, quantity, cancelled, unit_price, total, allocated)
		SELECT store, number, position, line, kind, sku, size_id, quantity, cancelled, unit_price, total, allocated::jsonb
		FROM unnest(@stores::text[], @numbers::text[], @positions::int[], @ids::text[], @kinds::text[], @skus::text[], @sizes::text[],
			@quantities::int[], @cancelled::int[], @unit_prices::bigint[], @totals::bigint[], @allocated::text[])
			AS n (store, number, position, line, kind, sku, size_id, quantity, cancelled, unit_price, total, allocated)`,
		pgx.NamedArgs{
			"stores": c.stores, "numbers": c.numbers, "positions": c.positions, "ids": c.ids, "kinds": c.kinds, "skus": c.skus,
			"sizes": c.sizes, "quantities": c.quantities, "cancelled": c.cancelled, "unit_prices": c.unitPrices,
			"totals": c.totals, "allocated": c.allocated,
		})
}
