package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

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
	return s.causes(ctx, pgx.NamedArgs{"owner": owner, "cause": ""})
}

// Cause sums up the open exceptions of one cause; with none open it is fault.NotFound.
func (s *Store) Cause(ctx context.Context, cause string) (ports.CauseGroup, error) {
	var groups []ports.CauseGroup
	var err error
	if cause != "" { // which would be every cause
		groups, err = s.causes(ctx, pgx.NamedArgs{"owner": "", "cause": cause})
	}
	if err == nil && len(groups) == 0 {
		err = &fault.Fault{Kind: fault.NotFound, System: system, Op: "read cause", Code: "cause", Message: "nothing waits on this cause any more"}
	}
	return first(groups), err
}

func (s *Store) causes(ctx context.Context, args pgx.NamedArgs) ([]ports.CauseGroup, error) {
	const op = "group exceptions"
	rows, err := s.pool.Query(ctx, `
		WITH open AS (
			SELECT * FROM exceptions WHERE resolved_at IS NULL AND (@owner = '' OR owner = @owner) AND (@cause = '' OR cause = @cause)
		), money AS (
			SELECT cause, jsonb_object_agg(currency, value) AS money
			FROM (SELECT cause, currency, sum(value)::bigint AS value FROM open WHERE currency <> '' GROUP BY cause, currency) sums GROUP BY cause
		), sizes AS (
			SELECT cause, count(*)::int AS count, count(store)::int AS orders, min(opened_at) AS oldest, min(id) AS id FROM open GROUP BY cause
		)
		SELECT cause, kind, owner, severity, count, orders, COALESCE(money, '{}') AS money, oldest, system, step, subject, problems
		FROM sizes JOIN open USING (cause, id) LEFT JOIN money USING (cause)
		ORDER BY array_position(ARRAY['urgent', 'hold', 'notice'], severity), count DESC, oldest, cause`, args)
	if err != nil {
		return nil, toFault(op, err)
	}
	groups, err := pgx.CollectRows(rows, pgx.RowToStructByName[ports.CauseGroup])
	return groups, toFault(op, err)
}

// CauseExceptions lists the open exceptions of a cause, longest open first.
func (s *Store) CauseExceptions(ctx context.Context, cause string, limit int) ([]ports.OrderException, error) {
	return s.listExceptions(ctx, "list a cause", `WHERE resolved_at IS NULL AND cause = @cause ORDER BY opened_at, id LIMIT @limit`,
		pgx.NamedArgs{"cause": cause, "limit": limit})
}

// OrderExceptions lists what was asked about an order: what is open first, then the
// latest answered ones.
func (s *Store) OrderExceptions(ctx context.Context, id domain.OrderID, limit int) ([]ports.OrderException, error) {
	return s.listExceptions(ctx, "list an order's exceptions",
		`WHERE store = @store AND number = @number ORDER BY resolved_at DESC NULLS FIRST, opened_at, id LIMIT @limit`,
		pgx.NamedArgs{"store": id.Store, "number": id.Number, "limit": limit})
}

func (s *Store) listExceptions(ctx context.Context, op, where string, args pgx.NamedArgs) ([]ports.OrderException, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT id, COALESCE(store, ''), COALESCE(number, ''), system, kind, cause, owner, severity, step, subject, problems,
			value, currency, opened_at, resolved_at, answered_by, answer, reason, return_no
		FROM exceptions `+where, args)
	if err != nil {
		return nil, toFault(op, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e ports.OrderException, err error) {
		err = row.Scan(&e.ID, &e.Order.Store, &e.Order.Number, &e.System, &e.Kind, &e.Cause, &e.Owner, &e.Severity, &e.Step, &e.Subject, &e.Problems,
			&e.Value, &e.Currency, &e.OpenedAt, &e.ResolvedAt, &e.AnsweredBy, &e.Answer, &e.Reason, &e.Return)
		return e, err
	})
	return list, toFault(op, err)
}

const listed = `
	SELECT o.store, o.number, o.shown, COALESCE(o.content -> 'market' ->> 'name', o.market), o.currency, o.grand_total, o.taken_at,
		(SELECT count(*)::int FROM exceptions e WHERE e.store = o.store AND e.number = o.number AND e.resolved_at IS NULL)
	FROM orders o `

// ListOrders lists consumer orders shown in a state ("" = in any), the newest first,
// after one of the list (zero = from the start).
func (s *Store) ListOrders(ctx context.Context, state domain.OrderState, after ports.ListedOrder, limit int) ([]ports.ListedOrder, error) {
	args := pgx.NamedArgs{"state": state, "limit": limit, "at": after.TakenAt, "store": after.ID.Store, "number": after.ID.Number}
	where := `WHERE NOT o.wholesale`
	if state != "" {
		where += ` AND o.shown = @state`
	}
	if !after.TakenAt.IsZero() {
		where += ` AND o.taken_at <= @at AND (o.taken_at < @at OR (o.store, o.number) > (@store, @number))`
	}
	return s.listOrders(ctx, "list orders", listed+where+` ORDER BY o.taken_at DESC, o.store, o.number LIMIT @limit`, args)
}

// FindOrders lists consumer orders whose number begins so, or whose consignment bears
// that number; a number that is exactly the one asked for comes first.
func (s *Store) FindOrders(ctx context.Context, number string, limit int) ([]ports.ListedOrder, error) {
	// By bytes, because the range is then found in the index whatever the database's collation,
	// and whatever plan is kept for the statement.
	return s.listOrders(ctx, "find orders", `
		WITH found AS (
			(SELECT store, number FROM orders WHERE NOT wholesale AND number = @number)
			UNION (SELECT store, number FROM orders WHERE NOT wholesale AND number ~>=~ @number AND number ~<~ @beyond
				ORDER BY number USING ~<~ LIMIT @limit)
			UNION (SELECT store, number FROM consignments WHERE consignment = @number)
		)`+listed+`JOIN found USING (store, number) WHERE NOT o.wholesale ORDER BY o.number <> @number, o.number, o.store LIMIT @limit`,
		pgx.NamedArgs{"number": number, "beyond": number + "\U0010FFFF", "limit": limit})
}

func (s *Store) listOrders(ctx context.Context, op, sql string, args pgx.NamedArgs) ([]ports.ListedOrder, error) {
	rows, err := s.pool.Query(ctx, sql, args)
	if err != nil {
		return nil, toFault(op, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (o ports.ListedOrder, err error) {
		err = row.Scan(&o.ID.Store, &o.ID.Number, &o.State, &o.Market, &o.Currency, &o.Total, &o.TakenAt, &o.Open)
		return o, err
	})
	return list, toFault(op, err)
}

// Shown says how an order is listed. Unknown is fault.NotFound.
func (s *Store) Shown(ctx context.Context, id domain.OrderID) (ports.ListedOrder, error) {
	list, err := s.listOrders(ctx, "read an order's state", listed+`WHERE o.store = @store AND o.number = @number`, orderArgs(id))
	if err == nil && len(list) == 0 {
		err = unknownOrder("read an order's state", id)
	}
	return first(list), err
}
