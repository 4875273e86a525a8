package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"go.uber.org/zap"

	"selvedge/internal/assembly"
	"selvedge/internal/intake"
)

type serveCmd struct{}

// Help says what to give to the senders.
func (serveCmd) Help() string {
	return "Listens on SELVEDGE_LISTEN. The console is at /; `starter users add` makes the first login. The shop's webhook plugin sends to /webhooks/shop, each warehouse to /webhooks/warehouse/<warehouse>. Without webhooks the schedules fetch the same, a little later."
}

// Run serves until it is told to stop; deliveries under way are finished.
func (serveCmd) Run(ctx context.Context, s streams) error {
	sys, done, err := open(ctx)
	if err != nil {
		return err
	}
	defer done()
	if err := sys.Store.SchemaCurrent(ctx); err != nil {
		return fmt.Errorf("%w: run `starter setup` first", err)
	}
	if err := assembly.CheckSearchAttributes(ctx, sys.temporal); err != nil {
		return fmt.Errorf("%w: run `starter setup` first", err)
	}
	address := sys.Config.Selvedge.Listen
	socket, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen on %s: %w; set SELVEDGE_LISTEN to a free address", address, err)
	}
	doors := intake.NewServer(sys.Intake(sys.temporal), sys.ReadHints)
	pages, err := sys.Console(sys.temporal)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: assembly.Doors(doors, pages), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second}
	go doors.Run(ctx)
	go sys.Watch(sys.temporal).Run(ctx, assembly.WatchEvery)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(socket) }()
	sys.sayDoors(socket.Addr().String())
	select {
	case err := <-failed:
		return fmt.Errorf("serve on %s: %w", address, err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(stop); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stop serving: %w", err)
	}
	return nil
}

// sayDoors logs where deliveries are taken, and which would all be refused.
func (sys *system) sayDoors(address string) {
	paths := []string{"/webhooks/shop"}
	for key := range sys.ACS {
		paths = append(paths, "/webhooks/warehouse/"+key)
	}
	slices.Sort(paths)
	sys.Log.Info("the console is open", zap.String("url", "http://"+address+"/"))
	sys.Log.Info("accepting webhooks", zap.String("listen", address), zap.Strings("paths", paths))
	if sys.Config.Selvedge.Centra.WebhookSecret == "" {
		sys.Log.Warn("the shop's webhooks are refused: SELVEDGE_CENTRA_WEBHOOK_SECRET is not set; its events are fetched by the schedule alone")
	}
	for n, account := range sys.Config.Selvedge.ACS {
		if len(account.WebhookSecrets) == 0 {
			sys.Log.Warn("a warehouse's webhooks are refused; its events are fetched by the schedule alone",
				zap.String("warehouse", account.Warehouse), zap.String("set", fmt.Sprintf("SELVEDGE_ACS_%d_WEBHOOK_SECRETS", n)))
		}
	}
}
