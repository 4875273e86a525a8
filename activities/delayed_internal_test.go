package activities

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
)

func TestAnOrderThatWaitsForASystemIsListedForItsReleaseWhateverElseIsOpen(t *testing.T) {
	t.Parallel()
	short := domain.Question{Kind: "short-pick", Cause: "short-pick:atelier/1:7:1"}
	over := domain.Question{Kind: "unavailable", Cause: "unavailable:acs"}
	for name, tt := range map[string]struct {
		delayed string
		open    []domain.Question
		want    []string
	}{
		"healthy":                        {"", []domain.Question{short}, []string{short.Cause}},
		"away, nothing asked":            {"acs", nil, []string{over.Cause}},
		"away, and a person is asked":    {"acs", []domain.Question{short}, []string{short.Cause, over.Cause}},
		"away so long that it was asked": {"acs", []domain.Question{over}, []string{over.Cause}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var causes []string
			for _, e := range exceptionsOf(domain.Order{}, tt.open, contract.AssessInput{Delayed: tt.delayed}) {
				causes = append(causes, e.Cause)
			}
			require.Equal(t, tt.want, causes)
		})
	}
}
