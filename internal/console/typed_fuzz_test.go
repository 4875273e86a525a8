package console_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/console"
	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// echo is a store that holds one of everything, called as it was asked for, so that what
// was typed comes back to the page by every way there is.
type echo struct {
	console.Accounts
	shelf
	engine
	effects
}

var typedAt = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func (*echo) Session(context.Context, string, time.Time, time.Time, time.Time, bool) (ports.Session, error) {
	return ports.Session{Name: "ada", Role: string(console.Admin), CSRF: "x", OpenedAt: typedAt}, nil
}

func (*echo) Users(context.Context) ([]ports.User, error) {
	return []ports.User{{Name: "ada", Role: string(console.Admin)}}, nil
}

func (*echo) User(_ context.Context, name string) (ports.User, error) {
	return ports.User{Name: name, Role: string(console.Viewer), Password: console.HashAt(password, cheap)}, nil
}

func (*echo) AddUser(context.Context, ports.User, time.Time) error           { return nil }
func (*echo) SetRole(context.Context, string, string, time.Time) error       { return nil }
func (*echo) RemoveUser(context.Context, string) error                       { return nil }
func (*echo) CloseSession(context.Context, string) error                     { return nil }
func (*echo) EndAct(context.Context, int64, string, string, time.Time) error { return nil }

func (*echo) SetPassword(context.Context, string, string, string, time.Time) error { return nil }

func (*echo) BeginAct(_ context.Context, a ports.Act) (ports.Act, bool, error) {
	a.ID = 1
	return a, true, nil
}

func (*echo) Acts(_ context.Context, target, actor string, _ int64, _ int) ([]ports.Act, error) {
	return []ports.Act{{ID: 1, At: typedAt, Actor: actor, Act: "save-rule", Target: target, Reason: target, Detail: map[string]string{"answer": target}, Outcome: ports.ActDone, Message: actor}}, nil
}

func (*echo) StateCounts(context.Context) (map[domain.OrderState]int, error) {
	return map[domain.OrderState]int{domain.NeedsAttention: 1}, nil
}

func (*echo) Flow(context.Context, time.Time) ([]ports.FlowHour, error) { return nil, nil }

func (*echo) Cause(_ context.Context, cause string) (ports.CauseGroup, error) {
	kind, _, _ := strings.Cut(cause, ":")
	return ports.CauseGroup{Cause: cause, Kind: kind, Count: 1, Orders: 1, Oldest: typedAt, Subject: cause, Problems: asked(cause)}, nil
}

func asked(value string) []domain.Refusal {
	return []domain.Refusal{{Code: value, Field: value, Value: value, Allowed: []string{value}, Message: value}}
}

func (e *echo) CauseExceptions(_ context.Context, cause string, _ int) ([]ports.OrderException, error) {
	return e.open(domain.OrderID{}, cause), nil
}

// open is a question until it was answered.
func (e *echo) open(id domain.OrderID, cause string) []ports.OrderException {
	if len(e.answers) > 0 {
		return nil
	}
	kind, _, _ := strings.Cut(cause, ":")
	return []ports.OrderException{{ID: 1, Order: id, System: cause, Kind: kind, Cause: cause, Subject: cause, Problems: asked(cause), OpenedAt: typedAt}}
}

func (*echo) Held(context.Context) ([]domain.Held, error) { return nil, nil }

func (*echo) FindRules(_ context.Context, table domain.RuleTable, text string, _ int) ([]domain.Rule, int, error) {
	return []domain.Rule{rule(table, text)}, 1, nil
}

func rule(table domain.RuleTable, text string) domain.Rule {
	return domain.Rule{Version: 1, Table: table, From: text, To: text, Extra: map[string]string{"currency": text}, Author: text, Reason: text, At: typedAt}
}

func (*echo) RuleAnswers(_ context.Context, table domain.RuleTable, _ int) ([]string, error) {
	return []string{string(table)}, nil
}

func (*echo) RuleHistory(_ context.Context, table domain.RuleTable, from string) ([]domain.Rule, error) {
	return []domain.Rule{rule(table, from)}, nil
}

func (*echo) RuleVersions(context.Context, []int64) ([]domain.Rule, error) {
	return []domain.Rule{rule(domain.RuleCarrier, "<zz")}, nil
}

func (*echo) NewestRule(_ context.Context, r domain.Rule) (domain.Rule, bool, error) {
	return r, true, nil
}

func (*echo) SaveRuleSeen(_ context.Context, r domain.Rule, _ int64, _, _ string, _ time.Time) ([]domain.Rule, error) {
	return []domain.Rule{r}, nil
}

func (*echo) ListOrders(_ context.Context, state domain.OrderState, after ports.ListedOrder, _ int) ([]ports.ListedOrder, error) {
	after.State = state
	return []ports.ListedOrder{after}, nil
}

func (*echo) FindOrders(_ context.Context, number string, _ int) ([]ports.ListedOrder, error) {
	return []ports.ListedOrder{{ID: domain.OrderID{Store: "atelier", Number: number}}}, nil
}

func (*echo) Shown(_ context.Context, id domain.OrderID) (ports.ListedOrder, error) {
	return ports.ListedOrder{ID: id, State: domain.NeedsAttention, Currency: "GBP"}, nil
}

func (*echo) Order(_ context.Context, id domain.OrderID) (domain.Order, error) {
	return domain.Order{ID: id, ShopRef: id.Number, Currency: "GBP", Lines: []domain.Line{{ID: id.Number, Name: id.Number, Kind: domain.LineProduct, Quantity: 1}}}, nil
}

func (*echo) Facts(context.Context, domain.OrderID, int64) ([]domain.Fact, error) { return nil, nil }

func (*echo) Consignments(_ context.Context, id domain.OrderID) ([]domain.Consignment, error) {
	return []domain.Consignment{{Order: id, Number: id.Number, Warehouse: id.Store, Service: id.Number}}, nil
}

func (e *echo) OrderExceptions(_ context.Context, id domain.OrderID, _ int) ([]ports.OrderException, error) {
	return e.open(id, "short-pick:"+id.String()), nil
}

func (*echo) Resumes(_ context.Context, cause string, _ int) ([]ports.Resume, error) {
	return []ports.Resume{{ID: cause, Cause: cause, By: cause, Reason: cause, State: "stopped", Note: cause, StartedAt: typedAt, EndedAt: typedAt}}, nil
}

func (*echo) ResumeOutcomes(_ context.Context, id string, _ int) ([]ports.ResumeOutcome, error) {
	return []ports.ResumeOutcome{{Order: domain.OrderID{Store: id, Number: id}, Outcome: id, Causes: []string{id}, Note: id, SignalledAt: typedAt}}, nil
}

func (*echo) CoverageGaps(context.Context) ([]domain.CoverageGap, error) { return nil, nil }
func (*echo) CoverageSeen(context.Context) (time.Time, error)            { return typedAt, nil }

func (*echo) StockWarehouses(context.Context) ([]string, error) { return []string{"leeds"}, nil }

func (*echo) StockCharts(context.Context, string, time.Time, time.Time, time.Duration) (ports.StockCharted, error) {
	return ports.StockCharted{}, nil
}

func (*echo) DocumentCauses(context.Context) ([]ports.DocumentCause, error) { return nil, nil }

func (*echo) Documents(_ context.Context, f ports.DocumentFilter, _ int) ([]ports.DocumentRecord, error) {
	return []ports.DocumentRecord{recordOf(f.After, f.Cause)}, nil
}

func recordOf(key domain.DocumentKey, cause string) ports.DocumentRecord {
	return ports.DocumentRecord{Document: domain.Document{Key: key, Currency: "GBP"}, Cause: cause, Problems: asked(cause), Reason: cause, AnsweredBy: string(key)}
}

func (*echo) OrderDocuments(context.Context, domain.OrderID) ([]ports.DocumentRecord, error) {
	return nil, nil
}

func (*echo) Document(_ context.Context, key domain.DocumentKey) (ports.DocumentRecord, error) {
	return recordOf(key, string(key)), nil
}

func (*echo) LinksOpen(_ context.Context, key domain.DocumentKey) ([]domain.DocumentKey, error) {
	return []domain.DocumentKey{key}, nil
}

func (*echo) AnswerDocuments(context.Context, ports.DocumentAnswer, time.Time) (int, error) {
	return 1, nil
}

func (*echo) Returns(_ context.Context, id domain.OrderID, _ bool, _ int) ([]ports.ReturnRecord, error) {
	return []ports.ReturnRecord{{Order: id, Number: 1, View: []byte(`{}`), OpenedAt: typedAt}}, nil
}

// typed are the pages that read what somebody types, or what a link says.
var typed = []struct{ method, path string }{
	{"GET", "/login"},
	{"GET", "/"},
	{"GET", "/exceptions"},
	{"GET", "/exceptions/cause"},
	{"POST", "/exceptions/resume"},
	{"POST", "/exceptions/answer"},
	{"GET", "/orders"},
	{"GET", "/stock"},
	{"GET", "/stock/charts"},
	{"GET", "/orders/atelier/"},
	{"POST", "/orders/atelier/"},
	{"GET", "/rules"},
	{"GET", "/rules/edit"},
	{"POST", "/rules/edit"},
	{"GET", "/coverage"},
	{"GET", "/catalogue"},
	{"GET", "/returns"},
	{"GET", "/documents"},
	{"GET", "/documents/one"},
	{"POST", "/documents"},
	{"GET", "/handbook/"},
	{"POST", "/account"},
	{"GET", "/users"},
	{"POST", "/users"},
	{"GET", "/audit"},
}

// anyTag is a tag with all of its attributes, anyQuoted the value of one.
var (
	anyTag    = regexp.MustCompile(`<[a-z/!][^"'>]*(?:(?:"[^"]*"|'[^']*')[^"'>]*)*>`)
	anyQuoted = regexp.MustCompile(`"[^"]*"|'[^']*'`)
)

// FuzzTyped: whatever is typed into a form, or stands in a link, is answered with a page
// that says what there is, or what is wrong with it; none of it becomes markup, and no
// link leads to another site.
func FuzzTyped(f *testing.F) {
	const mark = `"zz='<zz onload=zz>`
	for n, page := range typed {
		all := url.Values{}
		for _, name := range []string{
			"q", "cause", "kind", "owner", "state", "store", "number", "at", "code", "table", "from", "to", "warehouse", "country", "attribute", "currency", "timezone",
			"reason", "value", "exception", "name", "role", "password", "present", "key", "after", "next", "target", "actor", "just", "find", "text",
		} {
			all.Set(name, mark)
		}
		all.Set("command", "c")
		f.Add(uint8(n), "1", all.Encode(), all.Encode())
		f.Add(uint8(n), "%2e%2e%2F%00", "next=%2F%2Fevil.test&at=2026-11-20T12:00:00Z&before=-9223372036854775808&cause=short-pick:atelier/1&key=%ff%00", "command=c&do=add&action=override&reason=r&cause=short-pick%3Aatelier%2F1&key=a&return=9999999999999999999")
		if page.method == "POST" {
			f.Add(uint8(n), "1", "cause=return-without-order:1", "command=c&do=save&table=market&from=a&to=b&extra=x&exception=short-pick%3Aatelier%2F1&action=skip&reason=r&seen=1&previous=x&cause=return-without-order%3A1&name=bo&role=viewer&password=correct+horse+battery+2&present=correct+horse+battery")
			f.Add(uint8(n), "1", "", "command=c&do=add&name=bo&role=viewer&password=correct+horse+battery+2")
			f.Add(uint8(n), "1", "%zz;=&", "do=password&command=%00&name=%C3%A9")
		}
	}
	f.Add(uint8(0), "", "next=https://evil.test/", "")
	f.Add(uint8(0), "", "next=/%5Cevil.test", "")
	e := &echo{}
	pages, err := console.New(console.Options{
		Accounts: e, Audit: e, Overview: e, Exceptions: e, Triage: e, Orders: e, Rules: e, Preview: &e.effects, Resumes: e, Coverage: e, Catalogue: &e.shelf, Stock: &e.shelf,
		StockCharts: e, Documents: e, Returns: e, Engine: &e.engine, Links: console.Links{TemporalUI: "https://temporal.test/", Namespace: "ops", ShopOrder: "https://shop.test/orders/{number}?id={ref}"},
		Clock: func() time.Time { return typedAt }, HashCost: cheap,
	})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, which uint8, last, query, form string) {
		e.answers, e.engine.asked, e.resumes, e.effects.asked = nil, nil, nil, nil
		page := typed[int(which)%len(typed)]
		if _, err := url.ParseRequestURI(page.path + "?" + query); err != nil || strings.Count(query+form, "&") > 1000 {
			return // no server takes such a request so far
		}
		r := httptest.NewRequest(page.method, "http://console.test"+page.path, strings.NewReader("csrf=x&"+form))
		if strings.HasSuffix(page.path, "/") && page.path != "/" {
			r.URL.Path += strings.ReplaceAll(last, "/", "")
		}
		r.URL.RawQuery = query
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		for _, cookie := range []string{"__Host-selvedge", "selvedge"} {
			r.AddCookie(&http.Cookie{Name: cookie, Value: "token"})
		}
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, r)
		require.Less(t, w.Code, http.StatusInternalServerError, "%s %s?%s: %s", page.method, r.URL.Path, query, w.Body)
		require.NotEqual(t, http.StatusForbidden, w.Code, "the form is of this session")
		for _, tag := range anyTag.FindAllString(strings.ToLower(w.Body.String()), -1) {
			require.NotContains(t, anyQuoted.ReplaceAllString(tag, ""), "zz", "what was typed has become markup: %s", tag)
		}
		if to := w.Header().Get("Location"); to != "" {
			target, err := r.URL.Parse(to)
			require.NoError(t, err)
			require.Equal(t, "console.test", target.Host, to)
			require.False(t, strings.HasPrefix(strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(to), "//"), "a browser takes %q for another site", to)
		}
	})
}
