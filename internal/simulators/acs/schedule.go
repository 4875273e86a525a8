package acs

import (
	"container/heap"
	"time"
)

// task is something that happens at a time. Tasks run one after another under
// the simulator's lock.
type task struct {
	due   time.Time
	order uint64 // first scheduled, first run
	run   func()
}

type taskHeap []task

func (h taskHeap) Len() int { return len(h) }
func (h taskHeap) Less(i, j int) bool {
	if h[i].due.Equal(h[j].due) {
		return h[i].order < h[j].order
	}
	return h[i].due.Before(h[j].due)
}
func (h taskHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *taskHeap) Push(x any)   { *h = append(*h, x.(task)) }
func (h *taskHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = task{} // let go of the closure
	*h = old[:len(old)-1]
	return last
}

// schedule holds everything that is still to happen, with one timer for the
// earliest, so that thousands of orders cost one timer.
type schedule struct {
	tasks  taskHeap
	count  uint64
	wakeAt time.Time
	stop   func() bool
	// at is the due time of the task that is running: what it schedules counts from
	// there, so that one big advance plays a whole life with the right times.
	at time.Time
}

// now is the simulated time as the floor sees it. The caller holds the lock.
func (s *Simulator) now() time.Time {
	if !s.schedule.at.IsZero() {
		return s.schedule.at
	}
	return s.clock.Now().UTC().Truncate(time.Millisecond)
}

// after lets run happen once d has passed. The caller holds the lock, and so does run's.
func (s *Simulator) after(d time.Duration, run func()) {
	s.schedule.count++
	heap.Push(&s.schedule.tasks, task{due: s.now().Add(max(0, d)), order: s.schedule.count, run: run})
	s.arm()
}

// arm sets the timer for the earliest task.
func (s *Simulator) arm() {
	c := &s.schedule
	if s.closed || len(c.tasks) == 0 || !c.at.IsZero() {
		return
	}
	next := c.tasks[0].due
	if c.stop != nil {
		if !c.wakeAt.After(next) {
			return
		}
		c.stop()
	}
	c.wakeAt = next
	c.stop = s.clock.AfterFunc(next.Sub(s.clock.Now()), func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		c.stop = nil
		s.runDue()
	})
}

// runDue runs every task whose time has come, also those that these schedule.
func (s *Simulator) runDue() {
	c := &s.schedule
	now := s.clock.Now()
	for !s.closed && len(c.tasks) > 0 && !c.tasks[0].due.After(now) {
		next := heap.Pop(&c.tasks).(task)
		c.at = next.due
		next.run()
	}
	c.at = time.Time{}
	s.arm()
}
