package ports

import (
	"context"
	"time"

	"selvedge/internal/domain"
)

// DocumentRecord is a document in our store with what became of it. Documents stand
// there before any ledger hears of them, so that nothing is lost between.
type DocumentRecord struct {
	Document domain.Document       `json:"document"`
	Ledger   string                `json:"ledger,omitempty"` // where it goes; empty while the entity is not mapped
	Status   domain.DocumentStatus `json:"status"`
	Entry    LedgerEntry           `json:"entry"` // as last read back; zero before
	// Held says that a workflow posts it step by step; the scheduled run leaves it alone.
	Held bool `json:"held,omitempty"`
	// Released says that a person has handed a held one to the scheduled run.
	Released bool `json:"released,omitempty"`
	// Stranded says of a held one that its workflow has not moved it for long and that no
	// open question tells why.
	Stranded   bool             `json:"stranded,omitempty"`
	Cause      string           `json:"cause,omitempty"` // of a paused or rejected one: the open exception's
	Problems   []domain.Refusal `json:"problems,omitempty"`
	LateAgreed bool             `json:"lateAgreed,omitempty"` // a person agreed to post it in a later period, or above the limit
	Attempts   int              `json:"attempts,omitempty"`
	NextAt     time.Time        `json:"nextAt,omitzero"`
	CreatedAt  time.Time        `json:"createdAt"`
	PostedAt   time.Time        `json:"postedAt,omitzero"`
	AnsweredBy string           `json:"answeredBy,omitempty"` // who dropped it
	Reason     string           `json:"reason,omitempty"`     // and why
}

// Firm tells whether a ledger has the document, may have it, or a person dropped it:
// then it is never changed any more, only corrected by another one.
func (r DocumentRecord) Firm() bool {
	switch r.Status {
	case domain.DocumentDue, domain.DocumentPaused:
		return false
	case domain.DocumentRejected: // refused as a draft that stands there, or with other totals than ours
		return r.Entry.Status == domain.DocumentCreated || r.Entry.Status == domain.DocumentPosted
	}
	return true
}

// CodeBooksMoved says that documents were derived from what has changed meanwhile.
const CodeBooksMoved = "books_moved"

// BookedFrom is what an order's documents were derived from.
type BookedFrom struct {
	Sequence int64                // of the newest fact
	Money    string               // of the order, see domain.Order.MoneyVersion
	Rules    int64                // version of the newest rule
	Firm     []domain.DocumentKey // the order's firm documents, see DocumentRecord.Firm
}

// PlannedDocument is a document that facts call for. With a Question it waits.
type PlannedDocument struct {
	Document domain.Document
	Ledger   string
	Question *domain.Question
	Held     bool
	// Distinct says of a write-off that a person told it from those that are alike.
	Distinct bool
	// Same is the document that stands for the garment of a write-off, as a person said;
	// then nothing but that is kept.
	Same domain.DocumentKey
	// Beside are the order's documents that a credit memo's amounts were worked out beside.
	Beside []domain.DocumentKey
}

// DocumentOutcome is what an attempt to send a document came to.
type DocumentOutcome struct {
	Status   domain.DocumentStatus
	Document domain.Document // its PostOn and Late are kept
	Entry    LedgerEntry
	Cause    string
	Problems []domain.Refusal
	NextAt   time.Time
}

// DocumentAnswer is a person's answer about documents that wait.
type DocumentAnswer struct {
	Keys   []domain.DocumentKey // these, or
	Cause  string               // all that wait on it
	Action string               // retry, skip or override
	By     string
	Reason string
}

// DocumentFilter narrows a list; empty fields do not.
type DocumentFilter struct {
	Order    *domain.OrderID
	Entity   string
	Period   domain.Period // of the business date
	Kind     domain.DocumentKind
	Status   domain.DocumentStatus
	Cause    string
	After    domain.DocumentKey // page on after it
	Unposted bool               // neither posted nor dropped
}

// DocumentCause sums up the documents that wait on one cause.
type DocumentCause struct {
	Cause    string
	Count    int
	First    domain.DocumentKey
	Problems []domain.Refusal
	Money    map[string]int64 // gross at stake, minor units by currency
	Since    time.Time
}

// DocumentStore keeps documents between facts and ledgers. Every method can run twice.
type DocumentStore interface {
	WriteOffStore
	// UnbookedOrders lists orders whose documents were not derived from all of their
	// facts and from what the shop says of their money by now, or wait for a rule and rules have changed since; sorted, after one of them.
	UnbookedOrders(ctx context.Context, after domain.OrderID, limit int) ([]domain.OrderID, error)
	Order(ctx context.Context, id domain.OrderID) (domain.Order, error)
	Facts(ctx context.Context, id domain.OrderID, after int64) ([]domain.Fact, error)
	Rules(ctx context.Context) ([]domain.Rule, error)
	// OrderDocuments lists an order's documents, the oldest first.
	OrderDocuments(ctx context.Context, id domain.OrderID) ([]DocumentRecord, error)
	// BookOrder makes the planned ones the order's documents beside the firm ones, and
	// notes up to which fact and rule they were derived. Held documents are left alone.
	// When other documents are firm than the plan knew, or newer facts are booked already,
	// it changes nothing and answers fault.Unavailable, code CodeBooksMoved: derive anew.
	BookOrder(ctx context.Context, id domain.OrderID, from BookedFrom, planned []PlannedDocument, at time.Time) error
	// AddDocuments keeps documents that a workflow made; the same again changes nothing,
	// other content under a key that is not firm replaces it, and under a firm one is fault.Conflict.
	// A credit memo is kept only when no other memo or invoice of its order has come beside
	// those that it was worked out from; otherwise fault.Unavailable, code CodeBooksMoved.
	AddDocuments(ctx context.Context, planned []PlannedDocument, at time.Time) error
	// DueDocuments lists what a ledger is to be told or asked now, in order; a document
	// whose links are not posted yet is not among them.
	DueDocuments(ctx context.Context, ledger string, at time.Time, limit int) ([]DocumentRecord, error)
	// Document reads one; fault.NotFound when there is none.
	Document(ctx context.Context, key domain.DocumentKey) (DocumentRecord, error)
	// LinksOpen lists documents that must be posted before this one and are not.
	LinksOpen(ctx context.Context, key domain.DocumentKey) ([]domain.DocumentKey, error)
	// ClaimDocument notes that a document is about to be sent: until it is told otherwise its
	// outcome is unknown. It answers false when somebody else has it, or it has changed.
	ClaimDocument(ctx context.Context, key domain.DocumentKey, fingerprint string, at, until time.Time) (bool, error)
	SaveDocumentOutcome(ctx context.Context, key domain.DocumentKey, outcome DocumentOutcome, at time.Time) error
	// LinkDocument notes what a posted document came to name in its ledger.
	LinkDocument(ctx context.Context, key domain.DocumentKey, links []string) error
	// StrandDocuments notes which documents are stranded: held by a workflow, made before
	// a time, neither posted nor dropped, and no open question of their return tells of them.
	// It gives them a cause where they have none, and takes it from those that go on.
	StrandDocuments(ctx context.Context, before time.Time) error
	// MissDocuments gives a cause to documents of the scheduled run whose outcome is awaited
	// since before a time, and which have none.
	MissDocuments(ctx context.Context, before time.Time) error
	// AnswerDocuments lets documents go on, or drops them; it answers how many. A question
	// that a return has open about one that it holds is answered with it. Whoever drops a
	// write-off that may be of another one's garment says that it is.
	AnswerDocuments(ctx context.Context, a DocumentAnswer, at time.Time) (int, error)
	// DocumentCauses lists what documents wait on that the scheduled run posts, and what
	// stranded ones do.
	DocumentCauses(ctx context.Context) ([]DocumentCause, error)
	Documents(ctx context.Context, f DocumentFilter, limit int) ([]DocumentRecord, error)
	// OpenSystemCauses lists the causes of a system's open exceptions.
	OpenSystemCauses(ctx context.Context, system string) ([]string, error)
	OpenSystemException(ctx context.Context, e ExceptionRecord) error
	ResolveSystemException(ctx context.Context, system, cause, by string, at time.Time) error
}

// DocumentsSystem is the system under which exceptions about documents are kept: they
// are finance's and hold no order.
const DocumentsSystem = "documents"

// Standing says why a document waits, or under which number it is posted.
func (r DocumentRecord) Standing() string {
	switch {
	case r.Status == domain.DocumentDropped:
		return "dropped by " + r.AnsweredBy + ": " + r.Reason
	case r.Cause != "" && len(r.Problems) > 0:
		return r.Problems[0].Message
	case r.Cause != "":
		return r.Cause
	case r.Entry.Number != "":
		return r.Entry.Number
	case r.Status == domain.DocumentUnknown:
		return "outcome unknown; it is looked up by its key"
	}
	return r.Entry.ID
}
