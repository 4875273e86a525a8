package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"selvedge/activities"
	"selvedge/internal/contract"
	"selvedge/internal/domain"
)

// idle is how long a step that changed nothing waits before it is looked at again.
const idle = 30 * time.Second

// rateLimited is how long a step waits after the fast phase met nothing but limits.
const rateLimited = time.Minute

// act takes the steps that are due, one after the other. Each answers with a fresh
// look; a refusal stands in the facts, so a look shows it as a question.
func (w *order) act() error {
	step := w.at.Due[0]
	function, queue := activityOf(step.Name)
	if function == nil {
		// An error would end the order; a panic stops its task until a build knows the step.
		panic(fmt.Sprintf("step %q of order %s is not known to this build; deploy one that knows it", step.Name, w.id))
	}
	var at contract.Assessment
	err := workflow.ExecuteActivity(workflow.WithActivityOptions(w.ctx, stepOptions(queue, summaryOf(step))), function,
		contract.StepInput{Order: w.id, Step: step}).Get(w.ctx, &at)
	if err == nil {
		if at.Sequence == w.at.Sequence {
			// The step was taken and nothing is known of it yet; looking at once would
			// ask the same again.
			w.again = workflow.Now(w.ctx).Add(idle)
		}
		asks := w.inVain(step, at)
		w.at = at
		w.carry.DelayedAt = zeroTime
		if asks {
			return w.look()
		}
		return nil
	}
	if refused(err) {
		w.carry.DelayedAt = zeroTime // the system answers
		before := w.at.Sequence
		if err := w.look(); err != nil {
			return err
		}
		if w.at.Sequence == before {
			w.again = workflow.Now(w.ctx).Add(idle) // no fact tells of it: never try again at once
		}
		return nil
	}
	if err := w.setback(err); err != nil {
		return err
	}
	return w.look()
}

func activityOf(step domain.Step) (function any, queue string) {
	switch step {
	case domain.StepSubmit:
		return fulfilment.SubmitConsignment, contract.QueueACS
	case domain.StepAmend:
		return fulfilment.AmendConsignment, contract.QueueACS
	case domain.StepCancel:
		return fulfilment.CancelConsignment, contract.QueueACS
	case domain.StepShip:
		return shipments.ShipParcel, contract.QueueCentra
	case domain.StepCapture:
		return shipments.CaptureOrder, contract.QueueCentra
	case domain.StepCancelShort:
		return shipments.CancelShortUnits, contract.QueueCentra
	case domain.StepRelease:
		return shipments.ReleaseAuthorisation, contract.QueueCentra
	case domain.StepNote:
		return shipments.NoteTracking, contract.QueueCentra
	case domain.StepHold:
		return shipments.HoldOrder, contract.QueueCentra
	}
	return nil, ""
}

func summaryOf(s contract.Step) string {
	switch s.Name {
	case domain.StepSubmit:
		return "submit " + s.Subject + " to " + s.Warehouse
	case domain.StepAmend:
		return "amend " + s.Subject + " at " + s.Warehouse
	case domain.StepCancel:
		return "cancel " + s.Subject + " at " + s.Warehouse
	case domain.StepShip:
		return "tell the shop of shipment " + s.Subject
	case domain.StepCapture:
		return "capture the money before the goods"
	case domain.StepCancelShort:
		return "cancel short units of line " + s.Subject + " in the shop"
	case domain.StepRelease:
		return "release the rest of the authorisation"
	case domain.StepNote:
		return "tell the shop of late tracking of " + s.Subject
	}
	return string(s.Name) + " " + s.Subject
}

// setback turns a failure that is not about this order into a delay: the order waits
// until the system is back. Anything else stops the workflow task, loudly.
func (w *order) setback(err error) error {
	if err == nil || refused(err) {
		return nil
	}
	var canceled *temporal.CanceledError
	if errors.As(err, &canceled) {
		return err
	}
	var failure *temporal.ApplicationError
	if asApplication(err, &failure) && failure.Type() == activities.ErrRateLimited {
		w.again = workflow.Now(w.ctx).Add(rateLimited) // no outage: the quota refills
		return nil
	}
	system, credentials := blame(err)
	w.carry.Delayed = system
	w.again = workflow.Now(w.ctx).Add(retryDelayed)
	if w.carry.DelayedAt.IsZero() {
		w.carry.DelayedAt = workflow.Now(w.ctx)
	}
	w.outage = &contract.OutageInput{System: system, Credentials: credentials, Since: w.carry.DelayedAt}
	return nil
}

// report tells of an outage once the store knows that this order waits for it: an
// outage that ends at once frees the orders that it finds waiting.
func (w *order) report() {
	if w.outage == nil {
		return
	}
	in := *w.outage
	w.outage = nil
	if err := reportOutage(w.ctx, in); err != nil {
		// The order tries again by itself and reports again then.
		workflow.GetLogger(w.ctx).Error("an outage could not be reported", "system", in.System, "error", err)
	}
}

// reportOutage is harmless when it runs twice or when somebody else was first: there
// is one workflow per system.
func reportOutage(ctx workflow.Context, in contract.OutageInput) error {
	return workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, storeOptions("report that "+in.System+" is away")), outages.ReportOutage, in).Get(ctx, nil)
}

// blame finds the system that a failure names.
func blame(err error) (system string, credentials bool) {
	system = "selvedge"
	var failure *temporal.ApplicationError
	if asApplication(err, &failure) {
		if failure.HasDetails() {
			var named string
			if failure.Details(&named) == nil && named != "" {
				system = named
			}
		}
		return system, failure.Type() == activities.ErrMisconfigured
	}
	var activity *temporal.ActivityError
	if errors.As(err, &activity) {
		switch activity.ActivityType().GetName() {
		case "SubmitConsignment", "AmendConsignment", "CancelConsignment", "ReadWarehouseFeed":
			return "acs", false
		}
		return "centra", false
	}
	return system, false
}
