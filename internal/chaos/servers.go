package main

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"

	"selvedge/internal/devpg"
	"selvedge/internal/devtemporal"
)

// servers are PostgreSQL and Temporal, each behind a proxy of ours. Both keep their
// data on disk and come back on the same port.
type servers struct {
	dir           string
	pg            *devpg.Cluster
	temporal      *devtemporal.Server
	temporalPort  int
	uiPort        int
	pgProxy       *proxy
	temporalProxy *proxy
}

func startServers(ctx context.Context, dir string) (s *servers, err error) {
	s = &servers{dir: dir}
	defer func() {
		if err != nil {
			s.close(ctx)
		}
	}()
	if s.pg, err = devpg.Start(ctx, devpg.Options{Durable: true}); err != nil {
		return nil, err
	}
	if err = s.pg.CreateDatabase(ctx, "selvedge", ""); err != nil {
		return nil, err
	}
	if s.temporal, err = devtemporal.Start(ctx, devtemporal.Options{DB: dir + "/temporal.db"}); err != nil {
		return nil, err
	}
	if s.temporalPort, err = portOf(s.temporal.Address); err != nil {
		return nil, err
	}
	ui, err := url.Parse(s.temporal.WebUI)
	if err != nil {
		return nil, fmt.Errorf("the Web UI's address: %w", err)
	}
	if s.uiPort, err = portOf(ui.Host); err != nil {
		return nil, err
	}
	database, err := url.Parse(s.pg.URL("selvedge"))
	if err != nil {
		return nil, fmt.Errorf("the database's address: %w", err)
	}
	if s.pgProxy, err = newProxy(database.Host); err != nil {
		return nil, err
	}
	s.temporalProxy, err = newProxy(s.temporal.Address)
	return s, err
}

func portOf(address string) (int, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return 0, fmt.Errorf("address %q: %w", address, err)
	}
	return strconv.Atoi(port)
}

// databaseURL leads through the proxy.
func (s *servers) databaseURL() string {
	u, err := url.Parse(s.pg.URL("selvedge"))
	if err != nil {
		panic(err) // parsed before
	}
	u.Host = s.pgProxy.address()
	return u.String()
}

// killPostgreSQL kills and restarts it after a rest.
func (s *servers) killPostgreSQL(ctx context.Context) error {
	if err := s.pg.Kill(); err != nil {
		return err
	}
	pause(ctx, 2*rest)
	return s.pg.Restart(ctx)
}

// killTemporal kills it and starts it again on the same file and ports.
func (s *servers) killTemporal(ctx context.Context) error {
	if err := s.temporal.Kill(); err != nil {
		return err
	}
	pause(ctx, 2*rest)
	again, err := devtemporal.Start(ctx, devtemporal.Options{DB: s.temporal.DB, Port: s.temporalPort, UIPort: s.uiPort})
	if err != nil {
		return err
	}
	s.temporal = again
	return nil
}

func (s *servers) close(ctx context.Context) {
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	for _, p := range []*proxy{s.pgProxy, s.temporalProxy} {
		if p != nil {
			p.close()
		}
	}
	if s.temporal != nil {
		_ = s.temporal.Stop(stop) // nothing of it is needed any more
	}
	if s.pg != nil {
		_ = s.pg.Stop(stop)
	}
}

// pause waits; a cancelled context ends it early.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// freeAddress finds a loopback address that a process may listen on again and again.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String(), nil
}
