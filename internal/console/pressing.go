package console

import (
	"context"
	"strings"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
	"selvedge/internal/mapping"
	"selvedge/internal/ports"
	"selvedge/internal/triage"
)

// TriageData is what waiting causes are ranked by.
type TriageData interface {
	Held(ctx context.Context) ([]domain.Held, error)
	FindRules(ctx context.Context, table domain.RuleTable, text string, limit int) (rules []domain.Rule, total int, err error)
}

// cutoffRules bounds the rules of a table that are read for cut-offs. Items, of which
// there are thousands, say nothing about them and are not read.
const cutoffRules = 10_000

// waiting is all that waits, with the rules that tell cut-offs. It is never changed.
type waiting struct {
	held  []domain.Held
	rules *mapping.Rules
}

// pressing is one row of the list of causes.
type pressing struct {
	triage.Group
	Path string
}

// waiting reads all that waits, at most every few seconds for everybody.
func (v *visit) waiting() (waiting, error) {
	c := &v.c.counts
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting.rules != nil && v.now().Sub(c.waitingAt) < countsAge {
		return c.waiting, nil
	}
	held, err := v.c.o.Triage.Held(v.ctx())
	if err != nil {
		return waiting{}, err
	}
	var rules []domain.Rule
	for _, table := range []domain.RuleTable{domain.RuleCutoff, domain.RuleShippingMethod} {
		found, _, err := v.c.o.Triage.FindRules(v.ctx(), table, "", cutoffRules)
		if err != nil {
			return waiting{}, err
		}
		rules = append(rules, found...)
	}
	c.waiting, c.waitingAt = waiting{held, mapping.New(rules)}, v.now()
	return c.waiting, nil
}

// ranked lists what waits for an owner (empty: for anybody), or of one kind cause by
// cause, the most pressing first, as `starter triage` does.
func (w waiting) ranked(owner, kind string, now time.Time) []pressing {
	var held []domain.Held
	seen := map[string]bool{} // an outage is listed from its first moment on
	for _, h := range w.held {
		if owner != "" && h.Owner != owner || kind != "" && h.Kind != kind {
			continue
		}
		h.Single = h.Single && kind == ""
		held, seen[h.Cause] = append(held, h), true
	}
	var rows []pressing
	for _, g := range triage.Groups(held, seen, w.rules, now) {
		rows = append(rows, pressing{g, triage.CausePage("", g)})
	}
	return rows
}

// nextCutoff is the first carrier cut-off that the orders of a cause may miss; zero when
// no rule tells one.
func (w waiting) nextCutoff(cause string, now time.Time) (first time.Time) {
	for _, h := range w.held {
		if h.Cause != cause || h.System != "" {
			continue
		}
		if at, ok := triage.NextCutoff(h, w.rules, now); ok && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// cutoffClass marks a cut-off that is less than an hour away.
func cutoffClass(at, now time.Time) string {
	if !at.IsZero() && at.Sub(now) < time.Hour {
		return "soon"
	}
	return ""
}

func sumWaiting(rows []pressing) (n int, oldest time.Time) {
	for _, g := range rows {
		n += g.Count
		if oldest.IsZero() || g.Oldest.Before(oldest) {
			oldest = g.Oldest
		}
	}
	return n, oldest
}

// says is what an exception says beyond what its cause's page says at its head.
func says(e ports.OrderException, head string) string {
	if what := exceptions.Describe(e.Question()).What; what != head {
		return strings.TrimSpace(strings.TrimPrefix(what, head))
	}
	return ""
}
