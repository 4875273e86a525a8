package main

import (
	"context"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/store"
)

// The commands that let goods leave and come back in scripts: the simulated floor acts,
// and its feed is read at once, as the schedule would within a minute.

// ships lets all of an order leave, with tracking: ships 1001.
func (d *deployment) ships(ts *testscript.TestScript, _ bool, args []string) {
	for _, action := range []string{"ship", "track"} {
		_, err := d.warehouse.Act(acs.Action{Action: action, Account: "BRANDX", Order: args[0]})
		ts.Check(err)
	}
	d.readFeed(ts)
}

// comesBack lets one unit of an order come back, or of none that anybody knows:
// comes-back 1001 ber, comes-back - restock.
func (d *deployment) comesBack(ts *testscript.TestScript, _ bool, args []string) {
	_, err := d.warehouse.Act(acs.Action{
		Action: "return", Account: "BRANDX", Order: strings.TrimPrefix(args[0], "-"), Return: &acs.ReturnAction{Units: []acs.ReturnUnit{{SKU: "SHBLM", Disposition: args[1]}}},
	})
	ts.Check(err)
	d.readFeed(ts)
}

func (d *deployment) readFeed(ts *testscript.TestScript) {
	_, err := d.intake.ReadFeed(context.Background(), "glasgow")
	ts.Check(err)
}

// awaitOrphan waits until a return without an order has asked for it: await-orphan glasgow/ret_2.
func (d *deployment) awaitOrphan(ts *testscript.TestScript, _ bool, args []string) {
	await(ts, func() bool {
		open, err := d.store.OpenExceptions(context.Background(), store.ExceptionFilter{Kind: "return-without-order"}, 10)
		ts.Check(err)
		return slices.ContainsFunc(open, func(e store.Exception) bool { return e.System == "return/"+args[0] })
	})
}

// awaitReturn waits until the first return of an order is in a state: await-return 1001
// settled; or until it has written so much: await-return 1001 refund.
func (d *deployment) awaitReturn(ts *testscript.TestScript, _ bool, args []string) {
	await(ts, func() bool {
		list, err := readReturns(context.Background(), d.store, domain.OrderID{Store: "atelier", Number: args[0]}, false, 10)
		ts.Check(err)
		for _, r := range list {
			done := slices.ContainsFunc(r.At.Documents, func(w contract.ReturnDocument) bool {
				return string(w.Kind) == args[1] && w.Stage == domain.StageDone
			})
			if r.Number == 1 && (r.state() == args[1] || done) {
				return true
			}
		}
		return false
	})
}
