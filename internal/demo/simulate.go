package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// Simulate serves the simulators with a sample day, as a sandbox for a worker that
// runs elsewhere, until the context ends. Webhooks go to doors, the address of
// `starter serve`; empty sends none, and the event queue and the feed bring everything.
// It prints what the worker must be told, and saves the day's rules for `starter rules import`.
func Simulate(ctx context.Context, o Options, doors, rulesFile string) error {
	o = o.complete()
	day, err := o.day()
	if err != nil {
		return err
	}
	s, err := startSimulators(o, day)
	if err != nil {
		return err
	}
	defer s.close()
	for _, name := range sortedKeys(s.environment()) {
		fmt.Fprintf(o.Out, "%s=%s\n", name, s.environment()[name])
	}
	if rulesFile != "" {
		rules, err := json.MarshalIndent(day.Rules, "", "  ")
		if err != nil {
			return fmt.Errorf("write the day's rules: %w", err)
		}
		if err := os.WriteFile(rulesFile, append(rules, '\n'), 0o600); err != nil {
			return fmt.Errorf("write the day's rules: %w", err)
		}
		fmt.Fprintf(o.Err, "The day's rules are in %s; give them to the store with `starter rules import`.\n", rulesFile)
	}
	began := time.Now()
	if err := s.begin(ctx, day, doors); err != nil {
		return err
	}
	fmt.Fprintf(o.Err, "%d orders appear in the shop in %s weather. Press Ctrl-C to stop.\n", len(day.Plan), o.Weather)
	go s.play(ctx, day.Script, began)
	<-ctx.Done()
	return nil
}
