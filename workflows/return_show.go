package workflows

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/workflow"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
)

// shown is the state with its overlays: needs-attention beats delayed. An open return is
// a part of its order's return window.
func (w *returning) shown() domain.OrderState {
	switch {
	case len(w.at.Questions) > 0:
		return domain.NeedsAttention
	case w.away() != "":
		return domain.Delayed
	case w.at.Settled:
		return domain.Closed
	}
	return domain.ReturnWindow
}

func (w *returning) view() (contract.ReturnView, error) {
	view := contract.ReturnView{State: w.shown(), Assessment: w.at}
	for _, l := range w.legs {
		if l.delayed != "" {
			view.Delayed = append(view.Delayed, string(l.name)+": "+l.delayed)
		}
	}
	return view, nil
}

// show brings search attributes and details up to date, as an order's.
func (w *returning) show() {
	var causes []string
	for _, q := range w.at.Questions {
		causes = append(causes, q.Cause)
	}
	if len(causes) == 0 {
		for _, l := range w.legs {
			if l.delayed != "" {
				causes = append(causes, domain.NewCause("unavailable", l.delayed))
			}
		}
	}
	if state := w.shown(); state != domain.Closed { // closed is shown once it is
		w.upsert(state, w.fitting(causes))
	}
	w.details()
}

// details writes the page that a person reads in the Web UI. It is not part of the history.
//
//workflowcheck:ignore - formatting text for people decides nothing, and no replay compares it
func (w *returning) details() {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s** · %s", w.shown(), w.at.Value)
	for _, l := range w.legs {
		if l.delayed != "" {
			fmt.Fprintf(&b, "\n\nThe %s leg waits: %s does not answer. It goes on by itself; `retry` tries at once.", l.name, l.delayed)
		}
	}
	for _, waiting := range w.at.Waiting {
		fmt.Fprintf(&b, "\n\nIt waits: %s.", waiting)
	}
	if len(w.at.Garments) > 0 {
		b.WriteString("\n\n| garment | line | item | disposition | final |\n|---|---|---|---|---|\n")
		for _, g := range w.at.Garments {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %t |\n", g.ID, g.Line, g.SKU, g.Disposition, g.Final)
		}
	}
	if len(w.at.Documents) > 0 {
		b.WriteString("\n\n| written | id | stage | amount |\n|---|---|---|---|\n")
		for _, d := range w.at.Documents {
			fmt.Fprintf(&b, "| %s %s | %s | %s | %s |\n", d.Kind, d.Key, d.ID, d.Stage, d.Amount)
		}
	}
	if len(w.at.Money) > 0 {
		b.WriteString("\n\n| money of | terms | goods | kept back | carriage | goes back | where it stands |\n|---|---|---|---|---|---|---|\n")
		for _, m := range w.at.Money {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", strings.Join(m.Garments, ", "), exceptions.Escape(m.Terms), m.Goods, m.Kept, m.Carriage, m.Back, exceptions.Escape(m.Stands))
		}
	}
	if last := w.carry.Last; last != nil {
		fmt.Fprintf(&b, "\n\n**Last answer:** %s by %s, %s: %s", last.Action, exceptions.Escape(last.By), last.At.UTC().Format("2006-01-02 15:04:05 MST"), exceptions.Escape(last.Text))
	}
	if len(w.at.Questions) > 0 {
		id := w.in.Order
		if w.in.Orphan() {
			id = domain.OrderID{Store: w.in.Warehouse, Number: w.in.ReturnID}
		}
		b.WriteString("\n\n" + exceptions.Markdown(id, w.at.Questions, exceptions.Links{}))
	}
	workflow.SetCurrentDetails(w.ctx, b.String())
}
