package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"selvedge/internal/assembly"
	"selvedge/internal/config"
	"selvedge/internal/intake"
	"selvedge/internal/telemetry"
)

// system is what most commands work on.
type system struct {
	*assembly.Parts
	temporal client.Client
}

// open reads the environment and connects; close lets go.
func open(ctx context.Context) (*system, func(), error) {
	c, err := config.Load(config.Database, config.Systems)
	if err != nil {
		return nil, nil, err
	}
	log, err := telemetry.NewLogger(c.Selvedge.LogLevel)
	if err != nil {
		return nil, nil, err
	}
	temporal, err := telemetry.Dial(log, nil)
	if err != nil {
		return nil, nil, err
	}
	parts, err := assembly.Open(ctx, c, log)
	if err != nil {
		temporal.Close()
		return nil, nil, err
	}
	return &system{Parts: parts, temporal: temporal}, func() { parts.Close(); temporal.Close() }, nil
}

type setupCmd struct{}

// Run migrates and registers; both find what is done already.
func (setupCmd) Run(ctx context.Context, s streams) error {
	sys, done, err := open(ctx)
	if err != nil {
		return err
	}
	defer done()
	if err := sys.Store.Migrate(ctx); err != nil {
		return err
	}
	registered, err := assembly.RegisterSearchAttributes(ctx, sys.temporal)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "The database is up to date; %d search attributes were registered now.\n", len(registered))
	return nil
}

type schedulesCmd struct {
	Apply schedulesApplyCmd `cmd:"" help:"Create or update all schedules. An operator's pause and note stay as they are."`
}

type schedulesApplyCmd struct{}

// Run applies the schedules.
func (schedulesApplyCmd) Run(ctx context.Context, s streams) error {
	sys, done, err := open(ctx)
	if err != nil {
		return err
	}
	defer done()
	applied, err := sys.ApplySchedules(ctx, sys.temporal)
	for _, a := range applied {
		fmt.Fprintln(s.out, a)
	}
	return err
}

type serveCmd struct{}

// Run serves until it is told to stop; deliveries under way are finished.
func (serveCmd) Run(ctx context.Context, s streams) error {
	sys, done, err := open(ctx)
	if err != nil {
		return err
	}
	defer done()
	doors := intake.NewServer(sys.Intake(sys.temporal), sys.ReadHints)
	server := &http.Server{Addr: sys.Config.Selvedge.Listen, Handler: doors, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second}
	go doors.Run(ctx)
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	sys.Log.Info("accepting webhooks", zap.String("listen", sys.Config.Selvedge.Listen))
	select {
	case err := <-failed:
		return fmt.Errorf("listen on %s: %w; set SELVEDGE_LISTEN to a free address", sys.Config.Selvedge.Listen, err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(stop); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stop serving: %w", err)
	}
	return nil
}
