package config

import (
	"errors"
	"fmt"
	"time"
)

// Returns are the settings of returns.
type Returns struct {
	// Refund says when a return's money goes back by itself where no refund-policy rule
	// speaks of it: on-receipt, on-grading or manual.
	Refund string `env:"REFUND" envDefault:"on-grading"`
	// WriteOffLimit is the value in minor units above which finance confirms a write-off; 0 means none.
	WriteOffLimit int64 `env:"WRITE_OFF_LIMIT" envDefault:"0"`
	// Arrival is how long announced goods may take to arrive before somebody is asked.
	Arrival time.Duration `env:"ARRIVAL" envDefault:"1440h"`
	// RefundWait is how long a requested refund may stay without an outcome before finance is asked.
	RefundWait time.Duration `env:"REFUND_WAIT" envDefault:"72h"`
	// RefundCheck is how often the shop is asked for that outcome.
	RefundCheck time.Duration `env:"REFUND_CHECK" envDefault:"30m"`
	// LinkWait is how long a credit memo waits for the id of the shop's return.
	LinkWait time.Duration `env:"LINK_WAIT" envDefault:"15m"`
	// DocumentWait is how long a return may hold a document, without a question, before finance is asked.
	DocumentWait time.Duration `env:"DOCUMENT_WAIT" envDefault:"2h"`
	// ToStock has the shop put returned units back on sale: only where no feed publishes the warehouse.
	ToStock bool `env:"TO_STOCK" envDefault:"false"`
}

// Validate names every setting that cannot be used, without the prefix.
func (r Returns) Validate() error {
	var complaints []error
	switch r.Refund {
	case "on-receipt", "on-grading", "manual":
	default:
		complaints = append(complaints, fmt.Errorf("REFUND: %q is no policy; give on-receipt, on-grading or manual", r.Refund))
	}
	if r.WriteOffLimit < 0 {
		complaints = append(complaints, fmt.Errorf("WRITE_OFF_LIMIT: %d is negative; give an amount in minor units, 0 for none", r.WriteOffLimit))
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"ARRIVAL", r.Arrival}, {"REFUND_WAIT", r.RefundWait}, {"REFUND_CHECK", r.RefundCheck}, {"LINK_WAIT", r.LinkWait}, {"DOCUMENT_WAIT", r.DocumentWait}} {
		if d.value <= 0 {
			complaints = append(complaints, fmt.Errorf("%s: %s is not positive; give a duration such as 30m", d.name, d.value))
		}
	}
	return errors.Join(complaints...)
}

// retired names settings that there are no more, with what says the same now: passed over
// in silence, a fee that somebody counts on would not be kept back.
func retired(environment map[string]string) []error {
	if fee := environment[Prefix+"RETURN_FEE"]; fee != "" && fee != "0" {
		return []error{fmt.Errorf("%sRETURN_FEE: %q has no currency and is not read any more; unset it and say `starter rules set --table refund-policy --from '*' --to on-grading --extra fee='%s GBP'`, with each currency", Prefix, fee, fee)}
	}
	return nil
}
