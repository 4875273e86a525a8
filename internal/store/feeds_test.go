package store_test

import (
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/store"
	"selvedge/internal/store/storetest"
)

func TestACursorAdvancesOnlyFromWhereItStands(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	for i, tt := range []struct {
		from, to string
		want     bool
		stands   string
	}{
		{"1", "2", false, ""},
		{"", "1", true, "1"},
		{"", "2", false, "1"},
		{"1", "2", true, "2"},
		{"1", "2", false, "2"},
	} {
		moved, err := s.AdvanceCursor(ctx, "feed/leeds", tt.from, tt.to, noon)
		require.NoError(t, err)
		require.Equal(t, tt.want, moved, "step %d", i+1)
		value, err := s.Cursor(ctx, "feed/leeds")
		require.NoError(t, err)
		require.Equal(t, tt.stands, value, "step %d", i+1)
	}
	require.NoError(t, s.SaveCursor(ctx, "feed/leeds", "0", noon))
	value, err := s.Cursor(ctx, "feed/leeds")
	require.NoError(t, err)
	require.Equal(t, "0", value)
}

func TestARefusedInputIsKeptOnceAndSealed(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	require.NoError(t, s.SaveRefused(ctx, "centra", "e1", "no number", []byte("first"), noon))
	require.NoError(t, s.SaveRefused(ctx, "centra", "e1", "no number", []byte("second"), at(1)))
	require.NoError(t, s.SaveRefused(ctx, "acs", "e1", "not JSON", nil, at(2)))
	n, err := s.CountRefused(ctx)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	list, err := s.RefusedInputs(ctx, 10)
	require.NoError(t, err)
	require.Equal(t, []store.Refused{{Source: "acs", Key: "e1", Reason: "not JSON", At: at(2)}, {Source: "centra", Key: "e1", Reason: "no number", At: noon}}, list)
	body, err := s.RefusedBody(ctx, "centra", "e1")
	require.NoError(t, err)
	require.Equal(t, "first", string(body))
	_, err = s.RefusedBody(ctx, "centra", "e2")
	require.True(t, fault.Is(err, fault.NotFound), "%v", err)
}

func TestMigratingTwiceAndAtOnceIsHarmless(t *testing.T) {
	t.Parallel()
	url, ctx := storetest.EmptyURL(t), within(t)
	s := storetest.Open(t, url, storetest.Keyring(t, "k1"))
	require.True(t, fault.Is(s.SchemaCurrent(ctx), fault.Misconfigured))
	_, err := s.Counts(ctx)
	require.True(t, fault.Is(err, fault.Misconfigured), "%v", err)
	require.ErrorContains(t, err, "run its migrations")

	var wg sync.WaitGroup
	errs := make([]error, 3)
	for i := range errs {
		wg.Go(func() { errs[i] = s.Migrate(ctx) })
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	takeIn(t, s, shopOrder("1001"))
	require.NoError(t, s.Migrate(ctx))
	require.NoError(t, s.SchemaCurrent(ctx))
	counts, err := s.Counts(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, counts.Open)

	conn, err := pgx.Connect(ctx, url)
	require.NoError(t, err)
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, `DELETE FROM selvedge.goose_db_version WHERE version_id > 2`)
	require.NoError(t, err)
	require.ErrorContains(t, s.SchemaCurrent(ctx), "at version 2")
}

func TestOpeningFailsWithAReason(t *testing.T) {
	t.Parallel()
	ctx, keys := within(t), storetest.Keyring(t, "k1")
	for name, tt := range map[string]struct {
		url  string
		keys store.Keyring
		want fault.Kind
	}{
		"no key":                  {"postgres://nobody@127.0.0.1:1/x", store.Keyring{}, fault.Misconfigured},
		"a URL that is none":      {"postgres://u:sesame@h:port/x", keys, fault.Misconfigured},
		"a server that is absent": {"postgres://nobody:sesame@127.0.0.1:1/x?sslmode=disable", keys, fault.Unavailable},
	} {
		_, err := store.Open(ctx, tt.url, tt.keys)
		require.True(t, fault.Is(err, tt.want), "%s: %v", name, err)
		require.NotContains(t, err.Error(), "sesame")
	}
}

func TestWhatThisProgramCannotReadIsNoOutage(t *testing.T) {
	t.Parallel()
	url, ctx := storetest.URL(t), within(t)
	s := storetest.Open(t, url, storetest.Keyring(t, "k1"))
	id := takeIn(t, s, shopOrder("1001")).ID
	conn, err := pgx.Connect(ctx, url)
	require.NoError(t, err)
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, `UPDATE selvedge.orders SET content = '{"grandTotal": "much"}'`)
	require.NoError(t, err)
	_, err = s.Load(ctx, id)
	require.True(t, fault.Is(err, fault.Invalid), "%v", err)
	_, err = s.Order(ctx, id)
	require.True(t, fault.Is(err, fault.Invalid), "%v", err)
	_, _, err = s.Append(ctx, id, []domain.Fact{{Kind: domain.FactNoted, Key: "k", At: noon, Data: []byte("no JSON")}})
	require.True(t, fault.Is(err, fault.Invalid), "%v", err)
}
