package narrate_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/narrate"
)

func TestAFactIsOneLineOfPlainWords(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		kind domain.FactKind
		data any
		want string
	}{
		"content":                      {domain.FactContent, domain.ContentFact{Status: domain.ShopConfirmed}, "the shop's order, status confirmed"},
		"what was sent":                {domain.FactSubmitted, domain.SubmittedFact{Consignment: "1001", Warehouse: "glasgow", Lines: []domain.LineQuantity{{Quantity: 2}, {Quantity: 1}}}, "sent 1001 at glasgow, 3 units"},
		"what was amended":             {domain.FactSubmitted, domain.SubmittedFact{Consignment: "1001", Warehouse: "glasgow", Amended: true, Lines: []domain.LineQuantity{{Quantity: 1}}}, "amended 1001 at glasgow, 1 unit"},
		"a refusal with every problem": {domain.FactRefused, domain.RefusedFact{System: "acs", Step: domain.StepSubmit, Subject: "1001", Problems: []domain.Refusal{{Message: "no such size"}, {Message: "no such service"}}}, "acs refused to submit 1001: no such size; no such service"},
		"the warehouse's word":         {domain.FactWarehouseOrder, domain.WarehouseOrder{Number: "1001", Warehouse: "glasgow", Status: domain.WarehouseAccepted}, "1001 at glasgow is accepted"},
		"a shipment without tracking":  {domain.FactShipment, domain.Shipment{ID: "S1", Warehouse: "glasgow", Carrier: "RM", Lines: []domain.ShipmentLine{{Quantity: 2}}}, "shipment S1 of 2 units left glasgow with RM, no tracking yet"},
		"a shipment with tracking":     {domain.FactShipment, domain.Shipment{ID: "S1", Warehouse: "glasgow", Carrier: "RM", Trackings: []string{"T1", "T2"}, Lines: []domain.ShipmentLine{{Quantity: 1}}}, "shipment S1 of 1 unit left glasgow with RM, tracking T1, T2"},
		"a voided shipment":            {domain.FactShipment, domain.Shipment{ID: "S1", Warehouse: "glasgow", Voided: true}, "shipment S1 was voided at glasgow"},
		"a cancellation under way":     {domain.FactCancelRequested, domain.CancelRequestedFact{Consignment: "1001"}, "asked to cancel 1001"},
		"a cancellation at once":       {domain.FactCancelRequested, domain.CancelRequestedFact{Consignment: "1001", Done: true}, "cancelled 1001"},
		"too late to cancel":           {domain.FactCancelRefused, domain.CancelRefusedFact{Consignment: "1001"}, "the warehouse will not cancel 1001"},
		"the shop's shipment":          {domain.FactShopShipment, domain.ShopShipmentFact{Shipment: "S1", Number: "1001-1", Completed: true, Captured: true}, "shipment S1 is 1001-1: completed in the shop, captured"},
		"a capture without outcome":    {domain.FactShopShipment, domain.ShopShipmentFact{Shipment: "S1", Number: "1001-1", Pending: true}, "shipment S1 is 1001-1: created in the shop, capture pending"},
		"short units":                  {domain.FactShopCancelled, domain.ShopCancelledFact{Lines: []domain.LineQuantity{{Quantity: 2}}}, "2 units cancelled in the shop"},
		"a capture ahead":              {domain.FactCaptured, domain.CapturedFact{Amount: 1}, "captured before the goods"},
		"a capture ahead, pending":     {domain.FactCaptured, domain.CapturedFact{Pending: true}, "capture asked for, no outcome yet"},
		"the rest released":            {domain.FactReleased, nil, "the rest of the authorisation was released"},
		"a comment":                    {domain.FactNoted, domain.NotedFact{Subject: "S1"}, "told the shop about S1"},
		"an answer with all it says": {
			domain.FactAnswered,
			domain.AnswerFact{By: "ann", Action: "override", Cause: "c", Override: map[string]string{"b": "2", "a": "1"}, Reason: "why"},
			"ann: override of c, a=1, b=2 (why)",
		},
		"a return, without its content": {domain.FactReturn, map[string]string{"name": "Quistgaard"}, "a return that cannot be read, kept as it was told"},
		"what cannot be read":           {domain.FactUnreadable, domain.UnreadableFact{Problems: []domain.Refusal{{Message: "no total"}, {Message: "no lines"}}}, "the shop's order cannot be read: no total; no lines"},
		"what can be read again":        {domain.FactReadable, nil, "the shop's order can be read again"},
		"what should have left":         {domain.FactOverdue, domain.OverdueFact{Consignment: "1001", CutoffAt: time.Date(2026, 11, 20, 12, 30, 0, 0, time.UTC)}, "1001 had not left by its cut-off, 20 Nov 12:30 UTC"},
		"the end":                       {domain.FactClosed, domain.ClosedFact{State: domain.Closed}, "closed as closed"},
		"an unknown kind":               {"from-tomorrow", map[string]string{"name": "Quistgaard"}, "kept; this version does not know the kind"},
		"data of another form":          {domain.FactShipment, []int{1}, "cannot be read by this version"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, err := json.Marshal(tt.data)
			require.NoError(t, err)
			require.Equal(t, tt.want, narrate.Fact(domain.Fact{Kind: tt.kind, Data: data}, "GBP"))
		})
	}
}

func TestOnlyDataOfKnownFormIsPrinted(t *testing.T) {
	t.Parallel()
	require.True(t, narrate.Raw(domain.FactReturn))
	require.True(t, narrate.Raw(domain.FactUnknown))
	require.True(t, narrate.Raw("from-tomorrow"))
	require.True(t, narrate.Raw(domain.FactReturnConfirmation), "its reasons are free text")
	require.False(t, narrate.Raw(domain.FactAnswered))
	require.False(t, narrate.Raw(domain.FactReturnPlanned))
}
