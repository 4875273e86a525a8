package activities_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/activities"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

func conflict(code string) error {
	return &fault.Fault{Kind: fault.Conflict, System: "acs", Code: code, Message: "it holds something else"}
}

func TestSubmittingTwiceIsOneFact(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.house.place = func(domain.Consignment) (ports.Receipt, error) {
		return ports.Receipt{Revision: 1, Sent: "s", Replay: len(d.house.calls) > 1}, nil
	}
	for range 2 {
		_, err := d.fulfilment.SubmitConsignment(t.Context(), d.step(domain.StepSubmit, "10001"))
		require.NoError(t, err)
	}
	require.Equal(t, []domain.SubmittedFact{{
		Consignment: "10001", Warehouse: hillington, Revision: 1, Fingerprint: "today", Sent: "s",
		Lines: []domain.LineQuantity{{Line: "1", Quantity: 2}},
	}}, told[domain.SubmittedFact](t, d.store, domain.FactSubmitted))
}

func TestOurOwnOrderUnderTheNumberIsAdopted(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.house.place = func(domain.Consignment) (ports.Receipt, error) { return ports.Receipt{}, conflict("order_exists") }
	d.house.order = func() (domain.WarehouseOrder, error) {
		return domain.WarehouseOrder{
			Number: "10001", Reference: orderID.String(), Warehouse: hillington, Status: domain.WarehouseAccepted, Revision: 3,
			Lines: []domain.WarehouseOrderLine{{Line: "1", SKU: "BLOUSE-S", Quantity: 1}},
		}, nil
	}
	_, err := d.fulfilment.SubmitConsignment(t.Context(), d.step(domain.StepSubmit, "10001"))
	require.NoError(t, err)
	held := told[domain.SubmittedFact](t, d.store, domain.FactSubmitted)
	require.Len(t, held, 1)
	require.Equal(t, int64(3), held[0].Revision)
	require.Empty(t, held[0].Fingerprint, "it is not today's content, so it is amended next")
	require.Equal(t, []domain.LineQuantity{{Line: "1", Quantity: 1}}, held[0].Lines, "what it holds, not what we would send")
	require.Len(t, told[domain.WarehouseOrder](t, d.store, domain.FactWarehouseOrder), 1)
}

func TestAStrangersOrderUnderTheNumberIsAPersons(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.house.place = func(domain.Consignment) (ports.Receipt, error) { return ports.Receipt{}, conflict("order_exists") }
	d.house.order = func() (domain.WarehouseOrder, error) {
		return domain.WarehouseOrder{Number: "10001", Reference: "other/10001"}, nil
	}
	_, err := d.fulfilment.SubmitConsignment(t.Context(), d.step(domain.StepSubmit, "10001"))
	require.True(t, failed(t, err, activities.ErrRefused).NonRetryable())
	refused := told[domain.RefusedFact](t, d.store, domain.FactRefused)
	require.Equal(t, "order-conflict", refused[0].Exception)
	require.Empty(t, told[domain.SubmittedFact](t, d.store, domain.FactSubmitted))
}

func TestARefusalStandsInTheFactsWithItsReasons(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.house.place = func(domain.Consignment) (ports.Receipt, error) {
		return ports.Receipt{}, &fault.Fault{Kind: fault.Rejected, System: "acs", Problems: []fault.Problem{
			{Code: "grade_missing", Line: "1", Attribute: "grade", Allowed: []string{"A", "B"}, Message: "an item needs its grade"},
			{Code: "postcode_invalid", Field: "deliveryAddress.postcode", Message: "the postcode is none of the country"},
		}}
	}
	_, err := d.fulfilment.SubmitConsignment(t.Context(), d.step(domain.StepSubmit, "10001"))
	failed(t, err, activities.ErrRefused)
	refused := told[domain.RefusedFact](t, d.store, domain.FactRefused)
	require.Len(t, refused, 1)
	require.Equal(t, domain.RefusedFact{Step: domain.StepSubmit, Subject: "10001", Fingerprint: "today", System: "acs", Exception: "rejected-by-warehouse", Problems: []domain.Refusal{
		{Code: "grade_missing", Line: "1", Attribute: "grade", Allowed: []string{"A", "B"}, Message: "an item needs its grade"},
		{Code: "postcode_invalid", Field: "deliveryAddress.postcode", Message: "the postcode is none of the country"},
	}}, refused[0])
}

func TestTroubleOfASystemIsNoRefusal(t *testing.T) {
	t.Parallel()
	for kind, want := range map[fault.Kind]string{fault.Unavailable: activities.ErrUnavailable, fault.Uncertain: activities.ErrUncertain, fault.Misconfigured: activities.ErrMisconfigured} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.house.place = func(domain.Consignment) (ports.Receipt, error) {
				return ports.Receipt{}, &fault.Fault{Kind: kind, System: "acs"}
			}
			_, err := d.fulfilment.SubmitConsignment(t.Context(), d.step(domain.StepSubmit, "10001"))
			failure := failed(t, err, want)
			if kind == fault.Uncertain {
				require.Equal(t, settle, failure.NextRetryDelay(), "not before the other side's time limit")
			}
			require.Empty(t, d.store.record.Facts)
		})
	}
}

func TestAnAmendmentThatCameTooLateReadsTheOrder(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.house.amend = func(domain.Consignment, int64) (ports.Receipt, error) {
		return ports.Receipt{}, conflict("revision_mismatch")
	}
	d.house.order = func() (domain.WarehouseOrder, error) {
		return domain.WarehouseOrder{Number: "10001", Reference: orderID.String(), Warehouse: hillington, Status: domain.WarehouseAccepted, Revision: 5}, nil
	}
	in := d.step(domain.StepAmend, "10001")
	in.Step.Revision = 4
	_, err := d.fulfilment.AmendConsignment(t.Context(), in)
	require.NoError(t, err, "the next look decides anew")
	require.Equal(t, int64(5), told[domain.WarehouseOrder](t, d.store, domain.FactWarehouseOrder)[0].Revision)

	in.Step.Revision = 5
	_, err = d.fulfilment.AmendConsignment(t.Context(), in)
	failed(t, err, activities.ErrRefused)
	require.Equal(t, "amendment-refused", told[domain.RefusedFact](t, d.store, domain.FactRefused)[0].Exception)
}

func TestACancellationKeepsItsKeyUntilItIsAnswered(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	answer := error(&fault.Fault{Kind: fault.Unavailable, System: "acs"})
	d.house.cancel = func(string, []domain.LineQuantity) (ports.Cancellation, error) {
		return ports.Cancellation{}, answer
	}
	in := d.step(domain.StepCancel, "10001")
	for range 2 {
		_, err := d.fulfilment.CancelConsignment(t.Context(), in)
		failed(t, err, activities.ErrUnavailable)
	}
	answer = nil
	for range 2 {
		_, err := d.fulfilment.CancelConsignment(t.Context(), in)
		require.NoError(t, err)
	}
	in.Step.Lines = []domain.LineQuantity{{Line: "1", Quantity: 1}}
	_, err := d.fulfilment.CancelConsignment(t.Context(), in)
	require.NoError(t, err)
	keys := d.house.calls
	require.Equal(t, []string{keys[0], keys[0], keys[0]}, keys[:3], "a request without an answer is sent again as the same")
	distinct := slices.Compact(slices.Clone(keys))
	require.Len(t, distinct, 3, "an answered one is asked anew under another key, and so are other units")
}

func TestACancellationThatIsRefusedIsAFact(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.house.cancel = func(string, []domain.LineQuantity) (ports.Cancellation, error) {
		return ports.Cancellation{}, conflict("order_not_cancellable")
	}
	_, err := d.fulfilment.CancelConsignment(t.Context(), d.step(domain.StepCancel, "10001"))
	require.NoError(t, err)
	require.Equal(t, []domain.CancelRefusedFact{{Consignment: "10001"}}, told[domain.CancelRefusedFact](t, d.store, domain.FactCancelRefused))
}

func TestAWarehouseThatIsNotConfiguredNamesTheSetting(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	in := d.step(domain.StepSubmit, "10001")
	in.Step.Warehouse = "leeds"
	_, err := d.fulfilment.SubmitConsignment(t.Context(), in)
	require.ErrorContains(t, failed(t, err, activities.ErrMisconfigured), "leeds")
	require.ErrorContains(t, err, "SELVEDGE_ACS_")
}
