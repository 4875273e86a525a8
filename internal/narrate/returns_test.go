package narrate_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/narrate"
)

func TestWhatCameBackIsToldInPlainWords(t *testing.T) {
	t.Parallel()
	unit := func(disposition string, final bool) domain.ReturnUnit {
		return domain.ReturnUnit{Disposition: disposition, Final: final, Reasons: []string{"Mrs Quistgaard says that it is too small"}}
	}
	lines := []domain.LineQuantity{{Line: "1", Quantity: 2}}
	for name, tt := range map[string]struct {
		kind domain.FactKind
		data any
		want string
	}{
		"garments by what they are called, without free text": {
			domain.FactReturnConfirmation,
			domain.ReturnConfirmation{ID: "R1", Warehouse: "leeds", Type: domain.CustomerReturn, Revision: 2, Units: []domain.ReturnUnit{unit("restock", true), unit("ber", true), unit("restock", true), unit("refurbish", false)}},
			"return R1 at leeds, revision 2, customer-return: 1 garment ber, 1 garment refurbish for now, 2 garments restock",
		},
		"an empty parcel":    {domain.FactReturnConfirmation, domain.ReturnConfirmation{ID: "R1", Warehouse: "leeds", Type: domain.Undelivered, Revision: 1}, "return R1 at leeds, revision 1, undelivered: no garment in it"},
		"an adjustment":      {domain.FactAdjustment, domain.Adjustment{ID: "A1", Warehouse: "leeds", SKU: "TEE", Units: -2, Reason: "donated", Return: "R1"}, "adjustment A1 at leeds: -2 of TEE, donated, of return R1"},
		"a pending return":   {domain.FactShopReturn, domain.ShopReturn{ID: "41", Lines: lines, Total: 7980, Currency: "GBP", RefundAsked: 1}, "return 41 in the shop is pending: 2 units, 79.80 GBP, a refund has no outcome yet"},
		"a refunded return":  {domain.FactShopReturn, domain.ShopReturn{ID: "41", Completed: true, Lines: lines, Total: 7980, Currency: "GBP", Refunded: 7980, RefundFailed: 1}, "return 41 in the shop is completed: 2 units, 79.80 GBP, refunded 79.80 GBP, a refund failed"},
		"a deleted return":   {domain.FactShopReturn, domain.ShopReturn{ID: "41", Deleted: true}, "return 41 was deleted in the shop"},
		"a plan of a credit": {domain.FactReturnPlanned, domain.ReturnPlan{Return: 1, Kind: domain.PlanCredit, Key: "a/1/r1/credit-memo/1", Garments: []string{"g"}}, "return 1: planned credit-memo a/1/r1/credit-memo/1 of 1 garment"},
		"by which rules an amount goes back, and what is in it": {
			domain.FactReturnPlanned,
			domain.ReturnPlan{
				Return: 1, Kind: domain.PlanShopReturn, Key: "a/1/r1/shop-return/1", Garments: []string{"g"}, Refund: true, Terms: &domain.RefundTerms{Rules: []int64{4, 12}},
				Fee: 395, Shipping: 495, Handling: 100, Discount: 200, Rounding: 1,
			},
			"return 1: planned shop-return a/1/r1/shop-return/1 of 1 garment, by refund-policy rule 4 and 12, 3.95 GBP kept back, 4.95 GBP shipping back, 1.00 GBP handling back, 2.00 GBP taken off for discounts, 0.01 GBP taken off for rounding; its money goes back by itself",
		},
		"money that waits": {
			domain.FactReturnPlanned,
			domain.ReturnPlan{Return: 2, Kind: domain.PlanShopReturn, Key: "k", Garments: []string{"g", "h"}, Terms: &domain.RefundTerms{}},
			"return 2: planned shop-return k of 2 garments, by no rule of its own; its money waits for a decision",
		},
		"what was written": {domain.FactReturnWritten, domain.ReturnWritten{Return: 1, Kind: domain.PlanRefund, Key: "k/refund", Stage: domain.StageDone, ID: "41", Amount: 3595}, "return 1: refund k/refund is done, there 41, 35.95 GBP"},
		"what was refused": {
			domain.FactReturnRefused,
			domain.ReturnRefused{Return: 1, RefusedFact: domain.RefusedFact{System: "centra", Step: "refund", Subject: "k/refund", Problems: []domain.Refusal{{Message: "not captured"}}}},
			"return 1: centra refused refund k/refund: not captured",
		},
		"an answer": {domain.FactReturnAnswered, domain.ReturnAnswer{Return: 1, AnswerFact: domain.AnswerFact{By: "fin", Action: "override", Cause: "c", Override: map[string]string{"refund": "yes"}, Reason: "agreed"}}, "return 1, fin: override of c, refund=yes (agreed)"},
		"the end":   {domain.FactReturnSettled, domain.ReturnSettled{Return: 1}, "return 1 has closed: both legs are acknowledged"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, err := json.Marshal(tt.data)
			require.NoError(t, err)
			require.Equal(t, tt.want, narrate.Fact(domain.Fact{Kind: tt.kind, Data: data}, "GBP"))
		})
	}
}

// TestEveryKindOfFactHasWords reads the kinds that package domain declares.
func TestEveryKindOfFactHasWords(t *testing.T) {
	t.Parallel()
	kinds := 0
	files, err := filepath.Glob("../domain/*.go")
	require.NoError(t, err)
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			if kind, named := spec.Type.(*ast.Ident); !named || kind.Name != "FactKind" {
				return true
			}
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			require.NoError(t, err)
			kinds++
			if kind := domain.FactKind(text); kind != domain.FactUnknown {
				require.NotContains(t, narrate.Fact(domain.Fact{Kind: kind, Data: json.RawMessage("{}")}, "GBP"), "does not know the kind", "%s", spec.Names[0].Name)
			}
			return true
		})
	}
	require.Greater(t, kinds, 20)
}
