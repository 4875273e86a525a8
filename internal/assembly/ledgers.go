package assembly

import (
	"context"
	"slices"
	"time"

	"selvedge/internal/mapping"
	"selvedge/internal/ports"
	"selvedge/internal/systems/csvledger"
)

const csvName = csvledger.Name

// Ledgers are the books that documents can go to, by the name that entity rules use.
func (p *Parts) Ledgers() map[string]ports.Ledger {
	return map[string]ports.Ledger{
		csvName: &csvledger.Ledger{Book: p.Store, Entities: p.csvEntities, Clock: time.Now},
	}
}

// csvEntities are the entities whose rules leave their books to us: the ledger's id and
// what each books.
func (p *Parts) csvEntities(ctx context.Context) (map[string][]string, error) {
	rules, err := p.Store.Rules(ctx)
	if err != nil {
		return nil, err
	}
	entities := map[string][]string{}
	for _, e := range mapping.New(rules).Entities() {
		if e.Ledger != "" && e.Ledger != csvName {
			continue
		}
		for _, c := range e.Currencies {
			if !slices.Contains(entities[e.Ref], c) {
				entities[e.Ref] = append(entities[e.Ref], c)
			}
		}
	}
	return entities, nil
}
