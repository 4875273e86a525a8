package workflows

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
)

// fitting sorts causes and keeps as many as fit, with the count of the others by kind:
// who looks for a kind finds the order whichever of its causes were cut.
func (w *desk) fitting(causes []string) []string {
	slices.Sort(causes)
	for n := len(causes); ; n-- {
		fit := append(causes[:n:n], w.leftOut(causes[n:])...)
		if n == 0 || encodedSize(fit) <= causesSize {
			return fit
		}
	}
}

// leftOut stands for causes that are left out: one entry a kind.
func (w *desk) leftOut(causes []string) []string {
	var kinds []string
	for _, q := range w.of.open() {
		if slices.Contains(causes, q.Cause) {
			kinds = append(kinds, q.Kind)
		}
	}
	slices.Sort(kinds)
	var entries []string
	for len(kinds) > 0 {
		n := 1
		for n < len(kinds) && kinds[n] == kinds[0] {
			n++
		}
		entries = append(entries, fmt.Sprintf("%s:and-more:%d", kinds[0], n))
		kinds = kinds[n:]
	}
	return entries
}

func (w *desk) upsert(state domain.OrderState, causes []string) {
	if state == "" || state == w.carry.State && slices.Equal(causes, w.carry.Causes) {
		return
	}
	updates := []temporal.SearchAttributeUpdate{contract.OrderState.ValueSet(string(state))}
	if !slices.Equal(causes, w.carry.Causes) {
		updates = append(updates, w.causeUpdates(causes)...)
	}
	w.carry.State, w.carry.Causes = state, causes
	must(workflow.UpsertTypedSearchAttributes(w.ctx, updates...))
}

func (w *desk) causeUpdates(causes []string) []temporal.SearchAttributeUpdate {
	if len(causes) == 0 {
		w.carry.HeldSince = zeroTime
		return append([]temporal.SearchAttributeUpdate{contract.Cause.ValueUnset(), contract.Owner.ValueUnset(), contract.HeldSince.ValueUnset()}, w.noCutoff()...)
	}
	if w.carry.HeldSince.IsZero() {
		w.carry.HeldSince = workflow.Now(w.ctx)
	}
	return append([]temporal.SearchAttributeUpdate{contract.Cause.ValueSet(causes), contract.Owner.ValueSet(w.owners()), contract.HeldSince.ValueSet(w.carry.HeldSince)}, w.cutoff()...)
}

// cutoff goes with the upsert that shows why an order waits: the first cut-off that it
// may miss by that. It stays the same while the order waits, as HeldSince does, so it
// never costs an upsert of its own; `starter triage` tells the next one. Assessments in
// older histories name none, so they replay to the same upserts.
func (w *desk) cutoff() []temporal.SearchAttributeUpdate {
	at := w.of.misses()
	if !w.carry.CutoffAt.IsZero() || at.IsZero() {
		return nil
	}
	w.carry.CutoffAt = at
	return []temporal.SearchAttributeUpdate{contract.CutoffAt.ValueSet(w.carry.CutoffAt)}
}

func (w *desk) noCutoff() []temporal.SearchAttributeUpdate {
	if w.carry.CutoffAt.IsZero() {
		return nil
	}
	w.carry.CutoffAt = zeroTime
	return []temporal.SearchAttributeUpdate{contract.CutoffAt.ValueUnset()}
}

func (w *desk) owners() []string {
	var owners []string
	for _, q := range w.of.open() {
		kind, _ := exceptions.Lookup(q.Kind)
		owners = append(owners, string(kind.Owner))
	}
	if len(owners) == 0 {
		kind, _ := exceptions.Lookup("unavailable")
		owners = append(owners, string(kind.Owner))
	}
	slices.Sort(owners)
	return slices.Compact(owners)
}
