package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/ports"
)

func TestStatementsAreSaidInPlainWords(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	statement := ports.Certificate{
		Store: "atelier", From: now.Add(-7 * time.Minute), To: now.Add(-2 * time.Minute), CountedAt: now.Add(-time.Minute),
		Ready: 5, InWarehouse: 1, Waiting: 1, Refused: 1, Ended: 1, Gaps: []ports.Counted{{Number: "5", Standing: ports.StandGap}},
		Orders: []ports.Counted{
			{Number: "1", Standing: ports.StandInWarehouse},
			{Number: "2", Standing: ports.StandWaiting, Reason: "unmapped:shipping-method:centra:Express Saver"},
			{Number: "3", Standing: ports.StandRefused, Reason: "currency ZZZ"},
			{Number: "4", Standing: ports.StandEnded, Reason: "closed"},
			{Number: "5", Standing: ports.StandGap, Reason: "2 units never taken in"},
		},
	}
	gaps := []shownGap{{Order: "atelier/5", Why: "2 units never taken in", OpenedAt: now.Add(-time.Minute)}}
	for name, tt := range map[string]struct {
		shown shownCompleteness
		of    string
		want  []string
		not   []string
	}{
		"the sum, and each order that somebody may ask about": {
			shown: shownCompleteness{Statements: []ports.Certificate{statement}, OpenGaps: gaps},
			want: []string{
				"atelier, ", "counted 1 min ago", "5 ready = 1 in the warehouse + 1 waiting + 1 refused + 1 ended + 1 gap, started\n",
				"2 waiting: unmapped:shipping-method:centra:Express Saver\n", "3 refused: currency ZZZ\n", "5 gap: 2 units never taken in\n",
				"1 gap started and not yet seen to run", "atelier/5: 2 units never taken in (1 min)",
			},
			not: []string{"    1 ", "    4 "},
		},
		"nothing was ready": {
			shown: shownCompleteness{Statements: []ports.Certificate{{Store: "atelier", CountedAt: now}}}, want: []string{"nothing was ready"}, not: []string{"0 ready", "gap"},
		},
		"no count yet": {of: "atelier", want: []string{"No count has run yet for store atelier", "schedules list"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			printCompleteness(&out, tt.shown, tt.of, now)
			for _, want := range tt.want {
				require.Contains(t, out.String(), want)
			}
			for _, not := range tt.not {
				require.NotContains(t, out.String(), not)
			}
		})
	}
}
