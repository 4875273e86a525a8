package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/mapping"
	"selvedge/internal/triage"
)

type triageCmd struct {
	Owner  string `help:"Only what one owner mends: ops, merchandising, finance or engineering." enum:"ops,merchandising,finance,engineering," default:""`
	Orders bool   `help:"One row an order instead of one a cause."`
	Limit  int    `help:"Most rows to list." default:"50" placeholder:"N"`
	JSON   bool   `name:"json" help:"Print JSON."`
}

// Help says how the list is ranked.
func (triageCmd) Help() string {
	return "Lists what waits for a person, the most pressing first: by the next carrier cut-off (service-cutoff rules), then severity and money. Amounts of several currencies are compared as multiples of the average waiting order in each."
}

// pressing is a cause in --json. Money is in minor units by currency.
type pressing struct {
	Key        string           `json:"key"`
	Kind       string           `json:"kind"`
	Owner      string           `json:"owner"`
	Severity   string           `json:"severity"`
	Orders     int              `json:"orders"`
	Money      map[string]int64 `json:"money"`
	NextCutoff time.Time        `json:"nextCutoff,omitzero"`
	Oldest     time.Time        `json:"oldest"`
}

// pressingOrder is an order in --json. Value is in minor units of Currency.
type pressingOrder struct {
	Order      string    `json:"order"`
	Causes     []string  `json:"causes"`
	Owners     []string  `json:"owners"`
	Severity   string    `json:"severity"`
	Since      time.Time `json:"since"`
	NextCutoff time.Time `json:"nextCutoff,omitzero"`
	Missed     bool      `json:"missed"` // a cut-off has passed since it began to wait
	Value      int64     `json:"value"`
	Currency   string    `json:"currency"`
}

// mostRanked bounds what is read for one ranking.
const mostRanked = 20_000

// Run ranks from the store; no worker is needed.
func (c triageCmd) Run(ctx context.Context, s streams) error {
	if c.Limit < 1 {
		return misuse("--limit %d: give 1 or more", c.Limit)
	}
	db, _, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	rules, err := db.Rules(ctx)
	if err != nil {
		return err
	}
	index, now := mapping.New(rules), time.Now()
	if c.Orders {
		held, err := db.HeldOrders(ctx, mostRanked)
		if err != nil {
			return err
		}
		return c.orders(s, triage.Rank(ownedOrders(held, c.Owner), index, now), now)
	}
	held, err := db.Held(ctx)
	if err != nil {
		return err
	}
	return c.causes(s, triage.Groups(owned(held, c.Owner), nil, index, now), now)
}

func owned(held []domain.Held, owner string) []domain.Held {
	var mine []domain.Held
	for _, h := range held {
		if owner == "" || h.Owner == owner {
			mine = append(mine, h)
		}
	}
	return mine
}

func ownedOrders(held []domain.HeldOrder, owner string) []domain.HeldOrder {
	var mine []domain.HeldOrder
	for _, h := range held {
		if owner == "" || h.Owner == owner {
			mine = append(mine, h)
		}
	}
	return mine
}

func (c triageCmd) causes(s streams, groups []triage.Group, now time.Time) error {
	groups = groups[:min(c.Limit, len(groups))]
	rows := make([]pressing, len(groups))
	for i, g := range groups {
		rows[i] = pressing{Key: g.Key, Kind: g.Kind, Owner: g.Owner, Severity: g.Severity, Orders: g.Orders, Money: g.Money, NextCutoff: g.NextCutoff, Oldest: g.Oldest}
	}
	if c.JSON {
		return printJSON(s.out, rows)
	}
	if len(rows) == 0 {
		fmt.Fprintln(s.out, "Nothing waits for a person.")
		return nil
	}
	t := newTable(s.out, "cause", "orders", "money", "next cut-off", "oldest", "severity", "owner")
	for _, r := range rows {
		t.AppendRow([]any{r.Key, r.Orders, strings.ReplaceAll(money(r.Money), ", ", "\n"), ahead(r.NextCutoff, now), age(r.Oldest, now), r.Severity, r.Owner})
	}
	t.Render()
	return nil
}

func (c triageCmd) orders(s streams, list []triage.Waiting, now time.Time) error {
	list = list[:min(c.Limit, len(list))]
	rows := make([]pressingOrder, len(list))
	for i, w := range list {
		rows[i] = pressingOrder{
			Order: w.Order.String(), Causes: w.Causes, Owners: w.Owners, Severity: w.Severity, Since: w.Since, NextCutoff: w.NextCutoff,
			Missed: w.Missed, Value: w.Value, Currency: w.Currency,
		}
	}
	if c.JSON {
		return printJSON(s.out, rows)
	}
	if len(rows) == 0 {
		fmt.Fprintln(s.out, "No order waits for a person.")
		return nil
	}
	t := newTable(s.out, "order", "value", "next cut-off", "missed one", "since", "severity", "owner", "causes")
	for _, r := range rows {
		missed := ""
		if r.Missed {
			missed = "yes"
		}
		value := ""
		if r.Currency != "" {
			value = domain.Format(r.Value, r.Currency)
		}
		t.AppendRow([]any{r.Order, value, ahead(r.NextCutoff, now), missed, age(r.Since, now), r.Severity, strings.Join(r.Owners, ", "), strings.Join(r.Causes, "\n")})
	}
	t.Render()
	return nil
}

// ahead says when an instant is, and how long until then.
func ahead(at, now time.Time) string {
	if at.IsZero() {
		return "no rule"
	}
	return at.Local().Format("Mon 15:04 MST") + "\nin " + age(now, at)
}
