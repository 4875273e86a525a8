package centra_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/fault"
	"selvedge/internal/systems/centra"
)

// limits writes an answer to the rateLimits query.
func limits(rows ...string) string {
	var list []string
	for _, r := range rows {
		var kind, every string
		var quota, left int
		_, _ = fmt.Sscan(r, &kind, &every, &quota, &left)
		list = append(list, fmt.Sprintf(`{"type":%q,"intervalSeconds":%q,"quota":%d,"usedQuota":%d,"remainingQuota":%d}`, kind, every, quota, quota-left, left))
	}
	return `{"data":{"rateLimits":[` + strings.Join(list, ",") + `]}}`
}

const updated = `{"data":{"updateDirectToConsumerOrder":{` + noNotices + `}}}`

func TestUsedQuotaIsNotSpentTwice(t *testing.T) {
	t.Parallel()
	began := time.Now()
	shop, server := open(t, script(map[string]string{
		"RateLimits":  limits("MUTATION_COUNT ONE_HOUR 36 1", "REQUEST_COUNT TEN_SECONDS 1000 900", "NEW_LIMIT ONE_DAY 1 0"),
		"UpdateOrder": updated, "Events": `{"data":{"events":[]}}`,
	}), func(c *centra.Config, _ *centra.Options) { c.QuotaRefresh = time.Hour })
	require.NoError(t, hold(t.Context(), shop))
	err := hold(t.Context(), shop)
	f, ok := fault.As(err)
	require.True(t, ok, "%v", err)
	require.Equal(t, fault.RateLimited, f.Kind)
	require.WithinRange(t, f.RetryAt, began.Add(99*time.Second), time.Now().Add(101*time.Second), "one mutation refills in 100 seconds")
	require.NoError(t, read(t.Context(), shop), "reads do not spend mutations")
	require.Equal(t, "RateLimits UpdateOrder Events", server.ops(), "asked once in the interval")
}

func TestComplexityIsChargedAfterwards(t *testing.T) {
	t.Parallel()
	shop, server := open(t, script(map[string]string{
		"RateLimits": limits("QUERY_COMPLEXITY ONE_HOUR 3600 1000"),
		"Events":     `{"data":{"events":[]},"extensions":{"complexity":3000}}`,
	}))
	require.NoError(t, shop.Probe(t.Context()))
	require.NoError(t, read(t.Context(), shop))
	require.True(t, fault.Is(read(t.Context(), shop), fault.RateLimited))
	require.Equal(t, "RateLimits Events", server.ops())
}

func TestAShortWaitIsWaitedAndALongOneIsNot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		doer := canned(map[string]string{"RateLimits": limits("MUTATION_COUNT TEN_SECONDS 10 0"), "UpdateOrder": updated})
		shop, err := centra.New(centra.Config{BaseURL: "http://centra.test", Token: token, Stores: centra.Stores{1: "a"}, MaxWait: 3 * time.Second}, centra.Options{Doer: doer})
		require.NoError(t, err)
		require.NoError(t, shop.Probe(t.Context()))

		start := time.Now()
		require.NoError(t, hold(t.Context(), shop))
		require.Equal(t, time.Second, time.Since(start))

		short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		start = time.Now()
		require.True(t, fault.Is(hold(short, shop), fault.RateLimited))
		require.Zero(t, time.Since(start), "told at once, not at the deadline")

		given, giveUp := context.WithCancel(t.Context())
		go giveUp()
		require.True(t, fault.Is(hold(given, shop), fault.Unavailable))
		require.NoError(t, hold(t.Context(), shop), "what was given up is not lost")
		require.Equal(t, time.Second, time.Since(start))
	})
}

func TestAFailingQuotaQueryDoesNotStopTheWork(t *testing.T) {
	t.Parallel()
	shop, _ := open(t, script(map[string]string{"Events": `{"data":{"events":[]}}`}), func(c *centra.Config, _ *centra.Options) { c.QuotaRefresh = time.Hour })
	require.NoError(t, read(t.Context(), shop))
	require.Error(t, shop.Probe(t.Context()))
}

func TestAfterA429TheQuotasAreAskedForAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		doer := &counting{canned: canned{"RateLimits": limits("REQUEST_COUNT TEN_SECONDS 20 20"), "Events": `{"data":{"events":[]}}`}}
		shop, err := centra.New(centra.Config{BaseURL: "http://centra.test", Token: token, Stores: centra.Stores{1: "a"}, MaxWait: 10 * time.Second, QuotaRefresh: time.Hour}, centra.Options{Doer: doer})
		require.NoError(t, err)
		require.NoError(t, read(t.Context(), shop))
		doer.refuse = true
		require.True(t, fault.Is(read(t.Context(), shop), fault.RateLimited))
		doer.refuse = false
		start := time.Now()
		require.NoError(t, read(t.Context(), shop))
		require.GreaterOrEqual(t, time.Since(start), 3*time.Second, "not before the moment that Centra named")
		require.Equal(t, []string{"RateLimits", "Events", "Events", "RateLimits", "Events"}, doer.asked)
	})
}
