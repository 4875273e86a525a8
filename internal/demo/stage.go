package demo

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"go.temporal.io/sdk/client"

	"selvedge/internal/assembly"
	"selvedge/internal/config"
	"selvedge/internal/devpg"
	"selvedge/internal/sampleday"
	"selvedge/internal/telemetry"
)

// Stage is a sample day for somebody who runs the servers and processes himself, such
// as the fault soak: the simulators, what the processes must be told, the preparation
// and the outcome, without worker and doors.
type Stage struct {
	w    *world
	stop context.CancelFunc
}

// Standing is where one order stands and where it should end.
type Standing = outcomeOrder

// NewStage draws the day and starts the simulators. Orders appear within the spread;
// of the options Orders, Seed, Weather and JSON count, and Temporal, the server's address.
func NewStage(o Options, spread time.Duration, pg *devpg.Cluster) (*Stage, error) {
	o = o.complete()
	day, err := sampleday.Generate(sampleday.Options{Orders: o.Orders, Seed: o.Seed, TrackingWait: trackingWait, Spread: spread})
	if err != nil {
		return nil, err
	}
	w := &world{o: o, day: day, pg: pg}
	if w.sims, err = startSimulators(o, day); err != nil {
		return nil, err
	}
	w.atClose(w.sims.close)
	return &Stage{w: w, stop: func() {}}, nil
}

// Environment is all that worker and serve must be told; the caller may change it.
func (s *Stage) Environment() map[string]string { return s.w.environment() }

// Simulators returns where each simulator's control API is found, without /_sim.
func (s *Stage) Simulators() map[string]string {
	return map[string]string{"centra": s.w.sims.centraURL, "acs": strings.TrimSuffix(s.w.sims.acsURL, "/partner/v1")}
}

// Client is a connection to Temporal; it is there after Prepare.
func (s *Stage) Client() client.Client { return s.w.client }

// Prepare makes schema, search attributes, rules and schedules stand, and logs to a file.
func (s *Stage) Prepare(ctx context.Context, logFile string) error {
	w := s.w
	c, err := config.FromMap(w.environment(), config.Database, config.Systems)
	if err != nil {
		return err
	}
	logs, err := os.Create(logFile)
	if err != nil {
		return fmt.Errorf("make the log: %w", err)
	}
	w.atClose(func() { _ = logs.Close() })
	w.log = telemetry.NewFileLogger(logs)
	if w.client, err = client.Dial(client.Options{HostPort: w.temporalAddress(), Logger: telemetry.TemporalLogger(w.log), ConnectionOptions: telemetry.Connection()}); err != nil {
		return fmt.Errorf("connect to Temporal at %s: %w", w.temporalAddress(), err)
	}
	w.atClose(w.client.Close)
	if w.parts, err = assembly.Open(ctx, c, w.log); err != nil {
		return err
	}
	w.atClose(w.parts.Close)
	if err := w.prepare(ctx); err != nil {
		return err
	}
	_, err = w.parts.ApplySchedules(ctx, w.client)
	return err
}

// Begin seeds the simulators, whose webhooks go to the doors, and lets people do in
// the shop what the day says.
func (s *Stage) Begin(ctx context.Context, doors string) error {
	s.w.began = time.Now()
	if err := s.w.sims.begin(ctx, s.w.day, doors); err != nil {
		return err
	}
	playing, stop := context.WithCancel(ctx)
	s.stop = stop
	go s.w.sims.play(playing, s.w.day.Script, s.w.began)
	return nil
}

// ScriptEnd is when the last person does the last thing, since Begin.
func (s *Stage) ScriptEnd() time.Duration { return s.w.scriptEnd() }

// Look reads where every order stands.
func (s *Stage) Look(ctx context.Context) ([]Standing, error) {
	o, err := s.w.look(ctx)
	return o.Orders, err
}

// AsPlanned tells whether the order is where the plan says, for the planned reason.
func (o outcomeOrder) AsPlanned() bool { return o.State == o.PlannedEnd && o.forPlannedReason() }

// Plan returns the day's plan.
func (s *Stage) Plan() []sampleday.PlannedOrder { return s.w.day.Plan }

// Save writes the outcome and each simulator's state, with a plan changed by what was
// done to the orders meanwhile.
func (s *Stage) Save(ctx context.Context, replan func(Standing) Standing) error {
	o, err := s.w.look(ctx)
	if err != nil {
		return err
	}
	for i := range o.Orders {
		o.Orders[i] = replan(o.Orders[i])
	}
	return s.w.save(o)
}

// Refused lists what people wanted in the shop and were refused.
func (s *Stage) Refused() []string { return s.w.sims.skipped }

// Close ends simulators and connections.
func (s *Stage) Close() {
	s.stop()
	s.w.close()
}
