package store_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/fault"
	"selvedge/internal/store/storetest"
)

func TestWhatIsDoneAloneIsReadAndWrittenByOneAtATime(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	var text atomic.Value // read and written as a whole, like a comment in the shop
	text.Store("")
	together(crowd, func(int) {
		require.NoError(t, s.Alone(ctx, "comment on atelier/1", func() error {
			before := text.Load().(string)
			for range 100 {
				runtime.Gosched()
			}
			_, err := s.Cursor(ctx, "feed/north") // the pool serves who holds a turn
			text.Store(before + "x")
			return err
		}))
	})
	require.Equal(t, strings.Repeat("x", crowd), text.Load())
	own := errors.New("the shop refuses")
	require.Same(t, own, s.Alone(ctx, "comment on atelier/1", func() error { return own }), "its own error comes back")
	over, stop := context.WithCancel(ctx)
	stop()
	err := s.Alone(over, "comment on atelier/1", func() error { return own })
	require.True(t, fault.Is(err, fault.Unavailable), "%v", err)
}
