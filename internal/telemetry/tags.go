package telemetry

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"go.temporal.io/sdk/client"
)

// tagged remembers the handler of each set of tags. The SDK asks for one with the same
// tags for each workflow that it keeps, and each call makes a set of its own. Its tags name
// types, queues and operations: there are a few dozen sets in a process.
type tagged struct {
	client.MetricsHandler
	mu   sync.Mutex
	made map[string]client.MetricsHandler
}

func remembered(h client.MetricsHandler) client.MetricsHandler {
	return &tagged{MetricsHandler: h, made: map[string]client.MetricsHandler{}}
}

// WithTags returns the same handler for the same tags.
func (t *tagged) WithTags(tags map[string]string) client.MetricsHandler {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		b.WriteString(name)
		b.WriteByte(0)
		b.WriteString(tags[name])
		b.WriteByte(0)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	h, ok := t.made[b.String()]
	if !ok {
		h = remembered(t.MetricsHandler.WithTags(tags))
		t.made[b.String()] = h
	}
	return h
}

// Unwrap gives the handler beneath, for opentelemetry.ExtractMetricsHandler.
func (t *tagged) Unwrap() client.MetricsHandler { return t.MetricsHandler }
