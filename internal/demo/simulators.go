package demo

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"time"

	"selvedge/internal/sampleday"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
	"selvedge/internal/simulators/clock"
	"selvedge/internal/simulators/weather"
)

// simulators stand in for shop and warehouses, over real HTTP.
type simulators struct {
	day                     *sampleday.Day
	centra                  *centra.Simulator
	acs                     *acs.Simulator
	centraServer, acsServer *listener
	centraURL, acsURL       string
	shopSecret, masterKey   string
	warehouseSecret         string
	skipped                 []string // people's actions that the shop refused, told at the end
}

func startSimulators(o Options, day *sampleday.Day) (*simulators, error) {
	shopWeather, err := weather.New(o.Weather, o.Seed+1)
	if err != nil {
		return nil, err
	}
	warehouseWeather, err := weather.New(o.Weather, o.Seed+2)
	if err != nil {
		return nil, err
	}
	now := clock.New()
	s := &simulators{day: day, shopSecret: webhookSecret(), warehouseSecret: webhookSecret()}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails, see crypto/rand
	s.masterKey = base64.StdEncoding.EncodeToString(key)
	s.centra = centra.New(centra.Options{Clock: now, Weather: shopWeather})
	s.acs, err = acs.New(acs.Options{Seed: o.Seed, Clock: now, Weather: warehouseWeather, Pace: 0.0008, RetryPace: 0.02, RateLimit: 200, Burst: 400})
	if err != nil {
		return nil, err
	}
	if s.centraServer, err = listen(o.ListenShop); err != nil {
		return nil, err
	}
	if s.acsServer, err = listen(o.ListenWarehouses); err != nil {
		return nil, err
	}
	s.centraServer.serve(s.centra)
	s.acsServer.serve(s.acs)
	s.centraURL, s.acsURL = s.centraServer.address, s.acsServer.address+"/partner/v1"
	return s, nil
}

func (s *simulators) close() {
	s.centraServer.close()
	s.acsServer.close()
	s.centra.Close()
	s.acs.Close()
}

func (s *simulators) accounts() []string {
	var accounts []string
	for a := range s.day.Warehouses {
		accounts = append(accounts, a)
	}
	slices.Sort(accounts)
	return accounts
}

// begin seeds both simulators, with our doors as the targets of their webhooks.
func (s *simulators) begin(ctx context.Context, day *sampleday.Day, doors string) error {
	warehouses := day.ACS
	warehouses.Accounts = slices.Clone(warehouses.Accounts)
	for n, a := range warehouses.Accounts {
		if doors == "" {
			break
		}
		warehouses.Accounts[n].Webhook = &acs.WebhookTarget{URL: doors + "/webhooks/warehouse/" + day.Warehouses[a.Account], Secret: s.warehouseSecret}
	}
	if err := s.acs.Seed(warehouses); err != nil {
		return fmt.Errorf("seed the warehouses: %w", err)
	}
	if err := s.foreign(ctx, day.Foreign); err != nil {
		return err
	}
	shop := day.Centra
	// A day in seconds would spend an hour's quota in its first breath.
	shop.Quotas = &centra.Quotas{
		Requests10s: 5_000, RequestsHour: 1_000_000, Complexity10s: 50_000_000, ComplexityHour: 1_000_000_000,
		Mutations10s: 5_000, MutationsHour: 1_000_000,
	}
	if doors != "" {
		shop.Webhook = &centra.SeedWebhook{URL: doors + "/webhooks/shop", Secret: s.shopSecret}
	}
	if err := s.centra.Seed(shop); err != nil {
		return fmt.Errorf("seed the shop: %w", err)
	}
	return nil
}

// foreign puts somebody else's orders into the warehouses, past all weather.
func (s *simulators) foreign(ctx context.Context, orders []sampleday.ForeignOrder) error {
	for _, f := range orders {
		for try := 0; ; try++ {
			request, err := http.NewRequestWithContext(ctx, http.MethodPut, s.acsURL+"/orders/"+f.Number, bytes.NewReader(f.Body))
			if err != nil {
				return fmt.Errorf("place foreign order %s: %w", f.Number, err)
			}
			request.Header.Set("Content-Type", "application/json")
			request.Header.Set("If-None-Match", "*")
			request.Header.Set("Ocp-Apim-Subscription-Key", sampleday.Keys()[f.Account])
			answer, err := http.DefaultClient.Do(request)
			if err == nil {
				body, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<16))
				_ = answer.Body.Close()
				if answer.StatusCode == http.StatusCreated || answer.StatusCode == http.StatusOK {
					break
				}
				err = fmt.Errorf("answered %d: %s", answer.StatusCode, body)
			}
			if try == 20 || ctx.Err() != nil {
				return fmt.Errorf("place foreign order %s: %w", f.Number, err)
			}
		}
	}
	return nil
}

// play does what people do in the shop during the day, each at its time.
func (s *simulators) play(ctx context.Context, script []sampleday.Action, began time.Time) {
	for _, a := range script {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(began.Add(a.After))):
		}
		if err := s.centra.Admin(a.Body); err != nil {
			s.skipped = append(s.skipped, fmt.Sprintf("%s of order %d: %v", a.Body.Action, a.Body.Order, err))
		}
	}
}

// states returns what each simulator holds, for judges from outside.
func (s *simulators) states() map[string]any {
	return map[string]any{"centra": s.centra.State(), "acs": s.acs.State()}
}

// listener serves on an address, by default a free loopback port.
type listener struct {
	socket  net.Listener
	server  *http.Server
	address string
}

func listen(address string) (*listener, error) {
	if address == "" {
		address = "127.0.0.1:0"
	}
	socket, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w: name a free address", address, err)
	}
	return &listener{socket: socket, address: "http://" + socket.Addr().String()}, nil
}

func (l *listener) serve(h http.Handler) {
	l.server = &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = l.server.Serve(l.socket) }() // ends with ErrServerClosed
}

func (l *listener) close() {
	if l.server == nil {
		_ = l.socket.Close()
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := l.server.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
		_ = l.server.Close()
	}
}

func writeJSON(path string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return writeFile(path, append(data, '\n'))
}
