package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// answeredNow tells which rows of documents an answer is about.
const answeredNow = `((@cause <> '' AND cause = @cause AND (status IN ('paused', 'rejected') OR ` + stranded + ` OR ` + unconfirmed + `))
	OR (key = ANY(@keys) AND status NOT IN ('posted', 'dropped') AND (@action = 'skip' OR held AND NOT released OR status IN ('paused', 'rejected', 'due'))))`

// AnswerDocuments lets waiting documents go on (retry; override agrees to a later
// period) or drops them (skip, which needs a person and a reason), and answers how many.
// One whose outcome is unknown can be dropped too, by key: its ledger may have it. One
// that a workflow holds is the scheduled run's from then on: whoever held it may be gone,
// and if not, both find what the other has posted. What its return asks about it is
// answered with it, and whoever drops a write-off that may be another one's garment has
// said that it is.
func (s *Store) AnswerDocuments(ctx context.Context, a ports.DocumentAnswer, at time.Time) (n int, err error) {
	const op = "answer documents"
	keys := make([]string, len(a.Keys))
	for i, k := range a.Keys {
		keys[i] = string(k)
	}
	var set string
	switch a.Action {
	case "retry":
		set = again
	case "override":
		set = again + `, late_agreed = true`
	case "skip":
		set = `status = 'dropped', answered_by = @by, reason = @reason, cause = '', stranded = false`
	default:
		return 0, &fault.Fault{Kind: fault.Invalid, System: system, Op: op, Code: "action", Message: "action " + a.Action + " is unknown: give retry, override or skip"}
	}
	args := pgx.NamedArgs{"keys": keys, "cause": a.Cause, "action": a.Action, "by": a.By, "reason": a.Reason, "at": at}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		asked, err := askedByReturns(ctx, tx, args)
		if err != nil {
			return err
		}
		if a.Action == "skip" {
			if _, err := tx.Exec(ctx, sameGarments, args); err != nil {
				return err
			}
		}
		tag, err := tx.Exec(ctx, `
			UPDATE documents SET next_at = CASE WHEN status IN ('unknown', 'accepted') THEN next_at ELSE @at END, released = released OR held, `+set+`
			WHERE `+answeredNow, args)
		if err != nil {
			return err
		}
		n = int(tag.RowsAffected())
		return answerReturns(ctx, tx, asked, a, at)
	})
	return n, toFault(op, err)
}

// sameGarments keeps that the documents to be dropped are of the garments of those that
// they were in doubt about: each of those then stands for no third one.
const sameGarments = `
	INSERT INTO write_off_claims (key, stands, at)
	SELECT d.key, o.key, @at FROM (SELECT * FROM documents WHERE ` + answeredNow + `) d JOIN documents o ON o.key = d.problems -> 0 ->> 'value'
	WHERE d.cause LIKE '` + domain.KindWriteOffDoubtful + `:%' AND o.key <> d.key
	ON CONFLICT (key) DO NOTHING`

// askedByReturn is an open question of a return about a document that it holds.
type askedByReturn struct {
	Store, Number string
	Return        int
	Cause         string
	Key           string // of the document
}

// askedByReturns lists what returns ask about the documents that are answered, and locks
// their orders before anything else, as whoever books an order does.
func askedByReturns(ctx context.Context, tx pgx.Tx, args pgx.NamedArgs) ([]askedByReturn, error) {
	rows, err := tx.Query(ctx, `
		SELECT d.store, d.number, e.return_no AS return, e.cause, d.key
		FROM (SELECT * FROM documents WHERE held AND `+answeredNow+`) d
		JOIN exceptions e ON e.resolved_at IS NULL AND e.store = d.store AND e.number = d.number AND e.return_no > 0 AND e.subject = d.content ->> 'returnRef'
		ORDER BY d.store, d.number, d.key, e.cause`, args)
	if err != nil {
		return nil, err
	}
	asked, err := pgx.CollectRows(rows, pgx.RowToStructByName[askedByReturn])
	if err != nil {
		return nil, err
	}
	for _, q := range asked {
		if _, err := tx.Exec(ctx, lockOrder, pgx.NamedArgs{"store": q.Store, "number": q.Number}); err != nil {
			return nil, err
		}
	}
	return asked, nil
}

// answerReturns records the answer in the facts of the returns that ask, and wakes their
// orders: a document that is let go on asks its return to look again, one that was booked
// by hand is settled there, too.
func answerReturns(ctx context.Context, tx pgx.Tx, asked []askedByReturn, a ports.DocumentAnswer, at time.Time) error {
	action := "retry"
	if a.Action == "skip" {
		action = "skip"
	}
	for _, q := range asked {
		command := fmt.Sprintf("document:%s:%d", q.Key, at.UnixNano())
		answer := domain.ReturnAnswer{Return: q.Return, AnswerFact: domain.AnswerFact{Cause: q.Cause, Action: action, By: a.By, Reason: a.Reason, Command: command}}
		fact := domain.NewFact(domain.FactReturnAnswered, domain.ReturnAnswerKey(q.Return, command+":"+q.Cause), a.By, at, answer)
		if _, _, err := appendTo(ctx, tx, domain.OrderID{Store: q.Store, Number: q.Number}, []domain.Fact{fact}, true); err != nil {
			return err
		}
	}
	return nil
}
