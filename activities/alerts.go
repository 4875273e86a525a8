package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/mapping"
	"selvedge/internal/ports"
	"selvedge/internal/triage"
)

// AlertMeter counts deliveries and says how many messages wait for one.
type AlertMeter interface {
	Delivered(channel string)
	Failed(channel string)
	Undelivered(count int, oldest time.Duration)
}

// Alerts tells people what waits for them.
type Alerts struct {
	Store     ports.AlertStore
	Messenger ports.Messenger
	Settings  triage.Settings
	// Console is the console's address for links; empty means no links.
	Console string
	Clock   func() time.Time
	// Warn writes a log line for what could not be delivered.
	Warn  func(msg string, kv ...any)
	Meter AlertMeter
}

// Bounds of one run. A claim is longer than its deliveries can take together, so that
// no other process is given the same message meanwhile.
const (
	claimed     = 5
	claimHold   = 2 * time.Minute
	mostClaims  = 100
	firstRetry  = 30 * time.Second
	longestWait = 15 * time.Minute
)

// RaiseAlerts compares what waits with what people were told, writes down what is to be
// told now, and delivers what is not delivered yet.
//
// A second run, at the same time or later, tells nothing twice: what was told is kept
// together with the messages under a lock, and a message is given to one process at a
// time until it is noted as delivered. When a process dies between a delivery and its
// note the message goes out once more, with the same key. A receiver that is away keeps
// its messages waiting, and nobody else's.
func (a *Alerts) RaiseAlerts(ctx context.Context, _ contract.AlertInput) (contract.AlertResult, error) {
	var result contract.AlertResult
	defer beating(ctx)()
	rules, err := a.Store.Rules(ctx)
	if err != nil {
		return result, toTemporal(fmt.Errorf("raise alerts: %w", err), 0)
	}
	index, now := mapping.New(rules), a.Clock()
	result.Written, err = a.Store.DecideAlerts(ctx, now, func(held []domain.Held, alerts []domain.Alert) ([]domain.Alert, []domain.AlertMessage) {
		return a.decide(index, now, held, alerts)
	})
	if err != nil {
		return result, toTemporal(fmt.Errorf("raise alerts: %w", err), 0)
	}
	if err := a.deliver(ctx, &result); err != nil {
		return result, toTemporal(fmt.Errorf("deliver alerts: %w", err), 0)
	}
	return result, nil
}

func (a *Alerts) decide(rules *mapping.Rules, now time.Time, held []domain.Held, alerts []domain.Alert) ([]domain.Alert, []domain.AlertMessage) {
	told := map[string]bool{}
	for _, one := range alerts {
		told[one.Key] = one.Open()
	}
	changed, notices := triage.Decide(now, a.Settings, triage.Groups(held, told, rules, now), alerts)
	var messages []domain.AlertMessage
	for _, n := range notices {
		text := triage.Write(n, a.Console, now)
		for _, route := range a.Messenger.Reach(n.To...) {
			messages = append(messages, domain.AlertMessage{
				Dedupe: dedupe(n.Alert, route), Key: n.Alert.Key, Receiver: route.Receiver, Channel: route.Channel,
				Subject: text.Subject, Body: text.Body, Console: text.Console, Handbook: text.Handbook,
			})
		}
	}
	return changed, messages
}

// dedupe names a message for good: cause, episode, which message of it, to whom, how.
func dedupe(a domain.Alert, to domain.AlertRoute) string {
	sum := sha256.Sum256([]byte(a.Key))
	return fmt.Sprintf("%s-%d-%d-%s-%s", hex.EncodeToString(sum[:8]), a.Episode, a.Messages, to.Receiver, to.Channel)
}

// deliver sends what is not delivered yet, and leaves to the next run what cannot be.
func (a *Alerts) deliver(ctx context.Context, result *contract.AlertResult) error {
	gone := map[domain.AlertRoute]error{}
	for range mostClaims {
		messages, err := a.Store.ClaimMessages(ctx, a.Clock(), claimHold, claimed)
		if err != nil || len(messages) == 0 {
			return a.count(ctx, result, err)
		}
		for _, m := range messages {
			if err := a.send(ctx, m, gone, result); err != nil {
				return err
			}
		}
		if activity.IsActivity(ctx) {
			activity.RecordHeartbeat(ctx, result.Delivered)
		}
	}
	return a.count(ctx, result, nil)
}

// send delivers one message and notes what became of it. What another message has
// shown to be away is not asked again in this run.
func (a *Alerts) send(ctx context.Context, m domain.AlertMessage, gone map[domain.AlertRoute]error, result *contract.AlertResult) error {
	route := domain.AlertRoute{Receiver: m.Receiver, Channel: m.Channel}
	err := gone[route]
	if err == nil {
		err = a.Messenger.Send(ctx, m)
	}
	if err == nil {
		result.Delivered++
		a.Meter.Delivered(m.Channel)
		return a.Store.MessageSent(ctx, m.ID, a.Clock())
	}
	if fault.Is(err, fault.Unavailable) {
		gone[route] = err
	}
	result.Failed++
	a.Meter.Failed(m.Channel)
	next := a.Clock().Add(min(longestWait, firstRetry<<min(m.Attempts, 10)))
	if f, ok := fault.As(err); ok && f.RetryAt.After(next) {
		next = f.RetryAt
	}
	a.Warn("an alert was not delivered; it is tried again", "receiver", m.Receiver, "channel", m.Channel, "subject", m.Subject,
		"attempt", m.Attempts+1, "next", next, "reason", err.Error())
	return a.Store.MessageFailed(ctx, m.ID, err.Error(), next)
}

func (a *Alerts) count(ctx context.Context, result *contract.AlertResult, err error) error {
	if err != nil {
		return err
	}
	waiting, oldest, err := a.Store.UnsentMessages(ctx)
	if err != nil {
		return err
	}
	var age time.Duration
	if waiting > 0 {
		age = max(0, a.Clock().Sub(oldest))
	}
	a.Meter.Undelivered(waiting, age)
	result.Waiting = waiting
	return nil
}
