package console_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/console"
	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/preview"
	"selvedge/internal/stock"
)

func TestTheOverviewCountsWhatThereIs(t *testing.T) {
	t.Parallel()
	d := open(t)
	for _, n := range []string{"1001", "1002", "1003"} {
		d.sell(t, n)
	}
	d.asks(t, "1001")
	d.asks(t, "1002")
	d.pass(2 * time.Hour)
	page := d.as(t, "vera").get(t, "/").body
	require.Contains(t, page, "3 orders")
	require.Regexp(t, `<li class="alarm"><a href="/orders\?state=needs-attention"><span class="figure">2</span>`, page)
	require.Regexp(t, `<a href="/orders\?state=received"><span class="figure">1</span>`, page)
	require.Contains(t, page, "2 exceptions of 1 cause; the oldest opened")
	require.Contains(t, page, "3000.00 SEK")
	require.Contains(t, page, "2 h ago")
	require.Regexp(t, `20 Nov 10:00</time></th><td class="n">0</td>`, page, "an hour of nothing is shown")
}

func TestACauseSaysWhatToDoAndFreesItsOrders(t *testing.T) {
	t.Parallel()
	d := open(t)
	for _, n := range []string{"1001", "1002"} {
		d.sell(t, n)
		d.asks(t, n)
	}
	path := "/exceptions/cause?cause=" + url.QueryEscape(express)
	olga := d.as(t, "olga")
	require.Contains(t, unescape(olga.get(t, "/exceptions").body), `href="/exceptions/cause?cause=`+url.QueryEscape(express)+`"`)
	require.Contains(t, olga.get(t, "/exceptions?owner=finance").body, "Nothing waits for finance.")
	require.Equal(t, "/exceptions", olga.get(t, "/exceptions/cause").header.Get("Location"), "without a cause it is the list of all")
	olga.post(t, "/exceptions/resume", fill(t, olga.get(t, path), "/exceptions/resume", "", url.Values{"cause": {""}, "reason": {"all"}}))
	require.Empty(t, d.engine.resumes, "no cause is not every cause")
	page := olga.get(t, path)
	for _, words := range []string{
		"No rule says by which service the warehouse should send the shipping method &#34;Express Saver&#34;.", "2 exceptions", "3000.00 SEK",
		`href="/orders/atelier/1001"`, `href="/orders/atelier/1002"`, `name="from" value="Express Saver"`, `value="RM48"`, "Resume 2 orders",
	} {
		require.Contains(t, page.body, words)
	}

	without := olga.post(t, "/exceptions/resume", fill(t, page, "/exceptions/resume", "", url.Values{"cause": {express}, "reason": {" "}}))
	require.Equal(t, http.StatusConflict, without.status)
	require.Contains(t, without.body, "Say why")
	require.Empty(t, d.engine.resumes)

	form := fill(t, page, "/exceptions/resume", "", url.Values{"cause": {express}, "reason": {"the rule is there"}})
	first, second := olga.post(t, "/exceptions/resume", form), olga.post(t, "/exceptions/resume", form)
	require.Equal(t, http.StatusOK, first.status)
	require.Contains(t, first.body, "Freeing 2 orders")
	require.Contains(t, first.body, `just=resume" hx-trigger="every 1s"`, "the page looks for what comes of it")
	require.Contains(t, second.body, "counts once")
	require.Equal(t, []contract.ResumeInput{{Cause: express, By: "olga", Reason: "the rule is there"}}, d.engine.resumes)

	vera := d.as(t, "vera")
	seen := vera.get(t, path)
	require.NotContains(t, seen.body, "/exceptions/resume", "a viewer gets no form")
	csrf := fill(t, vera.get(t, "/account"), "/account", "", url.Values{"cause": {express}, "reason": {"because"}})
	require.Equal(t, http.StatusForbidden, vera.post(t, "/exceptions/resume", csrf).status)
	require.Len(t, d.engine.resumes, 1)

	d.answered(t, "1001", "olga", "retry")
	d.answered(t, "1002", "olga", "retry")
	require.Contains(t, olga.get(t, path).body, "Nothing waits on this cause any more.")
}

func TestWhatCameOfFreeingIsListedOrderByOrder(t *testing.T) {
	t.Parallel()
	d := open(t)
	for _, n := range []string{"1001", "1002"} {
		d.sell(t, n)
		d.asks(t, n)
	}
	run := ports.Resume{ID: "run-1", Cause: express, By: "olga", Reason: "saved", StartedAt: d.clock()}
	require.NoError(t, d.store.BeginResume(within(t), run))
	require.NoError(t, d.store.NoteSignals(within(t), run.ID, express, []domain.OrderID{id("1001"), id("1002")}, d.clock()))
	b := d.as(t, "vera")
	path := "/exceptions/cause?cause=" + url.QueryEscape(express)
	require.Contains(t, b.get(t, path).body, "told, not known yet")
	require.NoError(t, d.store.NoteNotSignalled(within(t), run.ID, id("1002"), "its workflow has ended", d.clock()))
	_, err := d.store.EndResume(within(t), run.ID, "done", "", d.clock())
	require.NoError(t, err)
	page := b.get(t, path).body
	require.Contains(t, page, "could not be told</span> its workflow has ended")
	require.NotContains(t, page, "every 1s", "nothing more will come")
	r, err := http.NewRequestWithContext(within(t), http.MethodGet, d.server.URL+path+"&poll=1", nil)
	require.NoError(t, err)
	r.Header.Set("HX-Request", "true")
	require.Equal(t, path, b.do(t, r).header.Get("HX-Redirect"), "a page that was looking is shown anew")
}

func TestAnAnswer(t *testing.T) {
	t.Parallel()
	stuck := func(t *testing.T) (*desk, *browser) {
		t.Helper()
		d := open(t)
		d.sell(t, "1001")
		d.asks(t, "1001")
		return d, d.as(t, "olga")
	}
	const path = "/orders/atelier/1001"
	press := func(t *testing.T, b *browser, page answer, action string, fields url.Values) answer {
		t.Helper()
		form := fill(t, page, path, `name="action" value="`+action+`"`, fields)
		form.Set("exception", express)
		form.Set("action", action)
		return b.post(t, path, form)
	}
	t.Run("reaches the workflow with who, what, why and a command of its own", func(t *testing.T) {
		t.Parallel()
		d, b := stuck(t)
		d.engine.answered = func(string, contract.Resolution) (string, error) {
			d.answered(t, "1001", "olga", "override")
			return "Override taken.", nil
		}
		got := press(t, b, b.get(t, path), "override", url.Values{"value": {"RM48"}, "reason": {"late already"}})
		require.Equal(t, http.StatusOK, got.status)
		require.Contains(t, got.body, "Override taken.")
		require.Contains(t, got.body, "No question is open.")
		require.Len(t, d.engine.answers, 1)
		r := d.engine.answers[0]
		require.True(t, strings.HasPrefix(r.CommandID, "console-"))
		r.CommandID = ""
		require.Equal(t, contract.Resolution{Exception: express, Action: contract.ActionOverride, Override: map[string]string{"shippingService": "RM48"}, By: "olga", Reason: "late already"}, r)
		acts, err := d.store.Acts(within(t), "atelier/1001", "", 0, 10)
		require.NoError(t, err)
		require.Equal(t, []string{"olga", "answer-order", "late already", ports.ActDone, "RM48"}, []string{acts[0].Actor, acts[0].Act, acts[0].Reason, acts[0].Outcome, acts[0].Detail["value"]})
	})
	t.Run("clicked twice is one", func(t *testing.T) {
		t.Parallel()
		d, b := stuck(t)
		page := b.get(t, path)
		d.engine.answered = func(string, contract.Resolution) (string, error) {
			d.answered(t, "1001", "olga", "retry")
			return "Retry taken.", nil
		}
		form := fill(t, page, path, `value="retry"`, url.Values{"exception": {express}, "action": {"retry"}})
		require.Equal(t, http.StatusOK, b.post(t, path, form).status)
		again := b.post(t, path, form)
		require.Contains(t, again.body, "counts once: Retry taken.")
		require.Len(t, d.engine.answers, 1)
	})
	t.Run("of a stale tab is refused and says who answered", func(t *testing.T) {
		t.Parallel()
		d, b := stuck(t)
		stale := b.get(t, path)
		d.answered(t, "1001", "ada", "retry")
		got := press(t, b, stale, "withdraw-order", url.Values{"reason": {"customer called"}})
		require.Equal(t, http.StatusConflict, got.status)
		require.Contains(t, got.body, "ada answered this already, with retry. Nothing more was done.")
		require.Empty(t, d.engine.answers)
	})
	t.Run("is offered and taken only where it is one", func(t *testing.T) {
		t.Parallel()
		d, b := stuck(t)
		page := b.get(t, path)
		require.NotContains(t, page.body, `value="skip"`)
		got := press(t, b, page, "retry", url.Values{})
		require.Equal(t, http.StatusOK, got.status)
		form := fill(t, b.get(t, path), path, `value="retry"`, url.Values{"exception": {express}, "action": {"skip"}, "reason": {"because"}})
		got = b.post(t, path, form)
		require.Equal(t, http.StatusConflict, got.status)
		require.Contains(t, got.body, "Skip is no answer to unmapped:shipping-method")
		require.Len(t, d.engine.answers, 1)
	})
	t.Run("that needs a reason or a value is refused without", func(t *testing.T) {
		t.Parallel()
		d, b := stuck(t)
		require.Contains(t, press(t, b, b.get(t, path), "withdraw-order", url.Values{"reason": {""}}).body, "Say why")
		require.Contains(t, press(t, b, b.get(t, path), "override", url.Values{"reason": {"x"}, "value": {""}}).body, "Give the value")
		require.Empty(t, d.engine.answers)
	})
	t.Run("that the workflow refuses is told as the workflow told it", func(t *testing.T) {
		t.Parallel()
		d, b := stuck(t)
		d.engine.answered = func(string, contract.Resolution) (string, error) {
			return "", &fault.Fault{Kind: fault.Rejected, Message: "an answer is being taken at this moment"}
		}
		got := press(t, b, b.get(t, path), "retry", url.Values{})
		require.Equal(t, http.StatusConflict, got.status)
		require.Contains(t, got.body, "An answer is being taken at this moment.")
	})
	t.Run("that may not have arrived is told as failed", func(t *testing.T) {
		t.Parallel()
		d, b := stuck(t)
		d.engine.answered = func(string, contract.Resolution) (string, error) {
			return "", errors.New("no worker answered in time")
		}
		got := press(t, b, b.get(t, path), "retry", url.Values{})
		require.Equal(t, http.StatusBadGateway, got.status)
		require.Contains(t, got.body, "<strong>Failed.</strong> No worker answered in time.")
	})
	t.Run("is nothing for a viewer", func(t *testing.T) {
		t.Parallel()
		d, _ := stuck(t)
		vera := d.as(t, "vera")
		require.NotContains(t, vera.get(t, path).body, `name="action"`)
		form := fill(t, vera.get(t, "/account"), "/account", "", url.Values{"exception": {express}, "action": {"retry"}})
		require.Equal(t, http.StatusForbidden, vera.post(t, path, form).status)
		require.Empty(t, d.engine.answers)
	})
}

func TestARule(t *testing.T) {
	t.Parallel()
	const edit = "/rules/edit"
	fields := func(to string) url.Values {
		return url.Values{"table": {"shipping-method"}, "from": {"Express Saver"}, "to": {to}, "warehouse": {"leeds"}, "country": {""}, "cause": {express}}
	}
	previewed := func(t *testing.T, b *browser, to string) answer {
		t.Helper()
		form := fill(t, b.get(t, edit+"?table=shipping-method"), edit, "", fields(to))
		form.Set("do", "preview")
		got := b.post(t, edit, form)
		require.Equal(t, http.StatusOK, got.status, got.body)
		return got
	}
	save := func(t *testing.T, page answer, change url.Values) url.Values {
		t.Helper()
		form := fill(t, page, edit, `value="save"`, nil)
		for _, input := range hiddenTag.FindAllStringSubmatch(page.body[strings.Index(page.body, `name="do" value="save"`):], -1) {
			if form.Get(input[1]) == "" {
				form.Set(input[1], unescape(input[2]))
			}
		}
		form.Set("do", "save")
		form.Set("reason", "agreed with the warehouse")
		for name, values := range change {
			form[name] = values
		}
		return form
	}
	t.Run("is previewed before it is saved, in the name of who saves it", func(t *testing.T) {
		t.Parallel()
		d := open(t)
		d.effects.effect = preview.Effect{
			Orders: 40, Frees: []*preview.Cause{{Cause: express, Orders: 25, Last: 24, Money: map[string]int64{"SEK": 100}, Such: []string{"atelier/1001"}}},
			Fails: []*preview.Cause{{Cause: "not-deliverable:leeds", Orders: 2, Money: map[string]int64{}}},
			Moves: []*preview.Move{{What: "service", Warehouse: "leeds", From: "RM24", To: "RM48", Orders: 3, Sent: 1}},
			Ready: []*preview.Cause{{Cause: express, Orders: 25, Money: map[string]int64{}}},
		}
		b := d.as(t, "olga")
		page := previewed(t, b, "RM48")
		for _, words := range []string{"Looked at 40 orders", "<strong>25 orders</strong>, 1.00 SEK: " + express, "24 wait on nothing else", "<strong>2 orders</strong>: not-deliverable:leeds", "service at leeds RM24 → RM48, 1 of them sent already"} {
			require.Contains(t, page.body, words)
		}
		rules, err := d.store.Rules(within(t))
		require.NoError(t, err)
		require.Empty(t, rules, "a preview saves nothing")

		got := b.post(t, edit, save(t, page, nil))
		require.Equal(t, http.StatusOK, got.status, got.body)
		require.Contains(t, got.body, "Saved as version 1.")
		require.Contains(t, got.body, "Resume 25 orders", "what it frees is offered in one step")
		rules, err = d.store.Rules(within(t))
		require.NoError(t, err)
		require.Len(t, rules, 1)
		require.Equal(t, []string{"RM48", "leeds", "olga", "agreed with the warehouse"}, []string{rules[0].To, rules[0].Warehouse, rules[0].Author, rules[0].Reason})
	})
	t.Run("sent twice is one version", func(t *testing.T) {
		t.Parallel()
		d := open(t)
		b := d.as(t, "olga")
		form := save(t, previewed(t, b, "RM48"), nil)
		require.Equal(t, http.StatusOK, b.post(t, edit, form).status)
		require.Contains(t, b.post(t, edit, form).body, "counts once")
		history, err := d.store.RuleHistory(within(t), domain.RuleShippingMethod, "Express Saver")
		require.NoError(t, err)
		require.Len(t, history, 1)
	})
	t.Run("that is not the one previewed is not saved", func(t *testing.T) {
		t.Parallel()
		d := open(t)
		b := d.as(t, "olga")
		got := b.post(t, edit, save(t, previewed(t, b, "RM48"), url.Values{"to": {"RM24"}}))
		require.Equal(t, http.StatusConflict, got.status)
		require.Contains(t, got.body, "not the one that was previewed")
		rules, err := d.store.Rules(within(t))
		require.NoError(t, err)
		require.Empty(t, rules)
	})
	t.Run("changed by somebody else meanwhile is not saved over, and says by whom", func(t *testing.T) {
		t.Parallel()
		d := open(t)
		b := d.as(t, "olga")
		page := previewed(t, b, "RM48")
		_, err := d.store.SaveRules(within(t), []domain.Rule{{Table: domain.RuleShippingMethod, Warehouse: "leeds", From: "Express Saver", To: "DHL"}}, "ada", "tested", d.clock())
		require.NoError(t, err)
		got := b.post(t, edit, save(t, page, nil))
		require.Equal(t, http.StatusConflict, got.status)
		require.Contains(t, got.body, "Ada changed this rule meanwhile (version 1: tested)")
		rules, err := d.store.Rules(within(t))
		require.NoError(t, err)
		require.Equal(t, "DHL", rules[0].To)
		require.Equal(t, http.StatusOK, b.post(t, edit, save(t, got, nil)).status, "after a look at what it does now it is saved")
	})
	t.Run("that no look-up would find is refused with the reason", func(t *testing.T) {
		t.Parallel()
		d := open(t)
		b := d.as(t, "olga")
		wrong := fields("RM48")
		wrong.Set("country", "Sweden")
		got := b.post(t, edit, fill(t, b.get(t, edit+"?table=shipping-method"), edit, "", wrong))
		require.Equal(t, http.StatusConflict, got.status)
		require.Contains(t, got.body, "is no ISO 3166 code")
		require.Empty(t, d.effects.asked)
	})
	t.Run("is retired with its history kept", func(t *testing.T) {
		t.Parallel()
		d := open(t)
		rule := domain.Rule{Table: domain.RuleShippingMethod, Warehouse: "leeds", From: "Express Saver", To: "DHL"}
		_, err := d.store.SaveRules(within(t), []domain.Rule{rule}, "ada", "tested", d.clock())
		require.NoError(t, err)
		b := d.as(t, "olga")
		require.Contains(t, b.get(t, "/rules").body, "Express Saver</a>")
		form := fill(t, b.get(t, edit+"?table=shipping-method&from=Express+Saver&warehouse=leeds"), edit, "", fields("DHL"))
		form.Set("retired", "yes")
		got := b.post(t, edit, save(t, b.post(t, edit, form), nil))
		require.Equal(t, http.StatusOK, got.status, got.body)
		rules, err := d.store.Rules(within(t))
		require.NoError(t, err)
		require.Empty(t, rules)
		require.Contains(t, got.body, "tested")
		require.Contains(t, got.body, "retired")
	})
	t.Run("is not for a viewer to change", func(t *testing.T) {
		t.Parallel()
		d := open(t)
		vera := d.as(t, "vera")
		form := fill(t, vera.get(t, "/account"), "/account", "", fields("RM48"))
		require.Equal(t, http.StatusForbidden, vera.post(t, edit, form).status)
		require.NotContains(t, vera.get(t, edit+"?table=shipping-method").body, "<form class=\"card\"")
	})
}

func TestOrdersAreFound(t *testing.T) {
	t.Parallel()
	d := open(t)
	for _, n := range []string{"1001", "1002", "20%7"} {
		d.sell(t, n)
	}
	b := d.as(t, "vera")
	for query, want := range map[string]string{"1001": "/orders/atelier/1001", " order/atelier/1002 ": "/orders/atelier/1002", "20%": "/orders/atelier/20%257"} {
		got := b.get(t, "/orders?q="+url.QueryEscape(query))
		require.Equal(t, http.StatusSeeOther, got.status, query)
		require.Equal(t, want, got.header.Get("Location"))
		require.Equal(t, http.StatusOK, b.get(t, want).status)
	}
	both := b.get(t, "/orders?q=100").body
	require.Contains(t, both, "atelier/1001")
	require.Contains(t, both, "atelier/1002")
	require.NotContains(t, both, "20%7")
	require.Contains(t, b.get(t, "/orders?q=9").body, "No order has a number like this")
	require.Contains(t, b.get(t, "/orders?q=100%25").body, "No order has a number like this", "a percent sign is no joker")
	require.Equal(t, http.StatusNotFound, b.get(t, "/orders/atelier/9").status)
}

func TestAnOrderTellsItsStoryAndNoPerson(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.sell(t, "1001")
	d.asks(t, "1001")
	_, _, err := d.store.Append(within(t), id("1001"), []domain.Fact{
		domain.NewShipmentFact(domain.Shipment{ID: "S1", Warehouse: "leeds", Revision: 1, Carrier: "RM", Trackings: []string{"T1"}, Lines: []domain.ShipmentLine{{Line: "1", SKU: "COAT-NAVY-38", Quantity: 1}}}, d.clock()),
		{Kind: domain.FactUnknown, Key: "raw", At: d.clock(), Actor: "acs", Data: []byte(`{"name":"Quendolin Zypresse"}`)},
	})
	require.NoError(t, err)
	b := d.as(t, "vera")
	page := b.get(t, "/orders/atelier/1001").body
	for _, words := range []string{
		"shipment S1 of 1 unit left leeds with RM, tracking T1", "1500.00 SEK", "COAT-NAVY-38", "Wool coat", "needs attention",
		`href="https://temporal.test/namespaces/ops/workflows/order%2Fatelier%2F1001"`, `href="https://shop.test/orders/1001?id=ref-1001"`,
	} {
		require.Contains(t, page, words)
	}
	for _, path := range []string{"/", "/orders", "/orders/atelier/1001", "/exceptions", "/exceptions/cause?cause=" + url.QueryEscape(express)} {
		for _, person := range []string{"Quendolin", "Zypresse", "Storgatan", "22100", "Lund"} {
			require.NotContains(t, b.get(t, path).body, person, path)
		}
	}
}

func TestMarkupInNamesStaysText(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.sell(t, "1001", func(o *ports.ShopOrder) {
		o.Order.Lines[0].Name, o.Order.Lines[0].SKU, o.Order.Market.Name, o.Order.ShippingMethod.Name = markup, markup, markup, markup
	})
	e := unmapped()
	e.Cause = domain.NewCause("unmapped:shipping-method", "centra", markup)
	e.Problems[0].Value, e.Problems[0].Message, e.Problems[0].Allowed = markup, markup, []string{markup, `"><img src=x onerror=alert(1)>`}
	require.NoError(t, d.store.RecordLook(within(t), ports.Look{Order: id("1001"), State: domain.NeedsAttention, Open: []ports.ExceptionRecord{e}, At: d.clock()}))
	_, err := d.store.SaveRules(within(t), []domain.Rule{{Table: domain.RuleShippingMethod, From: markup, To: markup}}, "ada", markup, d.clock())
	require.NoError(t, err)
	b := d.as(t, "ada")
	for _, path := range []string{
		"/", "/orders", "/orders?q=" + url.QueryEscape(markup), "/orders/atelier/1001", "/exceptions", "/exceptions/cause?cause=" + url.QueryEscape(e.Cause),
		"/rules", "/rules?find=" + url.QueryEscape(markup), "/rules/edit?table=shipping-method&from=" + url.QueryEscape(markup), "/audit?target=" + url.QueryEscape(markup),
		"/login?next=" + url.QueryEscape("/"+markup),
	} {
		page := b.get(t, path).body
		require.NotContains(t, page, "<script>alert", path)
		require.NotContains(t, page, "<b>Coat", path)
		require.NotContains(t, page, "<img", path)
	}
	require.Contains(t, b.get(t, "/orders/atelier/1001").body, "&lt;b&gt;Coat&lt;/b&gt;")
}

func TestTheHandbookIsReadHere(t *testing.T) {
	t.Parallel()
	d := open(t)
	b := d.as(t, "vera")
	index := b.get(t, "/handbook").body
	require.Contains(t, index, `href="/handbook/daily"`)
	require.Contains(t, index, `href="/handbook/unmapped-shipping-method"`)
	page := b.get(t, "/handbook/unmapped-shipping-method").body
	require.Contains(t, page, `<a href="/handbook/daily">`)
	require.NotContains(t, page, ".md\"")
	for _, path := range []string{"/handbook/nothing", "/handbook/..%2fhandbook", "/handbook/handbook.go"} {
		require.Equal(t, http.StatusNotFound, b.get(t, path).status, path)
	}
}

func TestAPageForEachPartOfTheNavigation(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.sell(t, "1001")
	d.asks(t, "1001")
	b := d.as(t, "ada")
	links := navLink.FindAllStringSubmatch(b.get(t, "/").body, -1)
	require.GreaterOrEqual(t, len(links), 7)
	for _, link := range links {
		page := b.get(t, link[1])
		require.Equal(t, http.StatusOK, page.status, link[1])
		require.Contains(t, page.body, `aria-current="page"`, link[1])
		require.Equal(t, 1, strings.Count(page.body, "<h1"), link[1])
		require.Contains(t, page.body, `<a class="skip" href="#main">`)
		require.Contains(t, page.body, `role="status" aria-live="polite"`)
	}
}

func TestWhatNoRuleCoversIsListedBeforeAnOrderHitsIt(t *testing.T) {
	t.Parallel()
	d := open(t)
	list := domain.CoverageList{Source: "shipping-methods", Scope: "leeds"}
	gap := domain.CoverageGap{Source: list.Source, Scope: list.Scope, Kind: "unmapped:shipping-method", Cause: express, Owner: "ops", Value: "Express Saver"}
	require.Contains(t, d.as(t, "vera").get(t, "/coverage").body, "never compared yet")
	_, _, err := d.store.SaveCoverage(within(t), []domain.CoverageList{list}, []domain.CoverageGap{gap}, d.clock())
	require.NoError(t, err)
	page := d.as(t, "olga").get(t, "/coverage").body
	require.Contains(t, page, "no order hit one yet")
	require.Contains(t, unescape(page), `href="/rules/edit?from=Express+Saver&table=shipping-method&warehouse=leeds"`)
	d.sell(t, "1001")
	d.asks(t, "1001")
	require.Contains(t, d.as(t, "vera").get(t, "/coverage").body, "orders wait on 1 of them already")
}

func TestAFigureOfStockExplainsItself(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.stock.figures = []console.StockFigure{{
		Warehouse: "leeds", SKU: "G1", ShopSKU: "COAT-38", Figure: 4, Offered: 6, Held: "the feed is stale", ComputedAt: d.clock(),
		Why: &stock.Figure{Terms: []stock.Term{{Name: stock.TermSellable, Units: 7, Source: "feed", At: d.clock(), Detail: markup}}},
	}}
	page := d.as(t, "vera").get(t, "/stock?code=G1").body
	for _, words := range []string{`<span class="figure">4</span> can be sold; the shop offered 6`, "The difference is not written: the feed is stale.", "sellable", "&lt;b&gt;Coat", "COAT-38"} {
		require.Contains(t, page, words)
	}
	d.stock.figures = nil
	require.Contains(t, d.as(t, "vera").get(t, "/stock?code=G2").body, "No warehouse has told of G2")
}

func TestWhatAWarehouseWouldRejectIsListed(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.stock.items = []console.AuditedItem{{FirstSeen: d.clock(), CatalogueFinding: domain.CatalogueFinding{
		Warehouse: "leeds", SKU: "COAT-38", Item: "G1", State: domain.CatalogueIncomplete, Missing: []string{"itemCondition"},
		Differences: []domain.ItemDifference{{Field: "countryOfOrigin", Here: "PT", There: markup}},
	}}}
	page := d.as(t, "vera").get(t, "/catalogue").body
	for _, words := range []string{"missing: itemCondition", "country of origin is “PT” in the shop", "&lt;b&gt;Coat", `<span class="figure">40</span> <strong>fine</strong>`} {
		require.Contains(t, page, words)
	}
}
