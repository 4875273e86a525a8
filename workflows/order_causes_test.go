package workflows_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
)

// shownCauses runs an order with these questions and gives the causes that it showed,
// with their size as the server counts it.
func shownCauses(t *testing.T, questions []domain.Question) (causes []string, size int) {
	t.Helper()
	d := newDesk(t)
	d.assess = scripted(asking(1, questions...))
	d.at(time.Hour, func() { d.env.SetContinueAsNewSuggested(true); d.fact() })
	d.start(contract.OrderInput{Order: orderID})
	causes = d.continued().State.Causes
	require.Equal(t, []string{fmt.Sprintf("needs-attention %v [%s]", causes, strings.Join(ownersOf(questions), " "))}, d.shown)
	payload, err := converter.GetDefaultDataConverter().ToPayload(causes)
	require.NoError(t, err)
	return causes, len(payload.GetData())
}

func ownersOf(questions []domain.Question) []string {
	var owners []string
	for _, q := range questions {
		kind, _ := exceptions.Lookup(q.Kind)
		owners = append(owners, string(kind.Owner))
	}
	slices.Sort(owners)
	return slices.Compact(owners)
}

func TestCausesAreCutToWholeEntriesThatTheServerTakes(t *testing.T) {
	t.Parallel()
	const limit = 2048
	for name, c := range map[string]struct {
		shape string
		n     int
		cut   bool
	}{
		"what fits is shown whole":                     {"incomplete-item:SKU-%03d:commodityCode", 40, false},
		"what is above 1 800 bytes is cut":             {"incomplete-item:SKU-%03d:commodityCode", 60, true},
		"a cause may be as long as it can":             {"incomplete-item:%03d" + strings.Repeat("x", 235), 60, true},
		"an ampersand takes six bytes":                 {"incomplete-item:%03d & Sons & Sons <&&&&&&&&&&&>", 40, true},
		"a letter of another script takes its own":     {"incomplete-item:%03d " + strings.Repeat("東", 70), 12, true},
		"a quote and a line separator take more, also": {"incomplete-item:%03d \"\\\u2028\u2028\u2028\u2028\u2028", 50, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var questions []domain.Question
			for n := range c.n {
				questions = append(questions, domain.Question{Kind: "incomplete-item", Cause: fmt.Sprintf(c.shape, n)})
			}
			causes, size := shownCauses(t, questions)
			require.Less(t, size, limit, "the server would end the order for good")
			if !c.cut {
				require.Len(t, causes, c.n)
				return
			}
			kept := causes[:len(causes)-1]
			require.NotEmpty(t, kept)
			for _, cause := range kept {
				require.True(t, slices.ContainsFunc(questions, func(q domain.Question) bool { return q.Cause == cause }), "%q is not whole", cause)
			}
			require.Equal(t, fmt.Sprintf("incomplete-item:and-more:%d", c.n-len(kept)), causes[len(kept)])
		})
	}
}

func TestEveryKindStaysToBeFoundWhenCausesAreCut(t *testing.T) {
	t.Parallel()
	var questions []domain.Question
	for n := range 60 {
		questions = append(questions, domain.Question{Kind: "incomplete-item", Cause: fmt.Sprintf("incomplete-item:SKU-%03d:commodityCode", n)})
	}
	questions = append([]domain.Question{unmapped}, questions...)
	causes, _ := shownCauses(t, questions)
	tail := causes[len(causes)-2:]
	require.Equal(t, []string{fmt.Sprintf("incomplete-item:and-more:%d", 60-len(causes)+2), "unmapped:shipping-method:and-more:1"}, tail)
}

func TestCutCausesThatStayTheSameAreShownOnce(t *testing.T) {
	t.Parallel()
	var questions []domain.Question
	for n := range 60 {
		questions = append(questions, domain.Question{Kind: "incomplete-item", Cause: fmt.Sprintf("incomplete-item:SKU-%03d:commodityCode", n)})
	}
	d := newDesk(t)
	d.assess = scripted(asking(1, questions...), asking(2, questions...), ended(3, dawn))
	d.at(time.Hour, d.fact)
	d.at(2*time.Hour, func() {
		require.Len(t, d.view().Questions, 60, "the order's page lists them all")
		d.fact()
	})
	d.run()
	require.Len(t, d.shown, 3)
}
