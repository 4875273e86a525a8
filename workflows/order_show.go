package workflows

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"go.temporal.io/sdk/workflow"

	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
)

var zeroTime time.Time

// shown is the state with its overlays: needs-attention beats delayed.
func (w *order) shown() domain.OrderState {
	switch {
	case len(w.at.Questions) > 0:
		return domain.NeedsAttention
	case w.carry.Delayed != "":
		return domain.Delayed
	}
	return w.at.State
}

// show brings search attributes and details up to date: one upsert per transition,
// none while nothing changed.
func (w *order) show() {
	var causes []string
	for _, q := range w.at.Questions {
		causes = append(causes, q.Cause)
	}
	if len(causes) == 0 && w.carry.Delayed != "" {
		causes = []string{domain.NewCause("unavailable", w.carry.Delayed)}
	}
	causes = w.fitting(causes)
	state := w.shown()
	if w.canAct() && len(causes) == 0 && w.carry.State != domain.NeedsAttention && w.carry.State != domain.Delayed {
		state = w.carry.State // what is under way is shown once it is done
	}
	if state != w.carry.State || !slices.Equal(causes, w.carry.Causes) {
		w.upsert(state, causes)
	}
	w.details()
}

// causesSize is how many bytes of causes go into the search attribute. The server ends a
// workflow for good whose keyword list is above 2 KB; details and exceptions keep them all.
const causesSize = 1800

// encodedSize is what a list takes as JSON, which spends six bytes on an ampersand.
func encodedSize(list []string) int {
	size := 2
	for _, entry := range list {
		size += 3 // quotes and comma
		for _, r := range entry {
			switch r {
			case '"', '\\':
				size += 2
			case '<', '>', '&', '\u2028', '\u2029', utf8.RuneError:
				size += 6
			default:
				size += utf8.RuneLen(r)
				if r < ' ' {
					size += 5
				}
			}
		}
	}
	return size
}

// details writes the page that a person reads in the Web UI. It is not part of the history.
//
//workflowcheck:ignore - formatting text for people decides nothing, and no replay compares it
func (w *order) details() {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s** · %s", w.shown(), w.at.Value)
	if w.carry.Delayed != "" {
		fmt.Fprintf(&b, "\n\n%s does not answer. The order waits and goes on by itself; `retry` tries at once.", w.carry.Delayed)
	}
	if len(w.at.Waiting) > 0 {
		fmt.Fprintf(&b, "\n\nThe shop is not ready: %s. The order goes on when the shop says so.", strings.Join(w.at.Waiting, ", "))
	}
	if len(w.at.Lines) > 0 {
		b.WriteString("\n\n| line | item | ordered | shipped | short | cancelled | open |\n|---|---|---|---|---|---|---|\n")
		for _, l := range w.at.Lines {
			fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %d | %d |\n", l.Line, l.SKU, l.Ordered, l.Shipped, l.Short, l.Cancelled, l.Open)
		}
	}
	if last := w.carry.Last; last != nil {
		fmt.Fprintf(&b, "\n\n**Last answer:** %s by %s, %s: %s", last.Action, exceptions.Escape(last.By), last.At.UTC().Format("2006-01-02 15:04:05 MST"), exceptions.Escape(last.Text))
	}
	if n := w.unlisted(); n > 0 {
		fmt.Fprintf(&b, "\n\n%d more questions are open than are shown here; `starter order show` lists all of them, and each is answered by its cause.", n)
	}
	if len(w.at.Questions) > 0 {
		b.WriteString("\n\n" + exceptions.Markdown(w.id, w.at.Questions, exceptions.Links{}))
	}
	workflow.SetCurrentDetails(w.ctx, b.String())
}
