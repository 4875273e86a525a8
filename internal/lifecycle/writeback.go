package lifecycle

import (
	"strconv"
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
	if q, missing := d.unmappedPayment(); missing {
		d.ask(q) // a rule that was retired since the hand-over; with one the parcel goes on by itself
		return
	}
	carrier, missing := d.Carrier(p.Shipment.Warehouse, p.Shipment.Carrier)
	if missing != nil {
		if _, skipped := d.facts.skipped[missing.Cause]; skipped {
			d.settle(domain.StepShip, p.Shipment.ID)
		}
		d.ask(*missing)
		return
	}
	if d.stopped(domain.StepShip, p.Shipment.ID, "") {
		return
	}
	d.out.Due = append(d.out.Due, Due{
		Step: domain.StepShip, Subject: p.Shipment.ID, Warehouse: p.Shipment.Warehouse,
		Carrier: carrier, Lines: p.Lines, Complete: d.tracked(p),
	})
}

// unmappedPayment is the question of an order whose money nobody says when to capture.
func (d *decider) unmappedPayment() (domain.Question, bool) {
	for _, q := range d.Wrong {
		if q.Kind == "unmapped:payment-method" {
			return q, true
		}
	}
	return domain.Question{}, false
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
		if d.overdue("shipment "+p.Shop.Number, p.Shop.Number, p.Shipment.ShippedAt.Add(d.Settings.CaptureWait)) {
			d.settle(domain.StepShip, p.Shipment.ID)
		}
		return
	}
	if !d.tracked(p) {
		d.wake(p.Shipment.ShippedAt.Add(d.Settings.TrackingWait))
		return
	}
	d.ship(p)
}

// overdue waits for the outcome of an asynchronous capture and asks finance when it
// takes too long; it tells whether finance has settled it otherwise.
func (d *decider) overdue(what, detail string, until time.Time) (settled bool) {
	if d.Now.Before(until) {
		d.wake(until)
		return false
	}
	q := domain.Question{
		Kind: "capture-overdue", Subject: what, Cause: domain.NewCause("capture-overdue", d.Order.ID.String(), detail),
		Problems: []domain.Refusal{{Code: "capture_pending", Message: "the payment provider has not said whether the money of " + what + " was captured"}},
	}
	d.ask(q)
	_, settled = d.facts.skipped[q.Cause]
	return settled
}

// paidAhead tells whether money that must come before the goods is there, or was
// settled otherwise by finance.
func (d *decider) paidAhead() bool {
	pay := d.Order.Payment
	if d.CaptureMode != domain.CaptureBeforeSubmission || pay.Captured >= d.Order.GrandTotal {
		return true
	}
	number := d.Order.ID.Number
	c := d.facts.captured
	if c != nil && !c.Pending {
		return true
	}
	// The shop's word counts only when it is newer than the request: the content that
	// came before it may tell of an earlier attempt.
	failed := pay.CaptureFailed && !pay.CapturePending && d.Order.UpdatedAt.After(d.facts.capturedAt)
	if c != nil && !failed {
		return d.overdue("order "+d.Order.ID.String(), "order", d.facts.capturedAt.Add(d.Settings.CaptureWait))
	}
	if c != nil {
		return d.captureFailed()
	}
	if !d.stopped(domain.StepCapture, number, "") {
		d.out.Due = append(d.out.Due, Due{Step: domain.StepCapture, Subject: number})
	}
	return d.settled[domain.StepCapture][number]
}

// captureFailed asks finance about a capture that was pending and came to nothing; a
// retry captures once more.
func (d *decider) captureFailed() (settled bool) {
	number := d.Order.ID.Number
	q := domain.Question{
		Kind: "capture-failed", Step: domain.StepCapture, Subject: number, Cause: domain.NewCause("capture-failed", d.Order.ID.String()),
		Problems: []domain.Refusal{{Code: "capture_failed", Message: "the payment provider did not capture the money of the order"}},
	}
	if _, settled = d.facts.skipped[q.Cause]; settled {
		return true
	}
	if d.facts.retried(q.Cause) < d.facts.capturedSequence {
		d.ask(q)
		return false
	}
	if !d.stopped(domain.StepCapture, number, "") {
		d.out.Due = append(d.out.Due, Due{Step: domain.StepCapture, Subject: number})
	}
	return d.settled[domain.StepCapture][number]
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
	d.ask(domain.Question{
		Kind: "late-tracking", Subject: p.Shipment.ID, Cause: domain.NewCause("late-tracking", d.Order.ID.String(), p.Shipment.ID),
		Problems: []domain.Refusal{{Code: "late_tracking", Value: tracking, Message: "tracking " + tracking + " came after shipment " + p.Shop.Number + " was completed; the customer's mail went out without it"}},
	})
}

// shorts asks what becomes of units that the warehouse will not ship; a person's
// skip has them cancelled in the shop. Units that another item was sent for are asked
// about as that: whoever takes the other item misses nothing.
func (d *decider) shorts() {
	for _, l := range d.progress.Lines {
		missing := l.Missing()
		if missing == 0 || d.cancelled() {
			continue
		}
		// The count makes each further short a question of its own: a person who had
		// one unit cancelled has not agreed to the next.
		cause := domain.NewCause("short-pick", d.Order.ID.String(), l.Line, strconv.Itoa(missing+l.Cancelled))
		if _, skipped := d.facts.skipped[cause]; skipped {
			if !d.stopped(domain.StepCancelShort, l.Line, "") {
				d.out.Due = append(d.out.Due, Due{
					Step: domain.StepCancelShort, Subject: l.Line,
					Lines: []domain.LineQuantity{{Line: l.Line, Quantity: missing}},
				})
			}
			continue
		}
		d.ask(domain.Question{
			Kind: "short-pick", Subject: l.Line, Cause: cause,
			Problems: []domain.Refusal{{Code: "short_pick", Line: l.Line, SKU: l.SKU, Message: "the warehouse will not ship units that the customer paid for"}},
		})
	}
}

// FulfilledInShop is the cause of an order's end when the shop shipped or archived it
// before any warehouse got it.
const FulfilledInShop = "fulfilled-in-shop"

// finish sees whether anything is left to do, and when the order may close.
func (d *decider) finish() {
	if len(d.out.Due) > 0 || len(d.out.Waiting) > 0 || len(d.out.Questions) > 0 {
		return
	}
	if d.elsewhere() && d.OpenReturns == 0 {
		d.out.Ended, d.out.CloseAt, d.out.Cause = true, d.Now, FulfilledInShop
		return
	}
	if !d.quiet() {
		return
	}
	number := d.Order.ID.Number
	if d.withdrawal.Stands() && d.withdrawal.HeldAt < d.withdrawal.At && d.Order.Status != domain.ShopCancelled && !d.last(domain.StepHold, number) {
		return
	}
	if d.reduced() && !d.facts.released && d.CaptureMode != domain.CaptureExternal && d.Order.Payment.Authorized > d.Order.Payment.Captured && !d.cancelled() && !d.last(domain.StepRelease, number) {
		return
	}
	if d.OpenReturns > 0 {
		d.returning = true // each tells when it has closed
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

// last makes one of an order's last steps due; it tells whether a person has settled it otherwise.
func (d *decider) last(step domain.Step, subject string) (settled bool) {
	if !d.stopped(step, subject, "") {
		d.out.Due = append(d.out.Due, Due{Step: step, Subject: subject})
	}
	return d.settled[step][subject]
}

// quiet tells whether neither a warehouse nor the shop owes anything. What was
// rejected is owed by nobody: as long as its units are wanted, a line is open. Nor are
// units owed that another item was sent for, nor short ones that a person settled
// after the shop would not cancel them.
func (d *decider) quiet() bool {
	for _, c := range d.progress.Consignments {
		if c.Status != domain.WarehouseRejected && !c.Over() {
			return false
		}
	}
	for _, p := range d.progress.Parcels {
		written := p.Shop != nil && p.Shop.Completed || d.settled[domain.StepShip][p.Shipment.ID]
		if !p.Shipment.Voided && len(p.Lines) > 0 && !written {
			return false
		}
	}
	if d.cancelled() {
		return true
	}
	for _, l := range d.progress.Lines {
		if l.Open > 0 || l.Missing() > 0 && !d.settled[domain.StepCancelShort][l.Line] {
			return false
		}
	}
	return true
}

// reduced tells whether less was shipped than was authorised.
func (d *decider) reduced() bool {
	for _, l := range d.progress.Lines {
		if l.Cancelled > 0 {
			return true
		}
	}
	return false
}
