package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/store"
	"selvedge/internal/store/storetest"
)

// Years of write-offs stand among the documents, of orders and of none; what is asked of
// them for one garment is found along an index.
func TestWriteOffsOfOneGarmentAreFoundAlongAnIndex(t *testing.T) {
	t.Parallel()
	db, err := pgx.Connect(t.Context(), storetest.URL(t))
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close(t.Context()) })
	_, err = db.Exec(t.Context(), `
		INSERT INTO documents (key, store, number, kind, ledger, currency, gross, tax, content, fingerprint, status, next_at, created_at)
		SELECT 'k' || g, CASE WHEN g % 2 = 0 THEN 'atelier' ELSE '' END, CASE WHEN g % 2 = 0 THEN g::text ELSE '' END, 'write-off', 'csv', 'GBP', 0, 0,
			jsonb_build_object('warehouse', 'north', 'occurredAt', now(), 'lines', jsonb_build_array(jsonb_build_object('sku', 'S' || g % 5000, 'disposition', 'ber', 'quantity', CASE WHEN g % 11 = 0 THEN 1 ELSE -1 END)),
				'extra', jsonb_strip_nulls(jsonb_build_object('serial', CASE WHEN g % 3 = 0 THEN 'X' || g END, 'return', CASE WHEN g % 5 = 0 THEN 'R' || g END, 'adjustment', CASE WHEN g % 7 = 0 THEN 'k' || g - 1 END))),
			'', 'posted', now(), now()
		FROM generate_series(1, 100000) g`)
	require.NoError(t, err)
	_, err = db.Exec(t.Context(), `
		INSERT INTO orders (store, number, sequence, updated_at, taken_at)
		SELECT 'atelier', g::text, 1, now(), now() FROM generate_series(1, 1000) g`)
	require.NoError(t, err)
	_, err = db.Exec(t.Context(), `
		INSERT INTO facts (store, number, sequence, kind, key, at, actor, data)
		SELECT 'atelier', (1 + g % 1000)::text, 1 + g / 1000, 'return-confirmation', 'f' || g, now(), 'warehouse', jsonb_build_object('warehouse', 'north', 'id', 'R' || g)
		FROM generate_series(1, 100000) g`)
	require.NoError(t, err)
	_, err = db.Exec(t.Context(), `
		INSERT INTO facts (store, number, sequence, kind, key, at, actor, data)
		SELECT 'atelier', (1 + g % 1000)::text, 1000 + g / 1000, CASE g % 3 WHEN 0 THEN 'shop-return' ELSE 'return-written' END, 's' || g, now(), 'centra',
			jsonb_build_object('kind', CASE g % 3 WHEN 1 THEN 'shop-return' WHEN 2 THEN 'credit-memo' END, 'id', g::text)
		FROM generate_series(1, 30000) g`)
	require.NoError(t, err)
	_, err = db.Exec(t.Context(), `INSERT INTO write_off_claims (key, stands, at) SELECT 'gone' || g, 'k' || g, now() FROM generate_series(1, 100000) g WHERE g % 2 = 0`)
	require.NoError(t, err)
	_, err = db.Exec(t.Context(), `INSERT INTO write_off_reversals (original, reversal, at) SELECT 'k' || g - 1, 'k' || g, now() FROM generate_series(1, 100000) g WHERE g % 11 = 0`)
	require.NoError(t, err)
	_, err = db.Exec(t.Context(), `ANALYZE documents, facts, orders, write_off_claims, write_off_reversals`)
	require.NoError(t, err)

	of := func(order domain.OrderID, extra map[string]string) pgx.NamedArgs {
		return store.GarmentArgs(domain.Document{
			Key: "new", Order: order, Warehouse: "north", OccurredAt: time.Now(), Lines: []domain.DocumentLine{{SKU: "S7", Disposition: "ber"}},
			Extra: extra,
		}, time.Now())
	}
	id, named := domain.OrderID{Store: "atelier", Number: "1"}, map[string]string{domain.ExtraSerial: "X300", domain.ExtraReturn: "R500"}
	ours, nobodys := of(id, named), of(domain.OrderID{}, named)
	for name, tt := range map[string]struct {
		query string
		args  pgx.NamedArgs
	}{
		"the same as an order's":            {store.SameAsOrdersQuery, ours},
		"the same as one of no order":       {store.SameAsNoOrdersQuery, nobodys},
		"like an order's":                   {store.AlikeOfNoOrderQuery, of(id, nil)},
		"like one of no order":              {store.AlikeOfOrdersQuery, of(domain.OrderID{}, nil)},
		"one that is surely taken back":     {store.SurelyUndoneQuery, nobodys},
		"one that may be taken back":        {store.AlikeUndoneQuery, of(domain.OrderID{}, nil)},
		"those of no order that wait":       {store.UnbookedWriteOffsQuery, pgx.NamedArgs{"after": "", "limit": 100}},
		"the order of a warehouse's return": {store.ReturnOwnerQuery, pgx.NamedArgs{"warehouse": "north", "id": "R7777"}},
		"the order of a return of the shop": {store.ShopReturnOwnerQuery, pgx.NamedArgs{"id": "7777"}},
	} {
		t.Run(name, func(t *testing.T) {
			rows, err := db.Query(t.Context(), `EXPLAIN ANALYZE `+tt.query, tt.args)
			require.NoError(t, err)
			lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
			require.NoError(t, err)
			plan := strings.Join(lines, "\n")
			t.Log(plan)
			require.NotContains(t, plan, "Seq Scan on documents")
			require.NotContains(t, plan, "Seq Scan on facts")
			require.NotContains(t, plan, "Seq Scan on write_off_claims")
			require.NotContains(t, plan, "Seq Scan on write_off_reversals")
			require.NotContains(t, plan, "documents_by_order")
		})
	}
}
