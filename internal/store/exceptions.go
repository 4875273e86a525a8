package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// Exception is one thing that only a person can decide, open until ResolvedAt. Free
// of personal data.
type Exception struct {
	ID         int64
	Order      *domain.OrderID // nil for an exception of a system
	Return     int             // number of the order's return that it is of; 0 = of the order itself
	System     string          // required when Order is nil
	Kind       string          // see internal/exceptions
	Cause      string          // stable fingerprint, equal for equal causes
	Owner      string
	Severity   string
	Step       domain.Step
	Subject    string
	Problems   []domain.Refusal
	Value      int64 // at stake, minor units of Currency
	Currency   string
	OpenedAt   time.Time
	ResolvedAt *time.Time
	AnsweredBy string
	Answer     string
	Reason     string
}

const exceptionColumns = `store, number, id, system, kind, cause, owner, severity, step, subject, problems, value, currency,
	opened_at, resolved_at, answered_by, answer, reason, return_no`

func scanException(row pgx.CollectableRow) (Exception, error) {
	var e Exception
	var store, number *string
	err := row.Scan(&store, &number, &e.ID, &e.System, &e.Kind, &e.Cause, &e.Owner, &e.Severity, &e.Step, &e.Subject, &e.Problems,
		&e.Value, &e.Currency, &e.OpenedAt, &e.ResolvedAt, &e.AnsweredBy, &e.Answer, &e.Reason, &e.Return)
	if store != nil && number != nil {
		e.Order = &domain.OrderID{Store: *store, Number: *number}
	}
	return e, err
}

// openGiven opens what the JSON list @given holds. One row is open per holder and
// cause: an open one keeps its id and instant, and takes the newest details.
const openGiven = `
	INSERT INTO exceptions AS e (store, number, system, kind, cause, owner, severity, step, subject, problems, value, currency, return_no, opened_at)
	SELECT g.store, g.number, g.system, g.kind, g.cause, g.owner, g.severity, g.step, g.subject, g.problems, g.value, g.currency, g.return_no, @at
	FROM jsonb_to_recordset(@given::jsonb) AS g (store text, number text, system text, kind text, cause text, owner text, severity text,
		step text, subject text, problems jsonb, value bigint, currency text, return_no integer)
	ON CONFLICT (holder, cause) WHERE resolved_at IS NULL DO UPDATE SET
		system = excluded.system, kind = excluded.kind, owner = excluded.owner, severity = excluded.severity, step = excluded.step,
		subject = excluded.subject, problems = excluded.problems, value = excluded.value, currency = excluded.currency`

// givenException is the JSON form that openGiven reads.
type givenException struct {
	Store    *string          `json:"store"`
	Number   *string          `json:"number"`
	System   string           `json:"system"`
	Kind     string           `json:"kind"`
	Cause    string           `json:"cause"`
	Owner    string           `json:"owner"`
	Severity string           `json:"severity"`
	Step     domain.Step      `json:"step"`
	Subject  string           `json:"subject"`
	Problems []domain.Refusal `json:"problems"`
	Value    int64            `json:"value"`
	Currency string           `json:"currency"`
	Return   int              `json:"return_no"`
}

func givenFrom(e ports.ExceptionRecord) givenException {
	g := givenException{
		System: e.System, Kind: e.Kind, Cause: e.Cause, Owner: e.Owner, Severity: e.Severity,
		Step: e.Step, Subject: e.Subject, Problems: e.Problems, Value: e.Value, Currency: e.Currency, Return: e.Return,
	}
	if e.Order != (domain.OrderID{}) {
		g.Store, g.Number = &e.Order.Store, &e.Order.Number
	}
	if g.Problems == nil {
		g.Problems = []domain.Refusal{}
	}
	return g
}

// OpenException opens an exception as of e.OpenedAt and answers the open row. When
// one is open for the same order (or system) and cause already, that one is kept
// with its id and OpenedAt, and only its details are brought up to date: a second run is harmless.
func (s *Store) OpenException(ctx context.Context, e ports.ExceptionRecord) (Exception, error) {
	const op = "open exception"
	given, err := json.Marshal([]givenException{givenFrom(e)})
	if err != nil {
		return Exception{}, toFault(op, err)
	}
	rows, err := s.pool.Query(ctx, openGiven+` RETURNING `+exceptionColumns, pgx.NamedArgs{"given": string(given), "at": e.OpenedAt})
	if err != nil {
		return Exception{}, toFault(op, err)
	}
	opened, err := pgx.CollectExactlyOneRow(rows, scanException)
	return opened, toFault(op, err)
}

// SyncReturnExceptions makes the open exceptions of a return of an order exactly those
// given: it opens the new ones as of at, and resolves the others with who answered what
// and why; RecordLook does so for the order itself. Order and OpenedAt of the given ones
// are ignored. One statement; a second run with the same list changes nothing.
func (s *Store) SyncReturnExceptions(ctx context.Context, id domain.OrderID, n int, open []ports.ExceptionRecord, by, answer, reason string, at time.Time) error {
	const op = "sync exceptions"
	args, err := exceptionsToSync(id, n, open, by, answer, reason, at)
	if err != nil {
		return toFault(op, err)
	}
	_, err = s.pool.Exec(ctx, syncGiven, args)
	return toFault(op, err)
}

// syncGiven makes the open exceptions of a return of an order (0 = of the order) those of @given.
const syncGiven = `
	WITH resolved AS (
		UPDATE exceptions SET resolved_at = @at, answered_by = @by, answer = @answer, reason = @reason
		WHERE store = @store AND number = @number AND return_no = @n
			AND resolved_at IS NULL AND cause <> ALL (@causes::text[])
	)` + openGiven + `
	WHERE (e.system, e.kind, e.owner, e.severity, e.step, e.subject, e.problems, e.value, e.currency)
		IS DISTINCT FROM (excluded.system, excluded.kind, excluded.owner, excluded.severity, excluded.step, excluded.subject,
			excluded.problems, excluded.value, excluded.currency)`

func exceptionsToSync(id domain.OrderID, n int, open []ports.ExceptionRecord, by, answer, reason string, at time.Time) (pgx.NamedArgs, error) {
	given, causes := make([]givenException, 0, len(open)), make([]string, 0, len(open))
	seen := map[string]bool{}
	for _, e := range open {
		if seen[e.Cause] { // one row per cause: the first one told stands for it
			continue
		}
		seen[e.Cause] = true
		e.Order, e.Return = id, n
		given, causes = append(given, givenFrom(e)), append(causes, e.Cause)
	}
	list, err := json.Marshal(given)
	return pgx.NamedArgs{
		"store": id.Store, "number": id.Number, "n": n, "causes": causes, "given": string(list),
		"by": by, "answer": answer, "reason": reason, "at": at,
	}, err
}

// Resolution says how an exception ended.
type Resolution struct {
	Cause  string
	Order  *domain.OrderID // nil: the exception of System
	System string
	By     string
	Answer string
	Reason string
	At     time.Time
}

// ResolveException resolves the open exception of an order, or of a system, with a
// cause. Idempotent: resolved tells whether one was open.
func (s *Store) ResolveException(ctx context.Context, r Resolution) (resolved bool, err error) {
	holder := "system " + r.System
	if r.Order != nil {
		holder = "order " + r.Order.String()
	}
	tag, err := s.pool.Exec(ctx, `
		UPDATE exceptions SET resolved_at = @at, answered_by = @by, answer = @answer, reason = @reason
		WHERE holder = @holder AND cause = @cause AND resolved_at IS NULL`,
		pgx.NamedArgs{"holder": holder, "cause": r.Cause, "by": r.By, "answer": r.Answer, "reason": r.Reason, "at": r.At})
	return tag.RowsAffected() > 0, toFault("resolve exception", err)
}

// OpenSystemException opens the one exception of a system and cause. A second run keeps it.
func (s *Store) OpenSystemException(ctx context.Context, e ports.ExceptionRecord) error {
	e.Order = domain.OrderID{}
	_, err := s.OpenException(ctx, e)
	return err
}

// ResolveSystemException resolves the exception of a system and cause. A second run changes nothing.
func (s *Store) ResolveSystemException(ctx context.Context, system, cause, by string, at time.Time) error {
	_, err := s.ResolveException(ctx, Resolution{Cause: cause, System: system, By: by, Answer: "resolved", At: at})
	return err
}
