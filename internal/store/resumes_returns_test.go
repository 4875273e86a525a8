package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
	"selvedge/internal/store"
	"selvedge/internal/store/storetest"
)

// An order of which only a return waits must not count as having gone on because the
// order itself has nothing to ask.
func TestTheOutcomeOfAReturnIsTold(t *testing.T) {
	t.Parallel()
	const cause = "unmapped:disposition:north:Composted"
	run := ports.Resume{ID: "r1", Cause: cause, By: "ann", Reason: "mended", StartedAt: noon}
	askReturn := func(t *testing.T, s *store.Store, id domain.OrderID, n int, causes ...string) {
		var open []ports.ExceptionRecord
		for _, c := range causes {
			open = append(open, ports.ExceptionRecord{Kind: "x", Cause: c})
		}
		require.NoError(t, s.SyncReturnExceptions(within(t), id, n, open, "", "", "", noon))
	}
	answer := func(t *testing.T, s *store.Store, id domain.OrderID, n int, looked bool) {
		last, _, err := s.Append(within(t), id, []domain.Fact{{Kind: domain.FactReturnAnswered, Key: domain.ReturnAnswerKey(n, run.Command()), At: noon, Actor: "ann"}})
		require.NoError(t, err)
		if looked {
			require.NoError(t, s.SaveReturn(within(t), ports.ReturnRecord{Order: id, Number: n, Seen: last, View: []byte("{}"), LookedAt: noon}))
		}
	}
	for name, tt := range map[string]struct {
		then    func(*testing.T, *store.Store, domain.OrderID)
		outcome string
	}{
		"it has not taken the answer": {func(*testing.T, *store.Store, domain.OrderID) {}, "pending"},
		"it took it and has not looked": {func(t *testing.T, s *store.Store, id domain.OrderID) {
			answer(t, s, id, 1, false)
			answer(t, s, id, 2, true)
		}, "pending"},
		"it took it and waits on it still": {func(t *testing.T, s *store.Store, id domain.OrderID) {
			answer(t, s, id, 1, true)
			answer(t, s, id, 2, true)
		}, "same-cause"},
		"one of two went on": {func(t *testing.T, s *store.Store, id domain.OrderID) {
			answer(t, s, id, 1, true)
			askReturn(t, s, id, 1)
			answer(t, s, id, 2, true)
		}, "same-cause"},
		"both went on": {func(t *testing.T, s *store.Store, id domain.OrderID) {
			for _, n := range []int{1, 2} {
				answer(t, s, id, n, true)
				askReturn(t, s, id, n)
			}
		}, "freed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, ctx := storetest.New(t), within(t)
			id := takeIn(t, s, shopOrder("1001")).ID
			askReturn(t, s, id, 1, cause)
			askReturn(t, s, id, 2, cause)
			require.NoError(t, s.BeginResume(ctx, run))
			require.NoError(t, s.NoteSignals(ctx, run.ID, cause, []domain.OrderID{id}, noon))
			tt.then(t, s, id)
			_, err := s.SettleResume(ctx, run, 10*time.Second, noon.Add(time.Minute))
			require.NoError(t, err)
			list, err := s.ResumeOutcomes(ctx, run.ID, 10)
			require.NoError(t, err)
			require.Equal(t, tt.outcome, list[0].Outcome)
			if tt.outcome == "same-cause" {
				require.Equal(t, []string{cause}, list[0].Causes)
			}
		})
	}
}
