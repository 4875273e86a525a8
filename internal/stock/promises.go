package stock

import (
	"cmp"
	"slices"
	"time"

	"selvedge/internal/domain"
)

// Line is an order line that we know, in one warehouse.
type Line struct {
	Order domain.OrderID `json:"order"`
	Line  string         `json:"line"`
	// Allocated and Completed are what the shop holds for it and has sent, at r.
	Allocated int `json:"allocated"`
	Completed int `json:"completed"`
	// Sightings are what the warehouse said of it, in any order; none while it has not
	// got the line.
	Sightings []domain.LineSighting `json:"sightings,omitempty"`
}

// Held is N: the units that the shop has promised and not taken back.
func (l Line) Held() int { return max(0, l.Allocated) + max(0, l.Completed) }

// Unseen is how many units the feed as of a still counts as sellable although they are
// not: what the line has set aside, sent or lost since a, and what the shop has promised
// of it and nobody has set aside yet.
//
// N less what was taken at a says the same as long as the shop holds the line. Once it
// cancelled units that the floor lost after a, they are in neither, and would be offered
// although they are gone; so what happened since a is counted by itself.
func (l Line) Unseen(a time.Time) int {
	since, gone, short, carried := 0, 0, 0, 0
	for _, sightings := range l.byConsignment() {
		now := takingsOf(sightings[len(sightings)-1])
		since += now.total() - takenAt(sightings, a).total()
		gone += now.gone
		short += now.short
		carried += now.carried
	}
	return since + max(0, l.Held()-alive(gone, short, carried, l.Held()))
}

// Taken is how many of the promised units the warehouse surely did not count as sellable
// at a, to be shown beside what is Unseen.
func (l Line) Taken(a time.Time) int {
	gone, short, carried := 0, 0, 0
	for _, sightings := range l.byConsignment() {
		then := takenAt(sightings, a)
		gone += then.gone
		short += then.short
		carried += takingsOf(sightings[len(sightings)-1]).carried
	}
	return alive(gone, short, carried, l.Held())
}

// alive is how many promised units are set aside, sent, or given up: a short unit is a
// promise that died, unless another consignment carries it again.
func alive(gone, short, carried, held int) int {
	return gone + min(short, max(0, held-carried))
}

// byConsignment gives the sightings of each consignment in order of revision.
func (l Line) byConsignment() map[string][]domain.LineSighting {
	out := map[string][]domain.LineSighting{}
	for _, s := range l.Sightings {
		out[s.Consignment] = append(out[s.Consignment], s)
	}
	for _, sightings := range out {
		slices.SortFunc(sightings, func(x, y domain.LineSighting) int {
			return cmp.Or(cmp.Compare(x.Revision, y.Revision), x.At.Compare(y.At))
		})
	}
	return out
}

// Settled tells whether the line can never count again: nothing of it is held in the
// shop, and the feed has passed all that happened to it. Then it need not be read any more.
func (l Line) Settled(a time.Time) bool { return l.Allocated == 0 && l.Unseen(a) == 0 }

type takings struct {
	gone    int // allocated or shipped: no longer sellable
	short   int // closed by the floor
	carried int // units of the consignment that are not closed
}

func (t takings) total() int { return t.gone + t.short }

func takingsOf(s domain.LineSighting) takings {
	return takings{
		gone: max(0, s.Allocated) + max(0, s.Shipped), short: max(0, s.Short),
		carried: max(0, s.Quantity-max(0, s.Short)-max(0, s.Cancelled)),
	}
}

// takenAt reads the sightings of one consignment as of a. What counts is the last one
// before a; of those after it, the lowest, since a release may have come between two
// sightings and before a. A sighting at a itself comes after it: clocks that tell
// whole seconds would otherwise count what the feed had not seen.
func takenAt(sightings []domain.LineSighting, a time.Time) takings {
	base := -1
	for i, s := range sightings {
		if s.At.Before(a) {
			base = i
		}
	}
	if base < 0 {
		return takings{}
	}
	t := takingsOf(sightings[base])
	for _, s := range sightings[base+1:] {
		if after := takingsOf(s); after.total() < t.total() {
			t = after
		}
	}
	return t
}

// Compact drops the sightings that no feed at or after a needs, and keeps the rest in
// order of revision: of each consignment the last one before a, and all after it.
func Compact(sightings []domain.LineSighting, a time.Time) []domain.LineSighting {
	kept := slices.Clone(sightings)
	slices.SortStableFunc(kept, func(x, y domain.LineSighting) int {
		return cmp.Or(cmp.Compare(x.Consignment, y.Consignment), cmp.Compare(x.Revision, y.Revision), x.At.Compare(y.At))
	})
	out := kept[:0]
	for i, s := range kept {
		next := i + 1
		if next < len(kept) && kept[next].Consignment == s.Consignment &&
			(kept[next].At.Before(a) || kept[next].Revision == s.Revision) {
			continue
		}
		out = append(out, s)
	}
	return out
}

// Sighted turns a warehouse's order into the sightings of its lines, by the shop's line.
func Sighted(o domain.WarehouseOrder) map[string]domain.LineSighting {
	out := make(map[string]domain.LineSighting, len(o.Lines))
	for _, l := range o.Lines {
		s := out[l.Line]
		out[l.Line] = domain.LineSighting{
			Consignment: o.Number, Revision: o.Revision, At: o.UpdatedAt, Quantity: s.Quantity + l.Quantity,
			Allocated: s.Allocated + l.Allocated, Shipped: s.Shipped + l.Shipped, Short: s.Short + l.Short,
			Cancelled: s.Cancelled + l.Cancelled,
		}
	}
	return out
}
