package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/store/storetest"
)

func TestAGapThatCouldNotBeLookedForStaysOpen(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	gap := func(kind, cause string) domain.CoverageGap {
		return domain.CoverageGap{Source: "centra shipping options", Scope: "north", Kind: kind, Cause: cause, Owner: "ops", Value: "Express"}
	}
	list := domain.CoverageList{Source: "centra shipping options", Scope: "north"}
	opened, _, err := s.SaveCoverage(ctx, []domain.CoverageList{list}, []domain.CoverageGap{gap("unmapped:shipping-method", "unmapped:shipping-method:north:Express"), gap("not-deliverable", "not-deliverable:north:DHL:Express")}, noon)
	require.NoError(t, err)
	require.Equal(t, 2, opened)
	list.Except = "not-deliverable"
	_, closed, err := s.SaveCoverage(ctx, []domain.CoverageList{list}, nil, noon.Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, 1, closed)
	gaps, err := s.CoverageGaps(ctx)
	require.NoError(t, err)
	require.Len(t, gaps, 1)
	require.Equal(t, "not-deliverable:north:DHL:Express", gaps[0].Cause)
	list.Except = ""
	_, closed, err = s.SaveCoverage(ctx, []domain.CoverageList{list}, nil, noon.Add(2*time.Hour))
	require.NoError(t, err)
	require.Equal(t, 1, closed)
}

func TestAnOrderIsLookedAtUntilEachOfItsConsignmentsWasFoundLate(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	id := takeIn(t, s, shopOrder("1001")).ID
	sent := func(consignment string, at time.Time) {
		_, _, err := s.Append(ctx, id, []domain.Fact{domain.NewFact(domain.FactSubmitted, "submitted:"+consignment, "selvedge", at, domain.SubmittedFact{Consignment: consignment, Warehouse: "north"})})
		require.NoError(t, err)
	}
	late := func(consignment string) {
		_, _, err := s.Append(ctx, id, []domain.Fact{domain.NewFact(domain.FactOverdue, "overdue:"+consignment, "selvedge", noon, domain.OverdueFact{Consignment: consignment, CutoffAt: noon})})
		require.NoError(t, err)
	}
	unsent := func(before time.Time) []domain.OrderID {
		ids, err := s.UnsentOrders(ctx, before, domain.OrderID{}, 10)
		require.NoError(t, err)
		return ids
	}
	sent("1001-a", noon.Add(-48*time.Hour))
	require.Empty(t, unsent(noon.Add(-50*time.Hour)), "it was taken later")
	require.Equal(t, []domain.OrderID{id}, unsent(noon))
	late("1001-a")
	require.Empty(t, unsent(noon), "it was found")
	sent("1001-b", noon.Add(-24*time.Hour))
	require.Equal(t, []domain.OrderID{id}, unsent(noon), "its second consignment may be late as well")
	late("1001-b")
	require.Empty(t, unsent(noon))
}
