package centra

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
	"selvedge/internal/systems/centra/gen"
)

var _ ports.ShopCounter = (*Shop)(nil)

// countPage is how many orders one page of the count holds: the most that a list gives.
const countPage = 200

// CountOrders reads one page of the consumer orders of a store that are ready and
// were updated in the window.
//
// Orders leave the window while it is read, and plain pages would then skip others.
// So the next page begins anew at the instant of the last order; only within one
// second, the finest that the shop tells, are pages turned.
func (s *Shop) CountOrders(ctx context.Context, store string, from, to time.Time, cursor string) ([]ports.CountedOrder, string, error) {
	const op = "CountOrders"
	if err := s.knowStore(op, store); err != nil {
		return nil, "", err
	}
	at, page, err := position(op, cursor, from)
	if err != nil {
		return nil, "", err
	}
	id, _ := s.config.Stores.id(store)
	data, err := gen.CountOrders(ctx, s.client, at, to.UTC().Format(time.RFC3339), []int{id}, countPage, page)
	if err != nil {
		return nil, "", err
	}
	orders := make([]ports.CountedOrder, 0, len(data.Orders))
	last := at
	for _, o := range data.Orders {
		last = o.UpdatedAt
		if value(o.Typename) == wholesaleOrder {
			continue
		}
		counted := ports.CountedOrder{ID: domain.OrderID{Store: store, Number: strconv.Itoa(o.Number)}, Status: statusOf(o.Status)}
		if updated, err := time.Parse(time.RFC3339, o.UpdatedAt); err == nil {
			counted.UpdatedAt = updated.UTC()
		}
		for _, l := range o.Lines {
			if lineKinds[value(l.Typename)].Physical() {
				counted.Units += l.Quantity
			}
		}
		orders = append(orders, counted)
	}
	if len(data.Orders) < countPage {
		return orders, "", nil
	}
	return orders, following(at, page, last), nil
}

// following is the cursor after a full page.
func following(at string, page int, last string) string {
	began, err := time.Parse(time.RFC3339, at)
	ended, endErr := time.Parse(time.RFC3339, last)
	if err != nil || endErr != nil || !ended.After(began) {
		return fmt.Sprintf("%s|%d", at, page+1)
	}
	return fmt.Sprintf("%s|1", ended.UTC().Format(time.RFC3339))
}

func position(op, cursor string, from time.Time) (at string, page int, err error) {
	if cursor == "" {
		return from.UTC().Format(time.RFC3339), 1, nil
	}
	at, number, _ := strings.Cut(cursor, "|")
	if page, err = strconv.Atoi(number); err != nil || page < 1 {
		return "", 0, invalid(op, "cursor", cursor, fmt.Sprintf("cursor %q is none of ours; begin the window anew", cursor))
	}
	return at, page, nil
}
