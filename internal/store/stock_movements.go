package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// SaveAdjustments keeps movements of a warehouse's books, each once, and notes up to
// which one they were read. A second run adds none.
func (s *Store) SaveAdjustments(ctx context.Context, l ports.StockLease, movements []domain.Adjustment, upTo time.Time) (added int, err error) {
	err = s.fenced(ctx, "save adjustments", l, func(tx pgx.Tx) error {
		var ids, skus, reasons, datas []string
		var units []int
		var at []time.Time
		for _, m := range movements {
			data, err := json.Marshal(m)
			if err != nil {
				return err
			}
			ids, skus, reasons, datas = append(ids, m.ID), append(skus, m.SKU), append(reasons, m.Reason), append(datas, string(data))
			units, at = append(units, m.Units), append(at, m.At)
		}
		tag, err := tx.Exec(ctx, `
			INSERT INTO stock_adjustments (warehouse, id, sku, units, reason, data, at)
			SELECT @warehouse, n.id, n.sku, n.units, n.reason, n.data::jsonb, n.at
			FROM unnest(@ids::text[], @skus::text[], @units::integer[], @reasons::text[], @datas::text[], @at::timestamptz[]) AS n (id, sku, units, reason, data, at)
			ON CONFLICT (warehouse, id) DO NOTHING`,
			leaseArgs(l, pgx.NamedArgs{"ids": ids, "skus": skus, "units": units, "reasons": reasons, "datas": datas, "at": at}))
		if err != nil {
			return err
		}
		added = int(tag.RowsAffected())
		if upTo.IsZero() {
			return nil
		}
		_, err = tx.Exec(ctx, `UPDATE stock_feeds SET books_at = GREATEST(books_at, @upTo) WHERE warehouse = @warehouse`, leaseArgs(l, pgx.NamedArgs{"upTo": upTo}))
		return err
	})
	return added, err
}

// Adjustments lists movements of a warehouse's books, of one item or of all, newest first.
func (s *Store) Adjustments(ctx context.Context, warehouse, sku string, limit int) ([]domain.Adjustment, error) {
	const op = "list adjustments"
	rows, err := s.pool.Query(ctx, `
		SELECT data FROM stock_adjustments WHERE warehouse = @warehouse AND (@sku = '' OR sku = @sku) ORDER BY at DESC, id LIMIT @limit`,
		pgx.NamedArgs{"warehouse": warehouse, "sku": sku, "limit": limit})
	if err != nil {
		return nil, toFault(op, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[domain.Adjustment])
	return list, toFault(op, err)
}

// SaveStockStatuses replaces the units by status of a warehouse. A second run changes nothing.
func (s *Store) SaveStockStatuses(ctx context.Context, l ports.StockLease, statuses []ports.StockStatusUnits) error {
	given, err := json.Marshal(statuses)
	if err != nil {
		return toFault("save stock statuses", err)
	}
	return s.fenced(ctx, "save stock statuses", l, func(tx pgx.Tx) error {
		var b pgx.Batch
		b.Queue(`DELETE FROM stock_statuses WHERE warehouse = @warehouse`, leaseArgs(l, nil))
		b.Queue(`
			INSERT INTO stock_statuses (warehouse, status, units, items, sellable, known, as_of)
			SELECT @warehouse, n.status, n.units, n.items, n.sellable, n.known, n."asOf"
			FROM jsonb_to_recordset(@given::jsonb) AS n (status text, units bigint, items bigint, sellable boolean, known boolean, "asOf" timestamptz)`,
			leaseArgs(l, pgx.NamedArgs{"given": string(given)}))
		return tx.SendBatch(ctx, &b).Close()
	})
}

// SaveStockExposure keeps what was drained behind our back; the same window again replaces it.
func (s *Store) SaveStockExposure(ctx context.Context, l ports.StockLease, exposed []ports.StockExposure) error {
	if len(exposed) == 0 {
		return nil
	}
	given, err := json.Marshal(exposed)
	if err != nil {
		return toFault("save stock exposure", err)
	}
	return s.fenced(ctx, "save stock exposure", l, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO stock_exposure (warehouse, sku, window_from, window_to, units, unit_seconds, buffer)
			SELECT DISTINCT ON (n.sku, n."to") @warehouse, n.sku, n."from", n."to", n.units, n."unitSeconds", n.buffer
			FROM jsonb_to_recordset(@given::jsonb) AS n (sku text, "from" timestamptz, "to" timestamptz, units integer, "unitSeconds" bigint, buffer integer)
			ON CONFLICT (warehouse, sku, window_to) DO UPDATE SET window_from = excluded.window_from, units = excluded.units,
				unit_seconds = excluded.unit_seconds, buffer = excluded.buffer`,
			leaseArgs(l, pgx.NamedArgs{"given": string(given)}))
		return err
	})
}

// SaveStockPass keeps what a pass did; the same fence again replaces it.
func (s *Store) SaveStockPass(ctx context.Context, p ports.StockPass) error {
	ended, asOf := &p.EndedAt, &p.AsOf
	if p.EndedAt.IsZero() {
		ended = nil
	}
	if p.AsOf.IsZero() {
		asOf = nil
	}
	_, err := s.pool.Exec(ctx, `
		INSERT INTO stock_passes (warehouse, fence, trigger, began_at, ended_at, full_feed, cut, as_of, records, changed, looked, lowered, raised, waiting, mutations)
		VALUES (@warehouse, @fence, @trigger, @began, @ended, @full, @cut, @asOf, @records, @changed, @looked, @lowered, @raised, @waiting, @mutations)
		ON CONFLICT (warehouse, fence) DO UPDATE SET trigger = excluded.trigger, began_at = excluded.began_at, ended_at = excluded.ended_at,
			full_feed = excluded.full_feed, cut = excluded.cut, as_of = excluded.as_of, records = excluded.records, changed = excluded.changed,
			looked = excluded.looked, lowered = excluded.lowered, raised = excluded.raised, waiting = excluded.waiting, mutations = excluded.mutations`,
		pgx.NamedArgs{
			"warehouse": p.Warehouse, "fence": p.Fence, "trigger": p.Trigger, "began": p.BeganAt, "ended": ended, "full": p.Full, "cut": p.Cut, "asOf": asOf,
			"records": p.Records, "changed": p.Changed, "looked": p.Looked, "lowered": p.Lowered, "raised": p.Raised, "waiting": p.Waiting, "mutations": p.Mutations,
		})
	return toFault("save stock pass", err)
}

// keptFor is how long passes, writes and exposure are kept for the charts.
const keptFor = 35 * 24 * time.Hour

// SaveStockDrift notes where the comparison with the shop goes on; empty ends it, and
// then what the charts need no longer is dropped. A second run changes nothing.
func (s *Store) SaveStockDrift(ctx context.Context, l ports.StockLease, next string, at time.Time) error {
	return s.fenced(ctx, "save stock drift", l, func(tx pgx.Tx) error {
		args := leaseArgs(l, pgx.NamedArgs{"next": next, "at": at, "before": at.Add(-keptFor)})
		var b pgx.Batch
		b.Queue(`UPDATE stock_feeds SET drift = @next, drift_at = CASE WHEN @next = '' THEN @at ELSE drift_at END WHERE warehouse = @warehouse`, args)
		if next == "" {
			b.Queue(`DELETE FROM stock_writes WHERE warehouse = @warehouse AND at < @before`, args)
			b.Queue(`DELETE FROM stock_passes WHERE warehouse = @warehouse AND began_at < @before`, args)
			b.Queue(`DELETE FROM stock_exposure WHERE warehouse = @warehouse AND window_to < @before`, args)
		}
		return tx.SendBatch(ctx, &b).Close()
	})
}

// OpenStockCauses lists the causes of a warehouse's open exceptions of a kind, about one
// of the subjects, or all when none is named.
func (s *Store) OpenStockCauses(ctx context.Context, holder, kind string, subjects []string) ([]string, error) {
	const op = "list open stock exceptions"
	rows, err := s.pool.Query(ctx, `
		SELECT cause FROM exceptions
		WHERE holder = 'system ' || @system AND resolved_at IS NULL AND kind = @kind AND (@all OR subject = ANY (@subjects::text[]))
		ORDER BY cause`,
		pgx.NamedArgs{"system": holder, "kind": kind, "subjects": subjects, "all": len(subjects) == 0})
	if err != nil {
		return nil, toFault(op, err)
	}
	causes, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return causes, toFault(op, err)
}
