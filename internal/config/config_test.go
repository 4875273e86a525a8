package config_test

import (
	"encoding/base64"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/config"
)

// masterKey is 32 bytes that no complaint may repeat.
var masterKey = base64.StdEncoding.EncodeToString([]byte("an utterly secret key of 32 byte"))

const (
	token      = "token-that-stays-secret"
	password   = "password-that-stays-secret"
	hookSecret = "hook-that-stays-secret"
	accessKey  = "access-that-stays-secret"
)

// working is an environment with nothing to complain about.
func working() map[string]string {
	return map[string]string{
		"DATABASE_URL":                    "postgres://selvedge:" + password + "@localhost/selvedge",
		"SELVEDGE_MASTER_KEYS":            "k1:" + masterKey,
		"SELVEDGE_CENTRA_URL":             "https://example.centra.com",
		"SELVEDGE_CENTRA_TOKEN":           token,
		"SELVEDGE_CENTRA_STORES":          "1=atelier,2=outlet",
		"SELVEDGE_CENTRA_WEBHOOK_SECRET":  hookSecret,
		"SELVEDGE_ACS_0_BASE_URL":         "https://acs.example.com/partner/v1",
		"SELVEDGE_ACS_0_ACCOUNT":          "BRANDX",
		"SELVEDGE_ACS_0_WAREHOUSE":        "acs-uk",
		"SELVEDGE_ACS_0_SUBSCRIPTION_KEY": accessKey,
		"SELVEDGE_ATTRIBUTE_KEYS":         "itemCondition=acs.condition",
	}
}

func load(environment map[string]string) (config.Config, error) {
	return config.FromMap(environment, config.Database, config.Systems)
}

func TestAWorkingEnvironmentIsReadWithItsDefaults(t *testing.T) {
	t.Parallel()
	c, err := load(working())
	require.NoError(t, err)
	require.Equal(t, "atelier", c.Selvedge.Centra.Stores[1])
	require.Equal(t, 30*time.Minute, c.Selvedge.TrackingWait)
	require.Equal(t, map[string]string{"itemCondition": "acs.condition"}, c.Selvedge.AttributeKeys)
	require.Len(t, c.Selvedge.ACS, 1)
	require.Equal(t, 20*time.Second, c.Selvedge.ACS[0].Timeout)
}

// broken are environments with one thing wrong each: what the complaint must say
// of variable, value and remedy.
func broken() map[string]struct {
	set  map[string]string // empty unsets
	want []string
} {
	type one = struct {
		set  map[string]string
		want []string
	}
	return map[string]one{
		"no database":                {map[string]string{"DATABASE_URL": ""}, []string{"DATABASE_URL", "set it to your PostgreSQL"}},
		"no master key":              {map[string]string{"SELVEDGE_MASTER_KEYS": ""}, []string{"SELVEDGE_MASTER_KEYS", "openssl rand -base64 32"}},
		"a master key without id":    {map[string]string{"SELVEDGE_MASTER_KEYS": masterKey}, []string{"SELVEDGE_MASTER_KEYS", "entry 1", "want <id>:<32 bytes as base64>"}},
		"a short master key":         {map[string]string{"SELVEDGE_MASTER_KEYS": "k1:" + masterKey + ",k2:c2hvcnQ="}, []string{"SELVEDGE_MASTER_KEYS", "entry 2", "openssl rand -base64 32"}},
		"no shop":                    {map[string]string{"SELVEDGE_CENTRA_URL": ""}, []string{"SELVEDGE_CENTRA_URL", "set it to your instance"}},
		"a password in the address":  {map[string]string{"SELVEDGE_CENTRA_URL": "https://ann:" + password + "@example.com"}, []string{"SELVEDGE_CENTRA_URL", "without credentials"}},
		"no token":                   {map[string]string{"SELVEDGE_CENTRA_TOKEN": ""}, []string{"SELVEDGE_CENTRA_TOKEN", "create one in Centra"}},
		"a token with a space":       {map[string]string{"SELVEDGE_CENTRA_TOKEN": token + " x"}, []string{"SELVEDGE_CENTRA_TOKEN", "paste the token alone"}},
		"no stores":                  {map[string]string{"SELVEDGE_CENTRA_STORES": ""}, []string{"SELVEDGE_CENTRA_STORES", "such as 1=atelier"}},
		"an unknown bundle reading":  {map[string]string{"SELVEDGE_CENTRA_BUNDLE_LINES": "all"}, []string{"SELVEDGE_CENTRA_BUNDLE_LINES", `"all"`, "set it to items or bundle"}},
		"a negative shop timeout":    {map[string]string{"SELVEDGE_CENTRA_TIMEOUT": "-1s"}, []string{"SELVEDGE_CENTRA_TIMEOUT", "-1s", "set it to about 30s"}},
		"no warehouse address":       {map[string]string{"SELVEDGE_ACS_0_BASE_URL": ""}, []string{"SELVEDGE_ACS_0_BASE_URL", "set it, such as"}},
		"a key in the address":       {map[string]string{"SELVEDGE_ACS_0_BASE_URL": "https://acs.example.com?key=" + accessKey}, []string{"SELVEDGE_ACS_0_BASE_URL", "settings of their own"}},
		"no account":                 {map[string]string{"SELVEDGE_ACS_0_ACCOUNT": ""}, []string{"SELVEDGE_ACS_0_ACCOUNT", "set it to the account code"}},
		"no warehouse":               {map[string]string{"SELVEDGE_ACS_0_WAREHOUSE": ""}, []string{"SELVEDGE_ACS_0_WAREHOUSE", "set it to the warehouse's name"}},
		"no way to authenticate":     {map[string]string{"SELVEDGE_ACS_0_SUBSCRIPTION_KEY": ""}, []string{"SELVEDGE_ACS_0_SUBSCRIPTION_KEY", "set it, or CLIENT_ID"}},
		"two ways to authenticate":   {map[string]string{"SELVEDGE_ACS_0_CLIENT_ID": "us"}, []string{"SELVEDGE_ACS_0_SUBSCRIPTION_KEY", "use one way"}},
		"an unusable webhook secret": {map[string]string{"SELVEDGE_ACS_0_WEBHOOK_SECRETS": hookSecret}, []string{"SELVEDGE_ACS_0_WEBHOOK_SECRETS", "number 1", "copy it as ACS showed it"}},
		"a negative burst":           {map[string]string{"SELVEDGE_ACS_0_BURST": "-5"}, []string{"SELVEDGE_ACS_0_BURST", "-5", "set a positive number"}},
		"one warehouse twice": {map[string]string{
			"SELVEDGE_ACS_1_BASE_URL": "https://acs.example.com/partner/v1", "SELVEDGE_ACS_1_ACCOUNT": "BRANDY",
			"SELVEDGE_ACS_1_WAREHOUSE": "acs-uk", "SELVEDGE_ACS_1_SUBSCRIPTION_KEY": accessKey,
		}, []string{"SELVEDGE_ACS_1_WAREHOUSE", `"acs-uk"`, "each account serves its own warehouse"}},
		"no wait for tracking":     {map[string]string{"SELVEDGE_TRACKING_WAIT": "0s"}, []string{"SELVEDGE_TRACKING_WAIT", "0s", "give a duration such as 30m"}},
		"a negative interval":      {map[string]string{"SELVEDGE_FEED_EVERY": "-1m"}, []string{"SELVEDGE_FEED_EVERY", "-1m", "give a duration"}},
		"a country of digits":      {map[string]string{"SELVEDGE_HOME_COUNTRY": "12"}, []string{"SELVEDGE_HOME_COUNTRY", `"12"`, "two capitals such as GB"}},
		"a prefix with a slash":    {map[string]string{"SELVEDGE_NUMBER_PREFIX": "A/"}, []string{"SELVEDGE_NUMBER_PREFIX", `"A/"`, "letters, digits"}},
		"a settle below the limit": {map[string]string{"SELVEDGE_SETTLE": "5s"}, []string{"SELVEDGE_SETTLE", "5s", "SELVEDGE_CENTRA_TIMEOUT (30s)"}},
		"a country by name":        {map[string]string{"SELVEDGE_HOME_COUNTRY": "Britain"}, []string{"SELVEDGE_HOME_COUNTRY", `"Britain"`, "two capitals such as GB"}},
		"an address without port":  {map[string]string{"SELVEDGE_LISTEN": "localhost"}, []string{"SELVEDGE_LISTEN", `"localhost"`, "such as 127.0.0.1:8090"}},
		"the worker's without one": {map[string]string{"SELVEDGE_WORKER_LISTEN": "9090"}, []string{"SELVEDGE_WORKER_LISTEN", `"9090"`, "host:port"}},
		"an unknown log level":     {map[string]string{"SELVEDGE_LOG_LEVEL": "loud"}, []string{"SELVEDGE_LOG_LEVEL", `"loud"`, "give debug, info, warn or error"}},
		"no cache":                 {map[string]string{"SELVEDGE_CACHE_SIZE": "-1"}, []string{"SELVEDGE_CACHE_SIZE", "-1", "give at least 1"}},
		"one poller":               {map[string]string{"SELVEDGE_POLLERS": "1"}, []string{"SELVEDGE_POLLERS", "1", "give at least 1 and 2"}},
	}
}

func with(changes map[string]string) map[string]string {
	environment := working()
	for name, value := range changes {
		if value == "" {
			delete(environment, name)
			continue
		}
		environment[name] = value
	}
	return environment
}

func TestAComplaintNamesVariableValueAndRemedy(t *testing.T) {
	t.Parallel()
	for name, tt := range broken() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := load(with(tt.set))
			require.Error(t, err)
			complaints := strings.Split(strings.TrimPrefix(err.Error(), "configuration:\n"), "\n")
			require.Len(t, complaints, 1, "one thing is wrong: %s", err)
			for _, want := range tt.want {
				require.Contains(t, complaints[0], want)
			}
			keepsSecrets(t, err)
		})
	}
}

func TestAllComplaintsAreToldAtOnce(t *testing.T) {
	t.Parallel()
	all, wanted := map[string]string{}, []string{}
	for _, name := range []string{"no database", "a short master key", "a token with a space", "an unknown bundle reading", "no warehouse", "an unusable webhook secret", "a country by name", "an unknown log level"} {
		tt := broken()[name]
		maps.Copy(all, tt.set)
		wanted = append(wanted, tt.want...)
	}
	_, err := load(with(all))
	require.Error(t, err)
	for _, want := range wanted {
		require.ErrorContains(t, err, want)
	}
	keepsSecrets(t, err)
}

func TestPartsThatAreNotNeededAreNotAskedFor(t *testing.T) {
	t.Parallel()
	_, err := config.FromMap(map[string]string{})
	require.NoError(t, err, "Temporal alone needs nothing of ours")
	_, err = config.FromMap(map[string]string{}, config.Database)
	require.ErrorContains(t, err, "DATABASE_URL")
	require.NotContains(t, err.Error(), "CENTRA")
}

func keepsSecrets(t *testing.T, err error) {
	t.Helper()
	for _, secret := range []string{masterKey, "an utterly secret key", token, password, hookSecret, accessKey} {
		require.NotContains(t, err.Error(), secret)
	}
}
