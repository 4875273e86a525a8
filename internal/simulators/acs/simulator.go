package acs

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"selvedge/internal/simulators/clock"
	"selvedge/internal/simulators/weather"
)

// basePath is where the contract's server URL puts the partner API.
const basePath = "/partner/v1"

// Simulator is the warehouse. It is an http.Handler for the partner API, the
// token endpoint and the control API, and safe for concurrent use.
type Simulator struct {
	spec    *spec
	clock   *clock.Clock
	weather *weather.Weather
	handler http.Handler
	senders sync.WaitGroup
	ctx     context.Context // ends deliveries under way at Close
	cancel  context.CancelFunc

	mu       sync.Mutex // guards everything below
	opts     Options
	accounts map[string]*account
	keys     map[string]string // subscription key → account
	bearer   map[string]bearer
	plans    map[string]*planned
	schedule schedule
	counts   map[string]int // last number of each kind of identifier
	closed   bool
	quiet    bool // an account is being filled for the first time: that is no event
}

// account is one warehouse of one client with everything in it.
type account struct {
	code, key, clientID, clientSecret string
	suspended                         bool

	services  []ShippingService
	items     map[string]*item
	stock     map[string]*stock
	units     map[string]*unitRecord
	orders    map[string]*order
	shipments map[string]*shipment
	returns   map[string]*returnCase
	notices   map[string]*returnNotice
	inbound   map[string]*inboundNotice
	ledger    []*adjustment
	waiting   []*order // on hold until stock comes

	events    []event
	forgotten int64 // the last sequence that the feed no longer keeps
	sequence  int64
	appended  chan struct{} // closed when the feed grows

	subscriptions []*subscription
	sent          Sent
	answers       map[string]remembered
	snapshots     map[string]*snapshot
	feedEpoch     int
	staleUntil    time.Time
	stale         []inventoryRecord

	change   int64   // counts changes of anything, for "oldest change first"
	tokens   float64 // of the rate limit
	filledAt time.Time
}

func newAccount(code string) *account {
	return &account{
		code: code, items: make(map[string]*item), stock: make(map[string]*stock), units: make(map[string]*unitRecord),
		orders: make(map[string]*order), shipments: make(map[string]*shipment), returns: make(map[string]*returnCase),
		notices: make(map[string]*returnNotice), inbound: make(map[string]*inboundNotice), appended: make(chan struct{}),
		answers: make(map[string]remembered), snapshots: make(map[string]*snapshot),
	}
}

// New returns an empty warehouse: seed it, serve it, close it. It fails on
// options that make no sense.
func New(o Options) (*Simulator, error) {
	opts, err := o.complete()
	if err != nil {
		return nil, err
	}
	contract, err := loadSpec()
	if err != nil {
		return nil, fmt.Errorf("acs: load the contract: %w", err)
	}
	s := &Simulator{
		spec: contract, clock: opts.Clock, weather: opts.Weather, opts: opts, accounts: make(map[string]*account), keys: make(map[string]string),
		bearer: make(map[string]bearer), plans: make(map[string]*planned), counts: make(map[string]int),
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	if opts.Leak != "" {
		opts.Weather.SetLeak(opts.Leak)
	}
	mux := http.NewServeMux()
	mux.Handle("/_sim/", s.control())
	mux.Handle("/", opts.Weather.Wrap(http.HandlerFunc(s.serveOutside)))
	s.handler = mux
	return s, nil
}

// ServeHTTP serves the partner API, /oauth2/token and /_sim/.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Close stops the floor and the webhooks and returns when no delivery is under
// way. What was stored can still be read. A second call does nothing.
func (s *Simulator) Close() {
	s.mu.Lock()
	s.closed = true
	if s.schedule.stop != nil {
		s.schedule.stop()
		s.schedule.stop = nil
	}
	s.mu.Unlock()
	s.cancel()
	s.senders.Wait()
}

func (s *Simulator) serveOutside(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/oauth2/token":
		s.serveToken(w, r)
	case strings.HasPrefix(r.URL.Path, basePath+"/"):
		s.servePartner(w, r)
	default:
		s.write(w, r, s.requestID(), s.leak(), refuse(http.StatusNotFound, "not_found", "The partner API is below "+basePath+"."))
	}
}

// number returns the next number of a kind of identifier. The caller holds the lock.
func (s *Simulator) number(kind string) int {
	s.counts[kind]++
	return s.counts[kind]
}

// id returns the next identifier of a kind. The caller holds the lock.
func (s *Simulator) id(kind string) string { return fmt.Sprintf("%s_%d", kind, s.number(kind)) }

func (s *Simulator) requestID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.id("req")
}

func (s *Simulator) leak() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opts.Leak
}

// changed numbers a change, so that lists can be read oldest change first.
func (a *account) changed() int64 {
	a.change++
	return a.change
}
