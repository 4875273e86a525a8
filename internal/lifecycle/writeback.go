package lifecycle

import (
	"strings"
	"time"

	"selvedge/internal/domain"
)

// writeBack finds the parcels that the shop does not know, or not completely.
func (d *decider) writeBack() {
	for _, p := range d.progress.Parcels {
		if p.Shipment.Voided || len(p.Lines) == 0 {
			continue
		}
		switch {
		case p.Shop == nil:
			d.ship(p)
		case !p.Shop.Completed:
			d.complete(p)
		default:
			d.note(p)
		}
	}
}

func (d *decider) ship(p domain.ParcelProgress) {
	carrier, missing := d.Carrier(p.Shipment.Warehouse, p.Shipment.Carrier)
	if missing != nil {
		d.ask(*missing)
		return
	}
	if d.stopped(domain.StepShip, p.Shipment.ID, "") {
		return
	}
	d.out.Due = append(d.out.Due, Due{Step: domain.StepShip, Subject: p.Shipment.ID, Warehouse: p.Shipment.Warehouse,
		Carrier: carrier, Lines: p.Lines, Complete: d.tracked(p)})
}

// tracked tells whether a parcel may be completed: its tracking is there, or has been waited for.
func (d *decider) tracked(p domain.ParcelProgress) bool {
	if len(p.Shipment.Trackings) > 0 {
		return true
	}
	return !d.Now.Before(p.Shipment.ShippedAt.Add(d.Settings.TrackingWait))
}

func (d *decider) complete(p domain.ParcelProgress) {
	if p.Shop.Pending && d.Order.Payment.CapturePending {
		d.pending("shipment "+p.Shop.Number, true, p.Shipment.ShippedAt.Add(d.Settings.CaptureWait))
		return
	}
	if !d.tracked(p) {
		d.wake(p.Shipment.ShippedAt.Add(d.Settings.TrackingWait))
		return
	}
	d.ship(p)
}

// pending waits for an asynchronous capture and asks finance when it takes too long.
func (d *decider) pending(what string, pending bool, until time.Time) {
	if !pending {
		return
	}
	if d.Now.Before(until) {
		d.wake(until)
		return
	}
	d.ask(domain.Question{Kind: "capture-overdue", Subject: what, Cause: domain.NewCause("capture-overdue", d.Order.ID.String()),
		Problems: []domain.Refusal{{Code: "capture_pending", Message: "the payment provider has not said whether the money of " + what + " was captured"}}})
}

// note tells the shop about tracking that came after its shipment was closed, once.
func (d *decider) note(p domain.ParcelProgress) {
	tracking := strings.Join(p.Shipment.Trackings, ", ")
	if tracking == "" || tracking == p.Shop.Tracking {
		return
	}
	if !p.Noted && !d.stopped(domain.StepNote, p.Shipment.ID, "") {
		d.out.Due = append(d.out.Due, Due{Step: domain.StepNote, Subject: p.Shipment.ID, Warehouse: p.Shipment.Warehouse})
	}
	d.ask(domain.Question{Kind: "late-tracking", Subject: p.Shipment.ID, Cause: domain.NewCause("late-tracking", d.Order.ID.String(), p.Shipment.ID),
		Problems: []domain.Refusal{{Code: "late_tracking", Value: tracking, Message: "tracking " + tracking + " came after shipment " + p.Shop.Number + " was completed; the customer's mail went out without it"}}})
}

// shorts asks what becomes of units that the warehouse will not ship; a person's
// skip has them cancelled in the shop.
func (d *decider) shorts() {
	for _, l := range d.progress.Lines {
		if l.Short == 0 || d.cancelled() {
			continue
		}
		cause := domain.NewCause("short-pick", d.Order.ID.String(), l.Line)
		if d.skipped[cause] {
			if !d.stopped(domain.StepCancelShort, l.Line, "") {
				d.out.Due = append(d.out.Due, Due{Step: domain.StepCancelShort, Subject: l.Line,
					Lines: []domain.LineQuantity{{Line: l.Line, Quantity: l.Short}}})
			}
			continue
		}
		d.ask(domain.Question{Kind: "short-pick", Subject: l.Line, Cause: cause,
			Problems: []domain.Refusal{{Code: "short_pick", Line: l.Line, SKU: l.SKU, Message: "the warehouse will not ship units that the customer paid for"}}})
	}
}

// finish sees whether anything is left to do, and when the order may close.
func (d *decider) finish() {
	if len(d.out.Due) > 0 || len(d.out.Waiting) > 0 || len(d.out.Questions) > 0 || !d.quiet() {
		return
	}
	if d.withdrawn != nil && !d.noted["withdrawn"] && d.Order.Status != domain.ShopCancelled {
		if !d.stopped(domain.StepHold, d.Order.ID.Number, "") {
			d.out.Due = append(d.out.Due, Due{Step: domain.StepHold, Subject: d.Order.ID.Number})
		}
		return
	}
	if d.reduced() && !d.released && d.Order.Payment.Authorized > d.Order.Payment.Captured && !d.cancelled() {
		if !d.stopped(domain.StepRelease, d.Order.ID.Number, "") {
			d.out.Due = append(d.out.Due, Due{Step: domain.StepRelease, Subject: d.Order.ID.Number})
		}
		return
	}
	d.out.Ended = true
	d.out.CloseAt = d.Now
	for _, p := range d.progress.Parcels {
		if end := p.Shipment.ShippedAt.Add(d.Settings.ReturnWindow); end.After(d.out.CloseAt) {
			d.out.CloseAt = end
		}
	}
}

// quiet tells whether neither a warehouse nor the shop owes anything.
func (d *decider) quiet() bool {
	for _, c := range d.progress.Consignments {
		if !c.Over() && !(c.Status == domain.WarehouseRejected && d.cancelled()) {
			return false
		}
	}
	for _, p := range d.progress.Parcels {
		if !p.Shipment.Voided && len(p.Lines) > 0 && (p.Shop == nil || !p.Shop.Completed) {
			return false
		}
	}
	if d.cancelled() {
		return true
	}
	for _, l := range d.progress.Lines {
		if l.Open > 0 || l.Short > 0 {
			return false
		}
	}
	return true
}

// reduced tells whether less was shipped than was authorised.
func (d *decider) reduced() bool {
	for _, l := range d.progress.Lines {
		if l.Cancelled > 0 && l.Ordered > l.Cancelled {
			return true
		}
	}
	return false
}
