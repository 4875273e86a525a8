package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
	"selvedge/internal/store"
)

type exceptionsCmd struct {
	List    exceptionsListCmd    `cmd:"" help:"List what waits for a person, grouped by cause: how many, how much money, since when, who, and what to do."`
	Resume  exceptionsResumeCmd  `cmd:"" help:"Free every order that waits on one cause: one first, and the rest when that one has gone on. Says what came of each."`
	Resumed exceptionsResumedCmd `cmd:"" help:"What came of the orders that were freed: who pressed when, and the outcome of each order."`
}

type exceptionsListCmd struct {
	Owner  string `help:"Only those of one owner: ops, merchandising, finance or engineering." enum:"ops,merchandising,finance,engineering," default:""`
	Kind   string `help:"Only one kind, such as unmapped:shipping-method." placeholder:"KIND"`
	Cause  string `help:"Only one cause." placeholder:"CAUSE"`
	Orders bool   `help:"One row an order instead of one a cause." xor:"rows"`
	// Refused inputs have no cause that a person resumes; orders among them are exceptions, too.
	Refused bool `help:"Inputs that could not be read instead: source, key, reason and when, never their content." xor:"rows"`
	Limit   int  `help:"Most rows to list with --orders or --refused." default:"1000" placeholder:"N"`
	JSON    bool `name:"json" help:"Print JSON."`
}

// groupShown is a cause in --json. Money is in minor units by currency.
type groupShown struct {
	Cause   string           `json:"cause"`
	Kind    string           `json:"kind"`
	Owner   string           `json:"owner"`
	Count   int              `json:"count"`
	Money   map[string]int64 `json:"money"`
	Oldest  time.Time        `json:"oldest"`
	What    string           `json:"what"`
	Change  string           `json:"change"`
	Press   string           `json:"press"`
	Example string           `json:"example,omitempty"` // the order that waits longest
}

// exceptionShown is an open exception in --json. Value is in minor units of Currency.
type exceptionShown struct {
	Order    string    `json:"order,omitempty"`
	System   string    `json:"system,omitempty"`
	Cause    string    `json:"cause"`
	Kind     string    `json:"kind"`
	Owner    string    `json:"owner"`
	Severity string    `json:"severity"`
	Step     string    `json:"step,omitempty"`
	Subject  string    `json:"subject,omitempty"`
	Value    int64     `json:"value"`
	Currency string    `json:"currency,omitempty"`
	Since    time.Time `json:"since"`
	What     string    `json:"what"`
}

// Run lists from the store; no worker is needed.
func (l exceptionsListCmd) Run(ctx context.Context, s streams) error {
	if l.Limit < 1 {
		return misuse("--limit %d: give 1 or more", l.Limit)
	}
	db, _, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	switch {
	case l.Refused:
		return l.refused(ctx, s, db)
	case l.Orders:
		return l.orders(ctx, s, db)
	}
	groups, err := l.groups(ctx, db)
	if err != nil {
		return err
	}
	if l.JSON {
		return printJSON(s.out, groups)
	}
	if len(groups) == 0 {
		fmt.Fprintln(s.out, "Nothing waits for a person.")
		return nil
	}
	t := newTable(s.out, "cause", "count", "money", "oldest", "owner", "what to do")
	now, count := time.Now(), 0
	for _, g := range groups {
		count += g.Count
		t.AppendRow([]any{g.Cause, g.Count, strings.ReplaceAll(money(g.Money), ", ", "\n"), age(g.Oldest, now), g.Owner, g.Change})
		t.AppendSeparator()
	}
	t.Render()
	fmt.Fprintf(s.out, "%s of %s. When a cause is mended: starter exceptions resume --cause CAUSE --reason TEXT\n", plural(count, "exception"), plural(len(groups), "cause"))
	return nil
}

func (l exceptionsListCmd) groups(ctx context.Context, db *store.Store) ([]groupShown, error) {
	all, err := db.ExceptionGroups(ctx)
	if err != nil {
		return nil, err
	}
	groups := []groupShown{}
	for _, g := range all {
		if l.Owner != "" && g.Owner != l.Owner || l.Kind != "" && g.Kind != l.Kind || l.Cause != "" && g.Cause != l.Cause {
			continue
		}
		shown := groupShown{Cause: g.Cause, Kind: g.Kind, Owner: g.Owner, Count: g.Count, Money: g.Money, Oldest: g.Oldest}
		longest, err := db.OpenExceptions(ctx, store.ExceptionFilter{Cause: g.Cause, Kind: g.Kind, Owner: g.Owner}, 1)
		if err != nil {
			return nil, err
		}
		q := domain.Question{Kind: g.Kind, Cause: g.Cause}
		if len(longest) == 1 { // none when it was resolved since
			q = questionOf(longest[0])
			if longest[0].Order != nil {
				shown.Example = longest[0].Order.String()
			}
		}
		text := exceptions.Describe(q)
		shown.What, shown.Change, shown.Press = text.What, text.Change, text.Press
		groups = append(groups, shown)
	}
	return groups, nil
}

// whose names what waits where no order does: a whole system, or a return of which nobody
// knows the order, as `returns resolve` takes it.
func (e exceptionShown) whose() string {
	if orphan, ok := strings.CutPrefix(e.System, "return/"); ok {
		return "return " + orphan
	}
	return "all of " + e.System
}

func questionOf(e store.Exception) domain.Question {
	return domain.Question{Kind: e.Kind, Cause: e.Cause, Step: e.Step, Subject: e.Subject, Problems: e.Problems}
}

func (l exceptionsListCmd) orders(ctx context.Context, s streams, db *store.Store) error {
	list, err := db.OpenExceptions(ctx, store.ExceptionFilter{Cause: l.Cause, Owner: l.Owner, Kind: l.Kind}, l.Limit)
	if err != nil {
		return err
	}
	rows := make([]exceptionShown, len(list))
	for i, e := range list {
		rows[i] = exceptionShown{
			System: e.System, Cause: e.Cause, Kind: e.Kind, Owner: e.Owner, Severity: e.Severity, Step: string(e.Step), Subject: e.Subject,
			Value: e.Value, Currency: e.Currency, Since: e.OpenedAt, What: exceptions.Describe(questionOf(e)).What,
		}
		if e.Order != nil {
			rows[i].Order = e.Order.String()
		}
	}
	if l.JSON {
		return printJSON(s.out, rows)
	}
	if len(rows) == 0 {
		fmt.Fprintln(s.out, "Nothing waits for a person.")
		return nil
	}
	t := newTable(s.out, "order", "cause", "value", "since", "owner", "what")
	for _, r := range rows {
		value := ""
		if r.Currency != "" {
			value = domain.Format(r.Value, r.Currency)
		}
		t.AppendRow([]any{or(r.Order, r.whose()), r.Cause, value, when(r.Since), r.Owner, r.What})
	}
	t.Render()
	if len(rows) == l.Limit {
		fmt.Fprintf(s.out, "These are the %d that wait longest; --limit lists more.\n", l.Limit)
	}
	return nil
}
