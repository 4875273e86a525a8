package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"selvedge/internal/assembly"
	"selvedge/internal/config"
	"selvedge/internal/domain"
	"selvedge/internal/mapping"
)

type rulesCmd struct {
	List    rulesListCmd    `cmd:"" help:"List the rules in force."`
	Set     rulesSetCmd     `cmd:"" help:"Save one rule, or retire it. Saving what is in force already changes nothing."`
	History rulesHistoryCmd `cmd:"" help:"List all versions of the rules for one value: who changed what, when and why."`
	Export  rulesExportCmd  `cmd:"" help:"Write the rules in force to a file that \"rules import\" reads."`
	Check   rulesCheckCmd   `cmd:"" help:"Show what the rules of a file would free, break or change, before they are saved."`
	Import  rulesImportCmd  `cmd:"" help:"Save the rules of a file, all or none. Importing twice changes nothing."`
}

// tableName is a mapping table as people write it.
type tableName string

func (n tableName) table() (domain.RuleTable, error) {
	if n == "" {
		return "", nil
	}
	t, ok := mapping.TableNamed(string(n))
	if !ok {
		return "", misuse("table %q is none that we know: give one of %s", string(n), strings.Join(mapping.Tables(), ", "))
	}
	return t, nil
}

type rulesListCmd struct {
	Table tableName `help:"Only one table, such as shipping-method." placeholder:"TABLE"`
	JSON  bool      `name:"json" help:"Print JSON."`
}

// Run lists the rules in force.
func (l rulesListCmd) Run(ctx context.Context, s streams) error {
	wanted, err := l.Table.table()
	if err != nil {
		return err
	}
	rules, err := rulesInForce(ctx, wanted)
	if err != nil {
		return err
	}
	if l.JSON {
		return mapping.WriteRulesJSON(s.out, rules)
	}
	if len(rules) == 0 {
		fmt.Fprintln(s.out, "No rule is in force; `starter rules set` or `starter rules import` saves some.")
		return nil
	}
	printRules(s.out, rules, false)
	return nil
}

func rulesInForce(ctx context.Context, wanted domain.RuleTable) ([]domain.Rule, error) {
	db, _, err := openStore(ctx)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	all, err := db.Rules(ctx)
	if err != nil {
		return nil, err
	}
	rules := all[:0]
	for _, r := range all {
		if wanted == "" || r.Table == wanted {
			rules = append(rules, r)
		}
	}
	return rules, nil
}

func printRules(out io.Writer, rules []domain.Rule, history bool) {
	columns := []any{"version", "table", "from", "to", "holds for", "more"}
	if history {
		columns = append(columns, "author", "when", "reason")
	}
	t := newTable(out, columns...)
	for _, r := range rules {
		to := r.To
		if r.Retired {
			to = "(retired)"
		}
		row := []any{r.Version, r.Table, r.From, to, scopeOf(r), extraOf(r)}
		if history {
			row = append(row, r.Author, when(r.At), r.Reason)
		}
		t.AppendRow(row)
	}
	t.Render()
}

func scopeOf(r domain.Rule) string {
	var parts []string
	for _, s := range [][2]string{{"store", r.Store}, {"warehouse", r.Warehouse}, {"country", r.Country}} {
		if s[1] != "" {
			parts = append(parts, s[0]+" "+s[1])
		}
	}
	return or(strings.Join(parts, ", "), "all")
}

func extraOf(r domain.Rule) string {
	var parts []string
	for _, k := range sorted(r.Extra) {
		parts = append(parts, k+" "+r.Extra[k])
	}
	return strings.Join(parts, ", ")
}

type rulesSetCmd struct {
	Table     tableName         `help:"The table: shipping-method, market, item, carrier, attribute-default, payment-method, stock-status, stock-buffer, stock-grade, disposition, adjustment-reason, service-cutoff, entity or refund-policy." required:"" placeholder:"TABLE"`
	From      string            `help:"The value that is mapped, as the other system writes it." required:"" placeholder:"VALUE"`
	To        string            `help:"What it stands for." placeholder:"VALUE"`
	Store     string            `help:"Only for one store." placeholder:"STORE"`
	Warehouse string            `help:"Only for one warehouse." placeholder:"WAREHOUSE"`
	Country   string            `help:"Only for one country of delivery." placeholder:"CC"`
	Extra     map[string]string `help:"What the table needs besides: currency=GBP of a market, timezone=Europe/London and currency='GBP EUR' of an entity, attribute=itemCondition of a default, timezone=Europe/London and days=mon-fri of a cut-off, fee='395 GBP' and shipping=full-return of a refund policy." placeholder:"KEY=VALUE"`
	Retire    bool              `help:"End the rule instead; --to is not needed."`
	Author    string            `help:"Who changes it; by default who is logged in." placeholder:"NAME"`
	Reason    string            `help:"Why; not needed with --check." placeholder:"TEXT"`
	Seen      int64             `help:"Refuse when the rule was changed after this version of the rules, which --check and \"rules check\" print." default:"-1" placeholder:"VERSION"`
	Check     bool              `help:"Show what the rule would free, break and move, and save nothing." xor:"do"`
	Resume    bool              `help:"Free the orders that the rule frees, once it is saved." xor:"do"`
	JSON      bool              `name:"json" help:"Print JSON."`
}

// Run checks the rule and saves it as a new version.
func (r rulesSetCmd) Run(ctx context.Context, s streams) error {
	if r.To == "" && !r.Retire {
		return misuse("--to is empty: give what %q stands for, or --retire the rule", r.From)
	}
	rule, problems := mapping.CheckRule(domain.Rule{
		Table: domain.RuleTable(r.Table), From: r.From, To: r.To, Store: r.Store, Warehouse: r.Warehouse,
		Country: r.Country, Extra: r.Extra, Retired: r.Retire,
	})
	if len(problems) > 0 {
		lines := make([]string, len(problems))
		for i, p := range problems {
			lines[i] = "--" + p.String()
		}
		return misuse("%s", strings.Join(lines, "\n"))
	}
	if r.Check {
		return showEffect(ctx, s, []domain.Rule{rule}, assembly.PreviewOptions{}, r.JSON)
	}
	return saving{rules: []domain.Rule{rule}, author: r.Author, reason: r.Reason, seen: r.Seen, json: r.JSON, resume: r.Resume}.run(ctx, s)
}

// warnOfScopes names stores and warehouses that the configuration does not know: a
// rule may be saved ahead of them, and it may be a slip.
func warnOfScopes(out io.Writer, c config.Config, rules []domain.Rule) {
	stores, warehouses := map[string]bool{}, map[string]bool{}
	for _, key := range c.Selvedge.Centra.Stores {
		stores[key] = true
	}
	for _, a := range c.Selvedge.ACS {
		warehouses[a.Warehouse] = true
	}
	said := map[string]bool{}
	warn := func(what, value string, known map[string]bool) {
		if value == "" || len(known) == 0 || known[value] || said[what+value] {
			return
		}
		said[what+value] = true
		fmt.Fprintf(out, "starter: note: %s %q is not configured here; known are %s\n", what, value, strings.Join(sorted(known), ", "))
	}
	for _, r := range rules {
		warn("store", r.Store, stores)
		warn("warehouse", r.Warehouse, warehouses)
	}
}

type rulesHistoryCmd struct {
	Table tableName `help:"The table." required:"" placeholder:"TABLE"`
	From  string    `help:"The value that is mapped, as it was saved." required:"" placeholder:"VALUE"`
	JSON  bool      `name:"json" help:"Print JSON."`
}

// Run lists versions, newest first.
func (h rulesHistoryCmd) Run(ctx context.Context, s streams) error {
	wanted, err := h.Table.table()
	if err != nil {
		return err
	}
	db, _, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	versions, err := db.RuleHistory(ctx, wanted, h.From)
	if err != nil {
		return err
	}
	if h.JSON {
		return mapping.WriteRulesJSON(s.out, versions)
	}
	if len(versions) == 0 {
		return fmt.Errorf("%s never had a rule for %q; `starter rules list --table %s` prints those there are", wanted, h.From, wanted)
	}
	printRules(s.out, versions, true)
	return nil
}
