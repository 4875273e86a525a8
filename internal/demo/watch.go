package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"github.com/schollz/progressbar/v3"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/sampleday"
)

// outcomeOrder is one consumer order at the end of the day.
type outcomeOrder struct {
	Store      string   `json:"store"`
	Number     string   `json:"number"`
	Planned    string   `json:"planned"`
	PlannedEnd string   `json:"plannedEnd"`
	State      string   `json:"state"`
	Causes     []string `json:"causes"`
	// Withdrawn says that somebody pressed Cancel on its workflow, which is the answer
	// withdraw-order.
	Withdrawn bool `json:"withdrawn,omitempty"`
}

// outcome is what the day came to; its JSON is what judges from outside read.
type outcome struct {
	Weather    string                 `json:"weather"`
	Orders     []outcomeOrder         `json:"orders"`
	Refused    []sampleday.RefusedRow `json:"refused"`
	Counts     map[string]int         `json:"counts"`
	Addresses  map[string]string      `json:"addresses"`
	Warehouses map[string]string      `json:"warehouses"`
	Carriers   map[string]string      `json:"carriers"`
	Items      map[string]string      `json:"items"`
	// Owed is the money, in minor units by order, that finance is asked to give back for what will not be sent.
	Owed     map[string]int64 `json:"owed"`
	took     time.Duration
	timedOut bool
}

// asPlanned tells whether every order is where the plan says, for the planned reason.
func (o outcome) asPlanned() bool { return len(o.differences()) == 0 }

// differences lists the orders that are not where the plan says.
func (o outcome) differences() []outcomeOrder {
	var out []outcomeOrder
	for _, order := range o.Orders {
		if order.State != order.PlannedEnd || !order.forPlannedReason() {
			out = append(out, order)
		}
	}
	return out
}

func (o outcomeOrder) forPlannedReason() bool {
	if o.Planned == "" {
		return len(o.Causes) == 0
	}
	for _, c := range o.Causes {
		if c != o.Planned && !strings.HasPrefix(c, o.Planned+":") {
			return false
		}
	}
	return len(o.Causes) > 0
}

// lookEvery is how often the day is looked at.
const lookEvery = time.Second

// steady is how many looks in a row must agree before the day counts as over.
const steady = 4

// watch follows the day until every order is where it should be, or time is up.
func (w *world) watch(ctx context.Context) (outcome, error) {
	bar := w.bar()
	agreed := 0
	for {
		select {
		case <-ctx.Done():
			return outcome{}, ctx.Err()
		case <-time.After(lookEvery):
		}
		now, err := w.look(ctx)
		if err != nil {
			return outcome{}, err
		}
		now.took = time.Since(w.began)
		missing := len(now.differences())
		if err := bar.Set(len(now.Orders) - missing); err != nil {
			return outcome{}, fmt.Errorf("draw progress: %w", err)
		}
		if missing > 0 || now.took < w.scriptEnd() {
			agreed = 0
		} else if agreed++; agreed >= steady {
			return now, bar.Finish()
		}
		if now.took > w.o.Within {
			now.timedOut = true
			return now, bar.Finish()
		}
	}
}

func (w *world) scriptEnd() time.Duration {
	if n := len(w.day.Script); n > 0 {
		return w.day.Script[n-1].After
	}
	return 0
}

// bar draws on a terminal and stays quiet elsewhere.
func (w *world) bar() *progressbar.ProgressBar {
	if !w.o.Terminal {
		return progressbar.DefaultSilent(int64(len(w.day.Plan)))
	}
	return progressbar.NewOptions(len(w.day.Plan), progressbar.OptionSetWriter(w.o.Out), progressbar.OptionSetDescription("orders where they should be"),
		progressbar.OptionShowCount(), progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish())
}

// look reads where every order stands: from the search attributes, as ops see them.
func (w *world) look(ctx context.Context) (outcome, error) {
	shown, err := w.shown(ctx)
	if err != nil {
		return outcome{}, err
	}
	o := outcome{
		Weather: w.o.Weather, Refused: w.day.Refused, Counts: map[string]int{}, Warehouses: w.day.Warehouses, Carriers: w.day.Carriers, Items: w.day.Items,
		Addresses: map[string]string{"temporal": w.temporalAddress(), "webUI": w.webUI(), "centra": w.sims.centraURL, "acs": w.sims.acsServer.address, "console": w.doorsAddress()},
	}
	if o.Refused == nil {
		o.Refused = []sampleday.RefusedRow{}
	}
	for _, p := range w.day.Plan {
		order := outcomeOrder{Store: p.Store, Number: p.Number, Planned: p.Planned, PlannedEnd: p.PlannedEnd, State: "unknown", Causes: []string{}}
		if s, ok := shown[domain.OrderID{Store: p.Store, Number: p.Number}]; ok {
			order.State, order.Causes = s.state, s.causes
		}
		o.Counts[order.State]++
		o.Orders = append(o.Orders, order)
	}
	return o, nil
}

type shownOrder struct {
	state   string
	causes  []string
	opened  time.Time
	running bool
}

// listedAtOnce keeps a list short enough for the dev server, whose database has a single
// connection: nothing else is read or written while a page is.
const listedAtOnce = 200

// shown lists every order's newest run, with the causes of its returns that are open.
func (w *world) shown(ctx context.Context) (map[domain.OrderID]shownOrder, error) {
	out, returns := map[domain.OrderID]shownOrder{}, map[domain.OrderID][]string{}
	var page []byte
	for {
		list, err := w.client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: `WorkflowType = "OrderWorkflow" OR WorkflowType = "ReturnWorkflow" AND ExecutionStatus = "Running"`, PageSize: listedAtOnce, NextPageToken: page})
		if err != nil {
			return nil, fmt.Errorf("list orders: %w", err)
		}
		for _, e := range list.GetExecutions() {
			fields := e.GetSearchAttributes().GetIndexedFields()
			if id, _, err := contract.ParseReturnWorkflowID(e.GetExecution().GetWorkflowId()); err == nil {
				var causes []string
				decode(fields[contract.Cause.GetName()], &causes)
				returns[id] = append(returns[id], causes...)
				continue
			}
			id, err := contract.ParseOrderWorkflowID(e.GetExecution().GetWorkflowId())
			if err != nil {
				continue // not an order of ours
			}
			started := e.GetStartTime().AsTime()
			running := e.GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_RUNNING
			// A run that was reset began when the one before it did: the running one is newer.
			if known, ok := out[id]; ok && (known.running || !running && known.opened.After(started)) {
				continue
			}
			s := shownOrder{opened: started, running: running, causes: []string{}}
			decode(fields[contract.OrderState.GetName()], &s.state)
			decode(fields[contract.Cause.GetName()], &s.causes)
			slices.Sort(s.causes)
			out[id] = s
		}
		if page = list.GetNextPageToken(); len(page) == 0 {
			break
		}
	}
	for id, causes := range returns {
		if s, ok := out[id]; ok {
			s.causes = append(s.causes, causes...)
			slices.Sort(s.causes)
			out[id] = s
		}
	}
	return out, nil
}

// decode leaves the target as it is when the attribute is not set.
func decode(payload *common.Payload, target any) {
	if payload != nil {
		_ = converter.GetDefaultDataConverter().FromPayload(payload, target)
	}
}

// doorsAddress is where webhooks are taken, as `starter serve` does; empty where
// somebody else runs that.
func (w *world) doorsAddress() string {
	if w.server == nil {
		return ""
	}
	return w.server.address
}
