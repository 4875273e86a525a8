package workflows

import (
	"go.temporal.io/sdk/workflow"

	"selvedge/activities"
	"selvedge/internal/contract"
)

var stocks *activities.Stock

// mostPasses bounds a run that is asked again and again; the next one goes on.
const mostPasses = 20

// StockSyncWorkflow brings a warehouse's stock to the shop: feed → sellable → difference
// → shop. A scheduled run makes one pass. The run that movements and people ask for makes
// another pass for as long as it was asked while one was under way. It never waits for a
// person: what only a person can mend is an exception, and the next pass looks again.
func StockSyncWorkflow(ctx workflow.Context, in contract.StockInput) (contract.StockResult, error) {
	moved := workflow.GetSignalChannelWithOptions(ctx, contract.SignalStockMoved, workflow.SignalChannelOptions{Description: contract.DescriptionMachine})
	for {
		next, asked := drain(moved)
		if asked { // before the pass begins: it sees what they tell
			in = in.With(next)
		}
		result, err := stockPass(ctx, in)
		in.Passes++
		result.Passes = in.Passes
		if err != nil {
			return result, scheduled(ctx, err)
		}
		// Nothing blocks between the last look at the signals and the end.
		if moved.Len() == 0 && !result.Busy {
			return result, nil
		}
		if result.Busy && in.Trigger == contract.StockBySchedule {
			return result, nil // another pass is at work
		}
		in.Full, in.Drift = in.Full && result.Busy, in.Drift && result.Busy
		if in.Passes >= mostPasses {
			if next, asked := drain(moved); asked {
				in = in.With(next)
			}
			in.Passes = 0
			return result, workflow.NewContinueAsNewError(ctx, StockSyncWorkflow, in)
		}
	}
}

// drain takes all signals that have come; the most that one of them asks for counts.
func drain(moved workflow.ReceiveChannel) (in contract.StockInput, asked bool) {
	for {
		var one contract.StockInput
		if !moved.ReceiveAsync(&one) {
			return in, asked
		}
		in, asked = in.With(one), true
	}
}

// stockPass is one pass, in the order of reads that makes it safe: the feed, the
// warehouse's orders past it, and the shop, whose differences are written.
func stockPass(ctx workflow.Context, in contract.StockInput) (contract.StockResult, error) {
	var read contract.StockRead
	err := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, stockOptions(contract.QueueACS, "read the inventory of "+in.Warehouse)), stocks.ReadInventory, in).Get(ctx, &read)
	if err != nil || read.Busy {
		return contract.StockResult{Busy: read.Busy}, err
	}
	drained := workflow.WithActivityOptions(ctx, stockOptions(contract.QueueACS, "take in the orders of "+in.Warehouse))
	if err := workflow.ExecuteActivity(drained, stocks.DrainWarehouseOrders, read).Get(ctx, &read); err != nil {
		return contract.StockResult{}, err
	}
	var drifted int64
	if in.Drift {
		var compared contract.StockResult
		compare := workflow.WithActivityOptions(ctx, stockOptions(contract.QueueCentra, "compare the shop’s figures of "+in.Warehouse))
		if err := workflow.ExecuteActivity(compare, stocks.CompareStock, read).Get(ctx, &compared); err != nil {
			return contract.StockResult{}, err
		}
		drifted = compared.Drifted
	}
	var result contract.StockResult
	publish := workflow.WithActivityOptions(ctx, stockOptions(contract.QueueCentra, "publish the stock of "+in.Warehouse))
	err = workflow.ExecuteActivity(publish, stocks.PublishStock, read).Get(ctx, &result)
	result.Drifted = drifted
	return result, err
}
