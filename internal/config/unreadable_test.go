package config_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnUnreadableValueIsNamedOnce(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ variable, value, want string }{
		"a duration":             {"SELVEDGE_SETTLE", "soon", `SELVEDGE_SETTLE: "soon" cannot be read; give a duration such as 30m`},
		"an instant":             {"SELVEDGE_INTAKE_SINCE", "yesterday", `SELVEDGE_INTAKE_SINCE: "yesterday" cannot be read; give an instant such as 2026-11-20T06:00:00Z`},
		"a whole number":         {"SELVEDGE_CACHE_SIZE", "many", `SELVEDGE_CACHE_SIZE: "many" cannot be read; give a whole number`},
		"stores without ids":     {"SELVEDGE_CENTRA_STORES", "atelier", `SELVEDGE_CENTRA_STORES: "atelier" cannot be read; store "atelier": want <Centra store id>=<store key>, such as 1=atelier`},
		"a number in an account": {"SELVEDGE_ACS_0_BURST", "x", `SELVEDGE_ACS_0_BURST: "x" cannot be read; give a whole number`},
		"pairs without a value":  {"SELVEDGE_ATTRIBUTE_KEYS", "condition", `SELVEDGE_ATTRIBUTE_KEYS: "condition" cannot be read; give key=value pairs with commas between`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := load(with(map[string]string{tt.variable: tt.value}))
			require.Error(t, err)
			require.Equal(t, 1, strings.Count(err.Error(), "\n"), "one thing is wrong: %s", err)
			require.ErrorContains(t, err, tt.want)
			keepsSecrets(t, err)
		})
	}
}
