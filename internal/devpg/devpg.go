// Package devpg runs a throw-away PostgreSQL for the demo and the tests, from
// whatever binaries the machine has, also as root, without Docker.
//
// A cluster lives in a folder of its own, listens on loopback and ends with the
// process that started it.
package devpg

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// superuser is the only role of a cluster of ours.
const superuser = "selvedge"

// Options say where a cluster keeps its data and how careful it is.
type Options struct {
	Dir     string    // data and log; reused when it holds a cluster; empty = a temporary folder, removed by Stop
	Durable bool      // keep fsync on: needed only to survive power cuts; a killed process loses nothing either way
	Log     io.Writer // receives the server's log; nil = nowhere
}

// Cluster is a running PostgreSQL server. Its methods may be called from any
// goroutine, but Stop, Kill and Restart one at a time.
type Cluster struct {
	base      url.URL // without a database
	dir       string
	temporary bool
	options   Options
	install   installation
	port      int
	server    *server // nil when the cluster is somebody else's
}

// Start makes a cluster, or takes the one that Options.Dir holds, and returns
// once it accepts connections. Without PostgreSQL on the machine the error says
// which commands mend that. ctx bounds the start; the cluster outlives it.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	install, err := find()
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: o.Dir, options: o, install: install}
	if o.Dir == "" {
		c.temporary = true
		if c.dir, err = os.MkdirTemp("", "selvedge-pg-"); err != nil {
			return nil, fmt.Errorf("make a folder for PostgreSQL: %w", err)
		}
	}
	if c.dir, err = filepath.Abs(c.dir); err != nil {
		return nil, fmt.Errorf("find PostgreSQL's folder: %w", err)
	}
	if err := c.boot(ctx); err != nil {
		if c.temporary {
			os.RemoveAll(c.dir)
		}
		return nil, err
	}
	return c, nil
}

// boot prepares the folder, makes a cluster in it unless there is one, and
// starts the server on a free port.
func (c *Cluster) boot(ctx context.Context) error {
	password, err := c.initialise(ctx)
	if err != nil {
		return err
	}
	// Another process may take the free port before the server does.
	for attempt := 1; ; attempt++ {
		if c.port, err = freePort(); err != nil {
			return err
		}
		c.base = url.URL{
			Scheme: "postgres", User: url.UserPassword(superuser, password),
			Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port)), RawQuery: "sslmode=disable",
		}
		err = c.launch(ctx)
		if err == nil || attempt == 3 || !strings.Contains(err.Error(), "Address already in use") {
			return err
		}
	}
}

// launch starts the server on the chosen port and waits for its first answer.
func (c *Cluster) launch(ctx context.Context) error {
	args := []string{
		"-D", c.data(), "-p", strconv.Itoa(c.port), "-k", c.socketFolder(),
		"-c", "listen_addresses=127.0.0.1",
		"-c", "max_connections=200", // the packages' tests share one cluster
		"-c", "timezone=UTC", "-c", "log_timezone=UTC",
		// The log quotes neither statements nor the values of a broken
		// constraint: they are customers' data.
		"-c", "log_min_error_statement=panic", "-c", "log_error_verbosity=terse",
	}
	if !c.options.Durable {
		args = append(args, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	}
	for {
		server, err := startServer(c.install, c.dir, args, c.options.Log)
		if err != nil {
			return err
		}
		err = server.awaitReady(ctx, c.URL("postgres"))
		if err == nil {
			c.server = server
			return nil
		}
		err = errors.Join(err, server.kill())
		// The children of a killed server see its death a moment later.
		if ctx.Err() != nil || !strings.Contains(err.Error(), "pre-existing shared memory block") {
			return err
		}
	}
}

// socketFolder is the cluster's own folder, because Debian's build wants its
// socket where only the user postgres may write. A socket's path is limited to
// some hundred bytes; a cluster in a deeper folder goes without one.
func (c *Cluster) socketFolder() string {
	if len(c.dir) > 80 {
		return ""
	}
	return c.dir
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

// URL returns the connection string of a database. It carries the password.
func (c *Cluster) URL(database string) string {
	u := c.base
	u.Path = "/" + database
	return u.String()
}

// CreateDatabase makes a database, as a copy of template unless that is empty.
// Nobody may be connected to the template. It fails when the name is taken, so
// a second run cannot mix two tests' data.
func (c *Cluster) CreateDatabase(ctx context.Context, name, template string) error {
	if template == "" {
		template = "template1"
	}
	conn, err := pgx.Connect(ctx, c.adminURL())
	if err != nil {
		return fmt.Errorf("connect to create database %s: %w", name, err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	// Both names are quoted as identifiers; CREATE DATABASE takes no parameters.
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()+" TEMPLATE "+pgx.Identifier{template}.Sanitize())
	if err != nil {
		return fmt.Errorf("create database %s from %s: %w", name, template, err)
	}
	return nil
}

// adminURL connects where a database can be created from: any database but the template.
func (c *Cluster) adminURL() string {
	if c.server == nil { // given by TEST_DATABASE_URL: the database it names surely exists
		return c.base.String()
	}
	return c.URL("postgres")
}

// Stop ends the server in an orderly way and removes a temporary folder. When
// ctx ends first the server is killed. Stopping twice is harmless; a server
// that TEST_DATABASE_URL named is left alone.
func (c *Cluster) Stop(ctx context.Context) error {
	if c.server == nil {
		return nil
	}
	err := c.server.stop(ctx)
	if c.temporary {
		err = errors.Join(err, os.RemoveAll(c.dir))
	}
	return err
}

// errForeign protects a server that we did not start.
var errForeign = errors.New("the PostgreSQL named by TEST_DATABASE_URL is not ours to kill or restart")

// Kill ends the server as a crash would: SIGKILL to its main process, whereupon
// the others end by themselves. The data stays for Restart.
func (c *Cluster) Kill() error {
	if c.server == nil {
		return errForeign
	}
	return c.server.kill()
}

// Restart starts the server again on the same data and port, so that existing
// connection strings hold. It stops a server that still runs.
func (c *Cluster) Restart(ctx context.Context) error {
	if c.server == nil {
		return errForeign
	}
	if err := c.server.stop(ctx); err != nil {
		return err
	}
	return c.launch(ctx)
}

// EnvURL names a PostgreSQL server on which tests may create databases.
const EnvURL = "TEST_DATABASE_URL"

var shared = sync.OnceValues(func() (*Cluster, error) {
	if named := os.Getenv(EnvURL); named != "" {
		u, err := url.Parse(named)
		if err != nil || u.Host == "" {
			// The error is not quoted: it repeats the URL with its password.
			return nil, fmt.Errorf("%s is no connection string: give one like postgres://user@127.0.0.1:5432/postgres", EnvURL)
		}
		return &Cluster{base: *u}, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return Start(ctx, Options{})
})

// Shared returns the cluster that all tests of this process use: the server
// that TEST_DATABASE_URL names, else one started on the first call. It ends
// with the process; its folder is then removed by the next process that starts
// one, for nothing runs after a test binary's end.
func Shared(ctx context.Context) (*Cluster, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return shared()
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// newPassword makes the superuser's password. Trust would do for the tests'
// data, but a loopback port is open to every user of the machine, and a
// superuser of PostgreSQL can run programs as its system user.
func newPassword() string { return rand.Text() }
