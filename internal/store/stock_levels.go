package store

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// stockDigest tells a record from another one of the same item. When the figures came
// to be is left out: the version says whether they are newer.
func stockDigest(r domain.InventoryRecord) int64 {
	h := fnv.New64a()
	number := func(n int64) {
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], uint64(n))
		_, _ = h.Write(b[:])
	}
	number(r.Version)
	for _, q := range r.Quantities {
		_, _ = h.Write([]byte(q.Status))
		number(int64(q.Units))
	}
	number(-1)
	for _, g := range r.ByGrade {
		_, _ = h.Write([]byte(g.Grade))
		number(int64(g.Units))
	}
	return int64(h.Sum64())
}

// newestRecords leaves one record an item, the newest: a page should hold no other.
func newestRecords(records []domain.InventoryRecord) []domain.InventoryRecord {
	at := make(map[string]int, len(records))
	for i, r := range records {
		if j, again := at[r.SKU]; !again || records[j].Version <= r.Version {
			at[r.SKU] = i
		}
	}
	if len(at) == len(records) {
		return records
	}
	out := make([]domain.InventoryRecord, 0, len(at))
	for i, r := range records {
		if at[r.SKU] == i {
			out = append(out, r)
		}
	}
	return out
}

// DifferingStock finds the records of a page that are not what is held, or about which
// there is a doubt, with what is held. Most pages differ in nothing, and then nothing but that comes back.
func (s *Store) DifferingStock(ctx context.Context, warehouse string, records []domain.InventoryRecord) ([]ports.StockDiffering, error) {
	const op = "compare stock"
	records = newestRecords(records)
	if len(records) == 0 {
		return nil, nil
	}
	skus, digests := make([]string, len(records)), make([]int64, len(records))
	for i, r := range records {
		skus[i], digests[i] = r.SKU, stockDigest(r)
	}
	rows, err := s.pool.Query(ctx, `
		SELECT n.i, l.sku IS NOT NULL, n.sku, COALESCE(l.version, 0), COALESCE(l.changed_at, 'epoch'), l.quantities, l.by_grade,
			COALESCE(l.as_of, 'epoch'), COALESCE(l.doubt, ''), COALESCE(l.touched, 0), l.writing_since, COALESCE(l.published, 0)
		FROM unnest($2::text[], $3::bigint[]) WITH ORDINALITY AS n (sku, digest, i)
		LEFT JOIN stock_levels l ON l.warehouse = $1 AND l.sku = n.sku
		WHERE l.digest IS DISTINCT FROM n.digest OR l.doubt <> ''
		ORDER BY n.i`, warehouse, skus, digests)
	if err != nil {
		return nil, toFault(op, err)
	}
	differing, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (ports.StockDiffering, error) {
		var i int
		var held bool
		var level ports.StockLevel
		err := scanLevel(row, &level, &i, &held)
		if err != nil {
			return ports.StockDiffering{}, err
		}
		d := ports.StockDiffering{Record: records[i-1]}
		if held {
			d.Held = &level
		}
		return d, nil
	})
	return differing, toFault(op, err)
}

const levelColumns = `sku, version, changed_at, quantities, by_grade, as_of, doubt, touched, writing_since, published`

// scanLevel reads levelColumns, after the columns that come before them.
func scanLevel(row pgx.CollectableRow, v *ports.StockLevel, before ...any) error {
	var writing *time.Time
	r := &v.Record
	err := row.Scan(append(before, &r.SKU, &r.Version, &r.ChangedAt, &r.Quantities, &r.ByGrade, &v.AsOf, &v.Doubt, &v.Touched, &writing, &v.Published)...)
	if writing != nil {
		v.WritingSince = *writing
	}
	if len(r.Quantities) == 0 {
		r.Quantities = nil
	}
	if len(r.ByGrade) == 0 {
		r.ByGrade = nil
	}
	return err
}

// SaveStockLevels keeps what came of records that differed, and where the reading goes
// on (nil: that is kept with a later page). A second run writes the same once more.
func (s *Store) SaveStockLevels(ctx context.Context, l ports.StockLease, merged []ports.StockMerged, reading *ports.StockReading, at time.Time) error {
	if len(merged) == 0 && reading == nil {
		return nil
	}
	return s.fenced(ctx, "save stock levels", l, func(tx pgx.Tx) error {
		if len(merged) > 0 {
			if err := writeLevels(ctx, tx, l.Warehouse, merged, at); err != nil {
				return err
			}
		}
		if reading == nil {
			return nil
		}
		kept, err := json.Marshal(reading)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE stock_feeds SET reading = @reading::jsonb WHERE warehouse = @warehouse`,
			leaseArgs(l, pgx.NamedArgs{"reading": string(kept)}))
		return err
	})
}

func writeLevels(ctx context.Context, tx pgx.Tx, warehouse string, merged []ports.StockMerged, at time.Time) (err error) {
	// Sorted, so that rows are always locked in one order.
	slices.SortFunc(merged, func(a, b ports.StockMerged) int { return strings.Compare(a.Told.SKU, b.Told.SKU) })
	n := len(merged)
	skus, doubts, due := make([]string, n), make([]string, n), make([]bool, n)
	versions, digests := make([]int64, n), make([]int64, n)
	changed, asOf := make([]time.Time, n), make([]time.Time, n)
	quantities, grades := make([]string, n), make([]string, n)
	for i, m := range merged {
		r := m.Level.Record
		skus[i], doubts[i], due[i], versions[i], digests[i], changed[i], asOf[i] = m.Told.SKU, m.Level.Doubt, m.Due, r.Version, stockDigest(m.Told), r.ChangedAt, m.Level.AsOf
		if quantities[i], err = list(r.Quantities); err != nil {
			return err
		}
		if grades[i], err = list(r.ByGrade); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO stock_levels AS l (warehouse, sku, version, digest, changed_at, as_of, quantities, by_grade, doubt, due_at)
		SELECT @warehouse, n.sku, n.version, n.digest, n.changed_at, n.as_of, n.quantities::jsonb, n.by_grade::jsonb, n.doubt,
			CASE WHEN n.due THEN @at::timestamptz END
		FROM unnest(@skus::text[], @versions::bigint[], @digests::bigint[], @changed::timestamptz[], @asOf::timestamptz[],
			@quantities::text[], @grades::text[], @doubts::text[], @due::boolean[])
			AS n (sku, version, digest, changed_at, as_of, quantities, by_grade, doubt, due)
		ON CONFLICT (warehouse, sku) DO UPDATE SET
			version = excluded.version, digest = excluded.digest, changed_at = excluded.changed_at, as_of = excluded.as_of,
			quantities = excluded.quantities, by_grade = excluded.by_grade, doubt = excluded.doubt,
			touched = l.touched + CASE WHEN excluded.due_at IS NULL THEN 0 ELSE 1 END,
			due_at = LEAST(l.due_at, excluded.due_at)`,
		pgx.NamedArgs{
			"warehouse": warehouse, "skus": skus, "versions": versions, "digests": digests, "changed": changed, "asOf": asOf,
			"quantities": quantities, "grades": grades, "doubts": doubts, "due": due, "at": at,
		})
	return err
}

// list writes a list as JSON, never null.
func list[T any](values []T) (string, error) {
	if values == nil {
		values = []T{}
	}
	text, err := json.Marshal(values)
	return string(text), err
}

// FinishStockReading moves the feed on to what a reading that came to its end told. A
// second run is refused or tells the same.
func (s *Store) FinishStockReading(ctx context.Context, l ports.StockLease, reading ports.StockReading, changes string, at time.Time) (ports.StockFeed, error) {
	feed, err := scanStockFeed(s.pool.QueryRow(ctx, `
		UPDATE stock_feeds SET version = version + 1, as_of = @asOf, newest_as_of = GREATEST(newest_as_of, @asOf), changes = @changes,
			full_at = CASE WHEN @full THEN @at ELSE full_at END, read_at = @at, reading = NULL
		WHERE warehouse = @warehouse AND fence = @fence AND held_until > clock_timestamp()
		RETURNING `+stockFeedColumns,
		leaseArgs(l, pgx.NamedArgs{"asOf": reading.AsOf, "changes": changes, "full": reading.Mode == ports.FeedSnapshot, "at": at})))
	return feed, leaseFault("finish stock reading", l, err)
}

// AbandonStockReading forgets a reading that cannot go on; the next one begins at the
// changes given, or with a snapshot when they are empty. A second run changes nothing.
func (s *Store) AbandonStockReading(ctx context.Context, l ports.StockLease, changes string) error {
	return s.fenced(ctx, "abandon stock reading", l, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE stock_feeds SET reading = NULL, changes = @changes WHERE warehouse = @warehouse`, leaseArgs(l, pgx.NamedArgs{"changes": changes}))
		return err
	})
}

// DoubtUnmentioned marks with a doubt the items that a whole snapshot did not mention:
// they keep what was known of them, and nothing sets them to zero. seen are the sorted
// hashes of those that it did mention. It answers how many it marked. A second run marks none.
func (s *Store) DoubtUnmentioned(ctx context.Context, l ports.StockLease, seen []uint64, doubt string) (int, error) {
	const op = "doubt unmentioned stock"
	var known int
	err := s.pool.QueryRow(ctx, `SELECT count(*) FROM stock_levels WHERE warehouse = @warehouse`, leaseArgs(l, nil)).Scan(&known)
	if err != nil || known <= len(seen) { // every item seen stands among the known
		return 0, toFault(op, err)
	}
	var missing []string
	// What is in doubt already stays so, such as what was mentioned and could not be read.
	rows, err := s.pool.Query(ctx, `SELECT sku FROM stock_levels WHERE warehouse = @warehouse AND doubt = ''`, leaseArgs(l, nil))
	if err != nil {
		return 0, toFault(op, err)
	}
	var sku string
	if _, err := pgx.ForEachRow(rows, []any{&sku}, func() error {
		if _, found := slices.BinarySearch(seen, ports.SKUHash(sku)); !found {
			missing = append(missing, sku)
		}
		return nil
	}); err != nil {
		return 0, toFault(op, err)
	}
	return len(missing), s.DoubtStock(ctx, l, missing, doubt)
}

// KnownStock counts the items of a warehouse.
func (s *Store) KnownStock(ctx context.Context, warehouse string) (known int64, err error) {
	err = s.pool.QueryRow(ctx, `SELECT count(*) FROM stock_levels WHERE warehouse = @warehouse`, pgx.NamedArgs{"warehouse": warehouse}).Scan(&known)
	return known, toFault("count stock", err)
}

// DoubtStock marks single items, such as those whose record could not be read. Items
// that are not known are left out. A second run changes nothing.
func (s *Store) DoubtStock(ctx context.Context, l ports.StockLease, skus []string, doubt string) error {
	slices.Sort(skus)
	for part := range slices.Chunk(skus, 1000) {
		err := s.fenced(ctx, "doubt stock", l, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE stock_levels SET doubt = @doubt WHERE warehouse = @warehouse AND sku = ANY (@skus::text[]) AND doubt <> @doubt`,
				leaseArgs(l, pgx.NamedArgs{"doubt": doubt, "skus": part}))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// DoubtfulStock counts the items with a doubt, and names the first of them.
func (s *Store) DoubtfulStock(ctx context.Context, warehouse, doubt string, limit int) (count int, skus []string, err error) {
	err = s.pool.QueryRow(ctx, `
		SELECT count(*), COALESCE((array_agg(sku ORDER BY sku))[1:@limit], '{}') FROM stock_levels WHERE warehouse = @warehouse AND doubt = @doubt AND doubt <> ''`,
		pgx.NamedArgs{"warehouse": warehouse, "doubt": doubt, "limit": limit}).Scan(&count, &skus)
	return count, skus, toFault("count doubtful stock", err)
}

// TouchStock makes items due, all of a warehouse when none is named: after a rule, a
// buffer or the shop has changed what their figures hang on. A second run is harmless.
func (s *Store) TouchStock(ctx context.Context, warehouse string, skus []string, at time.Time) (int, error) {
	const op = "touch stock"
	const touch = `UPDATE stock_levels SET due_at = LEAST(due_at, @at), touched = touched + 1 WHERE warehouse = @warehouse AND sku = ANY (@skus::text[])`
	args := pgx.NamedArgs{"warehouse": warehouse, "skus": skus, "at": at}
	if len(skus) > 0 {
		tag, err := s.pool.Exec(ctx, touch, args)
		return int(tag.RowsAffected()), toFault(op, err)
	}
	touched, part := 0, 0
	for after := ""; ; { // part by part: a million rows at once would run into the statement timeout
		err := s.pool.QueryRow(ctx, `
			WITH part AS (SELECT sku FROM stock_levels WHERE warehouse = @warehouse AND sku > @after ORDER BY sku LIMIT 20000),
			touched AS (UPDATE stock_levels l SET due_at = LEAST(due_at, @at), touched = touched + 1 FROM part p WHERE l.warehouse = @warehouse AND l.sku = p.sku RETURNING l.sku)
			SELECT COALESCE(max(sku), ''), count(*) FROM touched`,
			pgx.NamedArgs{"warehouse": warehouse, "after": after, "at": at}).Scan(&after, &part)
		if err != nil || after == "" {
			return touched, toFault(op, err)
		}
		touched += part
	}
}

// DueStock lists levels that have to be looked at, by item, after one of them.
func (s *Store) DueStock(ctx context.Context, warehouse, after string, at time.Time, limit int) ([]ports.StockLevel, error) {
	const op = "list due stock"
	rows, err := s.pool.Query(ctx, `
		SELECT `+levelColumns+` FROM stock_levels
		WHERE warehouse = @warehouse AND sku > @after AND due_at IS NOT NULL AND due_at <= @at ORDER BY sku LIMIT @limit`,
		pgx.NamedArgs{"warehouse": warehouse, "after": after, "at": at, "limit": limit})
	if err != nil {
		return nil, toFault(op, err)
	}
	levels, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (v ports.StockLevel, err error) {
		err = scanLevel(row, &v)
		return v, err
	})
	return levels, toFault(op, err)
}

// StockLevels reads levels of items by name; unknown ones are absent.
func (s *Store) StockLevels(ctx context.Context, warehouse string, skus []string) ([]ports.StockLevel, error) {
	const op = "read stock levels"
	rows, err := s.pool.Query(ctx, `SELECT `+levelColumns+` FROM stock_levels WHERE warehouse = @warehouse AND sku = ANY (@skus::text[]) ORDER BY sku`,
		pgx.NamedArgs{"warehouse": warehouse, "skus": skus})
	if err != nil {
		return nil, toFault(op, err)
	}
	levels, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (v ports.StockLevel, err error) {
		err = scanLevel(row, &v)
		return v, err
	})
	return levels, toFault(op, err)
}
