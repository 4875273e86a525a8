package domain

// KindWithdrawnReleased is the question about a withdrawn order whose hold somebody has
// lifted in the shop.
const KindWithdrawnReleased = "withdrawn-released"

// NoteWithdrawn is the subject of the note that a withdrawn order is held in the shop.
const NoteWithdrawn = "withdrawn"

// Withdrawal is what facts tell of an order that a person has called back.
type Withdrawal struct {
	At        int64 // sequence of the newest withdrawal; 0 = none
	HeldAt    int64 // sequence of the newest word that it is held in the shop for it
	TakenBack bool
}

// Stands tells whether a person withdrew the order and nobody took that back.
func (w Withdrawal) Stands() bool { return w.At > 0 && !w.TakenBack }

// WithdrawalOf reads the withdrawal of an order. A person takes the newest one back by a
// retry of the question that follows a lifted hold, or by one of everything that came
// after the shop's order had changed once more. A retry of everything before that was
// meant for something else.
func WithdrawalOf(id OrderID, facts []Fact) (w Withdrawal, err error) {
	var contents []int64
	var retried, triedAll int64
	released := NewCause(KindWithdrawnReleased, id.String())
	for _, f := range facts {
		switch f.Kind {
		case FactContent:
			contents = append(contents, f.Sequence)
		case FactNoted:
			n, err := Decode[NotedFact](f)
			if err != nil {
				return w, err
			}
			if n.Subject == NoteWithdrawn {
				w.HeldAt = max(w.HeldAt, f.Sequence)
			}
		case FactAnswered:
			a, err := Decode[AnswerFact](f)
			if err != nil {
				return w, err
			}
			switch {
			case a.Action == "withdraw-order":
				w.At = max(w.At, f.Sequence)
			case a.Action == "skip":
			case a.Cause == "":
				triedAll = max(triedAll, f.Sequence)
			case a.Cause == released:
				retried = max(retried, f.Sequence)
			}
		}
	}
	w.TakenBack = retried > w.At
	for _, changed := range contents {
		w.TakenBack = w.TakenBack || w.HeldAt >= w.At && w.HeldAt < changed && changed < triedAll
	}
	return w, nil
}
