package judge

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
)

// Counter names what is counted.
type Counter string

// The counters. All but Tried and WaitingAsPlanned must be zero.
const (
	Tried            Counter = "tried"              // consumer orders of the day
	WaitingAsPlanned Counter = "waiting as planned" // for the planned reason and no other
	Lost             Counter = "lost"               // ready in the shop, not whole in the warehouse, no cause
	Doubled          Counter = "doubled"            // asked from warehouses, shipped, credited in the shop or written off in the books more than once
	Silent           Counter = "silent"             // open, not at its planned end, or lost at the warehouse and in no books; no cause
	WrongQuantity    Counter = "wrong quantity"     // shop and warehouse differ about units, items or open lines
	WrongCarrier     Counter = "wrong carrier"      // a shipment's carrier or tracking is not the warehouse's
	WrongMoney       Counter = "wrong money"        // captured is not what was shipped, or refunded or credited not what came back
	MailedNotOnce    Counter = "mailed not once"    // a completed shipment without exactly one mail, or any other with one
	Oversold         Counter = "oversold"           // the shop offers more than the warehouse can give
	WaitingUnplanned Counter = "waiting unplanned"  // with a cause that nobody planned
	NotWaiting       Counter = "planned, not seen"  // a planned fault for which nobody is asked
	OtherEnd         Counter = "not at planned end" // ended, but otherwise than planned
)

// Counters lists all in the order in which they are told.
func Counters() []Counter {
	return []Counter{
		Tried, WaitingAsPlanned, Lost, Doubled, Silent, WrongQuantity, WrongCarrier, WrongMoney, MailedNotOnce, Oversold,
		WaitingUnplanned, NotWaiting, OtherEnd,
	}
}

// Finding is one thing that was counted: whose and, in a plain sentence, what.
type Finding struct {
	Counter Counter
	Order   string // <store>/<number>, or <warehouse>/<SKU> for stock
	Text    string
}

// Report is what a day came to.
type Report struct {
	Findings []Finding // by counter, then order; Tried and WaitingAsPlanned are among them
}

// Orders lists the orders that a counter counted, each once.
func (r Report) Orders(c Counter) []string {
	var out []string
	for _, f := range r.Findings {
		if f.Counter == c && !slices.Contains(out, f.Order) {
			out = append(out, f.Order)
		}
	}
	return out
}

// OK tells whether every counter that must be zero is.
func (r Report) OK() bool {
	return !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Counter != Tried && f.Counter != WaitingAsPlanned })
}

// shown is how many findings of one counter are spelled out.
const shown = 40

// String is one table and, below it, every finding in a sentence.
func (r Report) String() string {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, c := range Counters() {
		orders := r.Orders(c)
		mark := ""
		if c != Tried && c != WaitingAsPlanned && len(orders) > 0 {
			mark = "must be 0"
		}
		list := ""
		if c != Tried {
			list = strings.Join(orders[:min(6, len(orders))], " ")
			if len(orders) > 6 {
				list += " …"
			}
		}
		fmt.Fprintf(t, "%s\t%6d\t%s\t%s\n", c, len(orders), mark, list)
	}
	_ = t.Flush() // a strings.Builder takes everything
	for _, c := range Counters() {
		if c == Tried || c == WaitingAsPlanned {
			continue
		}
		told := 0
		for _, f := range r.Findings {
			if f.Counter != c {
				continue
			}
			if told++; told > shown {
				continue
			}
			fmt.Fprintf(&b, "\n%s: %s %s", c, f.Order, f.Text)
		}
		if told > shown {
			fmt.Fprintf(&b, "\n%s: and %d more", c, told-shown)
		}
	}
	return strings.TrimRight(trimLines(b.String()), "\n") + "\n"
}

// trimLines takes the padding of empty last columns away.
func trimLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}
