package alerts_test

import (
	"encoding/json"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"selvedge/internal/alerts"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
)

func config() alerts.Config {
	return alerts.Config{Every: time.Minute, SMTP: alerts.SMTP{TLS: alerts.TLSStart}}
}

func message(receiver, channel string) domain.AlertMessage {
	return domain.AlertMessage{
		Dedupe: "0123456789abcdef-2-1-" + receiver + "-" + channel, Key: "unmapped:market:centra:Tokyo", Receiver: receiver, Channel: channel,
		Subject: "Waiting: 25 × unmapped:market:centra:Tökyo", Body: "What: no rule for <https://evil.example|press here> & more\nOwner: ops",
	}
}

func sender(t *testing.T, c alerts.Config) (*alerts.Sender, *observer.ObservedLogs) {
	t.Helper()
	core, logs := observer.New(zapcore.DebugLevel)
	s, err := alerts.New(c, zap.New(core))
	require.NoError(t, err)
	return s, logs
}

func TestAMailGoesOutEncryptedWithAKeyThatStaysTheSame(t *testing.T) {
	t.Parallel()
	for name, encrypted := range map[string]bool{"encrypted on demand": false, "encrypted from the start": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := serveMail(t, encrypted)
			c := config()
			c.Ops.Mail = []string{"Desk <desk@example.com>", "night@example.com"}
			c.SMTP = alerts.SMTP{Server: server.address, TLS: alerts.TLSStart, User: mailUser, Password: mailPassword, From: "Selvedge <selvedge@example.com>", CA: server.ca}
			if encrypted {
				c.SMTP.TLS = alerts.TLSFull
			}
			s, _ := sender(t, c)
			for range 2 { // as after a crash between delivery and note
				require.NoError(t, s.Send(t.Context(), message("ops", alerts.ChannelMail)))
			}
			mails := server.all()
			require.Len(t, mails, 2)
			require.Equal(t, []string{"desk@example.com", "night@example.com"}, mails[0].to)
			require.Equal(t, "selvedge@example.com", mails[0].from)
			require.True(t, mails[0].tls)
			require.Equal(t, mailUser, mails[0].user)
			first, err := mail.ReadMessage(strings.NewReader(mails[0].body))
			require.NoError(t, err)
			second, err := mail.ReadMessage(strings.NewReader(mails[1].body))
			require.NoError(t, err)
			require.Equal(t, "<0123456789abcdef-2-1-ops-mail@example.com>", first.Header.Get("Message-ID"))
			require.Equal(t, first.Header.Get("Message-ID"), second.Header.Get("Message-ID"), "by which a receiver tells that it is the same")
			require.Equal(t, "<0123456789abcdef-2@example.com>", first.Header.Get("References"))
			require.Equal(t, "auto-generated", first.Header.Get("Auto-Submitted"))
			subject, err := new(mime.WordDecoder).DecodeHeader(first.Header.Get("Subject"))
			require.NoError(t, err)
			require.Equal(t, message("ops", "").Subject, subject)
			body, err := io.ReadAll(first.Body)
			require.NoError(t, err)
			require.Contains(t, string(body), "Owner: ops")
		})
	}
}

func TestAMailIsNotSentWhereNobodyMayListen(t *testing.T) {
	t.Parallel()
	server := serveMail(t, false)
	c := config()
	c.Mail = []string{"desk@example.com"}
	c.SMTP = alerts.SMTP{Server: server.address, TLS: alerts.TLSStart, From: "selvedge@example.com"} // its certificate is signed by nobody we know
	s, _ := sender(t, c)
	err := s.Send(t.Context(), message("ops", alerts.ChannelMail))
	require.True(t, fault.Is(err, fault.Unavailable), "%v", err)
	require.Empty(t, server.all())
}

func TestAMailServerThatRefusesOrIsAwayIsToldApart(t *testing.T) {
	t.Parallel()
	server := serveMail(t, false)
	c := config()
	c.Mail = []string{"desk@example.com"}
	c.SMTP = alerts.SMTP{Server: server.address, TLS: alerts.TLSStart, From: "selvedge@example.com", CA: server.ca}
	s, logs := sender(t, c)
	say := func(code int) error {
		server.mu.Lock()
		server.refuse = &smtp.SMTPError{Code: code, Message: "not now, desk@example.com"}
		server.mu.Unlock()
		return s.Send(t.Context(), message("ops", alerts.ChannelMail))
	}
	require.True(t, fault.Is(say(451), fault.Unavailable))
	err := say(550)
	require.True(t, fault.Is(err, fault.Rejected), "%v", err)
	require.ErrorContains(t, err, "550")
	require.NotContains(t, err.Error(), "desk@")

	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	c.SMTP.Server = closed.Addr().String()
	s, _ = sender(t, c)
	err = s.Send(t.Context(), message("ops", alerts.ChannelMail))
	require.True(t, fault.Is(err, fault.Unavailable), "%v", err)
	require.NotContains(t, err.Error(), "desk@")
	require.Zero(t, logs.Len(), "who calls says it")
}

func TestAWebhookIsGivenTextThatNobodyCanClickInto(t *testing.T) {
	t.Parallel()
	var got atomic.Value
	var answer atomic.Int32
	answer.Store(http.StatusOK)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			got.Store([]string{r.Method, r.Header.Get("Content-Type"), r.Header.Get("Idempotency-Key"), string(body)})
		}
		w.Header().Set("Retry-After", "90")
		w.Header().Set("Location", "http://127.0.0.1:1/")
		w.WriteHeader(int(answer.Load()))
	}))
	t.Cleanup(receiver.Close)
	c := config()
	c.Ops.Slack = receiver.URL + "/services/planted-secret"
	s, _ := sender(t, c)
	require.NoError(t, s.Send(t.Context(), message("ops", alerts.ChannelSlack)))
	sent := got.Load().([]string)
	require.Equal(t, []string{"POST", "application/json", "0123456789abcdef-2-1-ops-slack"}, sent[:3])
	var payload map[string]string
	require.NoError(t, json.Unmarshal([]byte(sent[3]), &payload))
	require.Equal(t, "*Waiting: 25 × unmapped:market:centra:Tökyo*\nWhat: no rule for &lt;https://evil.example|press here&gt; &amp; more\nOwner: ops", payload["text"])

	for code, want := range map[int]fault.Kind{500: fault.Unavailable, 503: fault.Unavailable, 429: fault.Unavailable, 404: fault.Rejected, 403: fault.Rejected, 302: fault.Rejected} {
		answer.Store(int32(code))
		err := s.Send(t.Context(), message("ops", alerts.ChannelSlack))
		f, ok := fault.As(err)
		require.True(t, ok)
		require.Equal(t, want, f.Kind, "%d", code)
		require.NotContains(t, err.Error(), "planted-secret")
		require.Equal(t, code == 429, f.RetryAt.After(time.Now().Add(time.Minute)))
	}
	receiver.Close()
	err := s.Send(t.Context(), message("ops", alerts.ChannelSlack))
	require.True(t, fault.Is(err, fault.Unavailable))
	require.NotContains(t, err.Error(), "planted-secret")
}

func TestWhoHasNoAddressIsReachedByTheLog(t *testing.T) {
	t.Parallel()
	s, logs := sender(t, config())
	require.Equal(t, []domain.AlertRoute{{Receiver: "ops", Channel: alerts.ChannelLog}}, s.Reach("ops", "engineering"), "one line is enough")
	require.NoError(t, s.Send(t.Context(), message("ops", alerts.ChannelLog)))
	require.Equal(t, 1, logs.FilterMessage("alert").Len())
	require.NoError(t, s.Send(t.Context(), message("ops", alerts.ChannelSlack)), "an address that was taken out loses no message")
	require.Equal(t, 2, logs.FilterMessage("alert").Len())
}

func TestEachPlaceIsReachedOnce(t *testing.T) {
	t.Parallel()
	c := config()
	c.Slack, c.Ops.Slack, c.Ops.Mail = "https://hooks.example/all", "https://hooks.example/ops", []string{"desk@example.com"}
	c.SMTP.Server, c.SMTP.From = "smtp.example.com:587", "selvedge@example.com"
	s, _ := sender(t, c)
	require.Equal(t, []domain.AlertRoute{
		{Receiver: "ops", Channel: alerts.ChannelSlack}, {Receiver: "ops", Channel: alerts.ChannelMail}, {Receiver: "engineering", Channel: alerts.ChannelSlack},
	}, s.Reach("ops", "engineering", "lead"))
}

func TestAConfigurationThatCannotWorkSaysWhyWithoutItsSecrets(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*alerts.Config)
		want   string
	}{
		"a webhook that is no address": {func(c *alerts.Config) { c.Ops.Slack = "planted" }, "OPS_SLACK: is not an http(s) address"},
		"a mail address that is none":  {func(c *alerts.Config) { c.Lead.Mail = []string{"planted"} }, "LEAD_MAIL: address 1 is none"},
		"mail without a server":        {func(c *alerts.Config) { c.Mail = []string{"a@example.com"} }, "SMTP_SERVER: is empty"},
		"a server without a port":      {func(c *alerts.Config) { c.SMTP.Server = "smtp.example.com" }, "is not host:port"},
		"a server without a sender":    {func(c *alerts.Config) { c.SMTP.Server = "smtp.example.com:25" }, "SMTP_FROM: is no address"},
		"a user without a password":    {func(c *alerts.Config) { c.SMTP.Server, c.SMTP.User = "smtp.example.com:25", "u" }, "give both or none"},
		"a password in the open": {func(c *alerts.Config) {
			c.SMTP = alerts.SMTP{Server: "s:25", User: "u", Password: "planted", TLS: "none"}
		}, "readable to everybody"},
		"an encryption that nobody knows": {func(c *alerts.Config) { c.SMTP.TLS = "ssl3" }, `"ssl3" is unknown`},
		"an interval of nothing":          {func(c *alerts.Config) { c.Every = 0 }, "EVERY: 0s"},
		"an owner that is none":           {func(c *alerts.Config) { c.Next = map[string]string{"ops": "boss"} }, "NEXT: ops=boss"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config()
			tt.change(&c)
			err := c.Validate()
			require.ErrorContains(t, err, tt.want)
			require.NotContains(t, err.Error(), "planted")
			_, err = alerts.New(c, zap.NewNop())
			require.Error(t, err)
		})
	}
	require.NoError(t, config().Validate())
}
