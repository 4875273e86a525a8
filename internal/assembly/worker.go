package assembly

import (
	"time"

	"go.temporal.io/sdk/worker"

	"selvedge/internal/config"
	"selvedge/internal/contract"
)

// StopTimeout lets a worker's running activities finish; it stays below the usual grace of 30 s.
const StopTimeout = 20 * time.Second

// WorkerOptions gives each queue its own bounds. Pollers grow with the work up to the
// setting: eight keep a small machine's two cores busy without starving the activities.
func WorkerOptions(queue string, s config.Settings) worker.Options {
	o := worker.Options{
		WorkerStopTimeout:                  StopTimeout,
		MaxConcurrentActivityExecutionSize: 50,
		ActivityTaskPollerBehavior:         pollers(1, 2, s.Pollers),
	}
	if queue != contract.QueueOrders {
		o.DisableWorkflowWorker = true
		return o
	}
	o.MaxConcurrentWorkflowTaskExecutionSize = 100
	o.WorkflowTaskPollerBehavior = pollers(2, 4, s.Pollers)
	return o
}

func pollers(least, first, most int) worker.PollerBehavior {
	return worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{
		MinimumNumberOfPollers: least, InitialNumberOfPollers: min(first, most), MaximumNumberOfPollers: most,
	})
}
