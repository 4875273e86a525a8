package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"
)

// door takes the outside systems' webhooks and passes them on to serve, every tenth of
// them four times more: at once, and again when it is old news. What serve answers to
// the first that it answers at all is what the sender gets.
type door struct {
	target string
	server *http.Server
	url    string

	mu     sync.Mutex
	random *rand.Rand
	told   doorCount
	again  sync.WaitGroup
}

// doorCount is what became of webhooks, as the sender sees it.
type doorCount struct {
	taken    int // answered 2xx
	refused  int // answered 401: signature or timestamp
	failed   int // any other answer, or none
	repeated int // passed on five times
}

// stale is how much later the last copies come.
const stale = 4 * time.Second

func openDoor(target string, seed uint64) (*door, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open a door for webhooks: %w", err)
	}
	d := &door{target: target, url: "http://" + l.Addr().String(), random: rand.New(rand.NewPCG(seed, 0xd00f))}
	d.server = &http.Server{Handler: d, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = d.server.Serve(l) }() // ends with ErrServerClosed
	return d, nil
}

// ServeHTTP passes a webhook on.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, "the body could not be read", http.StatusBadRequest)
		return
	}
	d.mu.Lock()
	repeat := d.random.IntN(10) == 0
	if repeat {
		d.told.repeated++
	}
	d.mu.Unlock()
	if repeat {
		_, _ = d.pass(r, body) // the first of five: its answer is lost
		d.again.Go(func() {
			_, _ = d.pass(r, body)
			time.Sleep(stale)
			_, _ = d.pass(r, body)
			_, _ = d.pass(r, body)
		})
	}
	status, err := d.pass(r, body)
	d.count(status, err)
	if err != nil { // serve is being killed: the sender sees a broken connection, too
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(status)
}

func (d *door) pass(r *http.Request, body []byte) (int, error) {
	copied, err := http.NewRequest(r.Method, d.target+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	copied.Header = r.Header.Clone()
	client := http.Client{Timeout: 15 * time.Second}
	answer, err := client.Do(copied)
	if err != nil {
		return 0, err
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode, answer.Body.Close()
}

func (d *door) count(status int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case err != nil || status/100 != 2 && status != http.StatusUnauthorized:
		d.told.failed++
	case status == http.StatusUnauthorized:
		d.told.refused++
	default:
		d.told.taken++
	}
}

func (d *door) counts() doorCount {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.told
}

func (d *door) close() {
	_ = d.server.Close()
	d.again.Wait()
}
