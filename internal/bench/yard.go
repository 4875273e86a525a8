package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"selvedge/internal/assembly"
	"selvedge/internal/config"
	"selvedge/internal/contract"
	"selvedge/internal/devpg"
	"selvedge/internal/devtemporal"
	"selvedge/internal/domain"
	"selvedge/internal/intake"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
	"selvedge/internal/telemetry"
)

// yard is all that one row needs: servers, calm simulators, doors and, once started,
// the worker. The simulated floor works within milliseconds, so that we wait for
// nothing but ourselves.
type yard struct {
	dir         string
	bin         string
	temporal    *devtemporal.Server
	environment map[string]string
	client      client.Client
	parts       *assembly.Parts
	doors       *intake.Server
	shop        *centra.Simulator
	floor       *acs.Simulator
	asked       *watcher // the shop's requests
	told        *watcher // the warehouse's
	doorsURL    string
	worker      int // the worker's process, once it is started
	closers     []func()
}

// settings change a yard before it opens.
type settings struct {
	quotas *centra.Quotas
	deaf   bool // no webhooks come
	env    map[string]string
}

// returnWindow is the shortest that an order can stand open after its last parcel.
const returnWindow = time.Second

func open(ctx context.Context, bin string, s settings) (y *yard, err error) {
	y = &yard{bin: bin, asked: &watcher{}, told: &watcher{}}
	defer func() {
		if err != nil {
			y.close()
		}
	}()
	if y.dir, err = os.MkdirTemp("", "selvedge-bench-"); err != nil {
		return nil, err
	}
	y.atClose(func() { _ = os.RemoveAll(y.dir) })
	pg, err := devpg.Start(ctx, devpg.Options{Durable: true})
	if err != nil {
		return nil, err
	}
	y.atClose(func() { _ = pg.Stop(context.WithoutCancel(ctx)) })
	if err := pg.CreateDatabase(ctx, "selvedge", ""); err != nil {
		return nil, err
	}
	if y.temporal, err = devtemporal.Start(ctx, devtemporal.Options{DB: filepath.Join(y.dir, "temporal.db")}); err != nil {
		return nil, err
	}
	y.atClose(func() { _ = y.temporal.Kill() }) // nothing of it is needed any more
	if y.client, err = client.Dial(client.Options{HostPort: y.temporal.Address, Logger: telemetry.TemporalLogger(zap.NewNop()), ConnectionOptions: telemetry.Connection()}); err != nil {
		return nil, err
	}
	y.atClose(y.client.Close)
	if err := y.simulate(); err != nil {
		return nil, err
	}
	if err := y.assemble(ctx, pg.URL("selvedge"), s); err != nil {
		return nil, err
	}
	return y, y.fill(ctx, s)
}

func (y *yard) atClose(f func()) { y.closers = append(y.closers, f) }

// close ends everything in reverse.
func (y *yard) close() {
	for i := len(y.closers) - 1; i >= 0; i-- {
		y.closers[i]()
	}
	y.closers = nil
}

func (y *yard) simulate() (err error) {
	y.shop = centra.New(centra.Options{})
	y.atClose(y.shop.Close)
	if y.floor, err = acs.New(acs.Options{Seed: 7, Pace: 0.00001, RetryPace: 0.02, RateLimit: -1, Senders: 8}); err != nil {
		return err
	}
	y.atClose(y.floor.Close)
	return nil
}

func (y *yard) assemble(ctx context.Context, database string, s settings) error {
	shopURL, err := y.serve(y.asked.watch(y.shop))
	if err != nil {
		return err
	}
	floorURL, err := y.serve(y.told.watch(y.floor))
	if err != nil {
		return err
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails, see crypto/rand
	y.environment = map[string]string{
		"DATABASE_URL": database, "TEMPORAL_ADDRESS": y.temporal.Address, "TEMPORAL_NAMESPACE": "default",
		"SELVEDGE_MASTER_KEYS": "bench:" + base64.StdEncoding.EncodeToString(key), "SELVEDGE_LOG_LEVEL": "warn",
		"SELVEDGE_CENTRA_URL": shopURL, "SELVEDGE_CENTRA_TOKEN": shopToken, "SELVEDGE_CENTRA_STORES": "1=" + store,
		"SELVEDGE_CENTRA_QUOTA_REFRESH": "1s", "SELVEDGE_CENTRA_WEBHOOK_SECRET": secret, "SELVEDGE_RETURN_WINDOW": returnWindow.String(),
		"SELVEDGE_WORKER_LISTEN": "127.0.0.1:0",
	}
	for n, code := range []string{account, account2} {
		prefix := fmt.Sprintf("SELVEDGE_ACS_%d_", n)
		y.environment[prefix+"BASE_URL"] = floorURL + "/partner/v1"
		y.environment[prefix+"ACCOUNT"] = code
		y.environment[prefix+"WAREHOUSE"] = []string{warehouse, south}[n]
		y.environment[prefix+"SUBSCRIPTION_KEY"] = "key-" + code
		y.environment[prefix+"WEBHOOK_SECRETS"] = secret
		y.environment[prefix+"REQUESTS_PER_SECOND"] = "10000"
		y.environment[prefix+"BURST"] = "10000"
	}
	for name, value := range s.env {
		y.environment[name] = value
	}
	c, err := config.FromMap(y.environment, config.Database, config.Systems)
	if err != nil {
		return err
	}
	if y.parts, err = assembly.Open(ctx, c, zap.NewNop()); err != nil {
		return err
	}
	y.atClose(y.parts.Close)
	return nil
}

// fill makes schema, rules and the simulators' stock stand, and opens the doors.
func (y *yard) fill(ctx context.Context, s settings) error {
	if err := y.parts.Store.Migrate(ctx); err != nil {
		return err
	}
	if _, err := assembly.RegisterSearchAttributes(ctx, y.client); err != nil {
		return err
	}
	if _, err := y.parts.Store.SaveRules(ctx, rules(), "bench", "rules of the bench", time.Now()); err != nil {
		return err
	}
	y.doors = intake.NewServer(y.parts.Intake(y.client), y.parts.ReadHints)
	var err error
	if y.doorsURL, err = y.serve(y.doors); err != nil {
		return err
	}
	hints, stop := context.WithCancel(ctx)
	y.atClose(stop)
	go y.doors.Run(hints)
	doorsURL := y.doorsURL
	if s.deaf {
		doorsURL = ""
	}
	if err := y.floor.Seed(warehouseSeed(doorsURL)); err != nil {
		return err
	}
	quotas := s.quotas
	if quotas == nil {
		quotas = unlimited()
	}
	return y.shop.Seed(shopSeed(doorsURL, quotas))
}

func (y *yard) serve(h http.Handler) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	y.atClose(func() { _ = server.Close() })
	go func() { _ = server.Serve(l) }() // ends with ErrServerClosed
	return "http://" + l.Addr().String(), nil
}

// startWorker starts the product's worker and returns its process id.
func (y *yard) startWorker(ctx context.Context) (int, error) {
	if _, err := y.parts.ApplySchedules(ctx, y.client); err != nil {
		return 0, err
	}
	return y.start(filepath.Join(y.bin, "worker"))
}

// startBareWorker starts this program as the worker of the floor.
func (y *yard) startBareWorker() (int, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	return y.start(self, bareWorker)
}

func (y *yard) start(binary string, args ...string) (int, error) {
	logs, err := os.Create(filepath.Join(y.dir, filepath.Base(binary)+".log"))
	if err != nil {
		return 0, err
	}
	defer func() { _ = logs.Close() }() // the process has its own handle
	command := exec.Command(binary, args...)
	command.Stdout, command.Stderr = logs, logs
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C ends us, and we end it
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "TZ"} {
		command.Env = append(command.Env, name+"="+os.Getenv(name))
	}
	for name, value := range y.environment {
		command.Env = append(command.Env, name+"="+value)
	}
	if err := command.Start(); err != nil {
		return 0, err
	}
	ended := make(chan struct{})
	go func() { _ = command.Wait(); close(ended) }()
	y.atClose(func() {
		_ = command.Process.Kill()
		<-ended
	})
	y.worker = command.Process.Pid
	return y.worker, nil
}

// sell puts orders into the shop, with what the floor will do about them.
func (y *yard) sell(orders []centra.SeedOrder, plans []acs.FloorPlan) error {
	if len(plans) > 0 {
		if err := y.floor.Seed(acs.Seed{Floor: plans}); err != nil {
			return err
		}
	}
	return y.shop.Seed(centra.Seed{Orders: orders})
}

func workflowID(number int) string {
	return contract.OrderWorkflowID(domain.OrderID{Store: store, Number: strconv.Itoa(number)})
}

// errSlow means that something that must happen did not within its time.
var errSlow = errors.New("it did not happen in time")

// until asks until the answer is yes.
func until(ctx context.Context, patience time.Duration, yes func() (bool, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errSlow)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := yes()
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// count asks visibility how many workflows fit.
func (y *yard) count(ctx context.Context, query string) (int, error) {
	answer, err := y.client.CountWorkflow(ctx, countRequest(query))
	if err != nil {
		return 0, err
	}
	return int(answer.GetCount()), nil
}

// watcher counts the requests to a simulator and remembers when something was first
// answered well.
type watcher struct {
	mu       sync.Mutex
	requests map[string]int       // by operation or by method
	answered map[string]time.Time // PUT of an order, by its number
}

func (w *watcher) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		name := r.Method
		if strings.HasSuffix(r.URL.Path, "/graphql") {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			name = "query"
			if bytes.Contains(body, []byte(`"query":"mutation`)) || bytes.Contains(body, []byte(`"query":"\nmutation`)) {
				name = "mutation"
			}
		}
		seen := &seenStatus{ResponseWriter: out, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		w.note(name, r, seen.status)
	})
}

func (w *watcher) note(name string, r *http.Request, status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.requests == nil {
		w.requests, w.answered = map[string]int{}, map[string]time.Time{}
	}
	w.requests[name]++
	if number, ok := strings.CutPrefix(r.URL.Path, "/partner/v1/orders/"); ok && r.Method == http.MethodPut && status/100 == 2 {
		if _, known := w.answered[number]; !known {
			w.answered[number] = time.Now()
		}
	}
}

func (w *watcher) count(name string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.requests[name]
}

func (w *watcher) answeredAt(number int) (time.Time, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	at, ok := w.answered[strconv.Itoa(number)]
	return at, ok
}

type seenStatus struct {
	http.ResponseWriter
	status int
}

func (s *seenStatus) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}
