package centra_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/fault"
	"selvedge/internal/systems/centra"
)

func sign(secret string, at int64, body string) http.Header {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.%s", at, body)
	return http.Header{"X-Centra-Signature": {fmt.Sprintf("t=%d,v1=%s", at, hex.EncodeToString(mac.Sum(nil)))}}
}

func webhookShop(t testing.TB, secret string) *centra.Shop {
	t.Helper()
	shop, err := centra.New(centra.Config{BaseURL: "http://127.0.0.1:1", Token: token, Stores: centra.Stores{1: "atelier"}, WebhookSecret: secret}, centra.Options{})
	require.NoError(t, err)
	return shop
}

func TestTheDocumentedSignatureIsAccepted(t *testing.T) {
	t.Parallel()
	header := http.Header{"X-Centra-Signature": {"t=12345678,v1=0b9cd84f5d583e5e1aadfb9f160aa8080b51d5b85ff85808d6b75bdac356c549"}}
	hints, err := webhookShop(t, "test123").ReadWebhook(header, []byte("payload=%7B%22x%22%3A%22test%22%7D"), time.Unix(12345678, 0))
	require.NoError(t, err)
	require.Empty(t, hints)
}

func TestAWebhookBecomesHints(t *testing.T) {
	t.Parallel()
	body := "payload=" + url.QueryEscape(`{"events":[{"type":"order","action":"update","date":"2021-01-29 14:40:58.628033","id":2735},{"type":"return","action":"create","date":"soon","id":"12"}]}`)
	hints, err := webhookShop(t, "s").ReadWebhook(sign("s", 1000, body), []byte(body), time.Unix(1299, 0))
	require.NoError(t, err)
	require.Equal(t, []centra.Hint{
		{Type: "order", Action: "update", ID: "2735", At: time.Date(2021, 1, 29, 14, 40, 58, 628033000, time.UTC)},
		{Type: "return", Action: "create", ID: "12"},
	}, hints)
}

func TestBadWebhooksAreRefused(t *testing.T) {
	t.Parallel()
	const body = "payload=%7B%7D"
	good := sign("s", 1000, body)
	for name, tt := range map[string]struct {
		secret string
		header http.Header
		body   string
		now    int64
		want   fault.Kind
	}{
		"another secret":         {"other", good, body, 1000, fault.Rejected},
		"no secret configured":   {"", sign("", 1000, body), body, 1000, fault.Rejected},
		"another body":           {"s", good, body + "x", 1000, fault.Rejected},
		"five minutes late":      {"s", good, body, 1301, fault.Rejected},
		"from the future":        {"s", good, body, 699, fault.Rejected},
		"no signature":           {"s", http.Header{}, body, 1000, fault.Rejected},
		"a signature of no form": {"s", http.Header{"X-Centra-Signature": {"v1=zz,t=x"}}, body, 1000, fault.Rejected},
		"no payload":             {"s", sign("s", 1000, "x=1"), "x=1", 1000, fault.Invalid},
		"a payload of no JSON":   {"s", sign("s", 1000, "payload=x"), "payload=x", 1000, fault.Invalid},
		"an event without id":    {"s", sign("s", 1000, `payload={"events":[{"type":"order"}]}`), `payload={"events":[{"type":"order"}]}`, 1000, fault.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := webhookShop(t, tt.secret).ReadWebhook(tt.header, []byte(tt.body), time.Unix(tt.now, 0))
			f, ok := fault.As(err)
			require.True(t, ok, "%v", err)
			require.Equal(t, tt.want, f.Kind)
			if tt.want == fault.Rejected {
				require.Equal(t, "signature", f.Code)
			}
		})
	}
}

// FuzzReadWebhook: a body that is not signed, for its moment, is refused; a signed one is
// hints, each with the kind and the number of what it is about, or fault.Invalid.
func FuzzReadWebhook(f *testing.F) {
	f.Add(`payload=%7B%22events%22%3A%5B%7B%22type%22%3A%22order%22%2C%22id%22%3A1%7D%5D%7D`, "t=1000,v1=00")
	f.Add("payload={}", "")
	f.Add("%zz&payload=", "t=,v1=,=")
	for _, body := range []string{`payload={"events":[{"type":"order","id":"12"},{"type":"return","id":1e99}]}`, "payload=null"} {
		good := sign("s", 1000, body).Get("X-Centra-Signature")
		f.Add(body, good)
		f.Add(body, "v1=00, v1="+strings.ToUpper(strings.TrimPrefix(good, "t=1000,v1="))+" ,v2=,t=1000")
	}
	shop := webhookShop(f, "s")
	f.Fuzz(func(t *testing.T, body, header string) {
		now := time.Unix(1000, 0)
		_, err := shop.ReadWebhook(http.Header{"X-Centra-Signature": {header}}, []byte(body), now)
		if err == nil || !fault.Is(err, fault.Rejected) {
			_, mac, _ := strings.Cut(sign("s", 1000, body).Get("X-Centra-Signature"), "v1=")
			require.Contains(t, strings.ToLower(header), mac, "only what the secret has signed is looked at")
			require.Contains(t, header, "t=1000")
		}
		hints, err := shop.ReadWebhook(sign("s", 1000, body), []byte(body), now)
		if err != nil {
			require.True(t, fault.Is(err, fault.Invalid), "%v", err)
		}
		for _, h := range hints {
			require.NotEmpty(t, h.ID)
			require.NotEmpty(t, h.Type)
		}
	})
}
