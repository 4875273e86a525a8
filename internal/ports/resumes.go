package ports

import (
	"context"
	"time"

	"selvedge/internal/domain"
)

// Resume is one run of freeing the orders that wait on one cause.
type Resume struct {
	ID     string // of the workflow's chain of runs
	Cause  string
	By     string
	Reason string
	// Release says that the orders are told that a system is back, instead of being answered.
	Release   bool
	State     string // running, done, stopped (after the first order) or cut-short (terminated)
	Note      string // why it stopped
	StartedAt time.Time
	EndedAt   time.Time // zero while it runs
	Counts    ResumeCounts
}

// Command names the answer that each order of the run gets: the same twice has one effect.
func (r Resume) Command() string { return "resume-" + r.ID }

// Outcomes of an order that was to be freed.
const (
	OutcomePending      = "pending"       // signalled, not known yet
	OutcomeFreed        = "freed"         // it went on
	OutcomeSameCause    = "same-cause"    // it waits on the same cause again
	OutcomeOtherCause   = "other-cause"   // it waits on something else
	OutcomeNotSignalled = "not-signalled" // it could not be told
	OutcomeUnderWay     = "under-way"     // nothing was known of it when the run ended
)

// ResumeCounts says how many orders of a run stand where.
type ResumeCounts struct {
	Pending      int
	Freed        int
	SameCause    int
	OtherCause   int
	NotSignalled int
	UnderWay     int
}

// Signalled is how many orders were told.
func (c ResumeCounts) Signalled() int {
	return c.Pending + c.Freed + c.SameCause + c.OtherCause + c.UnderWay
}

// ResumeOutcome is what came of one order.
type ResumeOutcome struct {
	Order       domain.OrderID
	Outcome     string
	Causes      []string // what it waits on instead, or again
	Note        string
	SignalledAt time.Time
}

// ResumeStore finds the orders behind a cause and keeps what came of freeing each. Every
// method can run twice.
type ResumeStore interface {
	// WaitingOrders lists the orders with an open exception of that cause, sorted, after one of them.
	WaitingOrders(ctx context.Context, cause string, after domain.OrderID, limit int) ([]domain.OrderID, error)
	BeginResume(ctx context.Context, r Resume) error
	// NoteSignals records orders before they are told.
	NoteSignals(ctx context.Context, resume, cause string, ids []domain.OrderID, at time.Time) error
	NoteNotSignalled(ctx context.Context, resume string, id domain.OrderID, note string, at time.Time) error
	// SettleResume looks what became of the pending ones; patience is how long one may
	// show nothing before having nothing to do counts as going on.
	SettleResume(ctx context.Context, r Resume, patience time.Duration, at time.Time) (ResumeCounts, error)
	EndResume(ctx context.Context, id, state, note string, at time.Time) (ResumeCounts, error)
	ResumeOutcomes(ctx context.Context, id string, limit int) ([]ResumeOutcome, error)
}
