package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"selvedge/internal/config"
	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
)

type orderResolveCmd struct {
	Order  orderRef `arg:"" help:"The order, as <store>/<number>; the number alone where one store is configured."`
	Action string   `help:"What to do: retry (look again with today's data and rules), skip (go on without the step), withdraw-order (cancel at the warehouse, hold in the shop) or override (go on with a value for this order alone)." enum:"retry,skip,withdraw-order,override" required:""`
	Return int      `help:"Number of the order's return whose question it is, as \"order show\" prints it; 0 for the order's own questions." default:"0" placeholder:"N"`
	answerFlags
}

// answerFlags are what every answer is given.
type answerFlags struct {
	Exception string            `help:"Cause of the question, as \"order show\" and \"exceptions list\" print it; needed for skip and override when several are open." placeholder:"CAUSE"`
	Override  map[string]string `help:"Value for this one alone, such as shippingService=RM48, or order=atelier/10023 of a return without an order." placeholder:"KEY=VALUE"`
	By        string            `help:"Who answers; by default who is logged in." placeholder:"NAME"`
	Reason    string            `help:"Why; needed to skip, or to withdraw an order." placeholder:"TEXT"`
	CommandID string            `name:"command-id" help:"The same command twice has one effect; random by default." placeholder:"ID"`
	JSON      bool              `name:"json" help:"Print JSON."`
	Within    time.Duration     `help:"Longest time to wait for the workflow before the answer is left as a signal." default:"10s" placeholder:"DURATION"`
}

// resolved is the outcome in --json.
type resolved struct {
	Order     domain.OrderID `json:"order,omitzero"`
	Return    int            `json:"return,omitempty"` // 0: of the order itself
	Orphan    string         `json:"orphan,omitempty"` // <warehouse>/<return id>, of a return without an order
	CommandID string         `json:"commandId"`
	Taken     bool           `json:"taken"`            // false: refused, or left as a signal
	Signal    bool           `json:"signal,omitempty"` // no worker answered, the signal waits for one
	Message   string         `json:"message"`
}

// Run sends the answer. The workflow takes a command ID once, so that a second run
// with the same one, or the signal after a lost update, has no second effect.
func (o orderResolveCmd) Run(ctx context.Context, s streams) error {
	if o.Return < 0 {
		return misuse("--return %d: give the number of one of the order's returns, or leave it out", o.Return)
	}
	answer, err := o.answer(o.Action)
	if err != nil {
		return err
	}
	c, err := config.Load()
	if err != nil {
		return err
	}
	id, err := o.Order.id(c)
	if err != nil {
		return err
	}
	return o.give(ctx, s, c, asker{order: id, returned: o.Return}, answer)
}

// give sends an answer and says what came of it.
func (o answerFlags) give(ctx context.Context, s streams, c config.Config, to asker, answer contract.Resolution) error {
	connection, err := openTemporal(c)
	if err != nil {
		return err
	}
	defer connection.Close()
	stop := progress(s, "waiting for the workflow")
	outcome, err := send(ctx, connection, to, answer, o.Within)
	stop()
	if err != nil && !errors.Is(err, errRefused) {
		return err
	}
	if o.JSON {
		if err != nil {
			outcome.Message = err.Error()
		}
		return errors.Join(printJSON(s.out, outcome), err)
	}
	if err == nil {
		fmt.Fprintln(s.out, outcome.Message)
	}
	return err
}

// answer checks what can be told without the workflow.
func (o answerFlags) answer(action string) (contract.Resolution, error) {
	r := contract.Resolution{Exception: o.Exception, Action: contract.Action(action), Override: o.Override, Reason: strings.TrimSpace(o.Reason), CommandID: o.CommandID}
	if exceptions.NeedsReason(exceptions.Action(action)) && r.Reason == "" {
		return r, misuse("%s needs a reason: add --reason", action)
	}
	if r.Action == contract.ActionOverride && len(r.Override) == 0 {
		return r, misuse("override needs what to use instead: add --override shippingService=…")
	}
	if r.Action != contract.ActionOverride && len(r.Override) > 0 {
		return r, misuse("--override goes with --action override, not with %s", action)
	}
	for key, value := range r.Override {
		if strings.TrimSpace(key) == "" || strings.TrimSpace(value) == "" {
			return r, misuse("--override %s=%s: give a key and a value, such as shippingService=RM48", key, value)
		}
	}
	var err error
	if r.By, err = person(o.By); err != nil {
		return r, err
	}
	if r.CommandID == "" {
		r.CommandID = "cli-" + rand.Text()
	}
	return r, nil
}

// asker is whose question is answered: an order's, that of one of its returns, or that of
// a return without an order.
type asker struct {
	order    domain.OrderID
	returned int       // number of the return; 0 = the order itself
	orphan   orphanRef // set where no order is known
}

func (a asker) workflowID() string {
	switch {
	case a.orphan != orphanRef{}:
		return contract.OrphanReturnWorkflowID(a.orphan.warehouse, a.orphan.id)
	case a.returned > 0:
		return contract.ReturnWorkflowID(a.order, a.returned)
	}
	return contract.OrderWorkflowID(a.order)
}

// String is how the commands name it.
func (a asker) String() string {
	switch {
	case a.orphan != orphanRef{}:
		return "return " + a.orphan.String()
	case a.returned > 0:
		return fmt.Sprintf("return %d of %s", a.returned, a.order)
	}
	return a.order.String()
}

// look is the command that shows whether an answer was taken.
func (a asker) look() string {
	if a.orphan != (orphanRef{}) {
		return "starter exceptions list"
	}
	return "starter order show " + a.order.String()
}

// send sends the update, and leaves the signal of the same name when no worker answers.
func send(ctx context.Context, c client.Client, to asker, r contract.Resolution, within time.Duration) (resolved, error) {
	outcome := resolved{Order: to.order, Return: to.returned, Orphan: to.orphan.String(), CommandID: r.CommandID}
	updating, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	reply, err := update(updating, c, to, r)
	var late *client.WorkflowUpdateServiceTimeoutOrCanceledError
	var refusal *temporal.ApplicationError
	switch {
	case err == nil:
		outcome.Taken, outcome.Message = true, reply.Message
		return outcome, nil
	case ctx.Err() != nil:
		return outcome, ctx.Err()
	case errors.As(err, &refusal):
		return outcome, fmt.Errorf("%w: %s", errRefused, refusal.Message())
	case errors.As(err, &late) || errors.Is(err, context.DeadlineExceeded) || noWorker(err):
		return leave(ctx, c, to, r, within, outcome)
	}
	return outcome, fmt.Errorf("answer %s: %s", to, to.whyNoAnswer(err, within))
}

func update(ctx context.Context, c client.Client, to asker, r contract.Resolution) (contract.ResolveReply, error) {
	var reply contract.ResolveReply
	handle, err := c.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		UpdateID: r.CommandID, WorkflowID: to.workflowID(), UpdateName: contract.UpdateResolve,
		Args: []any{r}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err != nil {
		return reply, err
	}
	return reply, handle.Get(ctx, &reply)
}

// leave signals the answer: a signal waits for a worker, an update does not.
func leave(ctx context.Context, c client.Client, to asker, r contract.Resolution, within time.Duration, outcome resolved) (resolved, error) {
	if err := c.SignalWorkflow(ctx, to.workflowID(), "", contract.SignalResolve, r); err != nil {
		return outcome, fmt.Errorf("no worker answered within %s, and the answer could not be left as a signal: %s", within, to.whyNoAnswer(err, within))
	}
	outcome.Signal = true
	outcome.Message = fmt.Sprintf("No worker answered within %s. Your %s was left as a signal and is checked when a worker runs again; look with `%s` whether it was taken.", within, r.Action, to.look())
	return outcome, nil
}

// noWorker tells whether the server knows by itself that nobody polls.
func noWorker(err error) bool {
	var notReady *serviceerror.WorkflowNotReady
	var precondition *serviceerror.FailedPrecondition
	return errors.As(err, &notReady) || errors.As(err, &precondition) && strings.Contains(err.Error(), "poller")
}

// whyNoAnswer says in plain words why a workflow did not answer.
func (a asker) whyNoAnswer(err error, within time.Duration) string {
	var gone *serviceerror.NotFound
	if !errors.As(err, &gone) {
		return whyNoAnswer(err, within)
	}
	switch ended := strings.Contains(err.Error(), "completed"); {
	case a.orphan != (orphanRef{}) && ended:
		return "its workflow has ended: the return was handed to an order, or is nobody's, and no question is open"
	case a.orphan != orphanRef{}:
		return "no such return waits for its order; `starter exceptions list --orders` names those that do"
	case a.returned > 0 && ended:
		return "its workflow has ended: the return has settled, and no question is open"
	case a.returned > 0:
		return "no such return runs; `starter returns show` lists the order's returns"
	}
	return whyNoAnswer(err, within)
}

// whyNoAnswer says in plain words why a workflow did not answer.
func whyNoAnswer(err error, within time.Duration) string {
	var gone *serviceerror.NotFound
	var deadline *serviceerror.DeadlineExceeded
	switch {
	case errors.As(err, &gone) && strings.Contains(err.Error(), "completed"):
		return "its workflow has ended: the order is closed, and no question is open"
	case errors.As(err, &gone):
		return "no workflow of this order runs; `starter order start` starts it"
	case errors.Is(err, context.DeadlineExceeded) || errors.As(err, &deadline) || noWorker(err):
		return fmt.Sprintf("no worker answered within %s; look whether one runs", within)
	}
	return err.Error()
}
