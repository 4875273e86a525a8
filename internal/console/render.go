package console

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// What browsers load. htmx and uPlot are as published, with their licences beside them.
//
//go:embed assets
var assetFiles embed.FS

//go:embed templates/*.html
var templateFiles embed.FS

// pages are the parsed templates by page, each within the layout.
type pages struct{ byName map[string]*template.Template }

func parsePages() (*pages, error) {
	base, err := template.New("layout.html").Funcs(functions()).ParseFS(templateFiles, "templates/layout.html", "templates/parts.html")
	if err != nil {
		return nil, fmt.Errorf("console: parse the layout: %w", err)
	}
	names, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("console: list templates: %w", err)
	}
	p := &pages{byName: map[string]*template.Template{}}
	for _, file := range names {
		name := strings.TrimSuffix(strings.TrimPrefix(file, "templates/"), ".html")
		if name == "layout" || name == "parts" {
			continue
		}
		page, err := base.Clone()
		if err == nil {
			page, err = page.ParseFS(templateFiles, file)
		}
		if err != nil {
			return nil, fmt.Errorf("console: parse page %s: %w", name, err)
		}
		p.byName[name] = page
	}
	return p, nil
}

func (p *pages) execute(w io.Writer, page string, l layout) error {
	t, ok := p.byName[page]
	if !ok {
		return fmt.Errorf("console: there is no page %s", page)
	}
	return t.Execute(w, l)
}

// functions are what templates may call. None makes markup of text.
func functions() template.FuncMap {
	hashes := assetHashes()
	return template.FuncMap{
		"asset":    func(name string) string { return "/assets/" + name + "?v=" + hashes[name] },
		"ago":      ago,
		"when":     when,
		"iso":      func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"money":    money,
		"amount":   domain.Format,
		"plural":   plural,
		"join":     strings.Join,
		"words":    words,
		"tab":      func(path, at string) bool { return path == at || path != "/" && strings.HasPrefix(at, path+"/") },
		"dict":     dict,
		"order":    orderPath,
		"cause":    causePath,
		"rule":     rulePath,
		"scope":    holdsFor,
		"extra":    extraWords,
		"came":     outcomeWords,
		"soon":     cutoffClass,
		"document": documentPath,
		"stands":   ports.DocumentRecord.Standing,
		"dashed":   func(s string) string { return strings.ReplaceAll(s, " ", "-") },
	}
}

// assetHashes are what makes an asset's address change with its content.
func assetHashes() map[string]string {
	hashes := map[string]string{}
	_ = fs.WalkDir(assetFiles, "assets", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := assetFiles.ReadFile(path)
		sum := sha256.Sum256(body)
		hashes[strings.TrimPrefix(path, "assets/")] = hex.EncodeToString(sum[:6])
		return err
	})
	return hashes
}

// dict hands several values to a part of a page.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("dict: %d values, want pairs", len(pairs))
	}
	m := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		key, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: key %v is no text", pairs[i])
		}
		m[key] = pairs[i+1]
	}
	return m, nil
}

// ago says how long ago an instant was, roughly; the page gives the instant itself besides.
func ago(at, now time.Time) string {
	d := now.Sub(at)
	switch {
	case at.IsZero():
		return "never"
	case d < 0:
		return "in " + span(-d)
	case d < 10*time.Second:
		return "just now"
	}
	return span(d) + " ago"
}

func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// when writes an instant for people, in UTC because they may sit in several zones.
func when(at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return at.UTC().Format("2 Jan 2006 15:04:05") + " UTC"
}

// money writes amounts in minor units by currency, such as 12.50 GBP, 90.00 SEK.
func money(amounts map[string]int64) string {
	var parts []string
	for _, currency := range slices.Sorted(maps.Keys(amounts)) {
		parts = append(parts, domain.Format(amounts[currency], currency))
	}
	return strings.Join(parts, ", ")
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if stem, ok := strings.CutSuffix(noun, "y"); ok {
		return fmt.Sprintf("%d %sies", n, stem)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// words writes a name of ours, with hyphens or capitals inside, as people would.
func words(name any) string {
	var b strings.Builder
	for _, r := range fmt.Sprint(name) {
		switch {
		case r == '-':
			b.WriteByte(' ')
		case unicode.IsUpper(r) && b.Len() > 0:
			b.WriteString(" " + strings.ToLower(string(r)))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// extraWords writes what a rule says besides.
func extraWords(extra map[string]string) string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(extra)) {
		parts = append(parts, key+" "+extra[key])
	}
	return strings.Join(parts, ", ")
}
