package mapping_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/mapping"
)

func TestCutoff(t *testing.T) {
	t.Parallel()
	rules := mapping.New([]domain.Rule{
		{Version: 1, Table: domain.RuleCutoff, Warehouse: north, From: "RM24", To: "16:30", Extra: map[string]string{"timezone": "Europe/London"}},
		{Version: 2, Table: domain.RuleCutoff, Warehouse: north, From: "DPD", To: "12:00", Extra: map[string]string{"timezone": "Europe/London", "days": "Mon-Fri"}},
		{Version: 3, Table: domain.RuleCutoff, Warehouse: north, From: "SUN", To: "12:00", Extra: map[string]string{"timezone": "UTC", "days": "sat-sun, wednesday"}},
	})
	for name, tt := range map[string]struct{ service, now, want string }{
		"before it: today":                       {service: "RM24", now: "2026-07-01T15:29:00Z", want: "2026-07-01T15:30:00Z"},
		"at it: tomorrow":                        {service: "RM24", now: "2026-07-01T15:30:00Z", want: "2026-07-02T15:30:00Z"},
		"tomorrow, with winter's hour":           {service: "rm24", now: "2026-10-24T20:00:00Z", want: "2026-10-25T16:30:00Z"},
		"on Friday after it: Monday":             {service: "DPD", now: "2026-07-03T11:00:00Z", want: "2026-07-06T11:00:00Z"},
		"on Friday before it: today":             {service: "DPD", now: "2026-07-03T10:59:59Z", want: "2026-07-03T11:00:00Z"},
		"on Saturday: Monday":                    {service: "DPD", now: "2026-07-04T05:00:00Z", want: "2026-07-06T11:00:00Z"},
		"a range may run over Saturday":          {service: "SUN", now: "2026-07-05T11:00:00Z", want: "2026-07-05T12:00:00Z"},
		"and a single day stand beside it":       {service: "SUN", now: "2026-07-05T13:00:00Z", want: "2026-07-08T12:00:00Z"},
		"the day is the zone's, not Greenwich's": {service: "DPD", now: "2026-07-05T23:30:00Z", want: "2026-07-06T11:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now, err := time.Parse(time.RFC3339, tt.now)
			require.NoError(t, err)
			at, miss := rules.Cutoff(north, tt.service, now)
			require.Nil(t, miss)
			require.Equal(t, tt.want, at.UTC().Format(time.RFC3339))
		})
	}
	_, miss := rules.Cutoff(north, "RM48", time.Time{})
	require.Equal(t, mapping.KindService, miss.Kind)
	require.Equal(t, []string{"RM24"}, miss.Candidates)
	require.Equal(t, "unmapped:service:acs-north:RM48", miss.Question().Cause)
	_, miss = mapping.New([]domain.Rule{{Version: 1, Table: domain.RuleCutoff, From: "RM24", To: "noon", Extra: map[string]string{"timezone": "UTC"}}}).Cutoff(north, "RM24", time.Time{})
	require.ErrorContains(t, miss, `its rule says "noon"`)
}

func TestStockStatus(t *testing.T) {
	t.Parallel()
	rules := mapping.New([]domain.Rule{
		{Version: 1, Table: domain.RuleStockStatus, From: "available", To: "sellable"},
		{Version: 2, Table: domain.RuleStockStatus, From: "quarantine", To: "withheld"},
		{Version: 3, Table: domain.RuleStockStatus, Warehouse: north, From: "Ex hire", To: "sellable"},
		{Version: 4, Table: domain.RuleStockStatus, From: "ex hire", To: "withheld"},
	})
	for name, tt := range map[string]struct {
		warehouse, status string
		sellable          bool
		cause             string
	}{
		"a sellable status":                           {warehouse: north, status: "AVAILABLE", sellable: true},
		"a withheld status":                           {warehouse: north, status: "quarantine"},
		"the warehouse's own rule beats the general":  {warehouse: north, status: "ex  hire", sellable: true},
		"which holds elsewhere":                       {warehouse: "south", status: "ex hire"},
		"an unknown status is withheld and asked for": {warehouse: north, status: "quarantined", cause: "unmapped:stock-status:acs-north:quarantined"},
		"and so is one without a name":                {warehouse: north, status: "", cause: "unmapped:stock-status:acs-north:none"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sellable, version, miss := rules.StockStatus(tt.warehouse, tt.status)
			require.Equal(t, tt.sellable, sellable)
			require.Equal(t, tt.cause == "", miss == nil)
			require.Equal(t, tt.cause == "", version != 0)
			if miss != nil {
				require.Equal(t, tt.cause, miss.Question().Cause)
			}
		})
	}
	_, _, miss := rules.StockStatus(north, "quarantined")
	require.Equal(t, []string{"quarantine"}, miss.Candidates, "near, and never taken for it")
}

func TestDisposition(t *testing.T) {
	t.Parallel()
	rules := mapping.New([]domain.Rule{
		{Version: 1, Table: domain.RuleDisposition, From: "restock", To: "restock"},
		{Version: 2, Table: domain.RuleDisposition, From: "restock/C", To: "regrade", Extra: map[string]string{"refund": "release"}},
		{Version: 3, Table: domain.RuleDisposition, From: "BER", To: "write-off"},
		{Version: 4, Table: domain.RuleDisposition, From: "ber", To: "ask"},
	})
	for name, tt := range map[string]struct {
		disposition, grade string
		action             mapping.DispositionAction
		cause              string
	}{
		"a disposition alone":                     {disposition: "restock", action: mapping.DispositionRestock},
		"another grade follows the general rule":  {disposition: "restock", grade: "A", action: mapping.DispositionRestock},
		"a rule for the grade beats it":           {disposition: "Restock", grade: "c", action: mapping.DispositionRegrade},
		"an unknown one asks a person":            {disposition: "recycle", grade: "B", cause: "unmapped:disposition:acs-north:recycle"},
		"no disposition at all asks a person":     {grade: "B", cause: "unmapped:disposition:acs-north:none"},
		"two answers are never chosen between":    {disposition: "Ber", cause: "unmapped:disposition:acs-north:Ber"},
		"but the exact spelling has one":          {disposition: "BER", action: mapping.DispositionWriteOff},
		"a near one is not taken for the unknown": {disposition: "restocked", cause: "unmapped:disposition:acs-north:restocked"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, miss := rules.Disposition(north, tt.disposition, tt.grade)
			require.Equal(t, tt.action, found.Action)
			if tt.cause == "" {
				require.Nil(t, miss)
				require.NotZero(t, found.Version)
				return
			}
			require.Equal(t, tt.cause, miss.Question().Cause)
		})
	}
}

func TestWhatADispositionsRuleSaysBesides(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		extra  map[string]string
		refund mapping.HoldOrRelease
		remind int
		wrong  []string // fields that are refused when it is saved
	}{
		"nothing":                       {},
		"the money goes":                {extra: map[string]string{"refund": "release"}, refund: mapping.ReleaseRefund},
		"the money waits":               {extra: map[string]string{"refund": "hold", "remindAfterDays": "30"}, refund: mapping.HoldRefund, remind: 30},
		"an unknown word keeps it back": {extra: map[string]string{"refund": "hodl"}, refund: mapping.HoldRefund, wrong: []string{"refund"}},
		"days that are none":            {extra: map[string]string{"remindAfterDays": "soon"}, wrong: []string{"remindAfterDays"}},
		"more days than a year has":     {extra: map[string]string{"remindAfterDays": "9000"}, wrong: []string{"remindAfterDays"}},
		"a key that nobody reads":       {extra: map[string]string{"refnd": "hold"}, wrong: []string{"refnd"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rule := domain.Rule{Version: 1, Table: domain.RuleDisposition, From: "quarantine", To: "wait", Extra: tt.extra}
			found, miss := mapping.New([]domain.Rule{rule}).Disposition(north, "quarantine", "")
			require.Nil(t, miss)
			require.Equal(t, mapping.Disposition{Action: mapping.DispositionWait, Refund: tt.refund, Remind: tt.remind, Version: 1}, found)
			_, problems := mapping.CheckRule(rule)
			var fields []string
			for _, p := range problems {
				fields = append(fields, p.Field)
			}
			require.Equal(t, tt.wrong, fields)
		})
	}
}

func TestCutoffRulesAreChecked(t *testing.T) {
	t.Parallel()
	rule := func(to, zone, days string) domain.Rule {
		return domain.Rule{Table: domain.RuleCutoff, From: "RM24", To: to, Extra: map[string]string{"timezone": zone, "days": days}}
	}
	for name, tt := range map[string]struct {
		rule   domain.Rule
		fields []string
	}{
		"a whole one":                         {rule: rule("9:30", "Europe/London", "mon-fri")},
		"the machine's zone is none":          {rule: rule("09:30", "Local", ""), fields: []string{"timezone"}},
		"a zone that does not exist":          {rule: rule("09:30", "Europe/Glasgow", "mon"), fields: []string{"timezone"}},
		"days that are none":                  {rule: rule("09:30", "UTC", "weekdays"), fields: []string{"days"}},
		"a range to nowhere":                  {rule: rule("09:30", "UTC", "mon-"), fields: []string{"days"}},
		"an hour that no day has, and no day": {rule: rule("24:30", "UTC", ","), fields: []string{"to", "days"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checked, problems := mapping.CheckRule(tt.rule)
			var fields []string
			for _, p := range problems {
				fields = append(fields, p.Field)
			}
			require.Equal(t, tt.fields, fields)
			if len(problems) == 0 {
				require.Equal(t, "09:30", checked.To)
			}
		})
	}
}
