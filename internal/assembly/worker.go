package assembly

import (
	"time"

	"go.temporal.io/sdk/worker"

	"selvedge/internal/config"
	"selvedge/internal/contract"
)

// StopTimeout lets a worker's running activities finish; it stays below the usual grace of 30 s.
const StopTimeout = 20 * time.Second

// DeadlockTimeout is after how long without a yield a workflow's task is given up. The
// SDK's second is no deadlock on cores that are busy with something else, and each task
// that is given up is done once more, and its query refused.
const DeadlockTimeout = 5 * time.Second

// WorkerOptions gives each queue its own bounds, chosen by the figures of `make bench`.
//
// Pollers grow with the work up to the setting, eight by default: on two cores the
// worker takes 20 ms of processor an order and Temporal with its database 65, so that
// more requests for work would only wait in the server.
func WorkerOptions(queue string, s config.Settings) worker.Options {
	o := worker.Options{
		WorkerStopTimeout: StopTimeout,
		// An activity mostly waits: for an outside system's answer, a lost answer's settling, or
		// quota (up to five seconds a try). Fifty wait side by side without a long queue behind
		// them, and their 16 connections to PostgreSQL are only held for milliseconds each.
		MaxConcurrentActivityExecutionSize: 50,
		// A queue of a system begins with two: one that is away or quiet costs two requests a minute.
		ActivityTaskPollerBehavior: pollers(1, 2, s.Pollers),
	}
	if queue != contract.QueueOrders {
		o.DisableWorkflowWorker = true
		return o
	}
	// A workflow's task includes its look at the store, a local activity: as many tasks as
	// that are under way keep all connections to PostgreSQL busy, and no look waits long
	// enough for one to exceed its second.
	o.MaxConcurrentWorkflowTaskExecutionSize = 100
	o.DeadlockDetectionTimeout = DeadlockTimeout
	// Half of them keep asking from the start: an order that is ready must not wait for the first to grow.
	o.WorkflowTaskPollerBehavior = pollers(2, 4, s.Pollers)
	return o
}

func pollers(least, first, most int) worker.PollerBehavior {
	return worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{
		MinimumNumberOfPollers: least, InitialNumberOfPollers: min(first, most), MaximumNumberOfPollers: most,
	})
}
