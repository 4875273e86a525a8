package main

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
)

// scenario is an order whose closed history is exported and counted.
type scenario struct {
	name    string
	actions float64 // promised; 0 means none
	bytes   float64
	sell    func(context.Context, *yard, int) error
}

func scenarios() []scenario {
	return []scenario{
		{"one parcel", 12, 8 << 10, func(_ context.Context, y *yard, n int) error { return y.sell([]centra.SeedOrder{sale(n)}, nil) }},
		{"two parcels", 15, 0, func(_ context.Context, y *yard, n int) error {
			order, plan := twoParcels(n)
			return y.sell([]centra.SeedOrder{order}, []acs.FloorPlan{plan})
		}},
		{"one pause and retry", 16, 0, pausedOnce},
		{"two warehouses", 0, 0, func(_ context.Context, y *yard, n int) error {
			return y.sell([]centra.SeedOrder{sale(n, func(o *centra.SeedOrder) { o.Lines = append(o.Lines, saleLine(n, 2, hat, 1, south)) })}, nil)
		}},
		{"held by the shop, then released", 0, 0, heldOnce},
	}
}

// cost counts billable actions, events and bytes of an order's whole life, to its closed workflow.
func cost(ctx context.Context, o options) ([]figure, error) {
	y, err := open(ctx, o.bin, settings{})
	if err != nil {
		return nil, err
	}
	defer y.close()
	if _, err := y.startWorker(ctx); err != nil {
		return nil, err
	}
	if err := y.warm(ctx); err != nil {
		return nil, err
	}
	var figures []figure
	for i, s := range scenarios() {
		n := 1001 + i
		if err := s.sell(ctx, y, n); err != nil {
			return figures, fmt.Errorf("%s: %w", s.name, err)
		}
		if err := until(ctx, time.Minute, func() (bool, error) { return y.closed(ctx, n) }); err != nil {
			return figures, fmt.Errorf("%s closes: %w", s.name, err)
		}
		events, err := y.exported(ctx, n)
		if err != nil {
			return figures, err
		}
		size, err := y.size(ctx, n)
		if err != nil {
			return figures, err
		}
		t := tallyOf(events)
		what := "billable actions, " + s.name
		of := fmt.Sprintf("(%d events, %.1f KB)", t.events, float64(size)/1024)
		f := figure{what: what, measured: fmt.Sprintf("%d actions %s", t.actions, of), floor: "none promised"}
		if s.actions > 0 {
			f = promise(what, float64(t.actions), s.actions, "actions "+of)
		}
		figures = append(figures, f)
		if s.bytes > 0 {
			figures = append(figures, promise("bytes of history, "+s.name, float64(size)/1024, s.bytes/1024, "KB"))
		}
	}
	return figures, nil
}

// pausedOnce sells by a shipping method that no rule knows, adds the rule and presses retry.
func pausedOnce(ctx context.Context, y *yard, n int) error {
	if err := y.sell([]centra.SeedOrder{sale(n, func(o *centra.SeedOrder) { o.ShippingOption = unmapped })}, nil); err != nil {
		return err
	}
	err := until(ctx, time.Minute, func() (bool, error) { return y.shownAs(ctx, n, domain.NeedsAttention) })
	if err != nil {
		return fmt.Errorf("it asks: %w", err)
	}
	rule := domain.Rule{Table: domain.RuleShippingMethod, Warehouse: warehouse, From: unmapped, To: "RM48"}
	if _, err := y.parts.Store.SaveRules(ctx, []domain.Rule{rule}, "bench", "the missing rule", time.Now()); err != nil {
		return err
	}
	return y.client.SignalWorkflow(ctx, workflowID(n), "", contract.SignalRetry, nil)
}

// heldOnce sells an order that the shop holds, and lets it go.
func heldOnce(ctx context.Context, y *yard, n int) error {
	if err := y.sell([]centra.SeedOrder{sale(n, func(o *centra.SeedOrder) { o.OnHold = true })}, nil); err != nil {
		return err
	}
	if err := until(ctx, time.Minute, func() (bool, error) { return y.shownAs(ctx, n, domain.WaitingForShop) }); err != nil {
		return fmt.Errorf("it waits for the shop: %w", err)
	}
	return y.shop.Admin(centra.Action{Action: "unhold", Order: n})
}

// shownAs asks visibility, as an operator's list does.
func (y *yard) shownAs(ctx context.Context, n int, state domain.OrderState) (bool, error) {
	list, err := y.client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Query: fmt.Sprintf("WorkflowId = %q AND %s = %q", workflowID(n), contract.OrderState.GetName(), string(state)),
	})
	return len(list.GetExecutions()) > 0, err
}
