package store_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/store"
	"selvedge/internal/store/storetest"
)

func TestAKeyringThatCannotBeReadSaysWhyAndEchoesNothing(t *testing.T) {
	t.Parallel()
	good, short := storetest.RandomKey(), "c2hvcnQtc2VjcmV0"
	for name, tt := range map[string]struct {
		text string
		want []string
	}{
		"none":               {"  ", []string{"none given"}},
		"a key without id":   {good, []string{"entry 1", "<id>:"}},
		"a key as id":        {good + ":" + good, []string{"entry 1", "<id>:"}},
		"no base64":          {"k1:sesame open%", []string{"entry 1", "not standard base64"}},
		"too short":          {"k1:" + short, []string{"entry 1", "12 bytes, want 32"}},
		"an id twice":        {"k1:" + good + ",k1:" + good, []string{"entry 2", "already taken"}},
		"all faults at once": {"k1:" + short + ",k2:sesame open%", []string{"entry 1", "entry 2"}},
		"a trailing comma":   {"k1:" + good + ",", []string{"entry 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := store.ParseKeyring(tt.text)
			for _, want := range tt.want {
				require.ErrorContains(t, err, want)
			}
			for _, secret := range []string{good, short, "sesame"} {
				require.NotContains(t, err.Error(), secret)
			}
		})
	}
}

func TestAKeyringDoesNotPrint(t *testing.T) {
	t.Parallel()
	k := storetest.Keyring(t, "k1")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		require.Equal(t, "[keyring withheld]", fmt.Sprintf(verb, k))
	}
}

func TestAMasterKeyIsRotated(t *testing.T) {
	t.Parallel()
	url, ctx := storetest.URL(t), within(t)
	oldKey, newKey := "k1:"+storetest.RandomKey(), "k2:"+storetest.RandomKey()
	ring := func(s string) store.Keyring {
		k, err := store.ParseKeyring(s)
		require.NoError(t, err)
		return k
	}
	before := storetest.Open(t, url, ring(oldKey))
	o := shopOrder("1001")
	id := takeIn(t, before, o).ID
	fingerprint, err := before.Fingerprint(ctx, id, []byte("x"))
	require.NoError(t, err)

	both := storetest.Open(t, url, ring(newKey+","+oldKey))
	old, err := both.WrappedByOldKeys(ctx, 10)
	require.NoError(t, err)
	require.Equal(t, []domain.OrderID{id}, old)
	for range 2 {
		require.NoError(t, both.Rewrap(ctx, id))
	}
	old, err = both.WrappedByOldKeys(ctx, 10)
	require.NoError(t, err)
	require.Empty(t, old)

	after := storetest.Open(t, url, ring(newKey))
	person, err := after.Personal(ctx, id)
	require.NoError(t, err)
	require.Equal(t, o.Personal, person)
	same, err := after.Fingerprint(ctx, id, []byte("x"))
	require.NoError(t, err)
	require.Equal(t, fingerprint, same, "fingerprints outlive a rotation")
	require.False(t, takeIn(t, after, o).Changed)

	_, err = before.Personal(ctx, id)
	require.True(t, fault.Is(err, fault.Misconfigured), "%v", err)
	require.ErrorContains(t, err, `"k2"`)
	_, err = before.Load(ctx, id)
	require.True(t, fault.Is(err, fault.Misconfigured), "%v", err)
}

func TestSealedDataMovedToAnotherOrderCannotBeOpened(t *testing.T) {
	t.Parallel()
	url, ctx := storetest.URL(t), within(t)
	s := storetest.Open(t, url, storetest.Keyring(t, "k1"))
	takeIn(t, s, shopOrder("1001"))
	id := takeIn(t, s, shopOrder("1002")).ID
	conn, err := pgx.Connect(ctx, url)
	require.NoError(t, err)
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, `UPDATE selvedge.orders o SET personal = p.personal, data_key = p.data_key
		FROM selvedge.orders p WHERE o.number = '1002' AND p.number = '1001'`)
	require.NoError(t, err)
	_, err = s.Personal(ctx, id)
	require.True(t, fault.Is(err, fault.Invalid), "%v", err)
}

func TestAnErasedOrderStaysErased(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	o := shopOrder("1001")
	id := takeIn(t, s, o).ID
	for range 2 {
		require.NoError(t, s.Erase(ctx, id))
	}
	_, err := s.Personal(ctx, id)
	require.True(t, fault.Is(err, fault.Invalid), "%v", err)
	f, _ := fault.As(err)
	require.Equal(t, "erased", f.Code)
	_, err = s.Fingerprint(ctx, id, []byte("x"))
	require.True(t, fault.Is(err, fault.Invalid), "%v", err)
	require.NoError(t, s.Rewrap(ctx, id))

	taken := takeIn(t, s, changed(o, 1, func(o *ports.ShopOrder) { o.Order.OnHold = true }))
	require.False(t, taken.Changed)
	_, _, err = s.Append(ctx, id, []domain.Fact{noted("late")})
	require.NoError(t, err)
	loaded, err := s.Load(ctx, id)
	require.NoError(t, err)
	require.Zero(t, loaded.Personal)
	require.Empty(t, loaded.Fingerprint([]byte("x")))
	require.True(t, loaded.Order.OnHold, "the canonical order is refreshed")
	require.Len(t, loaded.Facts, 2)
	require.True(t, fault.Is(s.Erase(ctx, domain.OrderID{Store: "atelier", Number: "404"}), fault.NotFound))
}

func TestFingerprintsAreKeyedPerOrder(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	a, b := takeIn(t, s, shopOrder("1001")).ID, takeIn(t, s, shopOrder("1002")).ID
	fa, err := s.Fingerprint(ctx, a, []byte("Storgatan 1"))
	require.NoError(t, err)
	fb, err := s.Fingerprint(ctx, b, []byte("Storgatan 1"))
	require.NoError(t, err)
	require.Len(t, fa, 32)
	require.NotEqual(t, fa, fb)
	loaded, err := s.Load(ctx, a)
	require.NoError(t, err)
	require.Equal(t, fa, loaded.Fingerprint([]byte("Storgatan 1")))
	require.NotEqual(t, fa, loaded.Fingerprint([]byte("Storgatan 2")))
}

// Unique values are planted in every personal field, then everything that the
// database holds is read as text.
func TestPersonalDataStandsNowhereInTheClear(t *testing.T) {
	t.Parallel()
	url, ctx := storetest.URL(t), within(t)
	s := storetest.Open(t, url, storetest.Keyring(t, "k1"))
	address := func(p string) domain.Address {
		return domain.Address{
			FirstName: p + "first", LastName: p + "last", Company: p + "company", Line1: p + "line1", Line2: p + "line2",
			City: p + "city", State: p + "state", Postcode: p + "postcode", Email: p + "@email", Phone: p + "phone", Country: "SE",
		}
	}
	o := shopOrder("1001")
	o.Personal = domain.Personal{Delivery: address("plantedq"), Billing: address("plantedz")}
	id := takeIn(t, s, o).ID
	_, err := s.SaveConsignment(ctx, consignment(id, "1001-A", "f1"))
	require.NoError(t, err)
	require.NoError(t, s.SaveRefused(ctx, "centra-events", "e1", "unreadable", []byte(`{"name":"plantedr"}`), noon))

	dump := dumpOf(t, url)
	require.Contains(t, dump, "COAT-NAVY-38", "the dump holds what is stored")
	require.NotContains(t, strings.ToLower(dump), "planted")
	require.NotContains(t, dump, fmt.Sprintf("%x", "planted"), "nor as bytes, which PostgreSQL shows as hex")
}

func dumpOf(t *testing.T, url string) string {
	t.Helper()
	ctx := within(t)
	conn, err := pgx.Connect(ctx, url)
	require.NoError(t, err)
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, `SELECT quote_ident(table_name) FROM information_schema.tables WHERE table_schema = 'selvedge'`)
	require.NoError(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Greater(t, len(tables), 10)
	var dump strings.Builder
	for _, table := range tables {
		rows, err := conn.Query(ctx, `SELECT r::text FROM selvedge.`+table+` r`)
		require.NoError(t, err)
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		dump.WriteString(table + "\n" + strings.Join(lines, "\n") + "\n")
	}
	return dump.String()
}
