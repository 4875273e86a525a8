package activities_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
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

func (o *office) returned(serial string) error {
	_, err := o.record(domain.ReturnPlan{
		Return: 1, Kind: domain.PlanWriteOff, Key: orderID.String() + "/r1/write-off/g1", Garments: []string{"g1"}, Lines: []domain.LineQuantity{{Line: "1", Quantity: 1}},
		SKU: "TEE", Reason: "ber", At: noon, Warehouse: hillington, Serial: serial,
	})
	return err
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
		"without serials each is one":                       {func(o *office) { o.spoilt("x1", ""); o.spoilt("x2", ""); require.NoError(o.t, o.returned("")) }, 3},
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
				others[i], errs[i] = o.db.BookWriteOff(t.Context(), ports.PlannedDocument{Document: d, Ledger: "csv", Held: i == 0}, 99, noon)
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
