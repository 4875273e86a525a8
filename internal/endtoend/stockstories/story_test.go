package stockstories_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
	acssim "selvedge/internal/simulators/acs"
	centrasim "selvedge/internal/simulators/centra"
	"selvedge/internal/simulators/weather"
)

// sale is an order of a story.
type sale struct {
	number    string
	line      string // the shop's id of its only line
	takenIn   bool
	handed    bool
	accepted  bool
	allocated bool
	ended     bool // cancelled at the warehouse
}

func (o *sale) id() domain.OrderID { return domain.OrderID{Store: shopStore, Number: o.number} }

// story is what happens to one item.
type story struct {
	*world
	sku    string
	buffer int
	drains bool // others take from the warehouse too
	orders []*sale
	inward int // units in refurbishment
	told   []string
}

func (s *story) tell(format string, a ...any) { s.told = append(s.told, fmt.Sprintf(format, a...)) }

func (s *story) oldest(fits func(*sale) bool) *sale {
	if i := slices.IndexFunc(s.orders, fits); i >= 0 {
		return s.orders[i]
	}
	return nil
}

// held is N: what the shop holds of an order and has sent.
func (s *story) held(o *sale) int {
	for _, order := range s.shop.State().Orders {
		if strconv.Itoa(order.Number) == o.number {
			return order.Lines[0].From[north]
		}
	}
	return 0
}

func (s *story) atWarehouse(o *sale) domain.WarehouseOrderLine {
	if !o.handed {
		return domain.WarehouseOrderLine{}
	}
	order, err := s.keeps.Order(s.ctx(), o.number)
	if err != nil || len(order.Lines) == 0 {
		return domain.WarehouseOrderLine{}
	}
	return order.Lines[0]
}

// promised counts the units that are sold, live, and not set aside at the warehouse.
func (s *story) promised() (units int) {
	for _, o := range s.orders {
		held, line := s.held(o), s.atWarehouse(o)
		carried := max(0, line.Quantity-line.Short-line.Cancelled)
		units += max(0, held-line.Allocated-line.Shipped-min(line.Short, max(0, held-carried)))
	}
	return units
}

// drain takes in what the warehouse says of its orders, as its webhooks and feeds do.
func (s *story) drain() error {
	_, err := s.stock.Orders.DrainOrders(s.ctx(), north, s.clock.Now().Add(-time.Hour))
	return err
}

const mostOrders = 12

// actions are the steps of a story. An error means that the world is broken, not that
// nothing could be done.
type action struct {
	name string
	do   func(s *story, n int) error
}

func actions() []action {
	return append(slices.Clone(happenings()),
		action{"pass", (*story).publish}, action{"pass", (*story).publish}, action{"pass", (*story).publish}, action{"pass", (*story).publish})
}

func happenings() []action {
	return []action{
		{"sell", func(s *story, n int) error {
			units := min(1+n%2, s.free(s.sku))
			if units <= 0 || len(s.orders) == mostOrders {
				return nil
			}
			s.world.orders++
			number := s.world.orders
			if err := s.shop.Seed(centrasim.Seed{Orders: []centrasim.SeedOrder{{
				Number: number, Store: shopStore, Market: "UK", Currency: "GBP", PaymentMethod: "card", ShippingOption: "Standard", Status: "CONFIRMED",
				Lines: []centrasim.SeedLine{{SKU: s.sku, Quantity: units, UnitPrice: 1000}},
			}}}); err != nil {
				return err
			}
			o := &sale{number: strconv.Itoa(number)}
			for _, order := range s.shop.State().Orders {
				if order.Number == number {
					o.line = strconv.Itoa(order.Lines[0].ID)
				}
			}
			s.orders = append(s.orders, o)
			s.tell("order %s sells %d", o.number, units)
			return nil
		}},
		{"take in", func(s *story, _ int) error {
			o := s.oldest(func(o *sale) bool { return !o.takenIn })
			if o == nil {
				return nil
			}
			s.tell("order %s is taken in", o.number)
			return s.takeIn(o)
		}},
		{"hand over", func(s *story, _ int) error {
			o := s.oldest(func(o *sale) bool { return o.takenIn && !o.handed })
			if o == nil {
				return nil
			}
			o.handed = true // an order that was cancelled before never is
			units := s.held(o)
			if units == 0 {
				o.ended = true
				o.handed = false
				o.takenIn = true
				return nil
			}
			c := domain.Consignment{
				Number: o.number, Order: o.id(), Warehouse: north, Service: "RM48", Currency: "GBP", OrderDate: "2026-03-02", Fingerprint: o.number,
				Lines: []domain.ConsignmentLine{{Line: o.line, SKU: s.sku, Quantity: units, UnitPrice: 1000, Attributes: map[string]string{"itemCondition": "new"}}},
			}
			if _, err := s.store.SaveConsignment(s.ctx(), c); err != nil {
				return err
			}
			s.tell("order %s is handed over with %d", o.number, units)
			_, err := s.keeps.Place(s.ctx(), c, domain.Address{LastName: "Nobody", Line1: "1 Nowhere", City: "Glasgow", Postcode: "G51 4BX", Country: "GB", Email: "nobody@nowhere.example"})
			return err
		}},
		{"accept", func(s *story, _ int) error {
			o := s.oldest(func(o *sale) bool { return o.handed && !o.accepted && !o.ended })
			if o == nil {
				return nil
			}
			o.accepted = true
			s.tell("the warehouse accepts order %s", o.number)
			return s.act(acssim.Action{Action: "accept", Order: o.number})
		}},
		{"allocate", func(s *story, _ int) error {
			o := s.oldest(func(o *sale) bool {
				return o.accepted && !o.allocated && !o.ended && s.atWarehouse(o).Quantity <= s.available(s.sku)
			})
			if o == nil {
				return nil
			}
			o.allocated = true
			s.tell("the warehouse allocates order %s", o.number)
			return s.act(acssim.Action{Action: "allocate", Order: o.number})
		}},
		{"ship", func(s *story, n int) error {
			o := s.oldest(func(o *sale) bool { return s.atWarehouse(o).Allocated > 0 })
			if o == nil {
				return nil
			}
			units := 1 + n%s.atWarehouse(o).Allocated
			s.tell("%d of order %s leave", units, o.number)
			return s.act(acssim.Action{Action: "ship", Order: o.number, Lines: []acssim.PlannedUnits{{LineID: o.line, Quantity: units}}})
		}},
		{"complete", func(s *story, _ int) error {
			for _, o := range s.orders {
				order, err := s.sells.Orders(s.ctx(), shopStore, []string{o.number})
				if err != nil || len(order) != 1 {
					return err
				}
				sent := 0
				for _, sh := range order[0].Order.Shipments {
					for _, l := range sh.Lines {
						sent += l.Quantity
					}
				}
				units := min(s.atWarehouse(o).Shipped-sent, order[0].Order.Lines[0].Allocated())
				if units <= 0 {
					continue
				}
				s.tell("the shop completes %d of order %s", units, o.number)
				_, err = s.sells.CreateShipment(s.ctx(), ports.ShipmentDraft{
					Order: o.id(), Currency: "GBP", Lines: []domain.LineQuantity{{Line: o.line, Quantity: units}}, Carrier: "RM", Tracking: "T" + o.number,
					Parcels: 1, ShippedAt: s.clock.Now(), Capture: true, Shipping: ports.Cost{None: true}, Handling: ports.Cost{None: true}, Discount: ports.Cost{None: true},
				})
				return err
			}
			return nil
		}},
		{"short", func(s *story, n int) error {
			o := s.oldest(func(o *sale) bool { return s.atWarehouse(o).Allocated > 0 })
			if o == nil || n%2 == 0 {
				return nil
			}
			s.tell("a unit of order %s is not found", o.number)
			return s.act(acssim.Action{Action: "short", Order: o.number, LineID: o.line, Quantity: 1})
		}},
		{"write off", func(s *story, _ int) error { // we cancel what we were told of
			o := s.oldest(func(o *sale) bool {
				l := s.atWarehouse(o)
				return l.Short > 0 && s.held(o) > l.Quantity-l.Short-l.Cancelled && s.held(o) > l.Shipped
			})
			if o == nil {
				return nil
			}
			if err := s.drain(); err != nil {
				return err
			}
			s.tell("the shop cancels the short unit of order %s", o.number)
			return s.sells.CancelLines(s.ctx(), o.id(), []domain.LineQuantity{{Line: o.line, Quantity: 1}}, "short")
		}},
		{"cancel before hand-over", func(s *story, n int) error {
			o := s.oldest(func(o *sale) bool { return !o.handed && s.held(o) > 0 })
			if o == nil || n%3 == 0 {
				return nil
			}
			s.tell("order %s is cancelled before it is handed over, released: %v", o.number, n%2 == 0)
			return s.shop.Admin(centrasim.Action{Action: "cancel-line", Order: number(o), SKU: s.sku, Quantity: 1, RemoveFromStock: n%2 != 0})
		}},
		{"cancel after hand-over", func(s *story, n int) error {
			o := s.oldest(func(o *sale) bool {
				l := s.atWarehouse(o)
				return o.handed && !o.ended && l.Shipped == 0 && l.Short == 0
			})
			if o == nil || n%2 == 0 {
				return nil
			}
			done, err := s.keeps.Cancel(s.ctx(), o.number, "cancel-"+o.number, "customer_request", nil)
			if err != nil {
				return err
			}
			o.ended = true
			s.tell("order %s is cancelled at the warehouse, done: %v", o.number, done.Done)
			return nil
		}},
		{"cancelled in the shop", func(s *story, _ int) error {
			o := s.oldest(func(o *sale) bool { return o.ended && o.handed && s.held(o) > 0 && s.atWarehouse(o).Cancelled > 0 })
			if o == nil {
				return nil
			}
			if err := s.drain(); err != nil {
				return err
			}
			s.tell("the shop cancels order %s", o.number)
			return s.sells.CancelLines(s.ctx(), o.id(), []domain.LineQuantity{{Line: o.line, Quantity: s.held(o)}}, "cancelled")
		}},
		{"goods in", func(s *story, n int) error {
			s.tell("%d come in", 1+n%2)
			return s.act(acssim.Action{Action: "adjust", SKU: s.sku, Quantity: 1 + n%2, Reason: "goods_in"})
		}},
		{"return", func(s *story, _ int) error {
			s.inward++
			s.tell("a unit comes back and is refurbished")
			return s.act(acssim.Action{Action: "adjust", SKU: s.sku, Quantity: 1, Reason: "found", Status: "in_refurbishment"})
		}},
		{"inspect", func(s *story, _ int) error {
			if s.inward == 0 {
				return nil
			}
			s.inward--
			s.tell("a refurbished unit is good again")
			return s.act(acssim.Action{Action: "move", SKU: s.sku, From: "in_refurbishment", To: "available", Quantity: 1})
		}},
		{"drain", func(s *story, n int) error {
			if !s.drains || s.available(s.sku) < 1 {
				return nil
			}
			if n%2 == 0 {
				s.tell("another channel sells one")
				return s.act(acssim.Action{Action: "adjust", SKU: s.sku, Quantity: -1, Reason: "sold_ex_hire"})
			}
			s.tell("one is beyond repair")
			return s.act(acssim.Action{Action: "move", SKU: s.sku, From: "available", To: "ber", Quantity: 1})
		}},
		{"feed rebuilt", func(s *story, n int) error {
			if n%3 != 0 {
				return nil
			}
			s.tell("the feed is rebuilt: the position is gone")
			return s.act(acssim.Action{Action: "rebuildFeed"})
		}},
		{"feed stands still", func(s *story, n int) error {
			if n%3 != 0 {
				return nil
			}
			s.tell("the feed stands still for 20 s")
			return s.act(acssim.Action{Action: "stale", Ms: 20_000})
		}},
		{"weather", func(s *story, n int) error {
			kind := []string{weather.CutAfterCommit, weather.CutBeforeCommit, weather.Garbage, weather.Status429, weather.Status500}[n%5]
			s.tell("the shop's next answer to a change of stock: %s", kind)
			return s.shop.Weather().Script(weather.Fault{Kind: kind, Match: "changeStock"})
		}},
		{"time", func(s *story, n int) error { s.clock.Advance(time.Duration(n) * 10 * time.Second); return nil }},
	}
}

func number(o *sale) int { n, _ := strconv.Atoi(o.number); return n }

func (s *story) takeIn(o *sale) error {
	o.takenIn = true
	read, err := s.sells.Orders(s.ctx(), shopStore, []string{o.number})
	if err != nil {
		return err
	}
	_, err = s.store.TakeIn(s.ctx(), read, s.clock.Now())
	return err
}

// publish makes a pass, with something else between its steps. What the shop's weather
// does to it is its own business: the next pass must make it good.
func (s *story) publish(n int) error {
	before := s.free(s.sku)
	err := s.pass(n%5 == 0, func() {
		s.clock.Advance(time.Second)
		for range n % 3 {
			if a := happenings()[(n*7)%len(happenings())]; a.name != "time" {
				_ = a.do(s, n)
			}
			n += 5
		}
		s.clock.Advance(time.Second)
	})
	s.tell("a pass: offered %d before, %d after, error %v", before, s.free(s.sku), err)
	return nil
}

// run tells a story: each step is the number of an action and of what it does.
func (w *world) run(steps []int, drains bool) (told string, failed error) {
	buffer := steps[0] % 3
	sku, err := w.newItem(steps[0]%7, buffer)
	if err != nil {
		return "", err
	}
	s := &story{world: w, sku: sku, buffer: buffer, drains: drains}
	defer func() { told = "\n\t" + strings.Join(s.told, "\n\t") }()
	s.tell("%d in stock, %d kept back", steps[0]%7, buffer)
	for _, step := range steps {
		w.clock.Advance(time.Duration(1+step%3) * time.Second)
		all := actions()
		a := all[step%len(all)]
		if err := a.do(s, step/len(all)); err != nil {
			return "", fmt.Errorf("%s: %w", a.name, err)
		}
		if drains {
			continue
		}
		if there, promised, free := w.available(sku), s.promised(), w.free(sku); promised+max(0, free) > max(0, there) {
			return "", fmt.Errorf("%d are there, %d are sold and not set aside, %d more are offered", there, promised, free)
		}
	}
	return "", s.rest()
}

// rest lets everything come to its end: faults are used up, unknown outcomes settle, and
// what nobody touches any more is published as it is.
func (s *story) rest() error {
	want, free := 0, 0
	for n := range 12 {
		s.clock.Advance(2 * settle)
		for _, o := range s.orders { // intake learns of every change in the shop
			if err := s.takeIn(o); err != nil {
				return err
			}
		}
		if err := s.pass(n%4 == 3); err != nil {
			s.tell("a pass at rest: %v", err)
		}
		want, free = max(0, s.available(s.sku)-s.promised()-s.buffer), s.free(s.sku)
		if n > 2 && want == free {
			return nil
		}
	}
	return fmt.Errorf("at rest %d are offered, but it should be %d: %d there, %d sold and not set aside, %d kept back",
		free, want, s.available(s.sku), s.promised(), s.buffer)
}

func anySteps(seed uint64, n int) []int {
	random := rand.New(rand.NewPCG(seed, 11)) //nolint:gosec // a test's dice
	steps := make([]int, n)
	for i := range steps {
		steps[i] = random.IntN(len(actions()) * 12)
	}
	return steps
}

// shrunk leaves out steps for as long as the story still fails. The first step stays: it
// says how much is in stock.
func (w *world) shrunk(steps []int, drains bool) ([]int, string, error) {
	told, failed := w.run(steps, drains)
	if failed == nil {
		return steps, told, nil
	}
	for size := len(steps) / 2; size >= 1; size /= 2 {
		for from := 1; from+size <= len(steps); {
			fewer := slices.Concat(steps[:from], steps[from+size:])
			if again, err := w.run(fewer, drains); err != nil {
				steps, told, failed = fewer, again, err
			} else {
				from += size
			}
		}
	}
	return steps, told, failed
}

func TestStories(t *testing.T) {
	t.Parallel()
	for name, drains := range map[string]bool{"nobody else takes from the warehouse": false, "others take from it too": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := openWorld(t)
			for seed := range uint64(12) {
				_, told, err := w.shrunk(anySteps(seed, 60+int(seed%3)), drains)
				require.NoError(t, err, "seed %d, the story:%s", seed, told)
			}
		})
	}
}
