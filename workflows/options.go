package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"selvedge/activities"
	"selvedge/internal/contract"
)

// lookOptions are for local activities on the store: a look takes milliseconds, so a
// second tells that the database is away; then the same function runs as an ordinary
// activity, which waits without filling the history with markers.
func lookOptions(summary string) workflow.LocalActivityOptions {
	return workflow.LocalActivityOptions{
		StartToCloseTimeout:    time.Second,
		ScheduleToCloseTimeout: 5 * time.Second,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: 200 * time.Millisecond, BackoffCoefficient: 2, MaximumAttempts: 3},
		Summary:                summary,
	}
}

// storeOptions are for the same functions while the database is away: every half
// minute for a day. Its end is logged as an error and the order asks again an hour
// later: nothing can be recorded without the store.
func storeOptions(summary string) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		TaskQueue:              contract.QueueOrders,
		StartToCloseTimeout:    10 * time.Second,
		ScheduleToCloseTimeout: 24 * time.Hour,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 30 * time.Second},
		Summary:                summary,
	}
}

// stepOptions are for writes to an outside system: 23 attempts, half a minute apart at
// most, make about ten minutes of fast retries, bounded by attempts so that waiting in a
// limited queue does not count. Then the order is delayed and the outage is one for the whole system.
func stepOptions(queue, summary string) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		TaskQueue:              queue,
		StartToCloseTimeout:    2 * time.Minute,
		HeartbeatTimeout:       heartbeat,
		ScheduleToCloseTimeout: 24 * time.Hour,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 30 * time.Second, MaximumAttempts: 23,
			NonRetryableErrorTypes: []string{activities.ErrRefused, activities.ErrMisconfigured},
		},
		Summary: summary,
	}
}

// heartbeat is how long a killed worker's activity stays unnoticed. Activities beat only
// when they take longer than a few seconds, so a healthy step costs nothing more.
const heartbeat = 20 * time.Second

// freeOptions are for waking a page of orders at a rate that may be low.
func freeOptions() workflow.ActivityOptions {
	return workflow.ActivityOptions{
		TaskQueue:              contract.QueueOrders,
		StartToCloseTimeout:    30 * time.Minute,
		HeartbeatTimeout:       heartbeat,
		ScheduleToCloseTimeout: 2 * time.Hour,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 30 * time.Second},
		Summary:                "free orders at a rate",
	}
}

// probeOptions are for asking whether a system answers: one attempt, the workflow decides when to ask again.
func probeOptions(queue, summary string) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		TaskQueue:              queue,
		StartToCloseTimeout:    30 * time.Second,
		ScheduleToCloseTimeout: 10 * time.Minute,
		RetryPolicy:            &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary:                summary,
	}
}

// stockOptions are for a step of a pass over a warehouse's stock: few tries close
// together, because the next pass begins anew within a minute and knows more. A snapshot of a
// million items takes minutes, and says so by its heartbeats.
func stockOptions(queue, summary string) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		TaskQueue:              queue,
		StartToCloseTimeout:    10 * time.Minute,
		HeartbeatTimeout:       heartbeat,
		ScheduleToCloseTimeout: 14 * time.Minute,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: 500 * time.Millisecond, BackoffCoefficient: 2, MaximumInterval: 5 * time.Second, MaximumAttempts: activities.StockAttempts,
			NonRetryableErrorTypes: []string{activities.ErrRefused, activities.ErrMisconfigured},
		},
		Summary: summary,
	}
}

// batchOptions are for one run of intake or feed; its end is the schedule's next run.
func batchOptions(queue, summary string) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		TaskQueue:              queue,
		StartToCloseTimeout:    2 * time.Minute,
		HeartbeatTimeout:       heartbeat,
		ScheduleToCloseTimeout: 10 * time.Minute,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 15 * time.Second, MaximumAttempts: 6,
			NonRetryableErrorTypes: []string{activities.ErrRefused, activities.ErrMisconfigured},
		},
		Summary: summary,
	}
}

// readOptions are for reading orders from the shop before they are freed: a few tries,
// then each order reads itself.
func readOptions(summary string) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		TaskQueue:              contract.QueueCentra,
		StartToCloseTimeout:    time.Minute,
		HeartbeatTimeout:       heartbeat,
		ScheduleToCloseTimeout: 5 * time.Minute,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 15 * time.Second, MaximumAttempts: 4,
			NonRetryableErrorTypes: []string{activities.ErrRefused, activities.ErrMisconfigured},
		},
		Summary: summary,
	}
}

// watchOptions are for waiting until the outcomes of freed orders are known: one long
// look at the store, taken up by another worker soon after its own was killed.
func watchOptions(most time.Duration) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		TaskQueue:              contract.QueueOrders,
		StartToCloseTimeout:    most + time.Minute,
		HeartbeatTimeout:       heartbeat,
		ScheduleToCloseTimeout: 24 * time.Hour,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 30 * time.Second},
		Summary:                "what comes of the freed orders",
	}
}

// checkOptions are for what somebody waits for at a screen: one try, which has to be
// picked up and answered within two seconds.
func checkOptions(queue, summary string) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		TaskQueue:              queue,
		StartToCloseTimeout:    checkTime,
		ScheduleToCloseTimeout: checkTime,
		RetryPolicy:            &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary:                summary,
	}
}
