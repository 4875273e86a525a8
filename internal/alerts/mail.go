package alerts

import (
	"context"
	"errors"
	"fmt"
	"net"
	stdmail "net/mail"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail"

	"selvedge/internal/domain"
)

// mail sends one plain text to all addresses of a receiver. Errors name no address:
// they belong to people.
func (s *Sender) mail(ctx context.Context, to []string, m domain.AlertMessage) error {
	message, err := s.compose(to, m)
	if err != nil {
		return err
	}
	client, err := s.smtp()
	if err != nil {
		return refusal(ChannelMail, "the mail settings cannot be used; check SELVEDGE_ALERT_SMTP_*")
	}
	if err := client.DialAndSendWithContext(ctx, message); err != nil {
		return mailFault(err)
	}
	return nil
}

func (s *Sender) compose(to []string, m domain.AlertMessage) (*mail.Msg, error) {
	message := mail.NewMsg()
	if err := message.From(s.config.SMTP.From); err != nil {
		return nil, refusal(ChannelMail, "SELVEDGE_ALERT_SMTP_FROM is no address")
	}
	if err := message.To(to...); err != nil {
		return nil, refusal(ChannelMail, "an address of "+m.Receiver+" is none")
	}
	message.Subject(strings.Join(strings.Fields(m.Subject), " ")) // a subject is one line
	message.SetBodyString(mail.TypeTextPlain, m.Body+"\n")
	message.SetMessageIDWithValue(m.Dedupe + "@" + s.domain())
	message.SetDate()
	message.SetGenHeader("Auto-Submitted", "auto-generated")                      // no holiday notes in answer
	message.SetGenHeader("References", "<"+threadOf(m.Dedupe)+"@"+s.domain()+">") // one thread a cause and episode
	return message, nil
}

// threadOf is what all messages of one episode share.
func threadOf(dedupe string) string {
	parts := strings.SplitN(dedupe, "-", 3)
	return strings.Join(parts[:min(2, len(parts))], "-")
}

// domain is that of the sender.
func (s *Sender) domain() string {
	address, err := stdmail.ParseAddress(s.config.SMTP.From)
	if err != nil {
		return "selvedge"
	}
	_, host, _ := strings.Cut(address.Address, "@")
	return host
}

func (s *Sender) smtp() (*mail.Client, error) {
	c := s.config.SMTP
	host, text, err := net.SplitHostPort(c.Server)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return nil, err
	}
	secure := s.tls.Clone()
	secure.ServerName = host
	options := []mail.Option{mail.WithPort(port), mail.WithTimeout(patience), mail.WithTLSConfig(secure), mail.WithHELO("selvedge")}
	switch c.TLS {
	case TLSFull:
		options = append(options, mail.WithSSL())
	case TLSNone:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if c.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(c.User), mail.WithPassword(c.Password))
	}
	return mail.NewClient(host, options...)
}

// mailFault tells a server that is away from one that does not take this message.
func mailFault(err error) error {
	var send *mail.SendError
	if !errors.As(err, &send) {
		return away(ChannelMail, "the mail server does not answer, or refuses the connection, its encryption or our login")
	}
	reason := fmt.Sprintf("the mail server answered %d (%s)", send.ErrorCode(), send.Reason)
	if send.ErrorCode()/100 == 5 {
		return refusal(ChannelMail, reason)
	}
	return away(ChannelMail, reason)
}
