package lifecycle

import (
	"slices"

	"selvedge/internal/domain"
)

// late asks about consignments that were found past their cut-off, for as long as units
// of them stand open. When they leave, or are given up, the question ends by itself.
func (d *decider) late() error {
	for _, f := range d.Facts {
		if f.Kind != domain.FactOverdue {
			continue
		}
		late, err := domain.Decode[domain.OverdueFact](f)
		if err != nil {
			return err
		}
		standing := slices.ContainsFunc(d.progress.Consignments, func(c domain.ConsignmentProgress) bool {
			return c.Number == late.Consignment && c.Status != domain.WarehouseRejected && c.Open() > 0
		})
		if standing {
			d.ask(domain.Question{
				Kind: "overdue", Subject: late.Consignment, Cause: domain.NewCause("overdue", d.Order.ID.String(), late.Consignment),
				Problems: []domain.Refusal{{Code: "overdue", Message: "consignment " + late.Consignment + " was to leave by " + late.CutoffAt.UTC().Format("2006-01-02 15:04 MST")}},
			})
		}
	}
	return nil
}
