package endtoend_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/mapping"
	"selvedge/internal/triage"
)

// TestAnOrderThatWaitsShowsTheCutoffThatItMayMiss: in the list of the Web UI, as long as it waits.
func TestAnOrderThatWaitsShowsTheCutoffThatItMayMiss(t *testing.T) {
	t.Parallel()
	w := open(t, options{deaf: true})
	soon := time.Now().UTC().Add(5 * time.Hour).Truncate(time.Minute)
	_, err := w.parts.Store.SaveRules(t.Context(), []domain.Rule{
		{Table: domain.RuleCutoff, Warehouse: north, From: "RM24", To: soon.Format("15:04"), Extra: map[string]string{"timezone": "UTC"}},
		{Table: domain.RuleCutoff, Warehouse: north, From: "RM48", To: soon.Add(time.Hour).Format("15:04"), Extra: map[string]string{"timezone": "UTC"}},
	}, "test", "cut-offs", time.Now())
	require.NoError(t, err)
	cutoff := func(number int) (at time.Time) {
		described, err := w.client.DescribeWorkflowExecution(t.Context(), workflowID(number), "")
		require.NoError(t, err)
		if p := described.GetWorkflowExecutionInfo().GetSearchAttributes().GetIndexedFields()[contract.CutoffAt.GetName()]; p != nil {
			require.NoError(t, converter.GetDefaultDataConverter().FromPayload(p, &at))
		}
		return at
	}
	w.sell(t, sale(8301, unmapped), stays())
	w.take(t, 8301)
	w.asks(t, 8301, "unmapped:shipping-method")
	require.Equal(t, soon, cutoff(8301).UTC(), "the first of its warehouse, since nobody knows its service")

	held, err := w.parts.Store.HeldOrders(t.Context(), 10)
	require.NoError(t, err)
	rules, err := w.parts.Store.Rules(t.Context())
	require.NoError(t, err)
	ranked := triage.Rank(held, mapping.New(rules), time.Now())
	require.Len(t, ranked, 1)
	require.Equal(t, soon, ranked[0].NextCutoff.UTC(), "and so says the list")
	require.Equal(t, int64(4485), ranked[0].Value)

	_, err = w.parts.Store.SaveRules(t.Context(), []domain.Rule{{Table: domain.RuleShippingMethod, Warehouse: north, From: "Express Saver", To: "RM48"}}, "ada", "a rule", time.Now())
	require.NoError(t, err)
	w.retry(t, 8301)
	w.until(t, 8301, "handed over", func(s shown) bool { return s.state == domain.Submitted || s.state == domain.Accepted })
	require.True(t, cutoff(8301).IsZero(), "who goes on misses none")
}
