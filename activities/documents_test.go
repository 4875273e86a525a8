package activities_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"selvedge/activities"
	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/store"
	"selvedge/internal/store/storetest"
	"selvedge/internal/systems/csvledger"
)

// moody is a ledger whose next answers a test decides.
type moody struct {
	ports.Ledger
	mu     sync.Mutex
	able   func(*ports.LedgerCapabilities)
	create func(domain.Document) (ports.LedgerEntry, error) // nil: as the ledger itself
	post   func(domain.Document) (ports.LedgerEntry, error)
	find   func(ports.LedgerRef) (ports.LedgerEntry, error)
	calls  []string
}

func (m *moody) note(call string, key domain.DocumentKey) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls = append(m.calls, call+" "+string(key))
}

func (m *moody) Capabilities() ports.LedgerCapabilities {
	c := m.Ledger.Capabilities()
	if m.able != nil {
		m.able(&c)
	}
	return c
}

func (m *moody) Create(ctx context.Context, d domain.Document) (ports.LedgerEntry, error) {
	m.note("create", d.Key)
	if m.create != nil {
		return m.create(d)
	}
	return m.Ledger.Create(ctx, d)
}

func (m *moody) Post(ctx context.Context, d domain.Document) (ports.LedgerEntry, error) {
	m.note("post", d.Key)
	if m.post != nil {
		return m.post(d)
	}
	return m.Ledger.Post(ctx, d)
}

func (m *moody) Find(ctx context.Context, ref ports.LedgerRef) (ports.LedgerEntry, error) {
	m.note("find", ref.Key)
	if m.find != nil {
		return m.find(ref)
	}
	return m.Ledger.Find(ctx, ref)
}

// office is finance's side of a world with one order.
type office struct {
	t      *testing.T
	db     *store.Store
	ledger *moody
	docs   *activities.Documents
	now    time.Time
}

const soKey = domain.DocumentKey("centra-order-atelier-10001")

// newOffice has an accepted order; its entity keeps its books here where late is post or ask.
func newOffice(t *testing.T, late string) *office {
	t.Helper()
	o := &office{t: t, db: storetest.New(t), now: noon}
	clock := func() time.Time { return o.now }
	o.ledger = &moody{Ledger: &csvledger.Ledger{Book: o.db, Clock: clock, Entities: func(context.Context) (map[string][]string, error) {
		return map[string][]string{"7": {"GBP"}}, nil
	}}}
	o.docs = &activities.Documents{Store: o.db, Ledgers: map[string]ports.Ledger{"csv": o.ledger}, Clock: clock, Settle: settle}
	o.rule(domain.Rule{Table: domain.RuleMarket, Store: "atelier", From: "United Kingdom", To: "ATELIER-UK"})
	if late != "" {
		o.entity(late)
	}
	_, err := o.db.TakeIn(t.Context(), []ports.ShopOrder{{Order: domain.Order{
		ID: orderID, Status: domain.ShopConfirmed, PlacedAt: noon, UpdatedAt: noon, Market: domain.Ref{Name: "United Kingdom"}, Currency: "GBP", Country: "GB",
		GrandTotal: 5300, Lines: []domain.Line{{ID: "1", Kind: domain.LineProduct, SKU: "TEE", Quantity: 3, Total: 5300, TaxPercent: "20"}},
	}}}, noon)
	require.NoError(t, err)
	o.tell(domain.NewFact(domain.FactSubmitted, "sent", "selvedge", noon, domain.SubmittedFact{Consignment: "10001", Warehouse: hillington, Revision: 1, Lines: []domain.LineQuantity{{Line: "1", Quantity: 3}}}),
		domain.NewWarehouseOrderFact(domain.WarehouseOrder{Number: "10001", Warehouse: hillington, Status: domain.WarehouseAccepted, Revision: 2}, noon))
	return o
}

func (o *office) tell(facts ...domain.Fact) {
	o.t.Helper()
	_, _, err := o.db.Append(o.t.Context(), orderID, facts)
	require.NoError(o.t, err)
}

func (o *office) rule(r domain.Rule) {
	o.t.Helper()
	_, err := o.db.SaveRules(o.t.Context(), []domain.Rule{r}, "Ada", "test", o.now)
	require.NoError(o.t, err)
}

func (o *office) entity(late string) {
	o.rule(domain.Rule{Table: domain.RuleEntity, From: "ATELIER-UK", To: "7", Extra: map[string]string{"timezone": "Europe/London", "currency": "GBP", "late": late}})
}

func (o *office) do(part any) (contract.DocumentsResult, error) {
	o.t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(nil)
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(o.docs)
	value, err := env.ExecuteActivity(part, contract.DocumentsInput{Ledger: "csv"})
	var result contract.DocumentsResult
	if err == nil {
		require.NoError(o.t, value.Get(&result))
	}
	return result, err
}

// run is one scheduled run, as the workflow does it.
func (o *office) run() (contract.DocumentsResult, error) {
	o.t.Helper()
	booked, err := o.do(o.docs.BookOrders)
	require.NoError(o.t, err)
	posted, postErr := o.do(o.docs.PostDocuments)
	told, err := o.do(o.docs.ReportDocuments)
	require.NoError(o.t, err)
	return booked.Plus(posted).Plus(told), postErr
}

func (o *office) ran() contract.DocumentsResult {
	o.t.Helper()
	result, err := o.run()
	require.NoError(o.t, err)
	return result
}

func (o *office) document(key domain.DocumentKey) ports.DocumentRecord {
	o.t.Helper()
	r, err := o.db.Document(o.t.Context(), key)
	require.NoError(o.t, err)
	return r
}

// asked are the causes that finance is told of.
func (o *office) asked() []string {
	o.t.Helper()
	causes, err := o.db.OpenSystemCauses(o.t.Context(), ports.DocumentsSystem)
	require.NoError(o.t, err)
	return causes
}

func (o *office) answer(action, cause string) int {
	o.t.Helper()
	n, err := o.db.AnswerDocuments(o.t.Context(), ports.DocumentAnswer{Cause: cause, Action: action, By: "Ada", Reason: "because"}, o.now)
	require.NoError(o.t, err)
	return n
}

func TestADocumentIsPostedOnceHoweverOftenItIsTried(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	require.Equal(t, contract.DocumentsResult{Booked: 1, Posted: 1}, o.ran())
	r := o.document(soKey)
	require.Equal(t, domain.DocumentPosted, r.Status)
	require.Equal(t, "7-sales-order-000001", r.Entry.Number)
	require.Equal(t, domain.Date("2026-11-20"), r.Document.Date)
	require.Equal(t, contract.DocumentsResult{}, o.ran(), "nothing is left to do")
	require.Equal(t, []string{"create " + string(soKey), "post " + string(soKey)}, o.ledger.calls)
}

func TestAnUnknownOutcomeIsLookedUpBeforeAnythingIsSentAgain(t *testing.T) {
	t.Parallel()
	lost := func(domain.Document) (ports.LedgerEntry, error) {
		return ports.LedgerEntry{}, &fault.Fault{Kind: fault.Uncertain, System: "csv", Op: "create", Message: "no answer"}
	}
	t.Run("and adopted when it is there", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t, "post")
		o.ledger.create = func(d domain.Document) (ports.LedgerEntry, error) {
			if _, err := o.ledger.Ledger.Create(t.Context(), d); err != nil {
				return ports.LedgerEntry{}, err
			}
			_, err := o.ledger.Ledger.Post(t.Context(), d)
			require.NoError(t, err)
			return lost(d)
		}
		require.Zero(t, o.ran().Posted)
		require.Equal(t, domain.DocumentUnknown, o.document(soKey).Status)
		o.ran()
		require.Len(t, o.ledger.calls, 1, "before its time limit has passed it may still take effect")
		o.now = o.now.Add(settle)
		require.Equal(t, 1, o.ran().Posted)
		require.Equal(t, []string{"create " + string(soKey), "find " + string(soKey)}, o.ledger.calls)
	})
	t.Run("and sent again when it is certainly not", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t, "post")
		o.ledger.create = lost
		o.ran()
		o.ledger.create, o.now = nil, o.now.Add(settle)
		require.Equal(t, 1, o.ran().Posted)
		require.Equal(t, []string{"create", "find", "create", "post"}, words(o.ledger.calls))
	})
	t.Run("also when the sender died without a word", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t, "post")
		_, err := o.do(o.docs.BookOrders)
		require.NoError(t, err)
		d := o.document(soKey).Document
		ours, err := o.db.ClaimDocument(t.Context(), soKey, d.Fingerprint(), o.now, o.now.Add(time.Minute))
		require.NoError(t, err)
		require.True(t, ours)
		ours, err = o.db.ClaimDocument(t.Context(), soKey, d.Fingerprint(), o.now, o.now.Add(time.Minute))
		require.NoError(t, err)
		require.False(t, ours, "two senders never have one document")
		require.Zero(t, o.ran().Posted)
		o.now = o.now.Add(time.Minute)
		require.Equal(t, 1, o.ran().Posted)
		require.Equal(t, "find", words(o.ledger.calls)[0])
	})
}

func words(calls []string) (out []string) {
	for _, c := range calls {
		for n := range c {
			if c[n] == ' ' {
				out = append(out, c[:n])
				break
			}
		}
	}
	return out
}

func TestALedgerThatIsAwayDecidesNothing(t *testing.T) {
	t.Parallel()
	for _, kind := range []fault.Kind{fault.Unavailable, fault.RateLimited, fault.Misconfigured} {
		o := newOffice(t, "post")
		o.ledger.create = func(domain.Document) (ports.LedgerEntry, error) {
			return ports.LedgerEntry{}, &fault.Fault{Kind: kind, System: "csv", Message: "away"}
		}
		_, err := o.run()
		require.ErrorContains(t, err, "away", "the run fails, so that the outage is told")
		require.Equal(t, domain.DocumentDue, o.document(soKey).Status)
		require.Empty(t, o.asked(), "and no document asks finance about it")
		o.ledger.create = nil
		require.Equal(t, 1, o.ran().Posted)
	}
}

func TestOtherTotalsAreNeverPostedOver(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	o.ledger.create = func(d domain.Document) (ports.LedgerEntry, error) {
		e, err := o.ledger.Ledger.Create(t.Context(), d)
		e.Totals.Gross, e.Totals.Net = e.Totals.Gross+1, e.Totals.Net+1
		return e, err
	}
	require.Equal(t, 1, o.ran().Refused)
	cause := "document-conflict:" + string(soKey)
	require.Equal(t, []string{cause}, o.asked())
	require.Equal(t, []string{"create"}, words(o.ledger.calls), "it is not posted")
	require.Equal(t, 1, o.ran().Waiting, "asked once, and not again by itself")
	o.ledger.create = nil
	require.Equal(t, 1, o.answer("retry", cause))
	require.Equal(t, 1, o.ran().Posted)
	require.Empty(t, o.asked())
	require.Zero(t, o.answer("retry", cause), "an answer finds only what still waits")
}

func TestAcceptedIsNotPosted(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	o.ledger.able = func(c *ports.LedgerCapabilities) { c.Later, c.TwoStep = true, false }
	o.ledger.create = func(d domain.Document) (ports.LedgerEntry, error) {
		return ports.LedgerEntry{Key: d.Key, Status: domain.DocumentAccepted, Run: "run-9"}, nil
	}
	told := ports.LedgerEntry{Key: soKey, Status: domain.DocumentUnknown}
	o.ledger.find = func(ref ports.LedgerRef) (ports.LedgerEntry, error) {
		require.Equal(t, "run-9", ref.Run)
		told.Run = ref.Run
		return told, nil
	}
	require.Equal(t, 1, o.ran().Accepted)
	o.now = o.now.Add(settle)
	o.ran()
	require.Equal(t, domain.DocumentUnknown, o.document(soKey).Status, "a run that succeeded without an id proves nothing")
	told = ports.LedgerEntry{Key: soKey, Status: domain.DocumentPosted, Currency: "GBP", GrossOnly: true, Totals: domain.Totals{Gross: 5300}}
	o.now = o.now.Add(settle)
	o.ran()
	require.Equal(t, domain.DocumentUnknown, o.document(soKey).Status, "nor does posted without one")
	told.ID, told.Number = "71400", "SO1044"
	o.now = o.now.Add(settle)
	require.Equal(t, 1, o.ran().Posted)
	require.Equal(t, "SO1044", o.document(soKey).Entry.Number)
	require.Equal(t, 1, len(o.ledger.calls)-3, "it was handed over once and asked for three times")
}

func TestAClosedPeriod(t *testing.T) {
	t.Parallel()
	shut := func(o *office, period domain.Period) {
		require.NoError(o.t, o.db.SetPeriod(o.t.Context(), "7", period, true, "Ada", "month end", o.now))
	}
	t.Run("moves the document to the first open one, flagged", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t, "post")
		shut(o, "2026-11")
		require.Equal(t, 1, o.ran().Posted)
		d := o.document(soKey).Document
		require.Equal(t, []any{domain.Date("2026-11-20"), domain.Date("2026-12-01"), true}, []any{d.Date, d.PostOn, d.Late})
	})
	t.Run("asks where finance wants to be asked", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t, "ask")
		shut(o, "2026-11")
		require.Zero(t, o.ran().Posted)
		cause := "closed-period:ATELIER-UK:2026-11"
		require.Equal(t, []string{cause}, o.asked())
		require.Empty(t, o.ledger.calls)
		require.Equal(t, 1, o.answer("override", cause))
		require.Equal(t, 1, o.ran().Posted)
		require.True(t, o.document(soKey).Document.Late)
	})
	t.Run("that is reopened takes it on its day", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t, "ask")
		shut(o, "2026-11")
		o.ran()
		require.NoError(t, o.db.SetPeriod(t.Context(), "7", "2026-11", false, "Ada", "one more", o.now))
		require.Equal(t, 1, o.answer("retry", "closed-period:ATELIER-UK:2026-11"))
		require.Equal(t, 1, o.ran().Posted)
		require.False(t, o.document(soKey).Document.Late)
	})
}

func TestAnEntityWithoutBooksPausesItsDocumentsUntilItsRule(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	require.Equal(t, 1, o.ran().Waiting)
	require.Equal(t, domain.DocumentPaused, o.document(soKey).Status)
	require.Equal(t, []string{"unmapped:entity:selvedge:ATELIER-UK"}, o.asked())
	require.Zero(t, o.ran().Booked, "it is not derived again while no rule has changed")
	o.entity("post")
	require.Equal(t, contract.DocumentsResult{Booked: 1, Posted: 1}, o.ran(), "the rule alone frees it")
	require.Empty(t, o.asked())
}

func TestADroppedDocumentStaysDroppedAndHoldsNothingUp(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	o.ledger.create = func(d domain.Document) (ports.LedgerEntry, error) {
		if d.Kind != domain.DocSalesOrder {
			return o.ledger.Ledger.Create(t.Context(), d)
		}
		return ports.LedgerEntry{}, &fault.Fault{Kind: fault.Rejected, System: "csv", Code: "INVALID_CONTENT", Message: "no item", Problems: []fault.Problem{{Code: "INVALID_CONTENT", SKU: "TEE", Message: "no item TEE"}}}
	}
	o.tell(domain.NewShipmentFact(domain.Shipment{ID: "s1", Consignment: "10001", Warehouse: hillington, Sequence: 1, Revision: 1, ShippedAt: noon, Lines: []domain.ShipmentLine{{Line: "1", SKU: "TEE", Quantity: 3}}}, noon))
	o.ran()
	require.Equal(t, []string{"document-rejected:INVALID_CONTENT:item:TEE"}, o.asked(), "one item is one cause, however many documents name it")
	require.Equal(t, domain.DocumentDue, o.document("centra-shp-hillington-s1").Status, "what builds on it waits")
	require.Equal(t, 1, o.answer("skip", "document-rejected:INVALID_CONTENT:item:TEE"))
	require.Equal(t, 1, o.ran().Posted, "and goes on when it was dropped")
	require.Equal(t, []any{domain.DocumentDropped, "Ada", "because"}, []any{o.document(soKey).Status, o.document(soKey).AnsweredBy, o.document(soKey).Reason})
	require.Empty(t, o.asked())
}

func TestAnOrderStaysInTheBooksInWhichItWasOpened(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	o.ran()
	o.rule(domain.Rule{Table: domain.RuleMarket, Store: "atelier", From: "United Kingdom", To: "ATELIER-EU"})
	o.tell(domain.NewShipmentFact(domain.Shipment{ID: "s1", Consignment: "10001", Warehouse: hillington, Sequence: 1, Revision: 1, ShippedAt: noon, Lines: []domain.ShipmentLine{{Line: "1", SKU: "TEE", Quantity: 3}}}, noon))
	require.Equal(t, 1, o.ran().Posted)
	require.Equal(t, "ATELIER-UK", o.document("centra-shp-hillington-s1").Document.Entity)
}

func TestADocumentThatAWorkflowHolds(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	d := domain.Document{
		Key: "centra-cm-R5507", Kind: domain.DocCreditMemo, Order: orderID, Return: "R5507", Entity: "ATELIER-UK", EntityRef: "7", Currency: "GBP",
		OccurredAt: noon, Date: "2026-11-20", PostOn: "2026-11-20", Reference: "R5507", Links: []domain.DocumentKey{soKey},
		Lines: []domain.DocumentLine{{Ref: "1", Kind: domain.DocLineGoods, SKU: "TEE", Quantity: 1, Gross: 1767, Tax: 294, TaxPercent: "20"}},
	}
	_, err := o.do(o.docs.BookOrders)
	require.NoError(t, err)
	require.NoError(t, o.db.AddDocuments(t.Context(), []ports.PlannedDocument{{Document: d, Ledger: "csv", Held: true}}, noon))
	result, err := o.docs.PostDocument(t.Context(), contract.PostDocumentInput{Key: d.Key})
	require.NoError(t, err)
	require.Equal(t, contract.PostDocumentResult{Status: domain.DocumentDue, Waits: []domain.DocumentKey{soKey}}, result, "it waits for what it builds on")
	require.Equal(t, 1, o.ran().Posted, "the scheduled run leaves it to its workflow")
	for range 2 {
		result, err = o.docs.PostDocument(t.Context(), contract.PostDocumentInput{Key: d.Key})
		require.NoError(t, err)
		require.Equal(t, contract.PostDocumentResult{Status: domain.DocumentPosted, ID: "centra-cm-R5507", Number: "7-credit-memo-000001"}, result)
	}
	require.NoError(t, o.db.AddDocuments(t.Context(), []ports.PlannedDocument{{Document: d, Ledger: "csv", Held: true}}, noon), "the same again changes nothing")
	d.Lines[0].Gross++
	err = o.db.AddDocuments(t.Context(), []ports.PlannedDocument{{Document: d, Ledger: "csv", Held: true}}, noon)
	require.True(t, fault.Is(err, fault.Conflict), "what a ledger has is never changed: %v", err)
}
