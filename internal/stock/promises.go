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

// Taken is how many of the line's units the warehouse surely did not count as
// sellable at a: the instants of the sightings decide, and doubt counts as not taken.
func (l Line) Taken(a time.Time) int {
	byConsignment := map[string][]domain.LineSighting{}
	for _, s := range l.Sightings {
		byConsignment[s.Consignment] = append(byConsignment[s.Consignment], s)
	}
	taken, short, carried := 0, 0, 0
	for _, sightings := range byConsignment {
		t := takenAt(sightings, a)
		taken += t.gone
		short += t.short
		carried += t.carried
	}
	// A short unit is a promise that died, unless another consignment carries it again.
	return taken + min(short, max(0, l.Held()-carried))
}

// Unseen is how many units the warehouse still counted as sellable at a although the
// shop has promised them.
func (l Line) Unseen(a time.Time) int { return max(0, l.Held()-l.Taken(a)) }

// Settled tells whether the line can never count again: all of it has left, and the
// feed has passed that. Then it need not be read any more.
func (l Line) Settled(a time.Time) bool { return l.Allocated == 0 && l.Unseen(a) == 0 }

type takings struct {
	gone    int // allocated or shipped: no longer sellable
	short   int // closed by the floor
	carried int // units of the consignment that are not closed
}

// takenAt reads the sightings of one consignment as of a. What counts is the last one
// before a; of those after it, the lowest, since a release may have come between two
// sightings and before a. A sighting at a itself comes after it: clocks that tell
// whole seconds would otherwise count what the feed had not seen.
func takenAt(sightings []domain.LineSighting, a time.Time) takings {
	slices.SortFunc(sightings, func(x, y domain.LineSighting) int {
		return cmp.Or(cmp.Compare(x.Revision, y.Revision), x.At.Compare(y.At))
	})
	var t takings
	base := -1
	for i, s := range sightings {
		if s.At.Before(a) {
			base = i
		}
	}
	if base >= 0 {
		t = takingsOf(sightings[base])
		for _, s := range sightings[base+1:] {
			if after := takingsOf(s); after.gone+after.short < t.gone+t.short {
				t = after
			}
		}
	}
	last := sightings[len(sightings)-1]
	t.carried = max(0, last.Quantity-max(0, last.Short)-max(0, last.Cancelled))
	return t
}

func takingsOf(s domain.LineSighting) takings {
	return takings{gone: max(0, s.Allocated) + max(0, s.Shipped), short: max(0, s.Short)}
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
