package endtoend_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/simulators/acs"
)

// TestReturnsAsAWarehouseMightTellThemOtherwise delivers what the warehouse tells by
// hand: late, repeated, overtaken, spelt in another way, contradicting itself.
func TestReturnsAsAWarehouseMightTellThemOtherwise(t *testing.T) {
	t.Parallel()
	w := openBooked(t, options{noFloor: true})
	const first, last = 4201, 4209
	for number := first; number <= last; number++ {
		w.sell(t, sale(number), nil)
	}
	for number := first; number <= last; number++ {
		eventually(t, "the order closes", func() bool {
			_, err := w.intake.ReadFeed(t.Context(), north) // nothing is delivered
			require.NoError(t, err)
			s, err := w.look(t.Context(), number)
			return err == nil && s.state == domain.Closed
		})
	}
	back := func(t *testing.T, number int, words ...string) []told {
		t.Helper()
		r := w.comesBack(t, number, acs.ReturnAction{Units: []acs.ReturnUnit{unit(number, 1, shirt, words[0])}})
		for _, word := range words[1:] {
			u := unit(number, 1, shirt, word)
			u.UnitRef = r.Units[0].UnitRef
			w.comesBack(t, number, acs.ReturnAction{ReturnID: r.ReturnID, Units: []acs.ReturnUnit{u}})
		}
		return w.eventsOf(t, r.ReturnID)
	}
	taken := func(t *testing.T, e told, body []byte) {
		t.Helper()
		require.Equal(t, http.StatusNoContent, w.delivers(t, e.ID, body))
	}
	once := func(t *testing.T, number, losses int) {
		t.Helper()
		w.returnCloses(t, returnID(number, 1))
		w.closes(t, number)
		w.requireReturned(t, number, 3990, map[string]int{lineID(number, 1): 1})
		w.requireCredited(t, number, 1, 3990, losses, 0)
	}

	t.Run("by hand", func(t *testing.T) {
		t.Run("revisions that overtake each other come to the last", func(t *testing.T) {
			t.Parallel()
			events := back(t, 4201, "refurbish", "quarantine", "ber")
			for _, e := range slices.Backward(events) {
				taken(t, e, e.raw)
			}
			once(t, 4201, 1)
		})
		t.Run("five deliveries of each word are one", func(t *testing.T) {
			t.Parallel()
			for _, e := range back(t, 4202, "refurbish", "ber") {
				for range 5 {
					taken(t, e, e.raw)
				}
			}
			once(t, 4202, 1)
			for _, e := range w.eventsOf(t, w.returnOf(t, 4202)) {
				taken(t, e, e.raw)
			}
			once(t, 4202, 1)
			_, err := w.returnShown(t.Context(), returnID(4202, 2))
			require.Error(t, err, "there is no second return")
		})
		t.Run("another spelling is the same", func(t *testing.T) {
			t.Parallel()
			for _, e := range back(t, 4203, "ber") {
				taken(t, e, e.retold(t, func(event, data, unit map[string]any) {
					event["trace"], data["station"], unit["quantity"], unit["colour"] = "x", map[string]any{"id": 7}, -1, nil
					for _, gone := range []string{"grade", "lineId", "serial"} {
						delete(unit, gone)
					}
					delete(data, "rmaNumber")
					delete(data, "trackingNumber")
					unit["sku"], unit["disposition"] = "shirt-m", "BER"
					for _, in := range []struct {
						of   map[string]any
						name string
					}{{data, "receivedAt"}, {unit, "decidedAt"}} {
						at, err := time.Parse(time.RFC3339Nano, in.of[in.name].(string))
						require.NoError(t, err)
						in.of[in.name] = at.In(time.FixedZone("", 13*3600)).Format(time.RFC3339)
					}
				}))
			}
			once(t, 4203, 1)
			for _, d := range w.documents(t, 4203) {
				require.WithinDuration(t, time.Now(), d.Document.OccurredAt, 10*time.Minute, "%s", d.Document.Key)
			}
		})
		t.Run("a garment without a time is of the time at which it was told", func(t *testing.T) {
			t.Parallel()
			for _, e := range back(t, 4204, "ber") {
				taken(t, e, e.retold(t, func(_, data, unit map[string]any) {
					delete(data, "receivedAt")
					delete(unit, "decidedAt")
				}))
			}
			once(t, 4204, 1)
			for _, d := range w.documents(t, 4204) {
				require.WithinDuration(t, time.Now(), d.Document.OccurredAt, 10*time.Minute, "%s", d.Document.Key)
			}
		})
		t.Run("two words under one revision are a person's", func(t *testing.T) {
			t.Parallel()
			e := back(t, 4205, "restock")[0]
			taken(t, e, e.retold(t, func(_, _, unit map[string]any) { unit["disposition"] = "ber" }))
			taken(t, e, e.raw)
			cause := w.returnAsks(t, returnID(4205, 1), "return-decision")
			w.returnResolve(t, returnID(4205, 1), contract.Resolution{Exception: cause, Action: contract.ActionOverride, Override: map[string]string{"disposition": "ber"}, By: "ops", Reason: "asked the warehouse"})
			once(t, 4205, 1)
		})
		t.Run("a newer return that forgets to raise the garment's revision holds", func(t *testing.T) {
			t.Parallel()
			for _, e := range back(t, 4206, "quarantine", "restock") {
				taken(t, e, e.retold(t, func(_, _, unit map[string]any) { unit["revision"] = 1 }))
			}
			once(t, 4206, 0)
		})
		t.Run("a parcel whose order is found out later is that order's, and nobody is asked any more", func(t *testing.T) {
			t.Parallel()
			events := back(t, 4207, "quarantine", "ber")
			lost := func(event, data, _ map[string]any) { event["orderNumber"], data["orderNumber"] = nil, nil }
			taken(t, events[0], events[0].retold(t, lost))
			orphan := contract.OrphanReturnWorkflowID(north, events[0].Subject.ID)
			w.returnAsks(t, orphan, "return-without-order")
			for _, e := range events[1:] {
				taken(t, e, e.raw)
			}
			once(t, 4207, 1)
			w.returnCloses(t, orphan)
		})
		t.Run("what cannot be read is refused for everybody to see, and taken once it can", func(t *testing.T) {
			t.Parallel()
			events := back(t, 4208, "ber")
			before, err := w.parts.Store.CountRefused(t.Context())
			require.NoError(t, err)
			broken := map[string]func(_, data, unit map[string]any){
				"no unitRef":     func(_, _, unit map[string]any) { delete(unit, "unitRef") },
				"no disposition": func(_, _, unit map[string]any) { unit["disposition"] = "" },
				"revision 0":     func(_, _, unit map[string]any) { unit["revision"] = 0 },
				"revision -1":    func(_, data, _ map[string]any) { data["revision"] = -1 },
				"two of a name":  func(_, data, unit map[string]any) { data["units"] = []any{unit, unit} },
				"a time of day":  func(_, _, unit map[string]any) { unit["decidedAt"] = "yesterday" },
				"not even a SKU": func(_, _, unit map[string]any) { delete(unit, "sku") },
			}
			for name, change := range broken {
				require.Equal(t, http.StatusNoContent, w.delivers(t, "broken-"+name, events[0].retold(t, change)), name)
			}
			after, err := w.parts.Store.CountRefused(t.Context())
			require.NoError(t, err)
			require.Equal(t, len(broken), after-before)
			require.Empty(t, w.inShop(t, 4208).Returns)
			for _, e := range events {
				taken(t, e, e.raw)
			}
			once(t, 4208, 1)
		})
		t.Run("a word that is not final is waited for", func(t *testing.T) {
			t.Parallel()
			for i, e := range back(t, 4209, "ber", "ber") {
				if i == 0 {
					taken(t, e, e.retold(t, func(_, _, unit map[string]any) { unit["final"] = false }))
					w.returnUntil(t, returnID(4209, 1), "waiting", func(s shown) bool { return s.state == domain.ReturnWindow })
					require.Empty(t, w.inShop(t, 4209).Returns)
					continue
				}
				taken(t, e, e.raw)
			}
			once(t, 4209, 1)
		})
	})
	_, err := w.intake.ReadFeed(t.Context(), north) // which tells it all again, as the warehouse meant it
	require.NoError(t, err)
	for number, losses := range map[int]int{4201: 1, 4202: 1, 4203: 1, 4204: 1, 4205: 1, 4206: 0, 4207: 1, 4208: 1, 4209: 1} {
		once(t, number, losses)
	}
}

// returnOf is the warehouse's name of the order's return.
func (w *world) returnOf(t *testing.T, number int) string {
	t.Helper()
	for _, f := range w.facts(t, number, domain.FactReturnConfirmation) {
		c, err := domain.Decode[domain.ReturnConfirmation](f)
		require.NoError(t, err)
		return c.ID
	}
	require.FailNow(t, "nothing came back")
	return ""
}
