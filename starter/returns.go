package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/ports"
	"selvedge/internal/store"
)

type returnsCmd struct {
	List    returnsListCmd    `cmd:"" help:"Returns that are open, newest first."`
	Show    returnsShowCmd    `cmd:"" help:"The returns of one order: garments, money and why, what was written, what waits."`
	Resolve returnsResolveCmd `cmd:"" help:"Answer the question of a return of which nobody knows the order. \"order resolve\" answers those of an order's returns."`
}

type returnsListCmd struct {
	All   bool `help:"Settled ones too."`
	Limit int  `help:"Most rows to list." default:"200" placeholder:"N"`
	JSON  bool `name:"json" help:"Print JSON."`
}

// returnShown is a return in --json.
type returnShown struct {
	Order     string                    `json:"order"`
	Number    int                       `json:"n"`
	Workflow  string                    `json:"workflow"`
	OpenedAt  time.Time                 `json:"openedAt"`
	LookedAt  time.Time                 `json:"lookedAt"`
	SettledAt time.Time                 `json:"settledAt,omitzero"`
	At        contract.ReturnAssessment `json:"at"`              // as its workflow last saw it
	Rules     []domain.Rule             `json:"rules,omitempty"` // those that said what goes back, as they were then
}

func readReturns(ctx context.Context, db *store.Store, id domain.OrderID, open bool, limit int) ([]returnShown, error) {
	records, err := db.Returns(ctx, id, open, limit)
	if err != nil {
		return nil, err
	}
	shown := make([]returnShown, len(records))
	var versions []int64
	for i, r := range records {
		if shown[i], err = returnOf(r); err != nil {
			return nil, err
		}
		versions = append(versions, shown[i].saidBy()...)
	}
	rules, err := db.RuleVersions(ctx, versions)
	for i := range shown {
		by := shown[i].saidBy()
		for _, rule := range rules {
			if slices.Contains(by, rule.Version) {
				shown[i].Rules = append(shown[i].Rules, rule)
			}
		}
	}
	return shown, err
}

// saidBy are the versions of the rules that said what goes back.
func (r returnShown) saidBy() (versions []int64) {
	for _, m := range r.At.Money {
		versions = append(versions, m.Rules...)
	}
	return versions
}

func returnOf(r ports.ReturnRecord) (returnShown, error) {
	s := returnShown{
		Order: r.Order.String(), Number: r.Number, Workflow: contract.ReturnWorkflowID(r.Order, r.Number),
		OpenedAt: r.OpenedAt, LookedAt: r.LookedAt, SettledAt: r.SettledAt,
	}
	if err := json.Unmarshal(r.View, &s.At); err != nil {
		return s, fmt.Errorf("read return %d of %s: %w", r.Number, r.Order, err)
	}
	return s, nil
}

// state says in a word where a return stands.
func (r returnShown) state() string {
	switch {
	case !r.SettledAt.IsZero():
		return "settled"
	case len(r.At.Questions) > 0:
		return "needs-attention"
	case len(r.At.Waiting) > 0:
		return "waiting"
	}
	return "open"
}

// Run lists returns.
func (c returnsListCmd) Run(ctx context.Context, s streams) error {
	db, _, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	list, err := readReturns(ctx, db, domain.OrderID{}, !c.All, c.Limit)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.out, list)
	}
	if len(list) == 0 {
		fmt.Fprintln(s.out, "No return is open; --all lists those that have settled.")
		return nil
	}
	t := newTable(s.out, "order", "return", "state", "garments", "value", "opened", "waits for")
	for _, r := range list {
		waits := ""
		switch {
		case len(r.At.Questions) > 0:
			waits = r.At.Questions[0].Cause
		case len(r.At.Waiting) > 0:
			waits = r.At.Waiting[0]
		}
		t.AppendRow([]any{r.Order, r.Number, r.state(), len(r.At.Garments), r.At.Value, when(r.OpenedAt), waits})
	}
	t.Render()
	return nil
}

type returnsShowCmd struct {
	Order orderRef `arg:"" help:"The order, as <store>/<number>; the number alone where one store is configured."`
	JSON  bool     `name:"json" help:"Print JSON."`
}

// Run shows the returns of an order.
func (c returnsShowCmd) Run(ctx context.Context, s streams) error {
	db, settings, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	id, err := c.Order.id(settings)
	if err != nil {
		return err
	}
	list, err := readReturns(ctx, db, id, false, 1000)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.out, list)
	}
	if len(list) == 0 {
		fmt.Fprintf(s.out, "Nothing of order %s has come back.\n", id)
		return nil
	}
	printReturns(s.out, list)
	return nil
}

// printReturns writes each return with its garments and what was written of it.
func printReturns(out io.Writer, list []returnShown) {
	for _, r := range list {
		fmt.Fprintf(out, "\nReturn %d: %s, %s, opened %s; %s\n", r.Number, r.state(), r.At.Value, when(r.OpenedAt), r.Workflow)
		for _, w := range r.At.Waiting {
			fmt.Fprintf(out, "  It waits: %s.\n", w)
		}
		for _, q := range r.At.Questions {
			fmt.Fprintf(out, "  Asks: %s\n", q.Cause)
		}
		garments := newTable(out, "garment", "line", "item", "disposition", "final")
		for _, g := range r.At.Garments {
			garments.AppendRow([]any{g.ID, g.Line, g.SKU, g.Disposition, g.Final})
		}
		garments.Render()
		r.printMoney(out)
		if len(r.At.Documents) == 0 {
			continue
		}
		written := newTable(out, "leg", "written", "id", "stage", "amount", "reference")
		for _, d := range r.At.Documents {
			leg := domain.FinanceLeg
			if d.Kind == domain.PlanShopReturn {
				leg = domain.StockLeg
			}
			written.AppendRow([]any{leg, d.Kind, d.ID, d.Stage, d.Amount, d.Key})
		}
		written.Render()
	}
}

// printMoney writes why an amount goes back or does not, with the rules that say so.
func (r returnShown) printMoney(out io.Writer) {
	if len(r.At.Money) == 0 {
		return
	}
	t := newTable(out, "money of", "terms", "goods", "kept back", "carriage", "goes back", "where it stands")
	for _, m := range r.At.Money {
		of := strings.Join(m.Garments, "\n")
		if m.ShopReturn != "" {
			of += "\n(return " + m.ShopReturn + " of the shop)"
		}
		t.AppendRow([]any{of, m.Terms, m.Goods, m.Kept, m.Carriage, m.Back, m.Stands})
	}
	t.Render()
	if len(r.Rules) > 0 {
		fmt.Fprintln(out, "  By these rules, as they were then:")
		printRules(out, r.Rules, true)
	}
}
