package centra_test

import (
	"testing"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/stretchr/testify/require"

	"selvedge/internal/systems/centra"
)

func TestConfigIsReadFromTheEnvironment(t *testing.T) {
	t.Parallel()
	c, err := env.ParseAsWithOptions[centra.Config](env.Options{Prefix: "CENTRA_", Environment: map[string]string{
		"CENTRA_URL": "https://example.centra.com", "CENTRA_TOKEN": "t", "CENTRA_STORES": "1=atelier, 2=outlet", "CENTRA_ORDER_ATTRIBUTES": "a,b",
	}})
	require.NoError(t, err)
	require.NoError(t, c.Validate())
	require.Equal(t, centra.Stores{1: "atelier", 2: "outlet"}, c.Stores)
	require.Equal(t, []string{"a", "b"}, c.OrderAttributes)
	require.Equal(t, 30*time.Second, c.Timeout)
	require.Equal(t, centra.BundleLinesItems, c.BundleLines)
}

func TestAllThatIsWrongIsSaidAtOnceAndNoSecret(t *testing.T) {
	t.Parallel()
	err := centra.Config{BaseURL: "https://user:hunter2@host", Token: "hunter2 x", Timeout: -1, RequestsPerSecond: -1, QuotaRefresh: -1, MaxWait: -1, MaxAnswer: -1, BundleLines: "both"}.Validate()
	for _, suffix := range []string{"URL", "TOKEN", "STORES", "TIMEOUT", "REQUESTS_PER_SECOND", "QUOTA_REFRESH", "MAX_WAIT", "MAX_ANSWER", "BUNDLE_LINES"} {
		require.ErrorContains(t, err, suffix+":")
	}
	require.ErrorContains(t, err, `"both"`)
	require.NotContains(t, err.Error(), "hunter2")
	require.ErrorContains(t, centra.Config{}.Validate(), "TOKEN: is empty")
}

func TestStoresAreReadStrictly(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"atelier", "x=atelier", "0=atelier", "1=", "1=a/b", "1=a,1=b", "1=a,2=a"} {
		require.Error(t, new(centra.Stores).UnmarshalText([]byte(text)), text)
	}
}
