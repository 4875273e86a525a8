package endtoend_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"go.temporal.io/sdk/worker"

	"selvedge/internal/devtemporal"
)

// temporal is the one server of the package; each world has a namespace of its own on it.
var temporal *devtemporal.Server

// atOnce is how many tests run side by side: they wait more than they work, and more than these keep two cores so busy that they wait for each other.
const atOnce = "8"

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", atOnce); err != nil {
		panic(err)
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	worker.SetStickyWorkflowCacheSize(2000)
	ctx, cancel := context.WithTimeout(context.Background(), 9*time.Minute) // a cold build of the server
	defer cancel()
	var err error
	if temporal, err = devtemporal.Start(ctx, devtemporal.Options{Log: os.Stderr}); err != nil {
		fmt.Fprintln(os.Stderr, "start Temporal:", err)
		return 1
	}
	code := m.Run()
	stop, cancelStop := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancelStop()
	if err := temporal.Stop(stop); err != nil {
		fmt.Fprintln(os.Stderr, "stop Temporal:", err)
	}
	return code
}
