package books

import (
	"fmt"
	"slices"

	"selvedge/internal/domain"
)

// RefGoodwill is the ref of a goodwill line; where goods bear several rates the rate follows it.
const RefGoodwill = "goodwill"

// Goodwill tells whether a document is of money that was given back for no goods.
func Goodwill(d domain.Document) bool { return d.Extra[extraGoodwill] != "" }

// GoodwillLines gives the lines of a credit memo for money that was given back without
// goods: less was taken for what was invoiced, so it bears that tax. The amount is shared
// by what each invoice still holds at each rate, by largest remainder, each share with that
// part of the tax, so that whatever is given back in however many parts comes to no more
// than was invoiced, tax included. Gift cards that were sold are worth what they hold and
// share in nothing.
//
// invoices and memos are all of the order's, reversals included, the oldest first. More
// than they leave is fault.Invalid, code over_credit.
func GoodwillLines(invoices, memos []domain.Document, amount int64) ([]domain.DocumentLine, error) {
	open := openByRate(invoices, memos)
	var weights []int64
	var left int64
	for _, o := range open {
		weights, left = append(weights, o.Gross), left+o.Gross
	}
	if left = min(left, sum(invoices)-sum(memos)); amount <= 0 || amount > left {
		return nil, invalid(CodeOverCredit, "", fmt.Sprintf("%d minor units were given back and %d are invoiced and not credited", amount, max(left, 0)))
	}
	shares, err := domain.Allocate(amount, weights)
	if err != nil {
		return nil, fmt.Errorf("share goodwill: %w", err)
	}
	var lines []domain.DocumentLine
	for i, l := range open {
		if shares[i] == 0 {
			continue
		}
		l.Tax = domain.ShareOf(l.Tax, shares[i], l.Gross)
		l.Gross = shares[i]
		lines = append(lines, l)
	}
	if slices.ContainsFunc(lines, func(l domain.DocumentLine) bool { return l.TaxPercent != lines[0].TaxPercent }) {
		for i := range lines {
			lines[i].Ref += ":" + lines[i].TaxPercent
		}
	}
	return lines, nil
}

// openByRate is what of each invoice is not credited, one line for each of its rates, the
// oldest invoice first. What was given for goodwill before counts as credited.
func openByRate(invoices, memos []domain.Document) []domain.DocumentLine {
	open := leftByRate(invoices, memos)
	for i := range open { // what rounding left over bears no tax that it has not
		open[i].Tax = min(max(open[i].Tax, 0), max(open[i].Gross, 0))
	}
	return slices.DeleteFunc(open, func(l domain.DocumentLine) bool { return l.Gross <= 0 })
}

// leftByRate is openByRate with what is credited beyond its invoice, below zero.
func leftByRate(invoices, memos []domain.Document) []domain.DocumentLine {
	var open []domain.DocumentLine
	at := func(source domain.DocumentKey, rate string) int {
		return slices.IndexFunc(open, func(l domain.DocumentLine) bool { return l.Source == source && l.TaxPercent == rate })
	}
	for _, o := range openLines(invoices, memos) {
		if o.line.Kind == domain.DocLineGiftCard {
			continue
		}
		rate := o.line.TaxPercent
		if rate == "" {
			rate = "0"
		}
		i := at(o.key, rate)
		if i < 0 {
			i = len(open)
			open = append(open, domain.DocumentLine{Ref: RefGoodwill, Kind: domain.DocLineGoodwill, Quantity: 1, TaxPercent: rate, Source: o.key})
		}
		open[i].Gross, open[i].Tax = open[i].Gross+o.line.Gross-o.credited.Gross, open[i].Tax+o.line.Tax-o.credited.Tax
	}
	for _, m := range memos {
		for _, l := range m.Lines {
			if i := at(l.Source, l.TaxPercent); i >= 0 && l.Kind == domain.DocLineGoodwill {
				open[i].Gross, open[i].Tax = open[i].Gross-l.Gross, open[i].Tax-l.Tax
			}
		}
	}
	return open
}

// tooMuch takes off goodwill that was given what is credited beyond the invoices: first
// where goods of its own invoice and rate came back, then anywhere, each line with that
// part of its tax. given are the goodwill lines as they stand together.
func tooMuch(given, left []domain.DocumentLine, over int64) []domain.DocumentLine {
	back := make([]int64, len(given))
	for _, own := range []bool{true, false} {
		for i, l := range given {
			n := min(over, l.Gross-back[i])
			if own {
				at := slices.IndexFunc(left, func(o domain.DocumentLine) bool { return o.Source == l.Source && o.TaxPercent == l.TaxPercent })
				if at < 0 {
					continue
				}
				n = min(n, max(0, -left[at].Gross))
				left[at].Gross += max(n, 0)
			}
			if n > 0 {
				back[i], over = back[i]+n, over-n
			}
		}
	}
	var lines []domain.DocumentLine
	for i, l := range given {
		if back[i] > 0 {
			l.Quantity, l.Gross, l.Tax = 0, -back[i], -domain.ShareOf(l.Tax, back[i], l.Gross)
			lines = append(lines, l)
		}
	}
	return lines
}
