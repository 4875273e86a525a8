package console_test

import (
	"context"
	"sync"

	"selvedge/internal/console"
	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/preview"
)

// engine writes down what workflows were told.
type engine struct {
	mu       sync.Mutex
	answers  []contract.Resolution
	asked    []string // workflows
	resumes  []contract.ResumeInput
	answered func(string, contract.Resolution) (string, error)
}

func (e *engine) Resolve(_ context.Context, workflow string, r contract.Resolution) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.answers, e.asked = append(e.answers, r), append(e.asked, workflow)
	if e.answered != nil {
		return e.answered(workflow, r)
	}
	return "Taken.", nil
}

func (e *engine) Resume(_ context.Context, in contract.ResumeInput) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.resumes = append(e.resumes, in)
	return nil
}

// effects answers what a change would do as a test says.
type effects struct {
	effect preview.Effect
	asked  [][]domain.Rule
}

func (e *effects) PreviewRules(_ context.Context, change []domain.Rule, _ bool) (preview.Effect, error) {
	e.asked = append(e.asked, change)
	effect := e.effect
	for _, r := range change {
		effect.Changes = append(effect.Changes, preview.Change{After: r})
	}
	return effect, nil
}

// shelf answers what a test puts on it.
type shelf struct {
	figures []console.StockFigure
	items   []console.AuditedItem
}

func (s *shelf) AuditedItems(context.Context, domain.CatalogueState, int) ([]console.AuditedItem, error) {
	return s.items, nil
}

func (s *shelf) CatalogueCounts(context.Context) (map[string]map[domain.CatalogueState]int, error) {
	return map[string]map[domain.CatalogueState]int{"leeds": {domain.CatalogueFine: 40, domain.CatalogueIncomplete: len(s.items)}}, nil
}

func (s *shelf) StockFigures(context.Context, string) ([]console.StockFigure, error) {
	return s.figures, nil
}

func (s *shelf) StockStandings(context.Context) ([]console.StockStanding, error) {
	return []console.StockStanding{{Warehouse: "leeds", Items: 12, Due: 3}}, nil
}
