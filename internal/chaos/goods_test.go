package main

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// shippedOrders are so many orders that have shipped, each of an item of its own or all of one.
func shippedOrders(n int, ownItems bool) []floorAccount {
	var a floorAccount
	a.Account = "EC"
	for i := range n {
		sku := "A"
		if ownItems {
			sku = fmt.Sprintf("A%d", i)
		}
		a.Orders = append(a.Orders, struct {
			Number     string            `json:"number"`
			State      string            `json:"state"`
			References map[string]string `json:"references"`
			Lines      []struct {
				LineID  string `json:"lineId"`
				SKU     string `json:"sku"`
				Shipped int    `json:"shipped"`
			} `json:"lines"`
		}{Number: fmt.Sprint(i), State: "shipped", References: map[string]string{"order": fmt.Sprintf("atelier/%d", i)}})
		a.Orders[i].Lines = append(a.Orders[i].Lines, struct {
			LineID  string `json:"lineId"`
			SKU     string `json:"sku"`
			Shipped int    `json:"shipped"`
		}{fmt.Sprintf("%d1", i), sku, 1})
	}
	return []floorAccount{a}
}

func TestGarmentsComeBackWithEveryFateBeforeAnyComesAgain(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		f := newFloorHand(seed, nil)
		back := f.returns(shippedOrders(2*len(fates), true), len(fates))
		words, withReturn := map[string]int{}, 0
		for _, a := range back {
			unit := a.Return["units"].([]any)[0].(map[string]any)
			words[unit["disposition"].(string)]++
			if a.Return["writeOff"] == true {
				require.Equal(t, "ber", unit["disposition"])
				withReturn++
			}
		}
		require.Equal(t, map[string]int{"ber": 3, "restock": 2, "donate": 1, "quarantine": 1, "refurbish": 1}, words)
		require.Equal(t, 1, withReturn)
		off := f.bookedOff(back)
		require.Len(t, off, 1)
		require.Len(t, off[0].Serials, 1)
		require.Equal(t, []any{"adjust", -1, "ber_write_off", "ber"}, []any{off[0].Action, off[0].Quantity, off[0].Reason, off[0].Status})
	}
}

func TestOneGarmentOfAnItemIsBeyondRepair(t *testing.T) {
	t.Parallel()
	f := newFloorHand(1, nil)
	lost := 0
	for _, a := range f.returns(shippedOrders(3*len(fates), false), 3*len(fates)) {
		if a.Return["units"].([]any)[0].(map[string]any)["disposition"] == "ber" {
			lost++
		}
	}
	require.Equal(t, 1, lost, "what nobody can tell apart is finance's question, and this day has none")
}
