package store_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
	"selvedge/internal/store/storetest"
)

func TestHeldSumsUpWhatIsAlike(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	ctx := within(t)
	express := ports.ExceptionRecord{Kind: "unmapped:shipping-method", Cause: "unmapped:shipping-method:centra:Express", Owner: "ops", Severity: "hold", Value: 150000, Currency: "SEK"}
	express.Problems = []domain.Refusal{{Value: "Express", Message: "no rule"}}
	for i, number := range []string{"1", "2"} {
		o := shopOrder(number)
		o.Order.ShippingMethod = domain.Ref{Name: "Express"}
		takeIn(t, s, o)
		open := []ports.ExceptionRecord{express}
		if number == "2" {
			open = append(open, ports.ExceptionRecord{Kind: "short-pick", Cause: "short-pick:atelier/2:1:1", Owner: "ops", Severity: "hold"})
		}
		require.NoError(t, s.RecordLook(ctx, ports.Look{State: domain.NeedsAttention, Order: named(number), Open: open, At: at(i)}))
	}
	_, err := s.SaveConsignment(ctx, domain.Consignment{Number: "2", Order: named("2"), Warehouse: "leeds", Service: "RM24", Fingerprint: "f"})
	require.NoError(t, err)
	require.NoError(t, s.OpenSystemException(ctx, ports.ExceptionRecord{System: "completeness/atelier", Kind: "gap", Cause: "gap:atelier/9", Subject: "9", OpenedAt: noon}))
	require.NoError(t, s.OpenSystemException(ctx, ports.ExceptionRecord{System: "centra", Kind: "unavailable", Cause: "unavailable:centra", OpenedAt: noon}))

	for cause, single := range map[string]bool{"refund-due:atelier/2": true, "refund-unexplained:atelier/2:77": true, "document-rejected:item:LINEN/BLK": false} {
		kind, _, _ := strings.Cut(cause, ":")
		require.NoError(t, s.OpenSystemException(ctx, ports.ExceptionRecord{System: ports.DocumentsSystem, Kind: kind, Cause: cause, Subject: "document d", Value: 100, Currency: "SEK", OpenedAt: noon}))
		list, err := s.Held(ctx)
		require.NoError(t, err)
		for _, h := range list {
			if h.Cause == cause {
				require.Equal(t, single, h.Single, cause)
			}
		}
		require.NoError(t, s.ResolveSystemException(ctx, ports.DocumentsSystem, cause, "fin", noon))
	}

	held, err := s.Held(ctx)
	require.NoError(t, err)
	require.Len(t, held, 5, "order 2 would leave by another service than order 1")
	byCause := map[string][]domain.Held{}
	for _, h := range held {
		byCause[h.Cause] = append(byCause[h.Cause], h)
	}
	first := byCause[express.Cause][0]
	require.Equal(t, domain.Held{
		Cause: express.Cause, Kind: express.Kind, Owner: "ops", Severity: "hold", Count: 1, Value: 150000, Currency: "SEK", Oldest: noon,
		Problems: express.Problems, Method: domain.Ref{Name: "Express"}, Country: "SE", Warehouses: []string{"leeds"}, Services: map[string]string{},
	}, first, "a waiting allocation is none")
	require.Equal(t, map[string]string{"leeds": "RM24"}, byCause[express.Cause][1].Services)
	require.True(t, byCause["short-pick:atelier/2:1:1"][0].Single)
	require.True(t, byCause["gap:atelier/9"][0].Single)
	require.Equal(t, "centra", byCause["unavailable:centra"][0].System)
	require.False(t, byCause["unavailable:centra"][0].Single)

	orders, err := s.HeldOrders(ctx, 10)
	require.NoError(t, err)
	require.Len(t, orders, 3)
	require.Equal(t, named("1"), orders[0].Order)
	require.Equal(t, first, orders[0].Held)
	orders, err = s.HeldOrders(ctx, 1)
	require.NoError(t, err)
	require.Len(t, orders, 1)

	require.NoError(t, s.RecordLook(ctx, ports.Look{State: domain.NeedsAttention, Order: named("1"), At: noon}))
	held, err = s.Held(ctx)
	require.NoError(t, err)
	require.Len(t, held, 4, "what is resolved is not held")
}

func TestOneProcessDecidesAtATimeAndSeesWhatTheOtherHasTold(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	ctx := within(t)
	alert := domain.Alert{Key: "gap", Episode: 1, Kind: "gap", Owner: "engineering", Severity: "urgent", OpenedAt: noon, ToldCount: 1, Messages: 1}
	var told atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			said, err := s.DecideAlerts(ctx, noon, func(_ []domain.Held, alerts []domain.Alert) ([]domain.Alert, []domain.AlertMessage) {
				if len(alerts) > 0 {
					return nil, nil
				}
				return []domain.Alert{alert}, []domain.AlertMessage{{Dedupe: "one", Key: "gap", Receiver: "engineering", Channel: "slack", Subject: "s", Body: "b"}}
			})
			if err == nil {
				told.Add(int32(said))
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 1, told.Load())
	alerts, err := s.Alerts(ctx)
	require.NoError(t, err)
	require.Equal(t, []domain.Alert{alert}, alerts)

	alert.ClosedAt, alert.GoneAt, alert.ToldCutoff, alert.EscalatedAt, alert.Level = at(1), at(1), at(2), at(3), 2
	said, err := s.DecideAlerts(ctx, noon, func([]domain.Held, []domain.Alert) ([]domain.Alert, []domain.AlertMessage) {
		return []domain.Alert{alert}, []domain.AlertMessage{{Dedupe: "one", Key: "gap", Receiver: "engineering", Channel: "slack", Subject: "again", Body: "b"}}
	})
	require.NoError(t, err)
	require.Zero(t, said, "the same message is one")
	alerts, err = s.Alerts(ctx)
	require.NoError(t, err)
	require.Empty(t, alerts, "a closed one is not listed")
	require.NoError(t, s.OpenSystemException(ctx, ports.ExceptionRecord{System: "completeness/atelier", Kind: "gap", Cause: "gap:atelier/9", OpenedAt: noon}))
	_, err = s.DecideAlerts(ctx, noon, func(held []domain.Held, alerts []domain.Alert) ([]domain.Alert, []domain.AlertMessage) {
		require.Len(t, held, 1)
		require.Equal(t, []domain.Alert{alert}, alerts, "what comes back finds its last episode")
		return nil, nil
	})
	require.NoError(t, err)
}

func TestAMessageIsGivenToOneProcessUntilItIsDelivered(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	ctx := within(t)
	message := func(dedupe, key, receiver string) domain.AlertMessage {
		return domain.AlertMessage{Dedupe: dedupe, Key: key, Receiver: receiver, Channel: "slack", Subject: dedupe, Body: "b", Console: "c", Handbook: "h"}
	}
	_, err := s.DecideAlerts(ctx, noon, func([]domain.Held, []domain.Alert) ([]domain.Alert, []domain.AlertMessage) {
		return nil, []domain.AlertMessage{message("opened", "a", "ops"), message("closed", "a", "ops"), message("lead", "a", "lead"), message("b", "b", "ops")}
	})
	require.NoError(t, err)
	subjects := func(messages []domain.AlertMessage, err error) []string {
		require.NoError(t, err)
		var all []string
		for _, m := range messages {
			all = append(all, m.Subject)
		}
		return all
	}
	var mu sync.Mutex
	var claimed []domain.AlertMessage
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			got, err := s.ClaimMessages(ctx, noon, time.Minute, 2)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				claimed = append(claimed, got...)
			}
		})
	}
	all.Wait()
	require.ElementsMatch(t, []string{"opened", "lead", "b"}, subjects(claimed, nil), "each once, and the closing not before the opening")
	require.Empty(t, subjects(s.ClaimMessages(ctx, at(0), time.Minute, 9)))
	for _, m := range claimed {
		if m.Subject == "opened" {
			require.Zero(t, m.Attempts)
			require.NoError(t, s.MessageFailed(ctx, m.ID, "away", at(5)))
		} else {
			require.NoError(t, s.MessageSent(ctx, m.ID, at(1)))
			require.NoError(t, s.MessageFailed(ctx, m.ID, "too late", at(1)), "what was delivered stays so")
		}
	}
	require.Empty(t, subjects(s.ClaimMessages(ctx, at(4), time.Minute, 9)), "its time has not come, and nothing overtakes it")
	count, oldest, err := s.UnsentMessages(ctx)
	require.NoError(t, err)
	require.Equal(t, 2, count)
	require.Equal(t, noon, oldest)
	again, err := s.ClaimMessages(ctx, at(5), time.Minute, 9)
	require.NoError(t, err)
	require.Len(t, again, 1)
	require.Equal(t, 1, again[0].Attempts)
	require.Equal(t, []string{"opened"}, subjects(s.ClaimMessages(ctx, at(7), time.Minute, 9)), "a claim whose holder died is given out again")
	require.NoError(t, s.MessageSent(ctx, again[0].ID, at(7)))
	require.Equal(t, []string{"closed"}, subjects(s.ClaimMessages(ctx, at(7), time.Minute, 9)))
	list, err := s.AlertMessages(ctx, 10)
	require.NoError(t, err)
	require.Len(t, list, 4)
	require.Equal(t, "b", list[0].Subject)
	require.Equal(t, at(1), list[0].SentAt)
}
