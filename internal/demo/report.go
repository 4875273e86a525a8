package demo

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
	"selvedge/internal/store"
)

// report prints the page that a person reads at the end of the day.
func (w *world) report(o outcome) {
	out := w.o.Out
	fmt.Fprintf(out, "\nThe day is over after %s in %s weather.\n\n", o.took.Round(time.Second), o.Weather)
	if o.timedOut {
		fmt.Fprintf(out, "Time is up (%s): some orders are not where the plan says.\n\n", w.o.Within)
	}
	w.states(o)
	w.waiting(o)
	w.differing(o)
	w.refusedRows(o)
	w.books()
	w.links(o)
}

func (w *world) states(o outcome) {
	t := w.table("state", "orders")
	for _, s := range sortedKeys(o.Counts) {
		t.AppendRow(table.Row{s, o.Counts[s]})
	}
	t.Render()
}

// waiting says what waits for whom, why, and what to do about it.
func (w *world) waiting(o outcome) {
	groups := map[string][]outcomeOrder{}
	for _, order := range o.Orders {
		for _, c := range order.Causes {
			groups[c] = append(groups[c], order)
		}
	}
	if len(groups) == 0 {
		return
	}
	fmt.Fprintln(w.o.Out, "\nWaiting for a person:")
	t := w.table("orders", "who", "why, and what to change", "first order")
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 3, WidthMax: 96, WidthMaxEnforcer: text.WrapSoft}})
	for _, cause := range sortedKeys(groups) {
		orders := groups[cause]
		said := exceptions.Describe(w.question(cause))
		t.AppendRow(table.Row{len(orders), said.Owner, said.What + "\n" + said.Change, orders[0].Number})
		t.AppendSeparator()
	}
	t.Render()
}

// question is an open exception of that cause, as recorded with its details.
func (w *world) question(cause string) domain.Question {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	open, err := w.parts.Store.OpenExceptions(ctx, store.ExceptionFilter{Cause: cause}, 1)
	if err != nil || len(open) == 0 {
		return domain.Question{Kind: kindOf(cause), Cause: cause}
	}
	e := open[0]
	return domain.Question{Kind: e.Kind, Cause: e.Cause, Step: e.Step, Subject: e.Subject, Problems: e.Problems}
}

// kindOf finds the kind that a cause begins with: the longest that is known.
func kindOf(cause string) string {
	kind := ""
	for _, k := range exceptions.All() {
		if (cause == k.Name || strings.HasPrefix(cause, k.Name+":")) && len(k.Name) > len(kind) {
			kind = k.Name
		}
	}
	return kind
}

// differing lists what is not as planned: the exit code follows it.
func (w *world) differing(o outcome) {
	differences := o.differences()
	if len(differences) == 0 {
		fmt.Fprintln(w.o.Out, "\nEvery order is where the plan says.")
		return
	}
	fmt.Fprintf(w.o.Out, "\n%d orders are NOT where the plan says:\n", len(differences))
	t := w.table("order", "planned", "planned for", "is", "causes")
	for _, d := range differences[:min(25, len(differences))] {
		t.AppendRow(table.Row{d.Store + "/" + d.Number, d.PlannedEnd, d.Planned, d.State, strings.Join(d.Causes, "\n")})
	}
	t.Render()
	for _, s := range w.sims.skipped {
		fmt.Fprintln(w.o.Out, "the shop refused what a person wanted: "+s)
	}
}

func (w *world) refusedRows(o outcome) {
	if len(o.Refused) == 0 {
		return
	}
	reasons := map[string]int{}
	for _, r := range o.Refused {
		reasons[r.Reason]++
	}
	fmt.Fprintf(w.o.Out, "\n%d rows of the data are in no order:\n", len(o.Refused))
	t := w.table("rows", "reason")
	for _, r := range sortedKeys(reasons) {
		t.AppendRow(table.Row{reasons[r], r})
	}
	t.Render()
}

func (w *world) links(o outcome) {
	out := w.o.Out
	if w.doorsAddress() != "" {
		fmt.Fprintf(out, "\nIn the console, logged in as %s with %s:\n  overview               %s/\n  what waits, by cause   %s/exceptions\n",
			demoUser, w.password, w.doorsAddress(), w.doorsAddress())
	}
	fmt.Fprintf(out, "\nIn the Web UI:\n  waiting for a person   %s\n  all orders             %s\n",
		w.list(`OrderState = "needs-attention"`), w.list(`WorkflowType = "OrderWorkflow"`))
	for _, order := range o.Orders {
		if order.State != string(domain.NeedsAttention) {
			continue
		}
		fmt.Fprintf(out, "  order %-16s %s\n", order.Number, w.page(order))
		fmt.Fprintln(out, "\nMend the cause (the order's page says where), then free it on its page: More actions › Send a Signal › retry › Submit.")
		if !w.o.Exit {
			fmt.Fprintf(out, "Or from another terminal:\n  env $(cat %s) %s order resolve %s/%s --action retry\n", w.environmentFile(), starter(), order.Store, order.Number)
		}
		return
	}
}

// starter is how this program was called.
func starter() string {
	if strings.Contains(os.Args[0], "go-build") {
		return "go run ./starter"
	}
	return os.Args[0]
}

func (w *world) list(query string) string {
	return w.webUI() + "/namespaces/default/workflows?query=" + url.QueryEscape(query)
}

func (w *world) page(o outcomeOrder) string {
	id := contract.OrderWorkflowID(domain.OrderID{Store: o.Store, Number: o.Number})
	return w.webUI() + "/namespaces/default/workflows/" + url.PathEscape(id)
}

func (w *world) table(columns ...any) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(w.o.Out)
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row(columns))
	return t
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// save writes the outcome and each simulator's state.
func (w *world) save(o outcome) error {
	if w.o.JSON == "" {
		return nil
	}
	for system, state := range w.sims.states() {
		if err := writeJSON(w.o.JSON+"."+system+".json", state); err != nil {
			return err
		}
	}
	if err := w.saveBooks(w.o.JSON + ".ledger.csv"); err != nil {
		return err
	}
	var err error
	if o.Owed, err = w.owed(); err != nil {
		return err
	}
	return writeJSON(w.o.JSON, o)
}

func writeFile(path string, data []byte) error {
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return fmt.Errorf("write the outcome: %w", err)
	}
	return nil
}
