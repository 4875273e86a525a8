package centra

import (
	"fmt"
	"math"
	"strings"
)

// digitsOf returns the decimals of a currency by ISO 4217.
func digitsOf(code string) int {
	switch code {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	}
	return 2
}

func (c *currency) scale() float64 { return math.Pow10(c.digits) }

// minor converts an amount from the wire; false means that it has more decimals
// than the currency.
func (c *currency) minor(value float64) (int64, bool) {
	scaled := value * c.scale()
	rounded := math.Round(scaled)
	return int64(rounded), math.Abs(scaled-rounded) < 1e-6*math.Max(1, math.Abs(scaled))
}

func (c *currency) format(amount int64) string {
	sign, digits := "", fmt.Sprintf("%0*d", c.digits+1, max(amount, -amount))
	if amount < 0 {
		sign = "-"
	}
	whole, fraction := digits[:len(digits)-c.digits], digits[len(digits)-c.digits:]
	var b strings.Builder
	for i, r := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	if fraction != "" {
		b.WriteString("." + fraction)
	}
	return sign + b.String() + " " + c.code
}

func (c *currency) node() any {
	return rec{"Currency", map[string]any{"id": c.id, "code": c.code}}
}

// monetary is a MonetaryValue.
type monetary struct {
	amount   int64
	currency *currency
	rate     float64
}

func (monetary) typeName() string { return "MonetaryValue" }

func (m monetary) field(_ *exec, name string, _ args) any {
	switch name {
	case "value":
		return float64(m.amount) / m.currency.scale()
	case "currency":
		return m.currency.node()
	case "formattedValue":
		return m.currency.format(m.amount)
	case "valueInCents":
		return int(m.amount)
	default:
		return m.rate
	}
}

func (o *order) money(amount int64) any { return monetary{amount, o.currency, o.rate} }

// priced is an amount with or without the tax that it includes.
func (o *order) priced(gross int64, taxPercent float64, a args) any {
	if including, asked := a["includingTax"].(bool); asked && !including {
		gross = netOf(gross, taxPercent)
	}
	return o.money(gross)
}

func netOf(gross int64, taxPercent float64) int64 {
	return int64(math.Round(float64(gross) * 100 / (100 + taxPercent)))
}

// share is the cumulative price of the first n of all units, so that parcels
// add up to the line exactly, whatever their sizes.
func share(total int64, n, all int) int64 {
	if all == 0 {
		return 0
	}
	return int64(math.Round(float64(total) * float64(n) / float64(all)))
}

// spread divides an amount by weights, exactly, by largest remainder.
func spread(amount int64, weights []int64) []int64 {
	out := make([]int64, len(weights))
	var sum, given int64
	for _, w := range weights {
		sum += w
	}
	if sum == 0 {
		if len(out) > 0 {
			out[0] = amount
		}
		return out
	}
	rest := make([]float64, len(weights))
	for i, w := range weights {
		exact := float64(amount) * float64(w) / float64(sum)
		out[i] = int64(math.Floor(exact))
		rest[i] = exact - math.Floor(exact)
		given += out[i]
	}
	for ; given < amount; given++ {
		best := 0
		for i := range rest {
			if rest[i] > rest[best] {
				best = i
			}
		}
		out[best]++
		rest[best] = -1
	}
	return out
}

// value is what a line's remaining units cost, hidden shares included.
func (l *line) value() int64 { return share(l.total, l.quantity(), l.ordered) }

// shownTotal is the price that the API shows on a line: in one reading of
// bundles the items carry the shares, in the other the bundle line carries all.
func (s *Simulator) shownTotal(l *line) int64 {
	switch {
	case l.kind == kindBundle && s.bundleValue == "bundle":
		var sum int64
		for _, item := range l.items {
			sum += item.total
		}
		return sum
	case l.kind == kindBundleItem && s.bundleValue == "bundle":
		return 0
	}
	return l.total
}

func (o *order) linesValue() (sum int64) {
	for _, l := range o.lines {
		sum += l.value()
	}
	return sum
}

func (o *order) discountTotal() (sum int64) {
	for _, d := range o.discounts {
		sum += d.value
	}
	return min(sum, o.linesValue())
}

func (o *order) grandTotal() int64 {
	return o.linesValue() - o.discountTotal() + o.shipping + o.handling
}

// netTotal takes the tax out of each part by its own rate.
func (o *order) netTotal() (sum int64) {
	for _, l := range o.lines {
		sum += netOf(l.value(), l.taxPercent)
	}
	return sum + netOf(o.shipping+o.handling-o.discountTotal(), o.taxPercent)
}

// discounted is each line's value less its share of the order's discounts.
func (o *order) discounted() map[*line]int64 {
	weights := make([]int64, len(o.lines))
	for i, l := range o.lines {
		weights[i] = l.value()
	}
	out := make(map[*line]int64, len(o.lines))
	for i, cut := range spread(o.discountTotal(), weights) {
		out[o.lines[i]] = weights[i] - cut
	}
	return out
}

// linesValue is the price of what is in a shipment, before costs and discount.
func (l *shipmentLine) value() (sum int64) {
	for _, p := range l.parts {
		before := l.first
		if p.line != l.line {
			before = l.first * p.line.perBundle
		}
		sum += share(p.line.total, before+p.quantity, p.line.ordered) - share(p.line.total, before, p.line.ordered)
	}
	return sum
}

func (sh *shipment) linesValue() (sum int64) {
	for _, l := range sh.lines {
		sum += l.value()
	}
	return sum
}

func (sh *shipment) grandTotal() int64 {
	return sh.linesValue() + sh.shipping + sh.handling - sh.discount
}

func (r *orderReturn) linesValue() (sum int64) {
	for _, l := range r.lines {
		sum += share(l.line.value(), l.quantity, l.line.quantity)
	}
	return sum
}

func (r *orderReturn) grandTotal() int64 {
	return r.linesValue() + r.shipping + r.handling - r.voucher - r.cost
}
