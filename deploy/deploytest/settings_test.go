package deploytest_test

import (
	"crypto/rand"
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/caarlos0/env/v11"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/contrib/envconfig"

	"selvedge/deploy/deploytest"
	"selvedge/internal/config"
)

// example is read from the root of the repository; tests run in their own folder.
func example(t *testing.T) map[string]deploytest.Variable {
	t.Helper()
	listed, err := deploytest.ReadExample("../../.env.example")
	require.NoError(t, err)
	byName := map[string]deploytest.Variable{}
	for _, v := range listed {
		require.NotContains(t, byName, v.Name, "line %d: listed twice", v.Line)
		byName[v.Name] = v
	}
	return byName
}

// declared is what the configuration reads, by full name, with its default. Two
// accounts stand for any number.
func declared(t *testing.T) map[string]string {
	t.Helper()
	var c config.Config
	params, err := env.GetFieldParamsWithOptions(&c, env.Options{Environment: map[string]string{"SELVEDGE_ACS_0_": "", "SELVEDGE_ACS_1_": ""}})
	require.NoError(t, err)
	defaults := map[string]string{}
	for _, p := range params {
		defaults[p.Key] = p.DefaultValue
	}
	require.Contains(t, defaults, "SELVEDGE_ACS_1_BASE_URL", "the numbered accounts were not walked")
	require.Contains(t, defaults, "SELVEDGE_CENTRA_URL")
	return defaults
}

// lookup serves variables from a map to Temporal's envconfig and notes what it asks for.
type lookup struct {
	values map[string]string
	asked  map[string]bool
}

func (l lookup) Environ() []string {
	var all []string
	for k, v := range l.values {
		all = append(all, k+"="+v)
	}
	return all
}

func (l lookup) LookupEnv(name string) (string, bool) {
	l.asked[name] = true
	v, ok := l.values[name]
	return v, ok
}

// temporal is what Temporal's client reads.
func temporal(t *testing.T) map[string]bool {
	t.Helper()
	l := lookup{values: map[string]string{"TEMPORAL_TLS": "true"}, asked: map[string]bool{}}
	_, err := envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{DisableFile: true, EnvLookup: l})
	require.NoError(t, err)
	return l.asked
}

func TestTheExampleListsEverySettingAndNothingElse(t *testing.T) {
	t.Parallel()
	listed, known := example(t), map[string]bool{}
	for name := range declared(t) {
		known[name] = true
		require.Contains(t, listed, name, "internal/config reads it: add it to .env.example")
	}
	maps.Copy(known, temporal(t))
	for name := range interpolated(t) {
		known[name] = true
	}
	for _, name := range []string{"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"} {
		require.Contains(t, listed, name)
	}
	for name, v := range listed {
		require.True(t, known[name], ".env.example:%d: nothing reads %s", v.Line, name)
		require.NotEmpty(t, v.Meaning, ".env.example:%d: %s has no line of meaning above it", v.Line, name)
	}
}

func TestDefaultsOfTheExampleAreThoseOfTheCode(t *testing.T) {
	t.Parallel()
	listed := example(t)
	for name, value := range declared(t) {
		if v := listed[name]; v.Off || value != "" {
			require.Equal(t, value, v.Value, ".env.example:%d: %s", v.Line, name)
			require.True(t, v.Off, ".env.example:%d: %s has a default, so it stands behind a #", v.Line, name)
		}
	}
	options, err := envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{DisableFile: true, EnvLookup: lookup{asked: map[string]bool{}}})
	require.NoError(t, err)
	require.Equal(t, cmpOr(options.HostPort, "localhost:7233"), listed["TEMPORAL_ADDRESS"].Value)
	require.Equal(t, cmpOr(options.Namespace, "default"), listed["TEMPORAL_NAMESPACE"].Value)
}

// cmpOr is the SDK's own default where its options are left empty.
func cmpOr(set, sdk string) string {
	if set == "" {
		return sdk
	}
	return set
}

// secrets is what only its owner can fill in, made up for this run.
func secrets() map[string]string {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return map[string]string{
		"SELVEDGE_MASTER_KEYS":            "k1:" + base64.StdEncoding.EncodeToString(key),
		"SELVEDGE_CENTRA_TOKEN":           rand.Text(),
		"SELVEDGE_ACS_0_SUBSCRIPTION_KEY": rand.Text(),
	}
}

// active is the environment that a copy of the example makes.
func active(t *testing.T) map[string]string {
	t.Helper()
	environment := map[string]string{}
	for name, v := range example(t) {
		if !v.Off {
			environment[name] = v.Value
		}
	}
	return environment
}

func TestTheExampleLoadsOnceItsSecretsAreFilledIn(t *testing.T) {
	t.Parallel()
	environment := active(t)
	_, err := config.FromMap(environment, config.Database, config.Systems)
	require.Error(t, err, "a copy with empty secrets must not start")
	for name, value := range secrets() {
		require.Empty(t, environment[name], "the example must hold no secret")
		require.ErrorContains(t, err, name)
		environment[name] = value
	}
	c, err := config.FromMap(environment, config.Database, config.Systems)
	require.NoError(t, err)
	require.Len(t, c.Selvedge.ACS, 1)
}

func TestWhatStandsWithoutAHashIsNeeded(t *testing.T) {
	t.Parallel()
	settings := declared(t)
	complete := active(t)
	maps.Copy(complete, secrets())
	for _, name := range slices.Sorted(maps.Keys(complete)) {
		if _, ours := settings[name]; !ours {
			continue
		}
		without := maps.Clone(complete)
		delete(without, name)
		_, err := config.FromMap(without, config.Database, config.Systems)
		require.ErrorContains(t, err, name, "without it everything loads: put it behind a #")
	}
}

func TestTheSecondAccountOfTheExampleWorksLikeTheFirst(t *testing.T) {
	t.Parallel()
	environment := active(t)
	maps.Copy(environment, secrets())
	for name, value := range maps.Clone(environment) {
		if rest, ok := strings.CutPrefix(name, "SELVEDGE_ACS_0_"); ok {
			environment["SELVEDGE_ACS_1_"+rest] = value
		}
	}
	environment["SELVEDGE_ACS_1_WAREHOUSE"] = "acs-eu"
	c, err := config.FromMap(environment, config.Database, config.Systems)
	require.NoError(t, err)
	require.Len(t, c.Selvedge.ACS, 2)
	require.Equal(t, "acs-eu", c.Selvedge.ACS[1].Warehouse)
}
