package activities_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

func (o *office) spoilt(id, serial string, change ...func(*domain.Adjustment)) {
	o.t.Helper()
	a := domain.Adjustment{ID: id, Warehouse: hillington, SKU: "TEE", Units: -1, Reason: "ber_write_off", UnitCost: "12.50", Currency: "GBP", At: noon}
	if serial != "" {
		a.Serials = []string{serial}
	}
	for _, f := range change {
		f(&a)
	}
	docs, err := a.WriteOffs()
	require.NoError(o.t, err)
	for range 5 { // told again it is the same
		require.NoError(o.t, o.db.KeepWriteOffs(o.t.Context(), docs, o.now))
	}
}

func (o *office) owns(warehouses string) {
	o.rule(domain.Rule{Table: domain.RuleEntity, From: "ATELIER-UK", To: "7", Extra: map[string]string{"timezone": "Europe/London", "currency": "GBP", "warehouses": warehouses}})
}

func (o *office) returned(serial string) error { return o.returnedAs("g1", serial) }

// returnedAs writes a garment of the warehouse's return RET-1 off, as its order's return does.
func (o *office) returnedAs(garment, serial string, change ...func(*domain.ReturnPlan)) error {
	p := domain.ReturnPlan{
		Return: 1, Kind: domain.PlanWriteOff, Key: orderID.String() + "/r1/write-off/" + garment, Garments: []string{garment}, Lines: []domain.LineQuantity{{Line: "1", Quantity: 1}},
		SKU: "TEE", Reason: "ber", At: noon, Warehouse: hillington, Serial: serial, ReturnID: "RET-1",
	}
	for _, f := range change {
		f(&p)
	}
	_, err := o.record(p)
	return err
}

func ofReturn(id string) func(*domain.Adjustment) {
	return func(a *domain.Adjustment) { a.Return = id }
}

// posted are the write-offs that stand in the books.
func (o *office) posted() (posted []ports.DocumentRecord) {
	o.t.Helper()
	all, err := o.db.Documents(o.t.Context(), ports.DocumentFilter{Kind: domain.DocWriteOff}, 100)
	require.NoError(o.t, err)
	for _, r := range all {
		if r.Status == domain.DocumentPosted {
			posted = append(posted, r)
		}
	}
	return posted
}

func TestAGarmentIsWrittenOffOnce(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		tell func(o *office)
		want int
	}{
		"told as an adjustment alone":                       {func(o *office) { o.spoilt("x1", "S1"); o.ran() }, 1},
		"told as an adjustment and then in a return":        {func(o *office) { o.spoilt("x1", "S1"); o.ran(); require.NoError(o.t, o.returned("S1")) }, 1},
		"told in a return and then as an adjustment":        {func(o *office) { require.NoError(o.t, o.returned("S1")); o.spoilt("x1", "S1") }, 1},
		"kept as an adjustment, but first booked by return": {func(o *office) { o.spoilt("x1", "S1"); require.NoError(o.t, o.returned("S1")) }, 1},
		"told by two adjustments":                           {func(o *office) { o.spoilt("x1", "S1"); o.ran(); o.spoilt("x2", "S1") }, 1},
		"another garment is another one":                    {func(o *office) { o.spoilt("x1", "S1"); require.NoError(o.t, o.returned("S2")) }, 2},
		"two entries without serials are two":               {func(o *office) { o.spoilt("x1", ""); o.spoilt("x2", "") }, 2},
		"three at once are three":                           {func(o *office) { o.spoilt("x1", "S1", func(a *domain.Adjustment) { a.Units = -3 }) }, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, "post")
			o.owns("elsewhere, " + hillington)
			tt.tell(o)
			o.ran()
			o.ran()
			require.Len(t, o.posted(), tt.want)
		})
	}
}

func TestAReturnAndTheScheduleWriteOffAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	o.owns(hillington)
	for n := range 10 {
		serial := fmt.Sprintf("S%d", n)
		o.spoilt("x-"+serial, serial)
		doc := domain.Document{Key: domain.DocumentKey("ours-" + serial), Kind: domain.DocWriteOff, Order: orderID, Warehouse: hillington, Currency: "GBP", Extra: map[string]string{domain.ExtraSerial: serial}}
		theirs, err := o.db.UnbookedWriteOffs(t.Context(), "", 10)
		require.NoError(t, err)
		require.Len(t, theirs, 1)
		var racing sync.WaitGroup
		others := make([]domain.DocumentKey, 2)
		errs := make([]error, 2)
		for i, d := range []domain.Document{doc, theirs[0].Document} {
			racing.Go(func() {
				var booked ports.BookedWriteOff
				booked, errs[i] = o.db.BookWriteOff(t.Context(), ports.PlannedDocument{Document: d, Ledger: "csv", Held: i == 0}, 99, noon)
				others[i] = booked.Other
			})
		}
		racing.Wait()
		require.Equal(t, []error{nil, nil}, errs)
		require.Empty(t, others[0], "no ledger had the other")
		left, err := o.db.Document(t.Context(), theirs[0].Document.Key)
		require.NoError(t, err)
		require.Equal(t, domain.DocumentDropped, left.Status)
	}
}

func TestAWriteOffIsWorthWhatIsKnown(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	o.spoilt("x1", "S1")
	o.spoilt("x2", "S2", func(a *domain.Adjustment) { a.UnitCost = "" })
	o.spoilt("x3", "S3", func(a *domain.Adjustment) { a.Currency = "SEK" })
	o.ran()
	require.Empty(t, o.posted(), "no rule says whose stock it is")
	o.owns(hillington)
	o.ran()
	value, noted := map[string]int64{}, map[string]bool{}
	for _, r := range o.posted() {
		value[r.Document.Reference], noted[r.Document.Reference] = r.Document.Totals().Gross, r.Document.Memo != "adjustment "+r.Document.Reference+", outside of any return"
	}
	require.Equal(t, map[string]int64{"x1": -1250, "x2": 0, "x3": 0}, value)
	require.Equal(t, map[string]bool{"x1": false, "x2": true, "x3": true}, noted)
}

func TestAWriteOffAboveTheLimitIsFinances(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	o.owns(hillington)
	o.docs.WriteOffLimit = 1000
	o.spoilt("x1", "S1")
	o.ran()
	waits, err := o.db.DocumentCauses(t.Context())
	require.NoError(t, err)
	require.Len(t, waits, 1)
	require.Contains(t, waits[0].Cause, "write-off-limit:")
	answer := ports.DocumentAnswer{Cause: waits[0].Cause, Action: "retry", By: "Ada", Reason: "test"}
	_, err = o.db.AnswerDocuments(t.Context(), answer, o.now)
	require.NoError(t, err)
	o.ran()
	require.Empty(t, o.posted(), "a retry asks again")
	answer.Action = "override"
	_, err = o.db.AnswerDocuments(t.Context(), answer, o.now)
	require.NoError(t, err)
	o.ran()
	require.Len(t, o.posted(), 1)
}

// An adjustment that came while its order was unknown, and the garments of the return that
// it names: as many are written off as the greater number of both, whatever came first.
func TestALossToldBeforeItsOrderWasKnownIsWrittenOffOnce(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 3; n++ {
		for name, tell := range map[string]func(o *office){
			"the books first, posted":     func(o *office) { o.entries(n); o.ran(); o.garments(n) },
			"the books first, not posted": func(o *office) { o.entries(n); o.garments(n) },
			"the return first":            func(o *office) { o.garments(n); o.entries(n) },
			"one after the other": func(o *office) {
				for k := range n {
					o.spoilt(fmt.Sprintf("x%d", k), "", ofReturn("RET-1"))
					o.ran()
					require.NoError(o.t, o.returnedAs(fmt.Sprintf("g%d", k), ""))
				}
			},
			"one garment more than entries": func(o *office) { o.entries(n - 1); o.ran(); o.garments(n) },
			"one entry more than garments":  func(o *office) { o.garments(n - 1); o.entries(n) },
		} {
			t.Run(fmt.Sprintf("%d, %s", n, name), func(t *testing.T) {
				t.Parallel()
				o := newOffice(t, "post")
				o.owns(hillington)
				tell(o)
				o.ran()
				for range 3 { // told and decided again it is the same
					o.garments(min(n, max(1, n-1)))
					o.ran()
				}
				require.Len(t, o.posted(), n)
				require.Empty(t, o.asked())
			})
		}
	}
}

func (o *office) entries(n int) {
	for k := range n {
		o.spoilt(fmt.Sprintf("x%d", k), "", ofReturn("RET-1"))
	}
}

func (o *office) garments(n int) {
	for k := range n {
		require.NoError(o.t, o.returnedAs(fmt.Sprintf("g%d", k), ""))
	}
}

func TestAnAdjustmentThatItsOrderTellsOfLaterIsTheSameDocument(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	o.owns(hillington)
	o.spoilt("x1", "")
	o.ran()
	key, err := domain.Adjustment{ID: "x1", Warehouse: hillington}.WriteOffKey(1)
	require.NoError(t, err)
	adopted := func(p *domain.ReturnPlan) { p.Adjustment, p.ReturnID = string(key), "" }
	for range 5 {
		require.NoError(t, o.returnedAs("a1", "", adopted))
		o.ran()
	}
	require.Len(t, o.posted(), 1)
	require.Equal(t, key, o.posted()[0].Document.Key)
}

// Nothing says whether the garment of a return and the one in the warehouse's books are
// one: finance tells. Until then the second is in nobody's books, and somebody is asked.
func TestALossThatMayBeToldTwiceIsFinances(t *testing.T) {
	t.Parallel()
	cause := func(o *office) string {
		key, err := domain.Adjustment{ID: "x1", Warehouse: hillington}.WriteOffKey(1)
		require.NoError(o.t, err)
		return domain.NewCause("write-off-doubtful", string(key))
	}
	says := func(o *office, action, yes string) {
		a := domain.ReturnAnswer{Return: 1, AnswerFact: domain.AnswerFact{Action: action, Cause: domain.NewCause("write-off-doubtful", "selvedge", orderID.String()+"/r1/write-off/g1"), By: "Ada", Override: map[string]string{"writeOff": yes}}}
		o.tell(domain.NewFact(domain.FactReturnAnswered, domain.ReturnAnswerKey(1, action+yes), "Ada", noon, a))
	}
	doubted := func(o *office, err error) {
		f, ok := fault.As(err)
		require.True(o.t, ok, "%v", err)
		require.Equal(o.t, "write-off-doubtful", f.Code)
		require.Equal(o.t, fault.Rejected, f.Kind)
	}
	for name, tt := range map[string]struct {
		tell func(o *office)
		want int
	}{
		"the return second": {func(o *office) {
			o.spoilt("x1", "")
			o.ran()
			for range 5 {
				doubted(o, o.returned(""))
			}
		}, 1},
		"the return second, and they are two": {func(o *office) {
			o.spoilt("x1", "")
			o.ran()
			doubted(o, o.returned(""))
			says(o, "override", "no")
			doubted(o, o.returned(""))
			says(o, "override", "yes")
			require.NoError(o.t, o.returned(""))
		}, 2},
		"the books second": {func(o *office) {
			require.NoError(o.t, o.returned(""))
			o.spoilt("x1", "")
			o.ran()
			require.Equal(o.t, []string{cause(o)}, o.asked())
			require.Equal(o.t, 1, o.answer("retry", cause(o)))
			o.ran()
			require.Equal(o.t, []string{cause(o)}, o.asked(), "a retry asks again")
		}, 1},
		"the books second, and they are one": {func(o *office) {
			require.NoError(o.t, o.returned(""))
			o.spoilt("x1", "")
			o.ran()
			require.Equal(o.t, 1, o.answer("skip", cause(o)))
			o.ran()
			require.Empty(o.t, o.asked())
		}, 1},
		"the books second, and they are two": {func(o *office) {
			require.NoError(o.t, o.returned(""))
			o.spoilt("x1", "")
			o.ran()
			require.Equal(o.t, 1, o.answer("override", cause(o)))
			o.ran()
			require.Empty(o.t, o.asked())
		}, 2},
		"the books first, planned and not posted": {func(o *office) {
			o.spoilt("x1", "")
			_, err := o.do(o.docs.BookOrders)
			require.NoError(o.t, err)
			require.NoError(o.t, o.returned(""))
			o.ran()
			require.Equal(o.t, []string{cause(o)}, o.asked())
		}, 1},
		"both without serials, but another item": {func(o *office) {
			o.spoilt("x1", "", func(a *domain.Adjustment) { a.SKU = "CAP" })
			o.ran()
			require.NoError(o.t, o.returned(""))
		}, 2},
		"both without serials, but another kind of loss": {func(o *office) {
			o.spoilt("x1", "", func(a *domain.Adjustment) { a.Reason = "lost" })
			o.ran()
			require.NoError(o.t, o.returned(""))
		}, 2},
		"both without serials, but two months apart": {func(o *office) {
			o.spoilt("x1", "", func(a *domain.Adjustment) { a.At = noon.Add(-60 * 24 * time.Hour) })
			o.ran()
			require.NoError(o.t, o.returned(""))
		}, 2},
		"the entry is of another return": {func(o *office) {
			o.spoilt("x1", "", ofReturn("RET-9"))
			o.ran()
			require.NoError(o.t, o.returned(""))
		}, 2},
		"the return has an entry of its own": {func(o *office) {
			o.spoilt("x1", "")
			o.ran()
			require.NoError(o.t, o.returnedAs("g1", "", func(p *domain.ReturnPlan) { p.Adjustment = "centra-ber-adjustment-of-its-own" }))
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, "post")
			o.owns(hillington)
			tt.tell(o)
			o.ran()
			o.ran()
			require.Len(t, o.posted(), tt.want)
		})
	}
}
