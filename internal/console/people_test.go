package console_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// unbooked keeps two documents that wait for the entity's rule.
func (d *desk) unbooked(t testing.TB) {
	t.Helper()
	var planned []ports.PlannedDocument
	for _, key := range []domain.DocumentKey{"centra-inv-1001-S1", "centra-inv-1001-S2"} {
		planned = append(planned, ports.PlannedDocument{
			Document: domain.Document{
				Key: key, Kind: domain.DocInvoice, Order: id("1001"), Shipment: "S1", Currency: "SEK", OccurredAt: d.clock(), Date: "2026-11-20", PostOn: "2026-11-20",
				Lines: []domain.DocumentLine{{Ref: "1", Kind: domain.DocLineGoods, SKU: "COAT-NAVY-38", Quantity: 1, Gross: 150000, Tax: 30000, TaxPercent: "25"}},
			},
			Question: &domain.Question{Kind: "unmapped:entity", Cause: "unmapped:entity:Sweden", Problems: []domain.Refusal{{Value: "Sweden", Message: markup}}},
		})
	}
	require.NoError(t, d.store.AddDocuments(within(t), planned, d.clock()))
}

func TestDocumentsThatWaitAreAnswered(t *testing.T) {
	t.Parallel()
	const cause = "unmapped:entity:Sweden"
	stuck := func(t *testing.T) (*desk, *browser, string) {
		t.Helper()
		d := open(t)
		d.sell(t, "1001")
		d.unbooked(t)
		return d, d.as(t, "olga"), "/documents?cause=" + url.QueryEscape(cause)
	}
	press := func(t *testing.T, b *browser, path string, fields url.Values) answer {
		t.Helper()
		return b.post(t, "/documents", fill(t, b.get(t, path), "/documents", "", fields))
	}
	status := func(t *testing.T, d *desk, key domain.DocumentKey) ports.DocumentRecord {
		t.Helper()
		r, err := d.store.Document(within(t), key)
		require.NoError(t, err)
		return r
	}
	t.Run("skip drops all of a cause, with who and why", func(t *testing.T) {
		t.Parallel()
		d, b, path := stuck(t)
		got := press(t, b, path, url.Values{"cause": {cause}, "action": {"skip"}, "reason": {"booked by hand"}})
		require.Equal(t, http.StatusOK, got.status, got.body)
		require.Contains(t, got.body, "2 documents will not be posted.")
		r := status(t, d, "centra-inv-1001-S1")
		require.Equal(t, []string{string(domain.DocumentDropped), "olga", "booked by hand"}, []string{string(r.Status), r.AnsweredBy, r.Reason})
		acts, err := d.store.Acts(within(t), cause, "", 0, 10)
		require.NoError(t, err)
		require.Equal(t, []string{"olga", "answer-documents", ports.ActDone, "skip"}, []string{acts[0].Actor, acts[0].Act, acts[0].Outcome, acts[0].Detail["answer"]})
	})
	t.Run("skip needs a reason", func(t *testing.T) {
		t.Parallel()
		d, b, path := stuck(t)
		got := press(t, b, path, url.Values{"cause": {cause}, "action": {"skip"}, "reason": {" "}})
		require.Equal(t, http.StatusConflict, got.status)
		require.Contains(t, got.body, "Say why")
		require.Equal(t, domain.DocumentPaused, status(t, d, "centra-inv-1001-S1").Status)
	})
	t.Run("retry sends again, and twice is one", func(t *testing.T) {
		t.Parallel()
		_, b, path := stuck(t)
		form := fill(t, b.get(t, path), "/documents", "", url.Values{"cause": {cause}, "action": {"retry"}, "reason": {""}})
		require.Contains(t, b.post(t, "/documents", form).body, "2 documents will be derived anew")
		require.Contains(t, b.post(t, "/documents", form).body, "counts once")
	})
	t.Run("one document is answered alone", func(t *testing.T) {
		t.Parallel()
		d, b, _ := stuck(t)
		one := "/documents/one?key=centra-inv-1001-S1"
		page := b.get(t, one)
		require.Contains(t, page.body, "COAT-NAVY-38")
		require.Contains(t, page.body, "&lt;b&gt;Coat", "what the ledger says stays text")
		got := press(t, b, one, url.Values{"key": {"centra-inv-1001-S1"}, "action": {"skip"}, "reason": {"booked by hand"}})
		require.Equal(t, http.StatusOK, got.status, got.body)
		require.Contains(t, got.body, "dropped by olga: booked by hand")
		require.Equal(t, domain.DocumentPaused, status(t, d, "centra-inv-1001-S2").Status)
		again := press(t, b, "/documents/one?key=centra-inv-1001-S2", url.Values{"key": {"centra-inv-1001-S1"}, "action": {"skip"}, "reason": {"again"}})
		require.Equal(t, http.StatusConflict, again.status, "what a stale tab sends changes nothing")
		require.Equal(t, "booked by hand", status(t, d, "centra-inv-1001-S1").Reason)
	})
	t.Run("only what the kind allows is offered and taken", func(t *testing.T) {
		t.Parallel()
		_, b, path := stuck(t)
		require.NotContains(t, b.get(t, path).body, `value="override"`)
		for _, action := range []string{"override", "withdraw-order", ""} {
			require.Equal(t, http.StatusConflict, press(t, b, path, url.Values{"cause": {cause}, "action": {action}, "reason": {"because"}}).status, action)
		}
	})
	t.Run("a viewer sees them and cannot answer", func(t *testing.T) {
		t.Parallel()
		d, _, path := stuck(t)
		vera := d.as(t, "vera")
		require.NotContains(t, vera.get(t, path).body, `name="action"`)
		form := fill(t, vera.get(t, "/account"), "/account", "", url.Values{"cause": {cause}, "action": {"skip"}, "reason": {"x"}})
		require.Equal(t, http.StatusForbidden, vera.post(t, "/documents", form).status)
		require.Contains(t, vera.get(t, "/orders/atelier/1001").body, `href="/documents/one?key=centra-inv-1001-S1"`)
		require.Equal(t, domain.DocumentPaused, status(t, d, "centra-inv-1001-S1").Status)
	})
}

const wrongItem = "wrong-item:leeds:G-7"

// comesBack opens a return of an order, with a question of its own.
func (d *desk) comesBack(t testing.TB, number string) {
	t.Helper()
	q := domain.Question{Kind: "wrong-item", Cause: wrongItem, Subject: "G-7", Problems: []domain.Refusal{{SKU: "SHIRT", Message: "it is a shirt"}}}
	rules, err := d.store.SaveRules(within(t), []domain.Rule{{Table: domain.RuleRefundPolicy, From: "*", To: "on-grading", Extra: map[string]string{"fee": "9900 SEK"}}}, "fin", "terms of May", d.clock())
	require.NoError(t, err)
	_, err = d.store.SaveRules(within(t), []domain.Rule{{Table: domain.RuleRefundPolicy, From: "*", To: "manual"}}, "fin", "changed since", d.clock())
	require.NoError(t, err)
	view, err := json.Marshal(contract.ReturnAssessment{
		Value: "1500.00 SEK", Questions: []domain.Question{q},
		Money: []contract.ReturnMoney{{
			Garments: []string{"G-7"}, ShopReturn: "55", Rules: []int64{rules[0].Version}, Terms: markup, Goods: "1500.00 SEK", Kept: "99.00 SEK", Carriage: "0.00 SEK", Back: "1401.00 SEK", Stands: "held: it is an exchange",
		}},
		Garments:  []contract.ReturnGarment{{ID: "G-7", Line: "1", SKU: "SHIRT", Disposition: markup}},
		Documents: []contract.ReturnDocument{{Kind: domain.PlanShopReturn, Key: "atelier/" + number + "/r1", ID: "55", Amount: "1500.00 SEK"}},
	})
	require.NoError(t, err)
	require.NoError(t, d.store.SaveReturn(within(t), ports.ReturnRecord{Order: id(number), Number: 1, Seen: 1, View: view, LookedAt: d.clock()}))
	require.NoError(t, d.store.SyncReturnExceptions(within(t), id(number), 1, []ports.ExceptionRecord{{
		Kind: q.Kind, Cause: q.Cause, Owner: "ops", Severity: "hold", Subject: q.Subject, Problems: q.Problems, Value: 150000, Currency: "SEK",
	}}, "", "", "", d.clock()))
}

func TestAReturnIsShownAndAnsweredByItsOwnWorkflow(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.sell(t, "1001")
	d.comesBack(t, "1001")
	olga := d.as(t, "olga")
	list := olga.get(t, "/returns").body
	for _, words := range []string{`href="/orders/atelier/1001#return-1"`, "needs attention", "1500.00 SEK", wrongItem} {
		require.Contains(t, list, words)
	}
	const path = "/orders/atelier/1001"
	page := olga.get(t, path)
	for _, words := range []string{`id="return-1"`, "&lt;b&gt;", `<a href="#return-1">return 1</a>: The garment that came back is not the one that was sold.`, `value="skip"`, `value="override"`, "return%2Fatelier%2F1001%2F1"} {
		require.Contains(t, page.body, words)
	}
	for _, words := range []string{"return 55 of the shop", "1500.00 SEK of goods, less 99.00 SEK kept back, with 0.00 SEK of carriage: <strong>1401.00 SEK</strong>", "held: it is an exchange", "* → on-grading, fee 9900 SEK, for all; fin: terms of May"} {
		require.Contains(t, page.body, words, "finance sees by which rule and figures the money goes back")
	}
	require.NotContains(t, page.body, "changed since", "the rule is shown as it was then")
	require.NotContains(t, page.body, `value="withdraw-order"`, "goods that are there cannot be withdrawn")

	d.engine.answered = func(string, contract.Resolution) (string, error) {
		require.NoError(t, d.store.SyncReturnExceptions(within(t), id("1001"), 1, nil, "olga", "skip", "kept", d.clock()))
		return "Taken.", nil
	}
	form := fill(t, page, path, `value="skip"`, url.Values{"exception": {wrongItem}, "action": {"skip"}, "return": {"1"}, "reason": {"kept"}})
	other := fill(t, page, path, `value="skip"`, url.Values{"exception": {wrongItem}, "action": {"skip"}, "return": {"2"}, "reason": {"kept"}})
	require.Equal(t, http.StatusConflict, olga.post(t, path, other).status, "another return does not ask this")
	require.Empty(t, d.engine.asked)
	form.Set("command", form.Get("command")+"x")
	got := olga.post(t, path, form)
	require.Equal(t, http.StatusOK, got.status, got.body)
	require.Equal(t, []string{"return/atelier/1001/1"}, d.engine.asked)
	require.Equal(t, []string{wrongItem, "skip", "kept"}, []string{d.engine.answers[0].Exception, string(d.engine.answers[0].Action), d.engine.answers[0].Reason})
	require.Contains(t, d.as(t, "vera").get(t, "/returns?all=1").body, "atelier/1001")
}

func TestAReturnWithoutAnOrderIsAnsweredOnItsCause(t *testing.T) {
	t.Parallel()
	d := open(t)
	const cause = "return-without-order:leeds:R-9"
	require.NoError(t, d.store.OpenSystemException(within(t), ports.ExceptionRecord{
		System: contract.OrphanReturnWorkflowID("leeds", "R-9"), Kind: "return-without-order", Cause: cause, Owner: "ops", Severity: "hold", Subject: "R-9",
		Problems: []domain.Refusal{{Message: "the warehouse names no order"}}, OpenedAt: d.clock(),
	}))
	path := "/exceptions/cause?cause=" + url.QueryEscape(cause)
	olga := d.as(t, "olga")
	press := func(action string, fields url.Values) answer {
		form := fill(t, olga.get(t, path), "/exceptions/answer", `value="retry"`, fields)
		form.Set("cause", cause)
		form.Set("exception", cause)
		form.Set("action", action)
		return olga.post(t, "/exceptions/answer", form)
	}
	require.Equal(t, http.StatusConflict, press("override", url.Values{"value": {""}, "reason": {"the label"}}).status)
	require.Equal(t, http.StatusConflict, press("withdraw-order", url.Values{"reason": {"x"}}).status)
	require.Empty(t, d.engine.asked)
	d.engine.answered = func(string, contract.Resolution) (string, error) {
		return "Taken.", d.store.ResolveSystemException(within(t), contract.OrphanReturnWorkflowID("leeds", "R-9"), cause, "olga", d.clock())
	}
	got := press("override", url.Values{"value": {"atelier/1001"}, "reason": {"the label"}})
	require.Equal(t, http.StatusOK, got.status, got.body)
	require.Equal(t, []string{"return/leeds/R-9"}, d.engine.asked)
	require.Equal(t, map[string]string{"order": "atelier/1001"}, d.engine.answers[0].Override)
	vera := d.as(t, "vera")
	form := fill(t, vera.get(t, "/account"), "/account", "", url.Values{"cause": {cause}, "action": {"skip"}, "reason": {"x"}})
	require.Equal(t, http.StatusForbidden, vera.post(t, "/exceptions/answer", form).status)
}

func TestAnExceptionOfASystemSaysWhatToDo(t *testing.T) {
	t.Parallel()
	d := open(t)
	const cause = "stale-feed:leeds"
	require.NoError(t, d.store.OpenSystemException(within(t), ports.ExceptionRecord{
		System: ports.StockSystem("leeds"), Kind: "stale-feed", Cause: cause, Owner: "ops", Severity: "urgent", Subject: "leeds", OpenedAt: d.clock(),
	}))
	page := d.as(t, "olga").get(t, "/exceptions/cause?cause="+url.QueryEscape(cause)).body
	for _, words := range []string{"Ask the warehouse why its feed stands still", `href="/handbook/stale-feed"`, "closes by itself"} {
		require.Contains(t, page, words)
	}
	require.NotContains(t, page, `action="/exceptions/resume"`)
	require.NotContains(t, page, `action="/exceptions/answer"`)
}

func TestCausesAreRankedByTheNextCutOff(t *testing.T) {
	t.Parallel()
	d := open(t)
	const later, sooner = "unmapped:shipping-method:centra:Later", "unmapped:shipping-method:centra:Sooner"
	for number, at := range map[string][2]string{"1001": {later, "lund"}, "1002": {sooner, "leeds"}} {
		d.sell(t, number, func(o *ports.ShopOrder) {
			o.Order.Lines[0].Allocations = []domain.Allocation{{Warehouse: at[1], Quantity: 1}}
		})
		e := unmapped()
		e.Cause = at[0]
		if number == "1001" {
			e.Value = 900000 // money alone would put it first
		}
		require.NoError(t, d.store.RecordLook(within(t), ports.Look{Order: id(number), State: domain.NeedsAttention, Open: []ports.ExceptionRecord{e}, At: d.clock()}))
	}
	require.NoError(t, d.store.OpenSystemException(within(t), ports.ExceptionRecord{System: ports.StockSystem("leeds"), Kind: "stale-feed", Cause: "stale-feed:leeds", Owner: "ops", Severity: "urgent", Subject: "leeds", OpenedAt: d.clock()}))
	for warehouse, cutoff := range map[string]string{"leeds": "12:30", "lund": "17:00"} {
		_, err := d.store.SaveRules(within(t), []domain.Rule{{Table: domain.RuleCutoff, Warehouse: warehouse, From: "RM48", To: cutoff, Extra: map[string]string{"timezone": "UTC", "days": "mon-fri"}}}, "ada", "agreed", d.clock())
		require.NoError(t, err)
	}
	b := d.as(t, "vera")
	for _, path := range []string{"/", "/exceptions", "/exceptions?kind=unmapped:shipping-method"} {
		page := unescape(b.get(t, path).body)
		first, second := strings.Index(page, url.QueryEscape(sooner)), strings.Index(page, url.QueryEscape(later))
		require.Positive(t, first, path)
		require.Less(t, first, second, path)
		require.Contains(t, page, `class="soon" datetime="2026-11-20T12:30:00Z"`, "less than an hour is left")
		require.Contains(t, page, "Fri 17:00 UTC, in 5 h")
	}
	all := unescape(b.get(t, "/exceptions").body)
	require.Greater(t, strings.Index(all, "stale-feed%3Aleeds"), strings.Index(all, url.QueryEscape(later)), "what misses no cut-off comes after")
	require.NotContains(t, b.get(t, "/exceptions?kind=unmapped:shipping-method").body, "stale-feed")
	require.Contains(t, b.get(t, "/exceptions/cause?cause="+url.QueryEscape(sooner)).body, "Fri 12:30 UTC, in 30 min")
	d.pass(time.Hour)
	require.Contains(t, b.get(t, "/exceptions/cause?cause="+url.QueryEscape(sooner)).body, "Mon 12:30 UTC", "the next working day’s")
}
