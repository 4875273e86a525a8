// Package watch sees that the unattended work goes on: that every schedule of ours has
// a success now and then, and that somebody polls every queue. It runs outside the
// workers, because a worker that is away cannot tell that it is.
package watch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
	"selvedge/internal/ports"
)

// Schedule is one that has to be seen to succeed.
type Schedule struct {
	ID    string
	Every time.Duration
}

// Runs is what Temporal says of a schedule.
type Runs struct {
	Missing     bool // there is no such schedule
	Paused      bool
	Note        string
	CreatedAt   time.Time
	LastSuccess time.Time // when the newest successful run ended; zero when none of the last ones did
	LastEnd     string    // how the newest run that ended did: completed, failed, timed out
}

// Temporal answers what the watch asks. Both only read.
type Temporal interface {
	Runs(ctx context.Context, schedule string) (Runs, error)
	// Polled is when somebody last asked a queue for work; zero when nobody did lately.
	Polled(ctx context.Context, queue string) (time.Time, error)
}

// Store keeps what the watch found, as exceptions of Temporal.
type Store interface {
	Ping(ctx context.Context) error
	OpenSystemException(ctx context.Context, e ports.ExceptionRecord) error
	ResolveSystemException(ctx context.Context, system, cause, by string, at time.Time) error
}

// System is the holder of all that the watch opens.
const System = "temporal"

// Kinds of exception that the watch opens.
const (
	KindStalled  = "schedule-stalled"
	KindUnpolled = "queue-unpolled"
	KindAway     = "unavailable"
)

// intervals without a success are too many.
const intervals = 3

// Watch looks at schedules and queues.
type Watch struct {
	Temporal  Temporal
	Store     Store
	Schedules []Schedule
	Queues    []string
	Clock     func() time.Time
	// Idle is how long a queue may go unasked: longer than a worker's request stays open.
	Idle time.Duration
	// Raise tells people what is open; it works while no worker does.
	Raise func(ctx context.Context) error
	// Tell takes a message to engineering while the store is away, which keeps all others.
	Tell func(ctx context.Context, m domain.AlertMessage) error
	Log  func(msg string, kv ...any)

	found map[string]int  // looks in a row that found a cause
	open  map[string]bool // causes that this process has opened, or has to see closed
	down  *outage         // of the store
}

// outage is one absence of the store, told once.
type outage struct {
	since time.Time
	told  bool
}

// Run looks at every tick until it is told to stop.
func (w *Watch) Run(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := w.Look(ctx); err != nil && ctx.Err() == nil {
			w.Log("the watch could not look, or could not tell", "reason", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// sure is how many looks in a row have to find a thing before it is told: a schedule
// that was just made has had no time, and a worker that is replaced comes back.
const sure = 2

// Look looks once, opens what it found twice in a row, closes what is gone, and tells.
//
// Two processes that look at once open the same exceptions, which are one each.
func (w *Watch) Look(ctx context.Context) error {
	if w.open == nil {
		w.found, w.open = map[string]int{}, map[string]bool{}
	}
	if err := w.store(ctx); err != nil {
		return err
	}
	problems, err := w.problems(ctx)
	changed := false
	for cause, p := range problems {
		if p.message == "" {
			closed, closeErr := w.close(ctx, cause)
			changed, err = changed || closed, errors.Join(err, closeErr)
			continue
		}
		if w.found[cause]++; w.found[cause] < sure {
			continue
		}
		err = errors.Join(err, w.openOne(ctx, cause, p))
		changed = true
	}
	if changed {
		err = errors.Join(err, w.Raise(ctx))
	}
	return err
}

// problem is one thing that was looked at; without a message it is well.
type problem struct {
	kind    string
	message string
	since   time.Time
}

// problems looks at everything. While Temporal is away nothing is known of what it
// keeps, so only that is said.
func (w *Watch) problems(ctx context.Context) (map[string]problem, error) {
	found := map[string]problem{}
	now := w.Clock()
	away := domain.NewCause(KindAway, System)
	for _, s := range w.Schedules {
		runs, err := w.Temporal.Runs(ctx, s.ID)
		if err != nil {
			return map[string]problem{away: {KindAway, "Temporal does not answer: no order goes on and no schedule runs", now}}, fmt.Errorf("look at schedule %s: %w", s.ID, err)
		}
		found[domain.NewCause(KindStalled, s.ID)] = stalled(s, runs, now)
	}
	for _, q := range w.Queues {
		polled, err := w.Temporal.Polled(ctx, q)
		if err != nil {
			return map[string]problem{away: {KindAway, "Temporal does not answer: no order goes on and no schedule runs", now}}, fmt.Errorf("look at queue %s: %w", q, err)
		}
		p := problem{kind: KindUnpolled, since: now}
		if now.Sub(polled) > w.Idle {
			p.message = fmt.Sprintf("no worker asks queue %s for work: start one (`worker --queues %s`), or look at its log", q, q)
		}
		found[domain.NewCause(KindUnpolled, q)] = p
	}
	found[away] = problem{kind: KindAway}
	return found, nil
}

// stalled judges one schedule: three intervals without a success are too many.
func stalled(s Schedule, runs Runs, now time.Time) problem {
	p := problem{kind: KindStalled, since: runs.LastSuccess}
	if runs.Missing {
		p.message, p.since = "the schedule is not there: run `starter schedules apply`", now
		return p
	}
	if p.since.IsZero() {
		p.since = runs.CreatedAt
	}
	if now.Sub(p.since) <= intervals*s.Every {
		return p
	}
	p.message = fmt.Sprintf("%s runs every %s and has had no success since %s", s.ID, s.Every, p.since.UTC().Format("2006-01-02 15:04:05 MST"))
	switch {
	case runs.Paused:
		p.message += "; it is paused"
		if runs.Note != "" {
			p.message += " (" + runs.Note + ")"
		}
	case runs.LastEnd != "":
		p.message += "; its last run " + runs.LastEnd
	default:
		p.message += "; no run of it has ended"
	}
	return p
}

func (w *Watch) openOne(ctx context.Context, cause string, p problem) error {
	kind, _ := exceptions.Lookup(p.kind)
	if !w.open[cause] {
		w.Log("unattended work does not go on", "cause", cause, "reason", p.message)
	}
	err := w.Store.OpenSystemException(ctx, ports.ExceptionRecord{
		System: System, Kind: p.kind, Cause: cause, Owner: string(kind.Owner), Severity: string(kind.Severity), OpenedAt: w.Clock(),
		Problems: []domain.Refusal{{Code: p.kind, Message: p.message}},
	})
	if err == nil {
		w.open[cause] = true
	}
	return err
}

// close resolves a cause that is gone, also one that another process opened: whether it
// has is asked once.
func (w *Watch) close(ctx context.Context, cause string) (closed bool, err error) {
	w.found[cause] = 0
	if was, known := w.open[cause]; known && !was {
		return false, nil
	}
	if err := w.Store.ResolveSystemException(ctx, System, cause, "selvedge", w.Clock()); err != nil {
		return false, err
	}
	closed = w.open[cause]
	w.open[cause] = false
	return closed, nil
}

// store sees that the database answers. While it does not, nothing can be kept, so the
// absence is told directly, once, and its end as well; a restart may tell it again.
func (w *Watch) store(ctx context.Context) error {
	err := w.Store.Ping(ctx)
	switch {
	case err == nil && w.down == nil:
		return nil
	case err == nil:
		was := *w.down
		w.down = nil
		if !was.told {
			return nil
		}
		return w.Tell(ctx, outageMessage(was.since, 2, "Closed: unavailable:store", "Over: the database answers again."))
	case w.down == nil:
		w.down = &outage{since: w.Clock()}
		return err
	}
	if !w.down.told {
		w.Log("the database does not answer", "since", w.down.since)
		if told := w.Tell(ctx, outageMessage(w.down.since, 1, "Urgent: unavailable:store",
			"What: the database does not answer; all orders wait, and no alert can be kept.\nOwner: engineering\nChange: restore PostgreSQL or the way to it.")); told != nil {
			return errors.Join(err, told)
		}
		w.down.told = true
	}
	return err
}

func outageMessage(since time.Time, n int, subject, body string) domain.AlertMessage {
	return domain.AlertMessage{Dedupe: fmt.Sprintf("store-%d-%d", since.Unix(), n), Key: "unavailable:store", Receiver: "engineering", Subject: subject, Body: body, Created: since}
}
