package endtoend_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/exceptions"
)

// elsewhere is the test that provokes and solves a kind: its file, and a word of it.
type elsewhere struct{ file, word string }

// toldElsewhere are kinds whose story is a test of its own: in this package, or below it
// where the simulators cannot bring the kind about.
func toldElsewhere() map[string]elsewhere {
	told := map[string]elsewhere{
		"unreadable-order":   {"intake_test.go", "KindUnreadable"},
		"unavailable":        {"outage_test.go", "Delayed"}, // its orders are delayed, and released
		"unmapped:sku":       {"../mapping/mapping_test.go", "KindSKU"},
		"ambiguous-shipment": {"../../activities/shipments_test.go", "ambiguous-shipment"},
		"unknown-event":      {"../lifecycle/rules_test.go", "unknown-event"},
		"document-mismatch":  {"../books/plan_test.go", "KindMismatch"},
		"step-in-vain":       {"../../workflows/in_vain_test.go", "KindStepInVain"},
		"invalid-order":      {"../enrich/validate_test.go", "invalid-order"},
	}
	for file, kinds := range map[string][]string{
		"pause_test.go":        {"unmapped:shipping-method", "incomplete-item", "short-pick"},
		"identity_test.go":     {"rejected-by-warehouse", "late-reject", "amendment-refused", "cancelled-too-late"},
		"shipments_test.go":    {"capture-failed", "late-tracking", "over-shipment", "shipment-voided", "shipped-by-hand"},
		"outage_test.go":       {"credentials"},
		"completeness_test.go": {"gap"},
		"stock_test.go":        {"negative-stock", "stale-feed", "stock-deficit", "stock-drift", "unknown-size", "unmapped:stock-status"},
		"watch_test.go":        {"queue-unpolled", "schedule-stalled"},
		"coverage_test.go":     {"unmapped:service"},
		"documents_test.go":    {"unmapped:entity"},
		"overdue_test.go":      {"overdue"},
		"catalogue_test.go":    {"item-differs"},
		"kinds_returns_test.go": {
			"return-decision", "return-document", "return-refused", "return-unmatched", "write-off-limit",
		},
		"../../activities/write_offs_test.go":            {"write-off-doubtful"},
		"../../activities/write_offs_undone_test.go":     {"unmapped:adjustment-reason", "write-off-undone"},
		"kinds_stock_test.go":                            {"double-buffer"},
		"stockstories/refused_test.go":                   {"stock-refused"},
		"../returns/deleted_test.go":                     {"return-deleted"},
		"../../activities/documents_links_test.go":       {"document-held"},
		"../../activities/documents_money_test.go":       {"refund-due", "refund-unexplained"},
		"returns_policy_test.go":                         {"unmapped:refund-policy"},
		"../../activities/documents_unconfirmed_test.go": {"document-unconfirmed"},
		"../../activities/documents_test.go":             {"closed-period", "document-conflict", "document-rejected"},
		"returns_test.go":                                {"refund-not-captured"},
		"fates_test.go": {
			"disposition-reversed", "refund-decision", "refund-failed", "return-missing", "return-not-shipped", "return-without-order", "unmapped:disposition", "wrong-item",
		},
		"../returns/answered_test.go": {"refund-overdue", "regrade-unknown", "return-undecided"},
	} {
		for _, kind := range kinds {
			told[kind] = elsewhere{file, `"` + kind}
		}
	}
	return told
}

// untold are kinds that no simulator brings about, each with the reason. Whoever finds a
// way takes its kind out.
func untold() map[string]string {
	return map[string]string{
		"authorisation-release-refused": "the simulated shop refuses a release only where nothing is left to release, which is no refusal for us",
	}
}

// solving are the calls by which tests say that a question is gone, or that what it held
// has come to its end.
var solving = []string{
	"closes", "returnCloses", "ends", "requireDelivered", "requireReturned", "requireNoComplaint", "returnResolve", "resolve", "retry", "answer",
	"Empty", "Zero", "Nil", "NotContains", "eventually",
}

// tells looks whether a file has a test in which the word stands, and after it a call
// that says how it was solved.
func (e elsewhere) tells(t *testing.T) bool {
	t.Helper()
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, filepath.FromSlash(e.file), nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	for _, declared := range parsed.Decls {
		test, ok := declared.(*ast.FuncDecl)
		if !ok || test.Body == nil || !strings.HasPrefix(test.Name.Name, "Test") {
			continue
		}
		var said, solved token.Pos
		ast.Inspect(test.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				if said == token.NoPos && strings.Contains(n.Value, e.word) {
					said = n.Pos()
				}
			case *ast.Ident:
				if said == token.NoPos && n.Name == e.word {
					said = n.Pos()
				}
			case *ast.CallExpr:
				if name := called(n); slices.Contains(solving, name) {
					solved = max(solved, n.Pos())
				}
			}
			return true
		})
		if said != token.NoPos && solved > said {
			return true
		}
	}
	return false
}

func called(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// TestEveryKindHasAStory fails for a kind that no story here provokes and solves, and
// that no other test is named for that does.
func TestEveryKindHasAStory(t *testing.T) {
	t.Parallel()
	told := map[string]bool{}
	for _, s := range kindStories() {
		require.False(t, told[s.kind], "%s is told twice", s.kind)
		told[s.kind] = true
	}
	var silent []string
	for _, k := range exceptions.All() {
		where, named := toldElsewhere()[k.Name]
		reason, missing := untold()[k.Name]
		switch {
		case told[k.Name]:
			require.False(t, named || missing, "%s has a story here: take it out of the other lists", k.Name)
		case named:
			require.False(t, missing, "%s has a story in %s: take it out of untold", k.Name, where.file)
			if !where.tells(t) {
				silent = append(silent, k.Name+" in "+where.file)
			}
		default:
			require.True(t, missing, "%s has no story: add one to kindStories, or name in toldElsewhere the test that provokes and solves it", k.Name)
			require.NotEmpty(t, reason)
		}
	}
	require.Empty(t, silent, "no test there brings the kind about and goes on to its end")
	for name := range toldElsewhere() {
		_, known := exceptions.Lookup(name)
		require.True(t, known, "%s is no kind any more", name)
	}
	for name := range untold() {
		_, known := exceptions.Lookup(name)
		require.True(t, known, "%s is no kind any more", name)
	}
}
