package mapping

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a cut-off is the same instant on a machine without a zone database

	"selvedge/internal/domain"
)

// Answers of a stock-status rule.
const (
	Sellable = "sellable"
	Withheld = "withheld"
)

// StockStatus tells whether units in a warehouse's stock status can be sold. A
// status without a rule is a miss: its units are withheld, and somebody is asked once.
func (rs *Rules) StockStatus(warehouse, status string) (sellable bool, version int64, miss *Miss) {
	in := scope{warehouse: warehouse}
	found := rs.find(domain.RuleStockStatus, in, status)
	if len(found) == 1 && (found[0].To == Sellable || found[0].To == Withheld) {
		return found[0].To == Sellable, found[0].Version, nil
	}
	return false, 0, rs.missed(Miss{
		Kind: KindStockStatus, System: warehouse, Field: "stockStatus", Value: status, Code: "status_unknown",
		Detail: "its units are withheld until a rule says sellable or withheld",
	}, domain.RuleStockStatus, in, found)
}

// DispositionAction is what a returned unit's disposition means for stock and finance.
type DispositionAction string

// Actions of a disposition rule. None of them changes Centra's stock: while a feed
// publishes a warehouse, only the feed does.
const (
	DispositionRestock  DispositionAction = "restock"   // sellable again; the feed raises it
	DispositionWait     DispositionAction = "wait"      // no final decision yet: refurbishment, quarantine
	DispositionRegrade  DispositionAction = "regrade"   // becomes a unit of another SKU, at cost
	DispositionWriteOff DispositionAction = "write-off" // lost for good: a loss record
	DispositionTransfer DispositionAction = "transfer"  // leaves for somebody else: donated, back to the brand
	DispositionMissing  DispositionAction = "missing"   // announced and not there; a loss once the return window ends
	DispositionAsk      DispositionAction = "ask"       // a person decides each unit
)

func dispositionActions() []string {
	return []string{
		string(DispositionRestock), string(DispositionWait), string(DispositionRegrade), string(DispositionWriteOff),
		string(DispositionTransfer), string(DispositionMissing), string(DispositionAsk),
	}
}

// Disposition is what a rule says of a returned unit.
type Disposition struct {
	Action DispositionAction
	Refund HoldOrRelease // of the money while the garment has no final decision; empty = as usual for it
	// Remind is after how many days without a final decision somebody is asked; 0 = as usual for it.
	Remind  int
	Version int64
}

// HoldOrRelease says whether a garment's money waits for what becomes of it.
type HoldOrRelease string

const (
	HoldRefund    HoldOrRelease = "hold"
	ReleaseRefund HoldOrRelease = "release"
)

// mostRemind is longer than any garment should lie undecided; more is a slip of the finger.
const mostRemind = 365

// checkDisposition checks what a disposition's rule says besides its action: a word that
// nobody understands would send money back that was to wait.
func checkDisposition(r domain.Rule, complain func(field, value, message string)) {
	if v := r.Extra[extraRefund]; v != "" && v != string(HoldRefund) && v != string(ReleaseRefund) {
		complain(extraRefund, v, "means nothing; give hold (until there is a final decision) or release, or leave it out")
	}
	if v := r.Extra[extraRemind]; v != "" && remindOf(v) == 0 {
		complain(extraRemind, v, fmt.Sprintf("is no number of days; give 1 to %d, or leave it out", mostRemind))
	}
}

func remindOf(days string) int {
	n, err := strconv.Atoi(days)
	if err != nil || n < 1 || n > mostRemind {
		return 0
	}
	return n
}

// Disposition gives what a warehouse's disposition of a returned unit means. A rule
// for <disposition>/<grade> beats one for the disposition alone, within one scope.
func (rs *Rules) Disposition(warehouse, disposition, grade string) (Disposition, *Miss) {
	in := scope{warehouse: warehouse}
	graded := ""
	if strings.TrimSpace(grade) != "" && strings.TrimSpace(disposition) != "" {
		graded = disposition + "/" + grade
	}
	found := rs.find(domain.RuleDisposition, in, graded, disposition)
	if len(found) != 1 {
		m := Miss{Kind: KindDisposition, System: warehouse, Field: "disposition", Value: disposition, Code: "disposition_unknown"}
		if grade != "" {
			m.Detail = "wanted for grade " + grade
		}
		return Disposition{}, rs.missed(m, domain.RuleDisposition, in, found)
	}
	d := Disposition{Action: DispositionAction(found[0].To), Remind: remindOf(found[0].Extra[extraRemind]), Version: found[0].Version}
	switch v := HoldOrRelease(found[0].Extra[extraRefund]); v {
	case "", ReleaseRefund:
		d.Refund = v
	default: // what an old rule says otherwise was meant to keep something back
		d.Refund = HoldRefund
	}
	return d, nil
}

// clock is how a rule writes a time of day.
const clock = "15:04"

// Cutoff gives the first cut-off of a warehouse's service after now: the rule's time
// of day in the rule's time zone, on one of its working days. A service without a
// readable rule is a miss.
func (rs *Rules) Cutoff(warehouse, service string, now time.Time) (at time.Time, miss *Miss) {
	in := scope{warehouse: warehouse}
	found := rs.find(domain.RuleCutoff, in, service)
	m := Miss{
		Kind: KindService, System: warehouse, Field: "shippingService", Value: service, Code: "cutoff_unknown",
		Detail: "give its cut-off by a service-cutoff rule",
	}
	if len(found) != 1 {
		return time.Time{}, rs.missed(m, domain.RuleCutoff, in, found)
	}
	daily, err := time.Parse(clock, found[0].To)
	zone, known := zoneNamed(found[0].Extra[extraTimezone])
	days, readable := parseDays(found[0].Extra[extraDays])
	if err != nil || !known || !readable {
		m.Detail = fmt.Sprintf("its rule says %q in time zone %q on %q, which cannot be read", found[0].To, found[0].Extra[extraTimezone], found[0].Extra[extraDays])
		return time.Time{}, rs.missed(m, domain.RuleCutoff, in, nil)
	}
	day := now.In(zone)
	for ahead := 0; ; ahead++ { // ends within eight days: at least one weekday is a working day
		at = firstShown(day, ahead, daily.Hour(), daily.Minute(), zone)
		if days[at.Weekday()] && at.After(now) {
			return at, nil
		}
	}
}

// zoneNamed is an IANA time zone; the machine's own is none, because it differs from machine to machine.
func zoneNamed(name string) (*time.Location, bool) {
	if name == "" || name == "Local" {
		return nil, false
	}
	zone, err := time.LoadLocation(name)
	return zone, err == nil
}

// parseDays reads working days: names or ranges of them, such as mon-fri,sun. None
// given means every day; ok is false when it cannot be read.
func parseDays(text string) (days [7]bool, ok bool) {
	if strings.TrimSpace(text) == "" {
		return [7]bool{true, true, true, true, true, true, true}, true
	}
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		first, last, isRange := strings.Cut(part, "-")
		from, known := weekday(first)
		to := from
		if isRange {
			var knownLast bool
			to, knownLast = weekday(last)
			known = known && knownLast
		}
		if !known {
			return days, false
		}
		for d := from; ; d = (d + 1) % 7 {
			days[d] = true
			if d == to {
				break
			}
		}
	}
	return days, days != [7]bool{}
}

// weekday finds a day by its English name or the first three letters of it.
func weekday(name string) (time.Weekday, bool) {
	name = strings.ToLower(name)
	for d := time.Sunday; d <= time.Saturday; d++ {
		if full := strings.ToLower(d.String()); name == full || name == full[:3] {
			return d, true
		}
	}
	return 0, false
}
