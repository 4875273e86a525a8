// Package alerts takes messages to people: to a Slack-compatible webhook, by mail, or
// to the log where nobody's address is set.
//
// A message may be delivered twice when a process dies between a delivery and the note
// of it: the note is made at once, and what goes out bears a key that stays the same
// (the mail's Message-ID, the webhook's Idempotency-Key), by which a receiver can tell.
package alerts

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Config says who is told, and how. The names in the tags are suffixes.
type Config struct {
	Receiver             // for everybody without an address of their own
	Ops         Receiver `envPrefix:"OPS_"`
	Merch       Receiver `envPrefix:"MERCHANDISING_"`
	Finance     Receiver `envPrefix:"FINANCE_"`
	Engineering Receiver `envPrefix:"ENGINEERING_"`
	Lead        Receiver `envPrefix:"LEAD_"` // last in line
	SMTP        SMTP     `envPrefix:"SMTP_"`

	// Every is the interval of the schedule that tells people.
	Every time.Duration `env:"EVERY" envDefault:"1m"`
	// Settle is how long a cause has to be there before it is told, and gone before that is told.
	Settle time.Duration `env:"SETTLE" envDefault:"1m"`
	// EscalateUrgent, EscalateHold and EscalateNotice are how long a cause may stay with
	// one owner, by severity; 0 is for ever.
	EscalateUrgent time.Duration `env:"ESCALATE_URGENT" envDefault:"30m"`
	EscalateHold   time.Duration `env:"ESCALATE_HOLD" envDefault:"4h"`
	EscalateNotice time.Duration `env:"ESCALATE_NOTICE" envDefault:"0s"`
	// Next is who stands behind whom.
	Next map[string]string `env:"NEXT" envKeyValSeparator:"=" envDefault:"merchandising=ops,finance=ops,ops=engineering,engineering=lead"`
}

// Receiver is where somebody is reached.
type Receiver struct {
	// Slack is an incoming webhook of Slack, Mattermost and the like. Secret.
	Slack string `env:"SLACK"`
	// Mail are addresses.
	Mail []string `env:"MAIL"`
}

// How the connection to the mail server is encrypted.
const (
	TLSStart = "starttls" // begins plainly and must be encrypted before anything is said
	TLSFull  = "tls"      // encrypted from the start
	TLSNone  = "none"     // never: for a server on this machine
)

// SMTP is the server that takes our mail.
type SMTP struct {
	Server   string `env:"SERVER"` // host:port
	TLS      string `env:"TLS" envDefault:"starttls"`
	User     string `env:"USER"`
	Password string `env:"PASSWORD"` // secret
	From     string `env:"FROM"`
	// CA is the file of the authority that signed the server's certificate, where the system does not know it.
	CA string `env:"CA"`
}

// Lead is the receiver behind the last owner.
const Lead = "lead"

// named gives the receivers by owner.
func (c Config) named() map[string]Receiver {
	return map[string]Receiver{"ops": c.Ops, "merchandising": c.Merch, "finance": c.Finance, "engineering": c.Engineering, Lead: c.Lead}
}

// of is where a receiver is reached; who has no address of their own has everybody's.
func (c Config) of(receiver string) Receiver {
	r := c.named()[receiver]
	if r.Slack == "" && len(r.Mail) == 0 {
		return c.Receiver
	}
	return r
}

// Validate lists everything that is wrong, each with variable suffix, value (never of a
// secret or an address) and remedy.
func (c Config) Validate() error {
	var all []error
	complain := func(format string, a ...any) { all = append(all, fmt.Errorf(format, a...)) }
	receivers := c.named()
	receivers[""] = c.Receiver
	mails := false
	for _, name := range []string{"", "ops", "merchandising", "finance", "engineering", Lead} {
		prefix := strings.ToUpper(name)
		if name != "" {
			prefix += "_"
		}
		r := receivers[name]
		if u, err := url.Parse(r.Slack); r.Slack != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
			complain("%sSLACK: is not an http(s) address (value withheld); paste the incoming webhook's", prefix)
		}
		for n, address := range r.Mail {
			mails = true
			if _, err := mail.ParseAddress(address); err != nil {
				complain("%sMAIL: address %d is none (value withheld); give addresses with commas between", prefix, n+1)
			}
		}
	}
	all = append(all, c.SMTP.validate(mails)...)
	durations := []struct {
		name  string
		value time.Duration
		least time.Duration
	}{
		{"EVERY", c.Every, time.Second},
		{"SETTLE", c.Settle, 0},
		{"ESCALATE_URGENT", c.EscalateUrgent, 0},
		{"ESCALATE_HOLD", c.EscalateHold, 0},
		{"ESCALATE_NOTICE", c.EscalateNotice, 0},
	}
	for _, d := range durations {
		if d.value < d.least {
			complain("%s: %s is less than %s; give a duration such as 30m", d.name, d.value, d.least)
		}
	}
	known := []string{"ops", "merchandising", "finance", "engineering", Lead}
	for from, to := range c.Next {
		if !slices.Contains(known, from) || !slices.Contains(known, to) {
			complain("NEXT: %s=%s: give pairs of %s, such as ops=engineering", from, to, strings.Join(known, ", "))
		}
	}
	return errors.Join(all...)
}

func (s SMTP) validate(needed bool) []error {
	var all []error
	complain := func(format string, a ...any) { all = append(all, fmt.Errorf(format, a...)) }
	if !slices.Contains([]string{TLSStart, TLSFull, TLSNone}, s.TLS) {
		complain("SMTP_TLS: %q is unknown; set it to %s, %s or %s", s.TLS, TLSStart, TLSFull, TLSNone)
	}
	if s.Server == "" {
		if needed {
			complain("SMTP_SERVER: is empty although somebody is told by mail; set it to your mail server, such as smtp.example.com:587")
		}
		return all
	}
	if host, _, err := net.SplitHostPort(s.Server); err != nil || host == "" {
		complain("SMTP_SERVER: %q is not host:port; give one such as smtp.example.com:587", s.Server)
	}
	if _, err := mail.ParseAddress(s.From); err != nil {
		complain("SMTP_FROM: is no address; give the sender's, such as selvedge@example.com")
	}
	if (s.User == "") != (s.Password == "") {
		complain("SMTP_USER and SMTP_PASSWORD: give both or none")
	}
	if s.User != "" && s.TLS == TLSNone {
		complain("SMTP_TLS: none would send the password readable to everybody; set it to %s or %s", TLSStart, TLSFull)
	}
	return all
}
