package telemetry

import (
	"context"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"
	"google.golang.org/protobuf/types/known/emptypb"
)

// heard notes how requests were compressed.
type heard struct {
	stats.Handler
	mu           sync.Mutex
	compressions []string
}

func (h *heard) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (h *heard) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (h *heard) HandleConn(context.Context, stats.ConnStats)                       {}

func (h *heard) HandleRPC(_ context.Context, s stats.RPCStats) {
	if in, ok := s.(*stats.InHeader); ok {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.compressions = append(h.compressions, in.Compression)
	}
}

func TestRequestsToTemporalAreNotCompressed(t *testing.T) {
	requests := &heard{}
	server := grpc.NewServer(grpc.StatsHandler(requests), grpc.UnknownServiceHandler(func(_ any, call grpc.ServerStream) error {
		if err := call.RecvMsg(&emptypb.Empty{}); err != nil {
			return err
		}
		return call.SendMsg(&emptypb.Empty{}) // a server that has nothing to tell of itself
	}))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(server.Stop)
	t.Setenv("TEMPORAL_ADDRESS", l.Addr().String())
	c, err := Dial(zap.NewNop(), nil)
	require.NoError(t, err)
	c.Close()
	requests.mu.Lock()
	defer requests.mu.Unlock()
	require.NotEmpty(t, requests.compressions)
	for _, compression := range requests.compressions {
		require.Empty(t, compression)
	}
}
