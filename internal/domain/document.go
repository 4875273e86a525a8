package domain

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// DocumentKind names the business event that a document records. A ledger decides
// by itself which records of its own that makes.
type DocumentKind string

// Kinds of document, one for each business event.
const (
	DocSalesOrder     DocumentKind = "sales-order"         // a warehouse accepted the order
	DocOrderChange    DocumentKind = "sales-order-change"  // units were cancelled or added since, as differences
	DocFulfilment     DocumentKind = "fulfilment"          // a shipment left the warehouse; a reversal has negative quantities
	DocInvoice        DocumentKind = "invoice"             // a shipment is billed; a reversal has negative amounts
	DocDeposit        DocumentKind = "deposit"             // money was captured before the goods left: a liability
	DocDepositUse     DocumentKind = "deposit-application" // part of a deposit pays an invoice
	DocReceipt        DocumentKind = "item-receipt"        // returned goods arrived at the warehouse
	DocCreditMemo     DocumentKind = "credit-memo"         // a return was accepted financially, or money was given back for goodwill
	DocRefund         DocumentKind = "refund"              // money was sent back
	DocWriteOff       DocumentKind = "write-off"           // one garment beyond economic repair
	DocRegrade        DocumentKind = "regrade-transfer"    // a garment moved to another grade or item
	DocJournal        DocumentKind = "journal"             // what no other document says; debits equal credits
	documentKeyPrefix              = "centra"
)

// word is what stands for a kind in a document key. No two kinds share a key.
func (k DocumentKind) word() string {
	switch k {
	case DocSalesOrder:
		return "order"
	case DocOrderChange:
		return "chg"
	case DocFulfilment:
		return "shp"
	case DocInvoice:
		return "inv"
	case DocDeposit:
		return "dep"
	case DocDepositUse:
		return "dpa"
	case DocReceipt:
		return "ret"
	case DocCreditMemo:
		return "cm"
	case DocRefund:
		return "ref"
	case DocWriteOff:
		return "ber"
	case DocRegrade:
		return "rgd"
	case DocJournal:
		return "je"
	}
	return ""
}

// DocumentKinds lists every kind, in the order in which documents of one instant are posted.
func DocumentKinds() []DocumentKind {
	return []DocumentKind{
		DocSalesOrder, DocOrderChange, DocDeposit, DocFulfilment, DocInvoice, DocDepositUse,
		DocReceipt, DocCreditMemo, DocRefund, DocWriteOff, DocRegrade, DocJournal,
	}
}

// DocumentKey is the one key of a document, the same in every system: at most one
// document exists under it. It holds letters, digits, hyphen and underscore only.
type DocumentKey string

// NewDocumentKey is centra-<kind>-<source>[-<source>…][-<n>]: the ids of what the
// document is about, and n from 2 for a further document about the same (a reversal,
// the rest of something; n below 2 adds nothing). Each source is escaped so that
// different sources never meet: every byte but letters and digits becomes _xHH.
func NewDocumentKey(kind DocumentKind, n int, sources ...string) (DocumentKey, error) {
	if kind.word() == "" {
		return "", fmt.Errorf("document kind %q is unknown", kind)
	}
	if len(sources) == 0 {
		return "", fmt.Errorf("a %s needs the id of what it is about", kind)
	}
	parts := []string{documentKeyPrefix, kind.word()}
	for _, s := range sources {
		if s == "" {
			return "", fmt.Errorf("a %s needs the id of what it is about: one is empty", kind)
		}
		parts = append(parts, escapeKey(s))
	}
	if n >= 2 {
		// Not a bare number: a source may be one, and then two keys would meet.
		parts = append(parts, "_n"+strconv.Itoa(n))
	}
	return DocumentKey(strings.Join(parts, "-")), nil
}

// Kind is the kind of document that a key is of, also of one that Short left 32 bytes or
// more; empty for what is no key. An adapter needs it to look up a document that another one names by its key.
func (k DocumentKey) Kind() DocumentKind {
	rest, ok := strings.CutPrefix(string(k), documentKeyPrefix+"-")
	word, _, more := strings.Cut(rest, "-")
	if !ok || !more {
		return ""
	}
	for _, kind := range DocumentKinds() {
		if kind.word() == word {
			return kind
		}
	}
	return ""
}

func escapeKey(source string) string {
	var b strings.Builder
	for i := range len(source) {
		c := source[i]
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "_x%02X", c)
	}
	return b.String()
}

// Short is the key for a ledger that takes no more than most bytes: what is too long
// keeps its beginning and ends in a hash of the whole. most below 24 is taken as 24.
func (k DocumentKey) Short(most int) string {
	most = max(most, 24)
	if len(k) <= most {
		return string(k)
	}
	sum := sha256.Sum256([]byte(k))
	suffix := "-h" + hex.EncodeToString(sum[:8])
	return string(k[:most-len(suffix)]) + suffix
}

// Date is a day of the calendar without a zone, written YYYY-MM-DD.
type Date string

// DateOf is the business date of an instant: the day in the zone of the legal entity,
// never the server's or the shop's, never UTC.
func DateOf(at time.Time, zone *time.Location) Date { return Date(at.In(zone).Format(time.DateOnly)) }

// ParseDate reads YYYY-MM-DD.
func ParseDate(s string) (Date, error) {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return "", fmt.Errorf("date %q is not a day of the calendar; write it as 2026-11-30", s)
	}
	return Date(s), nil
}

// Period is the accounting month of a date, written YYYY-MM.
func (d Date) Period() Period {
	if len(d) < 7 {
		return ""
	}
	return Period(d[:7])
}

// Period is an accounting month, written YYYY-MM.
type Period string

// ParsePeriod reads YYYY-MM.
func ParsePeriod(s string) (Period, error) {
	if _, err := time.Parse("2006-01", s); err != nil {
		return "", fmt.Errorf("period %q is not a month; write it as 2026-11", s)
	}
	return Period(s), nil
}

// Next is the month after.
func (p Period) Next() Period {
	first, err := time.Parse("2006-01", string(p))
	if err != nil {
		return p
	}
	return Period(first.AddDate(0, 1, 0).Format("2006-01"))
}

// First is the first day of the month.
func (p Period) First() Date { return Date(p + "-01") }

// KindDocumentHeld is the kind of question about documents that a workflow held and that
// nobody is at any more.
const KindDocumentHeld = "document-held"

// KindDocumentUnconfirmed is the kind of question about documents that a ledger, or a
// go-between, took and whose outcome nobody has told for long.
const KindDocumentUnconfirmed = "document-unconfirmed"

// DocumentLineKind says what a document line is worth money for.
type DocumentLineKind string

// Kinds of document line.
const (
	DocLineGoods    DocumentLineKind = "goods"
	DocLineGiftCard DocumentLineKind = "gift-card" // a liability, sold without tax
	DocLineShipping DocumentLineKind = "shipping"
	DocLineHandling DocumentLineKind = "handling"
	DocLineFee      DocumentLineKind = "fee"      // a return fee, a negative amount on a credit memo
	DocLineVoucher  DocumentLineKind = "voucher"  // store credit issued on a return
	DocLinePayment  DocumentLineKind = "payment"  // of a deposit, its use, or a refund; without tax
	DocLineAccount  DocumentLineKind = "account"  // of a journal: positive debits, negative credits
	DocLineRounding DocumentLineKind = "rounding" // what a ledger's own arithmetic leaves over
	DocLineGoodwill DocumentLineKind = "goodwill" // money given back without goods: less revenue, and the tax of it
)

// DocumentLine is one line of a document: after discounts, in minor units of the
// document's currency, tax included in Gross.
type DocumentLine struct {
	Ref         string           `json:"ref"` // order line id, or shipping, handling, fee:<what>; unique within a document and Source
	Kind        DocumentLineKind `json:"kind"`
	SKU         string           `json:"sku,omitempty"`  // the shop's
	Item        string           `json:"item,omitempty"` // of the warehouse, where it differs
	Quantity    int              `json:"quantity,omitempty"`
	Gross       int64            `json:"gross"`
	Tax         int64            `json:"tax"`
	TaxPercent  string           `json:"taxPercent,omitempty"`
	Source      DocumentKey      `json:"source,omitempty"` // the document whose line of the same Ref it takes back or bills
	Account     string           `json:"account,omitempty"`
	Disposition string           `json:"disposition,omitempty"`
	From        string           `json:"from,omitempty"` // of a regrade: grade or item before
	To          string           `json:"to,omitempty"`   // and after
}

// Net is Gross without Tax.
func (l DocumentLine) Net() int64 { return l.Gross - l.Tax }

// Document is one business event for a ledger: no personal data, nothing defaulted.
// Once it was created somewhere it is never edited; a mistake is put right by another one.
type Document struct {
	Key      DocumentKey  `json:"key"`
	Kind     DocumentKind `json:"kind"`
	Order    OrderID      `json:"order,omitzero"`     // zero only for what belongs to no order
	Shipment string       `json:"shipment,omitempty"` // the warehouse's shipment id
	Return   string       `json:"return,omitempty"`   // the shop's return id, or else the warehouse's
	// ReturnRef is the warehouse's confirmation beside the shop's return id, or the other way round.
	ReturnRef string `json:"returnRef,omitempty"`
	Warehouse string `json:"warehouse,omitempty"`
	Market    string `json:"market,omitempty"` // as the shop names it
	Country   string `json:"country,omitempty"`
	// Entity is our code of the legal entity and EntityRef the ledger's own id of it.
	// Both come from rules, never from a default.
	Entity    string `json:"entity"`
	EntityRef string `json:"entityRef"`
	Currency  string `json:"currency"` // ISO 4217, one that the entity books
	// OccurredAt is when it happened and Date the day of that in the entity's zone.
	OccurredAt time.Time `json:"occurredAt"`
	Date       Date      `json:"date"`
	// PostOn is the accounting date: Date, or the first open day after it, and then Late.
	PostOn Date `json:"postOn"`
	Late   bool `json:"late,omitempty"`
	// Reference is what people search by: the order's or the return's number.
	Reference string `json:"reference"`
	Memo      string `json:"memo,omitempty"`
	// Reverses is the document that this one takes back or corrects.
	Reverses DocumentKey   `json:"reverses,omitempty"`
	Links    []DocumentKey `json:"links,omitempty"` // documents that must be posted before it
	// Captured says that the money of an invoice was captured with the shipment, so that
	// a ledger may book a cash sale.
	Captured bool              `json:"captured,omitempty"`
	Carrier  string            `json:"carrier,omitempty"`
	Tracking string            `json:"tracking,omitempty"`
	Method   string            `json:"method,omitempty"` // of a payment or refund: MethodOriginal, MethodGiftCard, store-credit
	Payment  string            `json:"payment,omitempty"`
	Lines    []DocumentLine    `json:"lines"`
	Rules    map[string]int64  `json:"rules,omitempty"` // versions of the rules that made it
	Extra    map[string]string `json:"extra,omitempty"` // what one kind alone needs, such as grade or reason
}

// Totals are a document's sums in minor units.
type Totals struct {
	Net   int64 `json:"net"`
	Tax   int64 `json:"tax"`
	Gross int64 `json:"gross"`
}

// Totals sums the lines.
func (d Document) Totals() Totals {
	var t Totals
	for _, l := range d.Lines {
		t.Gross, t.Tax, t.Net = t.Gross+l.Gross, t.Tax+l.Tax, t.Net+l.Net()
	}
	return t
}

// Fingerprint is equal for equal content. Left out is what a repetition may change
// without being another document: where it is posted, and the rules' versions.
func (d Document) Fingerprint() string {
	d.PostOn, d.Late, d.Rules = "", false, nil
	d.OccurredAt = d.OccurredAt.UTC()
	d.Lines = slices.Clone(d.Lines)
	slices.SortStableFunc(d.Lines, func(a, b DocumentLine) int {
		return cmp.Or(cmp.Compare(a.Ref, b.Ref), cmp.Compare(a.Source, b.Source))
	})
	text, err := json.Marshal(d)
	if err != nil {
		return "" // no field of a document can fail to be written
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Problems lists all that keeps a document from being created anywhere; none holds
// personal data.
func (d Document) Problems() []Refusal {
	var problems []Refusal
	add := func(field, value, message string) {
		problems = append(problems, Refusal{Code: "document_invalid", Field: field, Value: value, Message: field + ": " + message})
	}
	for _, needed := range []struct{ field, value string }{
		{"key", string(d.Key)}, {"entity", d.Entity}, {"entityRef", d.EntityRef}, {"date", string(d.Date)}, {"postOn", string(d.PostOn)},
	} {
		if needed.value == "" {
			add(needed.field, "", "is missing; nothing of a document is ever defaulted")
		}
	}
	if d.Kind.word() == "" {
		add("kind", string(d.Kind), "is no kind of document")
	}
	if _, ok := MinorUnits(d.Currency); !ok {
		add("currency", d.Currency, "is not an ISO 4217 code")
	}
	if d.OccurredAt.IsZero() {
		add("occurredAt", "", "is missing")
	}
	if d.PostOn < d.Date {
		add("postOn", string(d.PostOn), "is before the day on which it happened")
	}
	if d.Late != (d.PostOn != d.Date) {
		add("late", strconv.FormatBool(d.Late), "a document is late exactly when it is posted on another day than it happened")
	}
	if len(d.Lines) == 0 {
		add("lines", "", "a document needs at least one")
	}
	return append(problems, d.lineProblems()...)
}

func (d Document) lineProblems() []Refusal {
	var problems []Refusal
	add := func(l DocumentLine, field, message string) {
		problems = append(problems, Refusal{Code: "document_invalid", Field: field, Line: l.Ref, SKU: l.SKU, Message: "line " + l.Ref + ": " + message})
	}
	seen := map[string]bool{}
	var sum uint64
	for _, l := range d.Lines {
		name := l.Ref + " " + string(l.Source)
		if l.Ref == "" || seen[name] {
			add(l, "ref", "each line needs a name of its own")
		}
		seen[name] = true
		mirrored := l.Gross < 0 && l.Tax <= 0 && l.Tax >= l.Gross
		if !mirrored && (l.Tax < 0 || l.Tax > l.Gross) {
			add(l, "tax", fmt.Sprintf("tax %d is not between 0 and the gross %d", l.Tax, l.Gross))
		}
		if sum += magnitude(l.Gross); magnitude(l.Gross) > math.MaxInt64 || sum > math.MaxInt64 {
			add(l, "gross", "is beyond what can be added up")
			return problems
		}
	}
	// Of lines that are each in order the sum may not be: a fee with more tax than the goods
	// that it is kept of, or above their worth. A parcel may hold a rebate alone.
	t := d.Totals()
	rebate := d.Kind == DocInvoice && t.Gross < 0 && t.Tax <= 0 && t.Tax >= t.Gross
	if (d.Kind == DocInvoice || d.Kind == DocCreditMemo) && d.Reverses == "" && !rebate && (t.Tax < 0 || t.Tax > t.Gross) {
		add(DocumentLine{Ref: "*"}, "tax", fmt.Sprintf("all lines together come to the tax %d and the gross %d; tax is between 0 and gross", t.Tax, t.Gross))
	}
	if d.Kind == DocJournal && t.Gross != 0 {
		add(DocumentLine{Ref: "*"}, "gross", "debits and credits of a journal must be equal")
	}
	return problems
}

// DocumentStatus is where a document stands.
type DocumentStatus string

// Statuses. Accepted is not posted: a go-between has taken the document and its
// outcome is not known. Only posted and dropped need nobody any more.
const (
	DocumentDue      DocumentStatus = "due"      // stands in our store; no ledger has it
	DocumentCreated  DocumentStatus = "created"  // stands in the ledger as a draft
	DocumentAccepted DocumentStatus = "accepted" // a go-between took it; the ledger's id has not come back
	DocumentUnknown  DocumentStatus = "unknown"  // whether the ledger has it is to be looked up
	DocumentPosted   DocumentStatus = "posted"   // in the ledger's books, its id known and its totals compared
	DocumentRejected DocumentStatus = "rejected" // the ledger refused it: a person decides
	DocumentPaused   DocumentStatus = "paused"   // something of ours is missing, such as a rule: a person decides
	DocumentDropped  DocumentStatus = "dropped"  // a person said, with a reason, that it is not to be posted
)

// Settled tells whether nobody has to do anything about the document any more.
func (s DocumentStatus) Settled() bool { return s == DocumentPosted || s == DocumentDropped }
