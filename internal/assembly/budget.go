package assembly

import (
	"context"
	"time"

	"go.uber.org/zap"

	"selvedge/internal/budget"
	"selvedge/internal/config"
	"selvedge/internal/systems/centra"
)

// centraPlan is the order in which Centra's mutations are spent (design §6): decreases of
// stock have a share of their own, what can wait leaves the last few to what cannot.
// Together that is less than 5 % of a full bucket, and nothing of what refills.
func centraPlan() budget.Plan {
	class := func(c centra.Class) budget.Class { return budget.Class(c) }
	return budget.Plan{
		Classes: []budget.Class{
			class(centra.ClassStockDecrease), class(centra.ClassShipment), class(centra.ClassReturn),
			class(centra.ClassHold), class(centra.ClassConfirmation), class(centra.ClassStockIncrease),
		},
		OwnPerHour: 60, OwnShare: 0.06,
		Keep: map[budget.Class]float64{
			class(centra.ClassReturn): 0.005, class(centra.ClassHold): 0.01,
			class(centra.ClassConfirmation): 0.015, class(centra.ClassStockIncrease): 0.03,
		},
	}
}

// centraOptions ties the adapter to the budget that all processes share.
func centraOptions(c config.Config, keeper budget.Keeper, alone func(context.Context, string, func() error) error, l *zap.Logger) centra.Options {
	log := func(msg string, kv ...any) { l.Sugar().Infow(msg, kv...) }
	spender := budget.NewSpender(budget.Options{
		System: "centra", Plan: centraPlan(), Keeper: keeper, MaxWait: c.Selvedge.Centra.MaxWait, Log: log,
	})
	return centra.Options{
		Log:   log,
		Alone: alone,
		Spend: func(ctx context.Context, class centra.Class) error { return spender.Spend(ctx, budget.Class(class)) },
		Quotas: func(ctx context.Context, quotas []centra.MutationQuota) {
			limits := make([]budget.Limit, 0, len(quotas))
			for _, q := range quotas {
				limits = append(limits, budget.Limit{Every: q.Every, Quota: q.Quota, Remaining: q.Remaining})
			}
			spender.Adopt(ctx, limits)
		},
	}
}

// alone lets one process at a time write what can only be written as a whole; the store is
// opened after the adapters are made.
func (p *Parts) alone(ctx context.Context, name string, do func() error) error {
	return p.Store.Alone(ctx, name, do)
}

// ChangeBudget keeps the shared budgets in the store, which is opened after the adapters are made.
func (p *Parts) ChangeBudget(ctx context.Context, system string, at time.Time, change func(state []byte) (next []byte, granted, waited map[string]int, err error)) error {
	return p.Store.ChangeBudget(ctx, system, at, change)
}
