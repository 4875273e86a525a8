package console

import (
	"context"
	"slices"
	"strconv"
	"time"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
	"selvedge/internal/ports"
)

// question is an open question with what may be answered.
type question struct {
	ports.OrderException
	Kind    exceptions.Kind
	Text    exceptions.Text
	Allowed []string
	Answers []answer
}

// Of names what the question is about: the order itself, or one of its returns.
func (q question) Of() string {
	if q.Return > 0 {
		return "return " + strconv.Itoa(q.Return)
	}
	return ""
}

// answer is one button.
type answer struct {
	Action   exceptions.Action
	Label    string
	Says     string // what it does
	Reason   bool   // needs one
	Override string // the key that is set; empty for the other answers
}

func questionFrom(e ports.OrderException) question {
	kind, text := described(e.Question())
	q := question{OrderException: e, Kind: kind, Text: text, Allowed: allowed(e.Problems)}
	of := "order"
	if e.Return > 0 || e.Order == (domain.OrderID{}) {
		of = "return"
	}
	for _, a := range kind.Answers {
		button := answer{Action: a, Reason: exceptions.NeedsReason(a)}
		switch a {
		case exceptions.Retry:
			button.Label, button.Says = "Retry", "Looks at the "+of+" again with today’s data and rules, and goes on from the step that waits. Never wrong, only sometimes too early."
		case exceptions.Skip:
			button.Label, button.Says = "Skip this step", "Goes on without the step."
		case exceptions.WithdrawOrder:
			button.Label, button.Says = "Withdraw the order", "Cancels at the warehouse and holds the order in the shop with your reason. Refunds nothing."
		case exceptions.Override:
			button.Label, button.Override, button.Reason = "Use this for this "+of+" alone", kind.Override, true
			button.Says = "Goes on with the value that you give. If you do it twice for the same value, make it a rule."
		}
		q.Answers = append(q.Answers, button)
	}
	return q
}

// answer gives the workflow of an order, or of one of its returns, what a person pressed.
func (v *visit) answer() error {
	id := v.orderID()
	number, err := strconv.Atoi(v.field("return"))
	if err != nil || number < 0 {
		number = 0
	}
	v.resolve("answer-order", id.String(), func(ctx context.Context, cause string) (asked, error) {
		e, err := v.openQuestion(ctx, id, number, cause)
		a := asked{exception: e, workflow: contract.OrderWorkflowID(id), look: func(ctx context.Context) ([]ports.OrderException, error) {
			return v.c.o.Orders.OrderExceptions(ctx, id, 200)
		}}
		if number > 0 {
			a.workflow = contract.ReturnWorkflowID(id, number)
		}
		return a, err
	})
	return v.order()
}

// answerOrphan answers for a return without an order, which has a workflow of its own.
func (v *visit) answerOrphan() error {
	cause := v.r.PostFormValue("cause")
	v.resolve("answer-return", cause, func(ctx context.Context, _ string) (asked, error) {
		look := func(ctx context.Context) ([]ports.OrderException, error) {
			return v.c.o.Exceptions.CauseExceptions(ctx, cause, 1)
		}
		open, err := look(ctx)
		if err != nil {
			return asked{}, err
		}
		if len(open) == 0 || !orphan(open[0]) {
			return asked{}, refuse("This question is not open any more. Nothing was done.")
		}
		return asked{open[0], open[0].System, look}, nil
	})
	return v.cause()
}

// orphan tells whether an exception is that of a return without an order: its system is
// the return's workflow.
func orphan(e ports.OrderException) bool {
	return e.Order == (domain.OrderID{}) && e.Kind == "return-without-order"
}

// asked is an open question and the workflow that waits for its answer.
type asked struct {
	exception ports.OrderException
	workflow  string
	look      func(context.Context) ([]ports.OrderException, error)
}

// resolve checks what was pressed against the open question, and sends it to the workflow.
func (v *visit) resolve(act, target string, find func(ctx context.Context, cause string) (asked, error)) {
	r := contract.Resolution{
		Exception: v.r.PostFormValue("exception"), Action: contract.Action(v.field("action")), By: v.who.Name, Reason: v.field("reason"),
		CommandID: "console-" + v.field("command"),
	}
	detail := map[string]string{"answer": string(r.Action), "cause": r.Exception, "value": v.field("value")}
	if number := v.field("return"); number != "" && number != "0" {
		detail["return"] = number
	}
	v.act(ports.Act{Act: act, Target: target, Detail: detail}, func(ctx context.Context) (string, error) {
		a, err := find(ctx, r.Exception)
		if err != nil {
			return "", err
		}
		r.Exception = a.exception.Cause
		kind, _ := exceptions.Lookup(a.exception.Kind)
		if err := exceptions.Allows(kind, string(r.Action)); err != nil {
			return "", refuse("%s Nothing was done.", sentence(err.Error()))
		}
		if r.Action == contract.ActionOverride {
			value := v.field("value")
			if value == "" {
				return "", refuse("Give the value to go on with. Nothing was done.")
			}
			r.Override = map[string]string{kind.Override: value}
		}
		if (exceptions.NeedsReason(exceptions.Action(r.Action)) || r.Action == contract.ActionOverride) && r.Reason == "" {
			return "", refuse("Say why; it stays with the answer. Nothing was done.")
		}
		said, err := v.c.o.Engine.Resolve(ctx, a.workflow, r)
		if err == nil {
			settle(ctx, a.exception.ID, a.look)
		}
		return said, err
	})
}

// openQuestion finds the open question that a form is about: one that somebody else
// answered meanwhile is refused here, before the workflow is asked.
func (v *visit) openQuestion(ctx context.Context, id domain.OrderID, number int, cause string) (ports.OrderException, error) {
	asked, err := v.c.o.Orders.OrderExceptions(ctx, id, 200)
	if err != nil {
		return ports.OrderException{}, err
	}
	for _, e := range asked {
		switch {
		case e.Cause != cause || e.Return != number:
		case e.ResolvedAt == nil:
			return e, nil
		case e.AnsweredBy != "":
			return e, refuse("%s answered this already, with %s. Nothing more was done.", e.AnsweredBy, e.Answer)
		}
	}
	return ports.OrderException{}, refuse("This question is not open any more. Nothing was done.")
}

// settleTime is how long a page waits to show what an answer came to.
const settleTime = 2500 * time.Millisecond

// settle waits a little until the question is answered in the store, so that the page
// shows how things are after the answer. One that stays open is shown again.
func settle(ctx context.Context, question int64, look func(context.Context) ([]ports.OrderException, error)) {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	tick := time.NewTicker(150 * time.Millisecond)
	defer tick.Stop()
	for {
		asked, err := look(ctx)
		if err != nil || !slices.ContainsFunc(asked, func(e ports.OrderException) bool { return e.ID == question && e.ResolvedAt == nil }) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
