package lifecycle

import (
	"strings"
	"time"

	"selvedge/internal/domain"
)

// said is what facts tell of refusals, answers and money: what decides, beside the
// goods, what is due.
type said struct {
	refused    map[refusedStep]refusal
	tried      map[string]int64 // cause → sequence of the newest answer that asks for another try
	skipped    map[string]int64 // cause → sequence of the newest skip
	triedAll   int64            // sequence of the newest retry of everything
	captured   *domain.CapturedFact
	capturedAt time.Time
	// capturedSequence is that of the newest CapturedFact.
	capturedSequence int64
	released         bool
}

type refusedStep struct {
	step    domain.Step
	subject string
}

type refusal struct {
	domain.RefusedFact
	sequence int64
}

// retried is the sequence at which a person last asked for another try of what a
// cause stopped.
func (s said) retried(cause string) int64 { return max(s.triedAll, s.tried[cause]) }

func read(facts []domain.Fact) (said, error) {
	s := said{refused: map[refusedStep]refusal{}, tried: map[string]int64{}, skipped: map[string]int64{}}
	for _, f := range facts {
		var err error
		switch f.Kind {
		case domain.FactRefused:
			err = take(f, func(r domain.RefusedFact) {
				if at := (refusedStep{r.Step, r.Subject}); s.refused[at].sequence <= f.Sequence {
					s.refused[at] = refusal{r, f.Sequence}
				}
			})
		case domain.FactAnswered:
			err = take(f, func(a domain.AnswerFact) { s.answer(a, f.Sequence) })
		case domain.FactCaptured:
			err = take(f, func(c domain.CapturedFact) {
				if f.Sequence >= s.capturedSequence {
					s.captured, s.capturedAt, s.capturedSequence = &c, f.At, f.Sequence
				}
			})
		case domain.FactReleased:
			s.released = true
		}
		if err != nil {
			return said{}, err
		}
	}
	return s, nil
}

func take[T any](f domain.Fact, use func(T)) error {
	v, err := domain.Decode[T](f)
	if err == nil {
		use(v)
	}
	return err
}

func (s *said) answer(a domain.AnswerFact, sequence int64) {
	switch a.Action {
	case "skip":
		s.skipped[a.Cause] = max(s.skipped[a.Cause], sequence)
	case "withdraw-order": // see domain.Withdrawal
	default: // retry, override
		if a.Cause == "" {
			s.triedAll = max(s.triedAll, sequence)
		} else {
			s.tried[a.Cause] = max(s.tried[a.Cause], sequence)
		}
	}
}

// most is how many questions one refusal makes: each becomes an entry of a search attribute.
const most = 5

// questions makes one question of each distinct reason, grouped by code, item,
// attribute and value, so that mending one cause finds every order that waits on it.
// Beyond a handful the rest stand in the last one.
func (r refusal) questions(id domain.OrderID) []domain.Question {
	if len(r.Problems) == 0 {
		return []domain.Question{r.question(domain.NewCause(r.Exception, compact(r.System, id.String())...))}
	}
	var out []domain.Question
	at := map[string]int{}
	for _, p := range r.Problems {
		if p.Value == p.SKU {
			p.Value = "" // an item that is unknown is named once
		}
		cause := domain.NewCause(r.Exception, compact(r.System, p.Code, p.SKU, p.Attribute, p.Value)...)
		i, known := at[cause]
		if !known {
			if i = len(out); i == most {
				i--
			} else {
				out = append(out, r.question(cause))
			}
			at[cause] = i
		}
		out[i].Problems = append(out[i].Problems, p)
	}
	return out
}

func (r refusal) question(cause string) domain.Question {
	return domain.Question{Kind: r.Exception, Step: r.Step, Subject: r.Subject, Cause: cause}
}

// compact drops empty details; a code that holds spaces only is empty too.
func compact(details ...string) []string {
	var out []string
	for _, d := range details {
		if strings.TrimSpace(d) != "" {
			out = append(out, d)
		}
	}
	return out
}
