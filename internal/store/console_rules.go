package store

import (
	"context"
	"fmt"
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
				return &fault.Fault{
					Kind: fault.Conflict, System: system, Op: "save rule", Code: "stale",
					Message: fmt.Sprintf("%s changed this rule meanwhile (version %d: %s); look at what your change does now, then save it", n.Author, n.Version, n.Reason),
				}
			}
		}
		return nil
	})
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
