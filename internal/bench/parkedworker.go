package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"time"

	"go.temporal.io/sdk/activity"
	sdk "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"selvedge/internal/assembly"
	"selvedge/internal/config"
	"selvedge/internal/contract"
	"selvedge/internal/telemetry"
	"selvedge/workflows"
)

// A parked worker is the product's worker without anything to do but remember: the same
// workflows, options, log and metrics, and no systems. It is a process of its own, so
// that its memory is nobody else's.
const (
	parkedWorker   = "parked-worker"
	parkedOrder    = "order"
	parkedBare     = "bare"
	parkedBareType = "ParkedBare"
)

// ParkedBare is the floor of what can wait: nothing but a signal's channel.
func ParkedBare(ctx workflow.Context) error {
	for signals := workflow.GetSignalChannel(ctx, contract.SignalFact); ; {
		signals.Receive(ctx, nil)
	}
}

// weight is what a process holds once all that nobody needs is gone, in bytes.
type weight struct {
	Heap       int64 `json:"heap"`
	Stacks     int64 `json:"stacks"`
	Goroutines int   `json:"goroutines"`
}

// parkedSettings are what the parent tells a parked worker.
type parkedSettings struct {
	Kind  string              `json:"kind"`
	Cache int                 `json:"cache"`
	Found contract.Assessment `json:"found"` // what each look finds
	// Profile is a file for a heap profile of each weighing; empty makes none.
	Profile string `json:"profile,omitempty"`
}

// runParkedWorker polls until its standard input ends. Each line there asks for its weight.
func runParkedWorker(settings string) error {
	var s parkedSettings
	if err := json.Unmarshal([]byte(settings), &s); err != nil {
		return fmt.Errorf("settings of a parked worker: %w", err)
	}
	if s.Profile != "" {
		runtime.MemProfileRate = 512 // every allocation of the size of a small struct and above
	}
	w, end, err := s.worker()
	if err != nil {
		return err
	}
	defer end()
	if err := w.Start(); err != nil {
		return err
	}
	defer w.Stop()
	out := json.NewEncoder(os.Stdout)
	for asked := bufio.NewScanner(os.Stdin); asked.Scan(); {
		w := weigh()
		if err := s.profile(); err != nil { // before the answer: after the last one this process is ended
			return err
		}
		if err := out.Encode(w); err != nil {
			return err
		}
	}
	return nil
}

func (s parkedSettings) worker() (w sdk.Worker, end func(), err error) {
	c, err := config.FromMap(map[string]string{})
	if err != nil {
		return nil, nil, err
	}
	log, err := telemetry.NewLogger("warn")
	if err != nil {
		return nil, nil, err
	}
	metrics, err := telemetry.NewMetrics()
	if err != nil {
		return nil, nil, err
	}
	temporal, err := telemetry.Dial(log, metrics)
	if err != nil {
		return nil, nil, err
	}
	assembly.TuneMemory()
	sdk.SetStickyWorkflowCacheSize(s.Cache)
	options := assembly.WorkerOptions(contract.QueueOrders, c.Selvedge)
	options.DeadlockDetectionTimeout = time.Minute // a machine that is busy makes nobody heavier
	w = sdk.New(temporal, contract.QueueOrders, options)
	w.RegisterWorkflowWithOptions(ParkedBare, workflow.RegisterOptions{Name: parkedBareType})
	workflows.Register(w)
	w.RegisterActivityWithOptions(func(context.Context, contract.AssessInput) (contract.Assessment, error) { return s.Found, nil }, activity.RegisterOptions{Name: "AssessOrder"})
	return w, temporal.Close, nil
}

// weigh collects what nobody needs and counts the rest. Each collection halves the stacks
// that are too large for what stands on them.
func weigh() weight {
	for range 4 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return weight{Heap: int64(m.HeapAlloc), Stacks: int64(m.StackInuse), Goroutines: runtime.NumGoroutine()}
}

func (s parkedSettings) profile() error {
	if s.Profile == "" {
		return nil
	}
	f, err := os.Create(s.Profile)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // an error of the last write shows in the reader
	return pprof.Lookup("heap").WriteTo(f, 0)
}
