package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/ports"
)

const actColumns = `id, at, actor, act, target, reason, detail, COALESCE(command, '') AS command, outcome, message, ended_at`

// BeginAct records that somebody is about to do something. A command that the same
// person gave before makes no second row: the earlier act comes back with begun false.
func (s *Store) BeginAct(ctx context.Context, a ports.Act) (act ports.Act, begun bool, err error) {
	const op = "record an act"
	if a.Detail == nil {
		a.Detail = map[string]string{}
	}
	args := pgx.NamedArgs{
		"at": a.At, "actor": a.Actor, "act": a.Act, "target": a.Target, "reason": a.Reason, "detail": a.Detail, "command": a.Command,
	}
	acts, err := s.acts(ctx, op, `
		INSERT INTO audit (at, actor, act, target, reason, detail, command)
		VALUES (@at, @actor, @act, @target, @reason, @detail, NULLIF(@command, ''))
		ON CONFLICT (actor, command) WHERE command IS NOT NULL DO NOTHING
		RETURNING `+actColumns, args)
	if err != nil || len(acts) == 1 {
		return first(acts), len(acts) == 1, err
	}
	acts, err = s.acts(ctx, op, `SELECT `+actColumns+` FROM audit WHERE actor = @actor AND command = @command`, args)
	return first(acts), false, err
}

// EndAct records what came of an act. The first word stands: a second run changes nothing.
func (s *Store) EndAct(ctx context.Context, id int64, outcome, message string, at time.Time) error {
	_, err := s.pool.Exec(ctx, `UPDATE audit SET outcome = @outcome, message = @message, ended_at = @at WHERE id = @id AND outcome = 'begun'`,
		pgx.NamedArgs{"id": id, "outcome": outcome, "message": message, "at": at})
	return toFault("record what came of an act", err)
}

// Acts lists acts before an id (0 = the newest), newest first; an empty target or actor does not narrow.
func (s *Store) Acts(ctx context.Context, target, actor string, before int64, limit int) ([]ports.Act, error) {
	return s.acts(ctx, "list acts", `
		SELECT `+actColumns+` FROM audit
		WHERE (@target = '' OR target = @target) AND (@actor = '' OR actor = @actor) AND (@before = 0 OR id < @before)
		ORDER BY id DESC LIMIT @limit`,
		pgx.NamedArgs{"target": target, "actor": actor, "before": before, "limit": limit})
}

func (s *Store) acts(ctx context.Context, op, sql string, args pgx.NamedArgs) ([]ports.Act, error) {
	rows, err := s.pool.Query(ctx, sql, args)
	if err != nil {
		return nil, toFault(op, err)
	}
	acts, err := pgx.CollectRows(rows, pgx.RowToStructByName[ports.Act])
	return acts, toFault(op, err)
}

func first[T any](list []T) (v T) {
	if len(list) > 0 {
		v = list[0]
	}
	return v
}
