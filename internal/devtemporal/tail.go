package devtemporal

import (
	"io"
	"strings"
	"sync"
)

// tailLimit is how many bytes of complaints an error message quotes.
const tailLimit = 2000

// tail passes on what is written to it and remembers the end, so that an error
// can say what the server last complained about.
type tail struct {
	next io.Writer // may be nil

	mu   sync.Mutex
	kept []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - tailLimit; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	if t.next != nil {
		_, _ = t.next.Write(p) // a full disk under the log must not stop the server
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.kept) == 0 {
		return "it wrote no complaint"
	}
	return strings.TrimSpace(string(t.kept))
}
