package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/user"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"

	"selvedge/internal/domain"
)

// printJSON writes what a program reads.
func printJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// widest is where a table's cell begins a new line.
const widest = 60

// newTable writes to out when it is rendered.
func newTable(out io.Writer, columns ...any) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(out)
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.AppendHeader(table.Row(columns))
	var configs []table.ColumnConfig
	for n := range columns {
		configs = append(configs, table.ColumnConfig{Number: n + 1, WidthMax: widest, WidthMaxEnforcer: text.WrapSoft})
	}
	t.SetColumnConfigs(configs)
	return t
}

// when writes an instant as people read it, in their own time zone; nothing for none.
func when(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.Local().Format("2006-01-02 15:04:05 MST")
}

// age says how long ago an instant was, roughly.
func age(since, now time.Time) string {
	d := now.Sub(since)
	switch {
	case since.IsZero():
		return ""
	case d < time.Minute:
		return fmt.Sprintf("%d s", max(0, int(d.Seconds())))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// money writes amounts in minor units by currency, such as 12.50 GBP, 90.00 SEK.
func money(amounts map[string]int64) string {
	var parts []string
	for _, currency := range slices.Sorted(maps.Keys(amounts)) {
		parts = append(parts, domain.Format(amounts[currency], currency))
	}
	return strings.Join(parts, ", ")
}

// plural writes a count with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// loggedIn names the user of the operating system; empty when it does not know.
func loggedIn() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return os.Getenv("USER")
}

// quietFor is how long a command may take before it says that it is still at it.
const quietFor = 2 * time.Second

// progress shows on a terminal what a command waits for, once that takes longer
// than two seconds. The returned function ends it and wipes the line.
func progress(s streams, what string) (done func()) {
	return progressOf(s, func() string { return what })
}

// progressOf is progress of something that gets on: what is asked every second.
func progressOf(s streams, what func() string) (done func()) {
	f, ok := s.err.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return func() {}
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	began := time.Now()
	go func() {
		defer close(stopped)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				if time.Since(began) >= quietFor {
					fmt.Fprint(f, "\r\033[K")
				}
				return
			case <-tick.C:
				if spent := time.Since(began); spent >= quietFor {
					fmt.Fprintf(f, "\r\033[K%s … %d s", what(), int(spent.Seconds()))
				}
			}
		}
	}()
	return func() { close(stop); <-stopped }
}

// sorted are a map's keys in order.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
