package workflows_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/workflows"
)

// forgetful are books that take what a memo is to name and do not keep it.
type forgetful struct {
	roomBooks
	heals time.Time
	links *int // calls that were to link
}

func (b forgetful) RecordReturn(ctx context.Context, order domain.Order, facts []domain.Fact, plan domain.ReturnPlan) (domain.ReturnWritten, error) {
	w, err := b.roomBooks.RecordReturn(ctx, order, facts, plan)
	if len(plan.Links) > 0 && plan.Kind == domain.PlanCredit {
		*b.links++
		if b.now().Before(b.heals) {
			w.Stage, w.Links = domain.StageDone, nil
		}
	}
	return w, err
}

// TestAReturnWhoseBooksKeepNoLinkAsksInsteadOfLinkingForEver plays, on the real decisions
// and activities, a memo that did not wait for the shop and whose ledger does not keep
// the shop's return that it is told.
func TestAReturnWhoseBooksKeepNoLinkAsksInsteadOfLinkingForEver(t *testing.T) {
	t.Parallel()
	env, as := returnEnvironment()
	env.SetStartTime(dawn)
	var mu sync.Mutex
	r := newRoom(1, true)
	r.now = env.Now
	links := 0
	r.returns.Books = forgetful{roomBooks{r}, dawn.Add(10 * time.Hour), &links}
	r.outcomes["read"] = []string{"away"} // the shop, until after the memo was posted
	r.tell(domain.NewReturnFact(domain.ReturnConfirmation{
		ID: "r1", Warehouse: "north", Consignment: orderID.Number, Type: domain.CustomerReturn, Status: "graded", Revision: 1, ReceivedAt: dawn,
		Units: []domain.ReturnUnit{{Ref: "u", Line: "1", SKU: "SHIRT", Disposition: "restock", Revision: 1, DecidedAt: dawn, Final: true}},
	}, dawn))
	asked := map[string]bool{} // whether a look was told of a step in vain, by hour
	as("AssessReturn", func(ctx context.Context, in contract.AssessReturnInput) (contract.ReturnAssessment, error) {
		mu.Lock()
		defer mu.Unlock()
		at, err := r.returns.AssessReturn(ctx, in)
		for _, q := range at.Questions {
			asked[q.Cause] = true
		}
		return at, err
	})
	as("TakeReturnStep", func(ctx context.Context, in contract.ReturnStepInput) (contract.ReturnAssessment, error) {
		mu.Lock()
		defer mu.Unlock()
		return r.returns.TakeReturnStep(ctx, in)
	})
	as("CloseReturn", func(ctx context.Context, in contract.CloseReturnInput) (contract.CloseResult, error) {
		mu.Lock()
		defer mu.Unlock()
		return r.returns.CloseReturn(ctx, in)
	})
	as("ReportOutage", func(context.Context, contract.OutageInput) error { return nil })
	look := func(after time.Duration, see func(contract.ReturnView)) {
		env.RegisterDelayedCallback(func() {
			value, err := env.QueryWorkflow(contract.QueryState)
			require.NoError(t, err)
			var v contract.ReturnView
			require.NoError(t, value.Get(&v))
			mu.Lock()
			defer mu.Unlock()
			see(v)
		}, after)
	}
	before := 0
	look(90*time.Minute, func(v contract.ReturnView) {
		require.Equal(t, domain.NeedsAttention, v.State)
		require.Len(t, v.Assessment.Questions, 1)
		require.Equal(t, domain.KindStepInVain, v.Assessment.Questions[0].Kind)
		require.Equal(t, 5, links)
		before = links
		env.SignalWorkflow(contract.SignalRetry, nil)
	})
	look(95*time.Minute, func(v contract.ReturnView) {
		require.Equal(t, before+1, links, "a retry tries once")
		require.Equal(t, domain.NeedsAttention, v.State, "and asks again")
	})
	look(9*time.Hour, func(contract.ReturnView) { require.LessOrEqual(t, links, before+9, "hourly by itself") })
	env.ExecuteWorkflow(workflows.ReturnWorkflow, contract.ReturnInput{Order: orderID, Number: 1})
	require.NoError(t, env.GetWorkflowError())
	require.Empty(t, r.wrong)
	require.Len(t, asked, 1)
	require.Less(t, env.Now().Sub(dawn), 12*time.Hour, "it goes on by itself once the books keep it")
	require.Less(t, len(r.facts), 40)
}

// TestAnOrderWhoseStepChangesNothingAsksInsteadOfTakingItForEver: each try records a fact
// of its own and nothing else.
func TestAnOrderWhoseStepChangesNothingAsksInsteadOfTakingItForEver(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	sequence, healed := int64(1), false
	look := func(in contract.AssessInput) contract.Assessment {
		if healed {
			return ended(sequence, dawn)
		}
		at := due(sequence, domain.Accepted, step(domain.StepShip, "SH1"))
		if in.InVain != nil {
			at.Questions = []domain.Question{{Kind: domain.KindStepInVain, Cause: domain.KindStepInVain + ":ship:SH1"}}
		}
		return at
	}
	d.assess = func(in contract.AssessInput) (contract.Assessment, error) { return look(in), nil }
	d.step = func(string, contract.StepInput) (contract.Assessment, error) {
		sequence++
		healed = d.env.Now().After(dawn.Add(5 * time.Hour))
		return look(contract.AssessInput{}), nil
	}
	d.at(10*time.Minute, func() {
		require.Equal(t, domain.NeedsAttention, d.view().State)
		require.Equal(t, 5, d.called("ShipParcel SH1"))
		d.env.SignalWorkflow(contract.SignalRetry, nil)
	})
	d.at(20*time.Minute, func() {
		require.Equal(t, 6, d.called("ShipParcel SH1"), "a retry tries once")
		require.Equal(t, domain.NeedsAttention, d.view().State, "and asks again")
	})
	d.run()
	require.LessOrEqual(t, d.called("ShipParcel SH1"), 12, "hourly by itself")
	require.Equal(t, 1, d.called("CloseOrder"))
}

// TestStepsThatChangeSomethingNeverRest: as many as there are, one after the other.
func TestStepsThatChangeSomethingNeverRest(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	parcels := []string{"SH1", "SH2", "SH3", "SH4", "SH5", "SH6"}
	sequence := int64(1)
	look := func() contract.Assessment {
		if len(parcels) == 0 {
			return ended(sequence, dawn)
		}
		return due(sequence, domain.Accepted, step(domain.StepShip, parcels[0]))
	}
	d.assess = func(contract.AssessInput) (contract.Assessment, error) { return look(), nil }
	d.step = func(string, contract.StepInput) (contract.Assessment, error) {
		sequence++
		parcels = parcels[1:]
		return look(), nil
	}
	d.run()
	require.Less(t, d.env.Now().Sub(dawn), time.Second)
}
