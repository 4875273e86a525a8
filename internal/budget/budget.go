// Package budget shares what an outside system grants among processes, by class of work.
//
// A system grants mutations in windows (Centra: 1 000 an hour, 100 in ten seconds), each a
// bucket that starts full and refills continuously. State is our count of those buckets.
// It is kept in one place (PostgreSQL) and put right by what the system itself says is
// left (Adopt). Take grants units by class:
//
//   - Classes have an order. While a class waits, those below it get nothing, so the next
//     unit is the waiting one's.
//   - The first class has a share of its own: units that accrue to it at a rate and
//     that nobody else takes. What it wants beyond ranks behind the second class.
//   - Classes that can wait leave the last few units of a full bucket to those that
//     cannot; all in all less than a twentieth.
//   - While plenty is left, several units are granted at once (a lease), so that a
//     process need not ask for each; when it is scarce, one by one, and the order is exact.
//
// What a process leased and did not use comes back when it asks again, or is counted as
// lost and found at the next Adopt: a crash costs a few units for some minutes.
package budget

import (
	"slices"
	"time"
)

// Class is a kind of work by its name.
type Class string

// Plan says which classes there are and what each is worth. It does not change.
type Plan struct {
	// Classes by rank, the most urgent first.
	Classes []Class
	// OwnPerHour is the least rate at which units accrue to the first class alone;
	// OwnShare is its share of the hour's quota where that is more. Neither takes more
	// than a quarter of the quota.
	OwnPerHour float64
	OwnShare   float64
	// Keep is the share of a bucket that a class leaves to the classes above it.
	Keep map[Class]float64
}

// Window is one bucket as we count it.
type Window struct {
	Every time.Duration `json:"every"`
	Quota int           `json:"quota"`
	Level float64       `json:"level"`
	At    time.Time     `json:"at"`
}

// lease is what was granted, to whom ahead of its use.
type lease struct {
	Holder string    `json:"holder,omitempty"`
	Units  int       `json:"units"`
	Until  time.Time `json:"until"`
}

// Caller is who asks: which process, how many calls of the class wait there beside this
// one (they are let in one after the other), and what it did not use of what it was
// granted ahead.
type Caller struct {
	Holder  string
	Waiting int
	Back    int
}

// State is a system's budget. The zero value knows nothing and grants everything.
type State struct {
	Windows []Window `json:"windows,omitempty"`
	// Own is what has accrued to the first class, at OwnAt.
	Own   float64   `json:"own"`
	OwnAt time.Time `json:"ownAt"`
	// Wants says until when somebody of a class waits.
	Wants map[Class]time.Time `json:"wants,omitempty"`
	// Leases are units that may still be used; Recent counts grants by the time they are made.
	Leases []lease `json:"leases,omitempty"`
	Recent []lease `json:"recent,omitempty"`
}

const (
	// leaseLife is how long a process may use units granted ahead, backLife how long it
	// may give back those that it did not use.
	leaseLife = 2 * time.Second
	backLife  = 10 * time.Second
	// underWay is how long a granted unit may take at most to show in the system's own
	// count, onItsWay how long one usually takes, both with room.
	underWay = 30 * time.Second
	onItsWay = 3 * time.Second
	// grace is how long a class counts as waiting beyond the moment it was told to come back.
	grace = 3 * time.Second
	// maxLease bounds what is granted at once, plenty is what must then be left.
	maxLease = 5
	plenty   = 0.5
)

// refill brings everything up to now.
func (s *State) refill(p Plan, now time.Time) {
	s.Leases = slices.DeleteFunc(s.Leases, func(l lease) bool { return !l.Until.After(now) })
	s.Recent = slices.DeleteFunc(s.Recent, func(l lease) bool { return !l.Until.After(now) })
	// The system's bucket stays full, and loses what would refill, until a unit that was
	// granted arrives there. So ours is full that much earlier.
	out := 0
	for _, l := range s.Leases {
		out += l.Units
	}
	for _, r := range s.Recent {
		if r.Until.After(now.Add(underWay - onItsWay)) {
			out += r.Units
		}
	}
	for i := range s.Windows {
		w := &s.Windows[i]
		if passed := now.Sub(w.At).Seconds(); passed > 0 {
			full := max(float64(w.Quota-out), w.Level)
			w.Level = min(full, w.Level+passed*w.rate())
			w.At = now
		}
	}
	rate, most := s.own(p)
	if passed := now.Sub(s.OwnAt).Seconds(); passed > 0 {
		s.Own = min(most, s.Own+passed*rate)
		s.OwnAt = now
	}
	for class, until := range s.Wants {
		if !until.After(now) {
			delete(s.Wants, class)
		}
	}
}

// rate is how many units a second refill.
func (w Window) rate() float64 { return float64(w.Quota) / w.Every.Seconds() }

// own is at which rate units accrue to the first class, and how many at most.
func (s *State) own(p Plan) (perSecond, most float64) {
	slow := s.slowest()
	if slow == nil {
		return p.OwnPerHour / 3600, 1
	}
	hour := slow.rate() * 3600
	perSecond = min(max(p.OwnPerHour, p.OwnShare*hour), hour/4) / 3600
	return perSecond, max(1, float64(slow.Quota)/100)
}

// slowest is the longest window: the one that runs out for long.
func (s *State) slowest() *Window {
	var slow *Window
	for i := range s.Windows {
		if slow == nil || s.Windows[i].Every > slow.Every {
			slow = &s.Windows[i]
		}
	}
	return slow
}

// kept is how many units of a window a class must leave to others. A small bucket has
// nothing to leave: there, only the order counts.
func (s *State) kept(p Plan, w *Window, class Class, asOwn bool) float64 {
	if w != s.slowest() {
		return 0
	}
	kept := float64(int(p.Keep[class] * float64(w.Quota)))
	if !asOwn {
		kept += float64(int(min(s.Own, float64(w.Quota)/100)))
	}
	return kept
}

// Grant is the answer to a call of Take.
type Grant struct {
	Units int // 0: come back at At
	At    time.Time
	// Until is when units that were not used by then are no longer ours.
	Until time.Time
}

// Take asks for at least one unit, and for as many ahead as plenty allows.
func (s *State) Take(p Plan, class Class, by Caller, now time.Time) Grant {
	s.refill(p, now)
	s.giveBack(by.Holder, by.Back)
	if len(s.Windows) == 0 {
		return Grant{Units: 1, Until: now.Add(leaseLife)}
	}
	asOwn := len(p.Classes) > 0 && class == p.Classes[0] && s.Own >= 1
	rank := s.rank(p, class, asOwn)
	ready := now
	for i := range s.Windows {
		w := &s.Windows[i]
		if missing := 1 + s.kept(p, w, class, asOwn) - w.Level; missing > 1e-9 {
			ready = later(ready, now.Add(seconds((missing+float64(by.Waiting))/w.rate())))
		}
	}
	for other := range s.Wants {
		if s.rank(p, other, s.Own >= 1) < rank {
			// Somebody more urgent waits: this one may ask again once that one had its turn.
			ready = later(ready, now.Add(seconds(1/s.slowest().rate())))
		}
	}
	if ready.After(now) {
		if s.Wants == nil {
			s.Wants = map[Class]time.Time{}
		}
		s.Wants[class] = later(s.Wants[class], ready.Add(grace+ready.Sub(now)/10))
		return Grant{At: ready}
	}
	units := s.ahead(p, class, asOwn)
	for i := range s.Windows {
		s.Windows[i].Level -= float64(units)
	}
	if asOwn {
		s.Own--
	}
	if by.Waiting == 0 {
		delete(s.Wants, class)
	}
	if units > 1 {
		s.Leases = append(s.Leases, lease{by.Holder, units - 1, now.Add(backLife)})
	}
	s.remember(units, now)
	return Grant{Units: units, Until: now.Add(leaseLife)}
}

// rank orders classes: what the first class wants beyond its own comes after the second.
func (s *State) rank(p Plan, class Class, asOwn bool) float64 {
	i := slices.Index(p.Classes, class)
	if i < 0 {
		return float64(len(p.Classes)) // unknown work is the least urgent
	}
	if i == 0 && !asOwn {
		return 1.5
	}
	return float64(i)
}

// ahead is how many units are granted at once.
func (s *State) ahead(p Plan, class Class, asOwn bool) int {
	if len(s.Wants) > 0 || asOwn {
		return 1
	}
	units := maxLease
	for i := range s.Windows {
		w := &s.Windows[i]
		spare := w.Level - max(plenty*float64(w.Quota), s.kept(p, w, class, asOwn))
		units = min(units, int(spare), w.Quota/20)
	}
	return max(1, units)
}

// giveBack takes units in that were leased to the holder and not used; the others of its
// leases are used up, or it would not ask.
func (s *State) giveBack(holder string, units int) {
	for i := range s.Leases {
		l := &s.Leases[i]
		if l.Holder != holder || units <= 0 {
			continue
		}
		n := min(units, l.Units)
		l.Units -= n
		units -= n
		for j := range s.Windows {
			s.Windows[j].Level = min(float64(s.Windows[j].Quota), s.Windows[j].Level+float64(n))
		}
	}
	s.Leases = slices.DeleteFunc(s.Leases, func(l lease) bool { return l.Holder == holder })
}

// remember keeps how much was granted lately, in steps of a few seconds.
func (s *State) remember(units int, now time.Time) {
	until := now.Add(underWay).Truncate(underWay / 10)
	if n := len(s.Recent); n > 0 && s.Recent[n-1].Until.Equal(until) {
		s.Recent[n-1].Units += units
		return
	}
	s.Recent = append(s.Recent, lease{Units: units, Until: until})
}

// Limit is what the system says of one of its windows.
type Limit struct {
	Every     time.Duration
	Quota     int
	Remaining int
}

// Adopt puts the count right by what the system says is left. Less than we thought:
// others spend too, and it is so. More: units were lost in a crash, unless they are only
// on their way; those are taken off.
func (s *State) Adopt(p Plan, limits []Limit, now time.Time) {
	s.refill(p, now)
	way := 0
	for _, r := range s.Recent {
		way += r.Units
	}
	var windows []Window
	for _, l := range limits {
		if l.Quota <= 0 || l.Every <= 0 {
			continue
		}
		w := Window{Every: l.Every, Quota: l.Quota, Level: float64(max(0, l.Remaining)), At: now}
		for _, known := range s.Windows {
			if known.Every != l.Every || known.Quota != l.Quota {
				continue
			}
			if told := w.Level; told > known.Level-1 { // whole numbers are told
				w.Level = max(known.Level, told-float64(way))
			}
		}
		windows = append(windows, w)
	}
	if len(windows) == 0 {
		return
	}
	before := s.slowest()
	s.Windows = windows
	if slow := s.slowest(); before == nil || before.Quota != slow.Quota {
		_, s.Own = s.own(p) // the share is another now; nobody waited for it
		s.Wants = nil
	}
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
