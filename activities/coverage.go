package activities

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"selvedge/internal/contract"
	"selvedge/internal/coverage"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/mapping"
	"selvedge/internal/ports"
)

// Coverage compares all that shop and warehouses can say with the rules, before an
// order meets what has none.
type Coverage struct {
	Shop       ports.ShopCatalogue
	Store      ports.CoverageStore
	Warehouses map[string]ports.Warehouse
	Clock      func() time.Time
}

const (
	catalogueCursor = "catalogue"
	coverageCursor  = "coverage"
	catalogueAnew   = 24 * time.Hour     // how often the whole catalogue is read, not only what changed
	mostPages       = 100                // of the catalogue in one run; the next goes on from there
	returnsBack     = 7 * 24 * time.Hour // returns whose dispositions are looked at
	sizePage        = 1000
)

// ReadCatalogue reads the products that changed since the last run, in bounded
// batches, and goes on where an earlier run was cut; once a day it begins anew, since
// nobody promises that every change of a size moves its product's instant.
//
// A second run reads the same again and keeps it again.
func (c *Coverage) ReadCatalogue(ctx context.Context, _ contract.CoverageInput) (contract.CoverageResult, error) {
	var result contract.CoverageResult
	at, err := c.readCatalogue(ctx, &result)
	if err != nil {
		return result, toTemporal(fmt.Errorf("read the catalogue: %w", err), 0)
	}
	return result, toTemporal(c.Store.SaveCursor(ctx, catalogueCursor, at.String(), c.Clock()), 0)
}

// reading is how far the catalogue was read: since when on, and the page in it.
type reading struct {
	Began  time.Time // of the round, to know when to begin anew
	Since  time.Time // of products; zero reads all
	Cursor string    // of the shop, while a round is under way
}

func (r reading) String() string {
	return r.Began.Format(time.RFC3339) + " " + r.Since.Format(time.RFC3339) + " " + r.Cursor
}

func parseReading(text string) (r reading) {
	var began, since string
	_, _ = fmt.Sscan(text, &began, &since, &r.Cursor) // without a cursor, the last stays empty
	r.Began, _ = time.Parse(time.RFC3339, began)
	r.Since, _ = time.Parse(time.RFC3339, since)
	return r
}

func (c *Coverage) readCatalogue(ctx context.Context, result *contract.CoverageResult) (reading, error) {
	text, err := c.Store.Cursor(ctx, catalogueCursor)
	if err != nil {
		return reading{}, err
	}
	now := c.Clock().UTC()
	at := parseReading(text)
	if at.Cursor == "" && now.Sub(at.Began) >= catalogueAnew {
		at = reading{Began: now}
	}
	for range mostPages {
		sizes, next, err := c.Shop.Catalogue(ctx, at.Since, at.Cursor)
		if err != nil {
			return at, errors.Join(err, c.beginAnew(ctx, at, err))
		}
		if err := c.Store.SaveSizes(ctx, sizes, now); err != nil {
			return at, err
		}
		result.Sizes += len(sizes)
		if at.Cursor = next; next == "" {
			for _, size := range sizes { // the next run begins where this one ended
				if size.UpdatedAt.After(at.Since) {
					at.Since = size.UpdatedAt
				}
			}
			return at, nil
		}
		if activity.IsActivity(ctx) {
			activity.RecordHeartbeat(ctx, result.Sizes)
		}
		// What was read stays read when the next page fails.
		if err := c.Store.SaveCursor(ctx, catalogueCursor, at.String(), now); err != nil {
			return at, err
		}
	}
	result.More = true
	return at, nil
}

// beginAnew forgets a page that the shop refuses: a cursor does not outlive the list that
// it came of, and asking for it again would be refused for ever. The next run, or try,
// reads from the beginning.
func (c *Coverage) beginAnew(ctx context.Context, at reading, err error) error {
	if at.Cursor == "" || !fault.Is(err, fault.Rejected) && !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.NotFound) {
		return nil
	}
	return c.Store.SaveCursor(ctx, catalogueCursor, reading{}.String(), c.Clock())
}

// CompareShop compares the shop's methods and markets, the warehouses' services and
// the sizes in the catalogue with the rules. What cannot be read is left as it was.
func (c *Coverage) CompareShop(ctx context.Context, _ contract.CoverageInput) (contract.CoverageResult, error) {
	result, err := c.compare(ctx, c.shop)
	if err == nil {
		err = c.Store.SaveCursor(ctx, coverageCursor, "compared", c.Clock())
	}
	return result, toTemporal(err, 0)
}

// CompareWarehouses compares the words that the warehouses use for stock and returns
// with the rules.
func (c *Coverage) CompareWarehouses(ctx context.Context, _ contract.CoverageInput) (contract.CoverageResult, error) {
	result, err := c.compare(ctx, c.words)
	return result, toTemporal(err, 0)
}

func (c *Coverage) compare(ctx context.Context, read func(context.Context, *coverage.Input) error) (contract.CoverageResult, error) {
	rules, err := c.Store.Rules(ctx)
	if err != nil {
		return contract.CoverageResult{}, fmt.Errorf("compare with the rules: %w", err)
	}
	in := coverage.Input{Rules: mapping.New(rules), Now: c.Clock()}
	readErr := read(ctx, &in)
	gaps, compared := coverage.Find(in)
	result := contract.CoverageResult{Gaps: len(gaps)}
	if result.Opened, result.Closed, err = c.Store.SaveCoverage(ctx, compared, gaps, c.Clock()); err != nil {
		return result, fmt.Errorf("keep what has no rule: %w", err)
	}
	return result, readErr
}

// shop reads what the shop offers. A warehouse that is away tells no services: its
// methods are compared all the same.
func (c *Coverage) shop(ctx context.Context, in *coverage.Input) error {
	methods, err := c.Shop.Methods(ctx)
	if err != nil {
		return fmt.Errorf("read the shop's methods: %w", err)
	}
	markets, err := c.Shop.Markets(ctx)
	if err != nil {
		return fmt.Errorf("read the shop's markets: %w", err)
	}
	in.Methods, in.Markets = methods, markets
	if in.Sizes, err = c.sizes(ctx); err != nil {
		return err
	}
	var away error
	for _, key := range slices.Sorted(maps.Keys(c.Warehouses)) {
		w := coverage.Warehouse{Key: key}
		services, err := c.Warehouses[key].Services(ctx)
		if err != nil {
			away = fmt.Errorf("read the services of %s: %w", key, err)
		} else {
			w.Services = []coverage.Service{}
		}
		for _, s := range services {
			w.Services = append(w.Services, coverage.Service{Code: s.Code, Carrier: s.Carrier, Countries: s.Countries, Active: s.Active})
		}
		in.Warehouses = append(in.Warehouses, w)
	}
	return away
}

// sizes are all sizes that were read; nil before the first reading has ended.
func (c *Coverage) sizes(ctx context.Context) ([]domain.CatalogueSize, error) {
	var all []domain.CatalogueSize
	for after := ""; ; {
		page, err := c.Store.Sizes(ctx, after, sizePage)
		if err != nil {
			return nil, fmt.Errorf("read the catalogue: %w", err)
		}
		all = append(all, page...)
		if len(page) < sizePage {
			return all, nil
		}
		after = page[len(page)-1].ID
	}
}

// words reads what each warehouse calls its stock and what became of returns. One that
// is away does not keep the others from being compared.
func (c *Coverage) words(ctx context.Context, in *coverage.Input) error {
	var away error
	for _, key := range slices.Sorted(maps.Keys(c.Warehouses)) {
		w := coverage.Warehouse{Key: key}
		var err error
		if room, ok := c.Warehouses[key].(ports.Stockroom); ok {
			if w.Statuses, err = statuses(ctx, room); err != nil {
				away = fmt.Errorf("read the stock statuses of %s: %w", key, err)
			}
		}
		if returns, ok := c.Warehouses[key].(ports.WarehouseReturns); ok {
			if w.Dispositions, err = dispositions(ctx, returns, c.Clock().Add(-returnsBack)); err != nil {
				away = fmt.Errorf("read the dispositions of %s: %w", key, err)
			}
		}
		in.Warehouses = append(in.Warehouses, w)
	}
	return away
}

// statuses are the words of one whole snapshot; nil when it could not be read to the end.
func statuses(ctx context.Context, room ports.Stockroom) ([]string, error) {
	seen := map[string]bool{}
	for at := (ports.InventoryPosition{}); ; {
		page, err := room.Inventory(ctx, at)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Records {
			for _, q := range r.Quantities {
				seen[string(q.Status)] = true
			}
		}
		if page.Last() {
			return append([]string{}, slices.Sorted(maps.Keys(seen))...), nil
		}
		at = page.Next
	}
}

func dispositions(ctx context.Context, from ports.WarehouseReturns, since time.Time) ([]string, error) {
	seen := map[string]bool{}
	for cursor := ""; ; {
		page, next, err := from.UpdatedReturns(ctx, since, cursor)
		if err != nil {
			return nil, err
		}
		for _, r := range page {
			for _, u := range r.Units {
				seen[u.Disposition] = true
			}
		}
		if cursor = next; next == "" {
			return append([]string{}, slices.Sorted(maps.Keys(seen))...), nil
		}
	}
}
