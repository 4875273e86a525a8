package ports

import (
	"context"
	"fmt"
	"slices"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
)

// LedgerEntry is a document as a ledger holds it, read back from it.
type LedgerEntry struct {
	Key      domain.DocumentKey `json:"key"`
	ID       string             `json:"id,omitempty"`     // the ledger's own, empty while it is not known
	Number   string             `json:"number,omitempty"` // as accountants know it
	Entity   string             `json:"entity,omitempty"` // the ledger's id of it, see Document.EntityRef
	Currency string             `json:"currency,omitempty"`
	Totals   domain.Totals      `json:"totals"`
	TaxParts int                `json:"taxParts,omitempty"` // separately rounded tax amounts; 0 is read as one for each line
	// GrossOnly says that the ledger tells neither entity nor tax, as a go-between does:
	// only gross and currency can be compared.
	GrossOnly bool                  `json:"grossOnly,omitempty"`
	PostedOn  domain.Date           `json:"postedOn,omitempty"`
	Status    domain.DocumentStatus `json:"status"`           // created, accepted, unknown, posted or rejected
	Run       string                `json:"run,omitempty"`    // of a go-between: the run that took it
	Reason    string                `json:"reason,omitempty"` // of a rejection
	// Awaited is ours: since when the outcome is awaited, zero where it is known.
	Awaited time.Time `json:"awaited,omitzero"`
	// Links are ids that the document came to name after it was posted, see Ledger.Link.
	Links []string `json:"links,omitempty"`
}

// Agrees compares a ledger's totals with the document's. Gross, currency and entity
// have no tolerance; tax may differ by half a minor unit for each separately rounded
// amount of both sides. What differs by more is fault.Conflict, code totals_differ:
// it is never posted over. Totals that the ledger has not told yet agree.
func (e LedgerEntry) Agrees(d domain.Document) error {
	if e.Status == domain.DocumentAccepted || e.Status == domain.DocumentUnknown {
		return nil
	}
	want := d.Totals()
	differs := func(field string, theirs, ours any) error {
		message := fmt.Sprintf("%s of %s is %v in the ledger and %v by its source; nothing was posted over it", field, d.Key, theirs, ours)
		return &fault.Fault{
			Kind: fault.Conflict, System: "ledger", Op: "compare", Code: CodeTotalsDiffer, Message: message,
			Problems: []fault.Problem{{Code: CodeTotalsDiffer, Field: field, Value: string(d.Key), Message: message}},
		}
	}
	switch allowed := TaxAllowed(len(d.Lines), e.TaxParts); {
	case e.Entity != d.EntityRef && !(e.GrossOnly && e.Entity == ""):
		return differs("entity", e.Entity, d.EntityRef)
	case e.Currency != d.Currency:
		return differs("currency", e.Currency, d.Currency)
	case e.Totals.Gross != want.Gross:
		return differs("gross", domain.Format(e.Totals.Gross, e.Currency), domain.Format(want.Gross, d.Currency))
	case e.GrossOnly:
	case e.Totals.Net+e.Totals.Tax != e.Totals.Gross, max(e.Totals.Tax-want.Tax, want.Tax-e.Totals.Tax) > allowed:
		return differs("tax", domain.Format(e.Totals.Tax, e.Currency), domain.Format(want.Tax, d.Currency))
	}
	return nil
}

// TaxAllowed is by how many minor units two computations of one document's tax may
// differ that round ours and theirs amounts; theirs 0 stands for as many as ours.
func TaxAllowed(ours, theirs int) int64 {
	if theirs == 0 {
		theirs = ours
	}
	return int64((ours + theirs) / 2)
}

// Codes of a ledger's faults that callers act on.
const (
	// CodeClosedPeriod: fault.Rejected; the accounting month of PostOn is closed.
	CodeClosedPeriod = "closed_period"
	// CodeOtherContent: fault.Conflict; another document stands under the key.
	CodeOtherContent = "other_content"
	// CodeTotalsDiffer: fault.Conflict; the ledger's totals are not the document's.
	CodeTotalsDiffer = "totals_differ"
	// CodeEntityUnknown: fault.Unmapped; the ledger has no such entity.
	CodeEntityUnknown = "entity_unknown"
	// CodeCurrencyRefused: fault.Unmapped; the entity does not book the currency.
	CodeCurrencyRefused = "currency_refused"
	// CodeLinkUnsupported: fault.Invalid; see LedgerCapabilities.Relinks.
	CodeLinkUnsupported = "link_unsupported"
	// CodeKindUnsupported: fault.Invalid; see LedgerCapabilities.Kinds.
	CodeKindUnsupported = "kind_unsupported"
)

// LedgerIdempotency says how a ledger keeps a document from being created twice.
type LedgerIdempotency string

// Ways to be created once.
const (
	IdempotentByKey    LedgerIdempotency = "unique-key" // it refuses a second document under a key
	IdempotentByHeader LedgerIdempotency = "header"     // it recognises a repeated request
	IdempotentByLookup LedgerIdempotency = "lookup"     // only our look before each send; needs one sender at a time
)

// LedgerTax says who computes tax.
type LedgerTax string

// Tax modes.
const (
	TaxExplicit   LedgerTax = "explicit"   // it takes our amounts
	TaxCalculated LedgerTax = "calculated" // it computes its own from net amounts; the difference is a rounding line
	TaxInclusive  LedgerTax = "inclusive"  // it computes its own from gross amounts
)

// LedgerCapabilities is what an adapter declares; callers rely on it and never ask
// which ledger it is.
type LedgerCapabilities struct {
	Kinds       []domain.DocumentKind // kinds that it can hold; others are refused with CodeKindUnsupported
	Idempotency LedgerIdempotency
	Linking     string // transform, base-line, allocation, reference or none: how a credit names its source
	TwoStep     bool   // Create leaves a draft and Post posts it; otherwise Create posts and Post only looks
	Later       bool   // Create may answer accepted: the outcome comes later and is asked for by Find
	StockLedger bool   // it keeps stock; without it a write-off comes as a journal
	Tax         LedgerTax
	EntityIn    string // field, url, tenant or session
	Summary     bool   // it takes one summary a day instead of a document for each event
	// MaxKeyLength and KeyAlphabet bound what a key may be there; see DocumentKey.Short. 0: no bound.
	MaxKeyLength int
	KeyAlphabet  string
	// MaxInFlight, PerMinute and PerDay bound our requests; 0: no bound.
	MaxInFlight, PerMinute, PerDay int
	// Relinks says that a posted document can still be told what it is about, see
	// Ledger.Link. Where it cannot, both sides name our reference of the return: the
	// document as its ReturnRef, the shop's return as its external id.
	Relinks bool
	// OneSource says that a credit memo can name one source document only.
	OneSource bool
}

// Holds tells whether the ledger can hold a kind.
func (c LedgerCapabilities) Holds(kind domain.DocumentKind) bool {
	return slices.Contains(c.Kinds, kind)
}

// LedgerRef names a document to a ledger: what it needs to find it by key.
type LedgerRef struct {
	Key       domain.DocumentKey
	Kind      domain.DocumentKind
	EntityRef string
	Run       string // of an accepted one: the go-between's run
	// Links and Reverses are the document's. Some records of a ledger have no key of their
	// own, such as the use of a deposit, and are found at what they belong to.
	Links    []domain.DocumentKey
	Reverses domain.DocumentKey
	PostOn   domain.Date // narrows a search where keys cannot be looked up
}

// Ref names the document to its ledger.
func Ref(d domain.Document) LedgerRef {
	return LedgerRef{Key: d.Key, Kind: d.Kind, EntityRef: d.EntityRef, Links: d.Links, Reverses: d.Reverses, PostOn: d.PostOn}
}

// Ledger is the books of one or several legal entities: an ERP (NetSuite), a flow in
// front of one (Patchworks), or our own documents exported as CSV. It is told of
// business events, each under one key; which records it makes of them is its own.
//
// Accepted is not posted: only an entry with status posted, an id and agreeing totals
// counts. Every method makes one attempt and can run twice harmlessly. What a ledger saves
// and still has to approve is accepted, too: its outcome comes later.
//
// An adapter in front of a go-between, which looks nothing up, keeps what it sent and was
// told in a book of its own: an entry whose answer was lost is unknown there, to Find and
// to Create alike, until its outcome is told, and is never sent again by itself. One for a
// ledger that keeps only a short form of keys answers that in List, and the whole key
// wherever it was asked with one.
type Ledger interface {
	// Capabilities states what the ledger can do; it asks nobody.
	Capabilities() LedgerCapabilities
	// PostingDate gives the accounting date of a kind of document for a business date:
	// itself while its period is open, otherwise the first day of the first open period
	// after it. Periods may be closed for some kinds alone, as for receivables before stock.
	// It never answers a day that Create or Post has just refused as closed. Where the ledger
	// tells nobody of its periods, those that people close here hold. An entity that the
	// ledger does not have is fault.Unmapped, code entity_unknown.
	PostingDate(ctx context.Context, entityRef string, kind domain.DocumentKind, date domain.Date) (domain.Date, error)
	// Create makes the document stand in the ledger, once per key. The same content again
	// answers what stands there; other content is fault.Conflict, code other_content. A
	// closed period is fault.Rejected, code closed_period. When the outcome is not known
	// it is fault.Uncertain, and the caller asks Find before it calls again.
	Create(ctx context.Context, d domain.Document) (LedgerEntry, error)
	// Post puts a created document into the books; posting a posted one answers it as it
	// is. A document that is not there is fault.NotFound. Faults as of Create.
	Post(ctx context.Context, d domain.Document) (LedgerEntry, error)
	// Link makes a posted document name the shop's returns that it is of, when it was
	// posted before they stood: a reference, a memo line or a field of its own, which no
	// ledger counts as a change of its books. Amounts, dates and number stay, so a closed
	// period keeps nobody from it. The same again changes nothing; more are added to those
	// that it names. A document that is not posted is fault.NotFound; a ledger that does
	// not declare Relinks answers fault.Invalid, code link_unsupported.
	Link(ctx context.Context, ref LedgerRef, returns []string) (LedgerEntry, error)
	// Find looks a document up by its key and reads it back; fault.NotFound says that the
	// ledger certainly has none. A go-between that cannot tell answers status unknown.
	Find(ctx context.Context, ref LedgerRef) (LedgerEntry, error)
	// List reads the posted entries of an entity and period in a stable order, one page
	// after the cursor; next is empty on the last page.
	List(ctx context.Context, entityRef string, period domain.Period, cursor string) (entries []LedgerEntry, next string, err error)
	// Probe makes the cheapest call that tells whether the ledger answers and accepts our credentials.
	Probe(ctx context.Context) error
}
