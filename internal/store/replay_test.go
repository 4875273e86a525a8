package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
	"selvedge/internal/store/storetest"
)

func TestOrdersAreReplayedWithWhatBecameOfThem(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	plain := takeIn(t, s, shopOrder("1001")).ID
	busy := takeIn(t, s, shopOrder("1002")).ID
	plan := domain.Consignment{
		Number: "1002", Order: busy, Warehouse: "leeds", Service: "RM24", Currency: "SEK", OrderDate: "2026-11-20", Fingerprint: "f",
		Lines: []domain.ConsignmentLine{{Line: "1", SKU: "COAT-NAVY-38", Quantity: 1}},
	}
	_, err := s.SaveConsignment(ctx, plan)
	require.NoError(t, err)
	_, _, err = s.Append(ctx, busy, []domain.Fact{
		domain.NewFact(domain.FactAnswered, "a1", "ann", noon, domain.AnswerFact{Action: "override", Override: map[string]string{"shippingService": "DPD"}, By: "ann"}),
		domain.NewFact(domain.FactAnswered, "a2", "ann", noon, domain.AnswerFact{Action: "retry", By: "ann"}),
		domain.NewFact(domain.FactAnswered, "a3", "ann", noon, domain.AnswerFact{Action: "override", Override: map[string]string{"shippingService": "RM24"}, By: "ann"}),
		domain.NewFact(domain.FactSubmitted, "s1", "selvedge", noon, domain.SubmittedFact{Consignment: "1002", Warehouse: "leeds"}),
		domain.NewFact(domain.FactShipment, "p1", "acs", noon, domain.Shipment{ID: "p1", Consignment: "1002", Warehouse: "leeds", Carrier: "RM", Revision: 1}),
		domain.NewFact(domain.FactShipment, "p2", "acs", noon, domain.Shipment{ID: "p1", Consignment: "1002", Warehouse: "leeds", Carrier: "RM", Revision: 2}),
	})
	require.NoError(t, err)
	problems := []domain.Refusal{{Code: "field_invalid", Value: "RM", Message: "no rule"}}
	require.NoError(t, s.RecordLook(ctx, ports.Look{State: domain.NeedsAttention, Order: busy, Open: []ports.ExceptionRecord{{Kind: "unmapped:carrier", Cause: "unmapped:carrier:leeds:RM", System: "leeds", Problems: problems}}, At: noon}))

	list, err := s.Replay(ctx, []domain.OrderID{plain, busy, {Store: "atelier", Number: "none"}})
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, shopOrder("1001").Order, list[0].Order)
	require.False(t, list[0].Sent)
	require.Empty(t, list[0].Open)
	got := list[1]
	require.True(t, got.Sent)
	require.False(t, got.Closed)
	require.Equal(t, []domain.Consignment{plan}, got.Planned)
	require.Equal(t, []map[string]string{{"shippingService": "DPD"}, {"shippingService": "RM24"}}, got.Overrides)
	require.Equal(t, "RM", got.Carriers[0].Carrier)
	require.Len(t, got.Carriers, 1)
	require.Equal(t, "unmapped:carrier:leeds:RM", got.Open[0].Cause)
	require.Equal(t, problems, got.Open[0].Problems)
	require.Equal(t, "leeds", got.Open[0].System)

	require.NoError(t, s.OpenSystemException(ctx, ports.ExceptionRecord{System: "leeds", Kind: "unmapped:stock-status", Cause: "unmapped:stock-status:leeds:rework", OpenedAt: noon, Problems: problems}))
	systems, err := s.OpenSystemQuestions(ctx)
	require.NoError(t, err)
	require.Len(t, systems, 1)
	require.Equal(t, "leeds", systems[0].System)
}

func TestOrdersThatWaitAreReplayedHoweverOldAndHoweverMany(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	for _, number := range []string{"1001", "1002", "1003"} {
		o := shopOrder(number)
		_, err := s.TakeIn(ctx, []ports.ShopOrder{o}, noon.AddDate(0, 0, map[string]int{"1001": -30, "1002": -2, "1003": -1}[number]))
		require.NoError(t, err)
	}
	old := domain.OrderID{Store: "atelier", Number: "1001"}
	require.NoError(t, s.RecordLook(ctx, ports.Look{State: domain.NeedsAttention, Order: old, Open: []ports.ExceptionRecord{{Kind: "gap", Cause: "gap:x"}, {Kind: "gap", Cause: "gap:y"}}, At: noon}))
	for name, tt := range map[string]struct {
		since   time.Time
		most    int
		numbers []string
		left    int
	}{
		"a week":             {since: noon.AddDate(0, 0, -7), most: 10, numbers: []string{"1001", "1003", "1002"}},
		"a day and a half":   {since: noon.Add(-36 * time.Hour), most: 10, numbers: []string{"1001", "1003"}},
		"the newest first":   {since: noon.AddDate(0, 0, -7), most: 2, numbers: []string{"1001", "1003"}, left: 1},
		"who waits, always":  {since: noon, most: 0, numbers: []string{"1001"}},
		"older are left out": {since: noon.AddDate(0, 0, -7), most: 0, numbers: []string{"1001"}, left: 2},
	} {
		t.Run(name, func(t *testing.T) {
			ids, left, err := s.OrdersToReplay(ctx, tt.since, tt.most)
			require.NoError(t, err)
			var numbers []string
			for _, id := range ids {
				numbers = append(numbers, id.Number)
			}
			require.Equal(t, tt.numbers, numbers)
			require.Equal(t, tt.left, left)
		})
	}
}
