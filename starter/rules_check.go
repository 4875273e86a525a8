package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"selvedge/internal/assembly"
	"selvedge/internal/config"
	"selvedge/internal/domain"
	"selvedge/internal/preview"
)

type rulesCheckCmd struct {
	File   string `arg:"" help:"The file to check, as \"rules import\" reads it; - for standard input."`
	Format string `help:"csv or json; by default what the file's name ends in, else csv." enum:"csv,json," default:""`
	Days   int    `help:"Replay the orders taken in so many days ago at most, besides all that wait." default:"7" placeholder:"N"`
	Orders int    `help:"Most orders to replay, the newest first; those that wait always are." default:"20000" placeholder:"N"`
	JSON   bool   `name:"json" help:"Print JSON."`
}

// Help says what is looked at.
func (rulesCheckCmd) Help() string {
	return "Completes every order that waits, and every recent one, twice: with the rules in force and with the file's beside them. Shows what would be freed, what would have been sent elsewhere, and what would be asked about that is not now. Saves nothing. Ends with 1 when an order would be asked about that is not now."
}

// Run compares; nothing is written anywhere.
func (r rulesCheckCmd) Run(ctx context.Context, s streams) error {
	if r.Days < 1 || r.Orders < 1 {
		return misuse("--days %d and --orders %d: give 1 or more", r.Days, r.Orders)
	}
	rules, err := rulesImportCmd{File: r.File, Format: r.Format}.read()
	if err != nil {
		return err
	}
	return showEffect(ctx, s, rules, assembly.PreviewOptions{Days: r.Days, Orders: r.Orders}, r.JSON)
}

// showEffect prints what a change of rules would do; questions that would be asked anew
// are a failure.
func showEffect(ctx context.Context, s streams, rules []domain.Rule, o assembly.PreviewOptions, asJSON bool) error {
	effect, err := previewed(ctx, s, rules, o)
	if err != nil {
		return err
	}
	if asJSON {
		err = printJSON(s.out, effect)
	} else {
		printEffect(s.out, effect)
		fmt.Fprintf(s.out, "Nothing was saved. Save it with --seen %d, to be refused when somebody changes these rules meanwhile.\n", effect.Version)
	}
	if err == nil && len(effect.Fails) > 0 {
		return fmt.Errorf("%s would be asked anew", plural(len(effect.Fails), "question"))
	}
	return err
}

// previewed computes what a change of rules would do.
func previewed(ctx context.Context, s streams, rules []domain.Rule, o assembly.PreviewOptions) (preview.Effect, error) {
	c, err := config.Load(config.Database, config.Systems)
	if err != nil {
		return preview.Effect{}, err
	}
	log, err := quiet(c)
	if err != nil {
		return preview.Effect{}, err
	}
	parts, err := assembly.Open(ctx, c, log)
	if err != nil {
		return preview.Effect{}, err
	}
	defer parts.Close()
	stop := progress(s, "replaying orders")
	defer stop()
	return parts.Preview(ctx, rules, o)
}

// printEffect writes an effect for people; --json has all of it.
func printEffect(out io.Writer, e preview.Effect) {
	fmt.Fprintf(out, "%s would change something in force; %s replayed, those that wait and those taken in since %s.\n",
		plural(len(e.Changes), "rule"), plural(e.Orders, "order"), when(e.Since))
	printChanges(out, e.Changes)
	if e.LeftOut > 0 {
		fmt.Fprintf(out, "%s of that time were too many and left out; --orders replays more.\n", plural(e.LeftOut, "older order"))
	}
	for _, warehouse := range e.Unknown {
		fmt.Fprintf(out, "Warehouse %s does not say what it offers, so its services are not checked.\n", warehouse)
	}
	printCauses(out, "Would be FREED", e.Frees, func(c *preview.Cause) string {
		return fmt.Sprintf("%d wait on nothing else", c.Last)
	})
	printCauses(out, "Are free already by the rules in force: resuming them is enough", e.Ready, func(c *preview.Cause) string {
		return fmt.Sprintf("%d wait on nothing else", c.Last)
	})
	printCauses(out, "Would be asked ANEW", e.Fails, func(c *preview.Cause) string {
		return fmt.Sprintf("%d to be sent, %d like those sent before", c.Orders-c.Sent, c.Sent)
	})
	printMoves(out, e.Moves)
	if len(e.NotShown) > 0 {
		fmt.Fprintln(out, "\nBesides")
		for _, says := range e.NotShown {
			fmt.Fprintln(out, "  "+says)
		}
	}
}

// mostChanges bounds the list of changed rules on a screen; a file may hold thousands.
const mostChanges = 40

// printChanges writes what each rule says now and would say then.
func printChanges(out io.Writer, changes []preview.Change) {
	if len(changes) == 0 {
		return
	}
	t := newTable(out, "table", "from", "holds for", "now", "then")
	for _, c := range changes[:min(mostChanges, len(changes))] {
		now := "no rule"
		if c.Before != nil {
			now = answerOf(*c.Before)
		}
		t.AppendRow([]any{c.After.Table, c.After.From, scopeOf(c.After), now, answerOf(c.After)})
	}
	t.Render()
	if more := len(changes) - mostChanges; more > 0 {
		fmt.Fprintf(out, "  … and %d more; --json lists all\n", more)
	}
}

// answerOf is all that a rule says of its value.
func answerOf(r domain.Rule) string {
	if r.Retired {
		return "no rule"
	}
	if extra := extraOf(r); extra != "" {
		return r.To + ", " + extra
	}
	return r.To
}

func printMoves(out io.Writer, moves []*preview.Move) {
	if len(moves) == 0 {
		return
	}
	fmt.Fprintln(out, "\nWould be sent or paid back OTHERWISE")
	t := newTable(out, "what", "now", "then", "orders", "money", "of these", "such as")
	for _, m := range moves {
		what := m.What
		if m.Warehouse != "" {
			what = m.Warehouse + ": " + what
		}
		t.AppendRow([]any{
			what, or(m.From, "nothing"), or(m.To, "nothing"), m.Orders, money(m.Money),
			fmt.Sprintf("%d to be sent, %d at the warehouse, %d closed", m.Orders-m.Sent, m.Sent-min(m.Sent, m.Closed), m.Closed), m.Such[0],
		})
	}
	t.Render()
	fmt.Fprintln(out, "Orders at the warehouse are amended there when they are next looked at, where that is still possible.")
}

func printCauses(out io.Writer, title string, causes []*preview.Cause, of func(*preview.Cause) string) {
	if len(causes) == 0 {
		return
	}
	fmt.Fprintf(out, "\n%s\n", title)
	t := newTable(out, "cause", "orders", "money", "of these", "such as")
	for _, c := range causes {
		note := of(c)
		if c.Orders == 0 {
			note = ""
		}
		t.AppendRow([]any{c.Cause, c.Orders, money(c.Money), note, strings.Join(c.Such[:min(1, len(c.Such))], "")})
	}
	t.Render()
}
