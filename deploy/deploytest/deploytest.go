// Package deploytest holds what is shipped beside the programs to the programs: the
// settings of .env.example, the services of docker-compose.yml and the names in the
// documents must exist in the code.
package deploytest

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// Variable is one setting as .env.example lists it.
type Variable struct {
	Name    string
	Value   string
	Off     bool   // written behind a #: a default, or a choice that is off
	Meaning string // the comment line above it
	Line    int
}

var setting = regexp.MustCompile(`^(#?)([A-Z][A-Z0-9_]*)=(.*)$`)

// ReadExample reads an .env.example: a line of meaning, then NAME=value or #NAME=default.
func ReadExample(file string) ([]Variable, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	var all []Variable
	previous := ""
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if m := setting.FindStringSubmatch(line); m != nil {
			all = append(all, Variable{Name: m[2], Value: m[3], Off: m[1] == "#", Meaning: meaning(previous), Line: n})
		} else if line != "" && !strings.HasPrefix(line, "# ") && !strings.HasPrefix(line, "## ") {
			return nil, fmt.Errorf("%s:%d: %q is neither a comment nor NAME=value", file, n, line)
		}
		previous = line
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	return all, nil
}

func meaning(line string) string {
	text, ok := strings.CutPrefix(line, "# ")
	if !ok {
		return ""
	}
	return text
}
