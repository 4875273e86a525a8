package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// SaveState keeps where an order was shown to stand by its workflow's newest look.
// Idempotent; an order that is not stored is passed over.
func (s *Store) SaveState(ctx context.Context, id domain.OrderID, state domain.OrderState) error {
	_, err := s.pool.Exec(ctx, `UPDATE orders SET state = @state WHERE store = @store AND number = @number AND state <> @state`,
		pgx.NamedArgs{"store": id.Store, "number": id.Number, "state": state})
	return toFault("record the state", err)
}

// StateCounts counts the consumer orders by the state they are shown in.
func (s *Store) StateCounts(ctx context.Context) (map[domain.OrderState]int, error) {
	const op = "count orders by state"
	rows, err := s.pool.Query(ctx, `SELECT shown, count(*)::int FROM orders WHERE NOT wholesale GROUP BY shown`)
	if err != nil {
		return nil, toFault(op, err)
	}
	counts := map[domain.OrderState]int{}
	var state domain.OrderState
	var n int
	_, err = pgx.ForEachRow(rows, []any{&state, &n}, func() error { counts[state] = n; return nil })
	return counts, toFault(op, err)
}

// Flow counts what happened in each hour since an instant; hours in which nothing
// did are absent.
func (s *Store) Flow(ctx context.Context, since time.Time) ([]ports.FlowHour, error) {
	const op = "count the flow"
	rows, err := s.pool.Query(ctx, `
		SELECT hour, sum(taken)::int AS taken, sum(sent)::int AS sent, sum(shipped)::int AS shipped FROM (
			SELECT date_trunc('hour', taken_at, 'UTC') AS hour, count(*) AS taken, 0 AS sent, 0 AS shipped
			FROM orders WHERE NOT wholesale AND taken_at >= @since GROUP BY 1
			UNION ALL
			SELECT date_trunc('hour', recorded_at, 'UTC'), 0, count(*), 0
			FROM facts WHERE kind = 'submitted' AND recorded_at >= @since AND data ->> 'amended' IS DISTINCT FROM 'true' GROUP BY 1
			UNION ALL
			SELECT date_trunc('hour', first, 'UTC'), 0, 0, count(*)
			FROM (
				SELECT min(recorded_at) AS first FROM facts WHERE kind = 'shipment' AND recorded_at >= @since
				GROUP BY store, number, data ->> 'warehouse', data ->> 'id'
			) parcels GROUP BY 1
		) parts GROUP BY hour ORDER BY hour`, pgx.NamedArgs{"since": since})
	if err != nil {
		return nil, toFault(op, err)
	}
	hours, err := pgx.CollectRows(rows, pgx.RowToStructByName[ports.FlowHour])
	return hours, toFault(op, err)
}

// Causes groups the open exceptions by cause: the most severe first, then the largest
// group. An empty owner does not narrow.
func (s *Store) Causes(ctx context.Context, owner string) ([]ports.CauseGroup, error) {
	const op = "group exceptions"
	rows, err := s.pool.Query(ctx, `
		WITH open AS (
			SELECT * FROM exceptions WHERE resolved_at IS NULL AND (@owner = '' OR owner = @owner)
		), money AS (
			SELECT cause, jsonb_object_agg(currency, value) AS money
			FROM (SELECT cause, currency, sum(value)::bigint AS value FROM open WHERE currency <> '' GROUP BY cause, currency) sums GROUP BY cause
		), sizes AS (
			SELECT cause, count(*)::int AS count, count(store)::int AS orders, min(opened_at) AS oldest FROM open GROUP BY cause
		), longest AS (
			SELECT DISTINCT ON (cause) cause, kind, owner, severity, system, step, subject, problems FROM open ORDER BY cause, opened_at, id
		)
		SELECT cause, kind, owner, severity, count, orders, COALESCE(money, '{}') AS money, oldest, system, step, subject, problems
		FROM longest JOIN sizes USING (cause) LEFT JOIN money USING (cause)
		ORDER BY array_position(ARRAY['urgent', 'hold', 'notice'], severity), count DESC, oldest, cause`,
		pgx.NamedArgs{"owner": owner})
	if err != nil {
		return nil, toFault(op, err)
	}
	groups, err := pgx.CollectRows(rows, pgx.RowToStructByName[ports.CauseGroup])
	return groups, toFault(op, err)
}
