package config_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzEnvironment: one setting with whatever value is read, or complained of by its name
// and without any secret; and what is read is read again to the same.
func FuzzEnvironment(f *testing.F) {
	names := slices.Sorted(maps.Keys(working()))
	names = append(names, "SELVEDGE_MASTER_KEYS", "SELVEDGE_TRACKING_WAIT", "SELVEDGE_CENTRA_QUOTA_REFRESH", "SELVEDGE_RETURN_REFUND", "SELVEDGE_RETURN_FEE",
		"SELVEDGE_ACS_0_WEBHOOK_SECRETS", "SELVEDGE_ACS_1_BASE_URL", "SELVEDGE_LOG_LEVEL", "SELVEDGE_SINCE",
		"SELVEDGE_CENTRA_REQUESTS_PER_SECOND", "SELVEDGE_ACS_0_REQUESTS_PER_SECOND") // new ones go last: the corpus names them by number
	for n := range names {
		for _, value := range []string{"", "0", "-1s", "1=a,1=b", "k1:AAAA", "https://user:pass@host/?x=1", "\x00", "9999999999999h", "1e309", "NaN", "-Inf", "0x1p-1074", "%", "a=b=c,,"} {
			f.Add(uint8(n), value)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, value string) {
		name := names[int(which)%len(names)]
		environment := working()
		environment[name] = value
		c, err := load(environment)
		again, errAgain := load(environment)
		require.Equal(t, err == nil, errAgain == nil)
		if err == nil {
			require.Equal(t, c, again)
			return
		}
		stem := name
		if strings.HasPrefix(name, "SELVEDGE_ACS_") {
			stem = name[:len("SELVEDGE_ACS_0")]
		}
		require.Contains(t, err.Error(), stem, "the complaint names the setting")
		for _, secret := range []string{masterKey, token, password, hookSecret, accessKey} {
			if !strings.Contains(value, secret) {
				require.NotContains(t, err.Error(), secret)
			}
		}
	})
}
