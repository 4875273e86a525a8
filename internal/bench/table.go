package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

// figure is one line of the table: what was measured beside its floor.
type figure struct {
	what     string
	measured string
	floor    string
	// ratio is measured to floor, or to what is promised; goal says which side of it is right.
	ratio float64
	goal  goal
}

// goal bounds a ratio; the zero value means that nothing is promised.
type goal struct {
	least, most float64
}

func atLeast(n float64) goal { return goal{least: n} }
func atMost(n float64) goal  { return goal{most: n} }

func (g goal) String() string {
	switch {
	case g.least > 0:
		return fmt.Sprintf("≥ %.2f", g.least)
	case g.most > 0:
		return fmt.Sprintf("≤ %.2f", g.most)
	}
	return ""
}

// missed tells whether a ratio is on the wrong side.
func (g goal) missed(ratio float64) bool {
	return g.least > 0 && ratio < g.least || g.most > 0 && ratio > g.most
}

// promise is a figure whose floor is a number that was promised: at most so much.
func promise(what string, measured, promised float64, unit string) figure {
	return figure{
		what: what, measured: fmt.Sprintf("%s %s", number(measured), unit), floor: fmt.Sprintf("%s promised", number(promised)),
		ratio: measured / promised, goal: atMost(1),
	}
}

// number writes whole numbers whole, and others with as much as matters.
func number(n float64) string {
	switch {
	case n == float64(int64(n)):
		return fmt.Sprintf("%d", int64(n))
	case n < 10:
		return fmt.Sprintf("%.2f", n)
	}
	return fmt.Sprintf("%.1f", n)
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.0f ms", float64(d)/float64(time.Millisecond))
}

func table(figures []figure) string {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "what\tmeasured\tfloor\tratio\tgoal\t")
	for _, f := range figures {
		mark := ""
		if f.goal.missed(f.ratio) {
			mark = "missed"
		}
		ratio := ""
		if f.ratio > 0 {
			ratio = fmt.Sprintf("%.2f", f.ratio)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", f.what, f.measured, f.floor, ratio, f.goal, mark)
	}
	_ = t.Flush() // a strings.Builder takes everything
	return b.String()
}
