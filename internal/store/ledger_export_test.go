package store_test

import (
	"bytes"
	"context"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"selvedge/internal/ports"
	"selvedge/internal/store"
	"selvedge/internal/store/storetest"
	"selvedge/internal/systems/csvledger"
)

// fillBook puts posted documents of two lines into the book, in an order that is none, under
// keys and numbers that sort otherwise by language than by bytes.
func fillBook(t *testing.T, documents int) *store.Store {
	t.Helper()
	url := storetest.URL(t)
	db := storetest.Open(t, url, storetest.Keyring(t, "k1"))
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.WithoutCancel(t.Context()))) }()
	_, err = conn.Exec(t.Context(), `
		INSERT INTO ledger_book (key, kind, entity, currency, net, tax, gross, posted_on, content, fingerprint, number, created_at, posted_at)
		SELECT key, kind, '7', 'GBP', 5000, 1000, 6000, '2026-10-14', jsonb_build_object(
				'key', key, 'kind', kind, 'currency', 'GBP', 'entity', 'UK', 'entityRef', '7', 'date', '2026-10-14', 'postOn', '2026-10-14', 'reference', 'r',
				'memo', repeat('m', 300), 'occurredAt', '2026-10-14T12:00:00Z',
				'lines', '[{"ref":"1","kind":"goods","quantity":1,"gross":3000,"tax":500},{"ref":"2","kind":"goods","quantity":1,"gross":3000,"tax":500}]'::jsonb
			) || CASE WHEN n % 7 = 0 THEN '{}'::jsonb ELSE jsonb_build_object('order', jsonb_build_object('store', (ARRAY['atelier', 'Zephyr', 'åtelier'])[1 + n % 3], 'number', (n / 3)::text)) END,
			'', 'N' || n, now(), now()
		FROM (SELECT n, k.kind, 'centra-' || (ARRAY['a', 'B', '_xC3'])[1 + n % 3] || '-' || n AS key
			FROM generate_series(1, $1) AS s (n) CROSS JOIN LATERAL (SELECT (ARRAY['refund', 'invoice', 'sales-order', 'credit-memo'])[1 + n % 4] AS kind) AS k) AS d
		ORDER BY md5(key)`, documents)
	require.NoError(t, err)
	return db
}

func TestAnExportIsReadInTheOrderOfItsFile(t *testing.T) {
	t.Parallel()
	db := fillBook(t, 3000)
	x, err := db.ExportLedger(t.Context(), "7", "2026-10", "Ada", time.Now())
	require.NoError(t, err)
	read := func() string {
		var out bytes.Buffer
		w, err := csvledger.NewWriter(&out)
		require.NoError(t, err)
		n, err := db.EachExported(t.Context(), x.ID, w.Write) // which refuses another order
		require.NoError(t, err)
		require.NoError(t, w.Close())
		require.Equal(t, x.Documents, n)
		return out.String()
	}
	first := read()
	require.Equal(t, first, read(), "byte for byte")
	entries, err := db.ExportedEntries(t.Context(), x.ID)
	require.NoError(t, err)
	var sorted bytes.Buffer
	require.NoError(t, csvledger.WriteCSV(&sorted, entries))
	require.Equal(t, sorted.String(), first, "the database's order is the file's")

	n, err := db.EachExported(t.Context(), x.ID+1, func(ports.BookEntry) error { return nil })
	require.NoError(t, err)
	require.Zero(t, n)
	_, err = db.EachExported(t.Context(), x.ID, func(ports.BookEntry) error { return io.ErrShortWrite })
	require.ErrorIs(t, err, io.ErrShortWrite, "a file that cannot be written ends it")
	require.NoError(t, db.Ping(t.Context()), "and leaves the connection in order")
}

// It measures the memory of the process, so nothing runs beside it.
func TestAnExportHoldsFewDocumentsAtOnce(t *testing.T) { //nolint:paralleltest // see above
	const documents = 20_000
	db := fillBook(t, documents)
	x, err := db.ExportLedger(t.Context(), "7", "", "Ada", time.Now())
	require.NoError(t, err)
	live := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, most := live(), uint64(0)
	written := &counter{}
	w, err := csvledger.NewWriter(written)
	require.NoError(t, err)
	n := 0
	_, err = db.EachExported(t.Context(), x.ID, func(e ports.BookEntry) error {
		if n++; n%4000 == 0 {
			most = max(most, live())
		}
		return w.Write(e)
	})
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.Equal(t, documents, n)
	require.Greater(t, written.bytes, 10<<20, "the file is large")
	require.Less(t, int64(most)-int64(before), int64(3<<20), "what is held of it is not")
}

type counter struct{ bytes int }

func (c *counter) Write(p []byte) (int, error) {
	c.bytes += len(p)
	return len(p), nil
}
