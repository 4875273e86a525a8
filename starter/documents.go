package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
	"selvedge/internal/store"
)

type documentsCmd struct {
	List     documentsListCmd   `cmd:"" help:"List documents for finance: sales orders, fulfilments, invoices, credits, and where each stands."`
	Show     documentsShowCmd   `cmd:"" help:"Show one document with its lines and what became of it."`
	Export   documentsExportCmd `cmd:"" help:"Write the posted documents of an entity that were in no export yet as CSV; each goes out once."`
	Exports  documentsSentCmd   `cmd:"" help:"List the exports that were made."`
	Retry    documentsRetryCmd  `cmd:"" help:"Send again what was refused, derive anew what waits for a rule, and take over what a return holds and nobody is at."`
	Skip     documentsSkipCmd   `cmd:"" help:"Say that documents are not to be posted, with the reason, such as that they were booked by hand."`
	PostLate documentsLateCmd   `cmd:"" aliases:"override" help:"Agree to what finance was asked: documents of a closed period are posted in the first open one, flagged as late; a write-off is posted above the limit, or beside one that is alike, or taken back."`
	Close    documentsCloseCmd  `cmd:"" help:"Close an accounting month of an entity: nothing is posted into it any more."`
	Reopen   documentsReopenCmd `cmd:"" help:"Reopen an accounting month of an entity."`
}

type documentsListCmd struct {
	Order  string `help:"Only those of one order, as <store>/<number>." placeholder:"ORDER"`
	Entity string `help:"Only those of one legal entity, by our code." placeholder:"ENTITY"`
	Period string `help:"Only those whose business date is in a month, such as 2026-11." placeholder:"YYYY-MM"`
	Kind   string `help:"Only one kind, such as invoice." placeholder:"KIND"`
	Status string `help:"Only one status: due, created, accepted, unknown, posted, rejected, paused or dropped." enum:"due,created,accepted,unknown,posted,rejected,paused,dropped," default:""`
	Cause  string `help:"Only those that wait on one cause." placeholder:"CAUSE"`
	Open   bool   `help:"Only those that are neither posted nor dropped."`
	Limit  int    `help:"Most documents to list." default:"200" placeholder:"N"`
	JSON   bool   `name:"json" help:"Print JSON."`
}

// Run lists documents, the oldest first.
func (c documentsListCmd) Run(ctx context.Context, s streams) error {
	f := ports.DocumentFilter{Entity: c.Entity, Kind: domain.DocumentKind(c.Kind), Status: domain.DocumentStatus(c.Status), Cause: c.Cause, Unposted: c.Open}
	if c.Limit < 1 {
		return misuse("--limit %d: give a number of at least 1", c.Limit)
	}
	if c.Order != "" {
		id, err := domain.ParseOrderID(c.Order)
		if err != nil {
			return misuse("--order: %w", err)
		}
		f.Order = &id
	}
	if c.Period != "" {
		p, err := domain.ParsePeriod(c.Period)
		if err != nil {
			return misuse("--period: %w", err)
		}
		f.Period = p
	}
	db, _, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	found, err := db.Documents(ctx, f, c.Limit)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.out, map[string]any{"documents": orNone(found)})
	}
	if len(found) == 0 {
		fmt.Fprintln(s.out, "No documents.")
		return nil
	}
	printDocuments(s.out, found)
	if len(found) == c.Limit {
		fmt.Fprintf(s.out, "The first %d; --limit shows more.\n", c.Limit)
	}
	return nil
}

func orNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// printDocuments is the table of list and of an order's page.
func printDocuments(out io.Writer, records []ports.DocumentRecord) {
	t := newTable(out, "document", "kind", "entity", "date", "gross", "status", "number, or why it waits")
	for _, r := range records {
		d := r.Document
		t.AppendRow([]any{d.Key, d.Kind, or(d.Entity, "not mapped"), documentDate(d), domain.Format(d.Totals().Gross, d.Currency), r.Status, r.Standing()})
	}
	t.Render()
}

func documentDate(d domain.Document) string {
	if d.Late {
		return string(d.Date) + ", posted late on " + string(d.PostOn)
	}
	return string(d.Date)
}

type documentsShowCmd struct {
	Key  string `arg:"" help:"The document's key, such as centra-inv-East-S77."`
	JSON bool   `name:"json" help:"Print JSON."`
}

// Run shows one document.
func (c documentsShowCmd) Run(ctx context.Context, s streams) error {
	db, _, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	r, err := db.Document(ctx, domain.DocumentKey(c.Key))
	if notKnown(err) {
		return fmt.Errorf("there is no document %s; `starter documents list --order <store>/<number>` names an order's", c.Key)
	}
	if err != nil {
		return err
	}
	waits, err := db.LinksOpen(ctx, r.Document.Key)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.out, map[string]any{"document": r, "waitsFor": orNone(waits)})
	}
	printDocument(s.out, r, waits)
	return nil
}

func printDocument(out io.Writer, r ports.DocumentRecord, waits []domain.DocumentKey) {
	d := r.Document
	fmt.Fprintf(out, "Document %s · %s · %s\n", d.Key, d.Kind, r.Status)
	fmt.Fprintf(out, "  books     %s, ledger %s (its id %s), %s\n", or(d.Entity, "not mapped"), or(r.Ledger, "not known"), or(d.EntityRef, "not known"), d.Currency)
	fmt.Fprintf(out, "  about     order %s%s%s\n", d.Order, after(", shipment ", d.Shipment), after(", return ", d.Return))
	fmt.Fprintf(out, "  date      %s (happened %s)\n", or(documentDate(d), "not known before the entity is"), when(d.OccurredAt))
	if d.Reverses != "" {
		fmt.Fprintf(out, "  corrects  %s\n", d.Reverses)
	}
	if len(r.Entry.Links) > 0 {
		fmt.Fprintf(out, "  named     %s, since it was posted\n", strings.Join(r.Entry.Links, ", "))
	}
	if text := r.Standing(); text != "" {
		fmt.Fprintf(out, "  ledger    %s\n", text)
	}
	for _, p := range r.Problems {
		fmt.Fprintf(out, "  problem   %s\n", p.Message)
	}
	if r.Cause != "" {
		fmt.Fprintf(out, "  cause     %s\n  answer    starter documents retry|skip|post-late --cause %s\n", r.Cause, quoted(r.Cause))
	}
	for _, w := range waits {
		fmt.Fprintf(out, "  waits for %s\n", w)
	}
	fmt.Fprintln(out)
	t := newTable(out, "line", "what", "item", "units", "net", "tax", "gross", "rate")
	for _, l := range d.Lines {
		t.AppendRow([]any{l.Ref, l.Kind, l.SKU, l.Quantity, domain.Format(l.Net(), d.Currency), domain.Format(l.Tax, d.Currency), domain.Format(l.Gross, d.Currency), l.TaxPercent})
	}
	sum := d.Totals()
	t.AppendFooter([]any{"", "", "", "", domain.Format(sum.Net, d.Currency), domain.Format(sum.Tax, d.Currency), domain.Format(sum.Gross, d.Currency), ""})
	t.Render()
}

func after(words, value string) string {
	if value == "" {
		return ""
	}
	return words + value
}

// answering is what every answer to documents takes.
type answering struct {
	Cause string   `help:"All that wait on this cause." xor:"which" placeholder:"CAUSE"`
	Key   []string `help:"These documents, by key." xor:"which" placeholder:"KEY"`
	By    string   `help:"Who answers; by default who is logged in." placeholder:"NAME"`
	JSON  bool     `name:"json" help:"Print JSON."`
}

// answered is the outcome in --json.
type answered struct {
	Action    string `json:"action"`
	Documents int    `json:"documents"` // that waited and were answered
	By        string `json:"by"`
}

func (a answering) answer(ctx context.Context, s streams, action, reason, then string) error {
	if a.Cause == "" && len(a.Key) == 0 {
		return misuse("say which documents: --cause or --key")
	}
	by := or(a.By, loggedIn())
	if by == "" {
		return misuse("--by: say who answers")
	}
	db, _, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	n, err := answerDocuments(ctx, db, ports.DocumentAnswer{Keys: keysOf(a.Key), Cause: a.Cause, Action: action, By: by, Reason: reason})
	if err != nil {
		return err
	}
	if a.JSON {
		return printJSON(s.out, answered{Action: action, Documents: n, By: by})
	}
	if n == 0 {
		fmt.Fprintln(s.out, "No document waits so; nothing was changed.")
		return nil
	}
	fmt.Fprintf(s.out, "%s %s\n", plural(n, "document"), then)
	return nil
}

func keysOf(keys []string) []domain.DocumentKey {
	var out []domain.DocumentKey
	for _, k := range keys {
		out = append(out, domain.DocumentKey(k))
	}
	return out
}

func answerDocuments(ctx context.Context, db *store.Store, a ports.DocumentAnswer) (int, error) {
	return db.AnswerDocuments(ctx, a, time.Now())
}

type documentsRetryCmd struct {
	answering
}

// Run lets documents go on; the scheduled run posts them.
func (c documentsRetryCmd) Run(ctx context.Context, s streams) error {
	return c.answer(ctx, s, "retry", "", "will be derived anew or sent again by the next run.")
}

type documentsSkipCmd struct {
	answering
	Reason string `help:"Why it is not to be posted." required:"" placeholder:"WHY"`
}

// Run drops documents.
func (c documentsSkipCmd) Run(ctx context.Context, s streams) error {
	if strings.TrimSpace(c.Reason) == "" {
		return misuse("--reason: say why they are not to be posted")
	}
	return c.answer(ctx, s, "skip", c.Reason, "will not be posted.")
}

type documentsLateCmd struct {
	answering
	Reason string `help:"Why they come late." placeholder:"WHY"`
}

// Run agrees to a later period.
func (c documentsLateCmd) Run(ctx context.Context, s streams) error {
	return c.answer(ctx, s, "override", c.Reason, "will go on with the next run; what is of a closed period is posted in the first open one, flagged as late.")
}
