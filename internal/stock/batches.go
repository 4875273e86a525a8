package stock

import "selvedge/internal/domain"

// BatchSize is how many sizes one mutation carries at most.
const BatchSize = 200

// Batch is one write: all sizes one way, units ≥ 1.
type Batch struct {
	Decrease bool
	Sizes    []domain.SizeUnits
	// Figures are behind the sizes, in the same order.
	Figures []Figure
}

// Batcher gathers differences into full batches. A full batch of decreases is due at
// once; increases wait until the pass has seen everything, because a reading that
// breaks off must not have raised anything and because decreases go first.
//
// Its memory is that of the increases held, about 150 bytes each besides the figures'
// terms; a first load of a large catalogue takes them off between pages by Raise.
type Batcher struct {
	down []Figure
	up   []Figure
}

// Add takes a figure; full is a batch of decreases that is due now, if any.
func (b *Batcher) Add(f Figure) (full Batch, due bool) {
	switch {
	case f.Difference > 0:
		b.up = append(b.up, f)
	case f.Difference < 0:
		b.down = append(b.down, f)
		if len(b.down) == BatchSize {
			full, b.down = batch(b.down, true), nil
			return full, true
		}
	}
	return Batch{}, false
}

// Lower gives what is left of the decreases.
func (b *Batcher) Lower() (rest Batch, due bool) {
	if len(b.down) == 0 {
		return Batch{}, false
	}
	rest, b.down = batch(b.down, true), nil
	return rest, true
}

// Raise gives the next batch of increases; to be called once the reading is complete
// and every decrease was written.
func (b *Batcher) Raise() (next Batch, due bool) {
	if len(b.up) == 0 {
		return Batch{}, false
	}
	n := min(BatchSize, len(b.up))
	next, b.up = batch(b.up[:n:n], false), b.up[n:]
	return next, true
}

func batch(figures []Figure, decrease bool) Batch {
	out := Batch{Decrease: decrease, Figures: figures, Sizes: make([]domain.SizeUnits, 0, len(figures))}
	for _, f := range figures {
		units := f.Difference
		if decrease {
			units = -units
		}
		out.Sizes = append(out.Sizes, domain.SizeUnits{Size: f.Size, Units: units})
	}
	return out
}
