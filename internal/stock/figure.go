package stock

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"selvedge/internal/domain"
)

// Hold says why a figure was not raised.
type Hold string

// Holds. Lowering is allowed under each of them.
const (
	HoldStale       Hold = "feed-stale"         // the feed is older than its limit
	HoldRegressing  Hold = "feed-regressing"    // the feed is older than one that was read before
	HoldCut         Hold = "feed-cut"           // the reading did not come to its end
	HoldVersionBack Hold = "version-back"       // the item's version went back
	HoldMissing     Hold = "not-in-snapshot"    // a complete snapshot did not mention the item
	HoldUnreadable  Hold = "record-unreadable"  // the item's record is not what the contract says
	HoldOrders      Hold = "orders-not-drained" // the warehouse's orders were not read past the feed
	HoldTorn        Hold = "shop-moved"         // the shop's figures moved while they were read
)

// Input is all that a figure follows from.
type Input struct {
	Warehouse string
	SKU       string // the warehouse's item
	Held      Held
	Lines     []Line // every line with units allocated in the shop, and every one that is not Settled, cancelled ones too
	Shop      domain.SizeStock
	// ShopAt is r, by our clock; the shop's figures are none older.
	ShopAt time.Time
	// Threshold is what the shop keeps back of every size of the warehouse.
	Threshold int
	// Hold is why the whole pass must not raise; see FeedHold.
	Hold Hold
}

// Sources of terms.
const (
	SourceFeed  = "warehouse-feed"
	SourceShop  = "shop"
	SourceRules = "rules"
	SourceLines = "shop and warehouse orders"
)

// Term is one part of a figure.
type Term struct {
	Name   string    `json:"name"`
	Units  int       `json:"units"`
	Source string    `json:"source"`
	At     time.Time `json:"at"`
	Detail string    `json:"detail,omitempty"`
}

// Names of terms.
const (
	TermSellable   = "sellable"
	TermWithheld   = "withheld"
	TermBuffer     = "buffer"
	TermUnseen     = "unseen"
	TermNotTakenIn = "not taken in"
	TermFree       = "free to allocate"
	TermMargin     = "kept back by the shop"
)

// Promise is a line behind unseen units.
type Promise struct {
	Order  domain.OrderID `json:"order"`
	Line   string         `json:"line"`
	Units  int            `json:"units"` // unseen
	Held   int            `json:"held"`  // N
	Taken  int            `json:"taken"` // at a
	Reason string         `json:"reason"`
}

// NoteKind says what is remarkable about a figure.
type NoteKind string

// Notes. Each is a discrepancy for somebody, none of them stops the figure.
const (
	NoteUnknownStatus NoteKind = "unknown-status"  // a status that nobody knows, withheld
	NoteUnknownGrade  NoteKind = "unknown-grade"   // a grade that nobody knows, withheld
	NoteNegative      NoteKind = "negative"        // the warehouse counts less than nothing
	NoteTwoMargins    NoteKind = "two-margins"     // buffer here, threshold or offset in the shop
	NoteNegativeGive  NoteKind = "negative-offset" // the shop offers more than it has
	NoteOverAllocated NoteKind = "shop-over"       // the shop's free figure is below nothing
	NoteLinesBeyond   NoteKind = "lines-beyond"    // known lines hold more than the shop has allocated
	NoteDoubt         NoteKind = "record-doubtful" // the record must not raise; Value says why
)

// Note is one remarkable thing. Value makes it the same note again, such as the status.
type Note struct {
	Kind  NoteKind `json:"kind"`
	Value string   `json:"value,omitempty"`
	Units int      `json:"units,omitempty"`
	Text  string   `json:"text"`
}

// Deficit is what has been promised and cannot be shipped from what the feed shows.
type Deficit struct {
	Units  int       `json:"units"`
	Orders []Promise `json:"orders"` // that wait for units, newest number first
	// NotTakenIn are promised units of orders that have not been taken in yet.
	NotTakenIn int `json:"notTakenIn,omitempty"`
}

// Figure is what the shop should offer of an item in a warehouse, and why.
type Figure struct {
	Warehouse string `json:"warehouse"`
	SKU       string `json:"sku"`
	Size      string `json:"size"`

	Target     int `json:"target"`     // what may be offered
	Free       int `json:"free"`       // what the shop offers at r
	Difference int `json:"difference"` // to be written; 0 while a raise is held back
	// Wanted is Target − Free; it differs from Difference while Hold says why.
	Wanted int  `json:"wanted"`
	Hold   Hold `json:"hold,omitempty"`

	FeedAt time.Time `json:"feedAt"` // a
	ShopAt time.Time `json:"shopAt"` // r
	// FeedVersion is the item's version at the warehouse, and RuleVersion the newest rule that had a say.
	FeedVersion int64 `json:"feedVersion"`
	RuleVersion int64 `json:"ruleVersion,omitempty"`

	Terms    []Term    `json:"terms"`
	Promises []Promise `json:"promises,omitempty"` // behind unseen
	Deficit  *Deficit  `json:"deficit,omitempty"`
	Notes    []Note    `json:"notes,omitempty"`
}

// Open tells whether the figure can change although neither the feed nor the shop
// mentions the item again: units are unseen, or a raise is held back. Such items are
// computed anew in the next pass.
func (f Figure) Open() bool {
	return f.Wanted != f.Difference || len(f.Promises) > 0 || f.unitsOf(TermNotTakenIn) > 0
}

func (f Figure) unitsOf(name string) int {
	for _, t := range f.Terms {
		if t.Name == name {
			return t.Units
		}
	}
	return 0
}

// mostUnits is the most that a figure can be: the shop's numbers end a little above.
const mostUnits = 999_999_999

// Decide computes a figure.
func (p *Policy) Decide(in Input) Figure {
	f := Figure{
		Warehouse: in.Warehouse, SKU: in.SKU, Size: in.Shop.Size, Free: in.Shop.FreeToAllocate,
		FeedAt: in.Held.AsOf, ShopAt: in.ShopAt, FeedVersion: in.Held.Version, RuleVersion: p.version,
		Terms: make([]Term, 0, 7),
	}
	sellable := p.sellable(in, &f)
	keep, why := p.Buffer(in.SKU)
	f.term(Term{Name: TermBuffer, Units: keep, Source: SourceRules, At: in.ShopAt, Detail: why})
	unseen, waiting := promises(in, &f)
	p.margins(in, keep, &f)

	f.Target = max(0, sellable-keep-unseen-waiting)
	f.Wanted = f.Target - f.Free
	f.Difference = f.Wanted
	f.term(Term{Name: TermFree, Units: f.Free, Source: SourceShop, At: in.ShopAt})
	if short := unseen + waiting - sellable; short > 0 {
		f.Deficit = &Deficit{Units: short, Orders: f.Promises, NotTakenIn: waiting}
	}
	if f.Wanted > 0 {
		if f.Hold = cmp.Or(in.Hold, in.Held.Doubt, torn(in.Shop)); f.Hold != "" {
			f.Difference = 0
		}
	}
	return f
}

func torn(s domain.SizeStock) Hold {
	if s.Torn {
		return HoldTorn
	}
	return ""
}

func (f *Figure) term(t Term) { f.Terms = append(f.Terms, t) }

func (f *Figure) note(kind NoteKind, value string, units int, format string, a ...any) {
	f.Notes = append(f.Notes, Note{Kind: kind, Value: value, Units: units, Text: fmt.Sprintf(format, a...)})
}

// sellable adds up what may be sold by status and grade.
func (p *Policy) sellable(in Input, f *Figure) int {
	units, available, withheld := 0, 0, 0
	var kept []string
	for _, q := range in.Held.Quantities {
		sell, known := p.Sellable(q.Status)
		if !known {
			f.note(NoteUnknownStatus, string(q.Status), q.Units,
				"the warehouse counts %d units of %s as %q, a status that we do not know; they are withheld: add a stock-status rule", q.Units, in.SKU, q.Status)
		}
		if !sell {
			if q.Units != 0 {
				withheld += q.Units
				kept = append(kept, fmt.Sprintf("%d %s", q.Units, q.Status))
			}
			continue
		}
		if q.Units < 0 {
			f.note(NoteNegative, string(q.Status), q.Units,
				"the warehouse counts %d units of %s as %s; 0 are offered: it has given away more than it has", q.Units, in.SKU, q.Status)
		}
		units += q.Units
		if q.Status == domain.StockAvailable {
			available = q.Units
		}
	}
	units = min(units, mostUnits)
	detail := fmt.Sprintf("version %d, changed %s", in.Held.Version, stamp(in.Held.ChangedAt))
	if least := p.Grade(in.SKU); least != "" && len(in.Held.ByGrade) > 0 {
		for _, g := range in.Held.ByGrade {
			if _, known := gradeRank[strings.ToUpper(g.Grade)]; !known && !strings.EqualFold(g.Grade, "U") && g.Units != 0 {
				f.note(NoteUnknownGrade, g.Grade, g.Units, "the warehouse grades %d units of %s as %q, which we do not know; they are withheld", g.Units, in.SKU, g.Grade)
			}
		}
		if below := max(0, available) - min(max(0, available), ofGrade(in.Held.ByGrade, least)); below > 0 {
			units -= below
			withheld += below
			kept = append(kept, fmt.Sprintf("%d below grade %s", below, least))
		}
		detail += ", of grade " + least + " or better"
	}
	f.term(Term{Name: TermSellable, Units: max(0, units), Source: SourceFeed, At: in.Held.AsOf, Detail: detail})
	if withheld != 0 {
		f.term(Term{Name: TermWithheld, Units: withheld, Source: SourceFeed, At: in.Held.AsOf, Detail: strings.Join(kept, ", ")})
	}
	if in.Held.Doubt != "" {
		f.note(NoteDoubt, string(in.Held.Doubt), 0, "the record of %s cannot be relied upon (%s); its figure may fall and is not raised", in.SKU, in.Held.Doubt)
	}
	return max(0, units)
}

// promises counts what the shop has promised and the warehouse still counted as
// sellable: on lines that we know, and on orders that nobody has taken in yet.
func promises(in Input, f *Figure) (unseen, waiting int) {
	known := 0
	for _, l := range in.Lines {
		known += max(0, l.Allocated)
		units := l.Unseen(in.Held.AsOf)
		if units == 0 {
			continue
		}
		unseen += units
		f.Promises = append(f.Promises, Promise{
			Order: l.Order, Line: l.Line, Units: units, Held: l.Held(), Taken: l.Taken(in.Held.AsOf), Reason: whyUnseen(l, in.Held.AsOf),
		})
	}
	slices.SortFunc(f.Promises, func(a, b Promise) int {
		return cmp.Or(cmp.Compare(a.Order.Store, b.Order.Store), cmp.Compare(len(b.Order.Number), len(a.Order.Number)),
			cmp.Compare(b.Order.Number, a.Order.Number), cmp.Compare(a.Line, b.Line))
	})
	if waiting = in.Shop.Allocated() - known; waiting < 0 {
		f.note(NoteLinesBeyond, "", -waiting, "the lines that we know hold %d units more than the shop has allocated; they moved while they were read", -waiting)
		waiting = 0
	}
	f.term(Term{
		Name: TermUnseen, Units: unseen, Source: SourceLines, At: in.ShopAt,
		Detail: fmt.Sprintf("promised on %d lines that the warehouse had not taken at %s", len(f.Promises), stamp(in.Held.AsOf)),
	})
	f.term(Term{
		Name: TermNotTakenIn, Units: waiting, Source: SourceShop, At: in.ShopAt,
		Detail: fmt.Sprintf("%d allocated in the shop, %d of them on orders that we know", in.Shop.Allocated(), known),
	})
	return unseen, waiting
}

func whyUnseen(l Line, a time.Time) string {
	last, newest := "", time.Time{}
	for _, s := range l.Sightings {
		if !s.At.Before(newest) {
			last, newest = s.Consignment, s.At
		}
	}
	switch {
	case last == "":
		return "the warehouse has not got it"
	case newest.Before(a):
		return fmt.Sprintf("the warehouse holds %s and had not taken the units by %s", last, stamp(newest))
	}
	return fmt.Sprintf("%s was last seen at %s, after the feed", last, stamp(newest))
}

// margins names what the shop keeps back by itself. It is not taken off our buffer: the
// figure that we write is the one the shop allocates from, and the shop takes its own
// margin off what it shows, so with both the shop shows less than anybody meant.
func (p *Policy) margins(in Input, keep int, f *Figure) {
	margin := in.Threshold + in.Shop.Offset
	if in.Threshold != 0 || in.Shop.Offset != 0 {
		f.term(Term{
			Name: TermMargin, Units: margin, Source: SourceShop, At: in.ShopAt,
			Detail: fmt.Sprintf("threshold %d of the warehouse, offset %d of the variant; the storefront shows that much less", in.Threshold, in.Shop.Offset),
		})
	}
	switch {
	case margin > 0 && keep > 0:
		f.note(NoteTwoMargins, "", margin, "%d units of %s are kept back by our buffer and %d more by the shop's threshold and offset; set one of the two to 0", keep, in.SKU, margin)
	case margin < 0:
		f.note(NoteNegativeGive, "", margin, "the shop shows %d units of %s more than it may allocate, by its threshold %d and offset %d; set the offset to 0", -margin, in.SKU, in.Threshold, in.Shop.Offset)
	}
	if in.Shop.FreeToAllocate < 0 {
		f.note(NoteOverAllocated, "", in.Shop.FreeToAllocate, "the shop has allocated %d units of %s more than it holds", -in.Shop.FreeToAllocate, in.SKU)
	}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.RFC3339)
}
