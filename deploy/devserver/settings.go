package main

import (
	"time"

	"go.temporal.io/server/common/dynamicconfig"
)

// dynamicSettings are the server's settings that differ from its defaults.
// Those marked "as in production" are set there as well; the others make a
// small machine quicker and would be wrong on a cluster.
func dynamicSettings() dynamicconfig.Client {
	settings := dynamicconfig.StaticClient{}
	set := func(s dynamicconfig.GenericSetting, value any) { settings[s.Key()] = value }

	// As in production: a paused workflow refuses updates, so people pause
	// orders by our own means only.
	set(dynamicconfig.WorkflowPauseEnabled, false)
	// As in production: PostgreSQL keeps IDs in VARCHAR(255). Here a longer one
	// must fail too, not first in production.
	set(dynamicconfig.MaxIDLengthLimit, 255)

	// A search attribute added at start, and a namespace made by a test, are usable
	// within a second: on SQL both are kept with the namespace. The default is two.
	set(dynamicconfig.NamespaceCacheRefreshInterval, time.Second)

	// One partition a queue instead of four: with few pollers a task on an
	// unpolled partition must be forwarded first, and every idle partition
	// holds its own poll and database row.
	set(dynamicconfig.MatchingNumTaskqueueReadPartitions, 1)
	set(dynamicconfig.MatchingNumTaskqueueWritePartitions, 1)

	// Lists and counts allowed per second: the demo's progress line, the tests
	// and an open Web UI together pass the default of ten.
	set(dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance, 200)

	// Workflows kept in memory. The default of 128,000 can take a gigabyte;
	// a demo holds a few hundred.
	set(dynamicconfig.HistoryCacheHostLevelMaxSize, 8192)

	// The scavengers look for what a distributed cluster leaves behind. Here
	// they would only start system workflows at every start.
	set(dynamicconfig.TaskQueueScannerEnabled, false)
	set(dynamicconfig.HistoryScannerEnabled, false)
	set(dynamicconfig.ExecutionsScannerEnabled, false)
	return settings
}
