package activities_test

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/systems/csvledger"
)

// exported are the rows of the next export, by column.
func (o *office) exported() (rows []map[string]string) {
	o.t.Helper()
	x, err := o.db.ExportLedger(o.t.Context(), "7", "", "Ada", o.now)
	require.NoError(o.t, err)
	if x.ID == 0 {
		return nil
	}
	entries, err := o.db.ExportedEntries(o.t.Context(), x.ID)
	require.NoError(o.t, err)
	var out bytes.Buffer
	require.NoError(o.t, csvledger.WriteCSV(&out, entries))
	cells, err := csv.NewReader(&out).ReadAll()
	require.NoError(o.t, err)
	for _, cell := range cells[1:] {
		row := map[string]string{}
		for i, name := range cells[0] {
			row[name] = cell[i]
		}
		rows = append(rows, row)
	}
	return rows
}

func rowsOf(rows []map[string]string, kind string) (found []map[string]string) {
	for _, r := range rows {
		if r["type"] == kind {
			found = append(found, r)
		}
	}
	return found
}

// planned tells that a plan was recorded, as a return's step does before it writes.
func (o *office) planned(plan domain.ReturnPlan) {
	o.tell(domain.NewFact(domain.FactReturnPlanned, "return-plan:"+plan.Key, "selvedge", noon, plan))
}

func shopReturned(id string, total int64) domain.Fact {
	return domain.NewShopReturnFact(domain.ShopReturn{ID: id, Order: orderID, Shipment: "77", Completed: true, Total: total, Currency: "GBP", Lines: []domain.LineQuantity{{Line: "1", Quantity: 1}}}, noon)
}

// inShopAs tells that the garments of a plan are returned in the shop.
func (o *office) inShopAs(id string, memo domain.ReturnPlan) {
	shop := domain.ReturnPlan{Return: memo.Return, Kind: domain.PlanShopReturn, Key: orderID.String() + "/r1/shop-return/1", Garments: memo.Garments, Lines: memo.Lines, Shipment: "77", At: noon}
	o.planned(shop)
	o.tell(domain.NewFact(domain.FactReturnWritten, "shop:"+id, "selvedge", noon, domain.ReturnWritten{Return: 1, Kind: domain.PlanShopReturn, Key: shop.Key, Stage: domain.StageDone, ID: id, Amount: 1767}))
}

func TestAMemoThatDidNotWaitLearnsTheShopsReturn(t *testing.T) {
	t.Parallel()
	for name, exportedBefore := range map[string]bool{"before it is exported": false, "and the file that went out stays as it was": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, "post")
			o.shipAll()
			memo := credit(1, "")
			o.planned(memo)
			w, err := o.record(memo)
			require.NoError(t, err)
			require.Empty(t, w.Links)
			if exportedBefore {
				require.Empty(t, rowsOf(o.exported(), "credit-memo")[0]["return"])
			}
			o.inShopAs("900", memo)
			o.tell(shopReturned("900", 1767))
			require.NoError(t, o.db.SetPeriod(t.Context(), "7", "2026-11", true, "Ada", "month end", o.now), "what it is about is no change of the books")
			memo.Links = []string{"900"}
			for range 2 {
				w, err = o.record(memo)
				require.NoError(t, err)
				require.Equal(t, []any{domain.StageLinked, []string{"900"}, int64(1767), "7-credit-memo-000001"}, []any{w.Stage, w.Links, w.Amount, w.Number})
			}
			rows := rowsOf(o.exported(), "credit-memo")
			require.Len(t, rows, 1)
			require.Equal(t, "900", rows[0]["return"])
			money := map[bool]string{false: "17.67", true: "0.00"}[exportedBefore]
			require.Equal(t, money, rows[0]["gross"], "told again it is worth nothing")
			require.Empty(t, o.exported(), "and goes out once")
			require.Equal(t, []string{"900"}, o.document("centra-cm-atelier_x2F10001_x2Fr1_x2Fcredit_x2Dmemo_x2F1").Entry.Links)
		})
	}
}

func TestAMemoThatDidNotWaitAndComesToSomethingElseIsFinances(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	o.shipAll()
	memo := credit(1, "")
	o.planned(memo)
	_, err := o.record(memo)
	require.NoError(t, err)
	o.inShopAs("900", memo)
	o.tell(shopReturned("900", 1367)) // the shop keeps a fee of 4.00
	memo.Links = []string{"900"}
	_, err = o.record(memo)
	require.ErrorContains(t, err, "posted at 17.67 GBP before the shop's return stood, which comes to 13.67 GBP")
	require.Equal(t, "900", rowsOf(o.exported(), "credit-memo")[0]["return"], "it names it all the same")
}

func TestALedgerThatTakesNoMoreIsLeftAlone(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	o.ledger.able = func(c *ports.LedgerCapabilities) { c.Relinks = false }
	o.shipAll()
	memo := credit(1, "")
	o.planned(memo)
	_, err := o.record(memo)
	require.NoError(t, err)
	o.inShopAs("900", memo)
	o.tell(shopReturned("900", 1767))
	memo.Links = []string{"900"}
	w, err := o.record(memo)
	require.NoError(t, err)
	require.Equal(t, []any{domain.StageLinked, []string{"900"}}, []any{w.Stage, w.Links}, "our own record holds both ids")
	row := rowsOf(o.exported(), "credit-memo")[0]
	require.Empty(t, row["return"])
	require.True(t, strings.HasPrefix(row["return_reference"], orderID.String()+"/r1/"), "and the document our reference, as the shop's return does")
}

func TestARefundPaysItsMemoAndIsTakenBackWhenItFails(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	o.shipAll()
	memo := credit(1, "900")
	o.tell(shopReturned("900", 1767))
	o.planned(memo)
	refund := orderID.String() + "/r1/shop-return/1/refund"
	pay := domain.ReturnPlan{Return: 1, Kind: domain.PlanPayment, Key: refund + "/document", Of: refund, ShopID: "900", Garments: memo.Garments, Amount: 1767, At: noon}
	_, err := o.record(memo)
	require.NoError(t, err)
	for range 2 {
		w, err := o.record(pay)
		require.NoError(t, err)
		require.Equal(t, []any{domain.StageDone, int64(1767)}, []any{w.Stage, w.Amount})
	}
	back := pay
	back.Key, back.Amount = refund+"/document/2", -1767
	_, err = o.record(back)
	require.NoError(t, err)
	rows := o.exported()
	memos, refunds := rowsOf(rows, "credit-memo"), rowsOf(rows, "refund")
	require.Len(t, memos, 1)
	require.Len(t, refunds, 2)
	for i, want := range []string{"17.67", "-17.67"} {
		require.Equal(t, []string{want, memos[0]["document_key"], "900"}, []string{refunds[i]["gross"], refunds[i]["source"], refunds[i]["return"]}, "it names the memo that it pays")
	}
	require.Equal(t, refunds[0]["document_key"], refunds[1]["reverses"])
	require.Zero(t, o.ran().Posted, "and no run books it besides")
}

// A ledger that refuses to post the draft it has made holds it under the document's key:
// other content would never be taken there.
func TestADraftThatItsLedgerRefusesIsCorrectedAndNeverReplaced(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	o.ledger.post = func(domain.Document) (ports.LedgerEntry, error) {
		return ports.LedgerEntry{}, &fault.Fault{Kind: fault.Rejected, System: "csv", Code: "locked", Message: "the account is locked"}
	}
	require.Equal(t, 1, o.ran().Refused)
	refused := o.document(soKey)
	require.Equal(t, []any{domain.DocumentRejected, domain.DocumentCreated, true}, []any{refused.Status, refused.Entry.Status, refused.Firm()})
	o.content("10001", 2, 3533)
	o.ran()
	require.Equal(t, refused.Document.Totals(), o.document(soKey).Document.Totals(), "what the ledger has stays")
	o.ledger.post = nil
	for range 2 {
		o.answer("retry", refused.Cause)
	}
	require.Equal(t, 2, o.ran().Posted)
	require.Equal(t, int64(3533), o.ordered())
	require.Empty(t, o.asked())
	rows := o.exported()
	require.Len(t, rowsOf(rows, "sales-order"), 1, "one under the key")
	require.Len(t, rowsOf(rows, "sales-order-change"), 1)
}

// A return's workflow was terminated between its plan and its document's outcome.
func TestADocumentThatNobodyIsAtIsFinancesAndPostedOnceWhenItSaysSo(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	o.docs.HeldFor = time.Hour
	o.shipAll()
	o.ledger.create = func(d domain.Document) (ports.LedgerEntry, error) {
		if d.Kind == domain.DocCreditMemo {
			return ports.LedgerEntry{}, &fault.Fault{Kind: fault.Unavailable, System: "csv", Message: "away"}
		}
		return o.ledger.Ledger.Create(t.Context(), d)
	}
	memo := credit(1, "")
	_, err := o.record(memo)
	require.Error(t, err)
	o.ledger.create = nil
	const key = domain.DocumentKey("centra-cm-atelier_x2F10001_x2Fr1_x2Fcredit_x2Dmemo_x2F1")
	require.Zero(t, o.ran().Posted, "its return posts it")
	require.Empty(t, o.asked())

	o.now = o.now.Add(2 * time.Hour)
	asks := func(open ...ports.ExceptionRecord) {
		require.NoError(t, o.db.SyncReturnExceptions(t.Context(), orderID, 1, open, "", "", "", o.now))
	}
	asks(ports.ExceptionRecord{Order: orderID, Return: 1, Kind: "return-document", Cause: "return-document:csv:x", Subject: memo.Key, OpenedAt: o.now})
	o.ran()
	require.Empty(t, o.asked(), "its return asks about it")
	asks()
	o.ran()
	require.Equal(t, []string{"document-held:csv"}, o.asked())
	require.True(t, o.document(key).Stranded)

	require.Equal(t, 1, o.answer("retry", "document-held:csv"))
	require.Zero(t, o.answer("retry", "document-held:csv"), "pressed twice")
	require.Equal(t, 1, o.ran().Posted)
	require.Empty(t, o.asked())
	w, err := o.record(memo) // the return runs again
	require.NoError(t, err)
	require.Equal(t, "7-credit-memo-000001", w.Number)
	require.Zero(t, o.ran().Posted)
	require.Len(t, rowsOf(o.exported(), "credit-memo"), 1)
}

// What a person releases by key goes on whether or not anybody was asked, and the books
// of its order are derived around it.
func TestADocumentReleasedByKeySurvivesThatItsOrderIsBookedAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	o.shipAll()
	o.ledger.create = func(d domain.Document) (ports.LedgerEntry, error) {
		if d.Kind == domain.DocCreditMemo {
			return ports.LedgerEntry{}, &fault.Fault{Kind: fault.Rejected, System: "csv", Code: "locked", Message: "the account is locked"}
		}
		return o.ledger.Ledger.Create(t.Context(), d)
	}
	_, err := o.record(credit(1, ""))
	require.Error(t, err)
	const key = domain.DocumentKey("centra-cm-atelier_x2F10001_x2Fr1_x2Fcredit_x2Dmemo_x2F1")
	for range 2 {
		_, err := o.db.AnswerDocuments(t.Context(), ports.DocumentAnswer{Keys: []domain.DocumentKey{key}, Action: "retry", By: "Ada"}, o.now)
		require.NoError(t, err)
	}
	require.Equal(t, 1, o.ran().Refused)
	require.Equal(t, []string{"document-rejected:" + string(key)}, o.asked(), "by now it is the run's to ask about")
	o.tell(domain.NewFact(domain.FactReturnSettled, "news", "selvedge", noon, domain.ReturnSettled{Return: 1}))
	o.ledger.create = nil
	o.answer("retry", "document-rejected:"+string(key))
	require.Equal(t, 1, o.ran().Posted)
	require.Empty(t, o.asked())
}

// Shipped in November, its month closed; returned in March: the credit is March's.
func TestAReturnMonthsLaterIsCreditedInItsOwnMonth(t *testing.T) {
	t.Parallel()
	later := time.Date(2027, 3, 31, 23, 30, 0, 0, time.UTC) // the first of April in London, by summer time
	for name, tt := range map[string]struct {
		closed []domain.Period
		on     domain.Date
		late   bool
		asks   bool
	}{
		"while it is open":                   {[]domain.Period{"2026-11", "2026-12"}, "2027-04-01", false, false},
		"or the first open one after it":     {[]domain.Period{"2026-11", "2027-04"}, "2027-05-01", true, false},
		"which finance may want to agree to": {[]domain.Period{"2026-11", "2027-04"}, "2027-05-01", true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, map[bool]string{false: "post", true: "ask"}[tt.asks])
			o.shipAll()
			require.Equal(t, 3, o.ran().Posted)
			for _, period := range tt.closed {
				require.NoError(t, o.db.SetPeriod(t.Context(), "7", period, true, "Ada", "month end", o.now))
			}
			o.now = later.Add(time.Hour)
			memo := credit(1, "")
			memo.At = later
			w, err := o.record(memo)
			const key = domain.DocumentKey("centra-cm-atelier_x2F10001_x2Fr1_x2Fcredit_x2Dmemo_x2F1")
			if tt.asks {
				require.ErrorContains(t, err, "was refused")
				require.Equal(t, "closed-period:ATELIER-UK:2027-04", o.document(key).Cause)
				_, err := o.db.AnswerDocuments(t.Context(), ports.DocumentAnswer{Keys: []domain.DocumentKey{key}, Action: "override", By: "Ada"}, o.now)
				require.NoError(t, err)
				w, err = o.record(memo)
				require.NoError(t, err)
			} else {
				require.NoError(t, err)
			}
			require.Equal(t, domain.StageDone, w.Stage)
			d := o.document(key).Document
			require.Equal(t, []any{domain.Date("2027-04-01"), tt.on, tt.late}, []any{d.Date, d.PostOn, d.Late})
			row := rowsOf(o.exported(), "credit-memo")[0]
			require.Equal(t, []string{string(tt.on.Period()), "centra-inv-hillington-s1"}, []string{row["period"], row["source"]})
		})
	}
}
