package activities_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"selvedge/activities"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// leave records a parcel of a line that left the warehouse, with its tracking.
func (d *desk) leave(id string, sequence int, lines ...domain.ShipmentLine) {
	d.t.Helper()
	_, _, err := d.store.Append(d.t.Context(), orderID, []domain.Fact{
		fact(domain.FactSubmitted, "submitted", domain.SubmittedFact{Consignment: "10001", Warehouse: hillington, Revision: 1, Fingerprint: "today", Lines: []domain.LineQuantity{{Line: "1", Quantity: 2}}}),
		fact(domain.FactShipment, "shipment:"+id, domain.Shipment{
			ID: id, Consignment: "10001", Warehouse: hillington, Sequence: sequence, Revision: 1,
			ShippedAt: noon, Carrier: "DPD", Trackings: []string{"T-" + id}, Parcels: 1, Lines: lines,
		}),
	})
	require.NoError(d.t, err)
}

func blouse(quantity int) domain.ShipmentLine {
	return domain.ShipmentLine{Line: "1", SKU: "BLOUSE-S", Quantity: quantity}
}

func (d *desk) ship(id string) error {
	_, err := d.shipments.ShipParcel(d.t.Context(), d.step(domain.StepShip, id))
	return err
}

// standing are the shipments that the facts tie to parcels.
func (d *desk) standing() []domain.ShopShipmentFact {
	return told[domain.ShopShipmentFact](d.t, d.store, domain.FactShopShipment)
}

func (d *desk) exceptions() []string {
	var all []string
	for _, r := range told[domain.RefusedFact](d.t, d.store, domain.FactRefused) {
		all = append(all, r.Exception)
	}
	return all
}

func TestAParcelIsOneMutationAndStandsOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.leave("SH1", 1, blouse(2))
	require.NoError(t, d.ship("SH1"))
	require.NoError(t, d.ship("SH1"))
	require.Equal(t, []string{"read", "create", "read"}, d.shop.calls)
	require.Equal(t, "T-SH1", d.shop.drafts[0].Tracking)
	require.True(t, d.shop.drafts[0].Capture && d.shop.drafts[0].SendEmail)
	require.True(t, d.standing()[0].Completed && d.standing()[0].Captured)
}

func TestAnUnknownOutcomeIsWaitedOutAndMatched(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.leave("SH1", 1, blouse(2))
	d.shop.create = func(draft ports.ShipmentDraft) (ports.ShipmentWrite, error) {
		d.shop.stand(draft) // it arrived; the answer did not
		return ports.ShipmentWrite{}, &fault.Fault{Kind: fault.Uncertain, System: "centra"}
	}
	require.Equal(t, settle, failed(t, d.ship("SH1"), activities.ErrUncertain).NextRetryDelay())
	d.now = noon.Add(settle / 2)
	require.Equal(t, settle/2, failed(t, d.ship("SH1"), activities.ErrUncertain).NextRetryDelay(), "an operator's retry waits as well")
	require.Equal(t, []string{"read", "create"}, d.shop.calls)
	d.now = noon.Add(settle)
	require.NoError(t, d.ship("SH1"))
	require.Len(t, d.shop.order.Shipments, 1)
	require.True(t, d.standing()[0].Completed)
	require.Empty(t, d.store.attempts)
}

func TestTwoLikeShipmentsAreAPersons(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.leave("SH1", 1, blouse(1))
	for range 2 {
		d.shop.stand(ports.ShipmentDraft{Lines: []domain.LineQuantity{{Line: "1", Quantity: 1}}})
	}
	failed(t, d.ship("SH1"), activities.ErrRefused)
	require.Equal(t, []string{"ambiguous-shipment"}, d.exceptions())

	d.shop.order.Shipments = d.shop.order.Shipments[:1] // a person removes one of the two
	require.NoError(t, d.ship("SH1"))
	require.True(t, d.standing()[0].Completed)
	require.NotContains(t, d.shop.calls, "create")
}

func TestUnitsShippedByHandAreAPersons(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.leave("SH1", 1, blouse(1))
	d.shop.stand(ports.ShipmentDraft{Lines: []domain.LineQuantity{{Line: "1", Quantity: 2}}, Tracking: "BY-HAND", ShippedAt: noon})
	failed(t, d.ship("SH1"), activities.ErrRefused)
	require.Equal(t, []string{"shipped-by-hand"}, d.exceptions())
	require.NotContains(t, d.shop.calls, "create")
}

func TestAnotherParcelsShipmentIsNotTakenForOurs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.leave("SH1", 1, blouse(1))
	d.leave("SH2", 2, blouse(1))
	require.NoError(t, d.ship("SH1"))
	require.NoError(t, d.ship("SH2"))
	require.Len(t, d.shop.order.Shipments, 2)
	require.NotEqual(t, d.standing()[0].ShopID, d.standing()[1].ShopID)
}

func TestAShipmentThatWaitsForTrackingStandsForItsOwnParcelOnly(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.leave("SH1", 1, blouse(1))
	d.leave("SH2", 2, blouse(1))
	without, err := domain.Decode[domain.Shipment](d.store.record.Facts[1])
	require.NoError(t, err)
	without.Trackings = nil
	d.store.record.Facts[1].Data = fact(domain.FactShipment, "", without).Data
	in := d.step(domain.StepShip, "SH1")
	in.Step.Complete = false
	_, err = d.shipments.ShipParcel(t.Context(), in)
	require.NoError(t, err)
	require.False(t, d.shop.order.Shipments[0].Shipped)
	require.False(t, d.standing()[0].Completed)

	require.NoError(t, d.ship("SH2"))
	require.Len(t, d.shop.order.Shipments, 2)
	require.Equal(t, "2", d.standing()[1].ShopID)
}

func TestACaptureWithoutAnOutcomeWaits(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.leave("SH1", 1, blouse(2))
	d.shop.create = func(draft ports.ShipmentDraft) (ports.ShipmentWrite, error) {
		draft.Capture, draft.ShippedAt = false, time.Time{}
		d.shop.order.Payment.CapturePending = true
		return ports.ShipmentWrite{Shipment: *d.shop.stand(draft), CapturePending: true}, nil
	}
	require.NoError(t, d.ship("SH1"))
	require.True(t, d.standing()[0].Pending)
	require.False(t, d.standing()[0].Completed)

	d.shop.order.Payment.CapturePending = false
	d.shop.order.Shipments[0].Captured = true // it came
	require.NoError(t, d.ship("SH1"))
	require.True(t, d.standing()[1].Completed)
	require.NotContains(t, d.shop.calls, "capture")
}

func TestACaptureThatFailsIsFinances(t *testing.T) {
	t.Parallel()
	t.Run("at once", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.leave("SH1", 1, blouse(2))
		d.shop.create = func(draft ports.ShipmentDraft) (ports.ShipmentWrite, error) {
			draft.Capture, draft.ShippedAt = false, time.Time{}
			return ports.ShipmentWrite{Shipment: *d.shop.stand(draft), Warnings: []string{"card expired"}}, nil
		}
		require.ErrorContains(t, failed(t, d.ship("SH1"), activities.ErrRefused), "card expired")
		require.Equal(t, []string{"capture-failed"}, d.exceptions())
		require.Len(t, d.standing(), 1, "the shipment stands all the same")
		require.False(t, d.standing()[0].Captured)

		require.NoError(t, d.ship("SH1"), "a person said to try again")
		require.Contains(t, d.shop.calls, "capture")
		require.Len(t, d.shop.order.Shipments, 1)
	})
	t.Run("late", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.leave("SH1", 1, blouse(2))
		d.shop.create = func(draft ports.ShipmentDraft) (ports.ShipmentWrite, error) {
			draft.Capture, draft.ShippedAt = false, time.Time{}
			d.shop.order.Payment.CapturePending = true
			return ports.ShipmentWrite{Shipment: *d.shop.stand(draft), CapturePending: true}, nil
		}
		require.NoError(t, d.ship("SH1"))
		d.shop.order.Payment = domain.Payment{CaptureFailed: true}
		failed(t, d.ship("SH1"), activities.ErrRefused)
		require.Equal(t, []string{"capture-failed"}, d.exceptions())
		require.NotContains(t, d.shop.calls, "capture", "not by itself")
	})
}

func TestABundleIsCapturedOnlyWhenBothSidesAgree(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		total int64
		want  string
	}{"agreed": {10000, ""}, "rounded by one": {10001, ""}, "another amount": {9000, "write-back-refused"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.store.record.Order.Lines[0].Kind = domain.LineBundleItem
			d.shop.order = d.store.record.Order
			d.leave("SH1", 1, blouse(2))
			d.shop.create = func(draft ports.ShipmentDraft) (ports.ShipmentWrite, error) {
				require.False(t, draft.Capture)
				at := d.shop.stand(draft)
				at.Total = c.total
				return ports.ShipmentWrite{Shipment: *at}, nil
			}
			err := d.ship("SH1")
			if c.want == "" {
				require.NoError(t, err)
				require.Equal(t, []string{"read", "create", "capture", "complete"}, d.shop.calls)
				return
			}
			failed(t, err, activities.ErrRefused)
			require.Equal(t, []string{c.want}, d.exceptions())
			require.NotContains(t, d.shop.calls, "capture")
		})
	}
}

func TestCertificatesAndShippingCostRideOnTheFirstParcel(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	order := &d.store.record.Order
	order.Shipping, order.Handling = 500, 100
	order.Lines = append(order.Lines, domain.Line{ID: "9", Kind: domain.LineGiftCertificate, Quantity: 1, Total: 2500})
	d.shop.order = *order
	d.leave("SH1", 1, blouse(1))
	d.leave("SH2", 2, blouse(1))
	require.NoError(t, d.ship("SH1"))
	require.NoError(t, d.ship("SH2"))
	require.Equal(t, []domain.LineQuantity{{Line: "1", Quantity: 1}, {Line: "9", Quantity: 1}}, d.shop.drafts[0].Lines)
	require.Equal(t, []domain.LineQuantity{{Line: "1", Quantity: 1}}, d.shop.drafts[1].Lines)
	require.Equal(t, ports.Cost{Value: 500}, d.shop.drafts[0].Shipping)
	require.Equal(t, ports.Cost{Value: 100}, d.shop.drafts[0].Handling)
	require.Equal(t, ports.Cost{None: true}, d.shop.drafts[1].Shipping)
}

func TestDiscountSharesAddUpOverAllParcels(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		d := newDesk(t)
		quantity := rapid.IntRange(1, 6).Draw(r, "quantity")
		order := blouses(quantity)
		order.Lines[0].Total = rapid.Int64Range(1, 100_000).Draw(r, "total")
		order.Discount = rapid.Int64Range(0, order.Lines[0].Total).Draw(r, "discount")
		d.store.record.Order, d.shop.order = order, order
		for unit := range quantity {
			d.leave(string(rune('A'+unit)), unit+1, blouse(1))
		}
		var sum int64
		for unit := range quantity {
			require.NoError(r, d.ship(string(rune('A'+unit))))
			share := d.shop.drafts[unit].Discount
			require.Equal(r, share.Value == 0, share.None)
			require.GreaterOrEqual(r, share.Value, int64(0))
			sum += share.Value
		}
		require.Equal(r, order.Discount, sum)
	})
}

func TestADiscountIsTakenOnceBesideAShipmentThatAPersonEntered(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		byHand int64    // what the shop charges for the first of three at 50.00, with 10.00 off and 5.00 for shipping
		want   [2]int64 // discount of the second and the third
	}{
		"all of it off the first":                   {5000 + 500 - 1000, [2]int64{0, 0}},
		"none off the first":                        {5000 + 500, [2]int64{334, 666}},
		"a part that is not its share":              {5000 + 500 - 800, [2]int64{200, 0}},
		"its share":                                 {5000 + 500 - 333, [2]int64{334, 333}},
		"all of it, and no shipping, off the first": {5000 - 1000, [2]int64{0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			order := blouses(3)
			order.Lines[0].Total, order.Discount, order.Shipping, order.GrandTotal = 15000, 1000, 500, 14500
			order.Shipments = []domain.ShopShipment{{ID: "900", Number: "10001-1", Lines: []domain.LineQuantity{{Line: "1", Quantity: 1}}, Tracking: "JD-A", GoodToGo: true, Paid: true, Captured: true, Shipped: true, Total: tt.byHand}}
			d.store.record.Order, d.shop.order = order, order
			charge := func(draft ports.ShipmentDraft) (ports.ShipmentWrite, error) {
				at := d.shop.stand(draft)
				at.Total = 5000 - draft.Discount.Value
				return ports.ShipmentWrite{Shipment: *at}, nil
			}
			d.shop.create = charge
			d.leave("A", 1, blouse(1))
			d.leave("B", 2, blouse(1))
			d.leave("C", 3, blouse(1))
			for _, parcel := range []string{"B", "C"} {
				require.NoError(t, d.ship(parcel))
			}
			require.Equal(t, tt.want, [2]int64{d.shop.drafts[0].Discount.Value, d.shop.drafts[1].Discount.Value})
		})
	}
}

func TestMoneyIsTakenAheadOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.shop.all = func() (domain.Payment, error) {
		d.shop.order.Payment.Captured = 10000
		return d.shop.order.Payment, nil
	}
	for range 2 {
		_, err := d.shipments.CaptureOrder(t.Context(), d.step(domain.StepCapture, "10001"))
		require.NoError(t, err)
	}
	require.Equal(t, []string{"read", "capture-order", "read"}, d.shop.calls)
	require.Equal(t, []domain.CapturedFact{{Amount: 10000}}, told[domain.CapturedFact](t, d.store, domain.FactCaptured))
}

func TestWithdrawingHoldsOnceAndGivesTheReason(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, _, err := d.store.Append(t.Context(), orderID, []domain.Fact{fact(domain.FactAnswered, "answer:1", domain.AnswerFact{Action: "withdraw-order", Reason: "fraud"})})
	require.NoError(t, err)
	for range 2 {
		_, err := d.shipments.HoldOrder(t.Context(), d.step(domain.StepHold, "10001"))
		require.NoError(t, err)
	}
	require.Equal(t, []string{"read", "hold withdrawn: fraud", "read", "read"}, d.shop.calls)
}

func TestShortUnitsAreCancelledOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.leave("SH1", 1, blouse(1))
	_, _, err := d.store.Append(t.Context(), orderID, []domain.Fact{fact(domain.FactWarehouseOrder, "order:3", domain.WarehouseOrder{
		Number: "10001", Reference: orderID.String(), Warehouse: hillington,
		Status: domain.WarehouseShipped, Revision: 3, Lines: []domain.WarehouseOrderLine{{Line: "1", SKU: "BLOUSE-S", Quantity: 2, Shipped: 1, Short: 1}},
	})})
	require.NoError(t, err)
	in := d.step(domain.StepCancelShort, "1")
	in.Step.Lines = []domain.LineQuantity{{Line: "1", Quantity: 1}}
	d.shop.cancel = func(lines []domain.LineQuantity) error {
		require.Equal(t, []domain.LineQuantity{{Line: "1", Quantity: 1}}, lines)
		d.shop.order.Lines = blouses(1).Lines
		d.shop.order.Lines[0].Cancelled = 1
		return &fault.Fault{Kind: fault.Uncertain, System: "centra"} // done, and nobody says so
	}
	_, err = d.shipments.CancelShortUnits(t.Context(), in)
	failed(t, err, activities.ErrUncertain)
	d.now = noon.Add(settle)
	_, err = d.shipments.CancelShortUnits(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, []string{"read", "cancel-lines", "read"}, d.shop.calls)
}

func TestOnlyTheShortUnitsThatWereAgreedAreCancelled(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.leave("SH1", 1)
	_, _, err := d.store.Append(t.Context(), orderID, []domain.Fact{fact(domain.FactWarehouseOrder, "order:3", domain.WarehouseOrder{
		Number: "10001", Reference: orderID.String(), Warehouse: hillington,
		Status: domain.WarehouseInProgress, Revision: 3, Lines: []domain.WarehouseOrderLine{{Line: "1", SKU: "BLOUSE-S", Quantity: 2, Short: 2}},
	})})
	require.NoError(t, err)
	d.shop.cancel = func(lines []domain.LineQuantity) error {
		require.Equal(t, []domain.LineQuantity{{Line: "1", Quantity: 1}}, lines, "the second went short after the answer")
		return nil
	}
	in := d.step(domain.StepCancelShort, "1")
	in.Step.Lines = []domain.LineQuantity{{Line: "1", Quantity: 1}}
	_, err = d.shipments.CancelShortUnits(t.Context(), in)
	require.NoError(t, err)
	require.Contains(t, d.shop.calls, "cancel-lines")
}

func TestLateTrackingBecomesAComment(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.leave("SH1", 1, blouse(2))
	require.NoError(t, d.ship("SH1"))
	_, err := d.shipments.NoteTracking(t.Context(), d.step(domain.StepNote, "SH1"))
	require.NoError(t, err)
	require.Equal(t, []string{"Tracking of shipment 10001-1: T-SH1 (it came after the shipment was completed)"}, d.shop.comments)
	require.Len(t, told[domain.NotedFact](t, d.store, domain.FactNoted), 1)
}

func TestNothingIsReleasedOfWhatWasCaptured(t *testing.T) {
	t.Parallel()
	for captured, want := range map[int64][]string{4000: {"read", "release"}, 10000: {"read"}} {
		d := newDesk(t)
		d.shop.order.Payment.Captured = captured
		_, err := d.shipments.ReleaseAuthorisation(t.Context(), d.step(domain.StepRelease, "10001"))
		require.NoError(t, err)
		require.Equal(t, want, d.shop.calls)
	}
}
