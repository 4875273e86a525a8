package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/store/storetest"
)

func consignment(id domain.OrderID, number, fingerprint string) domain.Consignment {
	return domain.Consignment{
		Number: number, Order: id, Warehouse: "leeds", Service: "RM48", Currency: "SEK", OrderDate: "2026-11-20", Fingerprint: fingerprint,
		Lines: []domain.ConsignmentLine{{Line: "1", SKU: "COAT-NAVY-38", Quantity: 1, UnitPrice: 100000, Attributes: map[string]string{"grade": "A"}}},
		Rules: map[string]int64{"shipping-method": 4},
	}
}

func TestAConsignmentIsReplacedByItsFingerprintOnly(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	id := takeIn(t, s, shopOrder("1001")).ID
	first := consignment(id, "1001-A", "f1")
	stored, err := s.SaveConsignment(ctx, first)
	require.NoError(t, err)
	require.Equal(t, first, stored)
	second := consignment(id, "1001-B", "f1")
	_, err = s.SaveConsignment(ctx, second)
	require.NoError(t, err)

	same := first
	same.Service = "an equal fingerprint means equal content"
	stored, err = s.SaveConsignment(ctx, same)
	require.NoError(t, err)
	require.Equal(t, first, stored)

	mended := consignment(id, "1001-A", "f2")
	mended.Service = "DPD"
	stored, err = s.SaveConsignment(ctx, mended)
	require.NoError(t, err)
	require.Equal(t, mended, stored)

	list, err := s.Consignments(ctx, id)
	require.NoError(t, err)
	require.Equal(t, []domain.Consignment{mended, second}, list, "in order of creation")
	loaded, err := s.Load(ctx, id)
	require.NoError(t, err)
	require.Equal(t, list, loaded.Consignments)
	one, err := s.Consignment(ctx, "leeds", "1001-B")
	require.NoError(t, err)
	require.Equal(t, second, one)
	_, err = s.Consignment(ctx, "lyon", "1001-B")
	require.True(t, fault.Is(err, fault.NotFound), "%v", err)
}

func TestAConsignmentBelongsToOneOrder(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	id := takeIn(t, s, shopOrder("1001")).ID
	other := takeIn(t, s, shopOrder("1002")).ID
	_, err := s.SaveConsignment(ctx, consignment(id, "1001-A", "f1"))
	require.NoError(t, err)
	_, err = s.SaveConsignment(ctx, consignment(other, "1001-A", "f2"))
	require.True(t, fault.Is(err, fault.Conflict), "%v", err)
	require.ErrorContains(t, err, "atelier/1001")
	_, err = s.SaveConsignment(ctx, consignment(domain.OrderID{Store: "atelier", Number: "404"}, "404-A", "f1"))
	require.True(t, fault.Is(err, fault.NotFound), "%v", err)
	_, err = s.SaveConsignment(ctx, consignment(id, "", "f1"))
	require.True(t, fault.Is(err, fault.Invalid), "%v", err)
}
