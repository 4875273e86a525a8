package centra

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"selvedge/internal/simulators/clock"
	"selvedge/internal/simulators/weather"
)

// Options configure a Simulator. The zero value is a calm shop that is empty.
type Options struct {
	// Clock is the time; nil means a clock of its own.
	Clock *clock.Clock
	// Weather disturbs /graphql and the webhooks; nil means calm.
	Weather *weather.Weather
	// AppVersion is told in every answer's extensions; empty means v1.60.0.
	AppVersion string
	// Client sends the webhooks; nil means one with Centra's five seconds of patience.
	Client *http.Client
}

// Simulator is a Centra instance in memory. It is safe for concurrent use.
type Simulator struct {
	clock      *clock.Clock
	weather    *weather.Weather
	schema     *schema
	handler    http.Handler
	appVersion string
	hooks      *hooks

	documents        sync.Map
	documentCount    atomic.Int64
	introspectionOff atomic.Bool

	mu sync.Mutex // guards all below
	shop
	tokens        map[string]*token
	buckets       []*bucket
	retryFormat   string
	bundleLines   string
	bundleValue   string
	leak          string
	eventsEnabled bool
	queues        map[string]*queue
	conversions   []*conversion
	mutations     MutationCount
	mails         []Mail
	lastID        map[string]int
	stops         []func() bool
}

// shop is what the instance holds, with the indexes that look-ups need.
type shop struct {
	stores          []*store
	markets         []*market
	pricelists      []*pricelist
	currencies      []*currency
	countries       []*country
	countryByCode   map[string]*country
	warehouses      []*warehouse
	shippingOptions []*shippingOption
	payments        []*paymentMethod
	customers       []*customer
	attributeTypes  []*attributeType
	products        []*product
	sizes           []*productSize
	sizeBySKU       map[string]*productSize
	sizeByID        map[int]*productSize
	lists           catalogueLists
	stock           map[stockKey]*stock
	stockChanges    []int
	orders          []*order
	orderByNumber   map[int]*order
	orderByID       map[string]*order
	linesBySize     map[int][]*line
	shipments       []*shipment
	shipmentByID    map[int]*shipment
	returns         []*orderReturn
}

// MutationCount counts mutations that were let through and that a quota refused.
type MutationCount struct {
	Used    int `json:"used"`
	Refused int `json:"refused"`
}

// New returns an empty instance; Seed fills it. Close ends its goroutines.
func New(o Options) *Simulator {
	if o.Clock == nil {
		o.Clock = clock.New()
	}
	if o.Weather == nil {
		calm, err := weather.New("calm", 1)
		if err != nil {
			panic(err) // calm is a profile: a broken build, not an input
		}
		o.Weather = calm
	}
	if o.AppVersion == "" {
		o.AppVersion = "v1.60.0"
	}
	s := &Simulator{
		clock: o.Clock, weather: o.Weather, schema: loadSchema(), appVersion: o.AppVersion,
		hooks:  newHooks(o.Client, o.Weather, o.Clock),
		tokens: make(map[string]*token), queues: make(map[string]*queue), lastID: make(map[string]int),
		bundleLines: "items", bundleValue: "items", retryFormat: retryUnix,
		buckets: newBuckets(o.Clock.Now()),
		shop: shop{
			countryByCode: make(map[string]*country), sizeBySKU: make(map[string]*productSize), sizeByID: make(map[int]*productSize),
			stock: make(map[stockKey]*stock), orderByNumber: make(map[int]*order), orderByID: make(map[string]*order),
			linesBySize: make(map[int][]*line), shipmentByID: make(map[int]*shipment),
		},
	}
	s.weather.SetRetryAfter(func(wait time.Duration) string {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.formatRetryAfter(s.retryFormat, wait)
	})
	s.handler = s.routes()
	return s
}

// Close stops delayed orders, captures and webhooks and waits for late commits.
func (s *Simulator) Close() {
	s.mu.Lock()
	for _, stop := range s.stops {
		stop()
	}
	s.hooks.closed, s.hooks.pending = true, nil // nobody sends from here on, so that waiting ends
	s.mu.Unlock()
	s.weather.Wait()
	s.hooks.close()
}

// Weather returns the weather in force, for scripted faults.
func (s *Simulator) Weather() *weather.Weather { return s.weather }

// Clock returns the simulator's clock.
func (s *Simulator) Clock() *clock.Clock { return s.clock }

func (s *Simulator) now() time.Time { return s.clock.Now() }

// later runs f under the lock once d of simulated time has passed.
func (s *Simulator) later(d time.Duration, f func()) {
	s.stops = append(s.stops, s.clock.AfterFunc(d, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		f()
		s.flush()
	}))
}

// newID counts per kind of object, or takes the ID that a seed asks for.
func (s *Simulator) newID(kind string, wanted int) int {
	if wanted > 0 {
		s.lastID[kind] = max(s.lastID[kind], wanted)
		return wanted
	}
	s.lastID[kind]++
	return s.lastID[kind]
}

func orderHash(number int) string {
	sum := md5.Sum(fmt.Appendf(nil, "order/%d", number))
	return hex.EncodeToString(sum[:])
}

// status is derived, as in Centra: nobody sets it but by confirming,
// cancelling or archiving.
func (o *order) status() string {
	switch {
	case o.archived:
		return "ARCHIVED"
	case o.cancelled:
		return "CANCELLED"
	case !o.confirmed:
		return "PENDING"
	case len(o.shipments) == 0:
		return "CONFIRMED"
	}
	for _, sh := range o.shipments {
		if sh.completedAt.IsZero() {
			return "PROCESSING"
		}
	}
	for _, l := range o.lines {
		if l.unshipped() > 0 {
			return "PROCESSING"
		}
	}
	return "SHIPPED"
}

// inShipments counts the units of a line that are on shipments, completed or not.
func (l *line) inShipments(completedOnly bool) (n int) {
	if l.kind == kindBundle {
		return l.bundlesIn(completedOnly)
	}
	for _, sh := range l.order.shipments {
		if completedOnly && sh.completedAt.IsZero() {
			continue
		}
		for _, sl := range sh.lines {
			for _, p := range sl.parts {
				if p.line == l {
					n += p.quantity
				}
			}
		}
	}
	return n
}

// bundlesIn counts whole bundles: those of which no item is still to be shipped.
func (l *line) bundlesIn(completedOnly bool) int {
	open := 0
	for _, item := range l.items {
		missing := item.quantity() - item.inShipments(completedOnly)
		open = max(open, (missing+item.perBundle-1)/item.perBundle)
	}
	return max(0, l.quantity()-open)
}

// unshipped is what may still go onto a shipment or be cancelled; of a bundle,
// those of which nothing has left yet.
func (l *line) unshipped() int {
	if l.kind != kindBundle {
		return max(0, l.quantity()-l.inShipments(false))
	}
	untouched := l.quantity()
	for _, item := range l.items {
		untouched = min(untouched, item.unshipped()/item.perBundle)
	}
	return untouched
}

func (l *line) returned() (n int) {
	for _, sh := range l.order.shipments {
		for _, sl := range sh.lines {
			for _, p := range sl.parts {
				if p.line == l && sl.quantity > 0 {
					n += sl.returned() * p.quantity / sl.quantity
				}
			}
			if sl.line == l && l.kind == kindBundle {
				n += sl.returned()
			}
		}
	}
	return n
}

func (l *shipmentLine) returned() (n int) {
	for _, r := range l.shipment.returns {
		for _, rl := range r.lines {
			if rl.line == l {
				n += rl.quantity
			}
		}
	}
	return n
}

// demand counts the units of a size that live orders want and no warehouse has
// allocated.
func (s *Simulator) demand(z *productSize) (n int) {
	for _, l := range s.linesBySize[z.id] {
		if !l.order.cancelled && !l.order.archived && l.physical() {
			n += max(0, l.quantity()-l.allocated(nil))
		}
	}
	return n
}

// allocated counts a line's units that some warehouse holds or has shipped.
func (l *line) allocated(keep func(*allocation) bool) (n int) {
	for _, al := range l.allocations {
		if keep == nil || keep(al) {
			n += al.quantity
		}
	}
	return n
}

// free is an allocation that no shipment has taken yet.
func free(al *allocation) bool { return al.on == nil && !al.completed }

// changed notes that an order is different: its time, its event, its webhook,
// and COMPLETED when that made it SHIPPED.
func (s *Simulator) changed(o *order) {
	o.updated = s.now()
	s.emit("Order", "UPDATED", o.number, o)
	s.hook("order", "update", o.number)
	if !o.wasShipped && o.status() == "SHIPPED" {
		o.wasShipped = true
		s.emit("Order", "COMPLETED", o.number, o)
	}
}

func (s *Simulator) sendMail(o *order, shipmentNumber, kind string) {
	s.mails = append(s.mails, Mail{Store: o.store.name, Order: o.number, Shipment: shipmentNumber, Kind: kind})
}

func (s *Simulator) storeByName(name string) *store {
	i := slices.IndexFunc(s.stores, func(st *store) bool { return st.name == name })
	if i < 0 {
		return nil
	}
	return s.stores[i]
}
