package ports

import (
	"context"
	"time"

	"selvedge/internal/domain"
)

// Messenger takes messages to people.
type Messenger interface {
	// Reach lists how receivers are reached, each place once; never none: who has no
	// address is reached by a log line.
	Reach(receivers ...string) []domain.AlertRoute
	// Send delivers one message or says why not: fault.Unavailable when the receiver is
	// away and every other message to it would fail as well, fault.Rejected when it does
	// not take this one. The dedupe key goes along where the channel has a place for it.
	Send(ctx context.Context, m domain.AlertMessage) error
}

// AlertStore keeps what waits, what was told about it, and what is still to be delivered.
type AlertStore interface {
	Rules(ctx context.Context) ([]domain.Rule, error)
	// DecideAlerts shows what waits and what was told to decide, under a lock that lets
	// one process decide at a time, and keeps both of its answers or none. It answers how
	// many messages were new.
	DecideAlerts(ctx context.Context, at time.Time, decide func(held []domain.Held, alerts []domain.Alert) ([]domain.Alert, []domain.AlertMessage)) (int, error)
	// ClaimMessages takes undelivered messages whose time has come, of each alert and
	// receiver the oldest; nobody else is given them for as long as hold.
	ClaimMessages(ctx context.Context, at time.Time, hold time.Duration, limit int) ([]domain.AlertMessage, error)
	// MessageSent records a delivery; again changes nothing.
	MessageSent(ctx context.Context, id int64, at time.Time) error
	// MessageFailed records why a message was not delivered and when to try again.
	MessageFailed(ctx context.Context, id int64, reason string, next time.Time) error
	// UnsentMessages counts what is not delivered yet and since when the oldest waits.
	UnsentMessages(ctx context.Context) (count int, oldest time.Time, err error)
}
