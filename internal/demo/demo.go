// Package demo runs a sample day on embedded everything: Temporal with its Web UI,
// PostgreSQL, the simulators of shop and warehouses, and the worker as a process of
// its own. It never reads the settings of a real system from the environment.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"selvedge/internal/assembly"
	"selvedge/internal/config"
	"selvedge/internal/devpg"
	"selvedge/internal/devtemporal"
	"selvedge/internal/intake"
	"selvedge/internal/sampleday"
	"selvedge/internal/telemetry"
)

// Options say what to run. The zero value runs 200 orders in breezy weather until interrupted.
type Options struct {
	Orders  int
	Seed    uint64
	Weather string // calm, breezy or storm
	Data    string // a folder with order lines and a catalogue instead of generated ones
	Exit    bool   // end when the day is over, instead of staying up
	JSON    string // file for the outcome; the simulators' states go to FILE.<system>.json
	// Temporal is the address of another server than the embedded one; empty means embedded.
	Temporal string
	// Within bounds the day; 0 means six minutes and half a second an order.
	Within time.Duration
	// Out takes what a person reads, Err the logs.
	Out, Err io.Writer
	// Terminal says that Out is one, where progress may be drawn.
	Terminal bool
	// ListenShop and ListenWarehouses are where the simulators serve; empty means a free loopback port.
	ListenShop, ListenWarehouses string
}

// ErrUnplanned means that the day ended other than planned; what differs was printed.
var ErrUnplanned = errors.New("the day did not end as planned")

// Times of the demo: a day in seconds. A request whose answer is lost may still act
// for settle: the simulators' late commits stay below it.
const (
	trackingWait = 15 * time.Second
	returnWindow = 15 * time.Second
	settle       = 8 * time.Second
	captureWait  = 25 * time.Second
)

// Run runs the day and returns ErrUnplanned when it did not end as planned.
func Run(ctx context.Context, o Options) error {
	o = o.complete()
	day, err := o.day()
	if err != nil {
		return err
	}
	w, err := open(ctx, o, day)
	if err != nil {
		return err
	}
	defer w.close()
	if err := w.start(ctx); err != nil {
		return err
	}
	outcome, err := w.watch(ctx)
	if err != nil {
		return err
	}
	w.report(outcome)
	if err := w.save(outcome); err != nil {
		return err
	}
	if !o.Exit {
		fmt.Fprintln(o.Out, "\nEverything stays up. Press Ctrl-C to stop.")
		<-ctx.Done()
		return nil
	}
	if !outcome.asPlanned() {
		return ErrUnplanned
	}
	return nil
}

func (o Options) complete() Options {
	if o.Orders == 0 {
		o.Orders = 200
	}
	if o.Weather == "" {
		o.Weather = "breezy"
	}
	if o.Within == 0 {
		o.Within = 6*time.Minute + time.Duration(o.Orders)*500*time.Millisecond
	}
	if o.Out == nil {
		o.Out = os.Stdout
	}
	if o.Err == nil {
		o.Err = os.Stderr
	}
	return o
}

func (o Options) day() (*sampleday.Day, error) {
	options := sampleday.Options{Orders: o.Orders, Seed: o.Seed, TrackingWait: trackingWait}
	if o.Data != "" {
		return sampleday.Load(o.Data, options)
	}
	return sampleday.Generate(options)
}

// world is all that runs for one day.
type world struct {
	o       Options
	day     *sampleday.Day
	dir     string
	began   time.Time
	pg      *devpg.Cluster
	devserv *devtemporal.Server
	sims    *simulators
	worker  *workerProcess
	parts   *assembly.Parts
	client  client.Client
	server  *listener
	log     *zap.Logger
	// password of the console's user demo; the demo's own, made anew each time.
	password string
	closers  []func()
}

// open starts the embedded servers and simulators; nothing flows yet.
func open(ctx context.Context, o Options, day *sampleday.Day) (w *world, err error) {
	w = &world{o: o, day: day}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	if w.dir, err = os.MkdirTemp("", "selvedge-demo-"); err != nil {
		return nil, fmt.Errorf("make a folder for the demo: %w", err)
	}
	w.atClose(func() { _ = os.RemoveAll(w.dir) })
	fmt.Fprintln(o.Out, "Starting PostgreSQL, Temporal, the simulators and the worker …")
	if w.pg, err = devpg.Start(ctx, devpg.Options{}); err != nil {
		return nil, err
	}
	w.atClose(func() { _ = w.pg.Stop(context.WithoutCancel(ctx)) })
	if err := w.pg.CreateDatabase(ctx, "selvedge", ""); err != nil {
		return nil, err
	}
	if err := w.temporal(ctx); err != nil {
		return nil, err
	}
	if w.sims, err = startSimulators(o, day); err != nil {
		return nil, err
	}
	w.atClose(w.sims.close)
	if w.server, err = listen(""); err != nil {
		return nil, err
	}
	w.atClose(w.server.close)
	return w, nil
}

func (w *world) atClose(f func()) { w.closers = append(w.closers, f) }

// close ends everything in reverse.
func (w *world) close() {
	for i := len(w.closers) - 1; i >= 0; i-- {
		w.closers[i]()
	}
	w.closers = nil
}

// temporal uses the server that a flag names, else its own.
func (w *world) temporal(ctx context.Context) error {
	if w.o.Temporal != "" {
		return nil
	}
	logs, err := os.Create(w.dir + "/temporal.log")
	if err != nil {
		return fmt.Errorf("make Temporal's log: %w", err)
	}
	w.atClose(func() { _ = logs.Close() })
	if w.devserv, err = devtemporal.Start(ctx, devtemporal.Options{DB: w.dir + "/temporal.db", Log: logs}); err != nil {
		return err
	}
	w.atClose(func() { _ = w.devserv.Stop(context.WithoutCancel(ctx)) })
	return nil
}

func (w *world) temporalAddress() string {
	if w.devserv != nil {
		return w.devserv.Address
	}
	return w.o.Temporal
}

// start prepares the store, opens the doors, starts the worker and lets the day begin.
func (w *world) start(ctx context.Context) error {
	environment := w.environment()
	c, err := config.FromMap(environment, config.Database, config.Systems)
	if err != nil {
		return err
	}
	if err := w.saveEnvironment(environment); err != nil {
		return err
	}
	logs, err := os.Create(w.dir + "/demo.log")
	if err != nil {
		return fmt.Errorf("make the demo's log: %w", err)
	}
	w.atClose(func() { _ = logs.Close() })
	w.log = telemetry.NewFileLogger(logs)
	if w.client, err = client.Dial(client.Options{HostPort: w.temporalAddress(), Logger: telemetry.TemporalLogger(w.log), ConnectionOptions: telemetry.Connection()}); err != nil {
		return fmt.Errorf("connect to Temporal at %s: %w", w.temporalAddress(), err)
	}
	w.atClose(w.client.Close)
	if w.parts, err = assembly.Open(ctx, c, w.log); err != nil {
		return err
	}
	w.atClose(w.parts.Close)
	if err := w.prepare(ctx); err != nil {
		return err
	}
	doors := intake.NewServer(w.parts.Intake(w.client), w.parts.ReadHints)
	pages, err := w.parts.Console(w.client)
	if err != nil {
		return err
	}
	if err := w.login(ctx); err != nil {
		return err
	}
	w.server.serve(assembly.Doors(doors, pages))
	hints, stop := context.WithCancel(ctx)
	w.atClose(stop)
	go doors.Run(hints)
	if w.worker, err = startWorker(ctx, environment, w.dir, w.o.Out); err != nil {
		return err
	}
	w.atClose(w.worker.stop)
	if _, err := w.parts.ApplySchedules(ctx, w.client); err != nil {
		return err
	}
	w.welcome()
	w.began = time.Now()
	if err := w.sims.begin(ctx, w.day, w.server.address); err != nil {
		return err
	}
	go w.sims.play(hints, w.day.Script, w.began)
	return nil
}

// prepare makes schema, search attributes, rules and item attributes stand.
func (w *world) prepare(ctx context.Context) error {
	if err := w.parts.Store.Migrate(ctx); err != nil {
		return err
	}
	if _, err := assembly.RegisterSearchAttributes(ctx, w.client); err != nil {
		return err
	}
	if _, err := w.parts.Store.SaveRules(ctx, w.day.Rules, "demo", "rules of the sample day", time.Now()); err != nil {
		return err
	}
	if len(w.day.ItemAttributes) == 0 {
		return nil
	}
	return w.parts.Store.SaveItemAttributes(ctx, w.day.ItemAttributes, "demo", time.Now())
}

func (w *world) welcome() {
	fmt.Fprintf(w.o.Out, "Console    %s (log in as %s with %s)\n", w.doorsAddress(), demoUser, w.password)
	fmt.Fprintf(w.o.Out, "Web UI     %s\nShop       %s (simulated Centra)\nWarehouses %s (simulated ACS)\nLogs       %s\n",
		w.webUI(), w.sims.centraURL, w.sims.acsURL, w.dir)
	fmt.Fprintln(w.o.Out, "Note: the shop's quotas are raised: a day in seconds would spend an hour's quota at once.")
	for _, note := range w.day.Notes {
		fmt.Fprintln(w.o.Out, "Note: "+note)
	}
}

func (w *world) webUI() string {
	if w.devserv != nil {
		return w.devserv.WebUI
	}
	return "(of the server at " + w.o.Temporal + ")"
}
