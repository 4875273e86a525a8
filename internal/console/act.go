package console

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// refusal is a no with its reason in plain words, for the person who asked.
type refusal struct{ reason string }

func (r refusal) Error() string { return r.reason }

func refuse(format string, args ...any) error { return refusal{fmt.Sprintf(format, args...)} }

// longestReason bounds what people write.
const longestReason = 500

// actTime bounds one act, so that its outcome is written while somebody still waits.
const actTime = 20 * time.Second

// act does something once and records who did it, when, why and what came of it. The
// form's command makes it one act: sent again, the outcome of the first is shown.
func (v *visit) act(a ports.Act, do func(context.Context) (string, error)) {
	a.At, a.Actor, a.Command = v.now(), v.who.Name, strings.TrimSpace(v.r.PostFormValue("command"))
	if a.Reason == "" {
		a.Reason = v.field("reason")
	}
	switch {
	case a.Command == "" || len(a.Command) > 64:
		v.outcome = outcome{ports.ActRefused, "This form has no command. Load the page again and repeat what you did; nothing was changed."}
		return
	case len(a.Reason) > longestReason:
		v.outcome = outcome{ports.ActRefused, fmt.Sprintf("The reason is longer than %d characters: shorten it. Nothing was changed.", longestReason)}
		return
	}
	// Once recorded, an act is carried through even when its browser goes away.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.ctx()), actTime)
	defer cancel()
	act, begun, err := v.c.o.Audit.BeginAct(ctx, a)
	for err == nil && !begun && act.Outcome == ports.ActRefused && act.Act == a.Act && act.Target == a.Target {
		// What was refused changed nothing, so the same form mended is an act of its own.
		a.Command = fmt.Sprintf("%s.%d", a.Command, act.ID)
		act, begun, err = v.c.o.Audit.BeginAct(ctx, a)
	}
	if err != nil {
		v.c.o.Log("an act could not be recorded, so it was not done", "act", a.Act, "error", err)
		v.outcome = outcome{ports.ActFailed, "The database does not answer, so nothing was done. Try again in a moment."}
		return
	}
	if !begun && v.before(ctx, act, a) {
		return
	}
	v.outcome = told(do(ctx))
	if v.outcome.Kind == ports.ActFailed {
		v.c.o.Log("an act failed", "act", a.Act, "target", a.Target, "text", v.outcome.Text)
	}
	if err := v.c.o.Audit.EndAct(context.WithoutCancel(ctx), act.ID, v.outcome.Kind, v.outcome.Text, v.now()); err != nil {
		v.c.o.Log("what came of an act could not be recorded", "act", a.Act, "error", err)
	}
}

// before answers a form that was sent before with what came of it. It waits a little
// for one that is under way; one that never ended is done again, which is harmless for
// every act of ours.
func (v *visit) before(ctx context.Context, act, a ports.Act) bool {
	if act.Act != a.Act || act.Target != a.Target {
		v.outcome = outcome{ports.ActRefused, "This form was used for something else before. Load the page again and repeat what you did; nothing was changed."}
		return true
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for range 50 {
		if act.Outcome != ports.ActBegun {
			v.outcome = outcome{act.Outcome, "This was sent before and counts once: " + act.Message}
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
		again, _, err := v.c.o.Audit.BeginAct(ctx, a)
		if err != nil {
			return false
		}
		act = again
	}
	return false
}

// told puts what came of an act into words.
func told(message string, err error) outcome {
	var no refusal
	switch f, _ := fault.As(err); {
	case err == nil:
		return outcome{ports.ActDone, message}
	case errors.As(err, &no):
		return outcome{ports.ActRefused, no.reason}
	case f != nil && (f.Kind == fault.Invalid || f.Kind == fault.Conflict || f.Kind == fault.NotFound || f.Kind == fault.Rejected):
		text := f.Message
		for _, p := range f.Problems {
			text += "; " + p.Message
		}
		return outcome{ports.ActRefused, sentence(text)}
	case f != nil && f.Kind == fault.Unavailable:
		return outcome{ports.ActFailed, sentence(f.System + " does not answer: " + f.Message + ". Try again in a moment")}
	}
	return outcome{ports.ActFailed, sentence(err.Error())}
}

// field is a field of the form without blanks around it.
func (v *visit) field(name string) string { return strings.TrimSpace(v.r.PostFormValue(name)) }

func sentence(s string) string {
	s = strings.TrimRight(strings.TrimSpace(s), ".")
	if s == "" {
		return s
	}
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:] + "."
}
