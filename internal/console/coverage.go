package console

import (
	"context"
	"slices"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/mapping"
)

// CoverageData is what the page of coverage reads.
type CoverageData interface {
	CoverageGaps(ctx context.Context) ([]domain.CoverageGap, error)
	CoverageSeen(ctx context.Context) (time.Time, error)
}

type coveragePage struct {
	Gaps []coverageRow
	Seen time.Time // when the lists were last compared; zero when never
	Hit  int       // gaps that orders wait on already
}

type coverageRow struct {
	domain.CoverageGap
	Write string // where the rule that closes it is written; empty when none does
}

func (v *visit) coverage() error {
	gaps, err := v.c.o.Coverage.CoverageGaps(v.ctx())
	if err != nil {
		return err
	}
	var p coveragePage
	if p.Seen, err = v.c.o.Coverage.CoverageSeen(v.ctx()); err != nil {
		return err
	}
	for _, g := range gaps {
		row := coverageRow{CoverageGap: g}
		if table, ok := mapping.AnsweredBy(g.Kind); ok && v.may(Operator) {
			row.Write = rulePath(scoped(domain.Rule{Table: table, From: g.Value}, g.Scope))
		}
		if g.Orders > 0 {
			p.Hit++
		}
		p.Gaps = append(p.Gaps, row)
	}
	return v.show("coverage", "Coverage", p)
}

// scoped narrows a rule to the warehouse or store for which it is missing, where its
// table can be narrowed so.
func scoped(rule domain.Rule, scope string) domain.Rule {
	for _, form := range mapping.Forms() {
		switch {
		case form.Table != rule.Table:
		case slices.Contains(form.Scopes, "warehouse"):
			rule.Warehouse = scope
		case slices.Contains(form.Scopes, "store"):
			rule.Store = scope
		}
	}
	return rule
}
