package intake_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/store"
)

// unreadable is an order that the shop holds in a form that cannot be read.
func unreadable(number string) ports.ShopOrder {
	return ports.ShopOrder{
		Order: domain.Order{ID: id(number), UpdatedAt: noon},
		Err: fmt.Errorf("order %s: %w", number, &fault.Fault{Kind: fault.Invalid, System: "centra", Problems: []fault.Problem{
			{Code: "amount", Field: "unitPrice", Value: "1.005\x00", Message: "amount 1.005 GBP has three decimals"},
		}}),
	}
}

// waits are the orders with an open exception, by cause.
func (w *world) waits(t *testing.T) []string {
	t.Helper()
	open, err := w.store.OpenExceptions(within(t), store.ExceptionFilter{Kind: domain.KindUnreadable}, 100)
	require.NoError(t, err)
	var causes []string
	for _, e := range open {
		causes = append(causes, e.Cause)
	}
	return causes
}

func (w *world) take(t *testing.T, numbers ...string) {
	t.Helper()
	_, err := w.TakeOrders(within(t), atelier, numbers)
	require.NoError(t, err)
}

func TestAnUnreadableOrderIsAnExceptionUntilItReads(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.shop.put(unreadable("1"))
	w.shop.put(sale("2"))
	w.shop.events = []ports.ShopEvent{{ID: "a", Object: "order", Ref: "1", Store: atelier}, {ID: "b", Object: "order", Ref: "2", Store: atelier}}
	_, err := w.DrainShop(within(t))
	require.NoError(t, err)
	require.Empty(t, w.shop.events, "its event is confirmed: the exception stands for it")
	require.Equal(t, []string{"unreadable-order:atelier/1"}, w.waits(t))
	require.Equal(t, []string{"2"}, w.runs.woken, "the rest of its batch goes on")
	open, err := w.store.OpenExceptions(within(t), store.ExceptionFilter{}, 1)
	require.NoError(t, err)
	require.Equal(t, "engineering", open[0].Owner)
	require.Equal(t, []domain.Refusal{{Code: "amount", Field: "unitPrice", Value: "1.005\uFFFD", Message: "amount 1.005 GBP has three decimals"}}, open[0].Problems)
	w.take(t, "1")
	require.Len(t, w.waits(t), 1, "asked once")

	w.shop.put(sale("1"))
	w.take(t, "1")
	require.Empty(t, w.waits(t))
	require.Empty(t, w.refused(t))
	require.Equal(t, []string{"2", "1"}, w.runs.woken)
	require.Equal(t, []domain.FactKind{domain.FactContent}, w.kinds(t, "1"))
}

func TestAKnownOrderThatBecomesUnreadableIsToldAndToldAgainWhenItReads(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.known(t, "1")
	for range 2 {
		w.shop.put(unreadable("1"))
		w.take(t, "1")
		w.take(t, "1")
		require.Len(t, w.waits(t), 1)
		w.shop.put(sale("1"))
		w.take(t, "1")
		require.Empty(t, w.waits(t))
	}
	require.Equal(t, []domain.FactKind{
		domain.FactContent, domain.FactUnreadable, domain.FactReadable, domain.FactUnreadable, domain.FactReadable,
	}, w.kinds(t, "1"), "the content is the same as before: only these facts tell")
	require.Equal(t, []string{"1", "1", "1", "1"}, w.runs.woken)
}

func TestAClosedOrderIsNotWokenBecauseItCannotBeRead(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.known(t, "1")
	closed, _, err := w.store.CloseOrder(within(t), id("1"), 1, domain.Closed, "", noon)
	require.NoError(t, err)
	require.True(t, closed)
	w.shop.put(unreadable("1"))
	w.take(t, "1")
	require.Len(t, w.waits(t), 1)
	require.Empty(t, w.runs.woken)
	w.shop.put(sale("1"))
	w.take(t, "1")
	require.Empty(t, w.waits(t))
	require.Empty(t, w.runs.woken)
}

func TestUnreadableOrdersAreReadAgainEachHourAndByANewProcess(t *testing.T) {
	t.Parallel()
	w := open(t)
	for n := range 60 {
		w.shop.put(unreadable(fmt.Sprintf("%02d", n)))
		w.take(t, fmt.Sprintf("%02d", n))
	}
	require.NoError(t, w.store.SaveCursor(within(t), "poll/"+atelier, noon.Add(time.Hour).Format(time.RFC3339), noon)) // the shop tells nothing of them
	require.Len(t, w.poll(t, time.Minute), 50, "a new process begins at once")
	require.Len(t, w.poll(t, time.Minute), 10, "and goes on with the rest")
	require.Empty(t, w.poll(t, time.Minute))
	require.Len(t, w.poll(t, time.Hour), 50)
	require.Len(t, w.waits(t), 60)
	w.restart()
	w.shop.put(sale("03"))
	require.Len(t, w.poll(t, time.Minute), 50)
	require.Len(t, w.waits(t), 59)
	require.Equal(t, []string{"03"}, w.runs.woken)
}

func TestAnOrderThatTheShopTurnsOutNotToHoldIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.known(t, "2")
	w.shop.put(unreadable("1"))
	w.shop.put(unreadable("2"))
	w.take(t, "1", "2")
	delete(w.shop.orders, "1")
	delete(w.shop.orders, "2")
	w.take(t, "1", "2")
	require.Equal(t, []string{"unreadable-order:atelier/2"}, w.waits(t), "one that we hold is a person's to decide")
}
