package activities_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// told tells of a movement of the warehouse's books as intake does, five times.
func (o *office) told(id, reason string, units int, change ...func(*domain.Adjustment)) domain.DocumentKey {
	o.t.Helper()
	a := domain.Adjustment{ID: id, Warehouse: hillington, SKU: "TEE", Units: units, Reason: reason, UnitCost: "12.50", Currency: "GBP", At: noon}
	for _, f := range change {
		f(&a)
	}
	documents := domain.Adjustment.WriteOffs
	if a.Unexplained() {
		documents = domain.Adjustment.Unread
	}
	docs, err := documents(a)
	require.NoError(o.t, err)
	for range 5 {
		require.NoError(o.t, o.db.KeepWriteOffs(o.t.Context(), docs, o.now))
	}
	key, err := a.WriteOffKey(1)
	require.NoError(o.t, err)
	return key
}

func bearing(serial string) func(*domain.Adjustment) {
	return func(a *domain.Adjustment) { a.Serials = []string{serial} }
}

func after(d time.Duration) func(*domain.Adjustment) {
	return func(a *domain.Adjustment) { a.At = noon.Add(d) }
}

// net is what the posted write-offs come to: garments, and money.
func (o *office) net() (garments int, money int64) {
	o.t.Helper()
	for _, r := range o.posted() {
		garments += r.Document.Lines[0].Quantity
		money += r.Document.Totals().Gross
	}
	return garments, money
}

func (o *office) nets(garments int) {
	o.t.Helper()
	o.ran()
	o.ran()
	got, _ := o.net()
	require.Equal(o.t, garments, got)
}

func TestALossForAReasonThatNobodyKnowsIsAskedAboutOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	o.owns(hillington)
	o.told("m1", "moth", -1, bearing("S1"))
	o.told("m2", "moth", -2)
	o.told("m3", "moth", 1, after(time.Hour), bearing("S1")) // and one was well after all
	o.told("f1", "flood", -1)
	o.nets(0)
	moth, flood := domain.NewCause("unmapped:adjustment-reason", hillington, "moth"), domain.NewCause("unmapped:adjustment-reason", hillington, "flood")
	require.ElementsMatch(t, []string{moth, flood}, o.asked(), "once for each reason")
	require.Equal(t, 3, o.answer("retry", moth))
	o.ran()
	require.Contains(t, o.asked(), moth, "a retry asks again")

	o.rule(domain.Rule{Table: domain.RuleAdjustmentReason, Warehouse: hillington, From: "flood", To: "stock"})
	o.nets(0)
	require.Equal(t, []string{moth}, o.asked(), "what moves stock alone is no document")

	o.rule(domain.Rule{Table: domain.RuleAdjustmentReason, Warehouse: hillington, From: "moth", To: "ber"})
	o.nets(-2)
	require.Len(t, o.posted(), 4)
	require.Empty(t, o.asked())
	for range 3 { // told again, and by a return
		o.told("m1", "moth", -1, bearing("S1"))
		require.NoError(t, o.returned("S1"))
		o.nets(-2)
	}
	require.Equal(t, "moth", o.document(o.told("m1", "moth", -1, bearing("S1"))).Document.Extra[domain.ExtraReason])
}

func TestWhatALossIsCalledMakesNoSecondOne(t *testing.T) {
	t.Parallel()
	for name, tell := range map[string]func(o *office, rule func()){
		"the return before the rule": func(o *office, rule func()) {
			o.told("m1", "moth", -1, bearing("S1"))
			o.ran()
			require.NoError(o.t, o.returned("S1"))
			o.ran()
			rule()
		},
		"the return after the rule": func(o *office, rule func()) {
			o.told("m1", "moth", -1, bearing("S1"))
			rule()
			o.ran()
			require.NoError(o.t, o.returned("S1"))
		},
		"by the return that the entry names": func(o *office, rule func()) {
			require.NoError(o.t, o.returned(""))
			o.told("m1", "moth", -1, ofReturn("RET-1"))
			rule()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, "post")
			o.owns(hillington)
			tell(o, func() {
				o.rule(domain.Rule{Table: domain.RuleAdjustmentReason, From: "moth", To: "ber"})
			})
			o.nets(-1)
			require.Empty(t, o.asked())
		})
	}
}

func TestAnExplainedLossIsToldToWhoeverMayWantIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	o.owns(hillington)
	var told []domain.Adjustment
	o.docs.Explained = func(_ context.Context, warehouse string, a domain.Adjustment) error {
		require.Equal(t, hillington, warehouse)
		told = append(told, a)
		return nil
	}
	o.told("m1", "moth", -1, ofReturn("RET-1"))
	o.ran()
	require.Empty(t, told)
	o.rule(domain.Rule{Table: domain.RuleAdjustmentReason, From: "moth", To: "lost"})
	o.nets(-1)
	require.Len(t, told, 1)
	require.Equal(t, []any{"lost", "RET-1", -1}, []any{told[0].Reason, told[0].Return, told[0].Units})
}

func TestAWriteOffIsTakenBackOnce(t *testing.T) {
	t.Parallel()
	back := after(time.Hour)
	for name, tt := range map[string]struct {
		tell func(o *office)
		want int // garments in the books
	}{
		"by its serial":                {func(o *office) { o.spoilt("x1", "S1"); o.told("b1", "ber_write_off", 1, bearing("S1"), back) }, 0},
		"by its serial, posted before": {func(o *office) { o.spoilt("x1", "S1"); o.ran(); o.told("b1", "ber_write_off", 1, bearing("S1"), back) }, 0},
		"told before the write-off":    {func(o *office) { o.told("b1", "ber_write_off", 1, bearing("S1"), back); o.ran(); o.spoilt("x1", "S1") }, 0},
		"by its serial, of a return": {func(o *office) {
			require.NoError(o.t, o.returned("S1"))
			o.told("b1", "ber_write_off", 1, bearing("S1"), back)
		}, 0},
		"by its return and item": {func(o *office) {
			require.NoError(o.t, o.returned(""))
			o.told("b1", "ber_write_off", 1, ofReturn("RET-1"), back)
		}, 0},
		"one of two of a return":        {func(o *office) { o.garments(2); o.told("b1", "ber_write_off", 1, ofReturn("RET-1"), back) }, -1},
		"both of two of a return":       {func(o *office) { o.garments(2); o.told("b1", "ber_write_off", 2, ofReturn("RET-1"), back) }, 0},
		"another serial is another one": {func(o *office) { o.spoilt("x1", "S1"); o.told("b1", "ber_write_off", 1, bearing("S2"), back) }, -1},
		"never more than was written off": {func(o *office) {
			o.spoilt("x1", "S1")
			o.told("b1", "ber_write_off", 1, bearing("S1"), back)
			o.ran()
			o.told("b2", "ber_write_off", 1, bearing("S1"), back)
		}, 0},
		"nothing that came after it": {func(o *office) {
			o.told("b1", "ber_write_off", 1, bearing("S1"), after(-time.Hour))
			o.spoilt("x1", "S1")
		}, -1},
		"and lost once more": {func(o *office) {
			o.spoilt("x1", "S1")
			o.told("b1", "ber_write_off", 1, bearing("S1"), back)
			o.ran()
			o.spoilt("x2", "S1", after(2*time.Hour))
		}, -1},
		"and lost once more, told before it was taken back": {func(o *office) {
			o.spoilt("x1", "S1")
			o.spoilt("x2", "S1", after(2*time.Hour))
			o.ran()
			o.told("b1", "ber_write_off", 1, bearing("S1"), back)
		}, -1},
		"and told of by a return as it was": {func(o *office) {
			o.spoilt("x1", "S1")
			o.told("b1", "ber_write_off", 1, bearing("S1"), back)
			o.ran()
			require.NoError(o.t, o.returned("S1"))
		}, 0},
		"above the limit, and agreed later": {func(o *office) {
			o.docs.WriteOffLimit = 1000
			o.spoilt("x1", "S1")
			o.told("b1", "ber_write_off", 1, bearing("S1"), back)
			o.ran()
			require.Empty(o.t, o.posted())
			require.Equal(o.t, 1, o.answer("override", o.asked()[0]))
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, "post")
			o.owns(hillington)
			tt.tell(o)
			o.nets(tt.want)
			o.nets(tt.want)
		})
	}
}

func TestAWriteOffTakenBackHasTheValueThatItHad(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	o.owns(hillington)
	o.spoilt("x1", "S1")
	key := o.told("b1", "ber_write_off", 1, bearing("S1"), after(time.Hour), func(a *domain.Adjustment) { a.UnitCost = "99.00" })
	o.nets(0)
	_, money := o.net()
	require.Zero(t, money)
	d := o.document(key).Document
	require.Equal(t, []any{domain.DocumentKey("centra-ber-adjustment-hillington-x1"), int64(1250), "ATELIER-UK"}, []any{d.Reverses, d.Totals().Gross, d.Entity})
}

// What takes a write-off back and names none is finance's: an answer is about the one
// that was named.
func TestAWriteOffThatMayBeTakenBackIsFinances(t *testing.T) {
	t.Parallel()
	cause := func(o *office, id string) string {
		key, err := domain.Adjustment{ID: id, Warehouse: hillington}.WriteOffKey(1)
		require.NoError(o.t, err)
		return domain.NewCause("write-off-undone", string(key))
	}
	for name, tt := range map[string]struct {
		tell func(o *office)
		want int
	}{
		"none is in the books": {func(o *office) {
			o.told("b1", "ber_write_off", 1)
			o.ran()
			require.Equal(o.t, []string{cause(o, "b1")}, o.asked())
			require.Equal(o.t, 1, o.answer("override", cause(o, "b1")))
			o.ran()
			require.Equal(o.t, []string{cause(o, "b1")}, o.asked(), "there is none to take back")
			require.Equal(o.t, 1, o.answer("skip", cause(o, "b1")))
		}, 0},
		"one is alike, and it is that": {func(o *office) {
			o.spoilt("x1", "")
			o.told("b1", "ber_write_off", 1, after(time.Hour))
			o.ran()
			o.ran()
			require.Equal(o.t, []string{cause(o, "b1")}, o.asked())
			require.Equal(o.t, 1, o.answer("retry", cause(o, "b1")))
			o.ran()
			require.Equal(o.t, []string{cause(o, "b1")}, o.asked(), "a retry asks again")
			require.Equal(o.t, 1, o.answer("override", cause(o, "b1")))
		}, 0},
		"one is alike, and it is not that": {func(o *office) {
			o.spoilt("x1", "")
			o.told("b1", "ber_write_off", 1, after(time.Hour))
			o.ran()
			require.Equal(o.t, 1, o.answer("skip", cause(o, "b1")))
		}, -1},
		"an answer is about the one that was named": {func(o *office) {
			o.spoilt("x1", "")
			o.told("b1", "ber_write_off", 1, after(2*time.Hour))
			o.ran()
			require.Equal(o.t, 1, o.answer("override", cause(o, "b1")))
			o.spoilt("x2", "", after(time.Hour)) // likelier, and told only now
			o.ran()
			require.Equal(o.t, []string{cause(o, "b1")}, o.asked())
		}, -2},
		"a person has dropped it": {func(o *office) {
			key := domain.DocumentKey("centra-ber-adjustment-hillington-x1")
			o.spoilt("x1", "S1")
			_, err := o.db.AnswerDocuments(o.t.Context(), ports.DocumentAnswer{Keys: []domain.DocumentKey{key}, Action: "skip", By: "Ada", Reason: "booked by hand"}, o.now)
			require.NoError(o.t, err)
			o.told("b1", "ber_write_off", 1, bearing("S1"), after(time.Hour))
			o.ran()
			require.Equal(o.t, []string{cause(o, "b1")}, o.asked())
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, "post")
			o.owns(hillington)
			tt.tell(o)
			o.nets(tt.want)
		})
	}
}
