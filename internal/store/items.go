package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
)

// Item is what a warehouse knows of one of its items.
type Item struct {
	Warehouse string
	SKU       string `db:"sku"`
	Name      string
	Pickable  bool
	Missing   []string // attributes that the warehouse still demands
	UpdatedAt time.Time
}

// SaveItems stores what a warehouse says of its items as of at; what was said later
// stays. A second run changes nothing. UpdatedAt of the given items is ignored.
func (s *Store) SaveItems(ctx context.Context, items []Item, at time.Time) error {
	if len(items) == 0 {
		return nil
	}
	var b pgx.Batch
	for _, i := range items {
		missing := i.Missing
		if missing == nil {
			missing = []string{}
		}
		b.Queue(`
			INSERT INTO items AS i (warehouse, sku, name, pickable, missing, updated_at)
			VALUES (@warehouse, @sku, @name, @pickable, @missing, @at)
			ON CONFLICT (warehouse, sku) DO UPDATE
			SET name = excluded.name, pickable = excluded.pickable, missing = excluded.missing, updated_at = excluded.updated_at
			WHERE i.updated_at <= excluded.updated_at`,
			pgx.NamedArgs{"warehouse": i.Warehouse, "sku": i.SKU, "name": i.Name, "pickable": i.Pickable, "missing": missing, "at": at})
	}
	return toFault("save items", s.pool.SendBatch(ctx, &b).Close())
}

// Items reads the warehouse's items among the SKUs; unknown ones are absent.
func (s *Store) Items(ctx context.Context, warehouse string, skus []string) ([]Item, error) {
	const op = "read items"
	rows, err := s.pool.Query(ctx, `
		SELECT warehouse, sku, name, pickable, missing, updated_at FROM items
		WHERE warehouse = @warehouse AND sku = ANY (@skus::text[]) ORDER BY sku`,
		pgx.NamedArgs{"warehouse": warehouse, "skus": skus})
	if err != nil {
		return nil, toFault(op, err)
	}
	items, err := pgx.CollectRows(rows, pgx.RowToStructByName[Item])
	return items, toFault(op, err)
}

// ItemAttributes reads the completed attributes of a warehouse's items, by SKU and attribute.
func (s *Store) ItemAttributes(ctx context.Context, warehouse string, skus []string) ([]domain.ItemAttribute, error) {
	const op = "read item attributes"
	rows, err := s.pool.Query(ctx, `
		SELECT warehouse, sku, attribute, value FROM item_attributes
		WHERE warehouse = @warehouse AND sku = ANY (@skus::text[]) ORDER BY sku, attribute`,
		pgx.NamedArgs{"warehouse": warehouse, "skus": skus})
	if err != nil {
		return nil, toFault(op, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[domain.ItemAttribute])
	return list, toFault(op, err)
}

// SaveItemAttributes completes attributes of items, all or none; a value given
// before is replaced, an equal one keeps its author and instant. A second run changes nothing.
func (s *Store) SaveItemAttributes(ctx context.Context, attributes []domain.ItemAttribute, author string, at time.Time) error {
	if len(attributes) == 0 {
		return nil
	}
	var b pgx.Batch
	for _, a := range attributes {
		b.Queue(`
			INSERT INTO item_attributes AS i (warehouse, sku, attribute, value, author, at)
			VALUES (@warehouse, @sku, @attribute, @value, @author, @at)
			ON CONFLICT (warehouse, sku, attribute) DO UPDATE
			SET value = excluded.value, author = excluded.author, at = excluded.at
			WHERE i.value <> excluded.value`,
			pgx.NamedArgs{"warehouse": a.Warehouse, "sku": a.SKU, "attribute": a.Attribute, "value": a.Value, "author": author, "at": at})
	}
	return toFault("save item attributes", s.pool.SendBatch(ctx, &b).Close())
}
