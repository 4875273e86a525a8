// Command worker runs the workflows and activities. Wiring only.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.uber.org/zap"

	"selvedge/internal/assembly"
	"selvedge/internal/config"
	"selvedge/internal/contract"
	"selvedge/internal/telemetry"
	"selvedge/workflows"
)

type cli struct {
	Queues []string `help:"Task queues to poll; all by default." placeholder:"QUEUE"`
}

func main() {
	var args cli
	kong.Parse(&args, kong.Name("worker"), kong.Description("Runs Selvedge's workflows and activities. Settings come from the environment, see .env.example."))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, args); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args cli) error {
	c, err := config.Load(config.Database, config.Systems)
	if err != nil {
		return err
	}
	log, err := telemetry.NewLogger(c.Selvedge.LogLevel)
	if err != nil {
		return err
	}
	defer func() { _ = log.Sync() }() // standard error cannot always be synced
	metrics, err := telemetry.NewMetrics()
	if err != nil {
		return err
	}
	temporal, err := telemetry.Dial(log, metrics)
	if err != nil {
		return err
	}
	defer temporal.Close()
	parts, err := assembly.Open(ctx, c, log)
	if err != nil {
		return err
	}
	defer parts.Close()
	if err := ready(ctx, parts, temporal); err != nil {
		return err
	}
	if err := metrics.Registry.Register(parts.AlertMetrics); err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	sayWhatDiffers(ctx, parts)
	return serve(ctx, args, parts, temporal, metrics)
}

// ready refuses to poll before schema and search attributes stand: an unregistered
// attribute would block every order.
func ready(ctx context.Context, p *assembly.Parts, c client.Client) error {
	if err := p.Store.SchemaCurrent(ctx); err != nil {
		return fmt.Errorf("%w: run `starter setup` first", err)
	}
	if err := assembly.CheckSearchAttributes(ctx, c); err != nil {
		return fmt.Errorf("%w: run `starter setup` first", err)
	}
	return nil
}

// sayWhatDiffers compares the shop's live schema with what we select, where the shop
// lets us look. A difference is said, not fatal: most fields are not needed by most orders.
func sayWhatDiffers(ctx context.Context, p *assembly.Parts) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	differences, err := p.Shop.SchemaDiff(ctx)
	if err != nil {
		p.Log.Info("the shop's schema was not compared", zap.Error(err))
	}
	for _, d := range differences {
		p.Log.Warn("the shop's schema differs from what we select", zap.String("difference", d))
	}
}

func serve(ctx context.Context, args cli, p *assembly.Parts, c client.Client, metrics *telemetry.Metrics) error {
	s := p.Config.Selvedge
	assembly.TuneMemory()
	worker.SetStickyWorkflowCacheSize(s.CacheSize)
	queues := args.Queues
	if len(queues) == 0 {
		queues = contract.Queues()
	}
	set := p.Activities(c)
	for _, queue := range queues {
		w := worker.New(c, queue, assembly.WorkerOptions(queue, s))
		if queue == contract.QueueOrders {
			workflows.Register(w)
		}
		set.Register(w)
		if err := w.Start(); err != nil {
			return fmt.Errorf("poll %s: %w", queue, err)
		}
		defer w.Stop()
	}
	server := &http.Server{Addr: s.WorkerListen, Handler: health(p, metrics), ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	p.Log.Info("worker is polling", zap.Strings("queues", queues), zap.String("listen", s.WorkerListen), zap.Int("pid", os.Getpid()))
	select {
	case err := <-failed:
		return fmt.Errorf("listen on %s: %w; set SELVEDGE_WORKER_LISTEN to a free address", s.WorkerListen, err)
	case <-ctx.Done():
	}
	p.Log.Info("stopping: running activities get time to finish", zap.Duration("timeout", assembly.StopTimeout))
	shutdown, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := server.Shutdown(shutdown); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stop listening: %w", err)
	}
	return nil
}

func health(p *assembly.Parts, metrics *telemetry.Metrics) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics.Handler())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := p.Store.Ping(r.Context()); err != nil {
			http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	return mux
}
