package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
)

const ruleColumns = `version, tbl AS "table", store, warehouse, country, "from", "to", extra, retired, author, reason, at`

// newestRules is the newest version of each rule, retired ones included.
const newestRules = `SELECT DISTINCT ON (tbl, store, warehouse, country, "from", attribute) ` + ruleColumns + `
	FROM rules ORDER BY tbl, store, warehouse, country, "from", attribute, version DESC`

// Rules reads the rules in force: the newest version per table, scope and From,
// without retired ones. Defaults of different attributes (Extra["attribute"]) are different rules.
func (s *Store) Rules(ctx context.Context) ([]domain.Rule, error) {
	return readRules(ctx, s.pool, "read rules", `SELECT * FROM (`+newestRules+`) newest WHERE NOT retired ORDER BY version`, nil)
}

// RulesVersion is the newest version of any rule, retired ones included, 0 without any.
// Rules are never changed in place and writers take turns, so that the rules are the
// same for as long as this number is.
func (s *Store) RulesVersion(ctx context.Context) (int64, error) {
	var version int64
	err := s.pool.QueryRow(ctx, `SELECT COALESCE(max(version), 0) FROM rules`).Scan(&version)
	return version, toFault("read the rules' version", err)
}

// RuleHistory reads all versions of the rules of a table for one From, newest first.
func (s *Store) RuleHistory(ctx context.Context, table domain.RuleTable, from string) ([]domain.Rule, error) {
	return readRules(ctx, s.pool, "read rule history",
		`SELECT `+ruleColumns+` FROM rules WHERE tbl = @table AND "from" = @from ORDER BY version DESC`,
		pgx.NamedArgs{"table": table, "from": from})
}

// RuleVersions reads rules by version, whether or not they are still in force, the oldest first.
func (s *Store) RuleVersions(ctx context.Context, versions []int64) ([]domain.Rule, error) {
	if len(versions) == 0 {
		return nil, nil
	}
	return readRules(ctx, s.pool, "read rules by version",
		`SELECT `+ruleColumns+` FROM rules WHERE version = ANY(@versions) ORDER BY version`, pgx.NamedArgs{"versions": versions})
}

func readRules(ctx context.Context, db dbtx, op, sql string, args pgx.NamedArgs) ([]domain.Rule, error) {
	rows, err := db.Query(ctx, sql, args)
	if err != nil {
		return nil, toFault(op, err)
	}
	rules, err := pgx.CollectRows(rows, pgx.RowToStructByName[domain.Rule])
	return rules, toFault(op, err)
}

// about is what a rule is about: a newer rule about the same replaces it.
type about struct {
	table                     domain.RuleTable
	store, warehouse, country string
	from, attribute           string
}

func aboutOf(r domain.Rule) about {
	a := about{table: r.Table, store: r.Store, warehouse: r.Warehouse, country: r.Country, from: r.From}
	if r.Table == domain.RuleAttributeDefault {
		a.attribute = r.Extra["attribute"]
	}
	return a
}

// SaveRules stores new versions of rules, all or none, and answers those that it
// made. A rule that says what is in force already, or retires what is not there,
// makes no version: a second run is harmless. Version, Author, Reason and At of the given rules are ignored.
// All faults of the list are reported at once as fault.Invalid.
func (s *Store) SaveRules(ctx context.Context, rules []domain.Rule, author, reason string, at time.Time) ([]domain.Rule, error) {
	return s.saveRules(ctx, rules, author, reason, at, func(_, _ []domain.Rule) error { return nil })
}

// saveRules is SaveRules; check may refuse what would change, given the newest version
// of every rule, retired ones included.
func (s *Store) saveRules(ctx context.Context, rules []domain.Rule, author, reason string, at time.Time, check func(newest, changed []domain.Rule) error) ([]domain.Rule, error) {
	const op = "save rules"
	if err := checkRules(rules, author, reason); err != nil {
		return nil, err
	}
	var saved []domain.Rule
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		// One writer at a time, else two could both find the same rule missing.
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('selvedge rules'))`); err != nil {
			return err
		}
		newest, err := readRules(ctx, tx, op, newestRules, nil)
		if err != nil {
			return err
		}
		change := changedRules(newest, rules)
		if err := check(newest, change); err != nil {
			return err
		}
		changed, err := json.Marshal(change)
		if err != nil {
			return err
		}
		saved, err = readRules(ctx, tx, op, `
			INSERT INTO rules (tbl, store, warehouse, country, "from", "to", extra, retired, author, reason, at)
			SELECT r."table", COALESCE(r.store, ''), COALESCE(r.warehouse, ''), COALESCE(r.country, ''), r."from", r."to",
				COALESCE(r.extra, '{}'), COALESCE(r.retired, false), @author, @reason, @at
			FROM jsonb_to_recordset(@rules::jsonb) AS r ("table" text, store text, warehouse text, country text, "from" text, "to" text,
				extra jsonb, retired boolean)
			RETURNING `+ruleColumns,
			pgx.NamedArgs{"rules": string(changed), "author": author, "reason": reason, "at": at})
		return err
	})
	if err != nil {
		return nil, toFault(op, err)
	}
	return saved, nil
}

// changedRules keeps the rules that say something else than what is in force.
func changedRules(newest, rules []domain.Rule) []domain.Rule {
	inForce := make(map[about]domain.Rule, len(newest))
	for _, r := range newest {
		inForce[aboutOf(r)] = r
	}
	changed := []domain.Rule{}
	for _, r := range rules {
		old, known := inForce[aboutOf(r)]
		switch {
		case r.Retired && (!known || old.Retired):
		case known && old.Retired == r.Retired && old.To == r.To && equalExtra(old.Extra, r.Extra):
		default:
			changed = append(changed, r)
		}
	}
	return changed
}

func equalExtra(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if w, ok := b[k]; !ok || v != w {
			return false
		}
	}
	return true
}

// checkRules finds everything that is wrong with a list of rules.
func checkRules(rules []domain.Rule, author, reason string) error {
	f := &fault.Fault{Kind: fault.Invalid, System: system, Op: "save rules", Message: "the rules cannot be saved"}
	complain := func(i int, field, value, message string) {
		f.Problems = append(f.Problems, fault.Problem{
			Code: "rule", Field: fmt.Sprintf("/%d/%s", i, field), Value: value,
			Message: fmt.Sprintf("rule %d: %s", i+1, message),
		})
	}
	if strings.TrimSpace(author) == "" {
		f.Problems = append(f.Problems, fault.Problem{Code: "rule", Field: "author", Message: "author is empty: say who changes the rules"})
	}
	if strings.TrimSpace(reason) == "" {
		f.Problems = append(f.Problems, fault.Problem{Code: "rule", Field: "reason", Message: "reason is empty: say why the rules change"})
	}
	seen := map[about]int{}
	for i, r := range rules {
		if !knownTable(r.Table) {
			complain(i, "table", string(r.Table), fmt.Sprintf("table %q is none that we know", r.Table))
		}
		if r.From == "" {
			complain(i, "from", "", "from is empty: give the value that is mapped")
		}
		if r.To == "" && !r.Retired {
			complain(i, "to", "", "to is empty: give what the value means, or retire the rule")
		}
		if r.Table == domain.RuleAttributeDefault && r.Extra["attribute"] == "" {
			complain(i, "extra/attribute", "", "extra.attribute is empty: name the attribute that gets the default")
		}
		if first, twice := seen[aboutOf(r)]; twice {
			complain(i, "from", r.From, fmt.Sprintf("from %q is given already by rule %d: keep one", r.From, first+1))
		}
		seen[aboutOf(r)] = i
	}
	if len(f.Problems) > 0 {
		return f
	}
	return nil
}

func knownTable(t domain.RuleTable) bool {
	switch t {
	case domain.RuleShippingMethod, domain.RuleMarket, domain.RuleItem, domain.RuleCarrier, domain.RuleAttributeDefault,
		domain.RulePayment, domain.RuleStockStatus, domain.RuleStockBuffer, domain.RuleStockGrade, domain.RuleDisposition, domain.RuleCutoff, domain.RuleEntity,
		domain.RuleRefundPolicy, domain.RuleAdjustmentReason:
		return true
	}
	return false
}
