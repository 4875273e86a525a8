package archtest

const (
	temporalSDK = "go.temporal.io"
	pgx         = "github.com/jackc/pgx"
	zap         = "go.uber.org/zap"
)

// Rules returns the plan of the house. The first rule whose pattern matches a
// package holds for it; a package that none matches may import all but the
// commands, but nobody governed may import it.
func Rules() []Rule {
	core := []string{"internal/domain", "internal/fault"}
	deciding := "what decides is pure: values in, values out; the time is an argument"
	pure := func(pattern string, ours ...string) Rule {
		return Rule{
			Pattern: pattern, Why: deciding, Ours: append(ours, core...),
			Never: []string{temporalSDK, pgx, zap, "net/http", "database/sql", "os", "log", "log/slog"},
		}
	}
	kernel := "domain and fault stand below everything: nothing of ours, no SDK, no pgx, no zap"
	return []Rule{
		{Pattern: "internal/domain/...", Why: kernel, Never: []string{temporalSDK, pgx, zap, "net/http", "database/sql", "os"}},
		{Pattern: "internal/fault/...", Why: kernel, Never: []string{temporalSDK, pgx, zap, "database/sql", "os"}},

		pure("internal/mapping/..."),
		pure("internal/enrich/...", "internal/mapping"),                     // enrichment is the application of the rules, and as pure
		pure("internal/preview/...", "internal/mapping", "internal/enrich"), // completes orders twice and compares
		pure("internal/stock/..."),
		pure("internal/exceptions/..."),
		pure("internal/reconciliation/..."),
		pure("internal/lifecycle/..."),
		pure("internal/returns/..."),
		pure("internal/narrate/..."),
		pure("internal/books/...", "internal/enrich", "internal/mapping"), // documents price bundles as enrichment does, and their entity is a rule's
		// Triage finds the cut-off by the rules and puts a cause into the words of its kind.
		pure("internal/triage/...", "internal/mapping", "internal/exceptions"),
		pure("internal/catalogue/...", "internal/mapping", "internal/enrich"),    // the audit completes an item as enrichment does: one reading of it
		pure("internal/coverage/...", "internal/mapping", "internal/exceptions"), // it asks the rules, and a gap has the owner of its kind

		{
			Pattern: "internal/contract/...", Why: "contract names what crosses the Temporal boundary and knows only domain",
			Ours: []string{"internal/domain"}, Never: []string{pgx, zap, "net/http", "database/sql"},
		},
		{
			Pattern: "internal/ports/...", Why: "ports state what we ask of a system in the words of domain and fault",
			Ours: core, Never: []string{temporalSDK, pgx, zap, "database/sql"},
		},

		{
			Pattern: "internal/systems/*", Why: "a system's dialect never leaves its package: systems know ports, domain, fault and rest, never each other, Temporal or PostgreSQL",
			Ours:  append([]string{"internal/ports", "internal/systems/rest"}, core...),
			Never: []string{temporalSDK, pgx, "database/sql"},
		},
		{
			Pattern: "internal/store/storetest/...", Why: "storetest gives tests of the store a database and knows nothing else",
			Ours:  append([]string{"internal/ports", "internal/store/...", "internal/devpg"}, core...),
			Never: []string{temporalSDK},
		},
		{
			Pattern: "internal/store/...", Why: "the store knows ports, domain and fault, never a system or Temporal",
			Ours: append([]string{"internal/ports"}, core...), Never: []string{temporalSDK},
		},

		{
			Pattern: "internal/simulators/*", Why: "two readings of one API must meet in a test: a simulator is written from the contract, " +
				"with the standard library, gqlparser and the HTTP and OpenAPI validators",
			Ours: []string{"internal/simulators/weather", "internal/simulators/clock"},
			Only: []string{
				"github.com/vektah/gqlparser", "github.com/getkin/kin-openapi", "github.com/santhosh-tekuri/jsonschema",
			},
		},

		{
			Pattern: "activities/...", Why: "activities reach the world through ports, never through a system's client or pgx",
			Ours: append([]string{
				"internal/ports", "internal/contract", "internal/mapping", "internal/enrich", "internal/stock",
				"internal/exceptions", "internal/reconciliation", "internal/lifecycle", "internal/returns", "internal/books", "internal/triage", "internal/coverage", "internal/catalogue",
			}, core...),
			Never: []string{pgx, "database/sql", "net/http"},
		},
		{
			Pattern: "workflows/...", Why: "workflows do no I/O and apply no rules: rules change, and a replay must see the old answer, so activities apply them",
			Ours:  []string{"internal/contract", "internal/domain", "internal/exceptions", "activities"},
			Never: []string{pgx, zap, "net/http", "database/sql", "os", "math/rand", "math/rand/v2", "crypto/rand"},
		},

		{
			// Beyond the table: the shop's and the warehouse's events are types of ports, and a fault's
			// kind decides whether an input is refused or asked for again.
			Pattern: "internal/intake/...", Why: "intake knows contract, domain, ports, fault and the Temporal client, never a system",
			Ours:  []string{"internal/contract", "internal/domain", "internal/ports", "internal/fault"},
			Never: []string{pgx, "database/sql"},
		},
		{
			// Beyond the table: what the store lists for it are types of ports, and a fault's kind says
			// whether a person is refused or something is out of order. Triage is pure: people in the
			// console see what waits in the same order as at the command line.
			Pattern: "internal/console/...", Why: "the console knows contract, domain, ports, fault, exceptions, mapping, triage, the effect of rules, the Temporal client and small interfaces of its own",
			Ours:  []string{"internal/contract", "internal/domain", "internal/exceptions", "internal/mapping", "internal/triage", "internal/preview", "internal/narrate", "internal/stock", "internal/ports", "internal/fault", "deploy/handbook"},
			Never: []string{pgx, "database/sql"},
		},

		{Pattern: "internal/devpg/...", Why: "a tool for tests and demo, which knows nothing of the product"},
		{Pattern: "internal/devtemporal/...", Why: "a tool for tests and demo, which knows nothing of the product"},
		{Pattern: "internal/archtest/...", Why: "a tool for tests, which knows nothing of the product"},

		{Pattern: "worker/...", Any: true},
		{Pattern: "starter/...", Any: true},
	}
}

// TopLevel returns what may stand at the top of the repository besides files
// whose name starts with a dot.
func TopLevel() []string {
	return []string{
		"workflows", "activities", "worker", "starter", "internal", "deploy",
		"docker-compose.yml", "go.mod", "go.sum", "Makefile", "README.md", "LICENSE",
	}
}
