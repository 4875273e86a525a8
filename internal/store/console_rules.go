package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
)

// FindRules lists rules in force, of a table ("" = of all) and with a text in value,
// answer, store or warehouse, by table and value; total is how many there are.
func (s *Store) FindRules(ctx context.Context, table domain.RuleTable, text string, limit int) (rules []domain.Rule, total int, err error) {
	const op = "find rules"
	rows, err := s.pool.Query(ctx, `
		SELECT n.*, count(*) OVER ()::int FROM (
			SELECT DISTINCT ON (tbl, store, warehouse, country, "from", attribute) `+ruleColumns+`
			FROM rules WHERE @table = '' OR tbl = @table
			ORDER BY tbl, store, warehouse, country, "from", attribute, version DESC
		) n
		WHERE NOT retired AND (@text = '' OR strpos(lower(concat_ws(E'\n', "from", "to", store, warehouse)), lower(@text)) > 0)
		ORDER BY "table", lower("from"), store, warehouse, country, version LIMIT @limit`,
		pgx.NamedArgs{"table": table, "text": text, "limit": limit})
	if err != nil {
		return nil, 0, toFault(op, err)
	}
	rules, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (r domain.Rule, err error) {
		err = row.Scan(&r.Version, &r.Table, &r.Store, &r.Warehouse, &r.Country, &r.From, &r.To, &r.Extra, &r.Retired, &r.Author, &r.Reason, &r.At, &total)
		return r, err
	})
	return rules, total, toFault(op, err)
}

// RuleAnswers lists what rules of a table have ever stood for, as suggestions.
func (s *Store) RuleAnswers(ctx context.Context, table domain.RuleTable, limit int) ([]string, error) {
	const op = "list answers"
	rows, err := s.pool.Query(ctx, `SELECT DISTINCT "to" FROM rules WHERE tbl = @table AND NOT retired ORDER BY "to" LIMIT @limit`,
		pgx.NamedArgs{"table": table, "limit": limit})
	if err != nil {
		return nil, toFault(op, err)
	}
	answers, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return answers, toFault(op, err)
}

// SaveRuleSeen saves one rule, as SaveRules does, for somebody who looked at its version
// seen (0 = there was none): when another version has come since, that is fault.Conflict
// and nothing is saved. Saving what is in force already changes nothing.
func (s *Store) SaveRuleSeen(ctx context.Context, rule domain.Rule, seen int64, author, reason string, at time.Time) ([]domain.Rule, error) {
	return s.saveRules(ctx, []domain.Rule{rule}, author, reason, at, func(newest, changed []domain.Rule) error {
		if len(changed) == 0 {
			return nil
		}
		for _, n := range newest {
			if aboutOf(n) == aboutOf(rule) && n.Version != seen {
				return stale(fmt.Sprintf("%s changed this rule meanwhile (version %d: %s); look at what your change does now, then save it", n.Author, n.Version, n.Reason))
			}
		}
		return nil
	})
}

// SaveRulesSince saves rules, as SaveRules does, for somebody who looked at them when
// RulesVersion was seen: when one of those that would change has a newer version, that
// is fault.Conflict, which names all such, and nothing is saved.
func (s *Store) SaveRulesSince(ctx context.Context, rules []domain.Rule, seen int64, author, reason string, at time.Time) ([]domain.Rule, error) {
	return s.saveRules(ctx, rules, author, reason, at, func(newest, changed []domain.Rule) error {
		concerned := make(map[about]bool, len(changed))
		for _, r := range changed {
			concerned[aboutOf(r)] = true
		}
		var since []string
		for _, n := range newest {
			if concerned[aboutOf(n)] && n.Version > seen {
				since = append(since, fmt.Sprintf("%s %q, by %s (version %d: %s)", n.Table, n.From, n.Author, n.Version, n.Reason))
			}
		}
		if len(since) == 0 {
			return nil
		}
		return stale(fmt.Sprintf("changed since version %d: %s; look at what your change does now, then save it", seen, strings.Join(since, "; ")))
	})
}

func stale(message string) error {
	return &fault.Fault{Kind: fault.Conflict, System: system, Op: "save rule", Code: "stale", Message: message}
}

// RulesReplaced answers the versions that the given ones replaced, as far as there were
// any in force, in the same order.
func (s *Store) RulesReplaced(ctx context.Context, saved []domain.Rule) ([]domain.Rule, error) {
	if len(saved) == 0 {
		return nil, nil
	}
	first := saved[0].Version
	for _, r := range saved {
		first = min(first, r.Version)
	}
	before, err := readRules(ctx, s.pool, "read replaced rules", `
		SELECT DISTINCT ON (tbl, store, warehouse, country, "from", attribute) `+ruleColumns+`
		FROM rules WHERE version < @first ORDER BY tbl, store, warehouse, country, "from", attribute, version DESC`,
		pgx.NamedArgs{"first": first})
	if err != nil {
		return nil, err
	}
	known := make(map[about]domain.Rule, len(before))
	for _, r := range before {
		known[aboutOf(r)] = r
	}
	var replaced []domain.Rule
	for _, r := range saved {
		if old, ok := known[aboutOf(r)]; ok && !old.Retired {
			replaced = append(replaced, old)
		}
	}
	return replaced, nil
}

// NewestRule is the newest version of the rule about the same as the one given; known is
// false when there never was one.
func (s *Store) NewestRule(ctx context.Context, rule domain.Rule) (newest domain.Rule, known bool, err error) {
	versions, err := s.RuleHistory(ctx, rule.Table, rule.From)
	for _, v := range versions {
		if aboutOf(v) == aboutOf(rule) {
			return v, true, err
		}
	}
	return domain.Rule{}, false, err
}
