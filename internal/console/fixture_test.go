package console_test

import (
	"context"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/console"
	"selvedge/internal/ports"
	"selvedge/internal/store"
	"selvedge/internal/store/storetest"
)

// cheap makes hashing as fast as tests need; the form of the hash is the same.
var cheap = console.HashCost{Memory: 64, Time: 1, Threads: 1}

const password = "correct horse battery"

// desk is a console on a store of its own, at a time that tests move.
type desk struct {
	store   *store.Store
	server  *httptest.Server
	engine  engine
	effects effects
	stock   shelf

	mu  sync.Mutex
	now time.Time
}

func open(t testing.TB, change ...func(*console.Options)) *desk {
	t.Helper()
	d := &desk{now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}
	d.serve(t, storetest.New(t), change...)
	for name, role := range map[string]console.Role{"vera": console.Viewer, "olga": console.Operator, "ada": console.Admin} {
		d.addUser(t, name, role)
	}
	return d
}

// serve opens the console on a store.
func (d *desk) serve(t testing.TB, s *store.Store, change ...func(*console.Options)) {
	t.Helper()
	d.store = s
	o := console.Options{
		Accounts: d.store, Audit: d.store, Overview: d.store, Exceptions: d.store, Triage: d.store, Orders: d.store, Rules: d.store, Resumes: d.store, Coverage: d.store, Catalogue: &d.stock, Stock: &d.stock, StockCharts: d.store, Documents: d.store, Returns: d.store,
		Preview: &d.effects, Engine: &d.engine, Links: console.Links{TemporalUI: "https://temporal.test/", Namespace: "ops", ShopOrder: "https://shop.test/orders/{number}?id={ref}"},
		Clock: d.clock, HashCost: cheap, Log: func(msg string, kv ...any) { t.Log(append([]any{msg}, kv...)...) },
	}
	for _, c := range change {
		c(&o)
	}
	pages, err := console.New(o)
	require.NoError(t, err)
	d.server = httptest.NewServer(pages)
	t.Cleanup(d.server.Close)
}

func (d *desk) addUser(t testing.TB, name string, role console.Role) {
	t.Helper()
	hash := console.HashAt(password, cheap)
	require.NoError(t, d.store.AddUser(within(t), ports.User{Name: name, Role: string(role), Password: hash, CreatedBy: "test"}, d.clock()))
}

func (d *desk) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

func (d *desk) pass(after time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(after)
}

func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// browser is somebody's browser without scripts; it shows redirects instead of following them.
type browser struct {
	*http.Client
	desk *desk
}

func (d *desk) browser(t testing.TB) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &browser{&http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, d}
}

// as is the browser of somebody who has logged in.
func (d *desk) as(t testing.TB, name string) *browser {
	t.Helper()
	b := d.browser(t)
	got := b.post(t, "/login", url.Values{"name": {name}, "password": {password}})
	require.Equal(t, http.StatusSeeOther, got.status, got.body)
	return b
}

// answer is what a browser got.
type answer struct {
	status int
	header http.Header
	body   string
}

func (b *browser) do(t testing.TB, r *http.Request) answer {
	t.Helper()
	response, err := b.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answer{response.StatusCode, response.Header, string(body)}
}

func (b *browser) get(t testing.TB, path string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(within(t), http.MethodGet, b.desk.server.URL+path, nil)
	require.NoError(t, err)
	return b.do(t, r)
}

func (b *browser) post(t testing.TB, path string, form url.Values) answer {
	t.Helper()
	return b.do(t, b.request(t, path, form))
}

func (b *browser) request(t testing.TB, path string, form url.Values) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(within(t), http.MethodPost, b.desk.server.URL+path, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", b.desk.server.URL)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

var (
	formTag   = regexp.MustCompile(`(?s)<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>`)
	hiddenTag = regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)"`)
	navLink   = regexp.MustCompile(`<li><a href="([^"]*)"[^>]*>[A-Z]`)
	inputTag  = regexp.MustCompile(`<input[^>]*name="(csrf|command)" value="([^"]*)"`)
)

func unescape(s string) string { return html.UnescapeString(s) }

// fill takes the hidden fields of the first form on a page that goes to an address and
// holds a text, and adds what a person fills in.
func fill(t testing.TB, page answer, action, holds string, fields url.Values) url.Values {
	t.Helper()
	for _, form := range formTag.FindAllStringSubmatch(page.body, -1) {
		if form[1] != action || !strings.Contains(form[0], holds) {
			continue
		}
		filled := url.Values{}
		for _, input := range inputTag.FindAllStringSubmatch(form[2], -1) {
			filled.Set(input[1], input[2])
		}
		for name, values := range fields {
			filled[name] = values
		}
		return filled
	}
	require.Fail(t, "there is no such form", "%s with %q in:\n%s", action, holds, page.body)
	return nil
}
