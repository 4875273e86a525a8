package endtoend_test

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
	"selvedge/internal/store"
)

// audit runs the workflow of a warehouse's audit once.
func (w *world) audit(t *testing.T, warehouse string) contract.CatalogueResult {
	t.Helper()
	var result contract.CatalogueResult
	run, err := w.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: contract.QueueOrders}, "CatalogAuditWorkflow", contract.CatalogueInput{Warehouse: warehouse})
	require.NoError(t, err)
	require.NoError(t, run.Get(t.Context(), &result))
	return result
}

// found is what the audit of a warehouse said of each SKU.
func (w *world) found(t *testing.T, warehouse string) map[string]store.FoundItem {
	t.Helper()
	found := map[string]store.FoundItem{}
	for _, state := range []string{"", "fine"} {
		list, err := w.parts.Store.CatalogueFindings(t.Context(), store.CatalogueFilter{Warehouse: warehouse, State: state}, 1000)
		require.NoError(t, err)
		for _, i := range list {
			found[i.SKU] = i
		}
	}
	return found
}

// item reads an item from the warehouse's own interface.
func (w *world) item(t *testing.T, floor, warehouse, sku string) (item map[string]any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, floor+"/items/"+sku, nil)
	require.NoError(t, err)
	request.Header.Set("Ocp-Apim-Subscription-Key", "key-"+warehouse)
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.StatusCode, string(body))
	require.NoError(t, json.Unmarshal(body, &item))
	return item
}

// TestTheAuditNamesWhatAWarehouseWouldRejectAndTellsItWhatItLacks.
func TestTheAuditNamesWhatAWarehouseWouldRejectAndTellsItWhatItLacks(t *testing.T) {
	t.Parallel()
	product := func(id int, sku, brand string) centra.SeedProduct {
		return centra.SeedProduct{ID: id, Name: "Thing " + sku, Number: sku, Brand: brand, Variants: []centra.SeedVariant{{Name: "Red", Number: "R", Sizes: []centra.SeedSize{
			{ID: id, Name: "M", SKU: sku, Stock: map[string]int{north: 5}},
		}}}}
	}
	w := open(t, options{deaf: true, shop: func(s *centra.Seed) {
		s.Products = append(s.Products, product(50, "NEW-1", "House"), product(51, "BRANDLESS-1", ""))
	}, env: map[string]string{"SELVEDGE_ATTRIBUTE_KEYS": "itemCondition=garment.condition,countryOfOrigin=garment.origin,garmentType=garment.kind"}})
	_, err := w.parts.Store.SaveRules(t.Context(), []domain.Rule{
		{Table: domain.RuleAttributeDefault, Warehouse: north, From: "brand:House", To: "shirt", Extra: map[string]string{"attribute": "garmentType"}},
		{Table: domain.RuleAttributeDefault, Warehouse: north, From: "brand:House", To: "PT", Extra: map[string]string{"attribute": "countryOfOrigin"}},
	}, "test", "defaults of the house", time.Now())
	require.NoError(t, err)
	floor := w.parts.Config.Selvedge.ACS[0].BaseURL
	before := w.item(t, floor, north, shirt)

	result := w.audit(t, north)
	require.Equal(t, 6, result.Audited)
	found := w.found(t, north)
	// The hat and the scarf have size 1 in the shop and M in the warehouse's record.
	require.Equal(t, domain.CatalogueDiffers, found[hat].State)
	require.Equal(t, []domain.ItemDifference{{Field: "size", Here: "1", There: "M"}}, found[hat].Differences)
	require.Equal(t, domain.CatalogueFine, found["NEW-1"].State, "told to the warehouse")
	require.Equal(t, domain.CatalogueFine, found[shirt].State, "what it lacked was filled")
	require.Equal(t, domain.CatalogueIncomplete, found["BRANDLESS-1"].State)
	require.ElementsMatch(t, []string{"supplier", "garmentType", "itemCondition"}, found["BRANDLESS-1"].Missing)
	require.Equal(t, 2, result.Pushed)

	told := w.item(t, floor, north, "NEW-1")
	require.Equal(t, "House", told["supplier"])
	require.Equal(t, true, told["pickable"])
	after := w.item(t, floor, north, shirt)
	require.Equal(t, "PT", after["countryOfOrigin"])
	require.Equal(t, before["name"], after["name"], "nothing that stood there was overwritten")
	require.Equal(t, "M", w.item(t, floor, north, hat)["size"], "a difference is a person's")

	open, err := w.parts.Store.OpenExceptions(t.Context(), store.ExceptionFilter{Kind: "item-differs"}, 10)
	require.NoError(t, err)
	require.Len(t, open, 2, "one for each field, however many items")
	require.Equal(t, "item-differs:north:size", open[0].Cause)
	require.Equal(t, "merchandising", open[0].Owner)
	require.Len(t, open[0].Problems, 3)
	require.Equal(t, "item-differs:north:supplier", open[1].Cause)

	again := w.audit(t, north)
	require.Zero(t, again.Pushed, "a second run tells nothing")
	require.Equal(t, after["updatedAt"], w.item(t, floor, north, shirt)["updatedAt"])

	// The warehouse corrects its records; the exception closes by itself.
	var items []acs.Item
	for _, sku := range []string{hat, scarf, bare} {
		items = append(items, acs.Item{SKU: sku, Name: sku, Supplier: map[string]string{bare: "Nobody"}[sku], GarmentType: "shirt", Size: "1", ItemCondition: "new", Use: "sale"})
	}
	for i := range items[:2] {
		items[i].Supplier = "House"
	}
	require.NoError(t, w.floor.Seed(acs.Seed{Accounts: []acs.AccountSeed{{Account: accountN, Key: "key-" + north, Items: items}}}))
	w.audit(t, north)
	open, err = w.parts.Store.OpenExceptions(t.Context(), store.ExceptionFilter{Kind: "item-differs"}, 10)
	require.NoError(t, err)
	require.Empty(t, open)
	require.Equal(t, domain.CatalogueFine, w.found(t, north)[hat].State)
}
