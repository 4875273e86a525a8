package domain

import "time"

// Held is a sum of open exceptions that are alike in all that triage looks at. Free
// of personal data, as exceptions are.
type Held struct {
	Cause    string
	Kind     string
	Owner    string
	Severity string
	System   string // of a system's own exceptions; empty for those of orders
	// Single says that the cause names one order or one thing, so that no two share it.
	Single   bool
	Count    int
	Value    int64 // at stake, minor units of Currency
	Currency string
	Oldest   time.Time
	Problems []Refusal // of the oldest

	// What decides by which carrier the goods would leave, for those of orders.
	Method     Ref
	Country    string
	Warehouses []string          // with units of the order
	Services   map[string]string // by warehouse, as last planned
}

// HeldOrder is one open exception of an order.
type HeldOrder struct {
	Order OrderID
	Held
}

// Alert is what people were told about one cause, from the day it came to the day it
// was gone: one episode. A cause that comes back begins another.
type Alert struct {
	Key         string // the cause; its kind, where each order has a cause of its own
	Episode     int64
	Kind        string
	Owner       string
	Severity    string
	OpenedAt    time.Time
	GoneAt      time.Time // since when nothing is open any more; zero while something is
	ClosedAt    time.Time // zero while open
	Level       int       // how many times it was handed on
	EscalatedAt time.Time // when it was last handed on
	ToldCount   int       // what the newest message said
	ToldCutoff  time.Time // the cut-off that was warned of
	Messages    int       // told in this episode
}

// Open tells whether the newest thing that people were told is that it waits.
func (a Alert) Open() bool { return a.Episode > 0 && a.ClosedAt.IsZero() }

// AlertRoute is a way to somebody.
type AlertRoute struct {
	Receiver string // ops, merchandising, finance, engineering, lead
	Channel  string // slack, mail or log
}

// AlertMessage is one message to one receiver over one channel.
type AlertMessage struct {
	ID       int64
	Dedupe   string // stable: the same message told twice is one
	Key      string // of the alert
	Receiver string // ops, merchandising, finance, engineering, lead
	Channel  string // slack, mail or log
	Subject  string
	Body     string // plain text
	Console  string // link to the cause; empty when the console's address is not set
	Handbook string // likewise
	Attempts int    // made before this one
	Created  time.Time
}
