package intake

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"selvedge/internal/fault"
)

// maxBody bounds one delivery: the warehouse's own limit of one MiB.
const maxBody = 1 << 20

// hintDelay lets a burst of the shop's webhooks become one read.
const hintDelay = 200 * time.Millisecond

// ReadHints verifies a delivery of the shop's webhook and returns the numbers of the
// orders that it names.
type ReadHints func(header map[string][]string, body []byte, now time.Time) (orders []string, err error)

// Server accepts the webhooks of the shop and of the warehouses.
type Server struct {
	intake *Intake
	read   ReadHints
	mux    *http.ServeMux
	mu     sync.Mutex
	hinted []string
	hint   chan struct{}
}

// NewServer serves POST /webhooks/shop and POST /webhooks/warehouse/{warehouse}. Run
// has to be called for the shop's hints to have an effect.
func NewServer(i *Intake, read ReadHints) *Server {
	s := &Server{intake: i, read: read, mux: http.NewServeMux(), hint: make(chan struct{}, 1)}
	s.mux.HandleFunc("POST /webhooks/shop", s.shop)
	s.mux.HandleFunc("POST /webhooks/warehouse/{warehouse}", s.warehouse)
	s.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	return s
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// warehouse stores one event and answers only then: what is answered is not sent again.
func (s *Server) warehouse(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("warehouse")
	system, ok := s.intake.Warehouses[name]
	if !ok {
		http.Error(w, "no such warehouse; the address ends in the warehouse's name in the shop", http.StatusNotFound)
		return
	}
	body, ok := read(w, r)
	if !ok {
		return
	}
	event, err := system.ReadWebhook(r.Header, body, s.intake.Clock())
	if fault.Is(err, fault.Rejected, fault.Misconfigured) {
		s.intake.Log.Warn("a webhook was refused: bad signature or stale timestamp", zap.String("warehouse", name))
		http.Error(w, "signature or timestamp refused; check the secret and the sender's clock", http.StatusUnauthorized)
		return
	}
	if err == nil {
		if aboutStock(event) {
			s.intake.Stock.Moved(name)
		}
		err = s.intake.takeOrRefuse(r.Context(), "webhook", name, event)
	} else {
		// It cannot be read and will not become readable: kept, listed, and not sent again.
		err = s.intake.Store.SaveRefused(r.Context(), "webhook/"+name, r.Header.Get("webhook-id"), err.Error(), body, s.intake.Clock())
	}
	if err != nil {
		s.intake.Log.Error("a webhook could not be stored; the sender will send it again", zap.String("warehouse", name), zap.Error(err))
		http.Error(w, "not stored; send it again", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// shop takes a hint: the event queue and the poll are the truth, so a lost hint costs a minute.
func (s *Server) shop(w http.ResponseWriter, r *http.Request) {
	body, ok := read(w, r)
	if !ok {
		return
	}
	orders, err := s.read(r.Header, body, s.intake.Clock())
	if err != nil {
		s.intake.Log.Warn("a shop webhook was refused", zap.Error(err))
		status := http.StatusBadRequest
		if fault.Is(err, fault.Rejected, fault.Misconfigured) {
			status = http.StatusUnauthorized
		}
		http.Error(w, "signature, timestamp or body refused; check the secret and the sender's clock", status)
		return
	}
	s.mu.Lock()
	for _, o := range orders {
		if !slices.Contains(s.hinted, o) {
			s.hinted = append(s.hinted, o)
		}
	}
	s.mu.Unlock()
	select {
	case s.hint <- struct{}{}:
	default:
	}
	w.WriteHeader(http.StatusNoContent)
}

func read(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		http.Error(w, "body larger than 1 MiB", http.StatusRequestEntityTooLarge)
	case err != nil:
		http.Error(w, "body could not be read", http.StatusBadRequest)
	}
	return body, err == nil
}

// Run follows the hints of shop and warehouses until the context ends.
func (s *Server) Run(ctx context.Context) {
	go s.intake.Stock.Run(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.hint:
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(hintDelay):
		}
		s.mu.Lock()
		orders := s.hinted
		s.hinted = nil
		s.mu.Unlock()
		for _, store := range s.intake.Stores {
			if _, err := s.intake.TakeOrders(ctx, store, orders); err != nil && ctx.Err() == nil {
				s.intake.Log.Warn("a hint could not be followed; the event queue will bring the order", zap.Error(err))
			}
		}
	}
}
