// Package console serves the operators' pages.
//
// Pages are rendered here from html/template, so that whatever stands in an order is
// text and never markup. They work without scripts; htmx replaces parts of a page and
// uPlot draws the chart where scripts run. No personal data is asked of the store.
//
// Every request passes the same gates: headers, cross-origin check, session, role and,
// for what changes something, the session's token. Every act is recorded before it is
// done, under the command of its form, so that a form sent twice is one act.
package console

import (
	"context"
	"io/fs"
	"net/http"
	"time"

	"selvedge/internal/ports"
)

// Options are what the console works with.
type Options struct {
	Accounts   Accounts
	Audit      Audit
	Overview   OverviewData
	Exceptions ExceptionsData
	Triage     TriageData
	Orders     OrdersData
	Rules      RulesData
	Preview    Previewer
	Resumes    ResumesData
	Coverage   CoverageData
	Catalogue  CatalogueData
	Stock      StockData
	// StockCharts says how published stock does.
	StockCharts StockChartsData
	Documents   DocumentsData
	Returns     ReturnsData
	Engine      Engine
	Links       Links

	// Clock is the time of now; time.Now when nil.
	Clock func() time.Time
	// Log takes one line per failure; nil means nowhere.
	Log func(msg string, kv ...any)
	// HashCost is what a password hash costs; the zero value is for production.
	HashCost HashCost
}

// Accounts keeps users and their sessions.
type Accounts interface {
	AddUser(ctx context.Context, u ports.User, at time.Time) error
	Users(ctx context.Context) ([]ports.User, error)
	User(ctx context.Context, name string) (ports.User, error)
	SetPassword(ctx context.Context, name, hash, keepToken string, at time.Time) error
	RenewHash(ctx context.Context, name, old, renewed string) error
	SetRole(ctx context.Context, name, role string, at time.Time) error
	RemoveUser(ctx context.Context, name string) error
	OpenSession(ctx context.Context, token, name, csrf string, at, oldest, first time.Time) error
	Session(ctx context.Context, token string, at, oldest, first time.Time, touch bool) (ports.Session, error)
	CloseSession(ctx context.Context, token string) error
}

// Audit records what people do.
type Audit interface {
	BeginAct(ctx context.Context, a ports.Act) (act ports.Act, begun bool, err error)
	EndAct(ctx context.Context, id int64, outcome, message string, at time.Time) error
	Acts(ctx context.Context, target, actor string, before int64, limit int) ([]ports.Act, error)
}

// Console is the operators' pages as an http.Handler.
type Console struct {
	o       Options
	mux     *http.ServeMux
	handler http.Handler
	pages   *pages
	nav     []navItem
	login   *limiter
	hashing chan struct{} // bounds the memory that hashing takes
	counts  counts
	decoy   string // hash that the password of an unknown user is compared with
}

// New builds the console. It fails only for a defect of its own templates.
func New(o Options) (*Console, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = func(string, ...any) {}
	}
	if o.HashCost == (HashCost{}) {
		o.HashCost = productionCost
	}
	pages, err := parsePages()
	if err != nil {
		return nil, err
	}
	c := &Console{o: o, mux: http.NewServeMux(), pages: pages, login: newLimiter(o.Clock), hashing: make(chan struct{}, 2)}
	c.decoy = hashPassword("nobody has this password", o.HashCost)
	c.routes()
	c.handler = secured(http.NewCrossOriginProtection().Handler(c.mux))
	return c, nil
}

// ServeHTTP implements http.Handler.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.handler.ServeHTTP(w, r) }

// navItem is an entry of the navigation.
type navItem struct {
	Path, Title string
	Role        Role
}

// routes lists all there is. A page is one line here, one file with its small
// interface, and one template.
func (c *Console) routes() {
	assets, err := fs.Sub(assetFiles, "assets")
	if err == nil {
		c.mux.Handle("GET /assets/", http.StripPrefix("/assets/", cached(http.FileServerFS(assets))))
	}
	c.mux.HandleFunc("GET /login", c.loginForm)
	c.mux.HandleFunc("POST /login", c.logIn)
	c.handle("POST /logout", Viewer, (*visit).logOut)
	c.mux.HandleFunc("GET /", c.nowhere)

	c.page("/{$}", "Overview", Viewer, (*visit).overview)
	c.page("/exceptions", "Exceptions", Viewer, (*visit).exceptions)
	c.page("/exceptions/cause", "", Viewer, (*visit).cause)
	c.handle("POST /exceptions/resume", Operator, (*visit).resume)
	c.handle("POST /exceptions/answer", Operator, (*visit).answerOrphan)
	c.page("/orders", "Orders", Viewer, (*visit).orders)
	c.page("/stock", "Stock", Viewer, (*visit).stock)
	c.page("/stock/charts", "", Viewer, (*visit).stockCharts)
	c.page("/orders/{store}/{number}", "", Viewer, (*visit).order)
	c.handle("POST /orders/{store}/{number}", Operator, (*visit).answer)
	c.page("/rules", "Rules", Viewer, (*visit).rules)
	c.page("/rules/edit", "", Viewer, (*visit).ruleEdit)
	c.handle("POST /rules/edit", Operator, (*visit).ruleChange)
	c.page("/coverage", "Coverage", Viewer, (*visit).coverage)
	c.page("/catalogue", "Catalogue", Viewer, (*visit).catalogue)
	c.page("/returns", "Returns", Viewer, (*visit).returns)
	c.page("/documents", "Documents", Viewer, (*visit).documents)
	c.page("/documents/one", "", Viewer, (*visit).document)
	c.handle("POST /documents", Operator, (*visit).answerDocuments)
	c.page("/handbook", "Handbook", Viewer, (*visit).handbook)
	c.page("/handbook/{page}", "", Viewer, (*visit).handbookPage)
	c.page("/account", "", Viewer, (*visit).account)
	c.handle("POST /account", Viewer, (*visit).changeOwnPassword)
	c.page("/users", "Users", Admin, (*visit).users)
	c.handle("POST /users", Admin, (*visit).changeUsers)
	c.page("/audit", "Audit", Admin, (*visit).audit)
}

// page serves a page and, when it has a title, names it in the navigation.
func (c *Console) page(path, title string, role Role, show func(*visit) error) {
	c.handle("GET "+path, role, show)
	if title != "" {
		if path == "/{$}" {
			path = "/"
		}
		c.nav = append(c.nav, navItem{path, title, role})
	}
}
