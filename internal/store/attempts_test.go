package store_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/store"
	"selvedge/internal/store/storetest"
)

// crowd is how many go for one turn at once; the store has fewer connections, so that
// some queue for one, too.
const crowd = 32

// together runs the same thing many times at once, and waits.
func together(n int, run func(n int)) {
	var ready, all sync.WaitGroup
	ready.Add(n)
	for i := range n {
		all.Go(func() {
			ready.Done()
			ready.Wait()
			run(i)
		})
	}
	all.Wait()
}

func refundKey(n int) string { return fmt.Sprintf("atelier/1001/r%d/shop-return/1/refund", n) }

func TestOfManyRefundsOfAnOrderAtOnceExactlyOneBegins(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	id := takeIn(t, s, shopOrder("1001")).ID
	other := takeIn(t, s, shopOrder("1002")).ID
	const settle = time.Minute
	for round := range 10 {
		var begun, waiting, beside atomic.Int32
		var turn, holder atomic.Int64
		now := at(100 * round)
		together(crowd, func(n int) {
			if n%8 == 0 { // another order's refunds hinder nobody, and neither does another kind of write
				mine, _, err := s.BeginAlone(ctx, other, fmt.Sprintf("atelier/1002/r%d/refund", n), fmt.Sprintf("%d/refund", n), now, settle)
				if err == nil && mine > 0 {
					beside.Add(1)
				}
			}
			mine, wait, err := s.BeginAlone(ctx, id, refundKey(n), "/refund", now, settle)
			switch {
			case err != nil:
			case mine > 0 && wait == 0:
				begun.Add(1)
				turn.Store(int64(mine))
				holder.Store(int64(n))
			case mine == 0 && wait == settle:
				waiting.Add(1)
			}
		})
		require.EqualValues(t, 1, begun.Load(), "round %d", round)
		require.EqualValues(t, crowd-1, waiting.Load(), "the others are told for how long, round %d", round)
		require.EqualValues(t, crowd/8, beside.Load())
		require.NoError(t, s.EndAlone(ctx, id, refundKey(int(holder.Load())), int(turn.Load())))
	}
}

// Each of the crowd holds its turn in one go after another; no two ever do at once, and
// all of them come to it.
func TestRefundsOfAnOrderTakeTurnsUntilAllAreDone(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	id := takeIn(t, s, shopOrder("1001")).ID
	var inside, most, done atomic.Int32
	together(crowd, func(n int) {
		for ctx.Err() == nil {
			turn, wait, err := s.BeginAlone(ctx, id, refundKey(n), "/refund", time.Now(), time.Minute)
			if err != nil || wait > 0 {
				continue
			}
			now := inside.Add(1)
			for was := most.Load(); now > was && !most.CompareAndSwap(was, now); was = most.Load() {
			}
			mine, err := s.RenewAlone(ctx, id, refundKey(n), turn, time.Now())
			inside.Add(-1)
			if err != nil || !mine {
				return
			}
			if s.EndAlone(ctx, id, refundKey(n), turn) == nil {
				done.Add(1)
			}
			return
		}
	})
	require.EqualValues(t, 1, most.Load(), "no two hold the turn at once")
	require.EqualValues(t, crowd, done.Load(), "everybody comes to it")
}

func TestTheTurnOfADeadRefundIsTakenOverByExactlyOneOnceItsTimeIsUp(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	id := takeIn(t, s, shopOrder("1001")).ID
	const settle = 10 * time.Minute
	dead := refundKey(1)
	lost, wait, err := s.BeginAlone(ctx, id, dead, "/refund", at(0), settle)
	require.NoError(t, err)
	require.Zero(t, wait)

	race := func(minute int) (begun map[int]int) {
		var mu sync.Mutex
		begun = map[int]int{}
		together(crowd, func(n int) {
			turn, _, err := s.BeginAlone(ctx, id, refundKey(n), "/refund", at(minute), settle)
			if err == nil && turn > 0 {
				mu.Lock()
				defer mu.Unlock()
				begun[n] = turn
			}
		})
		return begun
	}
	require.Empty(t, race(9), "its request may still take effect")
	mine, err := s.RenewAlone(ctx, id, dead, lost, at(9))
	require.NoError(t, err)
	require.True(t, mine, "it was only slow: its time begins anew with the request")
	require.Empty(t, race(18))
	heirs := race(19)
	require.Len(t, heirs, 1, "one takes it over")

	// The dead one wakes: what it read does not hold any more, and it sends nothing.
	mine, err = s.RenewAlone(ctx, id, dead, lost, at(20))
	require.NoError(t, err)
	require.False(t, mine)
	require.NoError(t, s.EndAlone(ctx, id, dead, lost), "and it ends nobody else's turn")
	require.Empty(t, race(21))
	for n, turn := range heirs {
		mine, err := s.RenewAlone(ctx, id, refundKey(n), turn, at(21))
		require.NoError(t, err)
		require.True(t, mine, "the heir's turn is its own")
		for range 2 {
			require.NoError(t, s.EndAlone(ctx, id, refundKey(n), turn))
		}
	}
	require.Len(t, race(22), 1)
}

// A second run of the same refund, after a worker was killed, waits for the first like any other.
func TestARefundDoesNotOvertakeItsOwnFirstRun(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	id := takeIn(t, s, shopOrder("1001")).ID
	for round := range 10 {
		var begun atomic.Int32
		together(crowd, func(int) {
			if turn, _, err := s.BeginAlone(ctx, id, refundKey(1), "/refund", at(100*round), time.Hour); err == nil && turn > 0 {
				begun.Add(1)
			}
		})
		require.EqualValues(t, 1, begun.Load())
		first, wait, err := s.BeginAlone(ctx, id, refundKey(1), "/refund", at(100*round+60), time.Hour)
		require.NoError(t, err)
		require.Zero(t, wait)
		for stale := range first { // turns of runs that are over
			require.NoError(t, s.EndAlone(ctx, id, refundKey(1), stale))
		}
		_, wait, err = s.BeginAlone(ctx, id, refundKey(1), "/refund", at(100*round+61), time.Hour)
		require.NoError(t, err)
		require.Equal(t, 59*time.Minute, wait)
		require.NoError(t, s.EndAlone(ctx, id, refundKey(1), first))
	}
}

// Turns are given under the order's row lock, beside everything else that wants it.
func TestTurnsAndFactsOfAnOrderDoNotLockEachOtherUp(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	id := takeIn(t, s, shopOrder("1001")).ID
	var failed, begun atomic.Int32
	note := func(err error) {
		if err != nil {
			failed.Add(1)
		}
	}
	together(crowd, func(n int) {
		random := rand.New(rand.NewPCG(1, uint64(n)))
		for k := range 8 {
			switch random.IntN(4) {
			case 0:
				_, _, err := s.Append(ctx, id, []domain.Fact{noted(fmt.Sprintf("%d/%d", n, k))})
				note(err)
			case 1:
				_, _, err := s.CloseOrder(ctx, id, 1, domain.Closed, "", noon)
				note(err)
			case 2:
				_, err := s.Load(ctx, id)
				note(err)
			default:
				turn, _, err := s.BeginAlone(ctx, id, refundKey(n), "/refund", noon, time.Hour)
				note(err)
				if turn > 0 {
					begun.Add(1)
					note(s.EndAlone(ctx, id, refundKey(n), turn))
				}
			}
		}
	})
	require.Zero(t, failed.Load())
	require.Positive(t, begun.Load())
	_, _, err := s.BeginAlone(ctx, domain.OrderID{Store: "atelier", Number: "404"}, "x/refund", "/refund", noon, time.Hour)
	require.True(t, fault.Is(err, fault.NotFound), "%v", err)
	requireNumbered(t, s, id)
}

// requireNumbered demands that the order's facts are numbered without a gap.
func requireNumbered(t *testing.T, s *store.Store, id domain.OrderID) {
	t.Helper()
	record, err := s.Load(within(t), id)
	require.NoError(t, err)
	keysOf(t, record.Facts)
}
