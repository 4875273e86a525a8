// Package assembly builds the store and the adapters from configuration, for the
// worker and the starter alike.
package assembly

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"selvedge/activities"
	"selvedge/internal/alerts"
	"selvedge/internal/config"
	"selvedge/internal/enrich"
	"selvedge/internal/intake"
	"selvedge/internal/lifecycle"
	"selvedge/internal/ports"
	"selvedge/internal/store"
	"selvedge/internal/systems/acs"
	"selvedge/internal/systems/centra"
	"selvedge/internal/telemetry"
)

// Parts is what a process works with.
type Parts struct {
	Config     config.Config
	Log        *zap.Logger
	Store      *store.Store
	Shop       *centra.Shop
	ACS        map[string]*acs.Warehouse // by warehouse
	Warehouses map[string]ports.Warehouse
	// Sender takes alerts to people, AlertMetrics counts them.
	Sender       *alerts.Sender
	AlertMetrics *telemetry.AlertMetrics
	services     services
}

// Open connects to the database and makes the adapters; nothing is sent to an outside system.
func Open(ctx context.Context, c config.Config, l *zap.Logger) (*Parts, error) {
	keys, err := store.ParseKeyring(c.Selvedge.MasterKeys)
	if err != nil {
		return nil, err
	}
	p := &Parts{Config: c, Log: l, ACS: map[string]*acs.Warehouse{}, Warehouses: map[string]ports.Warehouse{}}
	if p.Shop, err = centra.New(c.Selvedge.Centra, centraOptions(c, p, p.alone, l)); err != nil {
		return nil, err
	}
	for _, account := range c.Selvedge.ACS {
		w, err := acs.New(account)
		if err != nil {
			return nil, err
		}
		p.ACS[w.Key()], p.Warehouses[w.Key()] = w, w
	}
	p.services.warehouses = p.Warehouses
	p.AlertMetrics = telemetry.NewAlertMetrics()
	if p.Sender, err = alerts.New(c.Selvedge.Alert, l); err != nil {
		return nil, fmt.Errorf("SELVEDGE_ALERT_%w", err)
	}
	if p.Store, err = store.Open(ctx, c.DatabaseURL, keys); err != nil {
		return nil, err
	}
	return p, nil
}

// Close lets go of connections.
func (p *Parts) Close() {
	p.Store.Close()
	for _, w := range p.ACS {
		w.Close()
	}
}

// Stores lists the keys of the shop's stores.
func (p *Parts) Stores() []string {
	var keys []string
	for _, key := range p.Config.Selvedge.Centra.Stores {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// Intake builds what takes in events, with a connection to Temporal.
func (p *Parts) Intake(c client.Client) *intake.Intake {
	return &intake.Intake{
		Shop: p.Shop, Store: p.Store, Orphans: p.Store, WriteOffs: p.Store, Client: c, Log: p.Log, Clock: time.Now, Stores: p.Stores(), Warehouses: p.Warehouses,
		Since: p.Config.Selvedge.IntakeSince, Stock: p.stockHints(c),
	}
}

// ReadHints verifies a delivery of the shop's webhook and names the orders in it.
func (p *Parts) ReadHints(header map[string][]string, body []byte, now time.Time) ([]string, error) {
	hints, err := p.Shop.ReadWebhook(header, body, now)
	if err != nil {
		return nil, err
	}
	var orders []string
	for _, h := range hints {
		if h.Type == "order" && h.ID != "" {
			orders = append(orders, h.ID)
		}
	}
	return orders, nil
}

// Activities builds all activities, with a connection to Temporal.
func (p *Parts) Activities(c client.Client) activities.Set {
	s := p.Config.Selvedge
	orders := &activities.Orders{
		Store: p.Store, OpenReturns: p.Store, Warehouses: p.Warehouses, OutageBudget: s.OutageBudget, Clock: time.Now, Services: p.services.of,
		Settings: lifecycle.Settings{TrackingWait: s.TrackingWait, ReturnWindow: s.ReturnWindow, CaptureWait: s.CaptureWait, NumberPrefix: s.NumberPrefix},
		Enrich:   activities.EnrichSettings{AttributeKeys: s.AttributeKeys, HomeCountry: s.HomeCountry},
	}
	shipments := &activities.Shipments{Orders: orders, Shop: p.Shop, Settle: s.Settle}
	documents := &activities.Documents{Store: p.Store, Ledgers: p.Ledgers(), Clock: time.Now, Settle: s.Settle, WriteOffLimit: s.Returns.WriteOffLimit, HeldFor: s.Returns.DocumentWait, Explained: p.Intake(c).TakeExplained}
	return activities.Set{
		Orders:     orders,
		Returns:    p.returns(orders, shipments, p.Intake(c), documents),
		Fulfilment: &activities.Fulfilment{Orders: orders, Settle: s.Settle},
		Shipments:  shipments,
		Outages:    &activities.Outages{Store: p.Store, Returns: p.Store, Client: c, Probes: p.probes(), Clock: time.Now, ProbeEvery: s.ProbeEvery},
		Resumes:    &activities.Resumes{Store: p.Store, Returns: p.Store, Client: c, Orders: orders, Reader: p.Intake(c), Clock: time.Now},
		Intake:     &activities.Intake{Taker: p.Intake(c)},
		Stock:      p.stock(c),
		Completeness: &activities.Completeness{
			Shop: p.Shop, Store: p.Store, Orders: p.Intake(c), Returns: p.Store, Reopen: p.Intake(c), Clock: time.Now,
			// Two polls and a slow run of intake: what it still misses then, it has missed.
			Grace: 2*s.IntakeEvery + 30*time.Second, Since: s.IntakeSince,
		},
		Alerts:    p.Alerts(),
		Coverage:  &activities.Coverage{Shop: p.Shop, Store: p.Store, Warehouses: p.Warehouses, Clock: time.Now},
		Documents: documents,
		Overdue:   &activities.Overdue{Store: p.Store, Clock: time.Now, Grace: s.OverdueGrace, Most: activities.OverdueTime},
		Catalogue: &activities.Catalogue{Store: p.Store, Warehouses: p.Warehouses, Keys: s.AttributeKeys, Clock: time.Now},
	}
}

func (p *Parts) probes() map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		// Reading an order that does not exist needs the permissions that all orders need.
		"centra": func(ctx context.Context) error {
			if err := p.Shop.Probe(ctx); err != nil {
				return err
			}
			_, err := p.Shop.Orders(ctx, "", []string{"0"})
			return err
		},
		"store":    p.Store.Ping,
		csvName:    p.Store.Ping,
		"selvedge": p.Store.Ping, // the first order that is freed tells whether it was mended
		"acs": func(ctx context.Context) error {
			for _, key := range slices.Sorted(keysOf(p.ACS)) {
				if err := p.ACS[key].Probe(ctx); err != nil {
					return fmt.Errorf("%s: %w", key, err)
				}
			}
			return nil
		},
	}
}

func keysOf[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// services keeps what each warehouse offers, for an hour at most as the contract
// allows. Not knowing is no fault: the warehouse itself refuses what it does not offer.
type services struct {
	warehouses map[string]ports.Warehouse
	mu         sync.Mutex
	known      map[string][]enrich.Service
	readAt     map[string]time.Time
}

// of never waits long for a warehouse: it runs inside a look at an order.
func (s *services) of(warehouse string) []enrich.Service {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known, s.readAt = map[string][]enrich.Service{}, map[string]time.Time{}
	}
	w, ok := s.warehouses[warehouse]
	if !ok || time.Since(s.readAt[warehouse]) < serviceAge {
		return s.known[warehouse]
	}
	ctx, cancel := context.WithTimeout(context.Background(), 400*time.Millisecond)
	defer cancel()
	found, err := w.Services(ctx)
	if err != nil {
		// Ask again soon, not with every order: an outage must not slow every look down.
		s.readAt[warehouse] = time.Now().Add(10*time.Second - serviceAge)
		return s.known[warehouse]
	}
	s.readAt[warehouse] = time.Now()
	var offered []enrich.Service
	for _, f := range found {
		offered = append(offered, enrich.Service{Code: f.Code, Countries: f.Countries, Active: f.Active})
	}
	s.known[warehouse] = offered
	return offered
}

const serviceAge = time.Hour
