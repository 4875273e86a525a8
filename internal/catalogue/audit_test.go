package catalogue_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/catalogue"
	"selvedge/internal/domain"
	"selvedge/internal/mapping"
)

func input(change ...func(*catalogue.Input)) catalogue.Input {
	in := catalogue.Input{
		Warehouse: "north",
		Size: domain.CatalogueSize{ID: "7", SKU: "COAT-38", Name: "Coat", Product: "COAT", Item: domain.ItemData{
			Brand: "House", Size: "38", Attributes: map[string]string{"garment.condition": "new", "garment.type": "coat"},
		}},
		Rules: mapping.New(nil), Keys: map[string]string{"itemCondition": "garment.condition", "garmentType": "garment.type"},
	}
	for _, c := range change {
		c(&in)
	}
	return in
}

func held(fields map[string]string) func(*catalogue.Input) {
	return func(in *catalogue.Input) {
		whole := map[string]any{"sku": "COAT-38", "name": "Old name", "careCode": "P", "weightGrams": 900, "pickable": true, "updatedAt": "2026-01-01T00:00:00Z"}
		for k, v := range fields {
			whole[k] = v
		}
		text, _ := json.Marshal(whole)
		in.Record = &domain.ItemRecord{SKU: "COAT-38", Fields: fields, Whole: text}
	}
}

func TestAudit(t *testing.T) {
	t.Parallel()
	complete := map[string]string{"supplier": "house", "garmentType": "coat", "size": "38", "itemCondition": "new"}
	without := func(field string) map[string]string {
		out := map[string]string{}
		for k, v := range complete {
			if k != field {
				out[k] = v
			}
		}
		return out
	}
	with := func(field, value string) map[string]string { out := without(field); out[field] = value; return out }
	for name, tt := range map[string]struct {
		in      catalogue.Input
		state   domain.CatalogueState
		missing []string
		differs []domain.ItemDifference
		push    map[string]string
	}{
		"what both hold alike is fine":                         {in: input(held(complete)), state: domain.CatalogueFine},
		"what the warehouse does not have is told whole":       {in: input(), state: domain.CatalogueToPush, push: map[string]string{"name": "Coat", "productSku": "COAT", "supplier": "House", "garmentType": "coat", "size": "38", "itemCondition": "new"}},
		"what it lacks is filled":                              {in: input(held(without("size"))), state: domain.CatalogueToPush, push: map[string]string{"size": "38"}},
		"another value is a person's, and nothing is told":     {in: input(held(with("size", "M"))), state: domain.CatalogueDiffers, differs: []domain.ItemDifference{{Field: "size", Here: "38", There: "M"}}},
		"what nobody knows is missing, and nothing is told":    {in: input(func(in *catalogue.Input) { in.Keys = nil }), state: domain.CatalogueIncomplete, missing: []string{"garmentType", "itemCondition"}},
		"the warehouse's record fills what we do not know":     {in: input(held(complete), func(in *catalogue.Input) { delete(in.Size.Item.Attributes, "garment.type") }), state: domain.CatalogueFine},
		"not its condition, which each order line has to tell": {in: input(held(complete), func(in *catalogue.Input) { delete(in.Size.Item.Attributes, "garment.condition") }), state: domain.CatalogueIncomplete, missing: []string{"itemCondition"}},
		"what is not new needs a grade":                        {in: input(func(in *catalogue.Input) { in.Size.Item.Attributes["garment.condition"] = "good" }), state: domain.CatalogueIncomplete, missing: []string{"grade"}},
		"which a person can complete": {in: input(held(with("itemCondition", "good")), func(in *catalogue.Input) {
			in.Size.Item.Attributes["garment.condition"] = "good"
			in.Completed = []domain.ItemAttribute{{Warehouse: "north", SKU: "COAT-38", Attribute: "grade", Value: "B"}}
		}), state: domain.CatalogueToPush, push: map[string]string{"grade": "B"}},
		"a code that could be two garments is nobody's guess": {in: input(func(in *catalogue.Input) {
			in.Rules = mapping.New([]domain.Rule{{Version: 1, Table: domain.RuleItem, Warehouse: "north", From: "OTHER", To: "COAT-38"}})
		}), state: domain.CatalogueUnmapped},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			finding, push := catalogue.Audit(tt.in)
			require.Equal(t, tt.state, finding.State, "%+v", finding)
			require.ElementsMatch(t, tt.missing, finding.Missing)
			require.ElementsMatch(t, tt.differs, finding.Differences)
			if tt.push == nil {
				require.Nil(t, push)
				return
			}
			require.Equal(t, tt.push, push.Fields)
		})
	}
}

func TestAWrittenRecordKeepsWhatWeKnowNothingOf(t *testing.T) {
	t.Parallel()
	_, push := catalogue.Audit(input(held(map[string]string{"supplier": "House", "garmentType": "coat", "itemCondition": "new"})))
	body, err := catalogue.Body(*push)
	require.NoError(t, err)
	require.JSONEq(t, `{"sku":"COAT-38","name":"Old name","careCode":"P","weightGrams":900,"supplier":"House","garmentType":"coat","itemCondition":"new","size":"38"}`, string(body))
	// Told so, the warehouse holds what is wanted: a second audit has nothing to say.
	var stored map[string]any
	require.NoError(t, json.Unmarshal(body, &stored))
	finding, again := catalogue.Audit(input(held(map[string]string{"supplier": "House", "garmentType": "coat", "itemCondition": "new", "size": "38"})))
	require.Equal(t, domain.CatalogueFine, finding.State)
	require.Nil(t, again)
}
