package main

import (
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// proxy stands between our processes and a server, so that connections can be cut
// without either side's consent: in the middle of a statement, before or after a commit.
type proxy struct {
	listener net.Listener
	target   string

	mu    sync.Mutex
	open  map[net.Conn]bool
	lost  way // what is swallowed at this moment
	ended bool
}

// way is a direction through a proxy; the zero value is none.
type way int

const (
	requests way = iota + 1 // towards the server
	answers                 // towards us
)

func newProxy(target string) (*proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open a port for the proxy of %s: %w", target, err)
	}
	p := &proxy{listener: l, target: target, open: map[net.Conn]bool{}}
	go p.accept()
	return p, nil
}

func (p *proxy) address() string { return p.listener.Addr().String() }

func (p *proxy) accept() {
	for {
		near, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		go p.join(near)
	}
}

// join copies both ways until either side ends. A server that does not listen ends it at once.
func (p *proxy) join(near net.Conn) {
	far, err := net.Dial("tcp", p.target)
	if err != nil {
		_ = near.Close()
		return
	}
	if !p.keep(near, far) {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { p.pass(far, near, requests); p.drop(near, far) })
	both.Go(func() { p.pass(near, far, answers); p.drop(near, far) })
	both.Wait()
}

// pass copies one way until it ends, without what is swallowed meanwhile: how it ends
// does not matter, that it ended does.
func (p *proxy) pass(to io.Writer, from io.Reader, w way) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 && !p.swallows(w) {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (p *proxy) swallows(w way) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lost == w
}

func (p *proxy) keep(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		if p.ended {
			_ = c.Close()
			continue
		}
		p.open[c] = true
	}
	return !p.ended
}

func (p *proxy) drop(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		_ = c.Close()
		delete(p.open, c)
	}
}

// cut ends every connection with a reset, as a failing network does, and returns how
// many there were. New ones are let through at once.
func (p *proxy) cut() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.open) / 2
	for c := range p.open {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = c.Close()
	}
	clear(p.open)
	return n
}

// blindFor is how long a connection swallows before it is cut: long enough that a
// statement or a call is under way on most of them.
const blindFor = 250 * time.Millisecond

// cutLosing swallows one way for a moment and then cuts every connection. Without
// requests nothing of that moment is committed; without answers everything is, and
// nobody hears of it.
func (p *proxy) cutLosing(w way) int {
	p.lose(w)
	time.Sleep(blindFor)
	n := p.cut()
	p.lose(0)
	return n
}

func (p *proxy) lose(w way) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lost = w
}

func (p *proxy) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	p.ended = true
	p.mu.Unlock()
	p.cut()
}
