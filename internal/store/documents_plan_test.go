package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"selvedge/internal/store"
	"selvedge/internal/store/storetest"
)

func TestTheOutboxIsReadInOrderWithoutSortingAllThatIsDue(t *testing.T) {
	t.Parallel()
	db, err := pgx.Connect(t.Context(), storetest.URL(t))
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close(t.Context()) })
	_, err = db.Exec(t.Context(), `
		INSERT INTO documents (key, kind, ledger, currency, gross, tax, content, fingerprint, status, next_at, created_at)
		SELECT 'k' || g, 'invoice', 'csv', 'GBP', 0, 0, jsonb_build_object('links', jsonb_build_array('k' || g - 1)), '', CASE WHEN g % 2 = 0 THEN 'due' ELSE 'posted' END, now(), now()
		FROM generate_series(1, 50000) g; ANALYZE documents`)
	require.NoError(t, err)
	rows, err := db.Query(t.Context(), `EXPLAIN ANALYZE `+store.DueDocumentsQuery, pgx.NamedArgs{"ledger": "csv", "at": time.Now().Add(time.Hour), "limit": 100})
	require.NoError(t, err)
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	plan := strings.Join(lines, "\n")
	t.Log(plan)
	require.Contains(t, plan, "documents_outbox")
	require.NotContains(t, plan, "Sort")
}
