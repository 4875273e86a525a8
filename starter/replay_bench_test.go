package main

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.uber.org/zap"

	"selvedge/internal/assembly"
	"selvedge/internal/contract"
	"selvedge/internal/devtemporal"
	"selvedge/internal/domain"
	"selvedge/internal/telemetry"
	"selvedge/workflows"
)

// openOrders is how many orders are open when the gate is timed; each has been told so
// many things as one that was held up now and then.
const (
	openOrders = 1000
	toldEach   = 5
)

// BenchmarkReplayOpenRuns times the gate of a release beside a thousand open orders:
//
//	go test -run '^$' -bench ReplayOpenRuns -benchtime 3x ./starter
func BenchmarkReplayOpenRuns(b *testing.B) {
	ctx, cancel := context.WithTimeout(b.Context(), 20*time.Minute)
	defer cancel()
	server, err := devtemporal.Start(ctx, devtemporal.Options{})
	require.NoError(b, err)
	b.Cleanup(func() { _ = server.Kill() })
	c, err := client.Dial(client.Options{HostPort: server.Address, Namespace: server.Namespace, Logger: telemetry.TemporalLogger(zap.NewNop())})
	require.NoError(b, err)
	b.Cleanup(c.Close)
	_, err = assembly.RegisterSearchAttributes(ctx, c)
	require.NoError(b, err)
	w := worker.New(c, contract.QueueOrders, worker.Options{})
	workflows.Register(w)
	w.RegisterActivity(&waiting{})
	require.NoError(b, w.Start())
	for n := range openOrders {
		in := contract.OrderInput{Order: domain.OrderID{Store: "atelier", Number: fmt.Sprint(100000 + n)}}
		_, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: contract.OrderWorkflowID(in.Order), TaskQueue: contract.QueueOrders}, "OrderWorkflow", in)
		require.NoError(b, err)
	}
	for told := range toldEach {
		for n := range openOrders {
			id := contract.OrderWorkflowID(domain.OrderID{Store: "atelier", Number: fmt.Sprint(100000 + n)})
			require.NoError(b, c.SignalWorkflow(ctx, id, "", contract.SignalFact, contract.FactSignal{Sequence: int64(told + 2)}))
		}
	}
	require.Eventually(b, func() bool {
		report, err := replayOpenRuns(ctx, c, replayCmd{}, new(replayProgress))
		return err == nil && report.Runs == openOrders && report.Fresh == 0
	}, 5*time.Minute, time.Second)
	w.Stop()
	for b.Loop() {
		stop, most := make(chan struct{}), make(chan uint64)
		go watchHeap(stop, most)
		report, err := replayOpenRuns(ctx, c, replayCmd{}, new(replayProgress))
		close(stop)
		require.NoError(b, err)
		require.Equal(b, openOrders, report.Replayed, "%+v", report.Breaks)
		b.ReportMetric(float64(<-most)/(1<<20), "MB-heap")
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N*openOrders), "ms/run")
}

// watchHeap tells the largest heap that was in use until stop.
func watchHeap(stop <-chan struct{}, most chan<- uint64) {
	var largest uint64
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			most <- largest
			return
		case <-tick.C:
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			largest = max(largest, m.HeapInuse)
		}
	}
}

// waiting looks at orders that the shop does not let go yet.
type waiting struct{}

// AssessOrder says that the order waits.
func (*waiting) AssessOrder(_ context.Context, in contract.AssessInput) (contract.Assessment, error) {
	return contract.Assessment{
		Sequence: 1, State: domain.WaitingForShop, Market: "United Kingdom", Units: 2, Value: "79.80 GBP", Waiting: []string{"it is on hold"},
	}, nil
}
