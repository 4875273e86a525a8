package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.uber.org/zap"

	"selvedge/internal/contract"
	"selvedge/internal/ports"
)

// pollOverlap lists a little of what was listed before: the shop's clock and ours
// differ, and an update may be committed after a later one.
const pollOverlap = 2 * time.Minute

// firstPoll is how far back the very first poll reaches where no instant is configured.
const firstPoll = 24 * time.Hour

// settled is how long after the first sight of an update a second read has to be for
// the order to be known as it then is. The shop tells updates in whole seconds: one more
// in the same second looks the same, and is over by then.
const settled = 30 * time.Second

// mostRemembered bounds what a poll remembers; orders beyond it are read once more each time.
const mostRemembered = 10_000

// PollShop reads the orders updated since the last poll: the fallback where the
// shop's events are switched off, and a check where they are on. The cursor moves only
// after everything before it is stored. The first poll begins at Since and leaves what
// the shop held before alone.
func (i *Intake) PollShop(ctx context.Context, store string) (contract.IntakeResult, error) {
	var result contract.IntakeResult
	name := "poll/" + store
	since, err := i.polledUpTo(ctx, name)
	if err != nil {
		return result, err
	}
	seen, err := i.recall(ctx, store, since)
	if err != nil {
		return result, err
	}
	from := i.listedFrom(since)
	newest, page := since, ""
	for {
		refs, next, err := i.Shop.UpdatedOrders(ctx, store, from, page)
		if err != nil {
			return result, fmt.Errorf("read updated orders of %s: %w", store, err)
		}
		listed := i.Clock()
		var numbers []string
		for _, r := range refs {
			if r.UpdatedAt.After(newest) {
				newest = r.UpdatedAt
			}
			if !seen.knows(r) {
				numbers = append(numbers, r.ID.Number)
			}
		}
		changed, err := i.takeBisected(ctx, store, numbers)
		result.Changed += changed
		if err != nil {
			return result, err
		}
		for _, r := range refs {
			if !r.UpdatedAt.Equal(from) { // where the shop tells no instant that we can read, it is this one
				seen.remember(r, listed)
			}
		}
		if next == "" {
			break
		}
		page = next
	}
	if newest.After(since) {
		if err := i.Store.SaveCursor(ctx, name, cursorOf(newest), i.Clock()); err != nil {
			return result, fmt.Errorf("save cursor %s: %w", name, err)
		}
	}
	if err := i.keepRecalled(ctx, store, seen, newest); err != nil {
		return result, err
	}
	i.Log.Debug("polled the shop", zap.String("store", store), zap.Int("changed", result.Changed))
	return result, i.rereadRefused(ctx, store, &result)
}

func cursorOf(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

// polledUpTo is where the last poll ended. The first one sets where it begins, so that
// it begins there however often it fails.
func (i *Intake) polledUpTo(ctx context.Context, name string) (time.Time, error) {
	from, err := i.Store.Cursor(ctx, name)
	if err != nil {
		return time.Time{}, fmt.Errorf("read cursor %s: %w", name, err)
	}
	if from == "" {
		since := i.Since
		if since.IsZero() {
			since = i.Clock().Add(-firstPoll)
		}
		if err := i.Store.SaveCursor(ctx, name, cursorOf(since), i.Clock()); err != nil {
			return time.Time{}, fmt.Errorf("save cursor %s: %w", name, err)
		}
		i.Log.Info("the first poll of a store begins", zap.String("cursor", name), zap.Time("since", since))
		return since, nil
	}
	since, err := time.Parse(time.RFC3339Nano, from)
	if err != nil {
		return time.Time{}, fmt.Errorf("cursor %s holds %q, want a time; set it to the time from which to read again: %w", name, from, err)
	}
	return since, nil
}

// listedFrom goes back by the overlap, but never behind the configured beginning:
// before it another system may have handed the orders over.
func (i *Intake) listedFrom(since time.Time) time.Time {
	from := since.Add(-pollOverlap)
	if from.Before(i.Since) && !since.Before(i.Since) {
		return i.Since
	}
	return from
}

// recalled is what a poll remembers of the orders that the next one lists again: in a
// quiet shop that is everything of its busiest two minutes, every minute.
type recalled struct {
	UpTo   string              `json:"upTo"` // the cursor that it belongs to: with another one, everything is read again
	Orders map[string]sighting `json:"orders"`
	text   string              // as it was read
}

// sighting is an update that was read, and when it was first listed; zero once it has settled.
type sighting struct {
	UpdatedAt time.Time `json:"at"`
	Listed    time.Time `json:"listed,omitzero"`
}

func seenName(store string) string { return "poll-seen/" + store }

// recall never fails on what it finds: without it orders are only read once more.
func (i *Intake) recall(ctx context.Context, store string, upTo time.Time) (*recalled, error) {
	text, err := i.Store.Cursor(ctx, seenName(store))
	if err != nil {
		return nil, fmt.Errorf("read cursor %s: %w", seenName(store), err)
	}
	r := &recalled{}
	if err := json.Unmarshal([]byte(text), r); err != nil || r.UpTo != cursorOf(upTo) || r.Orders == nil {
		r = &recalled{Orders: map[string]sighting{}}
	}
	r.text = text
	return r, nil
}

// knows tells whether an order was read as it is.
func (r *recalled) knows(o ports.ShopOrderRef) bool {
	s, ok := r.Orders[o.ID.Number]
	return ok && s.Listed.IsZero() && s.UpdatedAt.Equal(o.UpdatedAt)
}

// remember notes that an order was read after it was listed.
func (r *recalled) remember(o ports.ShopOrderRef, listed time.Time) {
	s, ok := r.Orders[o.ID.Number]
	switch {
	case !ok || !s.UpdatedAt.Equal(o.UpdatedAt):
		r.Orders[o.ID.Number] = sighting{UpdatedAt: o.UpdatedAt.UTC(), Listed: listed.UTC()}
	case !s.Listed.IsZero() && listed.Sub(s.Listed) >= settled:
		r.Orders[o.ID.Number] = sighting{UpdatedAt: s.UpdatedAt}
	}
}

// keepRecalled keeps what the next poll will list again. Keeping it twice is harmless,
// and losing it costs reads alone.
func (i *Intake) keepRecalled(ctx context.Context, store string, r *recalled, newest time.Time) error {
	from := i.listedFrom(newest).Truncate(time.Second) // what the shop understands of it
	for number, s := range r.Orders {
		if s.UpdatedAt.Before(from) || len(r.Orders) > mostRemembered {
			delete(r.Orders, number)
		}
	}
	r.UpTo = cursorOf(newest)
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("keep cursor %s: %w", seenName(store), err)
	}
	if string(text) == r.text {
		return nil
	}
	if err := i.Store.SaveCursor(ctx, seenName(store), string(text), i.Clock()); err != nil {
		return fmt.Errorf("save cursor %s: %w", seenName(store), err)
	}
	return nil
}
