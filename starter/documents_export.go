package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/mapping"
	"selvedge/internal/store"
	"selvedge/internal/systems/csvledger"
)

type documentsExportCmd struct {
	Entity string `arg:"" optional:"" help:"The legal entity, by our code."`
	Period string `help:"Only what was posted into a month, such as 2026-11." placeholder:"YYYY-MM"`
	Again  int64  `help:"Write an earlier export again, byte for byte, by its number." placeholder:"N"`
	Out    string `help:"The file to write; it must not exist. Standard output when left out." type:"path" placeholder:"FILE"`
	By     string `help:"Who exports; by default who is logged in." placeholder:"NAME"`
}

// Run takes what was posted and in no export yet into a new one and writes it. When
// writing fails the export stands, and --again writes it.
func (c documentsExportCmd) Run(ctx context.Context, s streams) error {
	if (c.Entity == "") == (c.Again == 0) {
		return misuse("give an entity, or --again with the number of an export")
	}
	period := domain.Period(c.Period)
	if c.Period != "" {
		var err error
		if period, err = domain.ParsePeriod(c.Period); err != nil {
			return misuse("--period: %w", err)
		}
	}
	db, _, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	export := c.Again
	if export == 0 {
		ref, err := entityRef(ctx, db, c.Entity)
		if err != nil {
			return err
		}
		x, err := db.ExportLedger(ctx, ref, period, or(c.By, loggedIn()), time.Now())
		if err != nil {
			return err
		}
		if x.ID == 0 {
			fmt.Fprintln(s.err, "Nothing was posted since the last export.")
			return nil
		}
		export = x.ID
	}
	return writeExport(ctx, db, s, export, c.Out)
}

// writeExport writes an export as it is read, so that its size is nobody's, and tells its sums.
func writeExport(ctx context.Context, db *store.Store, s streams, export int64, path string) error {
	var totals []csvledger.Total
	n := 0
	write := func(out io.Writer) error {
		w, err := csvledger.NewWriter(out)
		if err != nil {
			return err
		}
		if n, err = db.EachExported(ctx, export, w.Write); err != nil {
			return err
		}
		totals = w.Totals()
		return w.Close()
	}
	known, err := db.LedgerExportKnown(ctx, export)
	if err != nil {
		return err
	}
	if !known {
		return fmt.Errorf("there is no export %d; `starter documents exports` lists them", export)
	}
	if path == "" {
		err = write(s.out)
	} else {
		err = writeNew(path, write)
	}
	if err != nil {
		return fmt.Errorf("export %d stands but could not be written: %w; write it with `starter documents export --again %d`", export, err, export)
	}
	fmt.Fprintf(s.err, "Export %d: %s.\n", export, plural(n, "document"))
	t := newTable(s.err, "type", "documents", "net", "tax", "gross")
	for _, x := range totals {
		t.AppendRow([]any{x.Kind, x.Documents, domain.Format(x.Sum.Net, x.Currency), domain.Format(x.Sum.Tax, x.Currency), domain.Format(x.Sum.Gross, x.Currency)})
	}
	t.Render()
	return nil
}

// writeNew writes a file that must not exist: an export that somebody imports is never
// overwritten. One that could not be written whole is removed, so that nobody imports it.
func writeNew(path string, write func(io.Writer) error) (err error) {
	path = filepath.Clean(path)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// entityRef is the ledger's id of an entity.
func entityRef(ctx context.Context, db *store.Store, code string) (string, error) {
	rules, err := db.Rules(ctx)
	if err != nil {
		return "", err
	}
	e, miss := mapping.New(rules).Entity(code)
	if miss != nil {
		return "", miss
	}
	return e.Ref, nil
}

type documentsSentCmd struct {
	Limit int  `help:"How many, newest first." default:"20" placeholder:"N"`
	JSON  bool `name:"json" help:"Print JSON."`
}

// Run lists exports.
func (c documentsSentCmd) Run(ctx context.Context, s streams) error {
	db, _, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	exports, err := db.LedgerExports(ctx, c.Limit)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.out, map[string]any{"exports": orNone(exports)})
	}
	t := newTable(s.out, "export", "entity (ledger's id)", "period", "documents", "when", "who")
	for _, x := range exports {
		t.AppendRow([]any{x.ID, x.Entity, or(string(x.Period), "all"), x.Documents, when(x.At), x.By})
	}
	t.Render()
	return nil
}

// month is what closing and reopening take.
type month struct {
	Entity string `arg:"" help:"The legal entity, by our code."`
	Period string `arg:"" help:"The accounting month, such as 2026-11."`
	Reason string `help:"Why." required:"" placeholder:"WHY"`
	By     string `help:"Who does it; by default who is logged in." placeholder:"NAME"`
}

func (m month) set(ctx context.Context, s streams, closed bool, done string) error {
	period, err := domain.ParsePeriod(m.Period)
	if err != nil {
		return misuse("%w", err)
	}
	by := or(m.By, loggedIn())
	if by == "" {
		return misuse("--by: say who does it")
	}
	db, _, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	ref, err := entityRef(ctx, db, m.Entity)
	if err != nil {
		return err
	}
	if err := db.SetPeriod(ctx, ref, period, closed, by, m.Reason, time.Now()); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s of %s is %s.\n", period, m.Entity, done)
	return nil
}

type documentsCloseCmd struct{ month }

// Run closes a month; closing a closed one changes nothing.
func (c documentsCloseCmd) Run(ctx context.Context, s streams) error {
	return c.set(ctx, s, true, "closed; later documents go into the first open month, or wait where the entity's rule says ask")
}

type documentsReopenCmd struct{ month }

// Run reopens a month; reopening an open one changes nothing.
func (c documentsReopenCmd) Run(ctx context.Context, s streams) error {
	return c.set(ctx, s, false, "open")
}
