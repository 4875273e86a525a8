package console

import (
	"bytes"
	"html/template"
	"io/fs"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"selvedge/deploy/handbook"
	"selvedge/internal/exceptions"
)

// markdown renders the handbook. Raw HTML in it stays out, as goldmark does by default.
var markdown = goldmark.New(
	goldmark.WithExtensions(extension.Table),
	goldmark.WithParserOptions(parser.WithAutoHeadingID(), parser.WithASTTransformers(util.Prioritized(handbookLinks{}, 100))),
)

// handbookLinks lets links between the files lead to pages here.
type handbookLinks struct{}

// Transform implements parser.ASTTransformer.
func (handbookLinks) Transform(doc *ast.Document, _ text.Reader, _ parser.Context) {
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		link, ok := n.(*ast.Link)
		if !ok || !entering {
			return ast.WalkContinue, nil
		}
		target := string(link.Destination)
		if u, err := url.Parse(target); err == nil && u.Scheme == "" && u.Host == "" && strings.HasSuffix(u.Path, ".md") && !strings.Contains(u.Path, "/") {
			link.Destination = []byte("/handbook/" + strings.TrimSuffix(u.Path, ".md"))
		}
		return ast.WalkContinue, nil
	})
}

type handbookIndex struct {
	Work   []handbookEntry // on the work itself
	Owners []handbookOwner // pages of exceptions
}

type handbookEntry struct{ Page, Title string }

type handbookOwner struct {
	Owner string
	Pages []handbookEntry
}

var handbookName = regexp.MustCompile(`^[a-z0-9-]+$`)

func (v *visit) handbook() error {
	files, err := fs.Glob(handbook.Pages, "*.md")
	if err != nil {
		return err
	}
	owners := map[string]string{}
	for _, k := range exceptions.All() {
		if owners[k.Handbook] == "" {
			owners[k.Handbook] = string(k.Owner)
		}
	}
	var p handbookIndex
	for _, file := range files {
		name := strings.TrimSuffix(file, ".md")
		entry := handbookEntry{name, handbookTitle(name)}
		owner, about := owners[name]
		if !about {
			p.Work = append(p.Work, entry)
			continue
		}
		i := slices.IndexFunc(p.Owners, func(o handbookOwner) bool { return o.Owner == owner })
		if i < 0 {
			i, p.Owners = len(p.Owners), append(p.Owners, handbookOwner{Owner: owner})
		}
		p.Owners[i].Pages = append(p.Owners[i].Pages, entry)
	}
	return v.show("handbook", "Handbook", p)
}

// handbookTitle is a file's first heading.
func handbookTitle(name string) string {
	body, err := fs.ReadFile(handbook.Pages, name+".md")
	if err != nil {
		return name
	}
	line, _, _ := strings.Cut(string(body), "\n")
	return strings.TrimSpace(strings.TrimPrefix(line, "#"))
}

func (v *visit) handbookPage() error {
	name := v.r.PathValue("page")
	body, err := fs.ReadFile(handbook.Pages, name+".md")
	if err != nil || !handbookName.MatchString(name) {
		v.problem(404, "There is no such page", "The handbook has no page of this name; its list of pages is under Handbook.")
		return nil
	}
	var out bytes.Buffer
	if err := markdown.Convert(body, &out); err != nil {
		return err
	}
	// The text is ours and comes with the program; goldmark has escaped what is no Markdown.
	return v.show("handbook_page", handbookTitle(name), template.HTML(out.String())) //nolint:gosec
}
