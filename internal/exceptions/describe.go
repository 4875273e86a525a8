package exceptions

import (
	"strings"

	"selvedge/internal/domain"
)

// Text is a question in plain words. It holds what the question holds and
// nothing else, so it is as free of personal data.
type Text struct {
	What   string
	Where  string
	Owner  Owner
	Change string
	Press  string
}

// Describe puts a question into plain words: the kind's text with the values of
// the first problem, followed by every problem that it does not quote.
func Describe(q domain.Question) Text {
	k, _ := Lookup(q.Kind)
	var first domain.Refusal
	if len(q.Problems) > 0 {
		first = q.Problems[0]
	}
	fill := strings.NewReplacer(
		"{kind}", q.Kind,
		"{value}", or(first.Value, "not shown"),
		"{sku}", or(first.SKU, "not named"),
		"{attribute}", or(first.Attribute, "an attribute"),
		"{field}", or(first.Field, "not named"),
		"{problem}", or(first.Message, "no reason was given"),
		"{subject}", or(q.Subject, "not named"),
		"{step}", or(string(q.Step), "not named"),
		"{detail}", or(detail(q), "no details"),
	)
	what := fill.Replace(k.What)
	for i, p := range q.Problems {
		if p.Message != "" && (i > 0 || !strings.Contains(k.What, "{problem}")) {
			what = strings.TrimRight(what, ". ") + ". " + capital(p.Message)
		}
	}
	return Text{
		What: sentence(what), Where: sentence(fill.Replace(k.Where)), Owner: k.Owner,
		Change: sentence(fill.Replace(k.Change)), Press: sentence(fill.Replace(k.Press)),
	}
}

// detail is the cause without its kind.
func detail(q domain.Question) string {
	rest, ok := strings.CutPrefix(q.Cause, q.Kind+":")
	if !ok {
		return ""
	}
	return rest
}

func or(value, otherwise string) string {
	if strings.TrimSpace(value) == "" {
		return otherwise
	}
	return value
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func sentence(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	return strings.TrimRight(s, ".") + "."
}
