package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/store"
	"selvedge/internal/store/storetest"
)

func TestAnOrderIsTakenInOnce(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	o := shopOrder("1001")

	first := takeIn(t, s, o)
	require.Equal(t, ports.Taken{ID: o.Order.ID, Sequence: 1, Changed: true, New: true}, first)
	again := takeIn(t, s, o)
	require.Equal(t, ports.Taken{ID: o.Order.ID, Sequence: 1}, again)

	stored, err := s.Order(ctx, o.Order.ID)
	require.NoError(t, err)
	require.Equal(t, o.Order, stored)
	person, err := s.Personal(ctx, o.Order.ID)
	require.NoError(t, err)
	require.Equal(t, o.Personal, person)

	loaded, err := s.Load(ctx, o.Order.ID)
	require.NoError(t, err)
	require.Equal(t, o.Order, loaded.Order)
	require.Equal(t, o.Personal, loaded.Personal)
	require.EqualValues(t, 1, loaded.Sequence())
	require.Len(t, loaded.Facts, 1)
	content, err := domain.Decode[domain.ContentFact](loaded.Facts[0])
	require.NoError(t, err)
	require.NotEmpty(t, content.Version)
	require.Equal(t, domain.ShopConfirmed, content.Status)
	require.Equal(t, noon, loaded.Facts[0].At)
}

func TestWhatIsAChangeOfContent(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*ports.ShopOrder)
		want   bool
	}{
		"a later instant alone is none":              {func(*ports.ShopOrder) {}, false},
		"processing after confirmed is our own echo": {func(o *ports.ShopOrder) { o.Order.Status = domain.ShopProcessing }, false},
		"shipped after confirmed is our own echo":    {func(o *ports.ShopOrder) { o.Order.Status = domain.ShopShipped }, false},
		"a shipment in the shop is our own echo": {func(o *ports.ShopOrder) {
			o.Order.Shipments = []domain.ShopShipment{{ID: "5", Number: "1001-1"}}
		}, false},
		"captured money is our own echo": {func(o *ports.ShopOrder) { o.Order.Payment.Captured = 150000 }, false},
		"lines told in another order": {func(o *ports.ShopOrder) {
			o.Order.Lines[0], o.Order.Lines[1] = o.Order.Lines[1], o.Order.Lines[0]
		}, false},
		"that the shop tells of the money is no change": {func(o *ports.ShopOrder) { o.Order.Payment.Known = true }, false},
		"a refund of a part is no change":               {func(o *ports.ShopOrder) { o.Order.Payment.Captured, o.Order.Payment.Refunded = 150000, 5000 }, false},
		"a voided authorisation counts":                 {func(o *ports.ShopOrder) { o.Order.Payment = domain.Payment{Known: true} }, true},
		"money that was all given back counts":          {func(o *ports.ShopOrder) { o.Order.Payment.Captured, o.Order.Payment.Refunded = 150000, 150000 }, true},
		"a capture without outcome counts":              {func(o *ports.ShopOrder) { o.Order.Payment.CapturePending = true }, true},
		"a failed capture counts":                       {func(o *ports.ShopOrder) { o.Order.Payment.CaptureFailed = true }, true},
		"a hold counts":                                 {func(o *ports.ShopOrder) { o.Order.OnHold = true }, true},
		"a cancellation counts":                         {func(o *ports.ShopOrder) { o.Order.Status = domain.ShopCancelled }, true},
		"fewer units count":                             {func(o *ports.ShopOrder) { o.Order.Lines[1].Quantity = 2 }, true},
		"another street counts":                         {func(o *ports.ShopOrder) { o.Personal.Delivery.Line1 = "Lillgatan 2" }, true},
		"an attribute counts":                           {func(o *ports.ShopOrder) { o.Order.Attributes = map[string]string{"gift": "no"} }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, ctx := storetest.New(t), within(t)
			o := shopOrder("1001")
			takeIn(t, s, o)
			later := changed(o, 5, tt.change)
			taken := takeIn(t, s, later)
			require.Equal(t, tt.want, taken.Changed)
			require.False(t, taken.New)

			loaded, err := s.Load(ctx, o.Order.ID)
			require.NoError(t, err)
			require.Equal(t, later.Order, loaded.Order, "the canonical order is refreshed whether it counts or not")
			require.Equal(t, later.Personal, loaded.Personal)
			require.Len(t, loaded.Facts, map[bool]int{false: 1, true: 2}[tt.want])
			require.Equal(t, loaded.Sequence(), taken.Sequence)
		})
	}
}

func TestGoingBackToAnEarlierContentIsANewFact(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	o := shopOrder("1001")
	takeIn(t, s, o)
	require.EqualValues(t, 2, takeIn(t, s, changed(o, 1, func(o *ports.ShopOrder) { o.Order.OnHold = true })).Sequence)
	back := takeIn(t, s, changed(o, 2, func(*ports.ShopOrder) {}))
	require.True(t, back.Changed)
	require.EqualValues(t, 3, back.Sequence)
	loaded, err := s.Load(within(t), o.Order.ID)
	require.NoError(t, err)
	first, err := domain.Decode[domain.ContentFact](loaded.Facts[0])
	require.NoError(t, err)
	third, err := domain.Decode[domain.ContentFact](loaded.Facts[2])
	require.NoError(t, err)
	require.Equal(t, first, third)
}

func TestAStaleReadingIsIgnored(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	o := shopOrder("1001")
	newer := changed(o, 5, func(o *ports.ShopOrder) { o.Order.OnHold = true })
	takeIn(t, s, newer)
	taken := takeIn(t, s, o)
	require.True(t, taken.Stale)
	require.False(t, taken.Changed)
	stored, err := s.Order(ctx, o.Order.ID)
	require.NoError(t, err)
	require.True(t, stored.OnHold)

	both, err := s.TakeIn(ctx, []ports.ShopOrder{changed(newer, 9, func(o *ports.ShopOrder) { o.Order.OnHold = false }), o}, noon)
	require.NoError(t, err)
	require.Len(t, both, 1, "of two readings in a batch the newer counts")
	require.True(t, both[0].Changed)
}

func TestWholesaleIsCountedOnly(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	o := shopOrder("W1")
	o.Order.Wholesale = true
	for range 2 {
		require.Equal(t, ports.Taken{ID: o.Order.ID, Wholesale: true}, takeIn(t, s, o))
	}
	loaded, err := s.Load(ctx, o.Order.ID)
	require.NoError(t, err)
	require.Empty(t, loaded.Facts)
	require.Zero(t, loaded.Personal)
	counts, err := s.Counts(ctx)
	require.NoError(t, err)
	require.Equal(t, store.Counts{Wholesale: 1}, counts)
}

func TestABatchSkipsWhatCouldNotBeRead(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	unread := shopOrder("1002")
	unread.Err = errors.New("unreadable")
	taken, err := s.TakeIn(within(t), []ports.ShopOrder{shopOrder("1003"), unread, shopOrder("1001")}, noon)
	require.NoError(t, err)
	require.Len(t, taken, 2)
	require.Equal(t, "1001", taken[0].ID.Number, "sorted by id")
	none, err := s.TakeIn(within(t), nil, noon)
	require.NoError(t, err)
	require.Empty(t, none)
}

func TestABatchIsTakenInAsAWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	url := storetest.URL(t)
	s, ctx := storetest.Open(t, url, storetest.Keyring(t, "k1")), within(t)

	odd := shopOrder("1002")
	odd.Order.Attributes = map[string]string{"note": "a\x00b"} // PostgreSQL cannot store it
	_, err := s.TakeIn(ctx, []ports.ShopOrder{shopOrder("1001"), odd}, noon)
	require.True(t, fault.Is(err, fault.Invalid), "%v", err)
	requireEmpty(t, url)

	// Somebody else holds the rows of the batch's second half until we give up.
	takeIn(t, s, shopOrder("2000"))
	other, err := pgx.Connect(ctx, url)
	require.NoError(t, err)
	defer other.Close(ctx)
	tx, err := other.Begin(ctx)
	require.NoError(t, err)
	_, err = tx.Exec(ctx, "SELECT FROM selvedge.orders WHERE number = '2000' FOR UPDATE")
	require.NoError(t, err)
	limited, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	_, err = s.TakeIn(limited, []ports.ShopOrder{shopOrder("1001"), changed(shopOrder("2000"), 1, func(o *ports.ShopOrder) { o.Order.OnHold = true })}, noon)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.True(t, fault.Is(err, fault.Unavailable), "%v", err)
	require.NoError(t, tx.Rollback(ctx))

	_, err = s.Order(ctx, domain.OrderID{Store: "atelier", Number: "1001"})
	require.True(t, fault.Is(err, fault.NotFound), "nothing of the batch is left: %v", err)
	untouched, err := s.Load(ctx, domain.OrderID{Store: "atelier", Number: "2000"})
	require.NoError(t, err)
	require.Len(t, untouched.Facts, 1)
}

func requireEmpty(t *testing.T, url string) {
	t.Helper()
	ctx := within(t)
	conn, err := pgx.Connect(ctx, url)
	require.NoError(t, err)
	defer conn.Close(ctx)
	var n int
	require.NoError(t, conn.QueryRow(ctx, `SELECT (SELECT count(*) FROM selvedge.orders) + (SELECT count(*) FROM selvedge.order_lines) + (SELECT count(*) FROM selvedge.facts)`).Scan(&n))
	require.Zero(t, n)
}

func TestBatchesThatOverlapDoNotDeadlock(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	const writers, rounds = 4, 10
	var wg sync.WaitGroup
	errs := make(chan error, writers*rounds)
	for w := range writers {
		wg.Go(func() {
			for r := range rounds {
				var batch []ports.ShopOrder
				for n := range 12 {
					number := fmt.Sprint(1000 + (n*(w+1)+r)%17) // each writer in another order, new and known mixed
					batch = append(batch, changed(shopOrder(number), w*rounds+r, func(o *ports.ShopOrder) { o.Order.GrandTotal += int64(w*rounds + r) }))
				}
				if _, err := s.TakeIn(ctx, batch, noon); err != nil {
					errs <- err
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	open, err := s.OpenOrders(ctx, domain.OrderID{}, 100)
	require.NoError(t, err)
	for _, o := range open {
		facts, err := s.Facts(ctx, o.ID, 0)
		require.NoError(t, err)
		require.EqualValues(t, o.Sequence, len(keysOf(t, facts)))
	}
}

func TestTheLinesOfTheNewestContentAreProjected(t *testing.T) {
	t.Parallel()
	url := storetest.URL(t)
	s, ctx := storetest.Open(t, url, storetest.Keyring(t, "k1")), within(t)
	o := shopOrder("1001")
	takeIn(t, s, o)
	takeIn(t, s, changed(o, 1, func(o *ports.ShopOrder) { o.Order.Lines = o.Order.Lines[1:] }))
	conn, err := pgx.Connect(ctx, url)
	require.NoError(t, err)
	defer conn.Close(ctx)
	var line string
	var quantity int
	var allocated map[string]int
	require.NoError(t, conn.QueryRow(ctx, `SELECT line, quantity, allocated FROM selvedge.order_lines`).Scan(&line, &quantity, &allocated))
	require.Equal(t, "2", line)
	require.Equal(t, 3, quantity)
	require.Equal(t, map[string]int{"leeds": 2}, allocated, "an allocation that waits is none")
}
