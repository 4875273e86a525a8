package telemetry

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
)

// sharer gives equal metadata of payloads one map. Each search attribute of a workflow
// comes with a map that says "json/plain" and "Keyword", and the SDK keeps them as long as it
// keeps the workflow: half a kilobyte each, five times an order. Nothing writes to the
// metadata of a payload that was received; whoever changes one makes a new payload.
type sharer struct {
	mu   sync.Mutex
	seen map[string]map[string][]byte
}

// sharedMost bounds what is remembered: encodings and types are few, unless a codec
// writes something of its own into each payload.
const sharedMost = 100

func newSharer() *sharer { return &sharer{seen: map[string]map[string][]byte{}} }

func (s *sharer) share(p *common.Payload) {
	if len(p.GetMetadata()) == 0 {
		return
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(p.Metadata)) {
		b.WriteString(name)
		b.WriteByte(0)
		b.Write(p.Metadata[name])
		b.WriteByte(0)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if same, ok := s.seen[b.String()]; ok {
		p.Metadata = same
	} else if len(s.seen) < sharedMost {
		s.seen[b.String()] = p.Metadata
	}
}

// events shares what a kept workflow keeps of its history: its input and search attributes.
func (s *sharer) events(h *history.History) {
	for _, e := range h.GetEvents() {
		started := e.GetWorkflowExecutionStartedEventAttributes()
		for _, p := range started.GetInput().GetPayloads() {
			s.share(p)
		}
		s.attributes(started.GetSearchAttributes())
		s.attributes(e.GetUpsertWorkflowSearchAttributesEventAttributes().GetSearchAttributes())
	}
}

func (s *sharer) attributes(a *common.SearchAttributes) {
	for _, p := range a.GetIndexedFields() {
		s.share(p)
	}
}

// shareMetadata lets histories share as they come in.
func shareMetadata(s *sharer) grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, in, out any, c *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
		err := invoke(ctx, method, in, out, c, options...)
		if err != nil {
			return err
		}
		switch answer := out.(type) {
		case *workflowservice.PollWorkflowTaskQueueResponse:
			s.events(answer.GetHistory())
		case *workflowservice.GetWorkflowExecutionHistoryResponse:
			s.events(answer.GetHistory())
		}
		return nil
	}
}
