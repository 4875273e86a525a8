// Package contract names all that crosses the Temporal boundary: queues, IDs,
// signals, updates, search attributes, inputs. Fields are only ever added; IDs
// are built and parsed here and nowhere else. No personal data passes.
package contract

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"

	"selvedge/internal/domain"
)

// Task queues: one for all workflows and the store, one per outside system, so
// that each is limited, paused and scaled by itself.
const (
	QueueOrders = "orders"
	QueueCentra = "centra"
	QueueACS    = "acs"
)

// Queues lists all task queues that a complete deployment polls.
func Queues() []string { return []string{QueueOrders, QueueCentra, QueueACS} }

// Names of signals, updates and queries.
const (
	SignalFact         = "fact"     // for machines: a wake-up that says "facts up to this number stand in the store"
	SignalReleased     = "released" // for machines: an outage is over
	SignalRetry        = "retry"    // for people, without payload: look again at everything that is open
	SignalResolve      = "resolve"  // for people: the same payload as the update
	UpdateResolve      = "resolve"  // for people: answer one question
	QueryState         = "state"    // where the order stands
	DescriptionMachine = "For machines only. An empty payload is ignored."
)

// Search attributes, registered by `starter setup` and checked by the worker before it polls.
var (
	OrderState  = temporal.NewSearchAttributeKeyKeyword("OrderState")
	Store       = temporal.NewSearchAttributeKeyKeyword("Store")
	Market      = temporal.NewSearchAttributeKeyKeyword("Market")
	Warehouse   = temporal.NewSearchAttributeKeyKeyword("Warehouse")
	OrderNumber = temporal.NewSearchAttributeKeyKeyword("OrderNumber")
	Cause       = temporal.NewSearchAttributeKeyKeywordList("Cause")
	Owner       = temporal.NewSearchAttributeKeyKeywordList("Owner")
	HeldSince   = temporal.NewSearchAttributeKeyTime("HeldSince")
	CutoffAt    = temporal.NewSearchAttributeKeyTime("CutoffAt")
)

// Workflow IDs.
const (
	orderPrefix  = "order/"
	outagePrefix = "outage/"
	resumePrefix = "resume/"
	intakePrefix = "intake/"
	feedPrefix   = "feed/"
)

// OrderWorkflowID is order/<store>/<number>.
func OrderWorkflowID(id domain.OrderID) string { return orderPrefix + id.String() }

// ParseOrderWorkflowID is the reverse of OrderWorkflowID.
func ParseOrderWorkflowID(workflowID string) (domain.OrderID, error) {
	rest, ok := strings.CutPrefix(workflowID, orderPrefix)
	if !ok {
		return domain.OrderID{}, fmt.Errorf("workflow ID %q: want %s<store>/<number>", workflowID, orderPrefix)
	}
	return domain.ParseOrderID(rest)
}

// OutageWorkflowID is outage/<system>.
func OutageWorkflowID(system string) string { return outagePrefix + system }

// ResumeWorkflowID is resume/<hash of the cause>: a cause may be longer than an ID.
func ResumeWorkflowID(cause string) string {
	sum := sha256.Sum256([]byte(cause))
	return resumePrefix + hex.EncodeToString(sum[:8])
}

// IntakeScheduleID names the schedule that drains a store's event queue.
func IntakeScheduleID(store string) string { return intakePrefix + store }

// FeedScheduleID names the schedule that reads a warehouse's feed.
func FeedScheduleID(warehouse string) string { return feedPrefix + warehouse }

// OrderInput starts an OrderWorkflow, or continues it as new.
type OrderInput struct {
	Order domain.OrderID `json:"order"`
	// State is carried over continue-as-new; nil at the first run.
	State *OrderCarry `json:"state,omitempty"`
}

// OrderCarry is what a run hands to the next one. Everything else is derived from the facts.
type OrderCarry struct {
	State     domain.OrderState `json:"state"`              // as last shown in the search attributes
	Causes    []string          `json:"causes,omitempty"`   // as last shown
	HeldSince time.Time         `json:"heldSince,omitzero"` // when it first needed somebody
	Runs      int               `json:"runs,omitempty"`     // continued as new so many times
	CutoffAt  time.Time         `json:"cutoffAt,omitzero"`  // the first cut-off that it may miss by that
	Delayed   string            `json:"delayed,omitempty"`  // system that was away
	DelayedAt time.Time         `json:"delayedAt,omitzero"`
	Refresh   bool              `json:"refresh,omitempty"` // a person's retry has still to read the shop
	Last      *LastAnswer       `json:"last,omitempty"`
}

// LastAnswer is what came of the newest answer, for the order's page.
type LastAnswer struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Action Action    `json:"action"`
	Text   string    `json:"text"` // what was found, or why it was refused
}

// FactSignal is the wake-up; an empty one is ignored.
type FactSignal struct {
	Sequence int64 `json:"sequence"`
}

// ReleasedSignal says that a system answers again.
type ReleasedSignal struct {
	System string `json:"system"`
}

// Action is a person's answer to a question.
type Action string

// Answers.
const (
	ActionRetry    Action = "retry"
	ActionSkip     Action = "skip"
	ActionWithdraw Action = "withdraw-order"
	ActionOverride Action = "override"
)

// Resolution is the payload of `resolve`.
type Resolution struct {
	Exception string            `json:"exception,omitempty"` // the question's cause; needed for skip, withdraw-order and override when several are open
	Action    Action            `json:"action"`
	Override  map[string]string `json:"override,omitempty"`  // such as {"shippingService":"RM48"}
	By        string            `json:"by,omitempty"`        // who answers; "web-ui" when empty
	Reason    string            `json:"reason,omitempty"`    // needed for skip and withdraw-order
	CommandID string            `json:"commandId,omitempty"` // the same command twice has one effect
	// Fresh says that the order was read from the shop just before: it is not read once more.
	Fresh bool `json:"fresh,omitempty"`
}

// ResolveReply answers the update.
type ResolveReply struct {
	Message string `json:"message"`
}

// OrderView is the answer to the query `state`.
type OrderView struct {
	State     domain.OrderState     `json:"state"`
	Sequence  int64                 `json:"sequence"`
	Waiting   []string              `json:"waiting,omitempty"`
	Questions []domain.Question     `json:"questions,omitempty"`
	Lines     []domain.LineProgress `json:"lines,omitempty"`
	Delayed   string                `json:"delayed,omitempty"`
	More      int                   `json:"more,omitempty"` // questions beyond those listed
	Last      *LastAnswer           `json:"last,omitempty"`
}

// AssessInput asks where an order stands.
type AssessInput struct {
	Order domain.OrderID `json:"order"`
	// Answers given since the last look are recorded as facts first.
	Answers []Resolution `json:"answers,omitempty"`
	At      time.Time    `json:"at"` // the workflow's time, so that both agree on what is due
	// Delayed names a system that is away for this order, since DelayedAt.
	Delayed   string    `json:"delayed,omitempty"`
	DelayedAt time.Time `json:"delayedAt,omitzero"`
	// InVain is a step that was taken again and again and changed nothing; a person is asked.
	InVain *Step `json:"inVain,omitempty"`
}

// Assessment says where an order stands and what is due. It goes into history
// on every wake-up: keep it small.
type Assessment struct {
	Sequence   int64                 `json:"seq"`
	State      domain.OrderState     `json:"state"`
	Market     string                `json:"market,omitempty"`
	Warehouses []string              `json:"wh,omitempty"`
	Units      int                   `json:"units,omitempty"`
	Value      string                `json:"value,omitempty"` // amount with currency, for the summary
	Waiting    []string              `json:"waiting,omitempty"`
	Due        []Step                `json:"due,omitempty"`
	Questions  []domain.Question     `json:"questions,omitempty"`
	Lines      []domain.LineProgress `json:"lines,omitempty"` // only where a person looks: not while all goes well
	WakeAt     time.Time             `json:"wakeAt,omitzero"`
	Ended      bool                  `json:"ended,omitempty"`
	CloseAt    time.Time             `json:"closeAt,omitzero"`
	Returns    []ReturnNews          `json:"returns,omitempty"`
	Cause      string                `json:"cause,omitempty"` // of an end that was not ours, such as fulfilled-in-shop
	Wholesale  bool                  `json:"wholesale,omitempty"`
	CutoffAt   time.Time             `json:"cutoffAt,omitzero"` // the next one that an order which waits may miss
	// More are the causes of open questions beyond those in Questions, by kind: they are
	// answered by name like the others.
	More []MoreQuestions `json:"more,omitempty"`
	// Checks says that an answer waits for what comes of it: set where one can be given,
	// by builds that know it, so that runs answered before replay as they were.
	Checks bool `json:"checks,omitempty"`
}

// MoreQuestions are the causes of questions of one kind.
type MoreQuestions struct {
	Kind   string   `json:"kind"`
	Causes []string `json:"causes"`
}

// Step is one step that is due; its content waits in the store.
type Step struct {
	Name      domain.Step           `json:"step"`
	Subject   string                `json:"subject"`
	Warehouse string                `json:"wh,omitempty"`
	Carrier   string                `json:"carrier,omitempty"`
	Revision  int64                 `json:"rev,omitempty"`
	Complete  bool                  `json:"complete,omitempty"`
	Lines     []domain.LineQuantity `json:"lines,omitempty"`
}

// StepInput asks an activity to take one step. The activity answers with a fresh
// Assessment: what came of the step stands in the facts, and one look at them
// after the step saves a wake-up.
type StepInput struct {
	Order domain.OrderID `json:"order"`
	Step  Step           `json:"do"`
}

// RefreshInput asks to read an order from the shop again.
type RefreshInput struct {
	Order domain.OrderID `json:"order"`
}

// CloseInput asks to close an order if nothing was told since.
type CloseInput struct {
	Order    domain.OrderID    `json:"order"`
	Sequence int64             `json:"seq"`
	State    domain.OrderState `json:"state"`
	Cause    string            `json:"cause,omitempty"`
}

// CloseResult says whether the order closed.
type CloseResult struct {
	Closed bool `json:"closed"`
}

// OutageInput starts an OutageWorkflow.
type OutageInput struct {
	System string `json:"system"`
	// Credentials means that our access was refused: a person's, and healed by a valid token.
	Credentials bool          `json:"credentials,omitempty"`
	Detail      string        `json:"detail,omitempty"`
	ProbeEvery  time.Duration `json:"probeEvery,omitempty"`
	Probes      int           `json:"probes,omitempty"` // made so far, over continue-as-new
	Since       time.Time     `json:"since,omitzero"`
}

// IntakeInput is one scheduled run of taking things in.
type IntakeInput struct {
	Store     string `json:"store,omitempty"`     // of the shop
	Warehouse string `json:"warehouse,omitempty"` // of the feed
}

// IntakeResult says what a run took in.
type IntakeResult struct {
	Events  int `json:"events"`
	Changed int `json:"changed"`
	Woken   int `json:"woken,omitempty"` // orders that a crash had left asleep
}
