package console

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/mapping"
	"selvedge/internal/ports"
	"selvedge/internal/preview"
)

// RulesData is what the pages of rules read and save.
type RulesData interface {
	FindRules(ctx context.Context, table domain.RuleTable, text string, limit int) (rules []domain.Rule, total int, err error)
	RuleAnswers(ctx context.Context, table domain.RuleTable, limit int) ([]string, error)
	RuleHistory(ctx context.Context, table domain.RuleTable, from string) ([]domain.Rule, error)
	RuleVersions(ctx context.Context, versions []int64) ([]domain.Rule, error)
	NewestRule(ctx context.Context, rule domain.Rule) (newest domain.Rule, known bool, err error)
	SaveRuleSeen(ctx context.Context, rule domain.Rule, seen int64, author, reason string, at time.Time) ([]domain.Rule, error)
}

// Previewer says what a change of rules would do. With waiting only the orders that
// wait are looked at, else recent ones too.
type Previewer interface {
	PreviewRules(ctx context.Context, change []domain.Rule, waiting bool) (preview.Effect, error)
}

type rulesPage struct {
	Tables []string
	Table  string
	Find   string
	Rules  []domain.Rule
	Total  int
}

// rulesPerPage bounds the list; an item table may hold thousands.
const rulesPerPage = 300

func (v *visit) rules() error {
	q := v.r.URL.Query()
	p := rulesPage{Tables: mapping.Tables(), Table: q.Get("table"), Find: strings.TrimSpace(q.Get("find"))}
	var err error
	if p.Rules, p.Total, err = v.c.o.Rules.FindRules(v.ctx(), domain.RuleTable(p.Table), p.Find, rulesPerPage); err != nil {
		return err
	}
	return v.show("rules", "Rules", p)
}

// ruleForm is a rule being written.
type ruleForm struct {
	Rule     domain.Rule
	Form     mapping.Form
	Known    []string // answers that rules of the table give now
	Cause    string   // the cause that led here
	Seen     int64    // newest version of the rule that the person looked at
	Current  *domain.Rule
	Previous string // fingerprint of what was previewed
	Reason   string
}

// Has tells whether the table reads a scope.
func (f ruleForm) Has(scope string) bool { return slices.Contains(f.Form.Scopes, scope) }

type ruleEditPage struct {
	Form    *ruleForm
	Tables  []string
	Effect  *preview.Effect
	History []domain.Rule
	Saved   bool
	Ready   []*preview.Cause // causes that resuming is enough for now
	Why     string           // it was saved, which is also why they can go on
}

// answersKnown bounds what is suggested.
const answersKnown = 200

// ruleForm fills a form for a rule, with what stands now about the same.
func (v *visit) ruleForm(rule domain.Rule, cause string) (*ruleForm, error) {
	f := &ruleForm{Rule: rule, Cause: cause}
	f.Form, _ = mapping.FormOf(rule.Table)
	given, err := v.c.o.Rules.RuleAnswers(v.ctx(), rule.Table, answersKnown)
	if err != nil {
		return nil, err
	}
	f.Known = slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(f.Form.To), given...))))
	newest, known, err := v.c.o.Rules.NewestRule(v.ctx(), rule)
	if known {
		f.Seen = newest.Version
		if !newest.Retired {
			f.Current = &newest
		}
	}
	return f, err
}

// readRule reads a rule from the query or the form.
func (v *visit) readRule() domain.Rule {
	get := func(name string) string { return strings.TrimSpace(v.r.FormValue(name)) }
	rule := domain.Rule{
		Table: domain.RuleTable(get("table")), From: get("from"), To: get("to"), Store: get("store"),
		Warehouse: get("warehouse"), Country: get("country"), Retired: get("retired") == "yes",
	}
	form, _ := mapping.FormOf(rule.Table)
	for _, key := range form.Extra {
		if value := get(key); value != "" {
			if rule.Extra == nil {
				rule.Extra = map[string]string{}
			}
			rule.Extra[key] = value
		}
	}
	return rule
}

func (v *visit) ruleEdit() error {
	rule := v.readRule()
	form, err := v.ruleForm(rule, v.r.URL.Query().Get("cause"))
	if err != nil {
		return err
	}
	if form.Current != nil && rule.To == "" { // as it stands, to be changed
		form.Rule.To, form.Rule.Extra = form.Current.To, form.Current.Extra
	}
	return v.showRule(&ruleEditPage{Form: form})
}

func (v *visit) showRule(p *ruleEditPage) error {
	p.Tables = mapping.Tables()
	if rule := p.Form.Rule; rule.Table != "" && rule.From != "" {
		var err error
		if p.History, err = v.c.o.Rules.RuleHistory(v.ctx(), rule.Table, rule.From); err != nil {
			return err
		}
	}
	return v.show("rule", "Rule", p)
}

// ruleChange previews a rule, or saves it when it is the one that was previewed.
func (v *visit) ruleChange() error {
	given := v.readRule()
	rule, problems := mapping.CheckRule(given)
	form, err := v.ruleForm(rule, v.field("cause"))
	if err != nil {
		return err
	}
	form.Reason = v.field("reason")
	p := &ruleEditPage{Form: form}
	if len(problems) > 0 {
		var what []string
		for _, problem := range problems {
			what = append(what, problem.Field+" "+problem.Message)
		}
		v.outcome = outcome{ports.ActRefused, sentence(strings.Join(what, "; ")) + " Nothing was saved."}
		form.Rule = given
		return v.showRule(p)
	}
	if v.field("do") == "save" {
		v.saveRule(p, rule)
	}
	if !p.Saved {
		if err := v.preview(p, rule); err != nil {
			return err
		}
	}
	return v.showRule(p)
}

func (v *visit) preview(p *ruleEditPage, rule domain.Rule) error {
	effect, err := v.c.o.Preview.PreviewRules(v.ctx(), []domain.Rule{rule}, false)
	if err != nil {
		return err
	}
	p.Effect, p.Form.Previous = &effect, fingerprint(rule, p.Form.Seen)
	return nil
}

// saveRule saves what was previewed and nothing else: neither another value than the
// one that was looked at, nor over a version that came meanwhile.
func (v *visit) saveRule(p *ruleEditPage, rule domain.Rule) {
	seen, _ := strconv.ParseInt(v.field("seen"), 10, 64)
	act := ports.Act{Act: "save-rule", Target: string(rule.Table) + " " + rule.From, Detail: map[string]string{
		"to": rule.To, "holds for": holdsFor(rule), "cause": v.field("cause"),
	}}
	if rule.Retired {
		act.Act = "retire-rule"
	}
	v.act(act, func(ctx context.Context) (string, error) {
		if v.field("previewed") != fingerprint(rule, seen) {
			return "", refuse("The rule is not the one that was previewed. Below is what it would do now; nothing was saved.")
		}
		if v.field("reason") == "" {
			return "", refuse("Say why. Nothing was saved.")
		}
		saved, err := v.c.o.Rules.SaveRuleSeen(ctx, rule, seen, v.who.Name, v.field("reason"), v.now())
		switch {
		case err != nil:
			return "", err
		case len(saved) == 0:
			return "This is in force already; nothing was changed.", nil
		}
		return fmt.Sprintf("Saved as version %d. Orders that waited for it go on when they are resumed.", saved[0].Version), nil
	})
	if p.Saved = v.outcome.Kind == ports.ActDone; !p.Saved {
		return
	}
	p.Why = v.field("reason")
	if effect, err := v.c.o.Preview.PreviewRules(v.ctx(), nil, true); err != nil {
		v.c.o.Log("what a saved rule freed could not be looked up", "error", err)
	} else {
		p.Ready = effect.Ready
	}
	if form, err := v.ruleForm(rule, p.Form.Cause); err == nil {
		p.Form = form
	}
}

// fingerprint names a rule as it was previewed, and over which version.
func fingerprint(r domain.Rule, seen int64) string {
	text, err := json.Marshal([]any{r.Table, r.Store, r.Warehouse, r.Country, r.From, r.To, r.Extra, r.Retired, seen})
	if err != nil { // texts always marshal
		return ""
	}
	return string(text)
}

// holdsFor says in words where a rule counts.
func holdsFor(r domain.Rule) string {
	var parts []string
	for _, s := range [][2]string{{"store", r.Store}, {"warehouse", r.Warehouse}, {"country", r.Country}} {
		if s[1] != "" {
			parts = append(parts, s[0]+" "+s[1])
		}
	}
	if len(parts) == 0 {
		return "all"
	}
	return strings.Join(parts, ", ")
}

// rulePath is where a rule is changed.
func rulePath(r domain.Rule) string {
	q := url.Values{"table": {string(r.Table)}, "from": {r.From}}
	for name, value := range map[string]string{"store": r.Store, "warehouse": r.Warehouse, "country": r.Country, "attribute": r.Extra["attribute"]} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return "/rules/edit?" + q.Encode()
}
