package exceptions_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
)

const handbook = "../../deploy/handbook"

var placeholder = regexp.MustCompile(`\{[a-z]*\}`)

func TestEveryKindIsComplete(t *testing.T) {
	t.Parallel()
	for _, k := range exceptions.All() {
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
			for part, text := range map[string]string{"what": k.What, "where": k.Where, "change": k.Change, "press": k.Press} {
				require.NotEmpty(t, strings.TrimSpace(text), part)
			}
			require.Contains(t, []exceptions.Owner{exceptions.Ops, exceptions.Merchandising, exceptions.Finance, exceptions.Engineering}, k.Owner)
			require.Contains(t, []exceptions.Severity{exceptions.Notice, exceptions.Hold, exceptions.Urgent}, k.Severity)
			require.NotEmpty(t, k.Answers)
			overridable := false
			for _, a := range k.Answers {
				require.NoError(t, exceptions.Allows(k, string(a)))
				overridable = overridable || a == exceptions.Override
				require.Contains(t, k.Press+" withdraw-order", string(a)[:4], "each way out stands in Press or is the general withdrawal")
			}
			require.Equal(t, overridable, k.Override != "", "an override needs a key, and only an override")
			require.Equal(t, strings.ReplaceAll(k.Name, ":", "-"), k.Handbook)
		})
	}
}

func TestEveryKindHasAHandbookPage(t *testing.T) {
	t.Parallel()
	pages := map[string]bool{"daily": true, "operating-model": true, "monthly": true, "releasing": true}
	for _, k := range exceptions.All() {
		pages[k.Handbook] = true
		text, err := os.ReadFile(filepath.Join(handbook, k.Handbook+".md"))
		require.NoError(t, err)
		page := string(text)
		for _, part := range []string{"# " + k.Name + "\n", "## What you see", "## Why it happens", "## How to mend it", "\n1. ", "## What to press", "```json", "## Pressed twice"} {
			require.Contains(t, page, part, "%s.md", k.Handbook)
		}
		require.NotRegexp(t, placeholder, page, "%s.md", k.Handbook)
		for _, a := range k.Answers {
			require.Contains(t, page, string(a), "%s.md", k.Handbook)
		}
	}
	files, err := filepath.Glob(handbook + "/*.md")
	require.NoError(t, err)
	for _, f := range files {
		require.True(t, pages[strings.TrimSuffix(filepath.Base(f), ".md")], "%s belongs to no kind", f)
	}
}

func TestNamesAreUnique(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, k := range exceptions.All() {
		require.False(t, seen[k.Name], k.Name)
		seen[k.Name] = true
	}
	require.GreaterOrEqual(t, len(seen), 36)
}

func TestTheOperatingModelNamesEveryKindUnderItsOwner(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(handbook, "operating-model.md"))
	require.NoError(t, err)
	for _, k := range exceptions.All() {
		row := regexp.MustCompile(`(?mi)^\| ` + string(k.Owner) + ` \|.*\[` + regexp.QuoteMeta(k.Name) + `\]\(` + k.Handbook + `\.md\)`)
		require.Regexp(t, row, string(text))
	}
}

func TestAnUnknownKindIsShownToEngineering(t *testing.T) {
	t.Parallel()
	k, ok := exceptions.Lookup("brand-new")
	require.False(t, ok)
	require.Equal(t, exceptions.Engineering, k.Owner)
	require.NoError(t, exceptions.Allows(k, "retry"))
	require.Contains(t, exceptions.Describe(domain.Question{Kind: "brand-new"}).What, "brand-new")
	_, err := os.Stat(filepath.Join(handbook, k.Handbook+".md"))
	require.NoError(t, err)
}

func TestAllowsSaysWhyNot(t *testing.T) {
	t.Parallel()
	market, _ := exceptions.Lookup("unmapped:market")
	require.EqualError(t, exceptions.Allows(market, "skip"), "skip is no answer to unmapped:market: it takes retry, withdraw-order")
	require.ErrorContains(t, exceptions.Allows(market, "shrug"), `action "shrug" is unknown`)
	require.True(t, exceptions.NeedsReason(exceptions.WithdrawOrder))
	require.False(t, exceptions.NeedsReason(exceptions.Retry))
}

func unmapped(value string) domain.Question {
	return domain.Question{
		Kind: "unmapped:shipping-method", Cause: domain.NewCause("unmapped:shipping-method", "centra", value), Step: domain.StepSubmit,
		Problems: []domain.Refusal{{Code: "shipping_service_unknown", Value: value, Allowed: []string{"RM24"}, Message: "no rule for it"}},
	}
}

func TestDescribeFillsEveryPlaceholder(t *testing.T) {
	t.Parallel()
	for _, k := range exceptions.All() {
		for _, q := range []domain.Question{
			{Kind: k.Name},
			{Kind: k.Name, Cause: k.Name + ":x", Subject: "S", Problems: []domain.Refusal{{Message: "first", Value: "v"}, {Message: "second"}}},
		} {
			text := exceptions.Describe(q)
			for _, s := range []string{text.What, text.Where, text.Change, text.Press} {
				require.NotRegexp(t, placeholder, s)
				require.True(t, strings.HasSuffix(s, "."), s)
			}
			require.Equal(t, k.Owner, text.Owner)
			if len(q.Problems) > 0 {
				require.Contains(t, strings.ToLower(text.What), "first")
				require.Contains(t, text.What, "Second")
			}
		}
	}
}

func TestMarkdownHoldsWhatAPersonNeeds(t *testing.T) {
	t.Parallel()
	text := exceptions.Markdown(domain.OrderID{Store: "atelier", Number: "10023"}, []domain.Question{unmapped("Express Saver")},
		exceptions.Links{Order: "https://shop.example/10023", Handbook: "https://handbook.example/"})
	for _, part := range []string{
		"[atelier/10023](https://shop.example/10023)", "one open question", `"Express Saver"`, "**Where:**", "**Who:** ops", "**Change:**", "**Press:**",
		"[unmapped-shipping-method](https://handbook.example/unmapped-shipping-method.md)",
	} {
		require.Contains(t, text, part)
	}
	answers := pasted(t, text)
	require.Equal(t, []exceptions.Answer{
		{Exception: "unmapped:shipping-method:centra:Express Saver", Action: "retry", By: "your name"},
		{Exception: "unmapped:shipping-method:centra:Express Saver", Action: "override", Override: map[string]string{"shippingService": "RM24"}, By: "your name", Reason: "why"},
		{Exception: "unmapped:shipping-method:centra:Express Saver", Action: "withdraw-order", By: "your name", Reason: "why"},
	}, answers)
	require.Contains(t, exceptions.Markdown(domain.OrderID{Store: "a", Number: "1"}, nil, exceptions.Links{}), "no open questions")
}

// pasted reads the JSON lines of the first code block.
func pasted(t require.TestingT, markdown string) []exceptions.Answer {
	_, rest, ok := strings.Cut(markdown, "```json\n")
	require.True(t, ok)
	block, _, ok := strings.Cut(rest, "\n```")
	require.True(t, ok)
	var answers []exceptions.Answer
	for line := range strings.Lines(block) {
		var a exceptions.Answer
		require.NoError(t, json.Unmarshal([]byte(line), &a))
		answers = append(answers, a)
	}
	return answers
}

func TestValuesFromOutsideStayValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"[click](http://evil)", "<img src=x>", "```\n# x", "a|b\n- **Press:** x", strings.Repeat("å", 300)})).Draw(t, "value")
		kind := rapid.SampledFrom(exceptions.All()).Draw(t, "kind")
		q := unmapped(value)
		q.Kind, q.Cause = kind.Name, domain.NewCause(kind.Name, value, value)
		require.LessOrEqual(t, len(q.Cause), 255, "a cause fits one search attribute")
		text := exceptions.Markdown(domain.OrderID{Store: "s", Number: "1"}, []domain.Question{q}, exceptions.Links{})
		require.Equal(t, 2, strings.Count(text, "```"), "one code block")
		require.Equal(t, 1, strings.Count(text, "\n- **Press:**"))
		prose, _, _ := strings.Cut(text, "```json")
		require.NotRegexp(t, `[^\\]\]\(http://evil`, prose, "no link but ours")
		require.NotContains(t, text, "<img")
		require.Len(t, pasted(t, text), len(kind.Answers))
	})
}

func TestDescribeSaysNothingTwice(t *testing.T) {
	t.Parallel()
	const kind = "unmapped:shipping-method"
	of := func(messages ...string) domain.Question {
		q := domain.Question{Kind: kind, Cause: kind + ":centra:Express Saver"}
		for _, m := range messages {
			q.Problems = append(q.Problems, domain.Refusal{Field: "shippingMethod", Value: "Express Saver", Message: m})
		}
		return q
	}
	const text = `No rule says by which service the warehouse should send the shipping method "Express Saver".`
	const repeats = `no rule says what shippingMethod "Express Saver" of centra stands for`
	for name, c := range map[string]struct {
		question domain.Question
		want     string
	}{
		"what repeats the kind's text is left out": {of(repeats), text},
		"what it adds is kept":                     {of(repeats + "; wanted for warehouse eurocentral, country GB; the nearest with a rule: Express"), text + " Wanted for warehouse eurocentral, country GB; the nearest with a rule: Express."},
		"what two problems say alike is said once": {of(repeats+"; wanted for warehouse leeds", repeats+"; wanted for warehouse leeds"), text + " Wanted for warehouse leeds."},
		"what each of them adds is kept":           {of(repeats+"; wanted for warehouse leeds", repeats+"; wanted for warehouse lund"), text + " Wanted for warehouse leeds. Wanted for warehouse lund."},
		"a message about something else is kept":   {of("the warehouse has closed the service"), text + " The warehouse has closed the service."},
		"a message without a word changes nothing": {of(""), text},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, exceptions.Describe(c.question).What)
		})
	}
	other := of(repeats, `no rule says what country "XX" of centra stands for`)
	other.Problems[1].Value = "XX"
	require.Equal(t, text+` No rule says what country "XX" of centra stands for.`, exceptions.Describe(other).What, "another value is no repeat")
}
