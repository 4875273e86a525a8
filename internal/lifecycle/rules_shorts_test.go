package lifecycle_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
)

func TestSubstitutesAndShortsThatTheShopKeeps(t *testing.T) {
	t.Parallel()
	substitute := func(s story, o *floorOrder, units int) {
		p := s.ship(o, map[string]int{"1": units})
		s.outbox = nil
		p.Lines[0].SKU, p.Lines[0].Substituted = "CAPE", true
		s.tellShipment(p)
		s.run()
	}
	for name, rule := range map[string]func(s story){
		"another item for the whole line is one question; skip settles the line": func(s story) {
			substitute(s, s.at(domain.WarehouseInProgress), 2)
			require.Equal(s, []string{"substituted-item"}, s.asks())
			require.Empty(s, s.due())
			s.resolve("skip")
			s.ended(domain.ReturnWindow)
			require.Zero(s, s.line("1").cancelled, "nothing is cancelled in the shop")
		},
		"a unit that is short beside a substituted one is asked and cancelled alone": func(s story) {
			o := s.at(domain.WarehouseInProgress)
			substitute(s, o, 1)
			s.resolve("skip")
			s.short(o, "1", 1)
			s.run()
			require.Equal(s, []string{"short-pick"}, s.asks())
			s.resolve("skip")
			require.Equal(s, 1, s.line("1").cancelled)
			s.ended(domain.ReturnWindow)
		},
		"short units that the shop will not cancel are settled by a second skip": func(s story) {
			o := s.at(domain.WarehouseInProgress)
			s.short(o, "1", 1)
			s.shipAll(o)
			s.run()
			cause := s.look().Questions[0].Cause
			s.answer(cause, "skip")
			require.Equal(s, []string{"cancel-short 1"}, s.due())
			s.refuse(domain.StepCancelShort, "1", "", "write-back-refused", "order_archived")
			require.Equal(s, []string{"write-back-refused"}, s.asks())
			require.False(s, s.look().Ended)
			s.resolve("skip")
			s.ended(domain.ReturnWindow)
		},
	} {
		t.Run(name, func(t *testing.T) { rule(tell(t)) })
	}
}
