package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"selvedge/internal/demo"
	"selvedge/internal/judge"
)

// soakRun is one day under deeds.
type soakRun struct {
	options
	dir     string
	servers *servers
	stage   *demo.Stage
	worker  *process
	serve   *process
	door    *door
	began   time.Time
	victims *victims
	floor   *floorHand
}

// soak runs the day and judges it.
func soak(ctx context.Context, o options) (judge.Report, error) {
	dir, err := os.MkdirTemp("", "selvedge-chaos-")
	if err != nil {
		return judge.Report{}, fmt.Errorf("make a folder: %w", err)
	}
	if o.storm == 0 {
		o.storm = stormOf(o.bound)
	}
	if o.out == nil {
		o.out = os.Stdout
	}
	s := &soakRun{options: o, dir: dir}
	fmt.Fprintf(o.out, "Chaos: %d orders, seed %d, %s of storm, drained within %s. Logs and states: %s\n", o.orders, o.seed, s.storm, o.bound, dir)
	defer s.close(ctx)
	if err := s.start(ctx); err != nil {
		return judge.Report{}, err
	}
	if err := s.day(ctx); err != nil {
		return judge.Report{}, err
	}
	report, err := s.judged(ctx)
	if err == nil && (report.OK() || o.undisturbed) && !o.keep {
		_ = os.RemoveAll(dir) // on Linux also under open files
	} else {
		fmt.Fprintf(o.out, "Kept: %s\n", dir)
	}
	return report, err
}

// booked is how long after the drain the books may take: documents are derived and
// posted by a schedule of their own, and no order waits for them.
const booked = 25 * time.Second

// judged judges the day, again while something of it is still on its way into the books.
func (s *soakRun) judged(ctx context.Context) (judge.Report, error) {
	for until := time.Now().Add(booked); ; pause(ctx, 2*time.Second) {
		if err := patiently(ctx, func() error { return s.stage.Save(ctx, s.victims.mark) }); err != nil {
			return judge.Report{}, err
		}
		report, err := judge.Day(s.outcome())
		if err != nil || report.OK() || time.Now().After(until) || ctx.Err() != nil {
			return report, err
		}
	}
}

func (s *soakRun) outcome() string { return filepath.Join(s.dir, "outcome.json") }

func (s *soakRun) start(ctx context.Context) error {
	var err error
	if s.servers, err = startServers(ctx, s.dir); err != nil {
		return err
	}
	// Orders keep coming for most of the storm, or nobody would be left to disturb.
	s.stage, err = demo.NewStage(demo.Options{Orders: s.orders, Seed: s.seed, Weather: "storm", JSON: s.outcome(), Temporal: s.servers.temporal.Address},
		s.storm*3/4, s.servers.pg)
	if err != nil {
		return err
	}
	if err := s.stage.Prepare(ctx, filepath.Join(s.dir, "chaos.log")); err != nil {
		return err
	}
	listen, err := freeAddress()
	if err != nil {
		return err
	}
	environment := s.stage.Environment()
	environment["DATABASE_URL"] = s.servers.databaseURL()
	environment["TEMPORAL_ADDRESS"] = s.servers.temporalProxy.address()
	environment["SELVEDGE_LISTEN"] = listen
	if s.door, err = openDoor("http://"+listen, s.seed); err != nil {
		return err
	}
	if s.serve, err = startProcess(serve, filepath.Join(s.bin, "starter"), []string{"serve"}, environment, s.dir); err != nil {
		return err
	}
	s.worker, err = startProcess(worker, filepath.Join(s.bin, "worker"), nil, environment, s.dir)
	return err
}

func (s *soakRun) close(ctx context.Context) {
	for _, p := range []*process{s.worker, s.serve} {
		if p != nil {
			p.stop()
		}
	}
	if s.door != nil {
		s.door.close()
	}
	if s.stage != nil {
		s.stage.Close()
	}
	if s.servers != nil {
		s.servers.close(ctx)
	}
}

// day lets the storm rage with all its deeds, clears the weather and waits for the drain.
func (s *soakRun) day(ctx context.Context) error {
	var deeds []deed
	deeds = draw(s.seed, s.storm)
	if s.undisturbed {
		deeds = slices.DeleteFunc(deeds, func(d deed) bool { return d.kind != goods })
	}
	s.victims, s.floor = chooseVictims(s.seed, s.stage.Plan()), newFloorHand(s.seed, s.stage.Plan())
	for system, faults := range s.faults {
		if err := s.control(ctx, system, map[string]any{"faults": faults}); err != nil {
			return err
		}
	}
	s.began = time.Now()
	if err := s.stage.Begin(ctx, s.door.url); err != nil {
		return err
	}
	// A server's return takes seconds; the next deed must not wait for it.
	var running sync.WaitGroup
	var mu sync.Mutex
	var failed error
	for _, d := range deeds {
		pause(ctx, time.Until(s.began.Add(d.at)))
		if ctx.Err() != nil {
			break
		}
		running.Go(func() {
			if err := s.do(ctx, d); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed = errors.Join(failed, fmt.Errorf("%s: %w", d, err))
			}
		})
	}
	pause(ctx, time.Until(s.began.Add(s.storm)))
	running.Wait()
	if err := errors.Join(ctx.Err(), failed); err != nil {
		return err
	}
	for system := range s.stage.Simulators() {
		if err := s.control(ctx, system, map[string]any{"profile": "calm"}); err != nil {
			return err
		}
	}
	s.say("the weather clears; nothing is killed any more")
	if err := s.weather(ctx); err != nil {
		return err
	}
	// Now that most orders have shipped, goods come back with every fate once more.
	if err := s.moveGoods(ctx, deed{kind: goods, target: warehouse, orders: len(fates)}); err != nil {
		return err
	}
	if err := s.finishReturns(ctx); err != nil {
		return err
	}
	return s.drain(ctx)
}

func (s *soakRun) say(format string, args ...any) {
	fmt.Fprintf(s.out, "  %6.1f s  %s\n", time.Since(s.began).Seconds(), fmt.Sprintf(format, args...))
}

func (s *soakRun) do(ctx context.Context, d deed) error {
	switch d.kind {
	case kill:
		return s.kill(ctx, d)
	case cut, cutBefore, cutAfter:
		p := map[string]*proxy{postgresql: s.servers.pgProxy, temporal: s.servers.temporalProxy}[d.target]
		loses := map[string]way{cutBefore: requests, cutAfter: answers}[d.kind]
		if loses == 0 {
			s.say("%s: %d of them", d, p.cut())
			return nil
		}
		s.say("%s: %d of them", d, p.cutLosing(loses))
		return nil
	case away:
		s.say("%s", d)
		return s.control(ctx, d.target, map[string]any{"outageSeconds": d.last.Seconds()})
	case clock:
		s.say("%s", d)
		return s.control(ctx, d.target, map[string]any{"wrongClockSeconds": d.last.Seconds()})
	case goods:
		return s.moveGoods(ctx, d)
	}
	return s.press(ctx, d)
}

func (s *soakRun) kill(ctx context.Context, d deed) error {
	switch d.target {
	case postgresql:
		s.say("%s", d)
		if err := s.servers.killPostgreSQL(ctx); err != nil {
			return err
		}
		s.say("%s is back", d.target)
		return nil
	case temporal:
		s.say("%s", d)
		if err := s.servers.killTemporal(ctx); err != nil {
			return err
		}
		s.say("%s is back", d.target)
		return nil
	}
	p := map[string]*process{worker: s.worker, serve: s.serve}[d.target]
	s.say("%s (process %d)", d, p.kill())
	return nil
}

// steady is how many looks in a row must agree before the day counts as drained.
const steady = 4

// drain waits until every order is where it should be, at the latest until the bound.
func (s *soakRun) drain(ctx context.Context) error {
	agreed, told := 0, time.Now()
	for wait := time.Second; ; {
		pause(ctx, wait)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		looking := time.Now()
		missing, err := s.missing(ctx)
		if err != nil {
			return err
		}
		// A look at ten thousand orders must not be what the servers are busy with.
		wait = max(time.Second, 4*time.Since(looking))
		if missing > 0 || time.Since(s.began) < s.stage.ScriptEnd() {
			agreed = 0
		} else if agreed++; agreed == steady {
			s.say("drained; worker ended by itself %d times, serve %d times", s.worker.endedAlone(), s.serve.endedAlone())
			return nil
		}
		if time.Since(told) > 15*time.Second {
			told = time.Now()
			s.say("%d orders are not yet where they should be", missing)
			if err := s.keepShop(ctx); err != nil {
				return err
			}
		}
		if time.Since(s.began) > s.bound {
			s.say("time is up; worker ended by itself %d times, serve %d times", s.worker.endedAlone(), s.serve.endedAlone())
			return nil
		}
	}
}

func (s *soakRun) missing(ctx context.Context) (int, error) {
	var orders []demo.Standing
	err := patiently(ctx, func() (err error) {
		orders, err = s.stage.Look(ctx)
		return err
	})
	n := 0
	for _, o := range orders {
		if !s.victims.settled(o) {
			n++
		}
	}
	return n, err
}
