package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.temporal.io/sdk/client"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"selvedge/internal/assembly"
	"selvedge/internal/config"
	"selvedge/internal/domain"
	"selvedge/internal/store"
	"selvedge/internal/telemetry"
)

// system is what commands that reach shop and warehouses work on.
type system struct {
	*assembly.Parts
	temporal client.Client
}

// open reads the whole environment and connects; the returned function lets go.
func open(ctx context.Context) (*system, func(), error) {
	c, err := config.Load(config.Database, config.Systems)
	if err != nil {
		return nil, nil, err
	}
	log, err := telemetry.NewLogger(c.Selvedge.LogLevel)
	if err != nil {
		return nil, nil, err
	}
	return connect(ctx, c, log)
}

// openQuietly is open for commands whose screen is a person's.
func openQuietly(ctx context.Context) (*system, func(), error) {
	c, err := config.Load(config.Database, config.Systems)
	if err != nil {
		return nil, nil, err
	}
	log, err := quiet(c)
	if err != nil {
		return nil, nil, err
	}
	return connect(ctx, c, log)
}

func connect(ctx context.Context, c config.Config, log *zap.Logger) (*system, func(), error) {
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

// openStore connects to the database alone: rules, items and exceptions need no more.
func openStore(ctx context.Context) (*store.Store, config.Config, error) {
	c, err := config.Load(config.Database)
	if err != nil {
		return nil, c, err
	}
	keys, err := store.ParseKeyring(c.Selvedge.MasterKeys)
	if err != nil {
		return nil, c, err
	}
	s, err := store.Open(ctx, c.DatabaseURL, keys)
	if err != nil {
		return nil, c, fmt.Errorf("connect to the database of DATABASE_URL: %w", err)
	}
	if err := s.SchemaCurrent(ctx); err != nil {
		s.Close()
		return nil, c, fmt.Errorf("%w: run `starter setup` first", err)
	}
	return s, c, nil
}

// openTemporal connects to Temporal alone.
func openTemporal(c config.Config) (client.Client, error) {
	log, err := quiet(c)
	if err != nil {
		return nil, err
	}
	return telemetry.Dial(log, nil)
}

// quiet logs what is wrong and nothing else, unless debugging is asked for.
func quiet(c config.Config) (*zap.Logger, error) {
	level, err := zapcore.ParseLevel(c.Selvedge.LogLevel)
	if err != nil || level > zapcore.DebugLevel && level < zapcore.WarnLevel {
		level = zapcore.WarnLevel
	}
	return telemetry.NewLogger(level.String())
}

// orderRef is an order as people name it: <store>/<number>, or the number alone
// where one store is configured.
type orderRef string

func (r orderRef) id(c config.Config) (domain.OrderID, error) {
	text := strings.TrimPrefix(strings.TrimSpace(string(r)), "order/") // a workflow ID, as the Web UI shows it
	if strings.Contains(text, "/") {
		id, err := domain.ParseOrderID(text)
		if err != nil {
			return id, misuse("%w", err)
		}
		return id, nil
	}
	if text == "" {
		return domain.OrderID{}, misuse("the order is empty: give <store>/<number>, such as atelier/10023")
	}
	var stores []string
	for _, key := range c.Selvedge.Centra.Stores {
		stores = append(stores, key)
	}
	slices.Sort(stores)
	switch len(stores) {
	case 1:
		return domain.OrderID{Store: stores[0], Number: text}, nil
	case 0:
		return domain.OrderID{}, misuse("order %q names no store and SELVEDGE_CENTRA_STORES is not set: give <store>/<number>, such as atelier/%s", text, text)
	}
	return domain.OrderID{}, misuse("order %q names no store and there are several (%s): give <store>/<number>, such as %s/%s", text, strings.Join(stores, ", "), stores[0], text)
}

// person is who does what a command does: the flag, or who is logged in.
func person(given string) (string, error) {
	if name := strings.TrimSpace(given); name != "" {
		return name, nil
	}
	if name := loggedIn(); name != "" {
		return name, nil
	}
	return "", misuse("nobody is named and the system does not say who is logged in: add --by")
}

// required refuses flags that are given but blank: an empty shell variable is no reason.
func required(flags ...[2]string) error {
	var complaints []error
	for _, f := range flags {
		if strings.TrimSpace(f[1]) == "" {
			complaints = append(complaints, fmt.Errorf("--%s is empty", f[0]))
		}
	}
	if len(complaints) > 0 {
		return misuse("%w", errors.Join(complaints...))
	}
	return nil
}
