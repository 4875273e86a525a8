package console

import (
	"context"
	"net/url"
	"strings"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// OrdersData is what the lists of orders and the page of one read. None of it is personal.
type OrdersData interface {
	ListOrders(ctx context.Context, state domain.OrderState, after ports.ListedOrder, limit int) ([]ports.ListedOrder, error)
	FindOrders(ctx context.Context, number string, limit int) ([]ports.ListedOrder, error)
	Shown(ctx context.Context, id domain.OrderID) (ports.ListedOrder, error)
	Order(ctx context.Context, id domain.OrderID) (domain.Order, error)
	Facts(ctx context.Context, id domain.OrderID, after int64) ([]domain.Fact, error)
	Consignments(ctx context.Context, id domain.OrderID) ([]domain.Consignment, error)
	OrderExceptions(ctx context.Context, id domain.OrderID, limit int) ([]ports.OrderException, error)
}

// ordersPerPage is how many orders one page lists.
const ordersPerPage = 50

type ordersPage struct {
	Find   string
	State  domain.OrderState
	States []stateGroup
	Orders []ports.ListedOrder
	Cut    bool // a search found more
	Next   string
}

func (v *visit) orders() error {
	q := v.r.URL.Query()
	p := ordersPage{Find: strings.TrimSpace(q.Get("q")), State: domain.OrderState(q.Get("state")), States: groupStates(nil)}
	if p.Find != "" {
		return v.find(p)
	}
	after := ports.ListedOrder{ID: domain.OrderID{Store: q.Get("store"), Number: q.Get("number")}}
	if at := q.Get("at"); at != "" {
		var err error
		if after.TakenAt, err = time.Parse(time.RFC3339Nano, at); err != nil {
			after = ports.ListedOrder{} // nothing readable means from the start
		}
	}
	orders, err := v.c.o.Orders.ListOrders(v.ctx(), p.State, after, ordersPerPage+1)
	if err != nil {
		return err
	}
	if p.Orders = orders; len(orders) > ordersPerPage {
		p.Orders = orders[:ordersPerPage]
		last := p.Orders[ordersPerPage-1]
		p.Next = "/orders?" + url.Values{
			"state": {string(p.State)}, "at": {last.TakenAt.Format(time.RFC3339Nano)}, "store": {last.ID.Store}, "number": {last.ID.Number},
		}.Encode()
	}
	return v.show("orders", "Orders", p)
}

// find leads straight to the order when only one bears the number.
func (v *visit) find(p ordersPage) error {
	number := strings.TrimPrefix(p.Find, "order/") // a workflow ID, as the Web UI shows it
	if i := strings.LastIndex(number, "/"); i >= 0 {
		number = number[i+1:]
	}
	orders, err := v.c.o.Orders.FindOrders(v.ctx(), number, ordersPerPage+1)
	if err != nil {
		return err
	}
	if len(orders) == 1 {
		v.redirect(orderPath(orders[0].ID))
		return nil
	}
	p.Cut = len(orders) > ordersPerPage
	p.Orders = orders[:min(ordersPerPage, len(orders))]
	return v.show("orders", "Orders", p)
}
