package activities_test

import (
	"context"
	"strconv"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// shop keeps one order; a function field, where set, answers instead.
type shop struct {
	ports.Shop
	order    domain.Order
	calls    []string
	drafts   []ports.ShipmentDraft
	comments []string

	create   func(ports.ShipmentDraft) (ports.ShipmentWrite, error)
	capture  func(*domain.ShopShipment) (ports.ShipmentWrite, error)
	complete func(*domain.ShopShipment) (ports.ShipmentWrite, error)
	cancel   func([]domain.LineQuantity) error
	all      func() (domain.Payment, error)
}

func (s *shop) Orders(context.Context, string, []string) ([]ports.ShopOrder, error) {
	s.calls = append(s.calls, "read")
	order := s.order
	order.Shipments = append([]domain.ShopShipment(nil), order.Shipments...)
	return []ports.ShopOrder{{Order: order}}, nil
}

// stand puts a shipment into the shop as a draft would have it.
func (s *shop) stand(d ports.ShipmentDraft) *domain.ShopShipment {
	id := strconv.Itoa(len(s.order.Shipments) + 1)
	s.order.Shipments = append(s.order.Shipments, domain.ShopShipment{
		ID: id, Number: "10001-" + id, Lines: d.Lines, Carrier: d.Carrier, Tracking: d.Tracking,
		Captured: d.Capture, Paid: d.Paid, Shipped: !d.ShippedAt.IsZero(), ShippedAt: d.ShippedAt,
	})
	return &s.order.Shipments[len(s.order.Shipments)-1]
}

func (s *shop) CreateShipment(_ context.Context, d ports.ShipmentDraft) (ports.ShipmentWrite, error) {
	s.calls = append(s.calls, "create")
	s.drafts = append(s.drafts, d)
	if s.create != nil {
		return s.create(d)
	}
	return ports.ShipmentWrite{Shipment: *s.stand(d)}, nil
}

func (s *shop) find(id string) *domain.ShopShipment {
	for i := range s.order.Shipments {
		if s.order.Shipments[i].ID == id {
			return &s.order.Shipments[i]
		}
	}
	return nil
}

func (s *shop) CaptureShipment(_ context.Context, id string) (ports.ShipmentWrite, error) {
	s.calls = append(s.calls, "capture")
	at := s.find(id)
	if s.capture != nil {
		return s.capture(at)
	}
	at.Captured = true
	return ports.ShipmentWrite{Shipment: *at}, nil
}

func (s *shop) CompleteShipment(_ context.Context, id string, d ports.ShipmentDraft) (ports.ShipmentWrite, error) {
	s.calls = append(s.calls, "complete")
	at := s.find(id)
	if s.complete != nil {
		return s.complete(at)
	}
	at.Shipped, at.Tracking = true, d.Tracking
	return ports.ShipmentWrite{Shipment: *at}, nil
}

func (s *shop) CaptureOrder(context.Context, domain.OrderID) (domain.Payment, error) {
	s.calls = append(s.calls, "capture-order")
	return s.all()
}

func (s *shop) CancelLines(_ context.Context, _ domain.OrderID, lines []domain.LineQuantity, _ string) error {
	s.calls = append(s.calls, "cancel-lines")
	return s.cancel(lines)
}

func (s *shop) ReleaseAuthorisation(context.Context, domain.OrderID) error {
	s.calls = append(s.calls, "release")
	return nil
}

func (s *shop) HoldOrder(_ context.Context, _ domain.OrderID, reason string) error {
	s.calls = append(s.calls, "hold "+reason)
	s.order.OnHold = true
	return nil
}

func (s *shop) Comment(_ context.Context, _ domain.OrderID, line string) error {
	s.comments = append(s.comments, line)
	return nil
}
