package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// fillSQL makes orders of the last 60 days with the facts of a usual life, of which one in
// fifty is open and one in two hundred waits for a person, on forty causes.
var fillSQL = []string{
	`INSERT INTO orders (store, number, shop_ref, market, currency, grand_total, status, content, version, sequence, taken_at, updated_at, state, closed_at, closed_state, closed_sequence)
	SELECT 'atelier', (100000 + n)::text, 'ref-' || n, '1', 'SEK', 1000 + n % 90000, CASE WHEN n % 50 = 0 THEN 'confirmed' ELSE 'shipped' END,
		jsonb_build_object('id', jsonb_build_object('store', 'atelier', 'number', (100000 + n)::text), 'shopRef', 'ref-' || n, 'status', 'confirmed', 'market', jsonb_build_object('id', '1', 'name', 'Sweden'),
			'country', 'SE', 'currency', 'SEK', 'grandTotal', 1000 + n % 90000, 'shippingMethod', jsonb_build_object('name', 'Standard'),
			'lines', (SELECT jsonb_agg(jsonb_build_object('id', l::text, 'kind', 'product', 'sku', 'SKU-' || (n * 3 + l) % 5000, 'name', 'A garment of some colour and size', 'quantity', 1,
				'total', 1000, 'item', jsonb_build_object('brand', 'Atelier', 'attributes', jsonb_build_object('garment.condition', 'new')))) FROM generate_series(1, 3) l)),
		'v' || n, 8, @now::timestamptz - n * interval '60 days' / @orders, @now::timestamptz - n * interval '60 days' / @orders,
		CASE WHEN n % 200 = 0 THEN 'needs-attention' WHEN n % 50 = 0 THEN (ARRAY['accepted', 'submitted', 'partially-shipped', 'waiting-for-shop'])[1 + n / 50 % 4] ELSE 'return-window' END,
		CASE WHEN n % 50 <> 0 THEN @now::timestamptz END, CASE WHEN n % 50 <> 0 THEN 'closed' END, CASE WHEN n % 50 <> 0 THEN 8 END
	FROM generate_series(1, @orders) n`,
	`INSERT INTO facts (store, number, sequence, kind, key, at, actor, data, recorded_at)
	SELECT o.store, o.number, s, (ARRAY['content', 'submitted', 'warehouse-order', 'warehouse-order', 'content', 'shipment', 'shop-shipment', 'content'])[s], 'key:' || s,
		o.taken_at + s * interval '1 hour', 'centra', CASE WHEN s = 6 THEN jsonb_build_object('id', 'S-' || o.number, 'warehouse', 'leeds', 'carrier', 'RM')
			ELSE jsonb_build_object('status', 'confirmed', 'version', o.version, 'number', o.number, 'warehouse', 'leeds') END, o.taken_at + s * interval '1 hour'
	FROM orders o, generate_series(1, 8) s`,
	`INSERT INTO consignments (warehouse, consignment, store, number, fingerprint, content)
	SELECT 'leeds', number, store, number, 'f', jsonb_build_object('number', number, 'warehouse', 'leeds', 'service', 'RM48', 'lines', '[]'::jsonb) FROM orders`,
	`INSERT INTO exceptions (store, number, kind, cause, owner, severity, step, problems, value, currency, opened_at, resolved_at, answered_by, answer)
	SELECT store, number, 'unmapped:shipping-method', 'unmapped:shipping-method:centra:Method ' || number::int / 200 % 40, (ARRAY['ops', 'finance', 'merchandising'])[1 + number::int / 200 % 3], 'hold', 'submit',
		jsonb_build_array(jsonb_build_object('code', 'shipping_service_unknown', 'value', 'Method ' || number::int / 200 % 40, 'message', 'no rule says what it stands for')), grand_total, currency, taken_at + interval '1 minute',
		CASE WHEN state <> 'needs-attention' THEN taken_at + interval '2 hours' END, 'olga', 'retry'
	FROM orders WHERE number::int % 20 = 0`,
	`INSERT INTO rules (tbl, warehouse, "from", "to", author, reason, at) SELECT 'item', 'leeds', 'SKU-' || n, 'G' || n, 'test', 'many', @now FROM generate_series(1, 3000) n`,
	`VACUUM ANALYZE`, // as autovacuum would have done
}

// Fill makes a store hold that many orders, with facts, consignments, exceptions and
// rules, for measuring. Nothing of it is personal.
func Fill(t testing.TB, url string, orders int, now time.Time) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	c, err := pgx.Connect(ctx, url)
	require.NoError(t, err)
	defer c.Close(ctx)
	_, err = c.Exec(ctx, "SET search_path TO selvedge")
	require.NoError(t, err)
	for _, sql := range fillSQL {
		_, err = c.Exec(ctx, sql, pgx.NamedArgs{"orders": orders, "now": now})
		require.NoError(t, err, sql)
	}
}
