package exceptions

import (
	"encoding/json"
	"fmt"
	"strings"

	"selvedge/internal/domain"
)

// Links say where people find things; each may be empty.
type Links struct {
	Order    string // the order in the shop's admin
	Handbook string // the folder that holds the handbook's pages
}

// Answer is the payload of the update resolve, as a person pastes it.
type Answer struct {
	Exception string            `json:"exception"` // cause of the question
	Action    Action            `json:"action"`
	Override  map[string]string `json:"override,omitempty"`
	By        string            `json:"by"`
	Reason    string            `json:"reason,omitempty"`
}

// Markdown writes the open questions of an order for the Web UI: what is wrong,
// where, who owns it, what to change and what to press, with the JSON of each
// allowed answer. Values from outside are escaped, so that none can pose as a link.
func Markdown(order domain.OrderID, questions []domain.Question, links Links) string {
	var b strings.Builder
	b.WriteString(headline(order, len(questions), links))
	for i, q := range questions {
		question(&b, i+1, q, links)
	}
	return b.String()
}

func headline(order domain.OrderID, open int, links Links) string {
	name := Escape(order.String())
	if links.Order != "" {
		name = "[" + name + "](" + links.Order + ")"
	}
	switch open {
	case 0:
		return "Order " + name + ": no open questions.\n"
	case 1:
		return "Order " + name + " **waits for a person**: one open question.\n"
	}
	return fmt.Sprintf("Order %s **waits for a person**: %d open questions. The signal `retry` checks all of them again.\n", name, open)
}

func question(b *strings.Builder, n int, q domain.Question, links Links) {
	k, _ := Lookup(q.Kind)
	t := Describe(q)
	fmt.Fprintf(b, "\n### %d. %s\n\n", n, Escape(t.What))
	fmt.Fprintf(b, "- **Where:** %s\n- **Who:** %s\n- **Change:** %s\n- **Press:** %s\n- **Cause:** %s\n",
		Escape(t.Where), t.Owner, Escape(t.Change), Escape(t.Press), Escape(q.Cause))
	if allowed := WouldBeTaken(q); allowed != "" {
		fmt.Fprintf(b, "- **Would be taken:** %s\n", Escape(allowed))
	}
	fmt.Fprintf(b, "- **Handbook:** %s\n\nUpdate `resolve`, one of:\n\n```json\n", page(k, links))
	for _, action := range k.Answers {
		b.WriteString(pasteable(q, k, action) + "\n")
	}
	b.WriteString("```\n")
}

// WouldBeTaken lists the values that would be taken instead of the offending one; empty
// when none is known.
func WouldBeTaken(q domain.Question) string {
	for _, p := range q.Problems {
		if len(p.Allowed) > 0 {
			return strings.Join(p.Allowed, ", ")
		}
	}
	return ""
}

func page(k Kind, links Links) string {
	if links.Handbook == "" {
		return "deploy/handbook/" + k.Handbook + ".md"
	}
	return "[" + k.Handbook + "](" + strings.TrimRight(links.Handbook, "/") + "/" + k.Handbook + ".md)"
}

// pasteable is the JSON of one answer; an override suggests the first value that
// would be taken.
func pasteable(q domain.Question, k Kind, action Action) string {
	a := Answer{Exception: q.Cause, Action: action, By: "your name"}
	if NeedsReason(action) {
		a.Reason = "why"
	}
	if action == Override {
		value := "the value"
		if len(q.Problems) > 0 && len(q.Problems[0].Allowed) > 0 {
			value = q.Problems[0].Allowed[0]
		}
		a.Override, a.Reason = map[string]string{k.Override: value}, "why"
	}
	text, err := json.Marshal(a)
	if err != nil { // strings always marshal
		return ""
	}
	return strings.ReplaceAll(string(text), "`", `\u0060`) // the same JSON, and no fence in it
}

// Escape keeps text from outside from being read as Markdown or HTML.
func Escape(s string) string {
	return strings.NewReplacer(
		"\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]", "|", "\\|",
		"<", "&lt;", ">", "&gt;", "&", "&amp;", "#", "\\#", "\r", " ", "\n", " ",
	).Replace(s)
}
