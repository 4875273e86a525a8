package returns_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/returns"
)

// skip answers the only open question of the first return.
func (t *tale) skip(tb require.TestingT, d returns.Decision) {
	require.Len(tb, d.Questions, 1)
	t.tell(domain.NewFact(domain.FactReturnAnswered, domain.AnswerKey(d.Questions[0].Cause), "ops", t.now,
		domain.ReturnAnswer{Return: 1, AnswerFact: domain.AnswerFact{Cause: d.Questions[0].Cause, Action: "skip", By: "ops", Reason: "settled by hand"}}))
}

func TestARegradedGarmentGoesOnOnceItsItemIsNamed(t *testing.T) {
	t.Parallel()
	s := newTale(1)
	s.tell(back("r", 1, unit("u", "regrade_resale", 1, true)))
	s.work(t)
	require.Equal(t, []string{"regrade-unknown"}, kinds(s.decide(t, 1)))
	require.Zero(t, s.written(t, domain.PlanTransfer))
	named := unit("u", "regrade_resale", 2, true)
	named.ResultingSKU = "B"
	s.tell(back("r", 2, named))
	s.work(t)
	require.Equal(t, 1, s.written(t, domain.PlanTransfer))
	require.Empty(t, s.decide(t, 1).Questions)
	require.True(t, s.decide(t, 1).Settled)
}

func TestAGarmentWithoutADecisionIsAskedAboutUntilOneComes(t *testing.T) {
	t.Parallel()
	s := newTale(1)
	s.tell(back("r", 1, unit("u", "refurbish", 1, false)))
	s.work(t)
	s.now = noon.Add(22 * 24 * time.Hour)
	require.Equal(t, []string{"return-undecided"}, kinds(s.decide(t, 1)))
	s.tell(back("r", 2, unit("u", "restock", 2, true)))
	s.work(t)
	require.Empty(t, s.decide(t, 1).Questions)
	require.True(t, s.decide(t, 1).Settled)
}

func TestARefundWithoutAnOutcomeIsFinancesUntilItSaysSo(t *testing.T) {
	t.Parallel()
	s := newTale(1)
	s.tell(back("r", 1, unit("u", "restock", 1, true)))
	for len(s.decide(t, 1).Due) > 0 {
		p := s.decide(t, 1).Due[0].Plan
		w := domain.ReturnWritten{Return: 1, Kind: p.Kind, Key: p.Key, Stage: domain.StageDone, ID: "7"}
		if p.Kind == domain.PlanRefund {
			w.Stage = domain.StageCreated // asked for
		}
		s.tell(domain.NewFact(domain.FactReturnPlanned, "plan:"+p.Key, "selvedge", s.now, p))
		s.tell(domain.NewFact(domain.FactReturnWritten, "written:"+p.Key, "selvedge", s.now, w))
	}
	require.Empty(t, s.decide(t, 1).Questions)
	s.now = s.now.Add(80 * time.Hour)
	d := s.decide(t, 1)
	require.Equal(t, []string{"refund-overdue"}, kinds(d))
	s.skip(t, d)
	require.Empty(t, s.decide(t, 1).Questions)
	require.True(t, s.decide(t, 1).Settled)
}
