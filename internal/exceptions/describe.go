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
// the first problem, followed by what every problem says that was not said before.
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
		if i == 0 && strings.Contains(k.What, "{problem}") {
			continue
		}
		if more := notSaid(what, p); more != "" {
			what = strings.TrimRight(what, ". ") + ". " + capital(more)
		}
	}
	return Text{
		What: sentence(what), Where: sentence(fill.Replace(k.Where)), Owner: k.Owner,
		Change: sentence(fill.Replace(k.Change)), Press: sentence(fill.Replace(k.Press)),
	}
}

// notSaid is what a problem's message adds to a text. The first part of a message about
// a value without a rule says what the kind's text says already; what follows it, such
// as the warehouse and the country that it was wanted for, is kept.
func notSaid(text string, p domain.Refusal) string {
	message := strings.TrimSpace(p.Message)
	first, rest, _ := strings.Cut(message, "; ")
	if strings.HasPrefix(first, "no rule says what ") && strings.HasSuffix(first, " stands for") && speaksOf(text, p.Value) {
		message = rest
	}
	if strings.Contains(strings.ToLower(text), strings.ToLower(strings.TrimRight(message, ". "))) {
		return ""
	}
	return message
}

// speaksOf tells whether a kind's text is about a value, which it then quotes.
func speaksOf(text, value string) bool { return value != "" && strings.Contains(text, `"`+value+`"`) }

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
