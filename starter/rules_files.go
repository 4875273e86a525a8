package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"selvedge/internal/domain"
	"selvedge/internal/mapping"
)

type rulesExportCmd struct {
	File   string    `arg:"" optional:"" help:"The file to write; standard output without one."`
	Format string    `help:"csv or json; by default what the file's name ends in, else csv." enum:"csv,json," default:""`
	Table  tableName `help:"Only one table." placeholder:"TABLE"`
}

// Run writes the rules in force.
func (e rulesExportCmd) Run(ctx context.Context, s streams) error {
	wanted, err := e.Table.table()
	if err != nil {
		return err
	}
	rules, err := rulesInForce(ctx, wanted)
	if err != nil {
		return err
	}
	write := mapping.WriteRulesCSV
	if formatOf(e.Format, e.File) == "json" {
		write = mapping.WriteRulesJSON
	}
	var text bytes.Buffer
	if err := write(&text, rules); err != nil {
		return err
	}
	if e.File == "" || e.File == "-" {
		_, err := s.out.Write(text.Bytes())
		return err
	}
	if err := os.WriteFile(e.File, text.Bytes(), 0o600); err != nil {
		return fmt.Errorf("write the rules: %w", err)
	}
	fmt.Fprintf(s.err, "Wrote %s to %s.\n", plural(len(rules), "rule"), e.File)
	return nil
}

func formatOf(given, file string) string {
	if given != "" {
		return given
	}
	if strings.EqualFold(filepath.Ext(file), ".json") {
		return "json"
	}
	return "csv"
}

type rulesImportCmd struct {
	File   string `arg:"" help:"The file to read, - for standard input. CSV needs the columns table, from and to; store, warehouse, country, attribute, currency, timezone, days, fee, shipping, extra and retired may stand beside them."`
	Format string `help:"csv or json; by default what the file's name ends in, else csv." enum:"csv,json," default:""`
	Author string `help:"Who changes them; by default who is logged in." placeholder:"NAME"`
	Reason string `help:"Why." required:"" placeholder:"TEXT"`
	Seen   int64  `help:"Refuse when any of them was changed after this version of the rules, which \"rules check\" prints." default:"-1" placeholder:"VERSION"`
	Resume bool   `help:"Free the orders that the rules free, once they are saved."`
	JSON   bool   `name:"json" help:"Print JSON."`
}

// Run reads and checks the whole file before anything is saved. Rules that are not
// in the file stay as they are; a row with retired=yes ends one.
func (i rulesImportCmd) Run(ctx context.Context, s streams) error {
	rules, err := i.read()
	if err != nil {
		return err
	}
	return saving{rules: rules, author: i.Author, reason: i.Reason, seen: i.Seen, json: i.JSON, resume: i.Resume}.run(ctx, s)
}

func (i rulesImportCmd) read() ([]domain.Rule, error) {
	in, err := openFile(i.File)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	read := mapping.ReadRulesCSV
	if formatOf(i.Format, i.File) == "json" {
		read = mapping.ReadRulesJSON
	}
	rules, err := read(fileName(i.File), in)
	if err != nil {
		return nil, fmt.Errorf("nothing was saved:\n%w", err)
	}
	return rules, nil
}

// openFile opens a file that a person names; - is standard input.
func openFile(name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(os.Stdin), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read the file: %w", err)
	}
	return f, nil
}

func fileName(name string) string {
	if name == "-" {
		return "standard input"
	}
	return name
}
