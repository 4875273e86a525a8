package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"selvedge/internal/config"
)

// weighed is how many workflows are in memory while one is weighed.
const weighed = 2000

// wokenEach is how many are woken to see how long it takes.
const wokenEach = 200

// flatWithin is how much more memory a worker may take with many times as many open orders
// as it keeps than with twice as many: collections come when they come.
const flatWithin = 1.15

// parked weighs what waits: a workflow that does nothing, an order at the two places at
// which orders stand longest, and what becomes of a worker that has more of them open than
// it keeps. The tasks come from recorded histories, without a server's database.
//
// Three quarters of an order are the SDK's, by heap profiles of version 1.50 (BENCH_PROFILE):
// 8 KB are the stack of its one goroutine, which is called through reflection, whose frame
// alone is 1.4 KB, and Go halves a stack only when a quarter of it is enough; 2.4 KB are copies of
// the workflow's options on its context. Of ours, 2.4 KB are five signals and two handlers
// with what people read about them, 2 KB the return window's timer, 1 KB what it remembers.
func parked(ctx context.Context, o options) ([]figure, error) {
	kinds, err := recorded(o.recordings)
	if err != nil {
		return nil, err
	}
	var figures []figure
	var floor weighing
	for _, r := range kinds {
		w, err := r.weigh(ctx, o, weighed)
		if err != nil {
			return figures, fmt.Errorf("%s: %w", r.what, err)
		}
		if r.kind == parkedBare {
			floor = w
		}
		figures = append(figures,
			figure{what: r.what + ": in use", measured: w.String(), floor: floor.String() + " bare", ratio: w.live() / floor.live()},
			promise(r.what+": as the system counts it", w.resident, kilobytesPromised, fmt.Sprintf("KB (bare: %.1f)", floor.resident)))
	}
	more, err := kinds[len(kinds)-1].overflow(ctx, o)
	return append(figures, more...), err
}

// weighing is what one workflow takes, in KB.
type weighing struct {
	heap, stacks, resident float64
	goroutines             float64
}

func (w weighing) live() float64 { return w.heap + w.stacks }

func (w weighing) String() string {
	return fmt.Sprintf("%.1f KB (%.1f heap, %.1f stack, %s goroutine)", w.live(), w.heap, w.stacks, number(w.goroutines))
}

// weigh puts some into memory and divides.
func (r recording) weigh(ctx context.Context, o options, some int) (weighing, error) {
	p, err := r.start(ctx, some+1000, o.profiles)
	if err != nil {
		return weighing{}, err
	}
	defer p.close()
	const before = 500 // all code and connections are there, and as much garbage as a worker always lets lie
	if err := p.park(0, before); err != nil {
		return weighing{}, err
	}
	empty, err := p.weigh()
	if err != nil {
		return weighing{}, err
	}
	began, err := resident(p.pid)
	if err != nil {
		return weighing{}, err
	}
	if err := p.park(before, before+some); err != nil {
		return weighing{}, err
	}
	ended, err := resident(p.pid) // before weighing: as it is, not as it could be
	if err != nil {
		return weighing{}, err
	}
	full, err := p.weigh()
	if err != nil {
		return weighing{}, err
	}
	each := func(bytes int64) float64 { return float64(bytes) / 1024 / float64(some) }
	return weighing{
		heap: each(full.Heap - empty.Heap), stacks: each(full.Stacks - empty.Stacks), resident: each(ended - began),
		goroutines: float64(full.Goroutines-empty.Goroutines) / float64(some),
	}, nil
}

// overflow opens many more orders than the worker keeps as it is set by itself, and wakes
// some that it forgot.
func (r recording) overflow(ctx context.Context, o options) ([]figure, error) {
	usual, err := config.FromMap(map[string]string{})
	if err != nil {
		return nil, err
	}
	kept := usual.Selvedge.CacheSize
	p, err := r.start(ctx, kept, "")
	if err != nil {
		return nil, err
	}
	defer p.close()
	var at []int64
	opened := 0
	for _, open := range []int{kept, 2 * kept, max(o.beyond, 2*kept)} {
		if err := p.park(opened, open); err != nil {
			return nil, err
		}
		opened = open
		bytes, err := resident(p.pid)
		if err != nil {
			return nil, err
		}
		at = append(at, bytes)
	}
	remembered, err := p.wake(opened-wokenEach, opened)
	if err != nil {
		return nil, err
	}
	before := p.front.readBack()
	forgotten, err := p.wake(0, wokenEach)
	if err != nil {
		return nil, err
	}
	if read := p.front.readBack() - before; read != wokenEach {
		return nil, fmt.Errorf("%d histories were read back for %d forgotten orders", read, wokenEach)
	}
	mb := func(bytes int64) string { return fmt.Sprintf("%.0f MB", float64(bytes)/(1<<20)) }
	return []figure{
		{
			what: fmt.Sprintf("worker's memory, %d open, %d kept", opened, kept), measured: mb(at[2]), floor: fmt.Sprintf("%s with %d open (%s with %d)", mb(at[1]), 2*kept, mb(at[0]), kept),
			ratio: float64(at[2]) / float64(at[1]), goal: atMost(flatWithin),
		},
		{
			what: "waking an order that was forgotten, p50", measured: fineMilliseconds(percentile(forgotten, 50)), floor: fineMilliseconds(percentile(remembered, 50)) + " kept",
			ratio: float64(percentile(forgotten, 50)) / float64(percentile(remembered, 50)),
		},
	}, nil
}

func fineMilliseconds(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
}

// parking is a parked worker and the front that feeds it.
type parking struct {
	recording
	ctx   context.Context
	front *front
	pid   int
	ask   *json.Encoder // a line on its standard input
	told  *bufio.Scanner
	ends  []func()
}

func (r recording) start(ctx context.Context, cache int, profiles string) (p *parking, err error) {
	p = &parking{recording: r, ctx: ctx}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	if p.front, err = openFront(r.whole); err != nil {
		return nil, err
	}
	p.ends = append(p.ends, p.front.close)
	s := parkedSettings{Kind: r.kind, Cache: cache, Found: r.found}
	if profiles != "" {
		s.Profile = filepath.Join(profiles, strings.ReplaceAll(r.what, " ", "-")+".heap")
	}
	settings, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.Command(self, parkedWorker, string(settings))
	command.Stderr = os.Stderr
	command.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "TEMPORAL_") }), "TEMPORAL_ADDRESS="+p.front.address)
	in, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	p.pid, p.ask, p.told = command.Process.Pid, json.NewEncoder(in), bufio.NewScanner(out)
	p.ends = append(p.ends, func() {
		_ = command.Process.Kill() // nothing of it is needed any more
		_ = command.Wait()
	})
	return p, nil
}

func (p *parking) close() {
	for _, end := range slices.Backward(p.ends) {
		end()
	}
}

// park lets runs begin to wait. The first failure says enough.
func (p *parking) park(from, to int) error {
	var failed atomic.Bool
	return sideBySide(to-from, func(i int) (err error) {
		if failed.Load() {
			return nil
		}
		defer func() {
			if err != nil {
				failed.Store(true)
			}
		}()
		ctx, cancel := context.WithTimeoutCause(p.ctx, time.Minute, errSlow)
		defer cancel()
		return p.front.give(ctx, p.recording.park(from+i))
	})
}

// wake tells runs of a signal, one after the other, and returns how long each took.
func (p *parking) wake(from, to int) (took []time.Duration, err error) {
	for n := from; n < to && err == nil; n++ {
		ctx, cancel := context.WithTimeoutCause(p.ctx, time.Minute, errSlow)
		began := time.Now()
		err = p.front.give(ctx, p.recording.wake(n))
		took = append(took, time.Since(began))
		cancel()
	}
	return took, err
}

// weigh asks the worker what it holds.
func (p *parking) weigh() (weight, error) {
	var w weight
	if err := p.ask.Encode("weigh"); err != nil {
		return w, err
	}
	if !p.told.Scan() {
		return w, errors.Join(errors.New("the parked worker ended"), p.told.Err())
	}
	return w, json.Unmarshal(p.told.Bytes(), &w)
}
