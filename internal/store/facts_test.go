package store_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/store/storetest"
)

func TestTheSameFactToldTwiceIsOneFact(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	id := takeIn(t, s, shopOrder("1001")).ID

	last, added, err := s.Append(ctx, id, []domain.Fact{noted("b"), noted("a"), noted("b")})
	require.NoError(t, err)
	require.EqualValues(t, 3, last)
	require.Equal(t, 2, added)
	last, added, err = s.Append(ctx, id, []domain.Fact{noted("a"), noted("c")})
	require.NoError(t, err)
	require.EqualValues(t, 4, last)
	require.Equal(t, 1, added)
	last, added, err = s.Append(ctx, id, []domain.Fact{noted("c")})
	require.NoError(t, err)
	require.EqualValues(t, 4, last)
	require.Zero(t, added)
	last, _, err = s.Append(ctx, id, nil)
	require.NoError(t, err)
	require.EqualValues(t, 4, last)

	all, err := s.Facts(ctx, id, 0)
	require.NoError(t, err)
	require.Equal(t, []string{"b", "a", "c"}, keysOf(t, all)[1:], "numbered in the order given")
	require.JSONEq(t, `{"subject": "b"}`, string(all[1].Data))
	some, err := s.Facts(ctx, id, 3)
	require.NoError(t, err)
	require.Equal(t, all[3:], some)
	loaded, err := s.Load(ctx, id)
	require.NoError(t, err)
	require.Len(t, loaded.Facts, 4)
	require.Equal(t, noted("c").At, loaded.Facts[3].At)
	require.Equal(t, noted("c").Kind, loaded.Facts[3].Kind)
}

func TestAFactWithoutDataHasNone(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	id := takeIn(t, s, shopOrder("1001")).ID
	_, _, err := s.Append(ctx, id, []domain.Fact{{Kind: domain.FactReleased, Key: "released", At: noon, Actor: "selvedge"}})
	require.NoError(t, err)
	facts, err := s.Facts(ctx, id, 1)
	require.NoError(t, err)
	require.Empty(t, facts[0].Data)
	loaded, err := s.Load(ctx, id)
	require.NoError(t, err)
	require.Empty(t, loaded.Facts[1].Data)
}

func TestAppendingToWhatIsNotThere(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	id := domain.OrderID{Store: "atelier", Number: "404"}
	_, _, err := s.Append(ctx, id, []domain.Fact{noted("a")})
	require.True(t, fault.Is(err, fault.NotFound), "%v", err)
	_, err = s.Facts(ctx, id, 0)
	require.True(t, fault.Is(err, fault.NotFound), "%v", err)
	_, err = s.Load(ctx, id)
	require.True(t, fault.Is(err, fault.NotFound), "%v", err)
	_, err = s.Personal(ctx, id)
	require.True(t, fault.Is(err, fault.NotFound), "%v", err)

	id = takeIn(t, s, shopOrder("1001")).ID
	_, _, err = s.Append(ctx, id, []domain.Fact{noted("a"), {Key: "without kind", At: noon}})
	require.True(t, fault.Is(err, fault.Invalid), "%v", err)
	facts, err := s.Facts(ctx, id, 0)
	require.NoError(t, err)
	require.Len(t, facts, 1, "all or none")
}

func TestConcurrentWritersLeaveNoGap(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	id := takeIn(t, s, shopOrder("1001")).ID
	const writers, each = 8, 50
	var wg sync.WaitGroup
	errs := make(chan error, writers*each)
	for w := range writers {
		wg.Go(func() {
			for n := range each {
				// Every second fact is told by a neighbour as well.
				facts := []domain.Fact{noted(fmt.Sprintf("%d/%d", w, n)), noted(fmt.Sprintf("%d/%d", (w+1)%writers, n))}
				if _, _, err := s.Append(ctx, id, facts); err != nil {
					errs <- err
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	facts, err := s.Facts(ctx, id, 0)
	require.NoError(t, err)
	require.Len(t, keysOf(t, facts), 1+writers*each)
}

func TestFactsOfAnUnknownConsignmentWaitForIt(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	id := takeIn(t, s, shopOrder("1001")).ID

	for i, wantAdded := range []int{2, 0} {
		recorded, err := s.AppendForConsignment(ctx, "leeds", "1001-A", "", []domain.Fact{noted("x"), noted("y")}, true)
		require.NoError(t, err)
		require.False(t, recorded.Known)
		require.Equal(t, wantAdded, recorded.Added, "telling %d", i+1)
	}
	n, err := s.CountUnclaimed(ctx)
	require.NoError(t, err)
	require.Equal(t, 2, n)

	_, err = s.SaveConsignment(ctx, consignment(id, "1001-A", "f1"))
	require.NoError(t, err)
	facts, err := s.Facts(ctx, id, 1)
	require.NoError(t, err)
	require.Len(t, facts, 2)
	require.Equal(t, []string{"x", "y"}, []string{facts[0].Key, facts[1].Key})
	n, err = s.CountUnclaimed(ctx)
	require.NoError(t, err)
	require.Zero(t, n)

	recorded, err := s.AppendForConsignment(ctx, "leeds", "1001-A", "", []domain.Fact{noted("y"), noted("z")}, true)
	require.NoError(t, err)
	require.Equal(t, ports.Recorded{ID: id, Sequence: 4, Added: 1, Known: true}, recorded, "what was adopted is known")
}

func TestFactsOfAnUnknownOrderWaitForIt(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	recorded, err := s.AppendForConsignment(ctx, "leeds", "odd", "atelier/1001", []domain.Fact{noted("x")}, true)
	require.NoError(t, err)
	require.False(t, recorded.Known)
	recorded, err = s.AppendForConsignment(ctx, "leeds", "odd", "no reference", []domain.Fact{noted("w")}, true)
	require.NoError(t, err)
	require.False(t, recorded.Known)

	taken := takeIn(t, s, shopOrder("1001"))
	require.EqualValues(t, 2, taken.Sequence, "the content and the fact that waited")
	facts, err := s.Facts(ctx, taken.ID, 1)
	require.NoError(t, err)
	require.Equal(t, "x", facts[0].Key)
	recorded, err = s.AppendForConsignment(ctx, "leeds", "odd", "atelier/1001", []domain.Fact{noted("y")}, true)
	require.NoError(t, err)
	require.Equal(t, ports.Recorded{ID: taken.ID, Sequence: 3, Added: 1, Known: true}, recorded)
}

// A fact that comes while its order becomes known must end up with it, whoever is first.
func TestNoFactIsLeftBehindWhenItsOrderBecomesKnownMeanwhile(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	for n := range 40 {
		o := shopOrder(fmt.Sprint(n))
		var wg sync.WaitGroup
		errs := make([]error, 3)
		number := fmt.Sprintf("%d-A", n)
		wg.Go(func() {
			_, errs[0] = s.AppendForConsignment(ctx, "leeds", number, "", []domain.Fact{noted("by number")}, true)
		})
		wg.Go(func() {
			_, errs[1] = s.AppendForConsignment(ctx, "lyon", "other", o.Order.ID.String(), []domain.Fact{noted("by reference")}, true)
		})
		wg.Go(func() {
			takeIn(t, s, o)
			_, errs[2] = s.SaveConsignment(ctx, consignment(o.Order.ID, number, "f"))
		})
		wg.Wait()
		for _, err := range errs {
			require.NoError(t, err)
		}
		facts, err := s.Facts(ctx, o.Order.ID, 0)
		require.NoError(t, err)
		require.ElementsMatch(t, []string{"by number", "by reference"}, keysOf(t, facts)[1:])
	}
	left, err := s.CountUnclaimed(ctx)
	require.NoError(t, err)
	require.Zero(t, left)
}
