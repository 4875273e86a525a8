package activities

import (
	"slices"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/lifecycle"
	"selvedge/internal/returns"
)

// inVain asks engineering about a step that goes well each time, changes nothing and is
// due again: what it writes to does not keep what it accepts, or we do not read it.
func inVain(step domain.Step, subject string) domain.Question {
	return domain.Question{
		Kind: domain.KindStepInVain, Step: step, Subject: subject, Cause: domain.NewCause(domain.KindStepInVain, string(step), subject),
		Problems: []domain.Refusal{{
			Code: "changes_nothing", Value: subject,
			Message: "the step " + string(step) + " of " + subject + " was taken again and again, succeeded each time, and is due as before",
		}},
	}
}

// stillInVain asks about an order's step as long as it is due.
func stillInVain(in contract.AssessInput, d lifecycle.Decision) []domain.Question {
	if in.InVain == nil || !slices.ContainsFunc(d.Due, func(due lifecycle.Due) bool { return due.Step == in.InVain.Name && due.Subject == in.InVain.Subject }) {
		return nil
	}
	return []domain.Question{inVain(in.InVain.Name, in.Order.String()+"/"+in.InVain.Subject)}
}

// returnInVain asks about the steps of a return as long as they are due.
func returnInVain(in contract.AssessReturnInput, d returns.Decision) (asked []domain.Question) {
	for _, s := range in.InVain {
		if slices.ContainsFunc(d.Due, func(due returns.Due) bool { return due.Plan.Key == s.Key && due.Plan.Kind == s.Name }) {
			asked = append(asked, inVain(domain.Step(s.Name), s.Key))
		}
	}
	return asked
}
