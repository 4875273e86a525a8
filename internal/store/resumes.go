package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

var _ ports.ResumeStore = (*Store)(nil)

// BeginResume records that somebody frees the orders of a cause. Another run of the
// same cause that still stands as running was cut short (its workflow was terminated):
// what was not known of its orders then stays unknown there. A second run changes nothing.
func (s *Store) BeginResume(ctx context.Context, r ports.Resume) error {
	const op = "begin resume"
	args := pgx.NamedArgs{"id": r.ID, "cause": r.Cause, "by": r.By, "reason": r.Reason, "at": r.StartedAt}
	return toFault(op, pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		for _, sql := range []string{
			`UPDATE resume_outcomes o SET outcome = 'under-way', settled_at = @at FROM resumes r
				WHERE r.id = o.resume AND r.cause = @cause AND r.state = 'running' AND r.id <> @id AND o.outcome = 'pending'`,
			`UPDATE resumes SET state = 'cut-short', note = 'its workflow ended before it did', ended_at = @at
				WHERE cause = @cause AND state = 'running' AND id <> @id`,
			`INSERT INTO resumes (id, cause, by, reason, state, started_at) VALUES (@id, @cause, @by, @reason, 'running', @at)
				ON CONFLICT (id) DO NOTHING`,
		} {
			if _, err := tx.Exec(ctx, sql, args); err != nil {
				return err
			}
		}
		return nil
	}))
}

// NoteSignals records that orders are about to be freed, with what is known of each
// before: its newest fact and its open exception of the cause. A second run keeps the
// first one's record.
func (s *Store) NoteSignals(ctx context.Context, resume, cause string, ids []domain.OrderID, at time.Time) error {
	stores, numbers := columnsOf(ids)
	_, err := s.pool.Exec(ctx, `
		INSERT INTO resume_outcomes (resume, store, number, outcome, sequence, exception, signalled_at)
		SELECT @resume, o.store, o.number, 'pending', o.sequence, COALESCE(e.id, 0), @at
		FROM unnest(@stores::text[], @numbers::text[]) AS n (store, number)
		JOIN orders o ON o.store = n.store AND o.number = n.number
		LEFT JOIN exceptions e ON e.holder = 'order ' || o.store || '/' || o.number AND e.cause = @cause AND e.resolved_at IS NULL
		ON CONFLICT (resume, store, number) DO NOTHING`,
		pgx.NamedArgs{"resume": resume, "cause": cause, "stores": stores, "numbers": numbers, "at": at})
	return toFault("note signals", err)
}

// NoteNotSignalled records that an order could not be told, and why. Idempotent.
func (s *Store) NoteNotSignalled(ctx context.Context, resume string, id domain.OrderID, note string, at time.Time) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE resume_outcomes SET outcome = 'not-signalled', note = @note, settled_at = @at
		WHERE resume = @resume AND store = @store AND number = @number AND outcome = 'pending'`,
		pgx.NamedArgs{"resume": resume, "store": id.Store, "number": id.Number, "note": note, "at": at})
	return toFault("note an order that was not signalled", err)
}

// SettleResume looks what became of the orders whose outcome is pending, and answers
// how many stand where. An answer is known to have been taken by its fact, a release
// by the exception that is gone or new; an order has gone on when a step of it was
// taken since. One that is about to be sent is waited for, however long the warehouse's
// limits make that; one of which nothing is asked and nothing more is known is freed
// after the patience given: it had nothing to do at once. An order of which a return
// waits on the cause has not gone on before that return has. A second run changes nothing.
func (s *Store) SettleResume(ctx context.Context, r ports.Resume, patience time.Duration, at time.Time) (ports.ResumeCounts, error) {
	const op = "settle resume"
	_, err := s.pool.Exec(ctx, `
		WITH pending AS (
			SELECT p.store, p.number, p.exception, p.signalled_at, a.sequence AS answered,
				CASE WHEN @release THEN p.sequence ELSE a.sequence END AS since,
				o.seen_sequence, o.closed_at IS NOT NULL AS closed,
				COALESCE((SELECT array_agg(e.cause ORDER BY e.cause) FROM exceptions e
					WHERE e.holder = 'order ' || p.store || '/' || p.number AND e.resolved_at IS NULL), '{}') AS causes,
				(SELECT e.id FROM exceptions e
					WHERE e.holder = 'order ' || p.store || '/' || p.number AND e.cause = @cause AND e.resolved_at IS NULL) AS standing,
				back.waits, back.looked
			FROM resume_outcomes p
			JOIN orders o ON o.store = p.store AND o.number = p.number
			LEFT JOIN facts a ON NOT @release AND a.store = p.store AND a.number = p.number AND a.key = @key
			LEFT JOIN LATERAL ( -- its returns that wait on the cause, and whether all of them have looked since
				SELECT count(*) > 0 AS waits, bool_and(CASE WHEN @release THEN e.opened_at > p.signalled_at
					ELSE COALESCE(r.seen_sequence >= f.sequence, false) END) AS looked
				FROM exceptions e
				LEFT JOIN facts f ON f.store = e.store AND f.number = e.number AND f.key = @returned || e.return_no || ':' || @command
				LEFT JOIN returns r ON r.store = e.store AND r.number = e.number AND r.n = e.return_no
				WHERE e.store = p.store AND e.number = p.number AND e.return_no > 0 AND e.cause = @cause AND e.resolved_at IS NULL
			) back ON true
			WHERE p.resume = @id AND p.outcome = 'pending'
		),
		known AS (
			SELECT p.*, @at::timestamptz - p.signalled_at > make_interval(secs => @patience) AS late,
				EXISTS (SELECT FROM facts f WHERE f.store = p.store AND f.number = p.number AND f.sequence > p.since AND f.kind = ANY (@steps)) AS went,
				EXISTS (SELECT FROM consignments c WHERE c.store = p.store AND c.number = p.number AND NOT EXISTS (
					SELECT FROM facts f WHERE f.store = c.store AND f.number = c.number AND f.kind = 'submitted'
						AND f.data ->> 'consignment' = c.consignment)) AS sending
			FROM pending p
		),
		settled AS (
			SELECT k.store, k.number, CASE WHEN k.waits AND @cause <> ALL (k.causes) THEN k.causes || @cause ELSE k.causes END AS causes, CASE
				WHEN k.waits THEN CASE WHEN k.looked THEN 'same-cause' END
				WHEN NOT @release AND k.answered IS NULL THEN CASE -- it has not taken the answer
					WHEN k.standing IS NULL AND k.late THEN CASE WHEN k.causes = '{}' THEN 'freed' ELSE 'other-cause' END
					WHEN k.closed THEN 'freed' END
				WHEN NOT @release AND k.seen_sequence < k.answered THEN NULL
				WHEN @release AND k.standing = k.exception AND NOT k.closed THEN NULL -- it has not looked since
				WHEN k.standing IS NOT NULL THEN 'same-cause'
				WHEN k.causes <> '{}' THEN 'other-cause'
				WHEN k.went OR k.closed OR k.late AND NOT k.sending THEN 'freed'
			END AS outcome
			FROM known k
		)
		UPDATE resume_outcomes o SET outcome = s.outcome, causes = s.causes, settled_at = @at
		FROM settled s WHERE o.resume = @id AND o.store = s.store AND o.number = s.number AND s.outcome IS NOT NULL`,
		pgx.NamedArgs{
			"id": r.ID, "cause": r.Cause, "release": r.Release, "key": domain.AnswerKey(r.Command()), "command": r.Command(), "returned": domain.ReturnAnswerPrefix, "at": at, "patience": patience.Seconds(),
			"steps": []domain.FactKind{
				domain.FactSubmitted, domain.FactShopShipment, domain.FactShopCancelled, domain.FactCaptured, domain.FactReleased,
				domain.FactNoted, domain.FactCancelRequested, domain.FactCancelRefused,
			},
		})
	if err != nil {
		return ports.ResumeCounts{}, toFault(op, err)
	}
	return s.resumeCounts(ctx, r.ID)
}

// EndResume records how a run ended; outcomes that are still pending are under way. A
// second run changes nothing.
func (s *Store) EndResume(ctx context.Context, id, state, note string, at time.Time) (ports.ResumeCounts, error) {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		args := pgx.NamedArgs{"id": id, "state": state, "note": note, "at": at}
		if _, err := tx.Exec(ctx, `
			UPDATE resume_outcomes SET outcome = 'under-way', settled_at = @at WHERE resume = @id AND outcome = 'pending'`, args); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE resumes SET state = @state, note = @note, ended_at = @at WHERE id = @id AND state = 'running'`, args)
		return err
	})
	if err != nil {
		return ports.ResumeCounts{}, toFault("end resume", err)
	}
	return s.resumeCounts(ctx, id)
}

func (s *Store) resumeCounts(ctx context.Context, id string) (c ports.ResumeCounts, err error) {
	err = s.pool.QueryRow(ctx, `
		SELECT count(*) FILTER (WHERE outcome = 'pending'), count(*) FILTER (WHERE outcome = 'freed'),
			count(*) FILTER (WHERE outcome = 'same-cause'), count(*) FILTER (WHERE outcome = 'other-cause'),
			count(*) FILTER (WHERE outcome = 'not-signalled'), count(*) FILTER (WHERE outcome = 'under-way')
		FROM resume_outcomes WHERE resume = @id`, pgx.NamedArgs{"id": id}).
		Scan(&c.Pending, &c.Freed, &c.SameCause, &c.OtherCause, &c.NotSignalled, &c.UnderWay)
	return c, toFault("count outcomes", err)
}

// Resumes lists runs, the newest first: of one cause, or of all.
func (s *Store) Resumes(ctx context.Context, cause string, limit int) ([]ports.Resume, error) {
	const op = "list resumes"
	rows, err := s.pool.Query(ctx, `
		SELECT id, cause, by, reason, state, note, started_at, COALESCE(ended_at, 'epoch') FROM resumes
		WHERE @cause = '' OR cause = @cause ORDER BY started_at DESC, id LIMIT @limit`,
		pgx.NamedArgs{"cause": cause, "limit": limit})
	if err != nil {
		return nil, toFault(op, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r ports.Resume, err error) {
		err = row.Scan(&r.ID, &r.Cause, &r.By, &r.Reason, &r.State, &r.Note, &r.StartedAt, &r.EndedAt)
		if r.EndedAt.Unix() == 0 {
			r.EndedAt = time.Time{}
		}
		return r, err
	})
	if err != nil {
		return nil, toFault(op, err)
	}
	for i := range list {
		if list[i].Counts, err = s.resumeCounts(ctx, list[i].ID); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// ResumeOutcomes lists what came of each order of a run: those that did not go on
// first, then by order.
func (s *Store) ResumeOutcomes(ctx context.Context, id string, limit int) ([]ports.ResumeOutcome, error) {
	const op = "list outcomes"
	rows, err := s.pool.Query(ctx, `
		SELECT store, number, outcome, causes, note, signalled_at FROM resume_outcomes WHERE resume = @id
		ORDER BY outcome = 'freed', outcome, store, number LIMIT @limit`,
		pgx.NamedArgs{"id": id, "limit": limit})
	if err != nil {
		return nil, toFault(op, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (o ports.ResumeOutcome, err error) {
		err = row.Scan(&o.Order.Store, &o.Order.Number, &o.Outcome, &o.Causes, &o.Note, &o.SignalledAt)
		return o, err
	})
	return list, toFault(op, err)
}
