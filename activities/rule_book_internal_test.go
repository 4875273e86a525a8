package activities

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
)

// shelf is where the rules of a test stand.
type shelf struct {
	rules   []domain.Rule
	version int64
	reads   int
	err     error
}

func (s *shelf) RulesVersion(context.Context) (int64, error) { return s.version, s.err }

func (s *shelf) Rules(context.Context) ([]domain.Rule, error) {
	s.reads++
	return s.rules, s.err
}

func TestTheRulesAreReadAgainOnceTheyChange(t *testing.T) {
	t.Parallel()
	carrier := func(to string, version int64) domain.Rule {
		return domain.Rule{Table: domain.RuleCarrier, Warehouse: "north", From: "RM", To: to, Version: version}
	}
	from := &shelf{rules: []domain.Rule{carrier("Royal Mail", 1)}, version: 1}
	var book ruleBook
	says := func() string {
		index, err := book.read(t.Context(), from)
		require.NoError(t, err)
		name, _, _ := index.Carrier("north", "RM")
		return name
	}
	require.Equal(t, "Royal Mail", says())
	require.Equal(t, "Royal Mail", says())
	require.Equal(t, 1, from.reads, "nothing changed")
	from.rules, from.version = []domain.Rule{carrier("DPD", 2)}, 2
	require.Equal(t, "DPD", says(), "today's rules, at once")
	from.rules, from.version = nil, 3 // retired
	require.Empty(t, says())
	require.Equal(t, 3, from.reads)

	from.err = errors.New("away")
	_, err := book.read(t.Context(), from)
	require.ErrorIs(t, err, from.err, "what was known is no answer while the store is away")
}

func TestABookThatCouldNotBeReadIsReadAgain(t *testing.T) {
	t.Parallel()
	from := &failing{shelf: shelf{version: 1}}
	var book ruleBook
	_, err := book.read(t.Context(), from)
	require.Error(t, err)
	from.mended = true
	index, err := book.read(t.Context(), from)
	require.NoError(t, err)
	require.NotNil(t, index)
}

// failing tells its version and not its rules.
type failing struct {
	shelf
	mended bool
}

func (f *failing) Rules(ctx context.Context) ([]domain.Rule, error) {
	if !f.mended {
		return nil, errors.New("away")
	}
	return f.shelf.Rules(ctx)
}
