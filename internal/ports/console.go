package ports

import (
	"time"

	"selvedge/internal/domain"
)

// FlowHour is what one hour brought.
type FlowHour struct {
	Hour    time.Time // its beginning
	Taken   int       // orders that were new to us
	Sent    int       // consignments that a warehouse took; amendments are not counted again
	Shipped int       // parcels that left a warehouse; later words about one are not counted again
}

// CauseGroup sums up the open exceptions of one cause. What is told of one of them
// (the one that waits longest) stands for all.
type CauseGroup struct {
	Cause    string
	Kind     string
	Owner    string
	Severity string
	Count    int
	Orders   int              // of Count, those of an order; the others are a whole system's
	Money    map[string]int64 // at stake, minor units by currency
	Oldest   time.Time
	System   string
	Step     domain.Step
	Subject  string
	Problems []domain.Refusal
}

// Question is what the group asks, as the one that waits longest asks it.
func (g CauseGroup) Question() domain.Question {
	return domain.Question{Kind: g.Kind, Cause: g.Cause, Step: g.Step, Subject: g.Subject, Problems: g.Problems}
}

// ListedOrder is an order in a list.
type ListedOrder struct {
	ID       domain.OrderID
	State    domain.OrderState // as last shown
	Market   string
	Currency string
	Total    int64 // minor units of Currency
	TakenAt  time.Time
	Open     int // open exceptions
}

// OrderException is an exception as the console lists it, open or not.
type OrderException struct {
	ID         int64
	Order      domain.OrderID // zero for a system's
	Return     int            // number of the order's return that it is of; 0 = of the order itself
	System     string
	Kind       string
	Cause      string
	Owner      string
	Severity   string
	Step       domain.Step
	Subject    string
	Problems   []domain.Refusal
	Value      int64
	Currency   string
	OpenedAt   time.Time
	ResolvedAt *time.Time
	AnsweredBy string
	Answer     string
	Reason     string
}

// Question is what the exception asks.
func (e OrderException) Question() domain.Question {
	return domain.Question{Kind: e.Kind, Cause: e.Cause, Step: e.Step, Subject: e.Subject, Problems: e.Problems}
}
