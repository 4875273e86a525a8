package workflows_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"
	"pgregory.net/rapid"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
)

// reach is how the world reaches its order: in the test environment or on a server.
type reach interface {
	signal(name string, payload any)
	resolve(r contract.Resolution) *answered
}

// model is a small world behind one order: parcels that leave at any time, a shop that
// is away, refuses or says nothing, people who click whatever they like.
type model struct {
	reach    reach
	sequence int64
	open     []string             // subjects that still have to be written
	refused  map[string]bool      // subjects that wait for a person
	outcomes []string             // of the steps, in order; then all succeed
	named    []contract.Step      // due as of the last assessment
	recorded map[string]bool      // answers that reached the facts
	given    map[string]*answered // what the order said to an answer, by its command
	taken    map[string]int
	over     bool // nothing new comes
	closed   bool
	wrong    []string
}

func (m *model) assessment() contract.Assessment {
	at := contract.Assessment{Sequence: m.sequence, State: domain.Accepted}
	for _, subject := range m.open {
		if m.refused[subject] {
			at.Questions = append(at.Questions, domain.Question{Kind: "write-back-refused", Cause: "write-back-refused:" + subject, Subject: subject})
		} else {
			at.Due = append(at.Due, step(domain.StepShip, subject))
		}
	}
	if at.Ended = m.over && len(m.open) == 0; at.Ended {
		at.State, at.CloseAt = domain.ReturnWindow, dawn
	}
	m.named = at.Due
	return at
}

func (m *model) assess(in contract.AssessInput) (contract.Assessment, error) {
	for _, a := range in.Answers {
		if !m.recorded[a.CommandID] {
			m.sequence++
		}
		m.recorded[a.CommandID] = true
		for subject := range m.refused {
			if a.Action == contract.ActionRetry || a.Exception == "write-back-refused:"+subject {
				delete(m.refused, subject)
			}
		}
	}
	return m.assessment(), nil
}

func (m *model) take(_ string, in contract.StepInput) (contract.Assessment, error) {
	subject := in.Step.Subject
	if !slices.ContainsFunc(m.named, func(s contract.Step) bool { return s.Subject == subject }) {
		m.wrong = append(m.wrong, "took "+subject+", which the last assessment did not name")
	}
	outcome := "done"
	if len(m.outcomes) > 0 && !m.over {
		outcome, m.outcomes = m.outcomes[0], m.outcomes[1:]
	}
	switch outcome {
	case "refused":
		m.sequence++
		m.refused[subject] = true
		return contract.Assessment{}, refusal("centra")
	case "away":
		return contract.Assessment{}, misconfigured("centra")
	case "nothing":
		return m.assessment(), nil
	}
	m.sequence++
	m.taken[subject]++
	m.open = slices.DeleteFunc(m.open, func(s string) bool { return s == subject })
	return m.assessment(), nil
}

func (m *model) close(in contract.CloseInput) (contract.CloseResult, error) {
	m.closed = in.Sequence == m.sequence && m.over && len(m.open) == 0
	if in.Sequence == m.sequence && !m.closed {
		m.wrong = append(m.wrong, "asked to close an order that has not ended")
	}
	return contract.CloseResult{Closed: m.closed}, nil
}

// happen does one thing from outside.
func (m *model) happen(what string, n int) {
	switch what {
	case "parcel":
		m.sequence++
		m.open = append(m.open, fmt.Sprintf("SH%d", n))
		m.reach.signal(contract.SignalFact, contract.FactSignal{Sequence: m.sequence})
	case "echo":
		m.reach.signal(contract.SignalFact, contract.FactSignal{})
	case "retry":
		m.reach.signal(contract.SignalRetry, nil)
	case "released":
		m.reach.signal(contract.SignalReleased, contract.ReleasedSignal{System: "centra"})
	default: // an action, by the update
		r := contract.Resolution{Action: contract.Action(what), Reason: "because", CommandID: fmt.Sprintf("c%d", n)}
		m.given[r.CommandID] = m.reach.resolve(r)
	}
}

// story is what happens to one order: how its steps come out, and what comes from
// outside, each so long after the one before (an index into a scale of waits).
type story struct {
	outcomes []string
	events   []event
}

type event struct {
	what string
	wait int
}

// scale is how many different waits there are between events; the first two are none.
const scale = 5

var stories = rapid.Custom(func(r *rapid.T) story {
	return story{
		outcomes: rapid.SliceOfN(rapid.SampledFrom([]string{"done", "refused", "away", "nothing"}), 0, 12).Draw(r, "outcomes"),
		events: rapid.SliceOfN(rapid.Custom(func(r *rapid.T) event {
			return event{
				what: rapid.SampledFrom([]string{"parcel", "echo", "retry", "released", "retry", "skip", "withdraw-order"}).Draw(r, "what"),
				wait: rapid.IntRange(0, scale-1).Draw(r, "wait"),
			}
		}), 0, 20).Draw(r, "events"),
	}
})

func (s story) parcels() int {
	n := 0
	for _, e := range s.events {
		if e.what == "parcel" {
			n++
		}
	}
	return n
}

func TestWhateverHappensAnOrderStaysInStep(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		s := stories.Draw(r, "story")
		// Before which events the server suggests that the run hands over to a new one.
		suggested := rapid.SliceOfNDistinct(rapid.IntRange(0, 20), 0, 4, rapid.ID[int]).Draw(r, "suggested")
		m := newModel(s, nil)
		told := &telling{story: s, model: m, told: map[int]bool{}, suggested: slices.Clone(suggested)}
		in := contract.OrderInput{Order: orderID}
		for run := 0; ; run++ {
			require.LessOrEqual(r, run, len(suggested), "an order goes on as a new run only where that is suggested")
			d := newDesk(t)
			if !told.play(d, in) {
				require.NoError(r, d.env.GetWorkflowError())
				break
			}
			in = d.continued()
		}
		m.requireInStep(r, s.parcels())
	})
}

// telling is how far a story has been told, over all runs of its order.
type telling struct {
	story     story
	model     *model
	suggested []int
	told      map[int]bool  // events; two of one moment come in any order
	now       time.Duration // since the story began
	ended     int           // closing events that were told
}

// play tells the rest of the story to one run, and tells whether the run handed over.
func (a *telling) play(d *desk, in contract.OrderInput) (handedOver bool) {
	// Many things happen at the same moment, others half a day later.
	waits := [scale]time.Duration{0, 0, time.Second, 40 * time.Second, 13 * time.Hour}
	m := a.model
	m.reach = atDesk{d}
	d.assess, d.step, d.closing = m.assess, m.take, m.close
	d.env.SetStartTime(dawn.Add(a.now))
	began, at := a.now, time.Duration(0)
	for n, e := range a.story.events {
		if a.told[n] {
			continue
		}
		at += waits[e.wait]
		moment := at
		d.at(at, func() {
			a.told[n], a.now = true, began+moment
			d.env.SetContinueAsNewSuggested(slices.Contains(a.suggested, n))
			a.suggested = slices.DeleteFunc(a.suggested, func(s int) bool { return s == n })
			m.happen(e.what, n)
		})
	}
	closing := func(step int, after time.Duration, happen ...string) {
		if a.ended > step {
			return
		}
		d.at(at+after, func() {
			a.ended = step + 1
			d.env.SetContinueAsNewSuggested(false)
			m.over = true
			for _, what := range happen {
				m.happen(what, 0)
			}
		})
	}
	closing(0, time.Hour, "retry", "released")
	closing(1, 3*time.Hour, "echo")
	d.start(in)
	var next *workflow.ContinueAsNewError
	return errors.As(d.env.GetWorkflowError(), &next)
}

// atDesk reaches an order in the test environment.
type atDesk struct{ *desk }

func (d atDesk) signal(name string, payload any) { d.env.SignalWorkflow(name, payload) }

func newModel(s story, to reach) *model {
	return &model{
		reach: to, sequence: 1, outcomes: s.outcomes,
		refused: map[string]bool{}, recorded: map[string]bool{}, taken: map[string]int{}, given: map[string]*answered{},
	}
}

// requireInStep demands that all came out as it should, once the order has closed.
func (m *model) requireInStep(t require.TestingT, parcels int) {
	require.Empty(t, m.wrong)
	require.True(t, m.closed)
	require.Len(t, m.taken, parcels, "each parcel is written")
	for subject, n := range m.taken {
		require.Equal(t, 1, n, subject)
	}
	for command, said := range m.given {
		require.True(t, said.done || said.reject != nil, "answer %s was neither taken nor refused", command)
		require.Equal(t, said.done, m.recorded[command], "answer %s", command)
	}
}
