package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"selvedge/internal/config"
	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
	"selvedge/internal/narrate"
	"selvedge/internal/ports"
	"selvedge/internal/store"
)

type orderShowCmd struct {
	Order  orderRef      `arg:"" help:"The order, as <store>/<number>; the number alone where one store is configured."`
	JSON   bool          `name:"json" help:"Print JSON."`
	Within time.Duration `help:"Longest time to wait for the order's workflow to answer." default:"5s" placeholder:"DURATION"`
}

// orderShown is an order in --json. Nothing in it is personal.
type orderShown struct {
	Order        domain.Order           `json:"order"`
	ClosedAt     time.Time              `json:"closedAt,omitzero"`
	Lines        []domain.LineProgress  `json:"lines"`
	Questions    []questionShown        `json:"questions"`
	Consignments []domain.Consignment   `json:"consignments"`
	Facts        []domain.Fact          `json:"facts"`
	Documents    []ports.DocumentRecord `json:"documents"`
	Returns      []returnShown          `json:"returns"`
	Workflow     workflowShown          `json:"workflow"`

	progress domain.Progress
	told     []string // each fact in words
}

// questionShown is an open question in plain words.
type questionShown struct {
	domain.Question
	Return  int       `json:"return,omitempty"` // number of the return that asks it; 0 = the order itself
	Since   time.Time `json:"since"`
	What    string    `json:"what"`
	Where   string    `json:"where"`
	Owner   string    `json:"owner"`
	Change  string    `json:"change"`
	Press   string    `json:"press"`
	Answers []string  `json:"answers"`
	Allowed []string  `json:"allowed,omitempty"` // values that would be taken
}

// Run shows what the store holds, and what the workflow says where a worker answers.
func (o orderShowCmd) Run(ctx context.Context, s streams) error {
	db, c, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	id, err := o.Order.id(c)
	if err != nil {
		return err
	}
	shown, err := readOrder(ctx, db, id)
	if notKnown(err) {
		return fmt.Errorf("order %s is not stored; `starter order start %s` takes it in", id, id)
	}
	if err != nil {
		return err
	}
	stop := progress(s, "asking the workflow")
	shown.Workflow = askTemporal(ctx, c, id, o.Within)
	stop()
	if o.JSON {
		return printJSON(s.out, shown)
	}
	shown.print(s.out)
	return nil
}

// askTemporal is askWorkflow where Temporal itself may be away.
func askTemporal(ctx context.Context, c config.Config, id domain.OrderID, within time.Duration) workflowShown {
	temporal, err := openTemporal(c)
	if err != nil {
		return workflowShown{Problem: err.Error()}
	}
	defer temporal.Close()
	return askWorkflow(ctx, temporal, id, within)
}

func readOrder(ctx context.Context, db *store.Store, id domain.OrderID) (orderShown, error) {
	var shown orderShown
	var err error
	if shown.Order, err = db.Order(ctx, id); err != nil {
		return shown, err
	}
	if shown.Facts, err = db.Facts(ctx, id, 0); err != nil {
		return shown, err
	}
	if shown.Consignments, err = db.Consignments(ctx, id); err != nil {
		return shown, err
	}
	if shown.Documents, err = db.OrderDocuments(ctx, id); err != nil {
		return shown, err
	}
	shown.Documents = orNone(shown.Documents)
	if shown.Returns, err = readReturns(ctx, db, id, false, 1000); err != nil {
		return shown, err
	}
	standings, err := db.Standings(ctx, []domain.OrderID{id})
	if err != nil {
		return shown, err
	}
	if len(standings) == 1 && standings[0].ClosedAt != nil {
		shown.ClosedAt = *standings[0].ClosedAt
	}
	open, err := db.OpenExceptions(ctx, store.ExceptionFilter{Order: &id}, 1000)
	if err != nil {
		return shown, err
	}
	for _, e := range open {
		shown.Questions = append(shown.Questions, inWords(e))
	}
	if shown.progress, err = domain.Derive(shown.Order, shown.Facts); err != nil {
		return shown, fmt.Errorf("order %s: read its facts: %w", id, err)
	}
	shown.Lines = shown.progress.Lines
	for i, f := range shown.Facts {
		shown.told = append(shown.told, narrate.Fact(f, shown.Order.Currency))
		if narrate.Raw(f.Kind) {
			shown.Facts[i].Data = nil // as an outside system wrote it, which may be personal
		}
	}
	return shown, nil
}

func inWords(e store.Exception) questionShown {
	q := questionOf(e)
	text := exceptions.Describe(q)
	kind, _ := exceptions.Lookup(e.Kind)
	shown := questionShown{Question: q, Return: e.Return, Since: e.OpenedAt, What: text.What, Where: text.Where, Owner: string(text.Owner), Change: text.Change, Press: text.Press}
	for _, a := range kind.Answers {
		shown.Answers = append(shown.Answers, string(a))
	}
	for _, p := range e.Problems {
		for _, allowed := range p.Allowed {
			if !slices.Contains(shown.Allowed, allowed) {
				shown.Allowed = append(shown.Allowed, allowed)
			}
		}
	}
	return shown
}

func (o orderShown) print(out io.Writer) {
	c := o.Order
	fmt.Fprintf(out, "Order %s%s\n", c.ID, o.stateText())
	fmt.Fprintf(out, "  shop      %s, placed %s, changed %s\n", shopText(c), when(c.PlacedAt), when(c.UpdatedAt))
	fmt.Fprintf(out, "  sold in   %s to %s, shipping method %s\n", name(c.Market), or(c.Country, "no country"), name(c.ShippingMethod))
	fmt.Fprintf(out, "  money     %s, authorised %s, captured %s, paid by %s\n", domain.Format(c.GrandTotal, c.Currency),
		domain.Format(c.Payment.Authorized, c.Currency), domain.Format(c.Payment.Captured, c.Currency), name(c.PaymentMethod))
	fmt.Fprintf(out, "  workflow  %s\n", o.Workflow.text())
	if !o.ClosedAt.IsZero() {
		fmt.Fprintf(out, "  closed    %s\n", when(o.ClosedAt))
	}
	o.printLines(out)
	o.printQuestions(out)
	o.printConsignments(out)
	printReturns(out, o.Returns)
	if len(o.Documents) > 0 {
		fmt.Fprintln(out, "\nDocuments for finance")
		printDocuments(out, o.Documents)
	}
	fmt.Fprintln(out, "\nFacts")
	t := newTable(out, "#", "kind", "when", "actor", "what")
	for i, f := range o.Facts {
		t.AppendRow([]any{f.Sequence, f.Kind, when(f.At), f.Actor, o.told[i]})
	}
	t.Render()
}

func (o orderShown) stateText() string {
	switch {
	case o.Workflow.State != "":
		return " · " + string(o.Workflow.State)
	case len(o.Questions) > 0:
		return " · " + string(domain.NeedsAttention)
	}
	return ""
}

func shopText(c domain.Order) string {
	words := []string{string(c.Status)}
	for _, w := range []struct {
		holds bool
		word  string
	}{{c.OnHold, "on hold"}, {c.WaitingForPayment, "waiting for payment"}, {c.WaitingForStock, "waiting for stock"}, {c.Wholesale, "wholesale"}} {
		if w.holds {
			words = append(words, w.word)
		}
	}
	return strings.Join(words, ", ")
}

func name(r domain.Ref) string { return or(r.Name, or(r.URI, or(r.ID, "none"))) }

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

func (w workflowShown) text() string {
	text := strings.TrimSpace(w.ID + " " + w.Status)
	switch v := w.View; {
	case v == nil:
		text += "; " + w.Problem
	case v.Delayed != "":
		text += fmt.Sprintf("; %s does not answer, the order waits and goes on by itself", v.Delayed)
	case len(v.Waiting) > 0:
		text += "; the shop is not ready: " + strings.Join(v.Waiting, ", ")
	default:
		text += fmt.Sprintf("; it has looked at %s", plural(int(v.Sequence), "fact"))
	}
	return strings.TrimPrefix(text, "; ")
}

func (o orderShown) printLines(out io.Writer) {
	fmt.Fprintln(out, "\nLines")
	t := newTable(out, "line", "item", "ordered", "shipped", "short", "cancelled", "open")
	for _, l := range o.Lines {
		t.AppendRow([]any{l.Line, l.SKU, l.Ordered, l.Shipped, l.Short, l.Cancelled, l.Open})
	}
	t.Render()
}

func (o orderShown) printQuestions(out io.Writer) {
	if len(o.Questions) == 0 {
		fmt.Fprintln(out, "\nNo question is open.")
		return
	}
	fmt.Fprintf(out, "\nOpen: %s\n", plural(len(o.Questions), "question"))
	for n, q := range o.Questions {
		fmt.Fprintf(out, "\n%d. %s\n   where   %s\n   who     %s, since %s\n   change  %s\n   press   %s\n", n+1, q.What, q.Where, q.Owner, when(q.Since), q.Change, q.Press)
		if len(q.Allowed) > 0 {
			fmt.Fprintf(out, "   taken   %s\n", strings.Join(q.Allowed, ", "))
		}
		fmt.Fprintf(out, "   cause   %s\n   answer  %s\n", q.Cause, q.command(o.Order.ID))
	}
}

// command is how the question is answered from here. A question of a return is its own
// workflow's: the order's would refuse the answer.
func (q questionShown) command(id domain.OrderID) string {
	of := ""
	if q.Return > 0 {
		of = fmt.Sprintf(" --return %d", q.Return)
	}
	return fmt.Sprintf("starter order resolve %s%s --action %s --exception %s", id, of, strings.Join(q.Answers, "|"), quoted(q.Cause))
}

// quoted is a word as a shell takes it.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func (o orderShown) printConsignments(out io.Writer) {
	if len(o.Consignments) == 0 {
		return
	}
	status := map[string]domain.WarehouseStatus{}
	for _, c := range o.progress.Consignments {
		status[c.Number] = c.Status
	}
	fmt.Fprintln(out, "\nConsignments")
	t := newTable(out, "number", "warehouse", "service", "units", "status")
	for _, c := range o.Consignments {
		units := 0
		for _, l := range c.Lines {
			units += l.Quantity
		}
		t.AppendRow([]any{c.Number, c.Warehouse, c.Service, units, or(string(status[c.Number]), "planned")})
	}
	t.Render()
}
