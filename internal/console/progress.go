package console

import (
	"context"
	"time"

	"selvedge/internal/ports"
)

// ResumesData is what came of freeing the orders of a cause.
type ResumesData interface {
	Resumes(ctx context.Context, cause string, limit int) ([]ports.Resume, error)
	ResumeOutcomes(ctx context.Context, id string, limit int) ([]ports.ResumeOutcome, error)
}

// outcomesListed is how many orders of a run are listed, those that did not go on first.
const outcomesListed = 100

// fresh is how long after its end a run counts as the one that was just pressed.
const fresh = 15 * time.Second

// progressPart is how the freeing of a cause's orders goes on, or how it ended.
type progressPart struct {
	Cause    string
	Latest   *ports.Resume
	Running  bool
	Look     bool // again in a second: something is going on, or was just pressed
	Outcomes []ports.ResumeOutcome
	More     int
	Earlier  []ports.Resume
}

func (v *visit) progress(cause string) (*progressPart, error) {
	runs, err := v.c.o.Resumes.Resumes(v.ctx(), cause, 6)
	p := &progressPart{Cause: cause, Look: v.just("resume")}
	if err != nil || len(runs) == 0 {
		return p, err
	}
	p.Latest, p.Earlier = &runs[0], runs[1:]
	p.Running = p.Latest.State == "running"
	p.Look = p.Running || p.Look && v.now().Sub(p.Latest.EndedAt) > fresh
	if p.Outcomes, err = v.c.o.Resumes.ResumeOutcomes(v.ctx(), p.Latest.ID, outcomesListed); err != nil {
		return p, err
	}
	c := p.Latest.Counts
	p.More = c.Signalled() + c.NotSignalled - len(p.Outcomes)
	return p, nil
}

// outcomeWords says what came of an order as people would.
func outcomeWords(outcome string) string {
	if said, ok := map[string]string{
		ports.OutcomePending: "told, not known yet", ports.OutcomeFreed: "went on", ports.OutcomeSameCause: "waits on the same cause again",
		ports.OutcomeOtherCause: "waits on something else", ports.OutcomeNotSignalled: "could not be told",
		ports.OutcomeUnderWay: "told; nothing was known of it when the run ended",
	}[outcome]; ok {
		return said
	}
	return outcome
}
