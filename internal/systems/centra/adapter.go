package centra

import (
	"context"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/systems/centra/gen"
)

// maxOrders is how many orders one read may name.
const maxOrders = 50

// refsPerPage is how many references one page of UpdatedOrders holds.
const refsPerPage = 100

// Shop is Centra as ports.Shop.
type Shop struct {
	config Config
	client *client
	// bundles says that this instance takes bundle lines in shipments.
	bundles bool
	// warehouses keeps the shop's ids of warehouses by name: they never change.
	warehouses sync.Map
	// alone is Options.Alone.
	alone func(ctx context.Context, name string, do func() error) error
}

var _ ports.Shop = (*Shop)(nil)

// New makes the adapter. The error is that of Config.Validate.
func New(c Config, o Options) (*Shop, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if o.Alone == nil {
		o.Alone = func(_ context.Context, _ string, do func() error) error { return do() }
	}
	return &Shop{config: c, client: newClient(c, o), bundles: c.BundleLines == BundleLinesBundle, alone: o.Alone}, nil
}

// Probe asks for the quotas: it needs no permission but a valid token, costs
// next to nothing, and brings our pace up to date.
func (s *Shop) Probe(ctx context.Context) error {
	data, err := gen.RateLimits(context.WithValue(ctx, withoutRefresh{}, true), s.client)
	if err != nil {
		return err
	}
	s.client.adopt(ctx, data.RateLimits)
	return nil
}

// Orders reads orders by number in one request. An empty store means any store of
// the configuration; orders of another configured store than the one asked for
// are absent. An order that cannot be read has Err and, as far as known, its ID.
func (s *Shop) Orders(ctx context.Context, store string, numbers []string) ([]ports.ShopOrder, error) {
	const op = "Orders"
	if len(numbers) > maxOrders {
		return nil, invalid(op, "numbers", strconv.Itoa(len(numbers)), fmt.Sprintf("%d order numbers in one read; ask for at most %d", len(numbers), maxOrders))
	}
	if err := s.knowStore(op, store); err != nil {
		return nil, err
	}
	var orders []ports.ShopOrder
	var wanted []int
	for _, text := range numbers {
		n, err := orderNumber(op, text)
		if err != nil {
			orders = append(orders, ports.ShopOrder{Order: domain.Order{ID: domain.OrderID{Store: store, Number: text}}, Err: err})
			continue
		}
		wanted = append(wanted, n)
	}
	if len(wanted) == 0 {
		return orders, nil
	}
	read, unread, err := s.read(ctx, wanted)
	if err != nil {
		return nil, err
	}
	for _, o := range read {
		order := s.canonical(o, store)
		if store == "" || order.Order.ID.Store == store {
			orders = append(orders, order)
		}
	}
	for _, n := range wanted {
		if err := unread[n]; err != nil {
			id := domain.OrderID{Store: store, Number: strconv.Itoa(n)}
			orders = append(orders, ports.ShopOrder{Order: domain.Order{ID: id}, Err: fmt.Errorf("order %d: %w", n, err)})
		}
	}
	return orders, nil
}

// read asks for orders in one request. When one of them spoils the whole answer,
// the numbers are halved until that one stands alone.
func (s *Shop) read(ctx context.Context, numbers []int) ([]gen.Order, map[int]error, error) {
	types := s.config.OrderAttributes
	data, err := gen.Orders(ctx, s.client, numbers, len(numbers), append([]string{}, types...), len(types) > 0)
	if err == nil {
		return data.Orders, nil, nil
	}
	if !spoiled(err) {
		return nil, nil, err
	}
	if len(numbers) == 1 {
		return nil, map[int]error{numbers[0]: err}, nil
	}
	half := len(numbers) / 2
	left, leftErrs, err := s.read(ctx, numbers[:half])
	if err != nil {
		return nil, nil, err
	}
	right, rightErrs, err := s.read(ctx, numbers[half:])
	if err != nil {
		return nil, nil, err
	}
	errs := map[int]error{}
	for _, part := range []map[int]error{leftErrs, rightErrs} {
		for n, e := range part {
			errs[n] = e
		}
	}
	return append(left, right...), errs, nil
}

// spoiled tells whether one object in an answer can be the reason for a failure.
func spoiled(err error) bool {
	f, ok := fault.As(err)
	return ok && f.Kind == fault.Invalid && (f.Code == codeUnreadable || f.Code == codeTooLarge || f.Code == codeExecution)
}

// UpdatedOrders lists orders updated at or after since, oldest first, one page
// after the cursor; an empty store means all stores of the configuration.
func (s *Shop) UpdatedOrders(ctx context.Context, store string, since time.Time, cursor string) ([]ports.ShopOrderRef, string, error) {
	const op = "UpdatedOrders"
	if err := s.knowStore(op, store); err != nil {
		return nil, "", err
	}
	var stores []int
	for id, key := range s.config.Stores {
		if store == "" || key == store {
			stores = append(stores, id)
		}
	}
	sort.Ints(stores)
	data, err := gen.UpdatedOrders(ctx, s.client, since.UTC().Format(time.RFC3339), stores, refsPerPage, some(cursor))
	if err != nil {
		return nil, "", err
	}
	refs := make([]ports.ShopOrderRef, 0, len(data.OrderConnection.Edges))
	for _, edge := range data.OrderConnection.Edges {
		at, err := time.Parse(time.RFC3339, edge.Node.UpdatedAt)
		if err != nil {
			// The order is listed all the same: it must be read, whenever it changed.
			at = since
		}
		refs = append(refs, ports.ShopOrderRef{
			ID:        domain.OrderID{Store: s.config.Stores[edge.Node.Store.Id], Number: strconv.Itoa(edge.Node.Number)},
			UpdatedAt: at.UTC(), Wholesale: value(edge.Node.Typename) == wholesaleOrder,
		})
	}
	if !data.OrderConnection.PageInfo.HasNextPage {
		return refs, "", nil
	}
	next := value(data.OrderConnection.PageInfo.EndCursor)
	if next == "" || next == cursor {
		// Taken for the end, it would hide all orders behind it; followed, it would never end.
		return nil, "", &fault.Fault{Kind: fault.Invalid, System: system, Op: op, Code: codeUnreadable, Message: "the list says that it goes on and does not say where; read it again"}
	}
	return refs, next, nil
}

// knowStore refuses a store key that the configuration does not name.
func (s *Shop) knowStore(op, store string) error {
	if _, ok := s.config.Stores.id(store); store == "" || ok {
		return nil
	}
	return &fault.Fault{Kind: fault.Misconfigured, System: system, Op: op, Code: "store", Problems: []fault.Problem{
		{Code: "store", Field: "store", Value: store, Message: fmt.Sprintf("store %q is not in STORES; add <Centra store id>=%s", store, store)},
	}}
}

// orderNumber reads an order number, which is an integer in Centra.
func orderNumber(op, text string) (int, error) {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n <= 0 || strconv.FormatInt(n, 10) != text {
		return 0, invalid(op, "number", text, fmt.Sprintf("order number %q: Centra's numbers are positive integers", text))
	}
	return int(n), nil
}

// key reads an id that Centra gave us as an integer.
func key(op, field, text string) (int, error) {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n <= 0 {
		return 0, invalid(op, field, text, fmt.Sprintf("%s %q: Centra's ids are positive integers", field, text))
	}
	return int(n), nil
}

// orderInput names an order by number.
func orderInput(op string, id domain.OrderID) (gen.OrderInput, error) {
	n, err := orderNumber(op, id.Number)
	return gen.OrderInput{Number: &n}, err
}

// value reads an optional value; absent is the zero value.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// some makes an optional value of a text; empty is absent.
func some(text string) *string {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	return &text
}
