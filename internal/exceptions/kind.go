// Package exceptions defines what only a person can decide: kinds, owners, allowed answers.
//
// A kind is data: it travels in history by its name alone, and its texts may
// change without changing what a replay decides. An unknown name, from a newer
// release or a defect, is shown to engineering rather than lost.
package exceptions

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Owner is who mends an exception.
type Owner string

// Owners, as in the search attribute of the same name.
const (
	Ops           Owner = "ops"
	Merchandising Owner = "merchandising"
	Finance       Owner = "finance"
	Engineering   Owner = "engineering"
)

// Severity says how soon.
type Severity string

// Severities: the order goes on and only its closing waits, the order waits, or a
// customer, money or many orders are at stake.
const (
	Notice Severity = "notice"
	Hold   Severity = "hold"
	Urgent Severity = "urgent"
)

// Action is an answer to an exception.
type Action string

// Answers that a person can give.
const (
	Retry         Action = "retry"          // read everything anew and go on from the failed step
	Skip          Action = "skip"           // go on without the step; needs a reason
	WithdrawOrder Action = "withdraw-order" // cancel at the warehouse, hold in the shop; needs a reason, refunds nothing
	Override      Action = "override"       // go on with a value for this order alone
)

// overrideService is the value that can be overridden, as enrich knows it.
const overrideService = "shippingService"

// Kind is a kind of exception. The texts may hold placeholders in braces, which
// Describe fills from a question.
type Kind struct {
	Name        string
	Owner       Owner
	Severity    Severity
	Answers     []Action
	Override    string // the key that an override sets; empty when there is none
	FreedByRule bool   // a new rule can free every order with the cause
	FreedByData bool   // a change where the data lives can
	Handbook    string // page of the handbook, without .md

	What   string // is wrong
	Where  string // it stands
	Change string // what to change
	Press  string // what to press afterwards
}

// All lists every kind, by name.
func All() []Kind {
	all := slices.Concat(mappingKinds(), valueKinds(), orderKinds(), warehouseKinds(), shopKinds(), operationsKinds(), watchKinds(), stockKinds(), financeKinds(), returnKinds(), lossKinds())
	slices.SortFunc(all, func(a, b Kind) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Lookup finds a kind. For a name that this version does not know, ok is false and
// the kind is a general one of that name, owned by engineering: it can be answered too.
func Lookup(name string) (kind Kind, ok bool) {
	all := All()
	if i := slices.IndexFunc(all, func(k Kind) bool { return k.Name == name }); i >= 0 {
		return all[i], true
	}
	return Kind{
		Name: name, Owner: Engineering, Severity: Urgent, Answers: []Action{Retry, Skip, WithdrawOrder}, Handbook: "daily",
		What:   "Something that this version of Selvedge has no words for ({kind}): {problem}",
		Where:  "Step {step}, {subject}.",
		Change: "Give the cause to engineering; if you can see what is wrong, correct it at its source.",
		Press:  "retry after the correction.",
	}, false
}

// Allows tells why an action is no answer to a kind of exception; nil means that it is one.
func Allows(kind Kind, action string) error {
	if slices.Contains(kind.Answers, Action(action)) {
		return nil
	}
	switch Action(action) {
	case Retry, Skip, WithdrawOrder, Override:
		return fmt.Errorf("%s is no answer to %s: it takes %s", action, kind.Name, joinActions(kind.Answers))
	}
	return fmt.Errorf("action %q is unknown: %s takes %s", action, kind.Name, joinActions(kind.Answers))
}

// AllowsOverride tells why values are no override for a kind of exception; nil means
// that they are. A value may be meant for one warehouse alone: key:warehouse.
//
//workflowcheck:ignore - the keys are sorted
func AllowsOverride(kind Kind, values map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		name, warehouse, forOne := strings.Cut(key, ":")
		switch {
		case name != kind.Override || forOne && strings.TrimSpace(warehouse) == "":
			return fmt.Errorf("override of %q: %s takes %s, or %s:<warehouse> for one warehouse alone", key, kind.Name, kind.Override, kind.Override)
		case strings.TrimSpace(values[key]) == "":
			return fmt.Errorf("override of %s is empty: give the value to go on with", key)
		}
	}
	return nil
}

// NeedsReason tells whether an action is refused without a reason.
func NeedsReason(action Action) bool { return action == Skip || action == WithdrawOrder }

func joinActions(actions []Action) string {
	words := make([]string, len(actions))
	for i, a := range actions {
		words[i] = string(a)
	}
	return strings.Join(words, ", ")
}
