// Package archtest fails when an import points the wrong way.
//
// The table in rules.go is the house's plan: who may import whom. It is an
// allow-list, so that a new package is nobody's neighbour until a line here
// says so. Only what the product links is judged; a test may import anything
// but the commands.
package archtest

import (
	"fmt"
	"slices"
	"strings"
)

// module is the prefix of our own import paths.
const module = "selvedge/"

// Package is what go list knows of a package, as far as imports go.
type Package struct {
	ImportPath   string
	Imports      []string // of the package itself
	TestImports  []string // of its tests inside the package
	XTestImports []string // of its tests outside the package
}

// Rule says what the packages that match one pattern may import. Patterns name
// packages relative to the module; "x/..." means x and all below it, "x/*" the
// packages right below x with all below them.
type Rule struct {
	Pattern string
	Why     string   // quoted to whoever breaks the rule
	Ours    []string // patterns of our packages that are allowed, besides the same tree; nil = none
	Any     bool     // all of our packages are allowed
	// Only lists the third-party prefixes that are allowed; nil = all.
	Only []string
	// Never lists import prefixes that are forbidden, standard library included.
	Never []string
}

// Check returns one line for each import that points the wrong way, sorted.
func Check(rules []Rule, packages []Package) []string {
	var found []string
	for _, p := range packages {
		own := strings.TrimPrefix(p.ImportPath, module)
		rule, governed := ruleFor(rules, own)
		for _, imported := range p.Imports {
			if reason := objection(rule, governed, own, imported); reason != "" {
				found = append(found, fmt.Sprintf("%s must not import %s: %s", own, strings.TrimPrefix(imported, module), reason))
			}
		}
		for _, imported := range slices.Concat(p.TestImports, p.XTestImports) {
			if reason := importsCommand(own, imported); reason != "" {
				found = append(found, fmt.Sprintf("a test of %s must not import %s: %s", own, strings.TrimPrefix(imported, module), reason))
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// ruleFor returns the first rule that matches: the narrower ones stand first.
func ruleFor(rules []Rule, own string) (Rule, bool) {
	for _, r := range rules {
		if matches(r.Pattern, own) {
			return r, true
		}
	}
	return Rule{}, false
}

// objection returns why the import is wrong, or "".
func objection(rule Rule, governed bool, own, imported string) string {
	if reason := importsCommand(own, imported); reason != "" {
		return reason
	}
	if !governed {
		return ""
	}
	for _, prefix := range rule.Never {
		if imported == prefix || strings.HasPrefix(imported, prefix+"/") {
			return rule.Why
		}
	}
	switch {
	case strings.HasPrefix(imported, module):
		target := strings.TrimPrefix(imported, module)
		allowed := rule.Any || sameTree(rule.Pattern, own, target) ||
			slices.ContainsFunc(rule.Ours, func(pattern string) bool { return matches(pattern, target) })
		if !allowed {
			return rule.Why
		}
	case thirdParty(imported) && rule.Only != nil:
		if !slices.ContainsFunc(rule.Only, func(prefix string) bool {
			return imported == prefix || strings.HasPrefix(imported, prefix+"/")
		}) {
			return rule.Why
		}
	}
	return ""
}

// commands are the programs: they wire the rest together.
var commands = []string{"worker", "starter"}

func importsCommand(own, imported string) string {
	for _, command := range commands {
		target := strings.TrimPrefix(imported, module)
		if strings.HasPrefix(imported, module) && matches(command+"/...", target) && !matches(command+"/...", own) {
			return "commands only wire; nothing imports them"
		}
	}
	return ""
}

// matches reports whether a package relative to the module fits a pattern.
func matches(pattern, own string) bool {
	if base, ok := strings.CutSuffix(pattern, "/..."); ok {
		return own == base || strings.HasPrefix(own, base+"/")
	}
	if base, ok := strings.CutSuffix(pattern, "/*"); ok {
		return strings.HasPrefix(own, base+"/")
	}
	return own == pattern
}

// sameTree reports whether two packages belong together: centra and centra/gen,
// but not centra and acs, which the one pattern systems/* covers.
func sameTree(pattern, own, target string) bool {
	root := strings.TrimSuffix(pattern, "/...")
	if base, ok := strings.CutSuffix(pattern, "/*"); ok {
		name, _, _ := strings.Cut(strings.TrimPrefix(own, base+"/"), "/")
		root = base + "/" + name
	}
	return matches(root+"/...", target)
}

// thirdParty reports whether an import is neither ours nor the standard
// library's, whose paths have no dot in their first element.
func thirdParty(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.HasPrefix(imported, module) && strings.Contains(first, ".")
}
