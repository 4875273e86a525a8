package activities

import (
	"context"
	"fmt"
	"strings"
	"time"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
	"selvedge/internal/ports"
	"selvedge/internal/stock"
)

// mostNamed is how many items or orders one exception names; the count tells of the rest.
const mostNamed = 20

// open opens an exception of a warehouse's stock; the same again only brings it up to date.
func (s *Stock) open(ctx context.Context, warehouse, kind, cause, subject string, problems ...domain.Refusal) error {
	k, _ := exceptions.Lookup(kind)
	return s.Store.OpenSystemException(ctx, ports.ExceptionRecord{
		System: ports.StockSystem(warehouse), Kind: k.Name, Cause: cause, Owner: string(k.Owner), Severity: string(k.Severity),
		Subject: subject, OpenedAt: s.Clock(), Problems: problems,
	})
}

func (s *Stock) resolve(ctx context.Context, warehouse, cause string) error {
	return s.Store.ResolveSystemException(ctx, ports.StockSystem(warehouse), cause, actor, s.Clock())
}

// resolveOthers resolves the open exceptions of a kind about the subjects, but for those still true.
func (s *Stock) resolveOthers(ctx context.Context, warehouse, kind string, subjects []string, still map[string]bool) error {
	causes, err := s.Store.OpenStockCauses(ctx, ports.StockSystem(warehouse), kind, subjects)
	if err != nil {
		return err
	}
	for _, cause := range causes {
		if still[cause] {
			continue
		}
		if err := s.resolve(ctx, warehouse, cause); err != nil {
			return err
		}
	}
	return nil
}

// tellFeed opens or resolves the exception about a feed that cannot be relied upon.
func (s *Stock) tellFeed(ctx context.Context, warehouse string, read contract.StockRead, broke error) error {
	cause := domain.NewCause("stale-feed", warehouse)
	var problems []domain.Refusal
	add := func(code, value, format string, a ...any) {
		problems = append(problems, domain.Refusal{Code: code, Field: "inventory", Value: value, Message: fmt.Sprintf(format, a...)})
	}
	age := s.Clock().Sub(read.AsOf).Round(time.Second)
	switch stock.Hold(read.Hold) {
	case stock.HoldStale:
		add("feed_stale", read.AsOf.UTC().Format(time.RFC3339), "the newest figures are of %s, %s old, and %s is the limit", read.AsOf.UTC().Format(time.RFC3339), age, s.StaleAfter)
	case stock.HoldRegressing:
		add("feed_regressing", read.AsOf.UTC().Format(time.RFC3339), "the feed went back to %s", read.AsOf.UTC().Format(time.RFC3339))
	case stock.HoldCut:
		why := "it broke off"
		if broke != nil {
			why = broke.Error()
		}
		add("feed_cut", "", "the reading did not come to its end: %s", why)
	}
	for _, doubt := range []stock.Hold{stock.HoldVersionBack, stock.HoldUnreadable, stock.HoldMissing} {
		count, skus, err := s.Store.DoubtfulStock(ctx, warehouse, string(doubt), mostNamed)
		if err != nil {
			return err
		}
		if count > 0 {
			add(string(doubt), strings.Join(skus, " "), "%d items cannot be relied upon (%s): %s", count, doubt, named(skus, count))
		}
	}
	if len(problems) == 0 {
		return s.resolve(ctx, warehouse, cause)
	}
	return s.open(ctx, warehouse, "stale-feed", cause, warehouse, problems...)
}

func named(names []string, count int) string {
	text := strings.Join(names, ", ")
	if more := count - len(names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// tellFigures opens and resolves what the figures of a page say of single items.
func (s *Stock) tellFigures(ctx context.Context, warehouse string, looks []looked) error {
	var skus, level []string
	still := map[string]bool{}
	for _, l := range looks {
		if l.held != "" {
			continue // nothing was computed
		}
		skus = append(skus, l.figure.SKU)
		if l.figure.Wanted == 0 {
			level = append(level, l.figure.SKU)
		}
		for _, e := range troubles(warehouse, l.figure) {
			still[e.Cause] = true
			if err := s.open(ctx, warehouse, e.Kind, e.Cause, e.Subject, e.Problems...); err != nil {
				return err
			}
		}
	}
	if len(skus) == 0 {
		return nil
	}
	for _, kind := range []string{"stock-deficit", "negative-stock"} {
		if err := s.resolveOthers(ctx, warehouse, kind, skus, still); err != nil {
			return err
		}
	}
	if len(level) == 0 {
		return nil
	}
	// Nothing is left that the shop could refuse.
	return s.resolveOthers(ctx, warehouse, "stock-refused", level, nil)
}

// troubles are the exceptions that a figure asks for.
func troubles(warehouse string, f stock.Figure) []ports.ExceptionRecord {
	var out []ports.ExceptionRecord
	add := func(kind, cause, subject string, problem domain.Refusal) {
		out = append(out, ports.ExceptionRecord{Kind: kind, Cause: cause, Subject: subject, Problems: []domain.Refusal{problem}})
	}
	if d := f.Deficit; d != nil && f.Target == 0 {
		var orders []string
		for _, p := range d.Orders {
			orders = append(orders, p.Order.String())
		}
		count := len(orders)
		orders = orders[:min(mostNamed, count)]
		message := fmt.Sprintf("%d units are promised that cannot be shipped: %s", d.Units, named(orders, count))
		if d.NotTakenIn > 0 {
			message += fmt.Sprintf("; %d promised units are of orders not taken in yet", d.NotTakenIn)
		}
		add("stock-deficit", domain.NewCause("stock-deficit", warehouse, f.SKU), f.SKU,
			domain.Refusal{Code: "stock_deficit", SKU: f.SKU, Value: fmt.Sprint(d.Units), Allowed: orders, Message: message})
	}
	for _, n := range f.Notes {
		problem := domain.Refusal{Code: string(n.Kind), SKU: f.SKU, Value: n.Value, Message: n.Text}
		switch n.Kind {
		case stock.NoteNegative:
			add("negative-stock", domain.NewCause("negative-stock", warehouse, f.SKU), f.SKU, problem)
		case stock.NoteUnknownStatus:
			// Once per name, whichever item showed it.
			add("unmapped:stock-status", domain.NewCause("unmapped:stock-status", warehouse, n.Value), n.Value, problem)
		case stock.NoteUnknownGrade:
			problem.Field = "grade"
			add("unmapped:stock-status", domain.NewCause("unmapped:stock-status", warehouse, "grade "+n.Value), n.Value, problem)
		case stock.NoteTwoMargins, stock.NoteNegativeGive:
			add("double-buffer", domain.NewCause("double-buffer", warehouse), warehouse, problem)
		}
	}
	return out
}

// tellStatuses resolves the exceptions of statuses that a rule names by now.
func (l *looker) tellStatuses(ctx context.Context) error {
	causes, err := l.stock.Store.OpenStockCauses(ctx, ports.StockSystem(l.in.Warehouse), "unmapped:stock-status", nil)
	if err != nil {
		return err
	}
	prefix := domain.NewCause("unmapped:stock-status", l.in.Warehouse) + ":"
	for _, cause := range causes {
		if _, known := l.policy.Sellable(domain.StockStatus(strings.TrimPrefix(cause, prefix))); known {
			if err := l.stock.resolve(ctx, l.in.Warehouse, cause); err != nil {
				return err
			}
		}
	}
	return nil
}

// tellGone resolves the exceptions of statuses and grades that a whole snapshot shows no more.
func (s *Stock) tellGone(ctx context.Context, warehouse string, statuses map[domain.StockStatus]*ports.StockStatusUnits, grades map[string]bool) error {
	still := map[string]bool{}
	for status := range statuses {
		still[domain.NewCause("unmapped:stock-status", warehouse, string(status))] = true
	}
	for grade := range grades {
		still[domain.NewCause("unmapped:stock-status", warehouse, "grade "+grade)] = true
	}
	return s.resolveOthers(ctx, warehouse, "unmapped:stock-status", nil, still)
}

// tellMargins resolves the exception about units kept back twice once no figure of the
// warehouse says so any more. Nothing about an item changes when somebody sets the
// shop's threshold, so a full pass has those items looked at anew by the next one.
func (s *Stock) tellMargins(ctx context.Context, warehouse string, full bool) error {
	causes, err := s.Store.OpenStockCauses(ctx, ports.StockSystem(warehouse), "double-buffer", nil)
	if err != nil || len(causes) == 0 {
		return err
	}
	noted, err := s.Store.NotedStock(ctx, warehouse, marginsAtOnce, string(stock.NoteTwoMargins), string(stock.NoteNegativeGive))
	switch {
	case err != nil:
		return err
	case len(noted) == 0:
		return s.resolve(ctx, warehouse, domain.NewCause("double-buffer", warehouse))
	case full:
		_, err = s.Store.TouchStock(ctx, warehouse, noted, s.Clock())
	}
	return err
}

// marginsAtOnce is how many items one full pass has looked at anew for their margins.
const marginsAtOnce = 500

// tellSizes opens or resolves the one exception about items whose size nobody knows.
func (s *Stock) tellSizes(ctx context.Context, warehouse string) error {
	cause := domain.NewCause("unknown-size", warehouse)
	var problems []domain.Refusal
	for _, held := range []string{heldUnknownSize, heldAmbiguousSize} {
		count, skus, err := s.Store.HeldStock(ctx, warehouse, held, mostNamed)
		if err != nil {
			return err
		}
		if count > 0 {
			problems = append(problems, domain.Refusal{
				Code: held, Field: "sku", Value: strings.Join(skus, " "), Message: fmt.Sprintf("%s: %d items, such as %s", held, count, named(skus, count)),
			})
		}
	}
	if len(problems) == 0 {
		return s.resolve(ctx, warehouse, cause)
	}
	subject := problems[0].Value
	if i := strings.IndexByte(subject, ' '); i > 0 {
		subject = subject[:i] + " and others"
	}
	return s.open(ctx, warehouse, "unknown-size", cause, subject, problems...)
}

func refusedCause(warehouse, sku string) string {
	return domain.NewCause("stock-refused", warehouse, sku)
}

func (s *Stock) tellRefused(ctx context.Context, warehouse string, skus []string, problems []domain.Refusal) error {
	for i, sku := range skus {
		if err := s.open(ctx, warehouse, "stock-refused", refusedCause(warehouse, sku), sku, problems[i]); err != nil {
			return err
		}
	}
	return nil
}

// accepted resolves earlier refusals of items that the shop took now.
func (s *Stock) accepted(ctx context.Context, warehouse string, written []ports.StockWritten) error {
	skus := make([]string, len(written))
	for i, w := range written {
		skus[i] = w.SKU
	}
	return s.resolveOthers(ctx, warehouse, "stock-refused", skus, nil)
}
