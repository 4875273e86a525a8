package main

import (
	"bytes"
	"context"
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

func writeExport(ctx context.Context, db *store.Store, s streams, export int64, path string) error {
	entries, err := db.ExportedEntries(ctx, export)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return fmt.Errorf("there is no export %d; `starter documents exports` lists them", export)
	}
	var text bytes.Buffer
	if err := csvledger.WriteCSV(&text, entries); err != nil {
		return err
	}
	if path == "" {
		_, err = io.Copy(s.out, &text)
	} else {
		err = writeNew(path, text.Bytes())
	}
	if err != nil {
		return fmt.Errorf("export %d stands but could not be written: %w; write it with `starter documents export --again %d`", export, err, export)
	}
	fmt.Fprintf(s.err, "Export %d: %s.\n", export, plural(len(entries), "document"))
	return nil
}

// writeNew writes a file that must not exist: an export that somebody imports is never overwritten.
func writeNew(path string, text []byte) error {
	f, err := os.OpenFile(filepath.Clean(path), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(text); err != nil {
		_ = f.Close() // the failed write is what is told
		return err
	}
	return f.Close()
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
