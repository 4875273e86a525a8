package judge_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/judge"
)

// day is a small day with nothing wrong: one order of two parcels, one of a bundle
// from two warehouses, one that waits as planned, one cancelled, one captured before
// submission, one that the shop holds back, and a wholesale order beside.
type day struct {
	claims judge.Outcome
	shop   judge.Centra
	acs    []judge.Account
}

const (
	twoParcels = iota // positions in day.claims and day.shop
	bundle
	planned
	cancelled
	prepaid
	held
)

func (d *day) report() judge.Report { return judge.Judge(d.claims, d.shop, d.acs) }

func line(id, quantity int, total int64, from string) judge.CentraLine {
	l := judge.CentraLine{ID: id, Kind: "product", SKU: "S" + string(rune('A'+id%26)), Quantity: quantity, Shipped: quantity, Physical: true, Total: total}
	l.From = map[string]int{from: quantity}
	return l
}

func sent(number, tracking string, captured int64, line, quantity int) judge.CentraShipment {
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	return judge.CentraShipment{
		Number: number, By: "api", Carrier: "DPD", Tracking: tracking, CompletedAt: &at, Captured: captured,
		Lines: []judge.CentraQuantity{{LineID: line, Quantity: quantity}},
	}
}

func left(id, tracking, line, sku string, quantity int) judge.WarehouseShipment {
	return judge.WarehouseShipment{
		ID: id, Carrier: "dpd", Trackings: []string{tracking},
		Lines: []judge.WarehouseShipmentLine{{LineID: &line, SKU: sku, Quantity: quantity}},
	}
}

func handed(number, ref, state string, lines []judge.WarehouseLine, shipments ...judge.WarehouseShipment) judge.WarehouseOrder {
	return judge.WarehouseOrder{Number: number, State: state, References: map[string]string{"order": ref}, Lines: lines, Shipments: shipments}
}

func clean() *day {
	claim := func(number, kind, end string, causes ...string) judge.OutcomeOrder {
		return judge.OutcomeOrder{Store: "atelier", Number: number, Planned: kind, PlannedEnd: end, State: end, Causes: causes}
	}
	order := func(number int, status string, captured int64, lines []judge.CentraLine, shipments ...judge.CentraShipment) judge.CentraOrder {
		return judge.CentraOrder{Store: "atelier", Number: number, Status: status, CaptureMode: "on-shipment", Captured: captured, Lines: lines, Shipments: shipments}
	}
	d := &day{claims: judge.Outcome{
		Warehouses: map[string]string{"EC": "east", "HL": "west"}, Carriers: map[string]string{"dpd": "DPD"}, Items: map[string]string{"SC": "C-1"},
		Orders: []judge.OutcomeOrder{
			claim("1", "", "closed"), claim("2", "", "closed"), claim("3", "short-pick", "needs-attention", "short-pick:EC:3"),
			claim("4", "", "cancelled"), claim("5", "", "closed"), claim("6", "", "waiting-for-shop"),
		},
	}}
	unshipped := func(l judge.CentraLine) judge.CentraLine { l.Shipped = 0; return l }
	two := order(1, "SHIPPED", 3500, []judge.CentraLine{line(1, 3, 3000, "east")}, sent("1-1", "T1", 1500, 1, 1), sent("1-2", "T2", 2000, 1, 2))
	two.ShippingTotal = 500
	parts := order(2, "SHIPPED", 1000, []judge.CentraLine{{ID: 20, Kind: "bundle", SKU: "B", Quantity: 1}, line(2, 1, 400, "east"), line(3, 1, 600, "west")},
		sent("2-1", "T3", 400, 2, 1), sent("2-2", "T4", 600, 3, 1))
	short := order(3, "CONFIRMED", 0, []judge.CentraLine{unshipped(line(4, 2, 2000, "east"))})
	gone := order(4, "CANCELLED", 0, []judge.CentraLine{unshipped(line(5, 1, 100, "east"))})
	gone.Lines[0].From = map[string]int{}
	paid := order(5, "SHIPPED", 700, []judge.CentraLine{line(6, 1, 700, "east")}, sent("5-1", "T6", 700, 6, 1))
	paid.CaptureMode = "before-submission"
	back := order(6, "CONFIRMED", 0, []judge.CentraLine{unshipped(line(7, 1, 100, "east"))})
	back.OnHold = true
	d.shop = judge.Centra{
		Orders: []judge.CentraOrder{two, parts, short, gone, paid, back, {Store: "showroom", Number: 90, Wholesale: true, Status: "CONFIRMED", Lines: []judge.CentraLine{unshipped(line(8, 6, 600, "east"))}}},
		Stock: []judge.CentraStock{
			{Warehouse: "east", SKU: "SB", FTA: 5}, {Warehouse: "east", SKU: "SH", FTA: 2}, {Warehouse: "east", SKU: "SC", FTA: 1}, {Warehouse: "west", SKU: "SD"},
		},
	}
	for _, m := range []struct {
		order    int
		shipment string
	}{{1, "1-1"}, {1, "1-2"}, {2, "2-1"}, {2, "2-2"}, {5, "5-1"}} {
		d.shop.Mails = append(d.shop.Mails, judge.CentraMail{Store: "atelier", Order: m.order, Shipment: m.shipment, Kind: "shipment"})
	}
	whole := func(id, sku string, n int) []judge.WarehouseLine {
		return []judge.WarehouseLine{{LineID: id, SKU: sku, Quantity: n, Shipped: n}}
	}
	d.acs = []judge.Account{
		{Account: "EC", Orders: []judge.WarehouseOrder{
			handed("1", "atelier/1", "shipped", whole("1", "SB", 3), left("a", "T1", "1", "SB", 1), left("b", "T2", "1", "SB", 2)),
			handed("2", "atelier/2", "shipped", whole("2", "C-1", 1), left("c", "T3", "2", "C-1", 1)),
			handed("3", "atelier/3", "picking", []judge.WarehouseLine{{LineID: "4", SKU: "SE", Quantity: 2, Short: 1}}),
			handed("4", "atelier/4", "cancelled", []judge.WarehouseLine{{LineID: "5", SKU: "SF", Quantity: 1, Cancelled: 1}}),
			handed("5", "atelier/5", "shipped", whole("6", "SG", 1), left("e", "T6", "6", "SG", 1)),
			{Number: "77", State: "accepted", Lines: whole("1", "SB", 1)}, // somebody else's
			{Number: "78", State: "picking", Lines: []judge.WarehouseLine{{LineID: "1", SKU: "SB", Quantity: 2}}},
		}, Inventory: []judge.Stock{
			{SKU: "SB", Units: map[string]int{"available": 5, "allocated": 2, "quarantine": 9}}, // two for somebody else
			{SKU: "SH", Units: map[string]int{"available": 3, "allocated": 0}},                  // one for the order that is held
			{SKU: "C-1", Units: map[string]int{"available": 1}},
		}},
		{Account: "HL", Orders: []judge.WarehouseOrder{
			handed("2.2", "atelier/2", "shipped", whole("3", "SD", 1), left("d", "T4", "3", "SD", 1)),
		}},
	}
	return d
}

// failing lists the counters that must be zero and are not.
func failing(r judge.Report) []judge.Counter {
	var out []judge.Counter
	for _, f := range r.Findings {
		if f.Counter != judge.Tried && f.Counter != judge.WaitingAsPlanned && !slices.Contains(out, f.Counter) {
			out = append(out, f.Counter)
		}
	}
	return out
}

func TestACleanDayHasNothingToTell(t *testing.T) {
	t.Parallel()
	r := clean().report()
	require.Empty(t, failing(r), r.String())
	require.True(t, r.OK())
	require.Len(t, r.Orders(judge.Tried), 6, "wholesale orders are not tried")
	require.Equal(t, []string{"atelier/3"}, r.Orders(judge.WaitingAsPlanned))
}

func TestEveryMistakeIsCountedOnceAndWhereItBelongs(t *testing.T) {
	t.Parallel()
	order := func(d *day, n int) *judge.CentraOrder { return &d.shop.Orders[n] }
	at := func(d *day, account, n int) *judge.WarehouseOrder { return &d.acs[account].Orders[n] }
	for name, tt := range map[string]struct {
		mutate func(*day)
		want   []judge.Counter
		order  string
	}{
		"an order that never reached the warehouse is lost": {func(d *day) {
			d.shop.Orders[bundle].Status, d.claims.Orders[bundle].State = "CONFIRMED", "validated"
			for i := range d.shop.Orders[bundle].Lines {
				d.shop.Orders[bundle].Lines[i].Shipped = 0
			}
			d.shop.Orders[bundle].Shipments, d.shop.Orders[bundle].Captured = nil, 0
			d.shop.Mails = slices.Delete(d.shop.Mails, 2, 4)
			d.acs[0].Orders = slices.Delete(d.acs[0].Orders, 1, 2)
			d.acs[1].Orders = nil
			d.acs[0].Inventory[2].Units["available"]++ // it still lies there
		}, []judge.Counter{judge.Lost}, "atelier/2"},
		"an order rejected by the warehouse without a cause is lost": {func(d *day) {
			d.claims.Orders[planned] = judge.OutcomeOrder{Store: "atelier", Number: "3", PlannedEnd: "closed", State: "submitted"}
			at(d, 0, 2).State = "rejected"
		}, []judge.Counter{judge.Lost}, "atelier/3"},
		"units short without a cause are lost": {func(d *day) {
			d.claims.Orders[planned] = judge.OutcomeOrder{Store: "atelier", Number: "3", PlannedEnd: "accepted", State: "accepted"}
		}, []judge.Counter{judge.Lost}, "atelier/3"},
		"a second order for the same units is doubled": {func(d *day) {
			d.acs[0].Orders = append(d.acs[0].Orders, handed("5.2", "atelier/5", "cancel_requested", []judge.WarehouseLine{{LineID: "6", SKU: "SG", Quantity: 1}}))
		}, []judge.Counter{judge.Doubled}, "atelier/5"},
		"a second order is doubled though the order waits": {func(d *day) {
			d.acs[1].Orders = append(d.acs[1].Orders, handed("3.2", "atelier/3", "accepted", []judge.WarehouseLine{{LineID: "4", SKU: "SE", Quantity: 2}}))
		}, []judge.Counter{judge.Doubled}, "atelier/3"},
		"a second shipment of the same parcel is doubled": {func(d *day) {
			o := order(d, prepaid)
			o.Shipments = append(o.Shipments, judge.CentraShipment{Number: "5-2", By: "api", Lines: o.Shipments[0].Lines})
		}, []judge.Counter{judge.Doubled}, "atelier/5"},
		"an open order without a cause is silent":        {func(d *day) { d.claims.Orders[twoParcels].State = "accepted" }, []judge.Counter{judge.Silent}, "atelier/1"},
		"an order that nobody lists is silent":           {func(d *day) { d.claims.Orders = slices.Delete(d.claims.Orders, cancelled, cancelled+1) }, []judge.Counter{judge.Silent}, "atelier/4"},
		"an order that the shop does not hold is silent": {func(d *day) { d.shop.Orders = slices.Delete(d.shop.Orders, held, held+1) }, []judge.Counter{judge.Silent}, "atelier/6"},
		"units that left and are not told are a wrong quantity": {func(d *day) {
			d.acs[0].Orders[4].Shipments[0].Lines[0].Quantity = 2
		}, []judge.Counter{judge.WrongQuantity}, "atelier/5"},
		"units told that never left are a wrong quantity": {func(d *day) {
			at(d, 0, 4).Shipments[0].Voided = true
		}, []judge.Counter{judge.WrongQuantity}, "atelier/5"},
		"SHIPPED with an open line is a wrong quantity": {func(d *day) {
			order(d, twoParcels).Lines[0].Shipped = 2
		}, []judge.Counter{judge.WrongQuantity}, "atelier/1"},
		"another item than ordered is a wrong quantity": {func(d *day) { at(d, 1, 0).Lines[0].SKU = "SZ" }, []judge.Counter{judge.WrongQuantity}, "atelier/2"},
		"units of a cancelled order still to leave are a wrong quantity": {func(d *day) {
			at(d, 0, 3).State, at(d, 0, 3).Lines[0].Cancelled = "accepted", 0
		}, []judge.Counter{judge.WrongQuantity}, "atelier/4"},
		"units asked from another warehouse than allocated are a wrong quantity": {func(d *day) {
			order(d, bundle).Lines[2].From = map[string]int{"east": 1}
		}, []judge.Counter{judge.WrongQuantity}, "atelier/2"},
		"a wholesale order in the warehouse is a wrong quantity": {func(d *day) {
			d.acs[0].Orders = append(d.acs[0].Orders, handed("90", "showroom/90", "accepted", nil))
		}, []judge.Counter{judge.WrongQuantity}, "showroom/90"},
		"another carrier is a wrong carrier":        {func(d *day) { order(d, bundle).Shipments[0].Carrier = "UPS" }, []judge.Counter{judge.WrongCarrier}, "atelier/2"},
		"another parcel's tracking is wrong":        {func(d *day) { order(d, bundle).Shipments[0].Tracking = "T4" }, []judge.Counter{judge.WrongCarrier}, "atelier/2"},
		"tracking that was lost without a cause is": {func(d *day) { order(d, bundle).Shipments[1].Tracking = "" }, []judge.Counter{judge.WrongCarrier}, "atelier/2"},
		"capturing for goods that have not left is wrong money": {func(d *day) {
			o := order(d, planned)
			o.Captured = 1000
		}, []judge.Counter{judge.WrongMoney}, "atelier/3"},
		"capturing more than a parcel's worth is wrong money": {func(d *day) {
			order(d, twoParcels).Captured, order(d, twoParcels).Shipments[0].Captured = 3501, 1501
		}, []judge.Counter{judge.WrongMoney}, "atelier/1"},
		"a shipped order that was not paid is wrong money": {func(d *day) {
			order(d, bundle).Captured, order(d, bundle).Shipments[0].Captured = 600, 0
		}, []judge.Counter{judge.WrongMoney}, "atelier/2"},
		"a capture on no shipment is wrong money": {func(d *day) { order(d, bundle).Captured = 999 }, []judge.Counter{judge.WrongMoney}, "atelier/2"},
		"taking less before submission is wrong money": {func(d *day) {
			order(d, prepaid).Captured = 699
		}, []judge.Counter{judge.WrongMoney}, "atelier/5"},
		"money kept for units that were cancelled is silent": {func(d *day) { overpay(d); d.claims.Owed["atelier/5"] = 199 }, []judge.Counter{judge.Silent}, "atelier/5"},
		"asking for money that is not kept is wrong money": {func(d *day) {
			d.claims.Owed = map[string]int64{"atelier/5": 1}
		}, []judge.Counter{judge.WrongMoney}, "atelier/5"},
		"a second mail is counted":  {func(d *day) { d.shop.Mails = append(d.shop.Mails, d.shop.Mails[0]) }, []judge.Counter{judge.MailedNotOnce}, "atelier/1"},
		"a missing mail is counted": {func(d *day) { d.shop.Mails = d.shop.Mails[1:] }, []judge.Counter{judge.MailedNotOnce}, "atelier/1"},
		"a mail for an uncompleted shipment is counted": {func(d *day) {
			order(d, prepaid).Shipments[0].CompletedAt = nil
		}, []judge.Counter{judge.MailedNotOnce}, "atelier/5"},
		"a mail about no shipment is counted": {func(d *day) {
			d.shop.Mails = append(d.shop.Mails, judge.CentraMail{Store: "atelier", Order: 6, Shipment: "6-1", Kind: "shipment"})
		}, []judge.Counter{judge.MailedNotOnce}, "atelier/6"},
		"an offer above what lies there and is not promised is oversold": {func(d *day) { d.acs[0].Inventory[1].Units["available"] = 2 }, []judge.Counter{judge.Oversold}, "east/SH"},
		"units for somebody else cannot be offered":                      {func(d *day) { d.acs[0].Orders[6].Lines[0].Quantity = 3 }, []judge.Counter{judge.Oversold}, "east/SB"},
		"units that cannot be sold cannot be offered":                    {func(d *day) { d.acs[0].Inventory[2].Units = map[string]int{"quarantine": 1} }, []judge.Counter{judge.Oversold}, "east/SC"},
		"an offer of what no warehouse knows is oversold":                {func(d *day) { d.shop.Stock[3].FTA = 1 }, []judge.Counter{judge.Oversold}, "west/SD"},
		"a second credit for one garment is doubled": {func(d *day) {
			number, line := "5", "6"
			d.acs[0].Returns = []judge.WarehouseReturn{{OrderNumber: &number, Units: []judge.ReturnUnit{{LineID: &line, Disposition: "restock"}}}}
			back := judge.CentraReturn{ExternalID: "ret_1", Lines: []judge.CentraQuantity{{LineID: 6, Quantity: 1}}}
			order(d, prepaid).Returns = []judge.CentraReturn{back, back, {Lines: back.Lines}}
		}, []judge.Counter{judge.Doubled}, "atelier/5"},
		"a credit for a garment that never came is doubled": {func(d *day) {
			number, line := "5", "6"
			d.acs[0].Returns = []judge.WarehouseReturn{{OrderNumber: &number, Units: []judge.ReturnUnit{{LineID: &line, Disposition: "missing"}}}}
			order(d, prepaid).Returns = []judge.CentraReturn{{ExternalID: "ret_1", Lines: []judge.CentraQuantity{{LineID: 6, Quantity: 1}}}}
		}, []judge.Counter{judge.Doubled}, "atelier/5"},
		"a withdrawn order that the warehouse still sends is a wrong quantity": {func(d *day) {
			withdraw(d)
			at(d, 0, 3).State, at(d, 0, 3).Lines[0].Cancelled = "accepted", 0
		}, []judge.Counter{judge.WrongQuantity}, "atelier/4"},
		"a withdrawn order that the shop does not hold is lost": {func(d *day) {
			withdraw(d)
			order(d, cancelled).OnHold = false
		}, []judge.Counter{judge.Lost}, "atelier/4"},
		"a withdrawn order that the shop will send once it is paid is at another end": {func(d *day) {
			withdraw(d)
			order(d, cancelled).OnHold, order(d, cancelled).WaitingForPayment = false, true
		}, []judge.Counter{judge.OtherEnd}, "atelier/4"},
		"a withdrawn order that goes on is silent": {func(d *day) { withdraw(d); d.claims.Orders[cancelled].State = "accepted" }, []judge.Counter{judge.Silent}, "atelier/4"},
		"a negative offer is oversold":             {func(d *day) { d.shop.Stock[0].FTA = -1 }, []judge.Counter{judge.Oversold}, "east/SB"},
		"a cause that nobody planned is counted": {func(d *day) {
			d.claims.Orders[twoParcels].State, d.claims.Orders[twoParcels].Causes = "needs-attention", []string{"drift"}
		}, []judge.Counter{judge.WaitingUnplanned}, "atelier/1"},
		"a cause that only begins like the planned one is unplanned": {func(d *day) {
			d.claims.Orders[planned].Causes = []string{"short-picked"}
		}, []judge.Counter{judge.WaitingUnplanned}, "atelier/3"},
		"a planned fault that nobody is asked about is counted": {func(d *day) {
			d.claims.Orders[cancelled].Planned = "late-reject"
		}, []judge.Counter{judge.NotWaiting}, "atelier/4"},
		"another end than planned is counted": {func(d *day) { d.claims.Orders[cancelled].PlannedEnd = "closed" }, []judge.Counter{judge.OtherEnd}, "atelier/4"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := clean()
			tt.mutate(d)
			r := d.report()
			require.Equal(t, tt.want, failing(r), r.String())
			require.Equal(t, []string{tt.order}, r.Orders(tt.want[0]), r.String())
			require.False(t, r.OK())
		})
	}
}

// overpay has a customer pay 9.00 ahead, of which 2.00 are for a unit that was cancelled since.
func overpay(d *day) {
	o := &d.shop.Orders[prepaid]
	o.Captured, o.Lines[0].Cancelled = 900, 1
	d.claims.Owed = map[string]int64{"atelier/5": 200}
}

func TestMoneyThatFinanceIsAskedToGiveBackIsNotSilent(t *testing.T) {
	t.Parallel()
	d := clean()
	overpay(d)
	require.True(t, d.report().OK(), d.report().String())
	d.shop.Orders[prepaid].Captured, d.claims.Owed = 700, nil // somebody has
	require.True(t, d.report().OK(), d.report().String())

	// Its first parcel had left when somebody called the rest back.
	d = clean()
	d.claims.Orders[bundle].Withdrawn, d.claims.Owed = true, map[string]int64{"atelier/2": 600}
	o := &d.shop.Orders[bundle]
	o.Status, o.OnHold, o.Lines[2].Shipped, o.CaptureMode, o.Captured, o.Shipments = "PROCESSING", true, 0, "before-submission", 1000, o.Shipments[:1]
	d.shop.Mails = slices.Delete(d.shop.Mails, 3, 4)
	d.acs[1].Orders[0].State, d.acs[1].Orders[0].Shipments = "cancelled", nil
	d.acs[1].Orders[0].Lines = []judge.WarehouseLine{{LineID: "3", SKU: "SD", Quantity: 1, Cancelled: 1}}
	require.True(t, d.report().OK(), d.report().String())
	d.claims.Owed = nil
	require.Equal(t, []judge.Counter{judge.Silent}, failing(d.report()))
	d.acs[1].Orders[0] = handed("2.2", "atelier/2", "shipped", []judge.WarehouseLine{{LineID: "3", SKU: "SD", Quantity: 1, Shipped: 1}}, left("d", "T4", "3", "SD", 1)) // it left all the same
	d.claims.Orders[bundle].State, d.claims.Orders[bundle].Causes = "needs-attention", []string{"cancelled-too-late:HL:2.2"}
	require.NotContains(t, failing(d.report()), judge.Silent, "and is paid for")
	d.claims.Owed = map[string]int64{"atelier/2": 600}
	require.Contains(t, failing(d.report()), judge.WrongMoney)
}

// withdraw makes the cancelled order one that somebody called back: the shop holds it.
func withdraw(d *day) {
	d.claims.Orders[cancelled].PlannedEnd, d.claims.Orders[cancelled].Withdrawn = "closed", true
	d.shop.Orders[cancelled].Status, d.shop.Orders[cancelled].OnHold = "CONFIRMED", true
	d.shop.Orders[cancelled].Lines[0].From = map[string]int{"east": 1}
}

func TestAWithdrawnOrderMayEndCancelledAsPlannedOrAsAQuestion(t *testing.T) {
	t.Parallel()
	d := clean()
	withdraw(d)
	r := d.report()
	require.True(t, r.OK(), r.String())

	// Its first parcel had left, the second was called back in time.
	d = clean()
	d.claims.Orders[bundle].Withdrawn = true
	o := &d.shop.Orders[bundle]
	o.Status, o.OnHold, o.Lines[2].Shipped, o.Captured, o.Shipments = "PROCESSING", true, 0, 400, o.Shipments[:1]
	d.shop.Mails = slices.Delete(d.shop.Mails, 3, 4)
	d.acs[1].Orders[0].State, d.acs[1].Orders[0].Shipments = "cancelled", nil
	d.acs[1].Orders[0].Lines = []judge.WarehouseLine{{LineID: "3", SKU: "SD", Quantity: 1, Cancelled: 1}}
	r = d.report()
	require.True(t, r.OK(), r.String())
	o.OnHold = false
	require.Equal(t, []judge.Counter{judge.Lost, judge.WrongQuantity}, failing(d.report()), "nobody holds the rest back")

	for name, tt := range map[string]struct {
		end, state string
		causes     []string
		settled    bool
	}{
		"called back":                              {"closed", "cancelled", nil, true},
		"closed before it could be":                {"closed", "closed", nil, true},
		"too late":                                 {"closed", "needs-attention", []string{"cancelled-too-late:EC:1"}, true},
		"too late and something else":              {"closed", "needs-attention", []string{"cancelled-too-late:EC:1", "drift"}, false},
		"still under way":                          {"closed", "submitted", nil, false},
		"shipped though the shop has held it back": {"waiting-for-shop", "closed", nil, false},
	} {
		require.Equal(t, tt.settled, judge.OutcomeOrder{PlannedEnd: tt.end, State: tt.state, Causes: tt.causes, Withdrawn: true}.Settled(), name)
	}
	require.False(t, judge.OutcomeOrder{PlannedEnd: "closed", State: "cancelled"}.Settled(), "nobody called it back")
	require.False(t, judge.OutcomeOrder{Planned: "drift", PlannedEnd: "needs-attention", State: "needs-attention"}.Settled(), "nobody is asked")
	told := judge.OutcomeOrder{Planned: "not-deliverable", PlannedEnd: "needs-attention", State: "needs-attention", Causes: []string{"rejected-by-warehouse:acs:country_not_served"}}
	require.True(t, told.Settled(), "the warehouse says the same")
	told.Planned = "drift"
	require.False(t, told.Settled())
	require.True(t, judge.OutcomeOrder{Planned: "drift", PlannedEnd: "needs-attention", State: "needs-attention", Causes: []string{"drift:1"}}.Settled())
}

func writeJSON(t *testing.T, file string, v any) {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, data, 0o600))
}

func TestDayReadsWhatTheDemoWrites(t *testing.T) {
	t.Parallel()
	d, path := clean(), filepath.Join(t.TempDir(), "out.json")
	for file, v := range map[string]any{path: d.claims, path + ".centra.json": d.shop, path + ".acs.json": d.acs} {
		writeJSON(t, file, v)
	}
	r, err := judge.Day(path)
	require.NoError(t, err)
	require.True(t, r.OK(), r.String())

	require.NoError(t, os.Remove(path+".acs.json"))
	_, err = judge.Day(path)
	require.ErrorContains(t, err, ".acs.json")
	require.NoError(t, os.WriteFile(path+".acs.json", []byte("{}"), 0o600))
	_, err = judge.Day(path)
	require.ErrorContains(t, err, "not what the demo writes")
}
