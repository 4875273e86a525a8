package acs

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// control serves /_sim/. Errors are plain text that names what is wrong.
func (s *Simulator) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /_sim/seed", s.serveSeed)
	mux.Handle("/_sim/weather", s.weather)
	mux.HandleFunc("POST /_sim/advance", s.serveAdvance)
	mux.HandleFunc("POST /_sim/floor", s.serveFloor)
	mux.HandleFunc("GET /_sim/state", func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, s.State()) })
	return mux
}

func (s *Simulator) serveSeed(w http.ResponseWriter, r *http.Request) {
	var seed Seed
	if !readControl(w, r, "seed", &seed) {
		return
	}
	if err := s.Seed(seed); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if seed.Options != nil && seed.Options.Leak != nil {
		s.weather.SetLeak(*seed.Options.Leak)
	}
	answerJSON(w, map[string]int{"accounts": len(seed.Accounts), "plans": len(seed.Floor)})
}

// serveAdvance pushes the clock and returns when what is due by then has happened.
func (s *Simulator) serveAdvance(w http.ResponseWriter, r *http.Request) {
	answer := &catchUp{ResponseWriter: w, s: s}
	s.clock.ServeHTTP(answer, r)
}

// catchUp runs what is due before the clock's answer goes out.
type catchUp struct {
	http.ResponseWriter
	s    *Simulator
	done bool
}

func (c *catchUp) Write(b []byte) (int, error) {
	if !c.done {
		c.done = true
		c.s.CatchUp()
	}
	return c.ResponseWriter.Write(b)
}

// CatchUp runs at once everything that is due by the clock. Use it after an
// Advance of the shared clock to wait for the floor.
func (s *Simulator) CatchUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runDue()
}

func (s *Simulator) serveFloor(w http.ResponseWriter, r *http.Request) {
	var action Action
	if !readControl(w, r, "floor", &action) {
		return
	}
	result, err := s.Act(action)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answerJSON(w, result)
}

func readControl(w http.ResponseWriter, r *http.Request, name string, into any) bool {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<20))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		http.Error(w, fmt.Sprintf("acs: %s: the body cannot be read: %v", name, err), http.StatusBadRequest)
		return false
	}
	return true
}

func answerJSON(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	// The caller may be gone; there is nobody to tell.
	_ = json.NewEncoder(w).Encode(body)
}
