package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	"selvedge/internal/assembly"
	"selvedge/internal/config"
	"selvedge/internal/contract"
	"selvedge/internal/devpg"
	"selvedge/internal/simulators/centra"
)

// Arguments by which this program is a process of its own: the product's passes, and
// the floor beside them.
const (
	stockProcess = "stock-pass"
	stockFloor   = "stock-floor"
)

// What is promised of a pass over a large inventory.
const (
	stockRatio     = 1.5 // of the floor's time
	stockMegabytes = 200
	stockDelta     = 2 * time.Second
	deltaChanges   = 1000
	changedOf      = 100 // one item in so many changes between two snapshots
	statusesEach   = 6
	feedPage       = 1000
)

// bigFeed is a warehouse of many items, made page by page so that it takes no memory.
// Round 0 is where it begins; each round changes one item in a hundred.
type bigFeed struct {
	items int
	round atomic.Int64
	delta atomic.Bool // only deltaChanges of them
}

func bigSKU(i int) string { return fmt.Sprintf("GARMENT-%07d", i) }

// version grows with the rounds in which the item changed.
func (f *bigFeed) version(i int) int64 {
	if i%changedOf != 7 {
		return 1
	}
	round := f.round.Load()
	if f.delta.Load() && !f.inDelta(i) {
		round-- // the last round passed it by
	}
	return 1 + round
}

func (f *bigFeed) inDelta(i int) bool { return i%changedOf == 7 && i/changedOf < deltaChanges }

func (f *bigFeed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if !strings.HasSuffix(r.URL.Path, "/inventory") {
		_, _ = w.Write([]byte(`{"data":[],"nextCursor":null}`))
		return
	}
	mode, from, to, step := "snapshot", 0, f.items, 1
	if r.URL.Query().Has("since") {
		mode, from, to, step = "delta", 7, min(f.items, deltaChanges*changedOf), changedOf
	}
	if c := r.URL.Query().Get("cursor"); c != "" {
		from, _ = strconv.Atoi(c) // our own
	}
	now := time.Now().UTC().Format(time.RFC3339Nano)
	b := make([]byte, 0, 256<<10)
	b = fmt.Appendf(b, `{"mode":%q,"snapshotId":"snap_%d","asOf":%q,"generatedAt":%q,"data":[`, mode, f.round.Load(), now, now)
	i := from
	for n := 0; i < to && n < feedPage; n++ {
		if n > 0 {
			b = append(b, ',')
		}
		b = f.record(b, i)
		i += step
	}
	b = append(b, `],"nextCursor":`...)
	if i < to {
		b = fmt.Appendf(b, `"%d","changesCursor":null}`, i)
	} else {
		b = fmt.Appendf(b, `null,"changesCursor":"chg_%d"}`, f.round.Load())
	}
	_, _ = w.Write(b) // the caller may be gone
}

func (f *bigFeed) record(b []byte, i int) []byte {
	version := f.version(i)
	free := 20 + i%50 + int(version-1)*(2*(i/changedOf%2)-1) // half of the changes raise, half lower
	b = append(b, `{"sku":"GARMENT-`...)
	digits := strconv.AppendInt(nil, int64(i+10_000_000), 10)
	b = append(b, digits[1:]...)
	b = append(b, `","version":`...)
	b = strconv.AppendInt(b, version, 10)
	b = append(b, `,"asOf":"2026-11-22T05:00:00Z","quantities":{"available":`...)
	b = strconv.AppendInt(b, int64(free), 10)
	b = append(b, `,"allocated":2,"on_hire":3,"post_rental_inspection":1,"in_refurbishment":5,"quarantine":1},"onHand":29,"total":32}`...)
	return b
}

// bigYard is the feed, a shop that sells what changes, and a PostgreSQL.
type bigYard struct {
	feed        *bigFeed
	shop        *centra.Simulator
	database    string
	environment map[string]string
	closers     []func()
}

func openBig(ctx context.Context, items int) (b *bigYard, err error) {
	b = &bigYard{feed: &bigFeed{items: items}}
	defer func() {
		if err != nil {
			b.close()
		}
	}()
	pg, err := devpg.Start(ctx, devpg.Options{Durable: true})
	if err != nil {
		return nil, err
	}
	b.closers = append(b.closers, func() { _ = pg.Stop(context.WithoutCancel(ctx)) })
	if err := pg.CreateDatabase(ctx, "selvedge", ""); err != nil {
		return nil, err
	}
	b.database = pg.URL("selvedge")
	b.shop = centra.New(centra.Options{})
	b.closers = append(b.closers, b.shop.Close)
	y := &yard{} // for its listeners
	b.closers = append(b.closers, y.close)
	shopURL, err := y.serve(b.shop)
	if err != nil {
		return nil, err
	}
	feedURL, err := y.serve(b.feed)
	if err != nil {
		return nil, err
	}
	seed := shopSeed("", unlimited())
	seed.Products = nil
	for i := 7; i < items; i += changedOf {
		size := centra.SeedSize{ID: i + 1, Name: "M", SKU: bigSKU(i), EAN: fmt.Sprintf("73%011d", i), Stock: map[string]int{warehouse: 20 + i%50}}
		seed.Products = append(seed.Products, centra.SeedProduct{ID: i + 1, Name: bigSKU(i), Number: bigSKU(i), Variants: []centra.SeedVariant{{Name: "Blue", Number: "B", Sizes: []centra.SeedSize{size}}}})
	}
	if err := b.shop.Seed(seed); err != nil {
		return nil, err
	}
	b.environment = map[string]string{
		"DATABASE_URL": b.database, "SELVEDGE_MASTER_KEYS": "bench:" + strings.Repeat("A", 43) + "=",
		"SELVEDGE_CENTRA_URL": shopURL, "SELVEDGE_CENTRA_TOKEN": shopToken, "SELVEDGE_CENTRA_STORES": "1=" + store, "SELVEDGE_CENTRA_QUOTA_REFRESH": "1s",
		"SELVEDGE_ACS_0_BASE_URL": feedURL, "SELVEDGE_ACS_0_ACCOUNT": account, "SELVEDGE_ACS_0_WAREHOUSE": warehouse, "SELVEDGE_ACS_0_SUBSCRIPTION_KEY": "key",
		"SELVEDGE_ACS_0_REQUESTS_PER_SECOND": "100000", "SELVEDGE_ACS_0_BURST": "100000", "SELVEDGE_LOG_LEVEL": "warn",
	}
	return b, nil
}

func (b *bigYard) close() {
	for i := len(b.closers) - 1; i >= 0; i-- {
		b.closers[i]()
	}
}

// passed is what a process says of a pass.
type passed struct {
	Seconds   float64 `json:"seconds"`
	Megabytes float64 `json:"megabytes"` // the most that the process ever took
	Changed   int64   `json:"changed"`
	Written   int64   `json:"written"`
	Mutations int64   `json:"mutations"`
}

// process runs this program as one of its parts.
func (b *bigYard) process(ctx context.Context, args ...string) (passed, error) {
	self, err := os.Executable()
	if err != nil {
		return passed{}, err
	}
	command := exec.CommandContext(ctx, self, args...)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "TZ"} {
		command.Env = append(command.Env, name+"="+os.Getenv(name))
	}
	for name, value := range b.environment {
		command.Env = append(command.Env, name+"="+value)
	}
	var errs bytes.Buffer
	command.Stderr = &errs
	out, err := command.Output()
	if err != nil {
		return passed{}, fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, errs.String())
	}
	var p passed
	return p, json.Unmarshal(out, &p)
}

// inventory measures a pass over a large inventory of which one item in a hundred has
// changed, beside the least that must be done: read and parse all pages, compare with
// PostgreSQL, write what changed. Then a pass over the changes alone.
func inventory(ctx context.Context, o options) ([]figure, error) {
	b, err := openBig(ctx, o.items)
	if err != nil {
		return nil, err
	}
	defer b.close()
	if _, err := b.process(ctx, stockProcess, "load"); err != nil { // everything is new, and the shop's sizes are learnt
		return nil, err
	}
	if _, err := b.process(ctx, stockFloor, "load"); err != nil {
		return nil, err
	}
	b.feed.round.Add(1)
	full, err := b.process(ctx, stockProcess, "full")
	if err != nil {
		return nil, err
	}
	bare, err := b.process(ctx, stockFloor, "full")
	if err != nil {
		return nil, err
	}
	b.feed.delta.Store(true)
	b.feed.round.Add(1)
	delta, err := b.process(ctx, stockProcess, "delta")
	if err != nil {
		return nil, err
	}
	if want := int64(b.feed.items / changedOf); full.Changed != want || full.Written != want || bare.Changed != want {
		return nil, fmt.Errorf("%d of %d changes were read, %d written, the floor saw %d", full.Changed, want, full.Written, bare.Changed)
	}
	fewest := (full.Written + 199) / 200
	what := fmt.Sprintf("full pass, %d items of %d statuses, %d changed", b.feed.items, statusesEach, full.Changed)
	return []figure{
		{
			what: what, measured: fmt.Sprintf("%.1f s (%.0f items/s)", full.Seconds, float64(b.feed.items)/full.Seconds),
			floor: fmt.Sprintf("%.1f s (%.0f items/s) read, parse, compare, write", bare.Seconds, float64(b.feed.items)/bare.Seconds), ratio: full.Seconds / bare.Seconds, goal: atMost(stockRatio),
		},
		promise("its memory, resident at most", full.Megabytes, stockMegabytes, "MB"),
		{what: "its mutations", measured: number(float64(full.Mutations)), floor: fmt.Sprintf("%d full batches", fewest), ratio: float64(full.Mutations) / float64(fewest), goal: atMost(1.01)},
		promise(fmt.Sprintf("pass over %d changes", delta.Changed), delta.Seconds*1000, float64(stockDelta.Milliseconds()), "ms"),
	}, nil
}

// runStockProcess makes one pass, as the activities of the worker do, and says what it took.
func runStockProcess(ctx context.Context, what string) error {
	c, err := config.FromMap(nil, config.Database, config.Systems)
	if err != nil {
		return err
	}
	parts, err := assembly.Open(ctx, c, zap.NewNop())
	if err != nil {
		return err
	}
	defer parts.Close()
	if what == "load" {
		if err := parts.Store.Migrate(ctx); err != nil {
			return err
		}
	}
	stock := parts.Activities(nil).Stock
	began := time.Now()
	read, err := stock.ReadInventory(ctx, contract.StockInput{Warehouse: warehouse, Trigger: contract.StockByMovement, Full: what != "delta"})
	if err != nil {
		return err
	}
	if what == "load" { // what the shop does not sell is no part of what is measured
		if err := execute(ctx, c.DatabaseURL, fmt.Sprintf(`UPDATE stock_levels SET due_at = NULL WHERE right(sku, 7)::integer %% %d <> 7`, changedOf), `VACUUM ANALYZE stock_levels`); err != nil {
			return err
		}
	}
	if read, err = stock.DrainWarehouseOrders(ctx, read); err != nil {
		return err
	}
	result, err := stock.PublishStock(ctx, read)
	if err != nil {
		return err
	}
	if result.Lost || result.Waiting > 0 {
		return fmt.Errorf("the pass did not come to its end: %+v", result)
	}
	return say(passed{Seconds: time.Since(began).Seconds(), Changed: read.Changed, Written: result.Lowered + result.Raised, Mutations: result.Mutations})
}

func execute(ctx context.Context, url string, statements ...string) error {
	conn, err := connectFloor(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func connectFloor(ctx context.Context, url string) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.RuntimeParams["search_path"] = "selvedge"
	return pgx.ConnectConfig(ctx, config)
}

// say prints what a process measured, with the most memory that it took.
func say(p passed) error {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return err
	}
	p.Megabytes = float64(usage.Maxrss) / 1024 // kilobytes on Linux
	return json.NewEncoder(os.Stdout).Encode(p)
}

// floorRecord is the least that has to be parsed of a record.
type floorRecord struct {
	SKU        string         `json:"sku"`
	Version    int64          `json:"version"`
	Quantities map[string]int `json:"quantities"`
}

// runStockFloor does the least, one thing after the other, without lease, history,
// terms or shop: read and parse each page, ask PostgreSQL for its items, write those
// that differ.
func runStockFloor(ctx context.Context, what string) error {
	url, database := os.Getenv("SELVEDGE_ACS_0_BASE_URL"), os.Getenv("DATABASE_URL")
	if what == "load" {
		err := execute(ctx, database, `CREATE TABLE floor_levels (sku text PRIMARY KEY, version bigint NOT NULL, quantities jsonb NOT NULL)`)
		if err != nil {
			return err
		}
	}
	conn, err := connectFloor(ctx, database)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	began, changed := time.Now(), int64(0)
	for cursor := ""; ; {
		var page struct {
			NextCursor string        `json:"nextCursor"`
			Data       []floorRecord `json:"data"`
		}
		if err := fetchPage(ctx, url+"/inventory?limit="+strconv.Itoa(feedPage)+cursor, &page); err != nil {
			return err
		}
		n, err := floorMerge(ctx, conn, page.Data)
		if err != nil {
			return err
		}
		changed += n
		if page.NextCursor == "" {
			break
		}
		cursor = "&cursor=" + page.NextCursor
	}
	if what == "load" {
		if _, err := conn.Exec(ctx, `VACUUM ANALYZE floor_levels`); err != nil {
			return err
		}
	}
	return say(passed{Seconds: time.Since(began).Seconds(), Changed: changed})
}

func fetchPage(ctx context.Context, url string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	return json.NewDecoder(answer.Body).Decode(into)
}

func floorMerge(ctx context.Context, conn *pgx.Conn, records []floorRecord) (int64, error) {
	skus := make([]string, len(records))
	for i, r := range records {
		skus[i] = r.SKU
	}
	rows, err := conn.Query(ctx, `SELECT sku, version FROM floor_levels WHERE sku = ANY ($1)`, skus)
	if err != nil {
		return 0, err
	}
	known := make(map[string]int64, len(records))
	var sku string
	var version int64
	if _, err := pgx.ForEachRow(rows, []any{&sku, &version}, func() error { known[sku] = version; return nil }); err != nil {
		return 0, err
	}
	var names, quantities []string
	var versions []int64
	for _, r := range records {
		if v, ok := known[r.SKU]; ok && v == r.Version {
			continue
		}
		text, err := json.Marshal(r.Quantities)
		if err != nil {
			return 0, err
		}
		names, versions, quantities = append(names, r.SKU), append(versions, r.Version), append(quantities, string(text))
	}
	if len(names) == 0 {
		return 0, nil
	}
	_, err = conn.Exec(ctx, `
		INSERT INTO floor_levels SELECT n.sku, n.version, n.quantities::jsonb FROM unnest($1::text[], $2::bigint[], $3::text[]) AS n (sku, version, quantities)
		ON CONFLICT (sku) DO UPDATE SET version = excluded.version, quantities = excluded.quantities`, names, versions, quantities)
	return int64(len(names)), err
}

// errUsage says that this program was called as a part that it has not.
var errUsage = errors.New("no such part")

// runPart is this program as a process of its own.
func runPart(ctx context.Context, name, what string) error {
	switch name {
	case stockProcess:
		return runStockProcess(ctx, what)
	case stockFloor:
		return runStockFloor(ctx, what)
	case parkedWorker:
		return runParkedWorker(what)
	}
	return errUsage
}
