package stock

import (
	"slices"
	"time"

	"selvedge/internal/domain"
)

// Held is what we hold of one item in one warehouse.
type Held struct {
	Version    int64                `json:"version"`
	ChangedAt  time.Time            `json:"changedAt"`
	Quantities []domain.StatusUnits `json:"quantities,omitempty"`
	ByGrade    []domain.GradeUnits  `json:"byGrade,omitempty"`
	// AsOf is the newest instant for which these figures are known to hold.
	AsOf time.Time `json:"asOf"`
	// Doubt says why the figures may not raise anything until a record clears it.
	Doubt Hold `json:"doubt,omitempty"`
}

// Equal tells whether two holdings say the same of the item; AsOf apart.
func (h Held) Equal(o Held) bool {
	return h.Version == o.Version && h.Doubt == o.Doubt && h.ChangedAt.Equal(o.ChangedAt) &&
		slices.Equal(h.Quantities, o.Quantities) && slices.Equal(h.ByGrade, o.ByGrade)
}

// Verdict says what a record was worth.
type Verdict string

// Verdicts of Take.
const (
	RecordNew     Verdict = "new"     // first ever of the item
	RecordChanged Verdict = "changed" // other figures than held
	RecordSame    Verdict = "same"    // confirms what is held
	RecordOld     Verdict = "old"     // its version went back: ignored, and doubtful
)

// Reading is one reading of the feed, as far as every record of it is concerned.
type Reading struct {
	AsOf time.Time
	// Rebuilt says that the position of the feed was gone and this snapshot began anew:
	// versions may have begun anew as well, so a record's own time decides.
	Rebuilt bool
}

// Take merges a record into what is held; nil when nothing is.
//
// A record of a lower version is old and ignored, one of the same version says
// nothing new; both are told apart since the first is a fault of the feed. What goes
// back in time never counts as newer knowledge.
func (r Reading) Take(held *Held, rec domain.InventoryRecord) (Held, Verdict) {
	fresh := Held{Version: rec.Version, ChangedAt: rec.ChangedAt, Quantities: rec.Quantities, ByGrade: rec.ByGrade, AsOf: r.AsOf}
	if held == nil {
		return fresh, RecordNew
	}
	switch {
	case rec.Version < held.Version && !(r.Rebuilt && !rec.ChangedAt.Before(held.ChangedAt)):
		old := *held
		old.Doubt = HoldVersionBack
		return old, RecordOld
	case rec.Version == held.Version && slices.Equal(rec.Quantities, held.Quantities) && slices.Equal(rec.ByGrade, held.ByGrade):
		same := *held
		same.AsOf, same.Doubt = later(held.AsOf, r.AsOf), ""
		return same, RecordSame
	case rec.Version == held.Version && !r.Rebuilt:
		// Other figures under a version that we have: one of the two is wrong.
		old := *held
		old.Doubt = HoldVersionBack
		return old, RecordOld
	}
	return fresh, RecordChanged
}

// Inherit is what is held of an item that a complete delta did not mention: it is
// unchanged, so it holds at the delta's AsOf too. A doubt stays until a record comes.
func (r Reading) Inherit(held Held) Held {
	if held.Doubt == "" {
		held.AsOf = later(held.AsOf, r.AsOf)
	}
	return held
}

// Unmentioned is what is held of an item that a complete snapshot did not mention, or
// whose record could not be read: unknown, not zero.
func Unmentioned(held Held, why Hold) Held {
	held.Doubt = why
	return held
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// FeedHold tells why a whole reading must not raise figures; empty when it may.
// Previous is the AsOf of the last complete reading, limit how old a feed may be.
func FeedHold(asOf, previous, now time.Time, limit time.Duration, complete bool) Hold {
	switch {
	case !complete:
		return HoldCut
	case !previous.IsZero() && asOf.Before(previous):
		return HoldRegressing
	case limit > 0 && now.Sub(asOf) > limit:
		return HoldStale
	}
	return ""
}
