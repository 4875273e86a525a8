package domain_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
)

func fact(kind domain.FactKind, data any) domain.Fact {
	raw, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	return domain.Fact{Kind: kind, Data: raw}
}

// history numbers facts in the order in which they were told.
func history(facts ...domain.Fact) []domain.Fact {
	for i := range facts {
		facts[i].Sequence, facts[i].Key = int64(i+1), fmt.Sprint(i)
	}
	return facts
}

func units(line string, n int) domain.LineQuantity {
	return domain.LineQuantity{Line: line, Quantity: n}
}

// sent: consignment 100 with a quantity of line 1, at a revision of the warehouse.
func sent(quantity int, revision int64) domain.Fact {
	return fact(domain.FactSubmitted, domain.SubmittedFact{Consignment: "100", Warehouse: "W1", Revision: revision, Lines: []domain.LineQuantity{units("1", quantity)}})
}

func orderAt(revision int64, status domain.WarehouseStatus, line domain.WarehouseOrderLine) domain.Fact {
	line.Line, line.SKU = "1", "COAT"
	return fact(domain.FactWarehouseOrder, domain.WarehouseOrder{Number: "100", Reference: "shop/100", Warehouse: "W1", Status: status, Revision: revision, Lines: []domain.WarehouseOrderLine{line}})
}

func parcel(sequence int, quantity int, more ...func(*domain.Shipment)) domain.Fact {
	s := domain.Shipment{ID: fmt.Sprintf("s%d", sequence), Consignment: "100", Warehouse: "W1", Sequence: sequence, Revision: 1}
	if quantity > 0 {
		s.Lines = []domain.ShipmentLine{{Line: "1", SKU: "COAT", Quantity: quantity}}
	}
	for _, m := range more {
		m(&s)
	}
	return fact(domain.FactShipment, s)
}

func final(s *domain.Shipment)       { s.Final = true }
func voided(s *domain.Shipment)      { s.Voided, s.Revision = true, s.Revision+1 }
func short(s *domain.Shipment)       { s.Short = []domain.LineQuantity{units("1", 1)} }
func unmatched(s *domain.Shipment)   { s.Lines[0].Line = "" }
func strange(s *domain.Shipment)     { s.Lines[0].Line, s.Lines[0].SKU = "77", "HAT" }
func substituted(s *domain.Shipment) { s.Lines[0].SKU, s.Lines[0].Substituted = "CAPE", true }
func corrected(s *domain.Shipment)   { s.Revision, s.Lines[0].Quantity = 2, s.Lines[0].Quantity-1 }
func foreign(s *domain.Shipment)     { s.Consignment = "999" }
func asked(n int, done bool) domain.Fact {
	f := domain.CancelRequestedFact{Consignment: "100", Done: done}
	if n > 0 {
		f.Lines = []domain.LineQuantity{units("1", n)}
	}
	return fact(domain.FactCancelRequested, f)
}

var refusedCancel = fact(domain.FactCancelRefused, domain.CancelRefusedFact{Consignment: "100"})

func inShop(shipment string, quantity int) domain.Fact {
	return fact(domain.FactShopShipment, domain.ShopShipmentFact{Shipment: shipment, ShopID: "9", Number: "100-1", Lines: []domain.LineQuantity{units("1", quantity)}, Completed: true})
}

func TestEveryUnitOfALineIsCountedOnce(t *testing.T) {
	t.Parallel()
	accepted, picking, partly := domain.WarehouseAccepted, domain.WarehouseInProgress, domain.WarehousePartlyShipped
	type warehouseLine = domain.WarehouseOrderLine
	for name, tt := range map[string]struct {
		quantity, cancelled int // in the shop; three ordered when neither is given
		facts               []domain.Fact
		want                string // shipped/short/cancelled/open/held
		questions           []string
	}{
		"nothing sent is all open":                           {want: "0/0/0/3/0"},
		"sent units are open and held":                       {facts: history(sent(3, 1)), want: "0/0/0/3/3"},
		"a shipment of a part touches only its units":        {facts: history(sent(3, 1), parcel(1, 1)), want: "1/0/0/2/2"},
		"a shipment before its order's acceptance counts":    {facts: history(sent(3, 1), parcel(1, 1), orderAt(2, accepted, warehouseLine{Quantity: 3})), want: "1/0/0/2/2"},
		"the higher revision of a shipment counts":           {facts: history(sent(3, 1), parcel(1, 3, corrected), parcel(1, 3)), want: "2/0/0/1/1"},
		"a voided shipment ships nothing":                    {facts: history(sent(3, 1), parcel(1, 3, voided), parcel(1, 3)), want: "0/0/0/3/3"},
		"a short told by order and shipment counts once":     {facts: history(sent(3, 1), orderAt(4, partly, warehouseLine{Short: 1}), parcel(1, 1, short)), want: "1/1/0/1/1"},
		"a short told by the shipment alone counts":          {facts: history(sent(3, 1), parcel(1, 1, short)), want: "1/1/0/1/1"},
		"final closes what is unexplained as short":          {facts: history(sent(3, 1), parcel(1, 1, final)), want: "1/2/0/0/0"},
		"final with a gap before it waits":                   {facts: history(sent(3, 1), parcel(2, 1, final)), want: "1/0/0/2/2"},
		"final counts once the gap is filled":                {facts: history(sent(3, 1), parcel(2, 1, final), parcel(1, 1)), want: "2/1/0/0/0"},
		"a voided shipment is no gap":                        {facts: history(sent(3, 1), parcel(1, 1, voided), parcel(2, 3, final)), want: "3/0/0/0/0"},
		"a void reopens what a final had closed":             {facts: history(sent(3, 1), parcel(1, 1, voided), parcel(2, 2, final)), want: "2/0/0/1/1"},
		"more shipped than ordered is told and never open":   {facts: history(sent(3, 1), parcel(1, 4)), want: "3/0/0/0/0", questions: []string{"over-shipment"}},
		"a line named by its item alone is the one open":     {facts: history(sent(3, 1), orderAt(2, accepted, warehouseLine{}), parcel(1, 1, unmatched)), want: "1/0/0/2/2"},
		"an item without an order at hand is matched too":    {facts: history(sent(3, 1), parcel(1, 1, unmatched)), want: "1/0/0/2/2"},
		"an item on no line is told, the rest counts":        {facts: history(sent(3, 1), parcel(1, 1, strange), parcel(2, 1)), want: "1/0/0/2/2", questions: []string{"unknown-line"}},
		"a substituted unit is short of what was ordered":    {facts: history(sent(3, 1), parcel(1, 1, substituted)), want: "0/1/0/2/2", questions: []string{"substituted-item"}},
		"a short after a cancellation stays short":           {quantity: 2, cancelled: 1, facts: history(sent(3, 1), asked(1, true), orderAt(2, picking, warehouseLine{Cancelled: 1}), parcel(1, 0, short)), want: "0/1/1/1/1"},
		"a substituted unit and a short one are two":         {facts: history(sent(3, 1), parcel(1, 1, substituted), orderAt(5, partly, warehouseLine{Short: 1})), want: "0/2/0/1/1", questions: []string{"substituted-item"}},
		"a stranger's shipment under no number of ours":      {facts: history(sent(3, 1), parcel(1, 3, foreign)), want: "0/0/0/3/3"},
		"a shop's cancellation before the warehouse's":       {quantity: 2, cancelled: 1, facts: history(sent(3, 1)), want: "0/0/1/2/3"},
		"a cancellation granted at once":                     {quantity: 2, cancelled: 1, facts: history(sent(3, 1), asked(1, true), orderAt(2, accepted, warehouseLine{Cancelled: 1})), want: "0/0/1/2/2"},
		"granted at once without a snapshot":                 {quantity: 2, cancelled: 1, facts: history(sent(3, 1), asked(1, true)), want: "0/0/1/2/2"},
		"one count for a cancelled and a short unit":         {quantity: 2, cancelled: 1, facts: history(sent(3, 1), asked(1, true), orderAt(3, picking, warehouseLine{Short: 2})), want: "0/1/1/1/1"},
		"a short cancelled in the shop is short no more":     {quantity: 2, cancelled: 1, facts: history(sent(3, 1), orderAt(3, picking, warehouseLine{Short: 1})), want: "0/0/1/2/2"},
		"a short that we cancelled in the shop":              {quantity: 2, cancelled: 1, facts: history(sent(3, 1), orderAt(3, picking, warehouseLine{Short: 1}), fact(domain.FactShopCancelled, domain.ShopCancelledFact{Lines: []domain.LineQuantity{units("1", 1)}})), want: "0/0/1/2/2"},
		"units that the warehouse cancels unasked are short": {facts: history(sent(3, 1), orderAt(3, domain.WarehouseCancelled, warehouseLine{Cancelled: 3})), want: "0/3/0/0/0"},
		"taken back, all is open and nothing held":           {facts: history(sent(3, 1), asked(0, true), orderAt(2, domain.WarehouseCancelled, warehouseLine{Cancelled: 3})), want: "0/0/0/3/0"},
		"a cancellation refused changes nothing":             {facts: history(sent(3, 1), asked(0, false), orderAt(3, picking, warehouseLine{}), refusedCancel), want: "0/0/0/3/3"},
		"shipped although cancelled in the shop":             {quantity: 2, cancelled: 1, facts: history(sent(3, 1), parcel(1, 3)), want: "3/0/0/0/0", questions: []string{"over-shipment"}},
		"rejected units are held by nobody":                  {facts: history(sent(3, 1), orderAt(2, domain.WarehouseRejected, warehouseLine{})), want: "0/0/0/3/0"},
		"a mended order begins anew":                         {facts: history(sent(3, 1), orderAt(2, domain.WarehouseRejected, warehouseLine{Short: 1}), sent(3, 3)), want: "0/0/0/3/3"},
		"an old rejection told late changes nothing":         {facts: history(sent(3, 1), sent(3, 3), orderAt(4, accepted, warehouseLine{}), orderAt(2, domain.WarehouseRejected, warehouseLine{Short: 3})), want: "0/0/0/3/3"},
		"an amendment keeps what was cancelled before":       {quantity: 2, cancelled: 1, facts: history(sent(3, 1), asked(1, true), orderAt(2, accepted, warehouseLine{Cancelled: 1}), sent(3, 3)), want: "0/0/1/2/2"},
		"held although the answer to us was lost":            {facts: history(orderAt(1, accepted, warehouseLine{Quantity: 3})), want: "0/0/0/3/3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.quantity+tt.cancelled == 0 {
				tt.quantity = 3
			}
			order := domain.Order{ID: domain.OrderID{Store: "shop", Number: "100"}, Lines: []domain.Line{{ID: "1", Kind: domain.LineProduct, SKU: "COAT", Quantity: tt.quantity, Cancelled: tt.cancelled}}}
			p, err := domain.Derive(order, tt.facts)
			require.NoError(t, err)
			l := p.Lines[0]
			require.Equal(t, tt.want, fmt.Sprintf("%d/%d/%d/%d/%d", l.Shipped, l.Short, l.Cancelled, l.Open, l.Held))
			require.Equal(t, l.Ordered, l.Shipped+l.Short+l.Cancelled+l.Open)
			var kinds []string
			for _, q := range p.Questions {
				kinds = append(kinds, q.Kind)
			}
			require.Equal(t, tt.questions, kinds)

			slices.Reverse(tt.facts)
			again, err := domain.Derive(order, append(tt.facts, tt.facts...))
			require.NoError(t, err)
			require.Equal(t, p, again, "handed over backwards and twice")
		})
	}
}

func TestParcelsFitTheShop(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		facts     []domain.Fact
		want      []int // units per parcel that go to the shop
		questions []string
	}{
		"each shipment is a parcel":                           {facts: history(sent(3, 1), parcel(1, 1), parcel(2, 2)), want: []int{1, 2}},
		"over-shipped units are not pushed":                   {facts: history(sent(3, 1), parcel(1, 2), parcel(2, 2)), want: []int{2, 1}, questions: []string{"over-shipment"}},
		"what stands in the shop stays, whatever comes later": {facts: history(sent(3, 1), parcel(2, 3), inShop("s2", 3), parcel(1, 1)), want: []int{0, 3}, questions: []string{"over-shipment"}},
		"voided before it was written, a parcel is nothing":   {facts: history(sent(3, 1), parcel(1, 3), parcel(1, 3, voided)), want: []int{0}},
		"voided after it was written, a person is asked":      {facts: history(sent(3, 1), parcel(1, 3), inShop("s1", 3), parcel(1, 3, voided)), want: []int{0}, questions: []string{"shipment-voided"}},
		"a substituted unit stays out of the shop":            {facts: history(sent(3, 1), parcel(1, 1, substituted)), want: []int{0}, questions: []string{"substituted-item"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			order := domain.Order{ID: domain.OrderID{Store: "shop", Number: "100"}, Lines: []domain.Line{{ID: "1", Kind: domain.LineProduct, SKU: "COAT", Quantity: 3}}}
			p, err := domain.Derive(order, tt.facts)
			require.NoError(t, err)
			var got []int
			for _, parcel := range p.Parcels {
				n := 0
				for _, l := range parcel.Lines {
					n += l.Quantity
				}
				got = append(got, n)
			}
			require.Equal(t, tt.want, got)
			var kinds []string
			for _, q := range p.Questions {
				kinds = append(kinds, q.Kind)
			}
			require.Equal(t, tt.questions, kinds)
		})
	}
}

func TestAnItemOnTwoOpenLinesIsAPersonsUntilOneIsLeft(t *testing.T) {
	t.Parallel()
	order := domain.Order{ID: domain.OrderID{Store: "shop", Number: "100"}, Lines: []domain.Line{
		{ID: "1", Kind: domain.LineProduct, SKU: "COAT", Quantity: 1}, {ID: "2", Kind: domain.LineProduct, SKU: "COAT", Quantity: 1},
	}}
	both := fact(domain.FactSubmitted, domain.SubmittedFact{Consignment: "100", Warehouse: "W1", Revision: 1, Lines: []domain.LineQuantity{units("1", 1), units("2", 1)}})
	p, err := domain.Derive(order, history(both, parcel(1, 1, unmatched)))
	require.NoError(t, err)
	require.Equal(t, "unknown-line", p.Questions[0].Kind)

	p, err = domain.Derive(order, history(both, parcel(1, 1, unmatched), parcel(2, 1)))
	require.NoError(t, err)
	require.Empty(t, p.Questions)
	require.Equal(t, []domain.LineQuantity{units("2", 1)}, p.Parcels[0].Lines, "line 1 is explained, so the other it is")
}

func TestARequestToCancelIsOpenUntilItIsAnswered(t *testing.T) {
	t.Parallel()
	pending := orderAt(3, domain.WarehouseCancelRequested, domain.WarehouseOrderLine{})
	back := orderAt(4, domain.WarehouseInProgress, domain.WarehouseOrderLine{})
	granted := orderAt(4, domain.WarehouseInProgress, domain.WarehouseOrderLine{Cancelled: 1})
	for name, tt := range map[string]struct {
		facts   []domain.Fact
		pending []domain.LineQuantity
		refused bool
	}{
		"asked":   {facts: history(sent(3, 1), asked(1, false), pending), pending: []domain.LineQuantity{units("1", 1)}},
		"granted": {facts: history(sent(3, 1), asked(1, false), pending, granted)},
		"refused": {facts: history(sent(3, 1), asked(1, false), pending, back, refusedCancel), refused: true},
		"the refusal overtook our own note of it": {facts: history(sent(3, 1), back, refusedCancel, asked(1, false), pending), refused: true},
		"asked again after a refusal": {
			facts:   history(sent(3, 1), asked(1, false), pending, back, refusedCancel, asked(1, false), orderAt(5, domain.WarehouseCancelRequested, domain.WarehouseOrderLine{})),
			pending: []domain.LineQuantity{units("1", 1)},
		},
		"refused at once": {facts: history(sent(3, 1), refusedCancel), refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			order := domain.Order{ID: domain.OrderID{Store: "shop", Number: "100"}, Lines: []domain.Line{{ID: "1", Kind: domain.LineProduct, SKU: "COAT", Quantity: 2, Cancelled: 1}}}
			p, err := domain.Derive(order, tt.facts)
			require.NoError(t, err)
			require.Equal(t, tt.pending, p.Consignments[0].CancelAsked)
			require.Equal(t, tt.refused, p.Consignments[0].CancelRefused)
			require.Equal(t, tt.refused, p.Consignments[0].CancelRefusedAt > 0)
		})
	}
}

func TestFactsOfOtherConcernsAreCountedAndKept(t *testing.T) {
	t.Parallel()
	p, err := domain.Derive(domain.Order{}, history(fact(domain.FactReturn, "x"), fact("brand-new", "x"), fact(domain.FactUnknown, "x"), fact(domain.FactClosed, domain.ClosedFact{})))
	require.NoError(t, err)
	require.Equal(t, 1, p.Returns)
	require.Equal(t, 2, p.Unknown)

	_, err = domain.Derive(domain.Order{}, []domain.Fact{{Kind: domain.FactShipment, Data: json.RawMessage("[]")}})
	require.Error(t, err, "a fact that cannot be read is never passed over")
}

func TestAStrangersOrderUnderOurNumberIsNotOurs(t *testing.T) {
	t.Parallel()
	theirs := fact(domain.FactWarehouseOrder, domain.WarehouseOrder{Number: "100", Reference: "", Warehouse: "W1", Status: domain.WarehouseAccepted, Revision: 1, Lines: []domain.WarehouseOrderLine{{Line: "1", Quantity: 3}}})
	p, err := domain.Derive(domain.Order{ID: domain.OrderID{Store: "shop", Number: "100"}, Lines: []domain.Line{{ID: "1", Kind: domain.LineProduct, Quantity: 3}}}, history(theirs, parcel(1, 3)))
	require.NoError(t, err)
	require.Empty(t, p.Consignments)
	require.Empty(t, p.Parcels)
	require.Equal(t, 3, p.Lines[0].Open)
}

func TestAUnitThatAnotherItemWasSentForIsShortAndNotMissing(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		facts          []domain.Fact
		short, missing int
	}{
		"not final":                   {history(sent(1, 1), parcel(1, 1, substituted)), 1, 0},
		"final":                       {history(sent(1, 1), parcel(1, 1, substituted, final)), 1, 0},
		"final with another unit":     {history(sent(2, 1), parcel(1, 1, substituted, final)), 2, 1},
		"void, and the unit is back":  {history(sent(1, 1), parcel(1, 1, substituted, voided)), 0, 0},
		"told short by the order too": {history(sent(1, 1), parcel(1, 1, substituted), orderAt(5, domain.WarehouseShipped, domain.WarehouseOrderLine{Short: 1})), 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			order := domain.Order{ID: domain.OrderID{Store: "shop", Number: "100"}, Lines: []domain.Line{{ID: "1", Kind: domain.LineProduct, SKU: "COAT", Quantity: 2}}}
			p, err := domain.Derive(order, tt.facts)
			require.NoError(t, err)
			require.Equal(t, tt.short, p.Lines[0].Short)
			require.Equal(t, tt.missing, p.Lines[0].Missing())
		})
	}
}
