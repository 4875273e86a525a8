package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"golang.org/x/time/rate"

	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
	"selvedge/internal/fault"
	"selvedge/internal/lifecycle"
	"selvedge/internal/ports"
)

// Resumes frees the orders that wait on one cause, and keeps what came of each.
type Resumes struct {
	Store  ports.ResumeStore
	Client client.Client
	Orders *Orders
	Reader OrderReader
	Clock  func() time.Time
	// Returns tells which returns of an order wait on a cause; nil means that none does.
	Returns WaitingReturns
}

// OrderReader reads many orders from the shop at once and stores them.
type OrderReader interface {
	// TakeMissed takes in orders of a store; one that cannot be read does not block the rest.
	TakeMissed(ctx context.Context, store string, numbers []string) error
}

// ResumeRun names one run of freeing a cause, over continue-as-new.
type ResumeRun struct {
	ID     string `json:"id"`
	Cause  string `json:"cause"`
	By     string `json:"by,omitempty"`
	Reason string `json:"reason,omitempty"`
}

func (r ResumeRun) record() ports.Resume {
	by := r.By
	if by == "" {
		by = "selvedge"
	}
	_, release := strings.CutPrefix(r.Cause, "unavailable:")
	return ports.Resume{ID: r.ID, Cause: r.Cause, By: by, Reason: r.Reason, Release: release}
}

// BeginResume records that the run has begun. A second run changes nothing.
func (r *Resumes) BeginResume(ctx context.Context, in ResumeRun) error {
	record := in.record()
	record.StartedAt = r.Clock()
	return toTemporal(r.Store.BeginResume(ctx, record), 0)
}

// CauseCheck asks whether a cause is still there for one of its orders.
type CauseCheck struct {
	Cause string         `json:"cause"`
	Order domain.OrderID `json:"order"`
}

// CauseChecked says what was found.
type CauseChecked struct {
	// Still is why freeing anything would be in vain; empty when it may help.
	Still string `json:"still,omitempty"`
}

// CheckCause looks at one waiting order with today's rules and what the store knows.
// Only a cause that nothing but a rule or our own item data can mend is said to be
// still there: what people mend in the shop is seen when the order is read again. It changes nothing.
func (r *Resumes) CheckCause(ctx context.Context, in CauseCheck) (CauseChecked, error) {
	record, err := r.Orders.Store.Load(ctx, in.Order)
	if err != nil {
		return unchecked(ctx, in, fmt.Errorf("load %s: %w", in.Order, err))
	}
	decision, err := r.Orders.decide(ctx, record, r.Clock())
	if err != nil {
		return unchecked(ctx, in, fmt.Errorf("look at %s: %w", in.Order, err))
	}
	for _, q := range decision.Questions {
		kind, _ := exceptions.Lookup(q.Kind)
		if q.Cause == in.Cause && kind.FreedByRule && !kind.FreedByData {
			return CauseChecked{Still: fmt.Sprintf("nothing was freed: for order %s the cause is still there. %s", in.Order, exceptions.Describe(q).What)}, nil
		}
	}
	return CauseChecked{}, nil
}

// unchecked is the answer about an order that cannot be read. A system that is away is
// asked again; an order with a defect of its own keeps none of the others waiting: the
// first one that is freed tells more than this check.
func unchecked(ctx context.Context, in CauseCheck, err error) (CauseChecked, error) {
	if fault.Is(err, fault.Unavailable) || ctx.Err() != nil {
		return CauseChecked{}, toTemporal(err, 0)
	}
	if activity.IsActivity(ctx) {
		activity.GetLogger(ctx).Warn("a waiting order cannot be looked at; the others are freed all the same", "order", in.Order.String(), "error", err)
	}
	return CauseChecked{}, nil
}

// decide says where an order stands and what is due, and changes nothing.
func (o *Orders) decide(ctx context.Context, record ports.OrderRecord, at time.Time) (lifecycle.Decision, error) {
	input, err := o.decisionInput(ctx, record, at)
	if err != nil {
		return lifecycle.Decision{}, err
	}
	return lifecycle.Decide(input)
}

// ReadInput names orders to be read from the shop again.
type ReadInput struct {
	Orders []domain.OrderID `json:"orders"`
}

// ReadOrdersAgain reads orders from the shop in batches before they are freed, since
// that is where people mend data. A second run stores the same content, which is no change.
func (r *Resumes) ReadOrdersAgain(ctx context.Context, in ReadInput) error {
	defer beating(ctx)()
	numbers := map[string][]string{}
	for _, id := range in.Orders {
		numbers[id.Store] = append(numbers[id.Store], id.Number)
	}
	for _, store := range sortedKeys(numbers) {
		for batch := range slices.Chunk(numbers[store], readAtOnce) {
			if err := r.Reader.TakeMissed(ctx, store, batch); err != nil {
				return toTemporal(fmt.Errorf("read %d orders of %s again: %w", len(batch), store, err), 0)
			}
		}
	}
	return nil
}

// readAtOnce is how many orders one query names.
const readAtOnce = 50

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// SignalInput names orders to be freed at a rate.
type SignalInput struct {
	Run       ResumeRun        `json:"run"`
	Orders    []domain.OrderID `json:"orders"`
	PerSecond float64          `json:"perSecond"`
	Fresh     bool             `json:"fresh,omitempty"` // they were read from the shop just before
}

// Signalled says how many were told.
type Signalled struct {
	Told int      `json:"told"`
	Not  []string `json:"not,omitempty"` // orders that have no running workflow
}

// signalsAtOnce is how many signals are on their way to the server at once.
const signalsAtOnce = 8

// SignalOrders records that the orders are about to be freed and tells each: those that
// waited for a system that it is back, all others get the answer `retry` to that one
// question. A second run tells all of them again; the command makes that harmless, and
// an order that is released twice looks once more and finds nothing.
func (r *Resumes) SignalOrders(ctx context.Context, in SignalInput) (Signalled, error) {
	defer beating(ctx)()
	record := in.Run.record()
	if err := r.Store.NoteSignals(ctx, record.ID, record.Cause, in.Orders, r.Clock()); err != nil {
		return Signalled{}, toTemporal(err, 0)
	}
	limiter := rate.NewLimiter(rate.Limit(max(in.PerSecond, 0.1)), 1)
	gone, failed := make([]bool, len(in.Orders)), make([]error, len(in.Orders))
	var group sync.WaitGroup
	free := make(chan struct{}, signalsAtOnce)
	for i, id := range in.Orders {
		if err := limiter.Wait(ctx); err != nil {
			failed[i] = err
			break
		}
		free <- struct{}{}
		group.Go(func() {
			defer func() { <-free }()
			gone[i], failed[i] = r.tell(ctx, record, id, in.Fresh)
		})
	}
	group.Wait()
	if err := errors.Join(failed...); err != nil {
		return Signalled{}, err
	}
	var done Signalled
	for i, id := range in.Orders {
		if gone[i] {
			done.Not = append(done.Not, id.String())
			continue
		}
		done.Told++
	}
	return done, nil
}

// tell signals whoever of an order waits on the cause: the order, returns of it, or both.
// Telling one twice is harmless, see SignalOrders. gone says that no workflow of them runs.
func (r *Resumes) tell(ctx context.Context, run ports.Resume, id domain.OrderID, fresh bool) (gone bool, err error) {
	var waiting map[domain.OrderID][]int
	if r.Returns != nil {
		if waiting, err = r.Returns.WaitingReturns(ctx, run.Cause, []domain.OrderID{id}); err != nil {
			return false, fmt.Errorf("find who of %s waits on %s: %w", id, run.Cause, err)
		}
	}
	signal, payload := freeing(FreeInput{Cause: run.Cause, By: run.By, Reason: run.Reason, Command: run.Command(), Fresh: fresh})
	told := false
	for _, workflowID := range waitingWorkflows(id, waiting) {
		err := r.Client.SignalWorkflow(ctx, workflowID, "", signal, payload)
		var missing *serviceerror.NotFound
		if err != nil && !errors.As(err, &missing) {
			return false, fmt.Errorf("free %s: %w", workflowID, err)
		}
		told = told || err == nil
	}
	if told {
		return false, nil
	}
	return true, toTemporal(r.Store.NoteNotSignalled(ctx, run.ID, id, "no workflow of it runs; the next count starts it", r.Clock()), 0)
}

// WatchInput bounds how long outcomes are awaited.
type WatchInput struct {
	Run ResumeRun `json:"run"`
	// Patience is how long an order may show nothing before having nothing to do counts
	// as going on; Quiet is how long nothing at all may settle, Most the longest wait.
	Patience time.Duration `json:"patience"`
	Quiet    time.Duration `json:"quiet"`
	Most     time.Duration `json:"most"`
}

// Outcomes says how many orders of a run stand where.
type Outcomes struct {
	Pending      int `json:"pending,omitempty"`
	Freed        int `json:"freed,omitempty"`
	SameCause    int `json:"sameCause,omitempty"`
	OtherCause   int `json:"otherCause,omitempty"`
	NotSignalled int `json:"notSignalled,omitempty"`
	UnderWay     int `json:"underWay,omitempty"`
}

// lookEvery is how often outcomes are looked at, from the store alone.
const lookEvery = 300 * time.Millisecond

// WatchResume waits until the outcome of every order that was told is known, or
// nothing settles any more. It only looks, so a second run goes on looking.
func (r *Resumes) WatchResume(ctx context.Context, in WatchInput) (Outcomes, error) {
	defer beating(ctx)()
	began := time.Now()
	changed, last := began, -1
	for {
		counts, err := r.Store.SettleResume(ctx, in.Run.record(), in.Patience, r.Clock())
		if err != nil {
			return Outcomes{}, toTemporal(err, 0)
		}
		if counts.Pending != last {
			changed, last = time.Now(), counts.Pending
		}
		if counts.Pending == 0 || time.Since(changed) >= in.Quiet || time.Since(began) >= in.Most {
			return Outcomes(counts), nil
		}
		select {
		case <-ctx.Done():
			return Outcomes{}, ctx.Err()
		case <-time.After(lookEvery):
		}
	}
}

// ResumeEnd says how a run ended.
type ResumeEnd struct {
	Run   ResumeRun `json:"run"`
	State string    `json:"state"` // done or stopped
	Note  string    `json:"note,omitempty"`
}

// EndResume records how the run ended. A second run changes nothing.
func (r *Resumes) EndResume(ctx context.Context, in ResumeEnd) (Outcomes, error) {
	counts, err := r.Store.EndResume(ctx, in.Run.ID, in.State, in.Note, r.Clock())
	if err == nil {
		activity.GetLogger(ctx).Info("orders that waited on one cause were freed", "cause", in.Run.Cause, "by", in.Run.By, "state", in.State,
			"freed", counts.Freed, "sameCause", counts.SameCause, "otherCause", counts.OtherCause, "notSignalled", counts.NotSignalled, "underWay", counts.UnderWay)
	}
	return Outcomes(counts), toTemporal(err, 0)
}
