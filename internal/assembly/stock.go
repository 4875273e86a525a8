package assembly

import (
	"slices"
	"time"

	"go.temporal.io/sdk/client"

	"selvedge/activities"
	"selvedge/internal/contract"
	"selvedge/internal/intake"
	"selvedge/internal/ports"
)

// stock builds the activities that bring stock to the shop.
func (p *Parts) stock(c client.Client) *activities.Stock {
	s := p.Config.Selvedge
	return &activities.Stock{
		Store: p.Store, Shop: p.Shop, Rooms: p.rooms(), Orders: p.Intake(c), Clock: time.Now,
		Settle: s.Settle, StaleAfter: s.StockStaleAfter, FullEvery: s.StockFullEvery,
	}
}

// rooms are the warehouses that tell what they have.
func (p *Parts) rooms() map[string]ports.Stockroom {
	rooms := map[string]ports.Stockroom{}
	for key, w := range p.ACS {
		rooms[key] = w
	}
	return rooms
}

// stockHints asks for a pass when a webhook tells of a movement; nil where stock is off.
func (p *Parts) stockHints(c client.Client) *intake.StockHints {
	if !p.Config.Selvedge.Stock {
		return nil
	}
	return &intake.StockHints{Trigger: p.Store, Client: c, Log: p.Log}
}

// stockSchedules are the passes over each warehouse's stock, and the comparison of the
// shop's figures with ours. None where stock is off.
func (p *Parts) stockSchedules() []schedule {
	s := p.Config.Selvedge
	if !s.Stock {
		return nil
	}
	var all []schedule
	for _, w := range slices.Sorted(keysOf(p.ACS)) {
		all = append(all,
			schedule{contract.StockScheduleID(w), s.StockEvery, "StockSyncWorkflow", contract.StockInput{Warehouse: w, Trigger: contract.StockBySchedule}, "bring the stock of " + w + " to the shop"},
			schedule{contract.StockDriftScheduleID(w), s.StockDriftEvery, "StockSyncWorkflow", contract.StockInput{Warehouse: w, Trigger: contract.StockByDrift, Drift: true}, "compare the shop’s stock of " + w})
	}
	return all
}
