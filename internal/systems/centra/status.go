package centra

import (
	"selvedge/internal/domain"
	"selvedge/internal/systems/centra/gen"
)

// Names of object types by which the two kinds of order and the kinds of line are told apart.
const (
	consumerOrder  = "DirectToConsumerOrder"
	wholesaleOrder = "WholesaleOrder"
)

var statuses = map[gen.OrderStatus]domain.ShopStatus{
	gen.OrderStatusPending:    domain.ShopPending,
	gen.OrderStatusConfirmed:  domain.ShopConfirmed,
	gen.OrderStatusProcessing: domain.ShopProcessing,
	gen.OrderStatusShipped:    domain.ShopShipped,
	gen.OrderStatusArchived:   domain.ShopArchived,
	gen.OrderStatusCancelled:  domain.ShopCancelled,
}

// statusOf never takes an unknown status for a known one.
func statusOf(s gen.OrderStatus) domain.ShopStatus {
	if known, ok := statuses[s]; ok {
		return known
	}
	return domain.UnknownStatus
}

var lineKinds = map[string]domain.LineKind{
	"ProductOrderLine":         domain.LineProduct,
	"BundleOrderLine":          domain.LineBundle,
	"BundleItemOrderLine":      domain.LineBundleItem,
	"GiftCertificateOrderLine": domain.LineGiftCertificate,
}

// objects and changes give the words of ports.ShopEvent; others stay the shop's own.
var (
	objects = map[gen.EventObjectType]string{
		gen.EventObjectTypeOrder: "order", gen.EventObjectTypeReturn: "return",
		gen.EventObjectTypeProduct: "product", gen.EventObjectTypeShipment: "shipment",
	}
	changes = map[gen.EventChangeType]string{
		gen.EventChangeTypeCreated: "created", gen.EventChangeTypeUpdated: "updated",
		gen.EventChangeTypeDeleted: "deleted", gen.EventChangeTypeCompleted: "completed",
	}
)
