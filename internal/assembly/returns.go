package assembly

import (
	"selvedge/activities"
	"selvedge/internal/domain"
	"selvedge/internal/intake"
	"selvedge/internal/returns"
)

// returns builds the activities of returns.
func (p *Parts) returns(orders *activities.Orders, shipments *activities.Shipments, in *intake.Intake, documents *activities.Documents) *activities.Returns {
	s := p.Config.Selvedge
	return &activities.Returns{
		Orders: orders, Shipments: shipments, Store: p.Store, Exceptions: p.Store, Keep: p.Store, Wake: in.Restart, Shop: p.Shop, ToStock: s.Returns.ToStock, Books: activities.ReturnLedger{Documents: documents},
		Refund: domain.RefundWhen(s.Returns.Refund),
		Settings: returns.Settings{
			WriteOffLimit: s.Returns.WriteOffLimit, ReturnWindow: s.Returns.Arrival,
			RefundWait: s.Returns.RefundWait, RefundCheck: s.Returns.RefundCheck, LinkPatience: s.Returns.LinkWait,
		},
	}
}
