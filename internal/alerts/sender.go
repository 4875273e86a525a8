package alerts

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"go.uber.org/zap"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
)

// Channels.
const (
	ChannelSlack = "slack"
	ChannelMail  = "mail"
	ChannelLog   = "log"
)

// patience bounds one delivery: people wait for the others.
const patience = 15 * time.Second

// Sender delivers messages. Safe for concurrent use.
type Sender struct {
	config Config
	http   *http.Client
	tls    *tls.Config
	log    *zap.Logger
}

// New makes a sender; nothing is sent. The error names what is wrong with the configuration.
func New(c Config, log *zap.Logger) (*Sender, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s := &Sender{config: c, log: log, http: &http.Client{
		Timeout: patience,
		// A webhook that sends us elsewhere would be given the message without being asked for it.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, tls: &tls.Config{MinVersion: tls.VersionTLS12}}
	if c.SMTP.CA != "" {
		pem, err := os.ReadFile(c.SMTP.CA)
		if err != nil {
			return nil, fmt.Errorf("SMTP_CA: %w", err)
		}
		s.tls.RootCAs = x509.NewCertPool()
		if !s.tls.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("SMTP_CA: %s holds no certificate in PEM form", c.SMTP.CA)
		}
	}
	return s, nil
}

// Reach lists how receivers are reached. Those who share an address are told once; who
// has none is reached by a log line.
func (s *Sender) Reach(receivers ...string) []domain.AlertRoute {
	var routes []domain.AlertRoute
	taken := map[string]bool{}
	add := func(receiver, channel, address string) {
		if place := channel + " " + address; !taken[place] {
			taken[place] = true
			routes = append(routes, domain.AlertRoute{Receiver: receiver, Channel: channel})
		}
	}
	for _, receiver := range receivers {
		r := s.config.of(receiver)
		if r.Slack != "" {
			add(receiver, ChannelSlack, r.Slack)
		}
		if len(r.Mail) > 0 {
			add(receiver, ChannelMail, strings.Join(r.Mail, ","))
		}
		if r.Slack == "" && len(r.Mail) == 0 {
			add(receiver, ChannelLog, "")
		}
	}
	return routes
}

// Send delivers one message. Where a receiver's address was taken out of the
// configuration since the message was written, it goes to the log: it is not lost.
//
// A second run delivers again, with the same key; see the package.
func (s *Sender) Send(ctx context.Context, m domain.AlertMessage) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r := s.config.of(m.Receiver)
	switch {
	case m.Channel == ChannelSlack && r.Slack != "":
		return s.slack(ctx, r.Slack, m)
	case m.Channel == ChannelMail && len(r.Mail) > 0:
		return s.mail(ctx, r.Mail, m)
	}
	s.log.Warn("alert", zap.String("subject", m.Subject), zap.String("receiver", m.Receiver), zap.String("body", m.Body), zap.String("key", m.Dedupe))
	return nil
}

func refusal(channel, message string) error {
	return &fault.Fault{Kind: fault.Rejected, System: channel, Op: "alert", Message: message}
}

func away(channel, message string) error {
	return &fault.Fault{Kind: fault.Unavailable, System: channel, Op: "alert", Message: message}
}
