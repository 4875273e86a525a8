package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"selvedge/internal/assembly"
	"selvedge/internal/config"
	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/mapping"
	"selvedge/internal/preview"
	"selvedge/internal/store"
)

// saving is one change of rules, and what is done with the orders that it frees.
type saving struct {
	rules          []domain.Rule
	author, reason string
	seen           int64 // the rules' version that was looked at; negative when nobody says
	json, resume   bool
}

// savedShown is the outcome in --json with --resume.
type savedShown struct {
	Rules   []domain.Rule `json:"rules"`
	Resumed []resumed     `json:"resumed"`
}

// run saves, says what changed, and which orders can go on now: it frees them, or
// prints the command that does. The store makes no version of what is in force already.
func (w saving) run(ctx context.Context, s streams) error {
	author, err := person(w.author)
	if err != nil {
		return err
	}
	if err := required([2]string{"reason", w.reason}); err != nil {
		return err
	}
	db, c, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	warnOfScopes(s.err, c, w.rules)
	free, known := freed(ctx, s, w.rules) // before they are saved: what they change is known then
	if w.resume && !known {
		return fmt.Errorf("nothing was saved: --resume needs the settings of shop and warehouses, to know which orders the rules free; save without it, then `starter exceptions resume`")
	}
	saved, err := w.save(ctx, db, author)
	if err != nil {
		return err
	}
	replaced, err := db.RulesReplaced(ctx, saved)
	if err != nil {
		return err
	}
	if !w.json {
		sayWhatWasSaved(s, saved)
	}
	sayWhatWasReplaced(s, replaced)
	if !w.resume {
		if w.json {
			return mapping.WriteRulesJSON(s.out, saved)
		}
		sayHowToResume(s, free, known, len(saved) > 0, w.reason)
		return nil
	}
	outcome := savedShown{Rules: saved, Resumed: []resumed{}}
	if outcome.Rules == nil {
		outcome.Rules = []domain.Rule{}
	}
	outcome.Resumed, err = w.resumeAll(ctx, s, db, c, free, author)
	if w.json {
		if err := printJSON(s.out, outcome); err != nil {
			return err
		}
	}
	return err
}

// save refuses, where somebody says what was looked at, to undo a change made since.
func (w saving) save(ctx context.Context, db *store.Store, author string) ([]domain.Rule, error) {
	if w.seen < 0 {
		return db.SaveRules(ctx, w.rules, author, w.reason, time.Now())
	}
	saved, err := db.SaveRulesSince(ctx, w.rules, w.seen, author, w.reason, time.Now())
	if fault.Is(err, fault.Conflict) {
		return nil, fmt.Errorf("nothing was saved: %w", err)
	}
	return saved, err
}

// sayWhatWasReplaced names whose word a change put aside: it may have been a colleague's
// of a moment ago. It goes beside the output, so that --json stays what it is.
func sayWhatWasReplaced(s streams, replaced []domain.Rule) {
	for i, r := range replaced {
		if i == mostReplaced {
			fmt.Fprintf(s.err, "starter: note: and %d more; `starter rules history` shows each.\n", len(replaced)-i)
			return
		}
		fmt.Fprintf(s.err, "starter: note: replaced version %d of %s %q, which said %q: by %s on %s, %s\n",
			r.Version, r.Table, r.From, r.To, r.Author, when(r.At), or(r.Reason, "without a reason"))
	}
}

// mostReplaced is how many replaced rules are named one by one.
const mostReplaced = 20

// freed lists the causes whose orders can go on under the rules; known is false when
// that cannot be told without the settings of shop and warehouses.
func freed(ctx context.Context, s streams, rules []domain.Rule) (causes []*preview.Cause, known bool) {
	if _, err := config.Load(config.Database, config.Systems); err != nil {
		return nil, false
	}
	effect, err := previewed(ctx, s, rules, assembly.PreviewOptions{Orders: 1}) // those that wait always are
	if err != nil {
		fmt.Fprintf(s.err, "starter: note: what the rules free could not be told: %v\n", err)
		return nil, false
	}
	for _, cause := range slices.Concat(effect.Frees, effect.Ready) {
		if cause.Orders > 0 {
			causes = append(causes, cause)
		}
	}
	return causes, true
}

func sayWhatWasSaved(s streams, saved []domain.Rule) {
	if len(saved) == 0 {
		fmt.Fprintln(s.out, "Nothing changed: this is in force already.")
		return
	}
	printRules(s.out, saved, false)
	fmt.Fprintf(s.out, "Saved %s.\n", plural(len(saved), "rule"))
}

// sayHowToResume prints the exact commands that free what the rules mended.
func sayHowToResume(s streams, free []*preview.Cause, known, changed bool, reason string) {
	switch {
	case !known && changed:
		fmt.Fprintln(s.out, "Orders that waited for this: `starter exceptions list`, then `starter exceptions resume`.")
	case known && len(free) == 0 && changed:
		fmt.Fprintln(s.out, "No order waits for this.")
	}
	for _, cause := range free {
		fmt.Fprintf(s.out, "%s can go on now, worth %s:\n  starter exceptions resume --cause %s --reason %s\n",
			plural(cause.Orders, "order"), money(cause.Money), quoted(cause.Cause), quoted(reason))
	}
}

// resumeAll frees the causes one after the other and says what came of each.
func (w saving) resumeAll(ctx context.Context, s streams, db *store.Store, c config.Config, free []*preview.Cause, by string) ([]resumed, error) {
	outcomes := []resumed{}
	if len(free) == 0 {
		if !w.json {
			fmt.Fprintln(s.out, "No order waits for this.")
		}
		return outcomes, nil
	}
	temporal, err := openTemporal(c)
	if err != nil {
		return outcomes, err
	}
	defer temporal.Close()
	for _, cause := range free {
		outcome, err := resumeCause(ctx, s, db, temporal, contract.ResumeInput{Cause: cause.Cause, By: by, Reason: w.reason}, 10*time.Minute)
		if err != nil {
			return outcomes, err
		}
		outcomes = append(outcomes, outcome)
		if w.json {
			continue
		}
		if err := outcome.print(s, false); err != nil {
			return outcomes, err
		}
	}
	return outcomes, nil
}
