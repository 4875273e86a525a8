package centra

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"selvedge/internal/ports"
	"selvedge/internal/systems/centra/gen"
)

const (
	// maxEvents is how many events Centra gives at once.
	maxEvents = 200
	// confirmBatch is how many confirmations go into one mutation.
	confirmBatch = 200
)

// Events returns the oldest unconfirmed events, at most 200; the same again until
// confirmed. The queue is shared by all tokens of one integration name.
func (s *Shop) Events(ctx context.Context, limit int) ([]ports.ShopEvent, error) {
	data, err := gen.Events(ctx, s.client, min(max(limit, 1), maxEvents))
	if err != nil {
		return nil, err
	}
	events := make([]ports.ShopEvent, 0, len(data.Events))
	for _, e := range data.Events {
		event := ports.ShopEvent{
			ID: strconv.Itoa(e.Id), Object: objects[e.ObjectType], Change: changes[e.ChangeType], Ref: e.ObjectReference.String(),
		}
		if event.Object == "" {
			event.Object = string(e.ObjectType)
		}
		if event.Change == "" {
			event.Change = string(e.ChangeType)
		}
		if e.Store != nil {
			event.Store = s.config.Stores[e.Store.Id] // a store that nobody configured is named by the order's own fault
		}
		if at, err := time.Parse(time.RFC3339, e.CreatedAt); err == nil {
			event.At = at.UTC() // an event without a readable time is an event all the same
		}
		events = append(events, event)
	}
	return events, nil
}

// ConfirmEvents takes events off the queue, 200 in one mutation. A second run
// confirms what is gone already, which Centra ignores (assumed).
func (s *Shop) ConfirmEvents(ctx context.Context, ids []string) error {
	const op = "ConfirmEvents"
	numbers := make([]int, 0, len(ids))
	for i, text := range ids {
		n, err := key(op, fmt.Sprintf("ids[%d]", i), text)
		if err != nil {
			return err
		}
		numbers = append(numbers, n)
	}
	for len(numbers) > 0 {
		batch := numbers[:min(confirmBatch, len(numbers))]
		numbers = numbers[len(batch):]
		if err := s.client.spend(ctx, ClassConfirmation); err != nil {
			return err
		}
		data, err := gen.ConfirmEvents(ctx, s.client, batch)
		if err != nil {
			return err
		}
		if err := refusal(op, batch, data.ConfirmEvents.UserErrors); err != nil {
			return err
		}
	}
	return nil
}

// ListenToEvents registers interest in orders, returns and products. Centra adds
// what is missing, so a second run changes nothing.
func (s *Shop) ListenToEvents(ctx context.Context) error {
	const op = "ListenToEvents"
	if err := s.client.spend(ctx, ClassConfirmation); err != nil {
		return err
	}
	data, err := gen.ListenToEvents(ctx, s.client, []gen.EventListenerSetInput{
		{ObjectType: gen.EventObjectTypeOrder}, {ObjectType: gen.EventObjectTypeReturn}, {ObjectType: gen.EventObjectTypeProduct},
	})
	if err != nil {
		return err
	}
	return refusal(op, nil, data.SetEventListeners.UserErrors)
}
