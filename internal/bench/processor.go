package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// processors is what each process of a yard has taken of the processor, user and system
// together. Orders a second change with what else the machine does; this hardly does, and
// it says whose the time is.
type processors struct {
	temporal, database, worker, here time.Duration // here: the bench itself, with the doors and the simulated systems
}

func (p processors) since(before processors) processors {
	return processors{p.temporal - before.temporal, p.database - before.database, p.worker - before.worker, p.here - before.here}
}

func (p processors) all() time.Duration { return p.temporal + p.database + p.worker + p.here }

// each tells the share of one of n orders, or workflows.
func (p processors) each(n int) string {
	ms := func(d time.Duration) string { return number(float64(d.Microseconds()) / 1000 / float64(n)) }
	return fmt.Sprintf("%s ms (Temporal %s, database %s, worker %s, doors and simulators %s)", ms(p.all()), ms(p.temporal), ms(p.database), ms(p.worker), ms(p.here))
}

// clockTick is the unit of the times in /proc: towards programs Linux counts in
// hundredths of a second, whatever the kernel's own rate.
const clockTick = 10 * time.Millisecond

// postgres is the name of all of the database's processes.
const postgres = "postgres"

// processors reads what was taken since the processes began. It wants Linux: elsewhere
// there is no /proc, and the figure is left out.
func (y *yard) processors() (processors, error) {
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		return processors{}, fmt.Errorf("read our own processor time: %w", err)
	}
	used := processors{here: time.Duration(own.Utime.Nano() + own.Stime.Nano())}
	all, err := running("/proc")
	if err != nil {
		return processors{}, err
	}
	used.add(all, os.Getpid(), y.temporal.PID, y.worker)
	return used, nil
}

// add takes from the list what we have started.
func (p *processors) add(all map[int]process, self, temporal, worker int) {
	p.temporal, p.worker = all[temporal].own, all[worker].own
	for _, one := range all {
		if one.name != postgres {
			continue
		}
		// A connection has a process of its own; one that ended counts for its parent.
		if parent := all[one.parent]; one.parent == self {
			p.database += one.own + one.ended
		} else if parent.name == postgres && parent.parent == self {
			p.database += one.own
		}
	}
}

// process is one line of the system's list.
type process struct {
	id, parent int
	name       string
	own, ended time.Duration // of itself, and of its children that were waited for
}

// running lists all processes by their id.
func running(proc string) (map[int]process, error) {
	files, err := filepath.Glob(filepath.Join(proc, "[0-9]*", "stat"))
	if err != nil {
		return nil, err
	}
	all := map[int]process{}
	for _, file := range files {
		line, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // it has just ended
		}
		if err != nil {
			return nil, err
		}
		p, err := processOf(line)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all[p.id] = p
	}
	return all, nil
}

// processOf reads /proc/<id>/stat. The name stands in parentheses and may hold anything,
// spaces and parentheses too, so the rest begins after the last one.
func processOf(line []byte) (process, error) {
	open, end := bytes.IndexByte(line, '('), bytes.LastIndexByte(line, ')')
	if open < 0 || end < open {
		return process{}, errors.New("no name in parentheses")
	}
	p := process{name: string(line[open+1 : end])}
	rest := bytes.Fields(line[end+1:])
	if len(rest) < 15 {
		return process{}, fmt.Errorf("%d fields after the name, want 15 and more", len(rest))
	}
	fields := [][]byte{bytes.TrimSpace(line[:open]), rest[1], rest[11], rest[12], rest[13], rest[14]}
	n := make([]int, len(fields))
	for i, field := range fields {
		var err error
		if n[i], err = strconv.Atoi(string(field)); err != nil {
			return process{}, err
		}
	}
	p.id, p.parent = n[0], n[1]
	p.own, p.ended = time.Duration(n[2]+n[3])*clockTick, time.Duration(n[4]+n[5])*clockTick // user and system
	return p, nil
}
