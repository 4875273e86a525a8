package activities

import (
	"context"
	"sync"

	"selvedge/internal/domain"
	"selvedge/internal/mapping"
)

// ruleBook keeps the index of the rules for as long as no rule is added or retired. An
// order looks six times in its life, and each look needs today's rules: reading 5,000
// of them and building their index takes some fifty milliseconds, asking for their
// version less than one.
type ruleBook struct {
	mu      sync.Mutex
	version int64
	index   *mapping.Rules
}

// ruleSource is where rules are kept.
type ruleSource interface {
	Rules(ctx context.Context) ([]domain.Rule, error)
	RulesVersion(ctx context.Context) (int64, error)
}

// read returns an index of the rules as they are now. The version is read first: rules
// saved between the two reads are in the index already, and it is only built once more.
func (b *ruleBook) read(ctx context.Context, from ruleSource) (*mapping.Rules, error) {
	version, err := from.RulesVersion(ctx)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.index != nil && b.version == version {
		return b.index, nil
	}
	rules, err := from.Rules(ctx)
	if err != nil {
		return nil, err
	}
	b.index, b.version = mapping.New(rules), version
	return b.index, nil
}
