package assembly

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/client"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/watch"
)

// WatchEvery is how often schedules and queues are looked at.
const WatchEvery = 30 * time.Second

// pollIdle is how long a queue may go unasked: a worker's request stays open for a
// minute, and a worker that is replaced takes as long again.
const pollIdle = 2 * time.Minute

// Watch builds what sees that the unattended work goes on.
func (p *Parts) Watch(c client.Client) *watch.Watch {
	raise := p.Alerts()
	w := &watch.Watch{
		Temporal: watch.Server{Client: c}, Store: p.Store, Queues: contract.Queues(), Clock: time.Now, Idle: pollIdle,
		Raise: func(ctx context.Context) error {
			_, err := raise.RaiseAlerts(ctx, contract.AlertInput{})
			return err
		},
		Tell: func(ctx context.Context, m domain.AlertMessage) error {
			var failed error
			for _, route := range p.Sender.Reach(m.Receiver) {
				one := m
				one.Channel, one.Dedupe = route.Channel, m.Dedupe+"-"+route.Channel
				failed = errors.Join(failed, p.Sender.Send(ctx, one))
			}
			return failed
		},
		Log: func(msg string, kv ...any) { p.Log.Sugar().Errorw(msg, kv...) },
	}
	for _, s := range p.schedules() {
		w.Schedules = append(w.Schedules, watch.Schedule{ID: s.id, Every: s.every})
	}
	return w
}
