package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
	"selvedge/internal/store"
	"selvedge/internal/store/storetest"
)

const drone = "unmapped:shipping-method:centra:Drone"

// asking takes in an order that waits on causes.
func asking(t *testing.T, s *store.Store, number string, causes ...string) domain.OrderID {
	t.Helper()
	id := takeIn(t, s, shopOrder(number)).ID
	ask(t, s, id, causes...)
	return id
}

// ask makes causes the open exceptions of an order, as a look does.
func ask(t *testing.T, s *store.Store, id domain.OrderID, causes ...string) {
	t.Helper()
	var open []ports.ExceptionRecord
	for _, c := range causes {
		open = append(open, ports.ExceptionRecord{Kind: "x", Cause: c})
	}
	require.NoError(t, s.RecordLook(within(t), ports.Look{State: domain.NeedsAttention, Order: id, Open: open, At: noon}))
}

// fact appends a fact of a kind and says that the order was looked at and asks what it asked before.
func fact(t *testing.T, s *store.Store, id domain.OrderID, kind domain.FactKind, key string) {
	t.Helper()
	last, _, err := s.Append(within(t), id, []domain.Fact{{Kind: kind, Key: key, At: noon, Actor: "selvedge"}})
	require.NoError(t, err)
	asked, err := s.OpenExceptions(within(t), store.ExceptionFilter{Order: &id}, 10)
	require.NoError(t, err)
	var open []ports.ExceptionRecord
	for _, e := range asked {
		open = append(open, ports.ExceptionRecord{Kind: e.Kind, Cause: e.Cause})
	}
	require.NoError(t, s.RecordLook(within(t), ports.Look{State: domain.NeedsAttention, Order: id, Sequence: last, Open: open, At: noon}))
}

func TestTheOutcomeOfAnAnswerIsTold(t *testing.T) {
	t.Parallel()
	run := ports.Resume{ID: "r1", Cause: drone, By: "ann", Reason: "mended", StartedAt: noon}
	answer := func(t *testing.T, s *store.Store, id domain.OrderID) {
		fact(t, s, id, domain.FactAnswered, domain.AnswerKey(run.Command()))
	}
	for name, tt := range map[string]struct {
		then    func(*testing.T, *store.Store, domain.OrderID)
		later   time.Duration
		outcome string
		causes  []string
	}{
		"nothing happened yet":                     {outcome: "pending"},
		"nothing happened for long":                {later: time.Hour, outcome: "pending"},
		"it took the answer and waits on it still": {then: answer, outcome: "same-cause", causes: []string{drone}},
		"it took the answer and has not looked yet": {then: func(t *testing.T, s *store.Store, id domain.OrderID) {
			_, _, err := s.Append(within(t), id, []domain.Fact{{Kind: domain.FactAnswered, Key: domain.AnswerKey(run.Command()), At: noon}})
			require.NoError(t, err)
		}, outcome: "pending"},
		"it took the answer and waits on another": {then: func(t *testing.T, s *store.Store, id domain.OrderID) { ask(t, s, id, "short-pick:1"); answer(t, s, id) }, outcome: "other-cause", causes: []string{"short-pick:1"}},
		"it is about to take its step":            {then: func(t *testing.T, s *store.Store, id domain.OrderID) { ask(t, s, id); answer(t, s, id) }, outcome: "pending"},
		"it took its step": {then: func(t *testing.T, s *store.Store, id domain.OrderID) {
			ask(t, s, id)
			answer(t, s, id)
			fact(t, s, id, domain.FactSubmitted, "s")
		}, outcome: "freed"},
		"it took its step and was refused": {then: func(t *testing.T, s *store.Store, id domain.OrderID) {
			ask(t, s, id)
			answer(t, s, id)
			fact(t, s, id, domain.FactRefused, "no")
			ask(t, s, id, "rejected:1")
		}, outcome: "other-cause", causes: []string{"rejected:1"}},
		"it had nothing to do": {then: func(t *testing.T, s *store.Store, id domain.OrderID) { ask(t, s, id); answer(t, s, id) }, later: time.Hour, outcome: "freed"},
		"it waits for its turn at the warehouse": {then: func(t *testing.T, s *store.Store, id domain.OrderID) {
			_, err := s.SaveConsignment(within(t), domain.Consignment{Number: id.Number, Order: id, Warehouse: "leeds", Fingerprint: "f"})
			require.NoError(t, err)
			ask(t, s, id)
			answer(t, s, id)
		}, later: time.Hour, outcome: "pending"},
		"somebody else answered before":            {then: func(t *testing.T, s *store.Store, id domain.OrderID) { ask(t, s, id) }, later: time.Hour, outcome: "freed"},
		"somebody else answered, and it asks anew": {then: func(t *testing.T, s *store.Store, id domain.OrderID) { ask(t, s, id, "gap:1") }, later: time.Hour, outcome: "other-cause", causes: []string{"gap:1"}},
		"a step before the answer does not count": {then: func(t *testing.T, s *store.Store, id domain.OrderID) {
			fact(t, s, id, domain.FactSubmitted, "s")
			ask(t, s, id)
			answer(t, s, id)
		}, outcome: "pending"},
		"another run's answer is not this one's": {then: func(t *testing.T, s *store.Store, id domain.OrderID) {
			fact(t, s, id, domain.FactAnswered, "answer:resume-r0")
		}, outcome: "pending"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, ctx := storetest.New(t), within(t)
			id := asking(t, s, "1001", drone)
			require.NoError(t, s.BeginResume(ctx, run))
			for range 2 { // told twice is recorded once
				require.NoError(t, s.NoteSignals(ctx, run.ID, drone, []domain.OrderID{id}, noon))
			}
			if tt.then != nil {
				tt.then(t, s, id)
			}
			for range 2 {
				_, err := s.SettleResume(ctx, run, 10*time.Second, noon.Add(tt.later))
				require.NoError(t, err)
			}
			list, err := s.ResumeOutcomes(ctx, run.ID, 10)
			require.NoError(t, err)
			require.Len(t, list, 1)
			require.Equal(t, tt.outcome, list[0].Outcome)
			require.ElementsMatch(t, tt.causes, list[0].Causes)
		})
	}
}

func TestTheOutcomeOfAReleaseIsTold(t *testing.T) {
	t.Parallel()
	const away = "unavailable:acs"
	run := ports.Resume{ID: "r1", Cause: away, By: "selvedge", Reason: "back", Release: true, StartedAt: noon}
	for name, tt := range map[string]struct {
		then    func(*testing.T, *store.Store, domain.OrderID)
		later   time.Duration
		outcome string
	}{
		"it has not looked yet, however long": {later: time.Hour, outcome: "pending"},
		"it looked and tries":                 {then: func(t *testing.T, s *store.Store, id domain.OrderID) { ask(t, s, id) }, outcome: "pending"},
		"it tried and waits again":            {then: func(t *testing.T, s *store.Store, id domain.OrderID) { ask(t, s, id); ask(t, s, id, away) }, outcome: "same-cause"},
		"it went on": {then: func(t *testing.T, s *store.Store, id domain.OrderID) {
			ask(t, s, id)
			fact(t, s, id, domain.FactSubmitted, "s")
		}, outcome: "freed"},
		"it shows nothing for long": {then: func(t *testing.T, s *store.Store, id domain.OrderID) { ask(t, s, id) }, later: time.Minute, outcome: "freed"},
		"it waits for a person":     {then: func(t *testing.T, s *store.Store, id domain.OrderID) { ask(t, s, id, "short-pick:1") }, outcome: "other-cause"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, ctx := storetest.New(t), within(t)
			id := asking(t, s, "1001", away)
			require.NoError(t, s.BeginResume(ctx, run))
			require.NoError(t, s.NoteSignals(ctx, run.ID, away, []domain.OrderID{id}, noon))
			if tt.then != nil {
				tt.then(t, s, id)
			}
			_, err := s.SettleResume(ctx, run, 20*time.Second, noon.Add(tt.later))
			require.NoError(t, err)
			list, err := s.ResumeOutcomes(ctx, run.ID, 10)
			require.NoError(t, err)
			require.Equal(t, tt.outcome, list[0].Outcome)
		})
	}
}

func TestARunThatWasCutShortIsClosedByTheNext(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	var ids []domain.OrderID
	for n := range 3 {
		ids = append(ids, asking(t, s, fmt.Sprint(1001+n), drone))
	}
	first := ports.Resume{ID: "r1", Cause: drone, By: "ann", Reason: "mended", StartedAt: noon}
	other := ports.Resume{ID: "r2", Cause: "other", By: "ann", Reason: "mended", StartedAt: noon}
	second := ports.Resume{ID: "r3", Cause: drone, By: "bob", Reason: "again", StartedAt: at(5)}
	for _, r := range []ports.Resume{first, other, first} {
		require.NoError(t, s.BeginResume(ctx, r))
	}
	require.NoError(t, s.NoteSignals(ctx, "r1", drone, ids, noon))
	require.NoError(t, s.NoteNotSignalled(ctx, "r1", ids[0], "gone", noon))
	for range 2 {
		require.NoError(t, s.BeginResume(ctx, second))
	}
	list, err := s.Resumes(ctx, drone, 10)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, "running", list[0].State)
	require.Zero(t, list[0].EndedAt)
	require.Equal(t, "cut-short", list[1].State)
	require.Equal(t, at(5), list[1].EndedAt)
	require.Equal(t, ports.ResumeCounts{NotSignalled: 1, UnderWay: 2}, list[1].Counts)
	require.Equal(t, 2, list[1].Counts.Signalled())
	all, err := s.Resumes(ctx, "", 10)
	require.NoError(t, err)
	require.Len(t, all, 3)
	require.Equal(t, "running", all[2].State, "another cause is left alone")

	require.NoError(t, s.NoteSignals(ctx, "r3", drone, ids[1:], noon))
	counts, err := s.EndResume(ctx, "r3", "stopped", "the first waits again", at(6))
	require.NoError(t, err)
	require.Equal(t, 2, counts.UnderWay)
	_, err = s.EndResume(ctx, "r3", "done", "", at(7))
	require.NoError(t, err)
	list, err = s.Resumes(ctx, drone, 1)
	require.NoError(t, err)
	require.Equal(t, "stopped", list[0].State, "an end is an end")
	require.Equal(t, "the first waits again", list[0].Note)
	outcomes, err := s.ResumeOutcomes(ctx, "r1", 1)
	require.NoError(t, err)
	require.Equal(t, "gone", outcomes[0].Note)
}
