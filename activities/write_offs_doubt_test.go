package activities_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// refusedInDoubt tells that the write-off of a garment was refused in doubt, as its
// return's step does, and that finance has skipped the question.
func (o *office) refusedInDoubt(garment string, err error) {
	o.t.Helper()
	f, ok := fault.As(err)
	require.True(o.t, ok, "%v", err)
	require.Equal(o.t, domain.KindWriteOffDoubtful, f.Code)
	key := orderID.String() + "/r1/write-off/" + garment
	o.tell(domain.NewFact(domain.FactReturnRefused, "refused:"+key, "selvedge", noon, domain.ReturnRefused{Return: 1, RefusedFact: domain.RefusedFact{
		Step: "write-off", Subject: key, System: "selvedge", Exception: f.Code, Problems: []domain.Refusal{{Code: f.Code, Value: f.Problems[0].Value}},
	}}))
	o.tell(domain.NewFact(domain.FactReturnAnswered, "skipped:"+key, "Ada", noon, domain.ReturnAnswer{Return: 1, AnswerFact: domain.AnswerFact{
		Action: "skip", Cause: domain.NewCause(domain.KindWriteOffDoubtful, "selvedge", key), By: "Ada", Reason: "one garment",
	}}))
}

// What finance called the garment of one report is no other garment's: nobody is asked of
// that report again.
func TestFinanceIsAskedOfAReportOnce(t *testing.T) {
	t.Parallel()
	t.Run("the entry came first, then two garments", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t, "post")
		o.owns(hillington)
		o.spoilt("x1", "")
		o.ran()
		o.refusedInDoubt("g1", o.returned(""))
		for range 5 {
			w, err := o.record(domain.ReturnPlan{Return: 1, Kind: domain.PlanWriteOff, Key: orderID.String() + "/r1/write-off/g1", Warehouse: hillington, SKU: "TEE", Reason: "ber", At: noon})
			require.NoError(t, err)
			require.Equal(t, []any{domain.StageDone, "7-write-off-000001"}, []any{w.Stage, w.Number}, "the entry stands for it")
		}
		require.NoError(t, o.returnedAs("g2", ""), "another garment, and the entry is of the first")
		o.ran()
		require.Len(t, o.posted(), 2)
		require.Empty(t, o.asked())
	})
	t.Run("the garment came first, then two entries", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t, "post")
		o.owns(hillington)
		require.NoError(t, o.returned(""))
		o.spoilt("x1", "")
		o.ran()
		require.Len(t, o.asked(), 1)
		require.Equal(t, 1, o.answer("skip", o.asked()[0]))
		o.spoilt("x2", "")
		o.ran()
		require.Empty(t, o.asked(), "the return's garment is the first entry's")
		require.Len(t, o.posted(), 2)
	})
}

// A person lets a document go on that its return asks about: the question is answered
// with it.
func TestWhoeverReleasesADocumentAnswersItsReturn(t *testing.T) {
	t.Parallel()
	const key = domain.DocumentKey("centra-cm-atelier_x2F10001_x2Fr1_x2Fcredit_x2Dmemo_x2F1")
	for action, want := range map[string]string{"retry": "retry", "override": "retry", "skip": "skip"} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, "post")
			o.shipAll()
			o.ledger.create = func(d domain.Document) (ports.LedgerEntry, error) {
				if d.Kind == domain.DocCreditMemo {
					return ports.LedgerEntry{}, &fault.Fault{Kind: fault.Rejected, System: "csv", Code: "locked", Message: "the account is locked"}
				}
				return o.ledger.Ledger.Create(t.Context(), d)
			}
			memo := credit(1, "")
			_, err := o.record(memo)
			require.Error(t, err)
			cause := domain.NewCause("return-document", "csv", memo.Key)
			open := []ports.ExceptionRecord{
				{Order: orderID, Return: 1, Kind: "return-document", Cause: cause, Subject: memo.Key, OpenedAt: o.now},
				{Order: orderID, Return: 1, Kind: "return-decision", Cause: "return-decision:other", Subject: "u", OpenedAt: o.now},
			}
			require.NoError(t, o.db.SyncReturnExceptions(t.Context(), orderID, 1, open, "", "", "", o.now))
			for range 2 { // pressed twice
				_, err := o.db.AnswerDocuments(t.Context(), ports.DocumentAnswer{Keys: []domain.DocumentKey{key}, Action: action, By: "Ada", Reason: "the account is open"}, o.now)
				require.NoError(t, err)
			}
			facts, err := o.db.Facts(t.Context(), orderID, 0)
			require.NoError(t, err)
			var answers []domain.ReturnAnswer
			for _, f := range facts {
				if f.Kind == domain.FactReturnAnswered {
					a, err := domain.Decode[domain.ReturnAnswer](f)
					require.NoError(t, err)
					answers = append(answers, a)
				}
			}
			require.Len(t, answers, 1, "of the question about this document alone")
			require.Equal(t, []any{1, cause, want, "Ada"}, []any{answers[0].Return, answers[0].Cause, answers[0].Action, answers[0].By})
			woken, err := o.db.Unseen(t.Context(), o.now.Add(1000*24*time.Hour), 10)
			require.NoError(t, err)
			require.Equal(t, []domain.OrderID{orderID}, woken, "its order is woken")
		})
	}
}
