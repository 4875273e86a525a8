package main

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// aReturn is a return as its workflow keeps it: the shop's side done, the books waiting.
func aReturn(t *testing.T, change func(*contract.ReturnAssessment)) returnShown {
	t.Helper()
	at := contract.ReturnAssessment{
		Sequence: 9, Value: "39.90 GBP", Waiting: []string{"document 4 waits in the books for the one before it"},
		Garments: []contract.ReturnGarment{{ID: "north/ret-1/u1", Line: "30101", SKU: "SHIRT-M", Disposition: "ber", Final: true}},
		Documents: []contract.ReturnDocument{
			{Kind: domain.PlanShopReturn, Key: "atelier/3010/r1/shop-return/1", ID: "41", Stage: domain.StageDone, Amount: "39.90 GBP"},
			{Kind: domain.PlanCredit, Key: "atelier/3010/r1/credit-memo/1", ID: "7-credit-memo-000001", Stage: domain.StageDone, Amount: "39.90 GBP"},
		},
	}
	if change != nil {
		change(&at)
	}
	view, err := json.Marshal(at)
	require.NoError(t, err)
	shown, err := returnOf(ports.ReturnRecord{Order: domain.OrderID{Store: "atelier", Number: "3010"}, Number: 1, View: view, OpenedAt: time.Now(), LookedAt: time.Now()})
	require.NoError(t, err)
	return shown
}

func TestAnOrderShowsItsReturnsWithBothLegsAndTheirIDs(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	orderShown{Returns: []returnShown{aReturn(t, nil)}}.print(&out)
	text := out.String()
	for _, part := range []string{
		"Return 1: waiting", "return/atelier/3010/1", "north/ret-1/u1", "ber", "stock", "shop-return", "41",
		"finance", "credit-memo", "7-credit-memo-000001", "atelier/3010/r1/credit-memo/1", "It waits: document 4",
	} {
		require.Contains(t, text, part)
	}
	raw, err := json.Marshal(orderShown{Returns: []returnShown{aReturn(t, nil)}})
	require.NoError(t, err)
	require.Contains(t, string(raw), `"workflow":"return/atelier/3010/1"`)
}

func TestAReturnShowsByWhichRuleItsMoneyGoesBack(t *testing.T) {
	t.Parallel()
	r := aReturn(t, func(a *contract.ReturnAssessment) {
		a.Money = []contract.ReturnMoney{
			{Garments: []string{"north/ret-1/u1"}, ShopReturn: "41", Rules: []int64{12}, Terms: "on-grading, 3.95 GBP kept back, says refund-policy rule 12", Goods: "39.90 GBP", Kept: "3.95 GBP", Carriage: "0.00 GBP", Back: "35.95 GBP", Stands: "paid back 35.95 GBP"},
			{Garments: []string{"north/ret-1/u2"}, Terms: "manual", Stands: "held: it is an exchange"},
		}
	})
	require.Equal(t, []int64{12}, r.saidBy())
	r.Rules = []domain.Rule{{Version: 12, Table: domain.RuleRefundPolicy, From: "*", To: "on-grading", Extra: map[string]string{"fee": "395 GBP"}, Author: "fin", Reason: "terms of May"}}
	var out bytes.Buffer
	printReturns(&out, []returnShown{r})
	for _, part := range []string{"return 41 of the shop", "3.95 GBP kept back", "35.95 GBP", "paid back 35.95 GBP", "held: it is an exchange", "By these rules", "fee 395 GBP", "terms of May"} {
		require.Contains(t, out.String(), part)
	}
}

func TestAReturnSaysInAWordWhereItStands(t *testing.T) {
	t.Parallel()
	require.Equal(t, "waiting", aReturn(t, nil).state())
	asks := aReturn(t, func(a *contract.ReturnAssessment) { a.Questions = []domain.Question{{Cause: "wrong-item:x"}} })
	require.Equal(t, "needs-attention", asks.state())
	asks.SettledAt = time.Now()
	require.Equal(t, "settled", asks.state())
}
