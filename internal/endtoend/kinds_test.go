package endtoend_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
)

// kindStory is how one kind of exception comes about and how it is solved.
type kindStory struct {
	kind    string
	number  int
	change  []func(*centra.SeedOrder)
	plan    *acs.FloorPlan
	ahead   func(*testing.T, *world) // before the order is placed
	provoke func(*testing.T, *world) // once the order is there
	mend    func(*testing.T, *world)
	answer  contract.Resolution // retry unless it says otherwise
	end     domain.OrderState   // closed unless it says otherwise
}

// kindShop adds what only stories of kinds need.
func kindShop(s *centra.Seed) {
	s.Warehouses = append(s.Warehouses, centra.SeedWarehouse{ID: 3, Name: "attic", Country: "GB"})
	s.Markets[0].Warehouses = append(s.Markets[0].Warehouses, "attic")
	s.Markets = append(s.Markets, centra.SeedMarket{ID: 2, Name: "Pop-up", Store: atelier, Countries: []string{"GB"}, Warehouses: []string{north}})
	s.ShippingOptions = append(s.ShippingOptions, centra.SeedShippingOption{ID: 4, Name: "Island"}, centra.SeedShippingOption{ID: 5, Name: "Locker"})
	s.PaymentMethods = append(s.PaymentMethods,
		centra.SeedPaymentMethod{ID: 6, Name: "Voucher", URI: "voucher", CaptureMode: "on-shipment"},
		centra.SeedPaymentMethod{ID: 7, Name: "Slow Bank", URI: "slow-bank", CaptureMode: "on-shipment", CaptureOutcome: "pending", PendingMs: 3_600_000})
	s.Products = append(s.Products, centra.SeedProduct{ID: 5, Name: "Twin", Number: "Twin", Brand: "House", Variants: []centra.SeedVariant{{
		Name: "Blue", Number: "B", Sizes: []centra.SeedSize{{ID: 5, Name: "1", SKU: "TWIN-1", EAN: "7300000000059", Stock: map[string]int{north: 50}}},
	}}})
}

// kindRules add what the stories start from: an item with two answers, a service that
// the warehouse does not offer, and one whose carrier no rule knows.
func kindRules() []domain.Rule {
	return []domain.Rule{
		{Table: domain.RuleItem, Warehouse: north, From: "TWIN-1", To: "TWIN-OLD"},
		{Table: domain.RuleItem, Warehouse: north, From: "7300000000059", To: "TWIN-NEW"},
		{Table: domain.RuleShippingMethod, From: "Island", To: "RM99"},
		{Table: domain.RuleShippingMethod, From: "Locker", To: "LOCK"},
		{Table: domain.RulePayment, Store: atelier, From: "slow-bank", To: "on-shipment"},
	}
}

func kindFloor() acs.Seed {
	return acs.Seed{Accounts: []acs.AccountSeed{{
		Account: accountN,
		ShippingServices: []acs.ShippingService{
			{Code: "RM48", Name: "Tracked 48", CarrierCode: "RM", Countries: []string{"GB"}, Active: true},
			{Code: "RM24", Name: "Tracked 24", CarrierCode: "RM", Countries: []string{"GB"}, Active: true},
			{Code: "LOCK", Name: "Locker", CarrierCode: "EVRI2", Countries: []string{"GB"}, Active: true},
		},
		Items:     []acs.Item{{SKU: "TWIN-NEW", Name: "Twin", Supplier: "House", GarmentType: "shirt", Size: "M", ItemCondition: "new", Use: "sale"}},
		Inventory: []acs.InventorySeed{{SKU: "TWIN-NEW", Quantities: map[string]int{"available": 50}}},
	}}}
}

func rule(r domain.Rule) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		_, err := w.parts.Store.SaveRules(t.Context(), []domain.Rule{r}, "ann", "the story mends it", time.Now())
		require.NoError(t, err)
	}
}

func inTheShop(a centra.Action) func(*testing.T, *world) {
	return func(t *testing.T, w *world) { w.admin(t, a) }
}

func skip(reason string) contract.Resolution {
	return contract.Resolution{Action: contract.ActionSkip, Reason: reason, By: "ada"}
}

func withdraw(reason string) contract.Resolution {
	return contract.Resolution{Action: contract.ActionWithdraw, Reason: reason, By: "ada"}
}

func by(method string) func(*centra.SeedOrder) {
	return func(o *centra.SeedOrder) { o.ShippingOption = method }
}

func paid(method string) func(*centra.SeedOrder) {
	return func(o *centra.SeedOrder) { o.PaymentMethod = method }
}

// kindStories are the kinds that no other test of this package tells of.
func kindStories() []kindStory {
	notFinal := false
	return []kindStory{
		{
			kind: "unmapped:market", number: 16001, change: []func(*centra.SeedOrder){func(o *centra.SeedOrder) { o.Market = "Pop-up" }},
			mend: rule(domain.Rule{Table: domain.RuleMarket, Store: atelier, From: "pop-up", To: "ATELIER-UK", Extra: map[string]string{"currency": "GBP"}}),
		},
		{
			kind: "unmapped:payment-method", number: 16002, change: []func(*centra.SeedOrder){paid("Voucher")},
			mend: rule(domain.Rule{Table: domain.RulePayment, Store: atelier, From: "voucher", To: "on-shipment"}),
		},
		{
			kind: "unmapped:carrier", number: 16003, change: []func(*centra.SeedOrder){by("Locker")},
			mend: rule(domain.Rule{Table: domain.RuleCarrier, Warehouse: north, From: "EVRI2", To: "Royal Mail"}),
		},
		{
			kind: "unmapped:warehouse", number: 16004, change: []func(*centra.SeedOrder){func(o *centra.SeedOrder) { o.Lines[0].From = map[string]int{"attic": 1} }},
			answer: withdraw("nobody sends from the attic"), end: domain.Cancelled,
		},
		{
			kind: "ambiguous-sku", number: 16005, change: []func(*centra.SeedOrder){func(o *centra.SeedOrder) { o.Lines[0].SKU = "TWIN-1" }},
			mend: rule(domain.Rule{Table: domain.RuleItem, Warehouse: north, From: "TWIN-1", Retired: true}),
		},
		{
			kind: "not-deliverable", number: 16006, change: []func(*centra.SeedOrder){by("Island")},
			answer: contract.Resolution{Action: contract.ActionOverride, Override: map[string]string{"shippingService": "RM48"}, By: "ada"},
		},
		{
			kind: "too-large", number: 16007, change: []func(*centra.SeedOrder){func(o *centra.SeedOrder) { o.Lines[0].Quantity, o.Lines[0].From = 1000, map[string]int{north: 1000} }},
			answer: withdraw("split by hand"), end: domain.Cancelled,
		},
		{
			kind: "withdrawn-released", number: 16008, plan: stays(),
			provoke: func(t *testing.T, w *world) {
				w.atFloor(t, 16008)
				require.NoError(t, w.client.SignalWorkflow(t.Context(), workflowID(16008), "", contract.SignalResolve, withdraw("fraud?")))
				eventually(t, "it is held", func() bool { return w.inShop(t, 16008).OnHold })
				// The shop tells times to the second: whoever lifts a hold while we still read it
				// back, within that second, is not told from one who came before.
				eventually(t, "the hold is written down", func() bool { return len(w.facts(t, 16008, domain.FactNoted)) > 0 })
				w.admin(t, centra.Action{Action: "unhold", Order: 16008})
				w.take(t, 16008)
			},
			answer: withdraw("fraud it is"), end: domain.Cancelled,
		},
		{
			kind: "write-back-refused", number: 16009, plan: stays(),
			provoke: func(t *testing.T, w *world) {
				w.atFloor(t, 16009)
				w.admin(t, centra.Action{Action: "archive", Order: 16009})
				w.act(t, acs.Action{Account: accountN, Order: "16009", Action: "ship"})
			},
			mend: inTheShop(centra.Action{Action: "unarchive", Order: 16009}),
		},
		{
			kind: "capture-overdue", number: 16010, change: []func(*centra.SeedOrder){paid("Slow Bank")},
			mend: inTheShop(centra.Action{Action: "settle-capture", Order: 16010, Value: "success"}),
		},
		{
			kind: "substituted-item", number: 16011, plan: &acs.FloorPlan{
				Substitute: []acs.PlannedSubstitute{{LineID: lineID(16011, 1), With: hat}}, Parcels: []acs.PlannedParcel{{Final: &notFinal}},
			},
			answer: skip("the customer keeps the hat"),
		},
		{
			kind: "unknown-line", number: 16012, plan: &acs.FloorPlan{UnknownLine: []acs.PlannedUnits{{SKU: scarf, Quantity: 1}}},
			answer: skip("a gift of the warehouse"),
		},
		{
			kind: "order-conflict", number: 16014, ahead: func(t *testing.T, w *world) { w.foreign(t, 16014) },
			answer: withdraw("it was ordered by telephone"), end: domain.Cancelled,
		},
		{
			kind: "invalid-address", number: 16015, change: []func(*centra.SeedOrder){func(o *centra.SeedOrder) { o.ShippingAddress.ZipCode = "99999" }},
			mend: inTheShop(centra.Action{Action: "edit-address", Order: 16015, Address: &centra.SeedAddress{ZipCode: "G51 4BX"}}),
		},
	}
}

// foreign lets somebody else place an order under a number of ours.
func (w *world) foreign(t *testing.T, number int) {
	t.Helper()
	to := customer(number)
	body, err := json.Marshal(map[string]any{
		"account": accountN, "orderDate": "2026-03-02", "kind": "sale", "currency": "GBP", "shippingService": "RM48", "hold": true,
		"deliverTo": map[string]string{
			"firstName": to.FirstName, "lastName": to.LastName, "email": to.Email, "phone": to.PhoneNumber,
			"address1": to.Address1, "city": to.City, "postcode": to.ZipCode, "country": "GB",
		},
		"lines":      []map[string]any{{"lineId": "1", "sku": shirt, "quantity": 1, "unitPrice": "10.00", "itemCondition": "new"}},
		"references": map[string]string{"source": "telephone"},
	})
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, w.parts.Config.Selvedge.ACS[0].BaseURL+"/orders/"+orderID(number).Number, bytes.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Ocp-Apim-Subscription-Key", "key-"+north)
	request.Header.Set("If-None-Match", "*")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusCreated, response.StatusCode)
}

// TestEachKindIsSolvedByItsAnswersAndByNoOther provokes each kind through the
// simulators, tries every answer that is none, and solves it as its page says.
func TestEachKindIsSolvedByItsAnswersAndByNoOther(t *testing.T) {
	t.Parallel()
	w := open(t, options{deaf: true, shop: kindShop, env: map[string]string{"SELVEDGE_TRACKING_WAIT": "500ms"}})
	require.NoError(t, w.floor.Seed(kindFloor()))
	_, err := w.parts.Store.SaveRules(t.Context(), kindRules(), "test", "rules of the stories", time.Now())
	require.NoError(t, err)
	for _, s := range kindStories() {
		t.Run(s.kind, func(t *testing.T) {
			t.Parallel()
			if s.ahead != nil {
				s.ahead(t, w)
			}
			w.sell(t, sale(s.number, s.change...), s.plan)
			w.take(t, s.number)
			if s.provoke != nil {
				s.provoke(t, w)
			}
			w.asks(t, s.number, s.kind)
			w.refusesAllElse(t, s.number, s.kind)
			if s.mend != nil {
				w.retry(t, s.number)
				eventually(t, "a retry before anything is mended is taken", func() bool { return len(w.facts(t, s.number, domain.FactAnswered)) > 0 })
				w.asks(t, s.number, s.kind)
				s.mend(t, w)
			}
			if s.answer.Action == "" {
				w.retry(t, s.number)
			} else {
				reply, err := w.resolve(t, s.number, s.answer)
				require.NoError(t, err)
				require.NotEmpty(t, reply.Message)
			}
			if s.end == "" {
				s.end = domain.Closed
			}
			w.ends(t, s.number, s.end)
		})
	}
}

// refusesAllElse tries every answer that the kind does not take.
func (w *world) refusesAllElse(t *testing.T, number int, name string) {
	t.Helper()
	kind, known := exceptions.Lookup(name)
	require.True(t, known)
	answered := len(w.facts(t, number, domain.FactAnswered))
	for _, action := range []contract.Action{contract.ActionSkip, contract.ActionWithdraw, contract.ActionOverride} {
		r := contract.Resolution{Action: action, Reason: "in a hurry", By: "ada"}
		if action == contract.ActionOverride {
			r.Override = map[string]string{"shippingService": "RM48"}
		}
		if exceptions.Allows(kind, string(action)) == nil {
			if action != contract.ActionOverride {
				continue
			}
			r.Override = map[string]string{"carrier": "RM"} // a key that the kind does not know
		}
		open, err := w.look(t.Context(), number)
		require.NoError(t, err)
		r.Exception = open.causes[0]
		_, err = w.resolve(t, number, r)
		require.Error(t, err, "%s is no answer to %s", action, name)
	}
	require.Len(t, w.facts(t, number, domain.FactAnswered), answered, "nothing that was refused is recorded as an answer")
}
