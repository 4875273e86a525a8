package ports

import (
	"context"
	"time"

	"selvedge/internal/domain"
)

// OrderRecord is all that the store holds of an order. Personal stays inside the
// activity that loaded it.
type OrderRecord struct {
	Order        domain.Order
	Personal     domain.Personal
	Facts        []domain.Fact
	Consignments []domain.Consignment // planned or sent, in order of planning
	ClosedAt     time.Time            // zero while open
	// Fingerprint is keyed with the order's own key, so that equal content is seen
	// without keeping a guessable hash of an address.
	Fingerprint func(data []byte) string
}

// Sequence is the number of the newest fact.
func (r OrderRecord) Sequence() int64 {
	if len(r.Facts) == 0 {
		return 0
	}
	return r.Facts[len(r.Facts)-1].Sequence
}

// Taken says what taking an order in came to.
type Taken struct {
	ID        domain.OrderID
	Sequence  int64 // newest fact of the order
	Changed   bool  // the content differs from what was known
	New       bool  // never seen before
	Stale     bool  // older than what is known; ignored
	Wholesale bool  // counted, starts nothing
	Closed    bool  // its workflow had closed
}

// ExceptionRecord is an open exception of an order or of a whole system.
type ExceptionRecord struct {
	Order    domain.OrderID // zero for a system's
	Return   int            // number of the order's return that it is of; 0 = of the order itself
	System   string         // of a system's exception
	Kind     string
	Cause    string
	Owner    string
	Severity string
	Step     domain.Step
	Subject  string
	Problems []domain.Refusal
	Value    int64 // minor units at stake
	Currency string
	OpenedAt time.Time
}

// Look is what an order's workflow found when it looked.
type Look struct {
	Order domain.OrderID
	// Sequence is that of the newest fact it looked at; one that is newer and should
	// wake it is found by the sweep.
	Sequence int64
	State    domain.OrderState // as shown to people, overlays included
	// Open are the order's open exceptions: all others of it are resolved by who answered what, and why.
	Open               []ExceptionRecord
	By, Answer, Reason string
	At                 time.Time
}

// OrderStore keeps orders, their facts and their exceptions. Every method can run twice.
type OrderStore interface {
	Load(ctx context.Context, id domain.OrderID) (OrderRecord, error)
	// TakeIn stores orders read from the shop and appends a content fact where the content changed.
	TakeIn(ctx context.Context, orders []ShopOrder, at time.Time) ([]Taken, error)
	// Append adds facts under the order's row lock; a key that stands there already is skipped.
	Append(ctx context.Context, id domain.OrderID, facts []domain.Fact) (last int64, added int, err error)
	// RecordLook keeps what the order's workflow found when it looked, all or none.
	RecordLook(ctx context.Context, l Look) error
	// SaveConsignment keeps what is planned under its number; the same content again changes nothing.
	SaveConsignment(ctx context.Context, c domain.Consignment) (domain.Consignment, error)
	// CloseOrder closes unless newer facts exist than the caller has applied.
	CloseOrder(ctx context.Context, id domain.OrderID, applied int64, state domain.OrderState, cause string, at time.Time) (closed bool, newest int64, err error)
	Reopen(ctx context.Context, id domain.OrderID) error
	// BeginAttempt records that a write without an idempotency key is about to be sent.
	BeginAttempt(ctx context.Context, id domain.OrderID, key string, at time.Time) error
	// PendingAttempt tells how long an unanswered attempt may still take effect (until
	// settle after it was begun); open is false when none stands.
	PendingAttempt(ctx context.Context, id domain.OrderID, key string, at time.Time, settle time.Duration) (wait time.Duration, open bool, err error)
	// BeginAlone is BeginAttempt for writes of an order that must not overlap: those whose
	// keys end in suffix. It begins nothing while another one of them has no answer and may
	// still take effect, and says how long that is; turn names this attempt for RenewAlone.
	BeginAlone(ctx context.Context, id domain.OrderID, key, suffix string, at time.Time, settle time.Duration) (turn int, wait time.Duration, err error)
	// RenewAlone counts the time limit of an attempt anew, just before it is sent. It
	// answers false when another one has had its turn since: then nothing may be sent.
	RenewAlone(ctx context.Context, id domain.OrderID, key string, turn int, at time.Time) (mine bool, err error)
	// EndAlone gives the turn back, if it still is this attempt's.
	EndAlone(ctx context.Context, id domain.OrderID, key string, turn int) error
	// EndAttempt says that the newest attempt was answered.
	EndAttempt(ctx context.Context, id domain.OrderID, key string) error
	Rules(ctx context.Context) ([]domain.Rule, error)
	// RulesVersion is the newest version of any rule, retired ones included: while it
	// stays the same, so do the rules.
	RulesVersion(ctx context.Context) (int64, error)
	ItemAttributes(ctx context.Context, warehouse string, skus []string) ([]domain.ItemAttribute, error)
}

// ExceptionStore keeps the exceptions of whole systems, and finds the orders behind a cause.
type ExceptionStore interface {
	// OpenSystemException opens one exception for a system; opening an open one changes nothing.
	OpenSystemException(ctx context.Context, e ExceptionRecord) error
	// ResolveSystemException closes it; closing a closed one changes nothing.
	ResolveSystemException(ctx context.Context, system, cause, by string, at time.Time) error
	// WaitingOrders lists the orders with an open exception of that cause, sorted, after one of them.
	WaitingOrders(ctx context.Context, cause string, after domain.OrderID, limit int) ([]domain.OrderID, error)
}

// IntakeStore is what taking things in needs of the store.
type IntakeStore interface {
	// TakeIn stores orders; those that changed are to be woken.
	TakeIn(ctx context.Context, orders []ShopOrder, at time.Time) ([]Taken, error)
	// AppendForConsignment adds facts to the order behind a warehouse's order number (or
	// our reference); facts of an order that is not known wait until it is. wake says
	// that the order's workflow has to look.
	AppendForConsignment(ctx context.Context, warehouse, number, reference string, facts []domain.Fact, wake bool) (Recorded, error)
	// SaveRefused keeps an input that cannot be read, sealed; the same key again changes nothing.
	SaveRefused(ctx context.Context, source, key, reason string, body []byte, at time.Time) error
	// HoldUnreadable opens the exception of an order that cannot be read and tells its
	// workflow, if it has one; the same again changes nothing.
	HoldUnreadable(ctx context.Context, e ExceptionRecord, reason string) (Recorded, error)
	// ReadableAgain resolves the exceptions of orders that were read, or that nobody holds,
	// and answers those whose workflow has to look.
	ReadableAgain(ctx context.Context, read, absent []domain.OrderID, at time.Time) ([]Recorded, error)
	// UnreadableOrders lists the numbers of orders that still cannot be read, after one of them.
	UnreadableOrders(ctx context.Context, store, after string, limit int) ([]string, error)
	// Unseen lists orders with a waking fact, recorded before, that their workflow has not looked at.
	Unseen(ctx context.Context, before time.Time, limit int) ([]domain.OrderID, error)
	Cursor(ctx context.Context, name string) (string, error)
	SaveCursor(ctx context.Context, name, value string, at time.Time) error
	// Order reads the canonical order, to describe it when its workflow has to be started.
	Order(ctx context.Context, id domain.OrderID) (domain.Order, error)
}

// Recorded says what became of a warehouse's facts.
type Recorded struct {
	ID       domain.OrderID
	Sequence int64 // newest fact of the order
	Added    int   // facts that were new
	Known    bool  // false: no order of ours; kept until it is
}
