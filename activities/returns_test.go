package activities_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/activities"
	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/returns"
)

// backRoom is where an order's garments come back to: the shop's returns in memory.
type backRoom struct {
	ports.ShopReturns
	ports.ReturnStore
	*desk
	there   []domain.ShopReturn
	drafts  []ports.ReturnDraft
	refunds []string
	refund  func(*domain.ShopReturn) error // nil: paid at once
	lost    bool                           // the next return is created and its answer lost
	// between happens once, after the order was read and before its returns are.
	between func()
	// overtaken lets each request meet what an earlier one of ours has made a moment ago.
	overtaken bool
	returns   *activities.Returns
}

func (b *backRoom) OrderReturns(context.Context, domain.Order) ([]domain.ShopReturn, error) {
	if b.between != nil {
		b.between()
		b.between = nil
	}
	return append([]domain.ShopReturn{}, b.there...), nil
}

func (b *backRoom) CreateReturn(_ context.Context, d ports.ReturnDraft) (domain.ShopReturn, error) {
	b.drafts = append(b.drafts, d)
	units := 0
	for _, l := range d.Lines {
		units += l.Quantity
	}
	r := domain.ShopReturn{
		ID: strconv.Itoa(41 + len(b.there)), Order: orderID, Shipment: d.Shipment, External: d.External, Lines: d.Lines, Currency: "GBP",
		Total: int64(units)*3333 - d.Voucher - d.Fee + d.Shipping, // a third of 99.99 each
	}
	b.there = append(b.there, r)
	if b.overtaken { // by an earlier attempt, which takes the last unit
		return domain.ShopReturn{}, &fault.Fault{Kind: fault.Rejected, System: "centra", Op: "createReturn", Code: "not_returnable", Message: "no unit is left"}
	}
	if b.lost {
		b.lost = false
		return domain.ShopReturn{}, &fault.Fault{Kind: fault.Uncertain, System: "centra", Op: "createReturn", Message: "no answer"}
	}
	return r, nil
}

func (b *backRoom) CompleteReturn(_ context.Context, id string, _ bool) (domain.ShopReturn, error) {
	for i := range b.there {
		if b.there[i].ID == id {
			b.there[i].Completed = true
			return b.there[i], nil
		}
	}
	return domain.ShopReturn{}, errors.New("no such return")
}

func (b *backRoom) RefundReturn(_ context.Context, id string, _ bool) (ports.RefundWrite, error) {
	b.refunds = append(b.refunds, id)
	for i := range b.there {
		r := &b.there[i]
		if r.ID != id {
			continue
		}
		if b.refund != nil {
			err := b.refund(r)
			return ports.RefundWrite{Return: *r, Pending: r.RefundAsked > 0}, err
		}
		r.Refunded = r.Total
		return ports.RefundWrite{Return: *r}, nil
	}
	return ports.RefundWrite{}, errors.New("no such return")
}

func (b *backRoom) SaveReturn(context.Context, ports.ReturnRecord) error { return nil }

func (b *backRoom) SyncReturnExceptions(context.Context, domain.OrderID, int, []ports.ExceptionRecord, string, string, string, time.Time) error {
	return nil
}

// newBackRoom is an order of three blouses, shipped, captured and paid with 99.99.
func newBackRoom(t *testing.T) *backRoom {
	t.Helper()
	b := &backRoom{desk: newDesk(t)}
	order := blouses(3)
	order.Lines[0].Total, order.Lines[0].UnitPrice, order.GrandTotal = 9999, 3333, 9999
	order.Payment = domain.Payment{Known: true, Authorized: 9999, Captured: 9999}
	order.Shipments = []domain.ShopShipment{{ID: "7", Lines: []domain.LineQuantity{{Line: "1", Quantity: 3}}, Shipped: true, Paid: true, Captured: true, Total: 9999}}
	b.store.record.Order, b.shop.order = order, order
	b.returns = &activities.Returns{
		Orders: b.shipments.Orders, Shipments: b.shipments, Store: b, Shop: b, Refund: domain.RefundOnGrading,
		Settings: returns.Settings{ReturnWindow: 24 * time.Hour, RefundWait: 72 * time.Hour, RefundCheck: time.Hour},
	}
	return b
}

func (b *backRoom) comesBack(id string, kind domain.ReturnType, revision int64) {
	_, _, err := b.store.Append(b.t.Context(), orderID, []domain.Fact{domain.NewReturnFact(domain.ReturnConfirmation{
		ID: id, Warehouse: hillington, Consignment: "10001", Type: kind, Status: "graded", Revision: revision, ReceivedAt: noon,
		Units: []domain.ReturnUnit{{Ref: "u", Line: "1", SKU: "BLOUSE-S", Disposition: "restock", Final: true, Revision: revision, DecidedAt: noon}},
	}, noon)})
	require.NoError(b.t, err)
}

func (b *backRoom) look(n int) contract.ReturnAssessment {
	b.t.Helper()
	at, err := b.returns.AssessReturn(b.t.Context(), contract.AssessReturnInput{Return: contract.ReturnInput{Order: orderID, Number: n}, At: b.now})
	require.NoError(b.t, err)
	return at
}

// take takes the first step that is due.
func (b *backRoom) take(n int) error {
	b.t.Helper()
	at := b.look(n)
	require.NotEmpty(b.t, at.Due, "waits for %v, asks %v", at.Waiting, at.Questions)
	_, err := b.returns.TakeReturnStep(b.t.Context(), contract.ReturnStepInput{Return: contract.ReturnInput{Order: orderID, Number: n}, Step: at.Due[0]})
	return err
}

func TestAReturnWhoseAnswerIsLostIsFoundAndNotMadeAgain(t *testing.T) {
	t.Parallel()
	b := newBackRoom(t)
	b.comesBack("r1", domain.CustomerReturn, 1)
	b.lost = true
	failed(t, b.take(1), activities.ErrUncertain)
	failed(t, b.take(1), activities.ErrUncertain) // it may still take effect
	require.Len(t, b.drafts, 1)
	b.now = b.now.Add(settle)
	require.NoError(t, b.take(1))
	require.NoError(t, b.take(1)) // the money
	require.Len(t, b.drafts, 1, "it was looked for by its key")
	require.Equal(t, []string{"41"}, b.refunds)
	require.True(t, b.look(1).Settled)
}

func TestAReturnThatTheShopMadeWhileItWasAskedForOnceMoreIsTheSame(t *testing.T) {
	t.Parallel()
	b := newBackRoom(t)
	b.overtaken = true
	b.comesBack("r", domain.CustomerReturn, 1)
	for range 20 {
		if len(b.look(1).Due) == 0 {
			break
		}
		require.NoError(t, b.take(1))
	}
	require.Len(t, b.there, 1)
	require.True(t, b.there[0].Completed)
	require.Empty(t, b.look(1).Questions)
}

func TestARunThatDiedBeforeItRecordedARefundPaysNothingTwice(t *testing.T) {
	t.Parallel()
	b := newBackRoom(t)
	b.comesBack("r1", domain.CustomerReturn, 1)
	require.NoError(t, b.take(1))
	b.refund = func(r *domain.ShopReturn) error { // paid, and nobody hears of it
		r.Refunded = r.Total
		return &fault.Fault{Kind: fault.Uncertain, System: "centra", Op: "refundReturn", Message: "no answer"}
	}
	failed(t, b.take(1), activities.ErrUncertain)
	b.now = b.now.Add(settle)
	require.NoError(t, b.take(1))
	require.Len(t, b.refunds, 1)
	require.True(t, b.look(1).Settled)
}

// asksTwice is a back room with money for one of two returns; the first has asked for it,
// and the second is to.
func asksTwice(t *testing.T) *backRoom {
	t.Helper()
	b := newBackRoom(t)
	b.shop.order.Payment.Captured = 5000
	b.refund = func(r *domain.ShopReturn) error { r.RefundAsked++; return nil }
	b.comesBack("r1", domain.CustomerReturn, 1)
	b.comesBack("r2", domain.CustomerReturn, 1)
	require.NoError(t, b.take(1))
	require.NoError(t, b.take(1))
	require.NoError(t, b.take(2))
	return b
}

func (b *backRoom) refusesTheSecond(t *testing.T) {
	t.Helper()
	failed(t, b.take(2), activities.ErrRefused)
	require.Equal(t, []string{"41"}, b.refunds)
	require.Equal(t, "refund-not-captured", b.look(2).Questions[0].Kind)
}

// Money that another return has asked for is as good as gone: a provider takes days.
func TestNoMoreThanWasCapturedIsAskedForWhileRefundsAreOpen(t *testing.T) {
	t.Parallel()
	asksTwice(t).refusesTheSecond(t)
}

// A refund that gets through while we read is missing from neither side.
func TestNoMoreThanWasCapturedIsAskedForWhileARefundGetsThrough(t *testing.T) {
	t.Parallel()
	b := asksTwice(t)
	b.between = func() {
		b.there[0].RefundAsked, b.there[0].Refunded = 0, b.there[0].Total
		b.shop.order.Payment.Refunded += b.there[0].Total
	}
	b.refusesTheSecond(t)
}

func TestAParcelCalledUndeliveredByMistakePaysNoCarriage(t *testing.T) {
	t.Parallel()
	b := newBackRoom(t)
	b.shop.order.Shipping = 495
	b.store.record.Order.Shipping = 495
	b.comesBack("r1", domain.Undelivered, 1)
	b.comesBack("r1", domain.CustomerReturn, 2)
	require.NoError(t, b.take(1))
	require.Zero(t, b.drafts[0].Shipping)
}

// Two parcels of one order are graded in the same second: each plan is recorded before
// the other is seen, and their shares are of different units all the same.
func TestReturnsThatArePlannedAtOnceShareTheDiscountExactly(t *testing.T) {
	t.Parallel()
	b := newBackRoom(t)
	for _, order := range []*domain.Order{&b.shop.order, &b.store.record.Order} {
		order.Discount, order.GrandTotal, order.Shipments[0].Total = 100, 9899, 9899 // 0.33, 0.34, 0.33
	}
	b.comesBack("r1", domain.CustomerReturn, 1)
	b.comesBack("r2", domain.CustomerReturn, 1)
	b.comesBack("r3", domain.CustomerReturn, 1)
	other := func(n int) domain.Fact {
		plan := domain.ReturnPlan{
			Return: n, Kind: domain.PlanShopReturn, Key: orderID.String() + "/r" + strconv.Itoa(n) + "/shop-return/1", Refund: true, Discount: 33, At: noon,
			Garments: []string{hillington + "/r" + strconv.Itoa(n) + "/u"}, Lines: []domain.LineQuantity{{Line: "1", Quantity: 1}}, Shipment: "7",
		}
		return domain.NewFact(domain.FactReturnPlanned, "return-plan:"+plan.Key, "selvedge", noon, plan)
	}
	_, _, err := b.store.Append(t.Context(), orderID, []domain.Fact{other(1), other(2), other(3)})
	require.NoError(t, err)
	var back int64
	for n := 3; n > 0; n-- { // and they are written in another order
		require.NoError(t, b.take(n))
	}
	for _, d := range b.drafts {
		back += d.Voucher
	}
	require.Equal(t, int64(100), back)
}
