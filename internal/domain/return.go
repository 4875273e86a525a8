package domain

import (
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

// ReturnType says what kind of parcel came back.
type ReturnType string

// Kinds of returning parcel. An exchange never refunds by itself; undelivered is a
// parcel that was refused at the door or could not be delivered.
const (
	CustomerReturn ReturnType = "customer-return"
	RentalReturn   ReturnType = "rental-return"
	Undelivered    ReturnType = "undelivered"
	Exchange       ReturnType = "exchange"
	Unidentified   ReturnType = "unidentified"
)

// ReturnConfirmation is what a warehouse says of a parcel that came back, at a
// revision: one record for each garment in it.
type ReturnConfirmation struct {
	ID          string       `json:"id"`
	Warehouse   string       `json:"warehouse"`
	Consignment string       `json:"consignment,omitempty"` // the order's number at the warehouse; empty when the parcel could not be matched
	RMA         string       `json:"rma,omitempty"`
	Type        ReturnType   `json:"type"`
	Status      string       `json:"status"` // the warehouse's own word
	Revision    int64        `json:"revision"`
	ReceivedAt  time.Time    `json:"receivedAt"`
	Units       []ReturnUnit `json:"units"`
}

// ReturnUnit is one garment of a return. (ReturnConfirmation.ID, Ref) names it for
// good; a higher revision replaces what was decided before.
type ReturnUnit struct {
	Ref           string    `json:"ref"`
	Line          string    `json:"line,omitempty"` // the shop's line id; empty when the warehouse could not tell
	SKU           string    `json:"sku"`            // the warehouse's item
	Serial        string    `json:"serial,omitempty"`
	Grade         string    `json:"grade,omitempty"`
	Disposition   string    `json:"disposition"` // the warehouse's own word; rules say what it means
	Final         bool      `json:"final"`
	Revision      int64     `json:"revision"`
	DecidedAt     time.Time `json:"decidedAt"`
	Reasons       []string  `json:"reasons,omitempty"`
	ExpectedReady string    `json:"expectedReady,omitempty"` // YYYY-MM-DD, of a refurbishment
	ResultingSKU  string    `json:"resultingSku,omitempty"`  // of a regrading: the item it is from now on
}

// ShopReturn is a return as the shop holds it. Amounts are gross, in minor units.
type ShopReturn struct {
	ID           string         `json:"id"`
	Order        OrderID        `json:"order"`
	Shipment     string         `json:"shipment"` // the shop's shipment id
	External     string         `json:"external,omitempty"`
	Completed    bool           `json:"completed"`
	Deleted      bool           `json:"deleted,omitempty"`
	ToStock      bool           `json:"toStock,omitempty"` // its units were put back on sale by the shop itself
	Lines        []LineQuantity `json:"lines"`             // by the shop's order line id
	Total        int64          `json:"total"`
	Currency     string         `json:"currency"`
	Refunded     int64          `json:"refunded,omitempty"`     // paid back for certain
	RefundAsked  int            `json:"refundAsked,omitempty"`  // requests that have no outcome yet
	RefundFailed int            `json:"refundFailed,omitempty"` // attempts that came to nothing
	// RefundBack is money that was paid back for certain and came back: no part of Refunded.
	RefundBack int64 `json:"refundBack,omitempty"`
	// RefundCards is what of Refunded went onto gift cards.
	RefundCards int64 `json:"refundCards,omitempty"`
	// RefundBy are the methods by which the rest of Refunded went, as far as the shop names them.
	RefundBy  []string  `json:"refundBy,omitempty"`
	CreatedAt time.Time `json:"createdAt"`
}

// Kinds of fact about returns, with the type of their data.
const (
	FactReturnConfirmation FactKind = "return-confirmation" // a warehouse's return at a revision: ReturnConfirmation
	FactAdjustment         FactKind = "adjustment"          // a write-off or regrading in a warehouse's books: Adjustment
	FactShopReturn         FactKind = "shop-return"         // a return as the shop shows it: ShopReturn
	FactReturnPlanned      FactKind = "return-planned"      // what is about to be written, once and for all: ReturnPlan
	FactReturnWritten      FactKind = "return-written"      // what came of a plan: ReturnWritten
	FactReturnRefused      FactKind = "return-refused"      // a step of a return was refused for good: ReturnRefused
	FactReturnAnswered     FactKind = "return-answered"     // a person answered a question of a return: ReturnAnswer
	FactReturnSettled      FactKind = "return-settled"      // a return's workflow has closed: ReturnSettled
)

// ReturnFacts lists the kinds of fact that tell of returns.
func ReturnFacts() []FactKind {
	return []FactKind{
		FactReturnConfirmation, FactAdjustment, FactShopReturn, FactReturnPlanned, FactReturnWritten,
		FactReturnRefused, FactReturnAnswered, FactReturnSettled,
	}
}

// Leg is one of the two sides of a return.
type Leg string

// Legs: the shop's return with its stock, and the books with the money.
const (
	StockLeg   Leg = "stock"
	FinanceLeg Leg = "finance"
)

// PlanKind says what a plan writes.
type PlanKind string

// Kinds of plan.
const (
	PlanShopReturn PlanKind = "shop-return" // a return in the shop: created and completed
	PlanRefund     PlanKind = "refund"      // the money of one shop return, back to the customer
	PlanReceipt    PlanKind = "item-receipt"
	PlanCredit     PlanKind = "credit-memo"
	PlanWriteOff   PlanKind = "write-off"
	PlanTransfer   PlanKind = "transfer" // a garment that is another item from now on
	// PlanPayment is the document of a refund: of money that went back, or, with a negative
	// amount, of money that turned out not to have gone.
	PlanPayment PlanKind = "refund-document"
)

// ReturnPlan is what a step is about to write, recorded before it is sent: a second
// run sends the same under the same key, whatever was told in between.
type ReturnPlan struct {
	Return   int            `json:"return"`
	Kind     PlanKind       `json:"kind"`
	Key      string         `json:"key"`      // the business key under which the other side knows it
	Garments []string       `json:"garments"` // garment ids
	Lines    []LineQuantity `json:"lines,omitempty"`
	Shipment string         `json:"shipment,omitempty"` // of a shop return
	ShopID   string         `json:"shopId,omitempty"`   // of a shop return that stands already, made by somebody else
	Refund   bool           `json:"refund,omitempty"`   // of a shop return: its money goes back by itself
	Of       string         `json:"of,omitempty"`       // of a refund or credit memo: the key of the shop return's plan; of a refund's document: the key of the refund's
	Amount   int64          `json:"amount,omitempty"`   // of the document of a refund, minor units; negative takes one back
	Method   string         `json:"method,omitempty"`   // of the document of a refund; empty = MethodOriginal
	By       []string       `json:"by,omitempty"`       // of the document of a refund: the methods that the shop names, see ShopReturn.RefundBy
	// Links are what the other side is told of the other leg: of a shop return the keys of
	// its credit memos' documents, of a credit memo the ids of its returns in the shop.
	Links    []string `json:"links,omitempty"`
	SKU      string   `json:"sku,omitempty"`      // of a write-off or transfer: the warehouse's item
	ToSKU    string   `json:"toSku,omitempty"`    // of a transfer
	Reason   string   `json:"reason,omitempty"`   // of a write-off: ber, donate, recycle, …
	UnitCost int64    `json:"unitCost,omitempty"` // of a write-off, where the warehouse tells it
	// Warehouse is where goods were received or lost. With Serial it names the garment of a
	// write-off: one that was also reported outside of any return is written off once.
	Warehouse string `json:"warehouse,omitempty"`
	Serial    string `json:"serial,omitempty"`
	ReturnID  string `json:"returnId,omitempty"` // of a write-off: the warehouse's return, where there is one
	// Adjustment is the key under which the garment's adjustment is written off when no
	// order is known: a document that stands there already is this one.
	Adjustment string    `json:"adjustment,omitempty"`
	Currency   string    `json:"currency,omitempty"`
	At         time.Time `json:"at"` // the business instant: of receipt or decision
	// Terms are what the rules said of the money when a shop return was planned; nil when
	// nothing had arrived then, and in plans of earlier versions.
	Terms *RefundTerms `json:"terms,omitempty"`
	// Amounts of a shop return, gross in minor units: what goes back besides the garments,
	// and what of their price does not.
	Shipping int64 `json:"shipping,omitempty"`
	Handling int64 `json:"handling,omitempty"`
	Discount int64 `json:"discount,omitempty"`
	Fee      int64 `json:"fee,omitempty"`
	// Rounding is what the shop would pay back too much by rounding each return by itself.
	Rounding int64 `json:"rounding,omitempty"`
}

// ReturnStage is how far a plan has come at the other side.
type ReturnStage string

// Stages. Accepted is not posted, created is not completed, and a refund that was
// asked for is not one that was made.
const (
	StageCreated ReturnStage = "created" // stands at the other side
	StageDone    ReturnStage = "done"    // completed, posted, paid
	StageLinked  ReturnStage = "linked"  // done, and it carries the other leg's ids
	StageFailed  ReturnStage = "failed"  // a refund's provider refused
	StageVoid    ReturnStage = "void"    // somebody took it back at the other side
	StageByHand  ReturnStage = "by-hand" // as shown, never written: it was refused, and a person has settled it otherwise
)

// ReturnWritten says what came of a plan.
type ReturnWritten struct {
	Return int         `json:"return"`
	Kind   PlanKind    `json:"kind"`
	Key    string      `json:"key"`
	Stage  ReturnStage `json:"stage"`
	ID     string      `json:"id,omitempty"`     // the other side's id
	Number string      `json:"number,omitempty"` // as people know it there
	Amount int64       `json:"amount,omitempty"` // gross, of a shop return, credit or refund
	Links  []string    `json:"links,omitempty"`  // ids of the other leg that it carries
	Detail string      `json:"detail,omitempty"`
	// Of Amount of a shop return: what was kept back, and what went back besides the garments.
	Fee      int64 `json:"fee,omitempty"`
	Shipping int64 `json:"shipping,omitempty"`
	Handling int64 `json:"handling,omitempty"`
	// Cards is what of Amount of a refund went onto gift cards, and By the methods by which
	// the rest went, as far as the shop names them.
	Cards int64    `json:"cards,omitempty"`
	By    []string `json:"by,omitempty"`
}

// CodeReturnGone is the problem of a return that we had made in the shop, or were to
// complete there, and that is not there any more.
const CodeReturnGone = "return_gone"

// ReturnRefused says that a step was refused for good; it holds until a person answers.
type ReturnRefused struct {
	Return int `json:"return"`
	RefusedFact
}

// ReturnAnswer is a person's answer to a question of one return.
type ReturnAnswer struct {
	Return int `json:"return"`
	AnswerFact
}

// ReturnSettled says that both legs of a return were acknowledged.
type ReturnSettled struct {
	Return int   `json:"return"`
	At     int64 `json:"at"` // the newest fact that had been applied
}

// NewReturnFact records a warehouse's return at a revision. Told twice it is one fact;
// another content under the same revision is another fact, so that it is not lost.
func NewReturnFact(r ReturnConfirmation, at time.Time) Fact {
	f := NewFact(FactReturnConfirmation, "", "warehouse", at, r)
	f.Key = fmt.Sprintf("return:%s:%s:%d:%s", r.Warehouse, r.ID, r.Revision, contentKey(f.Data))
	return f
}

// NewAdjustmentFact records a warehouse's adjustment. Told twice it is one fact.
func NewAdjustmentFact(a Adjustment) Fact {
	return NewFact(FactAdjustment, fmt.Sprintf("adjustment:%s:%s", a.Warehouse, a.ID), "warehouse", a.At, a)
}

// NewShopReturnFact records a return as the shop shows it; the same content again is one fact.
func NewShopReturnFact(r ShopReturn, at time.Time) Fact {
	slices.SortFunc(r.Lines, func(a, b LineQuantity) int { return cmp.Compare(a.Line, b.Line) })
	f := NewFact(FactShopReturn, "", "centra", at, r)
	f.Key = fmt.Sprintf("shop-return:%s:%s", r.ID, contentKey(f.Data))
	return f
}

// Cost is what one unit of an adjustment is worth, in minor units of its currency; ok is
// false when the warehouse does not tell it, or not in a way that can be read.
func (a Adjustment) Cost() (minor int64, ok bool) {
	if a.UnitCost == "" || a.Currency == "" {
		return 0, false
	}
	d, err := decimal.NewFromString(a.UnitCost)
	if err != nil {
		return 0, false
	}
	minor, err = FromDecimal(d, a.Currency)
	return minor, err == nil
}

// contentKey tells contents of one object apart; it guards against nothing.
func contentKey(data json.RawMessage) string {
	h := fnv.New64a()
	_, _ = h.Write(data) // a hash never fails
	return fmt.Sprintf("%016x", h.Sum64())
}

// ReturnAnswerPrefix begins the key of the fact of an answer to a question of a return.
const ReturnAnswerPrefix = "return-answer:"

// ReturnAnswerKey is the key of the fact that a command makes of a return: the same
// command twice is one fact.
func ReturnAnswerKey(n int, command string) string {
	return ReturnAnswerPrefix + strconv.Itoa(n) + ":" + command
}
