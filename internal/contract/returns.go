package contract

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"selvedge/internal/domain"
)

// SignalReturnSettled tells an order that one of its returns has closed. For machines.
const SignalReturnSettled = "return-settled"

const returnPrefix = "return/"

// ReturnWorkflowID is return/<store>/<order number>/<n>.
func ReturnWorkflowID(id domain.OrderID, n int) string {
	return returnPrefix + id.String() + "/" + strconv.Itoa(n)
}

// ParseReturnWorkflowID is the reverse of ReturnWorkflowID.
func ParseReturnWorkflowID(workflowID string) (domain.OrderID, int, error) {
	rest, ok := strings.CutPrefix(workflowID, returnPrefix)
	cut := strings.LastIndex(rest, "/")
	if !ok || cut < 0 {
		return domain.OrderID{}, 0, fmt.Errorf("workflow ID %q: want %s<store>/<order number>/<n>", workflowID, returnPrefix)
	}
	n, err := strconv.Atoi(rest[cut+1:])
	if err != nil || n < 1 || strconv.Itoa(n) != rest[cut+1:] { // "01" would be another name of the same return
		return domain.OrderID{}, 0, fmt.Errorf("workflow ID %q: its last part is no number of a return", workflowID)
	}
	id, err := domain.ParseOrderID(rest[:cut])
	return id, n, err
}

// OrphanReturnWorkflowID is return/<warehouse>/<returnId>, of a return without an order.
func OrphanReturnWorkflowID(warehouse, returnID string) string {
	return returnPrefix + warehouse + "/" + returnID
}

// ReturnReference is how a return is named in other systems: <store>/<number>/r<n>;
// with n = 0 it is what all references of an order's returns begin with.
func ReturnReference(id domain.OrderID, n int) string {
	if n == 0 {
		return id.String() + "/r"
	}
	return id.String() + "/r" + strconv.Itoa(n)
}

// ReturnInput starts a ReturnWorkflow, or continues it as new. Either Order and Number
// name a return of an order, or Warehouse and ReturnID one whose order nobody knows.
type ReturnInput struct {
	Order     domain.OrderID `json:"order,omitzero"`
	Number    int            `json:"n,omitempty"`
	Warehouse string         `json:"warehouse,omitempty"`
	ReturnID  string         `json:"returnId,omitempty"`
	// State is carried over continue-as-new; nil at the first run.
	State *ReturnCarry `json:"state,omitempty"`
}

// Orphan tells whether the return's order is not known.
func (in ReturnInput) Orphan() bool { return in.Number == 0 }

// WorkflowID is the ID under which the return runs.
func (in ReturnInput) WorkflowID() string {
	if in.Orphan() {
		return OrphanReturnWorkflowID(in.Warehouse, in.ReturnID)
	}
	return ReturnWorkflowID(in.Order, in.Number)
}

// ReturnCarry is what a run hands to the next one; everything else is in the facts.
type ReturnCarry struct {
	Shown OrderCarry            `json:"shown"` // as an order's
	Legs  map[string]LegTrouble `json:"legs,omitempty"`
}

// LegTrouble says what keeps one leg of a return from going on.
type LegTrouble struct {
	Delayed   string    `json:"delayed,omitempty"` // system that is away
	DelayedAt time.Time `json:"delayedAt,omitzero"`
	// InVain is a step that was taken again and again and changed nothing.
	InVain *ReturnStep `json:"inVain,omitempty"`
}

// AssessReturnInput asks where a return stands.
type AssessReturnInput struct {
	Return  ReturnInput  `json:"return"` // without State
	Answers []Resolution `json:"answers,omitempty"`
	At      time.Time    `json:"at"`
	// Delayed names the systems that are away for this return, with the time of the first failure.
	Delayed map[string]time.Time `json:"delayed,omitempty"`
	// InVain are steps that were taken again and again and changed nothing; a person is asked.
	InVain []ReturnStep `json:"inVain,omitempty"`
}

// ReturnAssessment says where a return stands and what each leg needs. Keep it small.
type ReturnAssessment struct {
	Sequence  int64             `json:"seq"`
	Store     string            `json:"store,omitempty"`
	Value     string            `json:"value,omitempty"`
	Due       []ReturnStep      `json:"due,omitempty"`
	Questions []domain.Question `json:"questions,omitempty"`
	Waiting   []string          `json:"waiting,omitempty"` // what it waits for, in words
	WakeAt    time.Time         `json:"wakeAt,omitzero"`
	// Settled means that both legs are acknowledged and hold each other's ids.
	Settled bool `json:"settled,omitempty"`
	// Owner is the order that turned out to be an orphan's; its own workflow goes on with it.
	Owner domain.OrderID `json:"owner,omitzero"`
	// Garments and Documents are shown while the return is open.
	Garments  []ReturnGarment  `json:"garments,omitempty"`
	Documents []ReturnDocument `json:"documents,omitempty"`
	Money     []ReturnMoney    `json:"money,omitempty"`
}

// ReturnGarment is one garment of a return, for people.
type ReturnGarment struct {
	ID          string `json:"id"`
	Line        string `json:"line,omitempty"`
	SKU         string `json:"sku,omitempty"`
	Disposition string `json:"disposition,omitempty"`
	Final       bool   `json:"final,omitempty"`
	Grade       string `json:"grade,omitempty"`
}

// ReturnDocument is one thing that a return has written, or is about to, for people.
type ReturnDocument struct {
	Kind   domain.PlanKind    `json:"kind"`
	Key    string             `json:"key"`
	ID     string             `json:"id,omitempty"`
	Stage  domain.ReturnStage `json:"stage,omitempty"`
	Amount string             `json:"amount,omitempty"`
}

// ReturnMoney says of some garments of a return what of their money goes back, by which
// rules, and where that stands, for people. Amounts are written out, with their currency;
// they are empty until the return stands in the shop.
type ReturnMoney struct {
	Garments   []string `json:"garments"`
	ShopReturn string   `json:"shopReturn,omitempty"` // its id in the shop
	Rules      []int64  `json:"rules,omitempty"`      // versions of the refund-policy rules that said so
	Terms      string   `json:"terms,omitempty"`      // what they said, in words
	Goods      string   `json:"goods,omitempty"`
	Kept       string   `json:"kept,omitempty"`     // the fee that is kept back
	Carriage   string   `json:"carriage,omitempty"` // shipping and handling that go back
	Back       string   `json:"back,omitempty"`     // goods less what is kept, with the carriage
	Stands     string   `json:"stands"`             // how far the money has come, or why it is held
}

// ReturnStep is one step that is due on one leg.
type ReturnStep struct {
	Leg  domain.Leg      `json:"leg"`
	Name domain.PlanKind `json:"step"`
	Key  string          `json:"key"`
}

// ReturnStepInput asks an activity to take one step of a return; it answers with a fresh ReturnAssessment.
type ReturnStepInput struct {
	Return ReturnInput `json:"return"`
	Step   ReturnStep  `json:"do"`
}

// CloseReturnInput asks to close a return if nothing was told since.
type CloseReturnInput struct {
	Return   ReturnInput `json:"return"`
	Sequence int64       `json:"seq"`
	// Owner is the order that an orphan is handed to.
	Owner domain.OrderID `json:"owner,omitzero"`
}

// ReturnSettledSignal tells an order which return has closed.
type ReturnSettledSignal struct {
	Number int `json:"n"`
}

// ReturnNews says that one of an order's returns has something to look at.
type ReturnNews struct {
	Number   int   `json:"n"`
	Sequence int64 `json:"seq"` // of the newest fact that concerns it
}

// ReturnView is the answer to the query `state` of a return.
type ReturnView struct {
	State      domain.OrderState `json:"state"`
	Assessment ReturnAssessment  `json:"assessment"`
	Delayed    []string          `json:"delayed,omitempty"`
}
