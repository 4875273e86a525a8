package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

var _ ports.CatalogueStore = (*Store)(nil)

// SizesOf lists the sizes that the shop keeps stock of in a warehouse, by id, after an id.
func (s *Store) SizesOf(ctx context.Context, warehouse, after string, limit int) ([]domain.CatalogueSize, error) {
	const op = "list sizes"
	rows, err := s.pool.Query(ctx, `
		SELECT content FROM catalogue_sizes WHERE size_id > @after AND content -> 'warehouses' ? @warehouse ORDER BY size_id LIMIT @limit`,
		pgx.NamedArgs{"after": after, "warehouse": warehouse, "limit": limit})
	if err != nil {
		return nil, toFault(op, err)
	}
	sizes, err := pgx.CollectRows(rows, pgx.RowTo[domain.CatalogueSize])
	return sizes, toFault(op, err)
}

// SaveItemRecords keeps items as their warehouse holds them as of at; what was said
// later stays. A second run changes nothing.
func (s *Store) SaveItemRecords(ctx context.Context, warehouse string, items []domain.ItemRecord, at time.Time) error {
	const op = "save item records"
	if len(items) == 0 {
		return nil
	}
	list, err := json.Marshal(items)
	if err != nil {
		return toFault(op, err)
	}
	_, err = s.pool.Exec(ctx, `
		INSERT INTO items AS i (warehouse, sku, name, pickable, missing, updated_at, record)
		SELECT DISTINCT ON (r ->> 'sku') @warehouse, r ->> 'sku', COALESCE(r -> 'fields' ->> 'name', ''), COALESCE((r ->> 'pickable')::boolean, false),
			COALESCE((SELECT array_agg(m) FROM jsonb_array_elements_text(r -> 'missing') AS m), '{}'), @at, r
		FROM jsonb_array_elements(@items::jsonb) AS r
		ON CONFLICT (warehouse, sku) DO UPDATE SET name = excluded.name, pickable = excluded.pickable, missing = excluded.missing,
			updated_at = excluded.updated_at, record = excluded.record
		WHERE i.updated_at <= excluded.updated_at`,
		pgx.NamedArgs{"warehouse": warehouse, "items": string(list), "at": at})
	return toFault(op, err)
}

// ItemRecords reads those of the items that the warehouse is known to hold.
func (s *Store) ItemRecords(ctx context.Context, warehouse string, skus []string) ([]domain.ItemRecord, error) {
	const op = "read item records"
	rows, err := s.pool.Query(ctx, `SELECT record FROM items WHERE warehouse = @warehouse AND sku = ANY (@skus::text[]) AND record <> '{}' ORDER BY sku`,
		pgx.NamedArgs{"warehouse": warehouse, "skus": skus})
	if err != nil {
		return nil, toFault(op, err)
	}
	items, err := pgx.CollectRows(rows, pgx.RowTo[domain.ItemRecord])
	return items, toFault(op, err)
}

// SaveFindings keeps what the audit found as of at; a size that stands where it stood
// keeps since when. A second run changes nothing but when it was audited.
func (s *Store) SaveFindings(ctx context.Context, findings []domain.CatalogueFinding, at time.Time) error {
	const op = "save findings"
	if len(findings) == 0 {
		return nil
	}
	list, err := json.Marshal(findings)
	if err != nil {
		return toFault(op, err)
	}
	_, err = s.pool.Exec(ctx, `
		INSERT INTO catalogue_findings AS f (warehouse, size_id, sku, item, state, missing, differences, detail, first_seen, audited_at)
		SELECT warehouse, "sizeId", sku, COALESCE(item, ''), state, COALESCE(ARRAY(SELECT jsonb_array_elements_text(missing)), '{}'), differences, COALESCE(detail, ''), @at, @at
		FROM jsonb_to_recordset(@findings::jsonb) AS g (warehouse text, "sizeId" text, sku text, item text, state text, missing jsonb, differences jsonb, detail text)
		ON CONFLICT (warehouse, size_id) DO UPDATE SET sku = excluded.sku, item = excluded.item, state = excluded.state, missing = excluded.missing,
			differences = excluded.differences, detail = excluded.detail, audited_at = excluded.audited_at,
			first_seen = CASE WHEN f.state = excluded.state THEN f.first_seen ELSE excluded.first_seen END`,
		pgx.NamedArgs{"findings": string(list), "at": at})
	return toFault(op, err)
}

// EndAudit forgets findings of sizes that were not audited since an instant, and sums up
// the differences by field with at most limit examples of each. A second run answers the same.
func (s *Store) EndAudit(ctx context.Context, warehouse string, since time.Time, limit int) ([]ports.FieldDifferences, error) {
	const op = "end an audit"
	args := pgx.NamedArgs{"warehouse": warehouse, "since": since, "limit": limit}
	if _, err := s.pool.Exec(ctx, `DELETE FROM catalogue_findings WHERE warehouse = @warehouse AND audited_at < @since`, args); err != nil {
		return nil, toFault(op, err)
	}
	rows, err := s.pool.Query(ctx, `
		SELECT field, count(*)::int AS count,
			jsonb_agg(jsonb_build_object('code', 'item-differs', 'field', field, 'sku', sku, 'value', there, 'message',
				'item ' || item || ' is "' || here || '" in the shop and "' || there || '" in the warehouse’s record') ORDER BY sku) FILTER (WHERE n <= @limit) AS examples
		FROM (
			SELECT d ->> 'field' AS field, d ->> 'here' AS here, d ->> 'there' AS there, sku, item, row_number() OVER (PARTITION BY d ->> 'field' ORDER BY sku) AS n
			FROM catalogue_findings, jsonb_array_elements(differences) AS d WHERE warehouse = @warehouse
		) each GROUP BY field ORDER BY field`, args)
	if err != nil {
		return nil, toFault(op, err)
	}
	fields, err := pgx.CollectRows(rows, pgx.RowToStructByName[ports.FieldDifferences])
	return fields, toFault(op, err)
}

// CatalogueFilter narrows a list of findings; empty fields do not. Without a state it
// lists all that is not fine.
type CatalogueFilter struct {
	Warehouse string
	State     string
}

// FoundItem is a finding with since when it stands so.
type FoundItem struct {
	domain.CatalogueFinding
	FirstSeen time.Time `json:"firstSeen"`
	AuditedAt time.Time `json:"auditedAt"`
}

// CatalogueFindings lists what the audit found, by warehouse, state and SKU.
func (s *Store) CatalogueFindings(ctx context.Context, f CatalogueFilter, limit int) ([]FoundItem, error) {
	const op = "list the audit"
	rows, err := s.pool.Query(ctx, `
		SELECT warehouse, size_id, sku, item, state, missing, differences, detail, first_seen, audited_at FROM catalogue_findings
		WHERE (@warehouse = '' OR warehouse = @warehouse) AND (state = @state OR @state = '' AND state <> 'fine')
		ORDER BY warehouse, state, sku, size_id LIMIT @limit`,
		pgx.NamedArgs{"warehouse": f.Warehouse, "state": f.State, "limit": limit})
	if err != nil {
		return nil, toFault(op, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (FoundItem, error) {
		var i FoundItem
		err := row.Scan(&i.Warehouse, &i.SizeID, &i.SKU, &i.Item, &i.State, &i.Missing, &i.Differences, &i.Detail, &i.FirstSeen, &i.AuditedAt)
		return i, err
	})
	return list, toFault(op, err)
}

// CatalogueCounts counts the sizes of each warehouse by state.
func (s *Store) CatalogueCounts(ctx context.Context) (map[string]map[domain.CatalogueState]int, error) {
	const op = "count the audit"
	counts := map[string]map[domain.CatalogueState]int{}
	rows, err := s.pool.Query(ctx, `SELECT warehouse, state, count(*)::int FROM catalogue_findings GROUP BY warehouse, state`)
	if err != nil {
		return nil, toFault(op, err)
	}
	var warehouse, state string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&warehouse, &state, &n}, func() error {
		if counts[warehouse] == nil {
			counts[warehouse] = map[domain.CatalogueState]int{}
		}
		counts[warehouse][domain.CatalogueState(state)] = n
		return nil
	})
	return counts, toFault(op, err)
}
