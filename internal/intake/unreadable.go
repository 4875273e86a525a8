package intake

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// rereadEvery is how long orders that cannot be read are left in peace; rereadPage is
// how many of them one poll reads. A shop that changes such an order tells so, and then it is read at once.
const (
	rereadEvery = time.Hour
	rereadPage  = 50
)

// rereads remembers how far this process has come with reading unreadable orders again.
// A new process begins at once: it may be the release that can read them.
type rereads struct {
	mu     sync.Mutex
	stores map[string]reread
}

type reread struct {
	after string    // the last number of an unfinished round
	next  time.Time // when the next round begins
}

// refuse keeps an order that cannot be read, opens its exception and stops its
// hand-over, so that somebody sees it; the rest of its batch goes on. Refusing it again is harmless.
func (i *Intake) refuse(ctx context.Context, o ports.ShopOrder) error {
	id := o.Order.ID
	i.Log.Error("an order of the shop cannot be read; it waits as an exception", zap.String("order", id.String()), zap.Error(o.Err))
	if id.Store == "" || id.Number == "" { // nobody to hold it against: it is listed
		return i.Store.SaveRefused(ctx, "centra", "order/"+id.String(), o.Err.Error(), nil, i.Clock())
	}
	recorded, err := i.Store.HoldUnreadable(ctx, ports.ExceptionRecord{
		Order: id, System: "centra", Kind: domain.KindUnreadable, Cause: domain.UnreadableCause(id), Owner: "engineering", Severity: "hold",
		Problems: problemsOf(o.Err), Value: o.Order.GrandTotal, Currency: o.Order.Currency, OpenedAt: i.Clock(),
	}, o.Err.Error())
	if err != nil {
		return fmt.Errorf("keep unreadable order %s: %w", id, err)
	}
	if recorded.Added == 0 {
		return nil
	}
	return i.lookAt(ctx, recorded)
}

func (i *Intake) lookAt(ctx context.Context, r ports.Recorded) error {
	return i.signal(ctx, r.ID, r.Sequence, func() (domain.Order, error) { return i.Store.Order(ctx, r.ID) })
}

// problemsOf is what a person has to know of an unreadable order.
func problemsOf(err error) []domain.Refusal {
	f, ok := fault.As(err)
	if !ok {
		return []domain.Refusal{{Code: "unreadable", Message: err.Error()}}
	}
	var problems []domain.Refusal
	for _, p := range f.Problems {
		problems = append(problems, domain.Refusal(p))
	}
	if len(problems) == 0 {
		problems = []domain.Refusal{{Code: f.Code, Message: f.Error()}}
	}
	return problems
}

// readable resolves the exceptions of orders that were asked for and came readable, and
// of those that the shop turns out not to hold.
func (i *Intake) readable(ctx context.Context, store string, asked []string, answered []ports.ShopOrder) error {
	known := map[string]bool{}
	var read, absent []domain.OrderID
	for _, o := range answered {
		known[o.Order.ID.Number] = true
		if o.Err == nil {
			read = append(read, o.Order.ID)
		}
	}
	for _, number := range asked {
		if !known[number] {
			absent = append(absent, domain.OrderID{Store: store, Number: number})
		}
	}
	wake, err := i.Store.ReadableAgain(ctx, read, absent, i.Clock())
	if err != nil {
		return fmt.Errorf("release unreadable orders of %s: %w", store, err)
	}
	for _, r := range wake {
		if err := i.lookAt(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// rereadRefused reads orders that could not be read once more: what was wrong may have
// been our configuration or an older version of us, of which the shop tells nothing.
func (i *Intake) rereadRefused(ctx context.Context, store string, result *contract.IntakeResult) error {
	i.unreadable.mu.Lock()
	at := i.unreadable.stores[store]
	i.unreadable.mu.Unlock()
	if at.after == "" && i.Clock().Before(at.next) {
		return nil
	}
	numbers, err := i.Store.UnreadableOrders(ctx, store, at.after, rereadPage)
	if err != nil {
		return fmt.Errorf("find unreadable orders of %s: %w", store, err)
	}
	changed, err := i.takeBisected(ctx, store, numbers)
	result.Changed += changed
	if err != nil {
		return fmt.Errorf("read unreadable orders of %s again: %w", store, err)
	}
	at = reread{next: i.Clock().Add(rereadEvery)}
	if len(numbers) == rereadPage {
		at.after = numbers[rereadPage-1]
	}
	i.unreadable.mu.Lock()
	defer i.unreadable.mu.Unlock()
	if i.unreadable.stores == nil {
		i.unreadable.stores = map[string]reread{}
	}
	i.unreadable.stores[store] = at
	return nil
}
