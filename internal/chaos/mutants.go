package main

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"selvedge/internal/judge"
)

// mutants/*.txt are breakages of the product, one a file: what is broken, the counters
// of which one at least must see it, the source file, and the text in it before and after.
// They are built with `go build -overlay`, so that no switch of them is in the product.
//
//go:embed mutants/*.txt
var mutantFiles embed.FS

type mutant struct {
	name, about, file, was, now string
	seen                        []judge.Counter
}

// allMutants reads the files, in order of their names.
func allMutants() ([]mutant, error) {
	entries, err := mutantFiles.ReadDir("mutants")
	if err != nil {
		return nil, err
	}
	var out []mutant
	for _, e := range entries {
		text, err := mutantFiles.ReadFile("mutants/" + e.Name())
		if err != nil {
			return nil, err
		}
		m, err := readMutant(strings.TrimSuffix(e.Name(), ".txt"), string(text))
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

func readMutant(name, text string) (mutant, error) {
	head, change, found := strings.Cut(text, "\n<<<\n")
	was, rest, ok := strings.Cut(change, "===\n")
	now, end, closed := strings.Cut(rest, ">>>\n")
	lines := strings.Split(head, "\n")
	if !found || !ok || !closed || end != "" || len(lines) != 3 || was == "" {
		return mutant{}, fmt.Errorf("mutant %s: want three lines (what, counters, file), then <<<, the text before, ===, the text after, >>>", name)
	}
	m := mutant{name: name, about: lines[0], file: lines[2], was: was, now: now}
	for listed := lines[1]; listed != ""; {
		n := slices.IndexFunc(judge.Counters(), func(c judge.Counter) bool {
			return listed == string(c) || strings.HasPrefix(listed, string(c)+", ")
		})
		if n < 0 {
			return mutant{}, fmt.Errorf("mutant %s: %q begins with no counter of the judge", name, listed)
		}
		c := judge.Counters()[n]
		m.seen, listed = append(m.seen, c), strings.TrimPrefix(strings.TrimPrefix(listed, string(c)), ", ")
	}
	return m, nil
}

// apply returns the mutated source.
func (m mutant) apply(source []byte) ([]byte, error) {
	if n := bytes.Count(source, []byte(m.was)); n != 1 {
		return nil, fmt.Errorf("mutant %s: its text stands %d times in %s, want once: mend internal/chaos/mutants/%s.txt", m.name, n, m.file, m.name)
	}
	return bytes.Replace(source, []byte(m.was), []byte(m.now), 1), nil
}

// build makes worker and starter with the breakage in a folder, from the module at root.
func (m mutant) build(ctx context.Context, root, dir string) error {
	replaced := map[string]string{}
	if m.file != "" {
		path := filepath.Join(root, m.file)
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		broken, err := m.apply(source)
		if err != nil {
			return err
		}
		replaced[path] = filepath.Join(dir, "mutated.go")
		if err := os.WriteFile(replaced[path], broken, 0o600); err != nil {
			return err
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		return err
	}
	list := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		return err
	}
	command := exec.CommandContext(ctx, "go", "build", "-overlay", list, "-o", dir+string(filepath.Separator), "./worker", "./starter")
	command.Dir, command.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build mutant %s: %w: %s", m.name, err, out)
	}
	return nil
}

// day is the day that every mutant has: a storm in which nobody does anything but move
// goods, and answers to the two writes that must never be doubled are lost for certain.
func mutantDay(seed uint64) options {
	lost := func(match string) map[string]any {
		return map[string]any{"match": match, "kind": "cut-after-commit", "times": 6, "after": 3}
	}
	return options{
		orders: 60, seed: seed, bound: 90 * time.Second, storm: 35 * time.Second, undisturbed: true,
		faults: map[string][]map[string]any{shop: {lost("createShipment(")}, warehouse: {lost("PUT /partner/v1/orders/")}},
	}
}

// verdict is what the judge said of a mutant.
type verdict struct {
	mutant
	report judge.Report
	err    error
}

// seenBy lists the counters that are above zero, and tells whether an expected one is.
func (v verdict) seenBy() (counters []string, right bool) {
	for _, c := range judge.Counters() {
		if n := len(v.report.Orders(c)); n > 0 && c != judge.Tried && c != judge.WaitingAsPlanned {
			counters = append(counters, fmt.Sprintf("%s %d", c, n))
			right = right || slices.Contains(v.seen, c)
		}
	}
	return counters, right
}

// atOnce is how many mutants run side by side: they wait more than they work.
const atOnce = 2

// runMutants runs the product as it is and then each mutant (or those named) through the
// same day. It fails when the judge has something to say of the product, or nothing of
// what it must see of a mutant.
func runMutants(ctx context.Context, names []string) error {
	chosen, err := chooseMutants(names)
	if err != nil {
		return err
	}
	root, err := moduleRoot(ctx)
	if err != nil {
		return err
	}
	chosen = append([]mutant{{name: "(none)", about: "the product as it is"}}, chosen...)
	fmt.Printf("Each of %d builds goes through the same day of %d orders; %d at a time.\n", len(chosen), mutantDay(1).orders, atOnce)
	verdicts := make([]verdict, len(chosen))
	slots := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for i, m := range chosen {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			verdicts[i] = tryMutant(ctx, root, m)
			fmt.Printf("  %s is through\n", m.name)
		})
	}
	all.Wait()
	return tell(verdicts)
}

func chooseMutants(names []string) ([]mutant, error) {
	all, err := allMutants()
	if err != nil || len(names) == 0 {
		return all, err
	}
	var chosen []mutant
	for _, name := range names {
		i := slices.IndexFunc(all, func(m mutant) bool { return m.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no mutant %q: see internal/chaos/mutants", name)
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

func moduleRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	file := strings.TrimSpace(string(out))
	if filepath.Base(file) != "go.mod" {
		return "", errors.New("mutants are built from the sources: run this inside the repository")
	}
	return filepath.Dir(file), nil
}

func tryMutant(ctx context.Context, root string, m mutant) verdict {
	v := verdict{mutant: m}
	dir, err := os.MkdirTemp("", "selvedge-mutant-")
	if err != nil {
		v.err = err
		return v
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if v.err = m.build(ctx, root, dir); v.err != nil {
		return v
	}
	o := mutantDay(1)
	o.bin, o.out = dir, io.Discard
	v.report, v.err = soak(ctx, o)
	return v
}

func tell(verdicts []verdict) error {
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	var failed []string
	fmt.Fprintln(t, "\nmutant\tthe judge says\t\twhat is broken")
	for _, v := range verdicts {
		counters, right := v.seenBy()
		said := strings.Join(counters, ", ")
		ok := right
		if v.file == "" {
			ok = len(counters) == 0
		}
		if said == "" {
			said = "nothing"
		}
		if v.err != nil {
			said, ok = v.err.Error(), false
		}
		mark := ""
		if !ok {
			mark = "WRONG"
			failed = append(failed, v.name)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", v.name, said, mark, v.about)
	}
	_ = t.Flush() // a terminal that is gone has nobody to tell
	if len(failed) > 0 {
		return fmt.Errorf("not judged as they must be: %s", strings.Join(failed, ", "))
	}
	return nil
}
