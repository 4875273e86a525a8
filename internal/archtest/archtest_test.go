package archtest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/archtest"
)

// root is the repository, two folders up from this package.
const root = "../.."

func TestImportsPointTheRightWay(t *testing.T) {
	t.Parallel()
	packages := listPackages(t)
	require.NotEmpty(t, packages)
	require.Empty(t, archtest.Check(archtest.Rules(), packages))
}

func listPackages(t *testing.T) []archtest.Package {
	list := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	list.Dir = root
	var stderr bytes.Buffer
	list.Stderr = &stderr
	out, err := list.Output()
	require.NoError(t, err, stderr.String())
	var packages []archtest.Package
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p archtest.Package
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		require.NoError(t, err)
		packages = append(packages, p)
	}
}

func TestTheTopLevelHoldsOnlyWhatItShould(t *testing.T) {
	t.Parallel()
	for _, name := range topLevel(t) {
		if strings.HasPrefix(name, ".") {
			continue
		}
		require.Contains(t, archtest.TopLevel(), name, "move it into internal or deploy")
	}
}

// topLevel asks git, which knows a laptop's ignored leftovers; a source archive
// without git holds none.
func topLevel(t *testing.T) []string {
	list := exec.CommandContext(t.Context(), "git", "ls-files", "--cached", "--others", "--exclude-standard")
	list.Dir = root
	var names []string
	if out, err := list.Output(); err == nil {
		for path := range strings.Lines(string(out)) {
			name, _, _ := strings.Cut(strings.TrimSpace(path), "/")
			names = append(names, name)
		}
	} else {
		entries, err := os.ReadDir(root)
		require.NoError(t, err)
		for _, e := range entries {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	require.Contains(t, names, "go.mod", "looked at the wrong folder: %s", filepath.Clean(root))
	return names
}

func TestCheckCatchesAWrongImport(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		from   string
		to     string
		asTest bool
		wrong  bool
	}{
		"domain imports nothing of ours":            {from: "internal/domain", to: "selvedge/internal/fault", wrong: true},
		"domain has no SDK":                         {from: "internal/domain", to: "go.temporal.io/sdk/workflow", wrong: true},
		"domain may use a library":                  {from: "internal/domain", to: "github.com/shopspring/decimal"},
		"fault has no zap":                          {from: "internal/fault", to: "go.uber.org/zap", wrong: true},
		"stock knows domain":                        {from: "internal/stock", to: "selvedge/internal/domain"},
		"stock is pure":                             {from: "internal/stock", to: "selvedge/internal/store", wrong: true},
		"reconciliation does no I/O":                {from: "internal/reconciliation", to: "net/http", wrong: true},
		"enrich applies the rules":                  {from: "internal/enrich", to: "selvedge/internal/mapping"},
		"mapping does not know enrich":              {from: "internal/mapping", to: "selvedge/internal/enrich", wrong: true},
		"contract knows domain":                     {from: "internal/contract", to: "selvedge/internal/domain"},
		"contract does not know fault":              {from: "internal/contract", to: "selvedge/internal/fault", wrong: true},
		"ports know fault":                          {from: "internal/ports", to: "selvedge/internal/fault"},
		"the port suite knows the ports":            {from: "internal/ports/portstest", to: "selvedge/internal/ports"},
		"a system uses the shared transport":        {from: "internal/systems/centra", to: "selvedge/internal/systems/rest"},
		"a system has packages of its own":          {from: "internal/systems/centra", to: "selvedge/internal/systems/centra/gen"},
		"systems never know each other":             {from: "internal/systems/acs", to: "selvedge/internal/systems/centra", wrong: true},
		"nor each other's parts":                    {from: "internal/systems/acs", to: "selvedge/internal/systems/centra/gen", wrong: true},
		"a system never knows Temporal":             {from: "internal/systems/acs", to: "go.temporal.io/sdk/temporal", wrong: true},
		"the store never knows Temporal":            {from: "internal/store", to: "go.temporal.io/sdk/client", wrong: true},
		"the store uses pgx":                        {from: "internal/store", to: "github.com/jackc/pgx/v5"},
		"the store never knows a system":            {from: "internal/store", to: "selvedge/internal/systems/acs", wrong: true},
		"storetest starts PostgreSQL":               {from: "internal/store/storetest", to: "selvedge/internal/devpg"},
		"the store itself does not":                 {from: "internal/store", to: "selvedge/internal/devpg", wrong: true},
		"a simulator never knows the client":        {from: "internal/simulators/acs", to: "selvedge/internal/systems/acs", wrong: true},
		"a simulator parses GraphQL":                {from: "internal/simulators/centra", to: "github.com/vektah/gqlparser/v2/ast"},
		"a simulator validates OpenAPI":             {from: "internal/simulators/acs", to: "github.com/getkin/kin-openapi/openapi3filter"},
		"a simulator has no other library":          {from: "internal/simulators/acs", to: "github.com/jackc/pgx/v5", wrong: true},
		"simulators share the weather":              {from: "internal/simulators/acs", to: "selvedge/internal/simulators/weather"},
		"simulators share the clock":                {from: "internal/simulators/weather", to: "selvedge/internal/simulators/clock"},
		"simulators share nothing else":             {from: "internal/simulators/acs", to: "selvedge/internal/simulators/centra", wrong: true},
		"activities use ports":                      {from: "activities", to: "selvedge/internal/ports"},
		"activities never know a system":            {from: "activities", to: "selvedge/internal/systems/acs", wrong: true},
		"activities never use pgx":                  {from: "activities", to: "github.com/jackc/pgx/v5/pgxpool", wrong: true},
		"workflows name activities":                 {from: "workflows", to: "selvedge/activities"},
		"workflows know exceptions":                 {from: "workflows", to: "selvedge/internal/exceptions"},
		"workflows apply no rules":                  {from: "workflows", to: "selvedge/internal/enrich", wrong: true},
		"workflows draw no random numbers":          {from: "workflows", to: "math/rand/v2", wrong: true},
		"intake does not know exceptions":           {from: "internal/intake", to: "selvedge/internal/exceptions", wrong: true},
		"the console knows exceptions":              {from: "internal/console", to: "selvedge/internal/exceptions"},
		"the console knows mapping":                 {from: "internal/console", to: "selvedge/internal/mapping"},
		"the console asks no store":                 {from: "internal/console", to: "selvedge/internal/store", wrong: true},
		"a new package is nobody's neighbour":       {from: "activities", to: "selvedge/internal/brandnew", wrong: true},
		"the worker wires":                          {from: "worker", to: "selvedge/internal/systems/acs"},
		"the starter has packages of its own":       {from: "starter", to: "selvedge/starter/demo"},
		"nothing imports a command":                 {from: "internal/config", to: "selvedge/starter", wrong: true},
		"commands do not import each other":         {from: "starter", to: "selvedge/worker", wrong: true},
		"a test may join simulator and client":      {from: "internal/systems/acs", to: "selvedge/internal/simulators/acs", asTest: true},
		"a test imports no command":                 {from: "internal/intake", to: "selvedge/worker", asTest: true, wrong: true},
		"a name that only starts alike is not ours": {from: "internal/config", to: "selvedge/workerpool"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := archtest.Package{ImportPath: "selvedge/" + tt.from, Imports: []string{tt.to}}
			if tt.asTest {
				p.Imports, p.XTestImports = nil, []string{tt.to}
			}
			found := archtest.Check(archtest.Rules(), []archtest.Package{p})
			if !tt.wrong {
				require.Empty(t, found)
				return
			}
			require.Len(t, found, 1)
			require.Contains(t, found[0], tt.from+" must not import "+strings.TrimPrefix(tt.to, "selvedge/"))
		})
	}
}

// A second rule for the same pattern would never be applied.
func TestEveryRuleStandsOnceAndSaysWhy(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range archtest.Rules() {
		require.False(t, seen[r.Pattern], r.Pattern)
		seen[r.Pattern] = true
		require.True(t, r.Any || r.Why != "", "%s gives no reason", r.Pattern)
	}
}
