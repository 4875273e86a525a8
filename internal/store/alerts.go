package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

var _ ports.AlertStore = (*Store)(nil)

const alertColumns = `key, episode, kind, owner, severity, opened_at, gone_at, closed_at, level, escalated_at, told_count, told_cutoff, messages`

func scanAlert(row pgx.CollectableRow) (domain.Alert, error) {
	var a domain.Alert
	var gone, closed, escalated, cutoff *time.Time
	err := row.Scan(&a.Key, &a.Episode, &a.Kind, &a.Owner, &a.Severity, &a.OpenedAt, &gone, &closed, &a.Level, &escalated, &a.ToldCount, &cutoff, &a.Messages)
	a.GoneAt, a.ClosedAt, a.EscalatedAt, a.ToldCutoff = instant(gone), instant(closed), instant(escalated), instant(cutoff)
	return a, err
}

// Alerts lists what people were told and what is still open, by key.
func (s *Store) Alerts(ctx context.Context) ([]domain.Alert, error) {
	const op = "list alerts"
	rows, err := s.pool.Query(ctx, `SELECT `+alertColumns+` FROM alerts WHERE closed_at IS NULL ORDER BY key`)
	if err != nil {
		return nil, toFault(op, err)
	}
	list, err := pgx.CollectRows(rows, scanAlert)
	return list, toFault(op, err)
}

// DecideAlerts shows what waits and what was told to decide, and keeps what it answers
// in the same transaction. One process decides at a time, so nothing is told twice: the
// second one sees what the first has told. The dedupe key guards against a defect.
func (s *Store) DecideAlerts(ctx context.Context, at time.Time, decide func([]domain.Held, []domain.Alert) ([]domain.Alert, []domain.AlertMessage)) (int, error) {
	const op = "decide alerts"
	said := 0
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('selvedge alerts'))`); err != nil {
			return err
		}
		held, err := readHeld(ctx, tx)
		if err != nil {
			return err
		}
		// Closed ones are read as well: a cause that comes back goes on counting its episodes.
		rows, err := tx.Query(ctx, `SELECT `+alertColumns+` FROM alerts WHERE closed_at IS NULL OR key = ANY (@keys::text[])`,
			pgx.NamedArgs{"keys": keysOf(held)})
		if err != nil {
			return err
		}
		alerts, err := pgx.CollectRows(rows, scanAlert)
		if err != nil {
			return err
		}
		changed, messages := decide(held, alerts)
		said, err = saveAlerts(ctx, tx, changed, messages, at)
		return err
	})
	return said, toFault(op, err)
}

// keysOf are all keys under which something held can be told.
func keysOf(held []domain.Held) []string {
	keys := make([]string, 0, 3*len(held))
	for _, h := range held {
		keys = append(keys, h.Cause, h.Kind)
		if len(h.Cause) > len("unavailable:") && h.Kind == "unavailable" {
			keys = append(keys, "credentials:"+h.Cause[len("unavailable:"):])
		}
	}
	return keys
}

func saveAlerts(ctx context.Context, tx pgx.Tx, changed []domain.Alert, messages []domain.AlertMessage, at time.Time) (said int, err error) {
	var b pgx.Batch
	for _, a := range changed {
		b.Queue(`
			INSERT INTO alerts (`+alertColumns+`)
			VALUES (@key, @episode, @kind, @owner, @severity, @opened, @gone, @closed, @level, @escalated, @count, @cutoff, @messages)
			ON CONFLICT (key) DO UPDATE SET episode = excluded.episode, kind = excluded.kind, owner = excluded.owner, severity = excluded.severity,
				opened_at = excluded.opened_at, gone_at = excluded.gone_at, closed_at = excluded.closed_at, level = excluded.level,
				escalated_at = excluded.escalated_at, told_count = excluded.told_count, told_cutoff = excluded.told_cutoff, messages = excluded.messages`,
			pgx.NamedArgs{
				"key": a.Key, "episode": a.Episode, "kind": a.Kind, "owner": a.Owner, "severity": a.Severity, "opened": a.OpenedAt,
				"gone": given(a.GoneAt), "closed": given(a.ClosedAt), "level": a.Level, "escalated": given(a.EscalatedAt),
				"count": a.ToldCount, "cutoff": given(a.ToldCutoff), "messages": a.Messages,
			})
	}
	for _, m := range messages {
		b.Queue(`
			INSERT INTO alert_messages (dedupe, key, receiver, channel, subject, body, console, handbook, created_at, next_try_at)
			VALUES (@dedupe, @key, @receiver, @channel, @subject, @body, @console, @handbook, @at, @at)
			ON CONFLICT (dedupe) DO NOTHING`,
			pgx.NamedArgs{
				"dedupe": m.Dedupe, "key": m.Key, "receiver": m.Receiver, "channel": m.Channel, "subject": m.Subject, "body": m.Body,
				"console": m.Console, "handbook": m.Handbook, "at": at,
			}).Exec(func(tag pgconn.CommandTag) error { said += int(tag.RowsAffected()); return nil })
	}
	if b.Len() == 0 {
		return 0, nil
	}
	return said, tx.SendBatch(ctx, &b).Close()
}

// ClaimMessages takes undelivered messages whose time has come, of each alert and
// receiver the oldest, so that a closing never overtakes its opening. Two processes
// that claim at once get different ones: the second waits for the row and then finds
// its time in the future. A claim whose holder died is given out again after hold.
func (s *Store) ClaimMessages(ctx context.Context, at time.Time, hold time.Duration, limit int) ([]domain.AlertMessage, error) {
	const op = "claim messages"
	rows, err := s.pool.Query(ctx, `
		UPDATE alert_messages SET next_try_at = @until, attempts = attempts + 1
		WHERE sent_at IS NULL AND next_try_at <= @at AND id IN (
			SELECT id FROM (
				SELECT DISTINCT ON (key, receiver, channel) id, next_try_at FROM alert_messages WHERE sent_at IS NULL ORDER BY key, receiver, channel, id
			) oldest WHERE next_try_at <= @at ORDER BY id LIMIT @limit)
		RETURNING id, dedupe, key, receiver, channel, subject, body, console, handbook, attempts - 1 AS attempts, created_at AS created`,
		pgx.NamedArgs{"at": at, "until": at.Add(hold), "limit": limit})
	if err != nil {
		return nil, toFault(op, err)
	}
	messages, err := pgx.CollectRows(rows, pgx.RowToStructByName[domain.AlertMessage])
	return messages, toFault(op, err)
}

// MessageSent records a delivery; again changes nothing.
func (s *Store) MessageSent(ctx context.Context, id int64, at time.Time) error {
	_, err := s.pool.Exec(ctx, `UPDATE alert_messages SET sent_at = @at, last_error = '' WHERE id = @id AND sent_at IS NULL`, pgx.NamedArgs{"id": id, "at": at})
	return toFault("record a delivery", err)
}

// MessageFailed records why a message was not delivered and when to try again.
func (s *Store) MessageFailed(ctx context.Context, id int64, reason string, next time.Time) error {
	_, err := s.pool.Exec(ctx, `UPDATE alert_messages SET next_try_at = @next, last_error = @reason WHERE id = @id AND sent_at IS NULL`,
		pgx.NamedArgs{"id": id, "next": next, "reason": reason})
	return toFault("record a failed delivery", err)
}

// UnsentMessages counts what is not delivered yet and since when the oldest waits.
func (s *Store) UnsentMessages(ctx context.Context) (count int, oldest time.Time, err error) {
	var since *time.Time
	err = s.pool.QueryRow(ctx, `SELECT count(*)::int, min(created_at) FROM alert_messages WHERE sent_at IS NULL`).Scan(&count, &since)
	return count, instant(since), toFault("count messages", err)
}

// AlertMessages lists the newest messages, for people who ask what was told; sent is
// zero for what is not delivered yet.
func (s *Store) AlertMessages(ctx context.Context, limit int) ([]ToldMessage, error) {
	const op = "list messages"
	rows, err := s.pool.Query(ctx, `
		SELECT id, dedupe, key, receiver, channel, subject, body, console, handbook, attempts, created_at, sent_at, last_error
		FROM alert_messages ORDER BY id DESC LIMIT @limit`, pgx.NamedArgs{"limit": limit})
	if err != nil {
		return nil, toFault(op, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (ToldMessage, error) {
		var m ToldMessage
		var sent *time.Time
		err := row.Scan(&m.ID, &m.Dedupe, &m.Key, &m.Receiver, &m.Channel, &m.Subject, &m.Body, &m.Console, &m.Handbook, &m.Attempts, &m.Created, &sent, &m.LastError)
		m.SentAt = instant(sent)
		return m, err
	})
	return list, toFault(op, err)
}

// ToldMessage is a message with what became of it.
type ToldMessage struct {
	domain.AlertMessage
	SentAt    time.Time // zero while it is not delivered
	LastError string
}
