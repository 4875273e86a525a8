package judge_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/judge"
)

func text(s string) *string { return &s }

// withReturns is the clean day after goods came back: one unit of the first order is
// well, two are beyond repair and booked off with their return; besides, two garments
// were spoilt in the store, one of them under the serial of a lost garment of the return.
func withReturns() *day {
	d := clean()
	o := &d.shop.Orders[twoParcels]
	o.Returns = []judge.CentraReturn{
		{ExternalID: "atelier/1/r1/shop-return/1", Status: "COMPLETED", Lines: []judge.CentraQuantity{{LineID: 1, Quantity: 1}}, Total: 1000, Refunded: 1000},
		{ExternalID: "atelier/1/r1/shop-return/2", Status: "COMPLETED", Lines: []judge.CentraQuantity{{LineID: 1, Quantity: 2}}, Total: 2000, Refunded: 2000},
	}
	o.Captured = 500
	unit := func(disposition, serial string) judge.ReturnUnit {
		return judge.ReturnUnit{LineID: text("1"), SKU: "SB", Disposition: disposition, Serial: serial, Final: true}
	}
	d.acs[0].Returns = []judge.WarehouseReturn{{ReturnID: "ret-1", OrderNumber: text("1"), Units: []judge.ReturnUnit{unit("restock", ""), unit("ber", "X1"), unit("ber", "")}}}
	d.acs[0].Adjustments = []judge.Adjustment{
		{AdjustmentID: "adj-1", SKU: "SB", QuantityDelta: -1, Reason: "ber_write_off", ReturnID: text("ret-1"), OrderNumber: text("1")},
		{AdjustmentID: "adj-2", SKU: "SB", QuantityDelta: -1, Reason: "ber_write_off", Serials: []string{"X1"}},
		{AdjustmentID: "adj-3", SKU: "SH", QuantityDelta: -2, Reason: "lost"},
		{AdjustmentID: "adj-4", SKU: "SH", QuantityDelta: -1, Reason: "count_correction"},
		{AdjustmentID: "adj-5", SKU: "SH", QuantityDelta: 5, Reason: "goods_in"},
	}
	memo := judge.BookedLine{Key: "cm-1", Type: "credit-memo", Store: "atelier", Order: "1", Return: "1", Line: "1", LineType: "goods", SKU: "SB", Quantity: 3}
	off := func(key, back, ref string, quantity int) judge.BookedLine {
		l := judge.BookedLine{Key: key, Type: "write-off", Return: back, Reference: ref, LineType: "goods", SKU: "SB", Quantity: quantity}
		if back != "" {
			l.Store, l.Order, l.Reference = "atelier", "1", "1"
		}
		return l
	}
	d.claims.Booked = []judge.BookedLine{memo, off("b1", "ret-1", "", -1), off("b2", "", "adj-2", -1), off("b3", "", "adj-3", -1), off("b4", "", "adj-3", -1)}
	return d
}

func TestTheJudgeCountsGarmentsThatCameBack(t *testing.T) {
	t.Parallel()
	require.Empty(t, failing(withReturns().report()), withReturns().report().String())
	for name, tt := range map[string]struct {
		wrong func(d *day)
		seen  judge.Counter
	}{
		"more was paid back than captured": {func(d *day) { d.shop.Orders[twoParcels].Captured = -1 }, judge.WrongMoney},
		"a return was paid back twice":     {func(d *day) { d.shop.Orders[twoParcels].Returns[0].Refunded = 2000 }, judge.WrongMoney},
		"a completed return was not paid back": {func(d *day) {
			d.shop.Orders[twoParcels].Returns[0].Refunded = 0
			d.shop.Orders[twoParcels].Captured = 1500
		}, judge.WrongMoney},
		"a garment is credited twice":                {func(d *day) { d.claims.Booked[0].Quantity = 4 }, judge.WrongMoney},
		"a garment is credited in a second memo":     {func(d *day) { d.claims.Booked = append(d.claims.Booked, d.claims.Booked[0]) }, judge.WrongMoney},
		"a garment is not credited":                  {func(d *day) { d.claims.Booked[0].Quantity = 2 }, judge.WrongMoney},
		"a garment that never came back is credited": {func(d *day) { d.claims.Booked[0].Line = "77" }, judge.WrongMoney},
		"a lost garment is not written off":          {func(d *day) { d.claims.Booked = withoutKey(d, "b1") }, judge.Silent},
		"a lost garment is written off twice":        {func(d *day) { d.claims.Booked = append(d.claims.Booked, d.claims.Booked[1]) }, judge.Doubled},
		"a garment told by return and books twice":   {func(d *day) { b := d.claims.Booked[1]; b.Key = "b9"; d.claims.Booked = append(d.claims.Booked, b) }, judge.Doubled},
		"a write-off is taken back for no entry": {func(d *day) {
			d.claims.Booked = append(d.claims.Booked, judge.BookedLine{Key: "u1", Type: "write-off", Reference: "adj-5", LineType: "goods", SKU: "SH", Quantity: 1})
		}, judge.Doubled},
		"one spoilt in the store is not written off":        {func(d *day) { d.claims.Booked = withoutKey(d, "b4") }, judge.Silent},
		"one spoilt in the store is written off thrice":     {func(d *day) { b := d.claims.Booked[3]; b.Key = "b9"; d.claims.Booked = append(d.claims.Booked, b) }, judge.Doubled},
		"one that the warehouse never lost is written off":  {func(d *day) { d.claims.Booked[3].Reference = "adj-99" }, judge.WrongQuantity},
		"one of a return that no warehouse knows":           {func(d *day) { d.claims.Booked[1].Return = "ret-99" }, judge.WrongQuantity},
		"a count is no loss":                                {func(d *day) { d.claims.Booked[3].Reference = "adj-4" }, judge.WrongQuantity},
		"a return puts its units back on sale":              {func(d *day) { d.shop.Orders[twoParcels].Returns[0].ToStock = true }, judge.WrongQuantity},
		"a garment beyond repair is sold again by the shop": {func(d *day) { d.shop.Stock[0].FTA++ }, judge.Oversold},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := withReturns()
			tt.wrong(d)
			require.Contains(t, failing(d.report()), tt.seen, d.report().String())
		})
	}
}

func withoutKey(d *day, key string) (left []judge.BookedLine) {
	for _, b := range d.claims.Booked {
		if b.Key != key {
			left = append(left, b)
		}
	}
	return left
}

func TestWhatWaitsForAPersonIsNotSilent(t *testing.T) {
	t.Parallel()
	d := withReturns()
	d.claims.Orders[0].Planned, d.claims.Orders[0].PlannedEnd, d.claims.Orders[0].State = "write-off-limit", "return-window", "return-window"
	d.claims.Orders[0].Causes = []string{"write-off-limit:x"}
	d.claims.Booked = withoutKey(d, "b1")
	require.Empty(t, failing(d.report()), d.report().String())
	d.claims.Booked = append(d.claims.Booked, withReturns().claims.Booked[1], withReturns().claims.Booked[1])
	require.Contains(t, failing(d.report()), judge.Doubled, "asking excuses no doubling")
}

func TestTheBooksAreReadByTheirColumns(t *testing.T) {
	t.Parallel()
	day := withReturns()
	dir := t.TempDir()
	path := filepath.Join(dir, "day.json")
	write := func(name string, v any) { writeJSON(t, path+name, v) }
	write("", day.claims)
	write(".centra.json", day.shop)
	write(".acs.json", day.acs)
	r, err := judge.Day(path)
	require.NoError(t, err)
	require.Empty(t, failing(r), "without an export nothing is said of the books")
	books := func(text string) error {
		require.NoError(t, os.WriteFile(path+".ledger.csv", []byte(text), 0o600))
		r, err = judge.Day(path)
		return err
	}
	header := "extra,document_key,type,store,order_number,return,return_reference,reference,line_ref,line_type,sku,quantity\n"
	require.NoError(t, books(header+"x,cm,credit-memo,atelier,1,7,,,1,goods,SB,2\n,cm,credit-memo,atelier,1,7,,,shipping,shipping,,1\n"))
	require.Contains(t, failing(r), judge.WrongMoney)
	require.Contains(t, failing(r), judge.Silent)
	require.ErrorContains(t, books("type\nx\n"), "document_key")
	require.ErrorContains(t, books(strings.Replace(header, "extra", "more", 1)+"x,cm,credit-memo,atelier,1,7,,,1,goods,SB,two\n"), "row 2")
	require.ErrorContains(t, books("\"a"), "export of the books")
}

func TestTheJudgeCountsWhatTheBooksSayBesides(t *testing.T) {
	t.Parallel()
	d := withReturns()
	own := judge.BookedLine{Key: "o1", Type: "write-off", Reference: "adj-7", LineType: "goods", SKU: "SH", Quantity: -1}
	d.acs[0].Adjustments = append(d.acs[0].Adjustments, judge.Adjustment{AdjustmentID: "adj-7", SKU: "SH", QuantityDelta: -1, Reason: "moth"})
	require.Empty(t, failing(d.report()), "a reason that nobody knows may be none")
	d.claims.Booked = append(d.claims.Booked, own)
	require.Empty(t, failing(d.report()), "and may be a loss")
	d.claims.Booked = append(d.claims.Booked, own)
	require.Equal(t, []judge.Counter{judge.Doubled}, failing(d.report()))
	d.claims.Booked = d.claims.Booked[:len(d.claims.Booked)-1]

	d.acs[0].Adjustments = append(d.acs[0].Adjustments, judge.Adjustment{AdjustmentID: "adj-6", SKU: "SH", QuantityDelta: 1, Reason: "lost"})
	once := judge.BookedLine{Key: "u1", Type: "write-off", Reference: "adj-6", LineType: "goods", SKU: "SH", Quantity: 1}
	d.claims.Booked = append(d.claims.Booked, once)
	require.Empty(t, failing(d.report()), d.report().String())
	d.claims.Booked = append(d.claims.Booked, once)
	require.Equal(t, []judge.Counter{judge.Doubled}, failing(d.report()))
}
