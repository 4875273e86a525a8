package centra

import (
	"context"
	"sort"
	"strconv"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
	"selvedge/internal/systems/centra/gen"
)

var _ ports.ShopCatalogue = (*Shop)(nil)

const (
	offeredPage = 200
	// productPage keeps one answer small: a product brings all its sizes.
	productPage = 20
)

// Methods lists the shipping methods; one without a status is taken for offered.
func (s *Shop) Methods(ctx context.Context) ([]domain.OfferedMethod, error) {
	methods := []domain.OfferedMethod{}
	for page := 1; ; page++ {
		data, err := gen.ShippingOptions(ctx, s.client, offeredPage, page)
		if err != nil {
			return nil, err
		}
		for _, o := range data.ShippingOptions {
			methods = append(methods, domain.OfferedMethod{
				Ref: domain.Ref{ID: strconv.Itoa(o.Id), Name: o.Name, URI: value(o.Uri)}, Active: o.Status == nil || *o.Status == gen.StatusActive,
			})
		}
		if len(data.ShippingOptions) < offeredPage {
			return methods, nil
		}
	}
}

// Markets lists the markets of the configured stores.
func (s *Shop) Markets(ctx context.Context) ([]domain.OfferedMarket, error) {
	var stores []int
	for id := range s.config.Stores {
		stores = append(stores, id)
	}
	sort.Ints(stores)
	markets := []domain.OfferedMarket{}
	for page := 1; ; page++ {
		data, err := gen.Markets(ctx, s.client, stores, offeredPage, page)
		if err != nil {
			return nil, err
		}
		for _, m := range data.Markets {
			market := domain.OfferedMarket{Ref: domain.Ref{ID: strconv.Itoa(m.Id), Name: m.Name}, Store: s.config.Stores[m.Store.Id]}
			for _, c := range m.AssignedToCountries {
				market.Countries = append(market.Countries, c.Code)
			}
			markets = append(markets, market)
		}
		if len(data.Markets) < offeredPage {
			return markets, nil
		}
	}
}

// Catalogue lists sizes by the products that they belong to. Bundles are left out:
// only their components lie in a warehouse. Pages begin anew at the last product's
// instant, as CountOrders does, so that a product that changes meanwhile hides no other.
func (s *Shop) Catalogue(ctx context.Context, since time.Time, cursor string) ([]domain.CatalogueSize, string, error) {
	if since.IsZero() {
		since = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	at, page, err := position("Catalogue", cursor, since)
	if err != nil {
		return nil, "", err
	}
	data, err := gen.Products(ctx, s.client, at, productPage, page)
	if err != nil {
		return nil, "", err
	}
	sizes, last := []domain.CatalogueSize{}, at
	for _, p := range data.Products {
		last = p.UpdatedAt
		if !p.IsBundle {
			sizes = append(sizes, sizesOf(p)...)
		}
	}
	if len(data.Products) < productPage {
		return sizes, "", nil
	}
	return sizes, following(at, page, last), nil
}

func sizesOf(p gen.CatalogueProduct) []domain.CatalogueSize {
	var sizes []domain.CatalogueSize
	updated, _ := time.Parse(time.RFC3339, p.UpdatedAt) // zero sorts first: it is read again
	for _, v := range p.Variants {
		if v.Status == gen.StatusInactive {
			continue
		}
		for _, z := range v.ProductSizes {
			size := domain.CatalogueSize{
				ID: strconv.Itoa(z.Id), SKU: value(z.SKU), EAN: value(z.EAN), Name: p.Name, Product: value(p.ProductNumber), Variant: v.Name, UpdatedAt: updated.UTC(),
				Item: domain.ItemData{Size: z.Size.Name, CommodityCode: value(p.HarmonizedCommodityCode), Attributes: attributes(p.Attributes, v.Attributes)},
			}
			if p.Brand != nil {
				size.Item.Brand = p.Brand.Name
			}
			for _, row := range z.Stock {
				size.Warehouses = append(size.Warehouses, row.Warehouse.Name)
			}
			sizes = append(sizes, size)
		}
	}
	return sizes
}
