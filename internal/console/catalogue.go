package console

import (
	"context"
	"time"

	"selvedge/internal/domain"
)

// CatalogueData is what the audit of the catalogue found.
type CatalogueData interface {
	// AuditedItems lists what is not fine, of a state ("" = of all), by warehouse and SKU.
	AuditedItems(ctx context.Context, state domain.CatalogueState, limit int) ([]AuditedItem, error)
	CatalogueCounts(ctx context.Context) (map[string]map[domain.CatalogueState]int, error)
}

// AuditedItem is a size with what a warehouse would say of it.
type AuditedItem struct {
	domain.CatalogueFinding
	FirstSeen time.Time
}

// itemsListed is how many items the page lists.
const itemsListed = 200

type cataloguePage struct {
	State  domain.CatalogueState
	States []catalogueSum
	Items  []AuditedItem
	Cut    bool
	Sizes  int
}

type catalogueSum struct {
	State domain.CatalogueState
	Sizes int
	Says  string
}

func (v *visit) catalogue() error {
	counts, err := v.c.o.Catalogue.CatalogueCounts(v.ctx())
	if err != nil {
		return err
	}
	p := cataloguePage{State: domain.CatalogueState(v.r.URL.Query().Get("state")), States: []catalogueSum{
		{State: domain.CatalogueFine, Says: "an order for it is taken"},
		{State: domain.CatalogueIncomplete, Says: "an order for it would be refused: attributes are missing"},
		{State: domain.CatalogueUnmapped, Says: "no single rule tells the warehouse's item"},
		{State: domain.CatalogueDiffers, Says: "the warehouse holds another value"},
		{State: domain.CatalogueRefused, Says: "the warehouse did not take the item"},
		{State: domain.CatalogueToPush, Says: "complete here, not yet at the warehouse"},
	}}
	for _, states := range counts {
		for i := range p.States {
			p.States[i].Sizes += states[p.States[i].State]
			p.Sizes += states[p.States[i].State]
		}
	}
	if p.Items, err = v.c.o.Catalogue.AuditedItems(v.ctx(), p.State, itemsListed+1); err != nil {
		return err
	}
	if p.Cut = len(p.Items) > itemsListed; p.Cut {
		p.Items = p.Items[:itemsListed]
	}
	return v.show("catalogue", "Catalogue", p)
}
