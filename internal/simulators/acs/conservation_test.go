package acs_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/clock"
)

// TestUnitsAreConserved plays random floor actions and requests and holds, after
// each of them: per line quantity = open + shipped + short + cancelled with
// nothing negative, shipped = what stands in the shipments, and per SKU the
// units on the books plus the units that left = the units seeded, and allocated
// = what the orders say is set aside.
func TestUnitsAreConserved(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		time := clock.New()
		sim, err := acs.New(acs.Options{Clock: time, Seed: rapid.Uint64().Draw(r, "seed"), Variety: true, RateLimit: -1})
		require.NoError(r, err)
		defer sim.Close()
		require.NoError(r, sim.Seed(acs.Seed{Accounts: []acs.AccountSeed{brandX()}}))
		c := &chaos{t: r, sim: sim, clock: time}
		r.Repeat(map[string]func(*rapid.T){
			"put":     c.put,
			"amend":   c.amend,
			"cancel":  c.cancel,
			"advance": c.advance,
			"act":     c.act,
			"":        c.check,
		})
	})
}

type chaos struct {
	t      *rapid.T
	sim    *acs.Simulator
	clock  *clock.Clock
	orders int
	keys   int
}

func (c *chaos) put(r *rapid.T) {
	c.orders++
	lines := []doc{line("1", "DRESS", rapid.IntRange(1, 4).Draw(r, "dresses"))}
	if rapid.Bool().Draw(r, "belts too") {
		lines = append(lines, line("2", "BELT", rapid.IntRange(1, 30).Draw(r, "belts")))
	}
	require.Equal(r, 201, inProcess(c.sim, "PUT", fmt.Sprintf("/orders/BX-%d", c.orders), sale(lines...), "If-None-Match", "*"))
}

func (c *chaos) number(r *rapid.T) string {
	if c.orders == 0 {
		r.Skip("no order yet")
	}
	return fmt.Sprintf("BX-%d", rapid.IntRange(1, c.orders).Draw(r, "order"))
}

func (c *chaos) amend(r *rapid.T) {
	path := "/orders/" + c.number(r)
	etag := inProcessAnswer(c.sim, "GET", path, nil).Header().Get("ETag")
	lines := []doc{line("1", "DRESS", rapid.IntRange(1, 4).Draw(r, "dresses")), line("3", "HAT", 1)}
	require.Contains(r, []int{200, 409}, inProcess(c.sim, "PUT", path, sale(lines...), "If-Match", etag))
}

// allocated sums what the orders say is set aside, by SKU.
func (c *chaos) allocated(r *rapid.T) map[string]int {
	var page struct {
		Data []struct {
			Lines []struct {
				SKU       string `json:"sku"`
				Allocated int    `json:"allocated"`
			} `json:"lines"`
		} `json:"data"`
	}
	require.NoError(r, json.Unmarshal(inProcessAnswer(c.sim, "GET", "/orders?limit=200", nil).Body.Bytes(), &page))
	out := make(map[string]int)
	for _, o := range page.Data {
		for _, l := range o.Lines {
			out[l.SKU] += l.Allocated
		}
	}
	return out
}

func (c *chaos) cancel(r *rapid.T) {
	number := c.number(r)
	c.keys++
	body := doc{"reason": "other"}
	if rapid.Bool().Draw(r, "part") {
		body["lines"] = []doc{{"lineId": "1", "quantity": rapid.IntRange(1, 3).Draw(r, "units")}}
	}
	status := inProcess(c.sim, "POST", "/orders/"+number+"/cancellation", body, "Idempotency-Key", fmt.Sprintf("cancel-%d", c.keys))
	require.Contains(r, []int{200, 202, 409}, status)
}

func (c *chaos) advance(r *rapid.T) {
	c.clock.Advance(time.Duration(rapid.IntRange(1, 120).Draw(r, "minutes")) * time.Minute)
	c.sim.CatchUp()
}

func (c *chaos) act(r *rapid.T) {
	action := acs.Action{
		Account: "BRANDX", Order: c.number(r),
		Action:   rapid.SampledFrom([]string{"accept", "ship", "track", "revise", "void", "short", "reject", "hold", "release", "cancel"}).Draw(r, "action"),
		LineID:   rapid.SampledFrom([]string{"1", "2"}).Draw(r, "line"),
		Quantity: rapid.IntRange(1, 3).Draw(r, "quantity"),
		Answer:   rapid.SampledFrom([]string{"accept", "refuse"}).Draw(r, "answer"),
		Errors:   []acs.FieldError{{Code: "x", Message: "x"}},
	}
	if rapid.Bool().Draw(r, "partial") {
		action.Lines = []acs.PlannedUnits{{LineID: action.LineID, Quantity: action.Quantity}}
	}
	_, _ = c.sim.Act(action) // many do not fit the state; refused ones must change nothing either
}

func (c *chaos) check(r *rapid.T) {
	state := c.sim.State()[0]
	left := make(map[string]int)
	for _, o := range state.Orders {
		sent := make(map[string]int)
		for _, sh := range o.Shipments {
			for _, l := range sh.Lines {
				if !sh.Voided {
					sent[*l.LineID] += l.Quantity
					left[l.SKU] += l.Quantity
				}
			}
		}
		open, shipped := 0, 0
		for _, l := range o.Lines {
			rest := l.Quantity - l.Shipped - l.Short - l.Cancelled
			require.GreaterOrEqual(r, min(rest, l.Shipped, l.Short, l.Cancelled), 0, "%s %+v", o.Number, l)
			require.Equal(r, l.Shipped, sent[l.LineID], "%s %+v", o.Number, l)
			open, shipped = open+rest, shipped+l.Shipped
		}
		switch o.State {
		case "shipped":
			require.True(r, open == 0 && shipped > 0, "%s is shipped with %d open", o.Number, open)
		case "cancelled":
			require.True(r, open == 0 && shipped == 0, "%s is cancelled with %d open, %d shipped", o.Number, open, shipped)
		case "partially_shipped":
			require.True(r, open > 0 && shipped > 0, "%s", o.Number)
		case "rejected":
			require.Zero(r, shipped)
		}
	}
	allocated := c.allocated(r)
	for _, i := range state.Inventory {
		require.Equal(r, allocated[i.SKU], i.Quantities["allocated"], "%s is allocated as its orders say", i.SKU)
		total := 0
		for status, n := range i.Quantities {
			total += n
			if status != "available" {
				require.GreaterOrEqual(r, n, 0, "%s %s", i.SKU, status)
			}
		}
		seeded := map[string]int{"DRESS": 53, "BELT": 50, "HAT": 50}[i.SKU]
		require.Equal(r, seeded, total+left[i.SKU], i.SKU)
	}
}
