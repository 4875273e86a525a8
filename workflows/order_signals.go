package workflows

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
)

// newOrder sets up state and handlers, before anything can block.
func newOrder(ctx workflow.Context, in contract.OrderInput) *order {
	w := &order{id: in.Order}
	w.desk = newDesk(ctx, w, "order", in.Order.String())
	w.withdrawable = true
	w.carry.State = domain.Received // as set by whoever started the order
	if in.State != nil {
		w.carry = *in.State
		w.refresh = in.State.Refresh
	}
	if w.carry.Delayed != "" {
		w.again = workflow.Now(ctx).Add(retryDelayed) // the timer of the last run ended with it
	}
	w.settled = workflow.GetSignalChannelWithOptions(ctx, contract.SignalReturnSettled, workflow.SignalChannelOptions{Description: contract.DescriptionMachine})
	must(workflow.SetQueryHandlerWithOptions(ctx, contract.QueryState, w.view,
		workflow.QueryHandlerOptions{Description: "Where the order stands, and what it waits for."}))
	return w
}

func (w *order) open() []domain.Question        { return w.at.Questions }
func (w *order) more() []contract.MoreQuestions { return w.at.More }
func (w *order) waits() []string                { return w.at.Waiting }
func (w *order) misses() time.Time              { return w.at.CutoffAt }
func (w *order) checks() bool                   { return w.at.Checks }
func (w *order) away() string                   { return w.carry.Delayed }

// pending adds to the desk's what an order hears of its returns: they are wake-ups, too.
func (w *order) pending() bool { return w.settled.Len() > 0 || w.desk.pending() }

func (w *order) receive() {
	for w.settled.ReceiveAsync(nil) {
		w.signals++
	}
	w.desk.receive()
}

func (w *order) view() (contract.OrderView, error) {
	return contract.OrderView{State: w.shown(), Sequence: w.at.Sequence, Waiting: w.at.Waiting, Questions: w.at.Questions, Lines: w.at.Lines, Delayed: w.carry.Delayed, More: w.unlisted(), Last: w.carry.Last}, nil
}

func asApplication(err error, target **temporal.ApplicationError) bool { return errors.As(err, target) }
