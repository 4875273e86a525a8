package assembly

import (
	"context"
	"maps"
	"slices"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/enrich"
	"selvedge/internal/ports"
	"selvedge/internal/preview"
	"selvedge/internal/store"
)

// PreviewOptions bound a preview; zero values mean a week and 20 000 orders.
type PreviewOptions struct {
	Days   int // recent orders are those taken in so many days ago at most
	Orders int // most orders to replay; those that wait are always replayed
}

// replayPage bounds one read.
const replayPage = 500

// Preview says what a change of rules would do, from the orders that wait and the
// recent ones. It writes nothing. A warehouse that does not say what it offers is
// named in Unknown, and nothing is said about its services.
func (p *Parts) Preview(ctx context.Context, change []domain.Rule, o PreviewOptions) (preview.Effect, error) {
	if o.Days <= 0 {
		o.Days = 7
	}
	if o.Orders <= 0 {
		o.Orders = 20000
	}
	version, err := p.Store.RulesVersion(ctx) // before the rules: at worst a change is refused that was seen
	if err != nil {
		return preview.Effect{}, err
	}
	inForce, err := p.Store.Rules(ctx)
	if err != nil {
		return preview.Effect{}, err
	}
	since := time.Now().AddDate(0, 0, -o.Days)
	ids, leftOut, err := p.Store.OrdersToReplay(ctx, since, o.Orders)
	if err != nil {
		return preview.Effect{}, err
	}
	offered, unknown := p.offered(ctx)
	s := p.Config.Selvedge
	w := preview.New(inForce, change, preview.Settings{
		AttributeKeys: s.AttributeKeys, HomeCountry: s.HomeCountry, Limits: p.limits,
		Services: func(warehouse string) []enrich.Service { return offered[warehouse] },
	})
	for page := range slices.Chunk(ids, replayPage) {
		if err := p.replay(ctx, w, page); err != nil {
			return preview.Effect{}, err
		}
	}
	open, err := p.Store.OpenSystemQuestions(ctx)
	if err != nil {
		return preview.Effect{}, err
	}
	for _, q := range open {
		w.AddSystem(openQuestion(q))
	}
	effect := w.Effect(since, leftOut)
	effect.Unknown, effect.Version = unknown, version
	return effect, nil
}

func (p *Parts) replay(ctx context.Context, w *preview.Preview, ids []domain.OrderID) error {
	page, err := p.Store.Replay(ctx, ids)
	if err != nil {
		return err
	}
	orders := make([]preview.Order, len(page))
	items := map[string]map[string]bool{}
	for i, r := range page {
		orders[i] = replayed(r)
		for warehouse, skus := range w.Items(orders[i]) {
			if items[warehouse] == nil {
				items[warehouse] = map[string]bool{}
			}
			for _, sku := range skus {
				items[warehouse][sku] = true
			}
		}
	}
	attributes := map[[2]string][]domain.ItemAttribute{}
	for _, warehouse := range slices.Sorted(maps.Keys(items)) {
		found, err := p.Store.ItemAttributes(ctx, warehouse, slices.Sorted(maps.Keys(items[warehouse])))
		if err != nil {
			return err
		}
		for _, a := range found {
			key := [2]string{a.Warehouse, a.SKU}
			attributes[key] = append(attributes[key], a)
		}
	}
	for _, o := range orders {
		var own []domain.ItemAttribute
		for warehouse, skus := range w.Items(o) {
			for _, sku := range skus {
				own = append(own, attributes[[2]string{warehouse, sku}]...)
			}
		}
		w.Add(o, own)
	}
	return nil
}

func replayed(r store.Replayed) preview.Order {
	o := preview.Order{Order: r.Order, Planned: r.Planned, Sent: r.Sent, Closed: r.Closed, Overrides: map[string]string{}}
	for _, overrides := range r.Overrides { // the newest wins
		maps.Copy(o.Overrides, overrides)
	}
	for _, c := range r.Carriers {
		o.Shipments = append(o.Shipments, preview.Shipment{Warehouse: c.Warehouse, Carrier: c.Carrier})
	}
	for _, q := range r.Open {
		o.Open = append(o.Open, openQuestion(q))
	}
	return o
}

func openQuestion(q store.OpenQuestion) preview.Open {
	return preview.Open{System: q.System, Question: domain.Question{Kind: q.Kind, Cause: q.Cause, Step: q.Step, Subject: q.Subject, Problems: q.Problems}}
}

// offered is what each warehouse offers; unknown are those that do not say.
func (p *Parts) offered(ctx context.Context) (offered map[string][]enrich.Service, unknown []string) {
	offered, unknown = map[string][]enrich.Service{}, []string{}
	for _, key := range slices.Sorted(maps.Keys(p.Warehouses)) {
		if offered[key] = p.services.of(key); len(offered[key]) > 0 {
			continue
		}
		found, err := askServices(ctx, p.Warehouses[key])
		if err != nil {
			unknown = append(unknown, key)
		}
		offered[key] = found
	}
	return offered, unknown
}

// askServices asks a warehouse with more patience than a look at an order has.
func askServices(ctx context.Context, w ports.Warehouse) ([]enrich.Service, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	found, err := w.Services(ctx)
	var offered []enrich.Service
	for _, f := range found {
		offered = append(offered, enrich.Service{Code: f.Code, Countries: f.Countries, Active: f.Active})
	}
	return offered, err
}

func (p *Parts) limits(warehouse string) (lines, quantity int, known bool) {
	w, known := p.Warehouses[warehouse]
	if !known {
		return 0, 0, false
	}
	l := w.Limits()
	return l.Lines, l.Quantity, true
}
