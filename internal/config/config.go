// Package config reads and validates the environment once. Every complaint is told
// at the same time, each naming variable, value (never of a secret) and remedy.
package config

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"go.uber.org/zap/zapcore"

	"selvedge/internal/alerts"
	"selvedge/internal/store"
	"selvedge/internal/systems/acs"
	"selvedge/internal/systems/centra"
)

// Prefix stands before every variable of ours.
const Prefix = "SELVEDGE_"

// Config is all settings. Temporal's own are read by its envconfig (TEMPORAL_*).
type Config struct {
	DatabaseURL string   `env:"DATABASE_URL"`
	Selvedge    Settings `envPrefix:"SELVEDGE_"`
}

// Settings are our own settings.
type Settings struct {
	MasterKeys string        `env:"MASTER_KEYS"` // id:base64 of 32 bytes; first is current. Secret.
	Centra     centra.Config `envPrefix:"CENTRA_"`
	ACS        []acs.Config  `envPrefix:"ACS"` // SELVEDGE_ACS_0_ACCOUNT, SELVEDGE_ACS_1_ACCOUNT, …

	// Returns are the merchant's choices about returns, such as SELVEDGE_RETURN_REFUND.
	Returns Returns `envPrefix:"RETURN_"`

	// TrackingWait is how long a parcel without tracking waits before it is completed in the shop.
	TrackingWait time.Duration `env:"TRACKING_WAIT" envDefault:"30m"`
	// ReturnWindow is how long a shipped order stays open for returns.
	ReturnWindow time.Duration `env:"RETURN_WINDOW" envDefault:"1440h"`
	// CaptureWait is how long an asynchronous capture may stay without an outcome before finance is asked.
	CaptureWait time.Duration `env:"CAPTURE_WAIT" envDefault:"24h"`
	// OutageBudget is how long an order waits for a system before a person is asked.
	OutageBudget time.Duration `env:"OUTAGE_BUDGET" envDefault:"24h"`
	// Settle is how long a system may still act on a request whose answer was lost.
	Settle time.Duration `env:"SETTLE" envDefault:"60s"`
	// ProbeEvery is how often a system that is away is asked whether it is back.
	ProbeEvery time.Duration `env:"PROBE_EVERY" envDefault:"15s"`
	// IntakeEvery and FeedEvery are the intervals of the schedules.
	IntakeEvery time.Duration `env:"INTAKE_EVERY" envDefault:"1m"`
	FeedEvery   time.Duration `env:"FEED_EVERY" envDefault:"1m"`
	// CompletenessEvery is how often the shop's ready orders are counted against the facts.
	CompletenessEvery time.Duration `env:"COMPLETENESS_EVERY" envDefault:"5m"`
	// CoverageEvery is how often all that shop and warehouses can say is compared with the rules.
	CoverageEvery time.Duration `env:"COVERAGE_EVERY" envDefault:"15m"`
	// CatalogueEvery is how often each warehouse's items are audited.
	CatalogueEvery time.Duration `env:"CATALOGUE_EVERY" envDefault:"6h"`
	// OverdueEvery is how often orders past their cut-off are looked for, OverdueGrace how
	// long after it the word of their leaving may come.
	OverdueEvery time.Duration `env:"OVERDUE_EVERY" envDefault:"15m"`
	OverdueGrace time.Duration `env:"OVERDUE_GRACE" envDefault:"8h"`
	// Alert says who is told of what waits, and how.
	Alert alerts.Config `envPrefix:"ALERT_"`
	// ConsoleURL is the console's address as people reach it, for links in alerts; empty means no links.
	ConsoleURL string `env:"CONSOLE_URL"`
	// Stock says whether warehouses' feeds publish stock to the shop. Where another system
	// does, it must be off: two writers of one figure undo each other.
	Stock bool `env:"STOCK" envDefault:"true"`
	// StockEvery is how often a warehouse's changes are read, StockFullEvery how often all
	// of its inventory is, StockDriftEvery how often the shop's figures are compared with ours.
	StockEvery      time.Duration `env:"STOCK_EVERY" envDefault:"1m"`
	StockFullEvery  time.Duration `env:"STOCK_FULL_EVERY" envDefault:"1h"`
	StockDriftEvery time.Duration `env:"STOCK_DRIFT_EVERY" envDefault:"1h"`
	// StockStaleAfter is how old the state of an inventory feed may be; older ones raise nothing.
	StockStaleAfter time.Duration `env:"STOCK_STALE_AFTER" envDefault:"30m"`
	// DocumentsEvery is how often documents are derived from facts and posted.
	DocumentsEvery time.Duration `env:"DOCUMENTS_EVERY" envDefault:"1m"`
	// IntakeSince is where the first poll of a store begins; zero is a day before it.
	IntakeSince time.Time `env:"INTAKE_SINCE"`
	// NumberPrefix precedes order numbers at the warehouse where shops share an account.
	NumberPrefix string `env:"NUMBER_PREFIX"`
	// HomeCountry is where the warehouses stand; parcels to any other need customs attributes.
	HomeCountry string `env:"HOME_COUNTRY" envDefault:"GB"`
	// AttributeKeys maps a warehouse's item attribute to the shop's: itemCondition=acs.condition,…
	AttributeKeys map[string]string `env:"ATTRIBUTE_KEYS" envKeyValSeparator:"="`

	WorkerListen string `env:"WORKER_LISTEN" envDefault:"127.0.0.1:9090"` // /metrics, /healthz, /readyz
	Listen       string `env:"LISTEN" envDefault:"127.0.0.1:8090"`        // webhooks and console
	// TemporalUI is the address of Temporal's Web UI, for links from the console; empty makes none.
	TemporalUI string `env:"TEMPORAL_UI"`
	// ShopOrderURL is the address of an order in the shop's admin, with {number} or {ref} in it; empty makes no links.
	ShopOrderURL string `env:"SHOP_ORDER_URL"`
	LogLevel     string `env:"LOG_LEVEL" envDefault:"info"`
	// CacheSize is how many orders a worker keeps in memory; each takes up to 40 KB, so that
	// the default takes 200 MB beside the 70 of the worker itself. It holds the orders of some days
	// of a busy shop; one that was forgotten costs 8 ms and a read of its history when it wakes.
	CacheSize int `env:"CACHE_SIZE" envDefault:"5000"`
	// Pollers is how many requests for work a worker keeps open per queue at most.
	Pollers int `env:"POLLERS" envDefault:"8"`
}

// Part names what a command needs of the configuration.
type Part int

// Parts of the configuration.
const (
	Database Part = iota
	Systems
)

// Load reads the environment and checks the parts that the caller needs.
func Load(parts ...Part) (Config, error) { return FromMap(nil, parts...) }

// FromMap is Load over the given variables instead of the process's; nil means the process's.
func FromMap(environment map[string]string, parts ...Part) (Config, error) {
	var c Config
	options := env.Options{Environment: environment}
	if environment == nil {
		options.Environment = env.ToMap(environ())
	}
	complaints, told := unreadable(options.Environment, env.ParseWithOptions(&c, options))
	broken := len(complaints)
	if len(told) > 0 { // the rest is read and checked as if they were not set
		c, options.Environment = Config{}, maps.Clone(options.Environment)
		maps.DeleteFunc(options.Environment, func(name, _ string) bool { return slices.Contains(told, name) })
		complaints = append(complaints, parseErrors(env.ParseWithOptions(&c, options))...)
	}
	for _, p := range parts {
		switch p {
		case Database:
			complaints = append(complaints, c.checkDatabase()...)
		case Systems:
			complaints = append(complaints, c.checkSystems()...)
		}
	}
	complaints = append(complaints, c.Selvedge.check()...)
	complaints = append(complaints, retired(options.Environment)...)
	// One complaint about a variable that could not be read is enough.
	complaints = append(complaints[:broken:broken], slices.DeleteFunc(complaints[broken:], func(err error) bool { return about(err, told) })...)
	if len(complaints) > 0 {
		return c, fmt.Errorf("configuration:\n%w", errors.Join(complaints...))
	}
	return c, nil
}

func parseErrors(err error) []error {
	if err == nil {
		return nil
	}
	var all env.AggregateError
	if errors.As(err, &all) {
		return all.Errors
	}
	return []error{err}
}

// unreadable names each variable whose value has the wrong form. The library names
// fields, which people do not know, so each variable is read by itself again. None of
// the values is a secret: secrets are texts, and every text can be read.
func unreadable(environment map[string]string, err error) (complaints []error, variables []string) {
	if err == nil {
		return nil, nil
	}
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		var alone Config
		var wrong env.ParseError
		failed := env.ParseWithOptions(&alone, env.Options{Environment: map[string]string{name: environment[name]}})
		var all env.AggregateError
		if !errors.As(failed, &all) || !errors.As(all.Errors[0], &wrong) {
			continue
		}
		variables = append(variables, name)
		complaints = append(complaints, fmt.Errorf("%s: %q cannot be read; %s", name, environment[name], form(wrong)))
	}
	if len(complaints) == 0 {
		return parseErrors(err), nil
	}
	return complaints, variables
}

// form says how the value of a variable has to look.
func form(wrong env.ParseError) string {
	switch wrong.Type {
	case reflect.TypeFor[time.Duration]():
		return "give a duration such as 30m"
	case reflect.TypeFor[time.Time]():
		return "give an instant such as 2026-11-20T06:00:00Z"
	case reflect.TypeFor[int](), reflect.TypeFor[int64]():
		return "give a whole number"
	case reflect.TypeFor[float64]():
		return "give a number such as 2.5"
	case reflect.TypeFor[map[string]string]():
		return "give key=value pairs with commas between"
	}
	return wrong.Err.Error()
}

// about tells whether a complaint is about one of the variables.
func about(complaint error, variables []string) bool {
	return slices.ContainsFunc(variables, func(name string) bool { return strings.HasPrefix(complaint.Error(), name+":") })
}

func (c Config) checkDatabase() []error {
	var complaints []error
	if c.DatabaseURL == "" {
		complaints = append(complaints, errors.New("DATABASE_URL: is not set; set it to your PostgreSQL, such as postgres://selvedge@localhost/selvedge"))
	}
	if _, err := store.ParseKeyring(c.Selvedge.MasterKeys); err != nil {
		complaints = append(complaints, fmt.Errorf("%sMASTER_KEYS: %w", Prefix, err))
	}
	return complaints
}

func (c Config) checkSystems() []error {
	complaints := prefixed(Prefix+"CENTRA_", c.Selvedge.Centra.Validate())
	if len(c.Selvedge.ACS) == 0 {
		complaints = append(complaints, fmt.Errorf("%sACS_0_ACCOUNT: is not set; name at least one account, see .env.example", Prefix))
	}
	seen := map[string]int{}
	for n, a := range c.Selvedge.ACS {
		complaints = append(complaints, prefixed(fmt.Sprintf("%sACS_%d_", Prefix, n), a.Validate())...)
		if other, taken := seen[a.Warehouse]; taken {
			complaints = append(complaints, fmt.Errorf("%sACS_%d_WAREHOUSE: %q is also that of account %d; each account serves its own warehouse", Prefix, n, a.Warehouse, other))
		}
		seen[a.Warehouse] = n
	}
	return complaints
}

// prefixed puts the full variable name before each complaint of a package's own Validate.
func prefixed(prefix string, err error) []error {
	if err == nil {
		return nil
	}
	var out []error
	for _, line := range strings.Split(err.Error(), "\n") {
		out = append(out, errors.New(prefix+line))
	}
	return out
}

var (
	orderNumberPart = regexp.MustCompile(`^[A-Za-z0-9._-]{0,20}$`) // what an order number may hold, see acs.openapi.yaml
	countryCode     = regexp.MustCompile(`^[A-Z]{2}$`)
)

func (s Settings) check() []error {
	var complaints []error
	positive := map[string]time.Duration{
		"TRACKING_WAIT": s.TrackingWait, "RETURN_WINDOW": s.ReturnWindow, "CAPTURE_WAIT": s.CaptureWait,
		"OUTAGE_BUDGET": s.OutageBudget, "SETTLE": s.Settle, "PROBE_EVERY": s.ProbeEvery, "INTAKE_EVERY": s.IntakeEvery, "FEED_EVERY": s.FeedEvery,
		"COMPLETENESS_EVERY": s.CompletenessEvery, "COVERAGE_EVERY": s.CoverageEvery, "OVERDUE_EVERY": s.OverdueEvery, "OVERDUE_GRACE": s.OverdueGrace, "CATALOGUE_EVERY": s.CatalogueEvery,
		"STOCK_EVERY": s.StockEvery, "STOCK_FULL_EVERY": s.StockFullEvery,
		"STOCK_DRIFT_EVERY": s.StockDriftEvery, "STOCK_STALE_AFTER": s.StockStaleAfter,
		"DOCUMENTS_EVERY": s.DocumentsEvery,
	}
	for _, name := range slices.Sorted(maps.Keys(positive)) {
		if positive[name] <= 0 {
			complaints = append(complaints, fmt.Errorf("%s%s: %s is not positive; give a duration such as 30m", Prefix, name, positive[name]))
		}
	}
	complaints = append(complaints, prefixed(Prefix+"ALERT_", s.Alert.Validate())...)
	if u, err := url.Parse(s.ConsoleURL); s.ConsoleURL != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.HasSuffix(s.ConsoleURL, "/")) {
		complaints = append(complaints, fmt.Errorf("%sCONSOLE_URL: %q is not an http(s) address without a slash at the end; give one such as https://selvedge.example.com", Prefix, s.ConsoleURL))
	}
	// A request may still be acted on until its own time is up; taking it for lost before
	// that could make a second parcel of it.
	if s.Settle > 0 && s.Settle < s.Centra.Timeout {
		complaints = append(complaints, fmt.Errorf("%sSETTLE: %s is shorter than %sCENTRA_TIMEOUT (%s); give at least as long", Prefix, s.Settle, Prefix, s.Centra.Timeout))
	}
	complaints = append(complaints, prefixed(Prefix+"RETURN_", s.Returns.Validate())...)
	if !orderNumberPart.MatchString(s.NumberPrefix) {
		complaints = append(complaints, fmt.Errorf("%sNUMBER_PREFIX: %q stands before order numbers at the warehouse; use letters, digits, dot, underscore and hyphen, at most 20", Prefix, s.NumberPrefix))
	}
	if !countryCode.MatchString(s.HomeCountry) {
		complaints = append(complaints, fmt.Errorf("%sHOME_COUNTRY: %q is not an ISO 3166 code; give two capitals such as GB", Prefix, s.HomeCountry))
	}
	for name, address := range map[string]string{"WORKER_LISTEN": s.WorkerListen, "LISTEN": s.Listen} {
		if _, _, err := net.SplitHostPort(address); err != nil {
			complaints = append(complaints, fmt.Errorf("%s%s: %q is not host:port; give an address such as 127.0.0.1:8090", Prefix, name, address))
		}
	}
	for name, address := range map[string]string{"TEMPORAL_UI": s.TemporalUI, "SHOP_ORDER_URL": s.ShopOrderURL} {
		if u, err := url.Parse(address); address != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
			complaints = append(complaints, fmt.Errorf("%s%s: %q is no web address; give one such as https://temporal.example.com, or leave it empty", Prefix, name, address))
		}
	}
	if _, err := zapcore.ParseLevel(s.LogLevel); err != nil {
		complaints = append(complaints, fmt.Errorf("%sLOG_LEVEL: %q is not a level; give debug, info, warn or error", Prefix, s.LogLevel))
	}
	if s.CacheSize < 1 || s.Pollers < 2 {
		complaints = append(complaints, fmt.Errorf("%sCACHE_SIZE and %sPOLLERS: %d and %d; give at least 1 and 2", Prefix, Prefix, s.CacheSize, s.Pollers))
	}
	return complaints
}
