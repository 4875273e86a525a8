package centra

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Readings of how an instance takes bundles in shipments.
const (
	BundleLinesItems  = "items"  // shipments list the component lines
	BundleLinesBundle = "bundle" // shipments list the bundle line, in whole bundles
)

// Config says where Centra is and how to use it. The names in the tags are
// suffixes; whoever composes the configuration sets the prefix.
type Config struct {
	// BaseURL is the instance, such as https://example.centra.com, without /graphql.
	BaseURL string `env:"URL"`
	// Token is an API token with read and write of orders and shipments. Secret.
	Token string `env:"TOKEN"`
	// Stores maps Centra's store ids to our store keys: 1=atelier,2=outlet.
	Stores Stores `env:"STORES"`
	// Timeout bounds one request.
	Timeout time.Duration `env:"TIMEOUT" envDefault:"30s"`
	// RequestsPerSecond bounds our own rate on top of Centra's quotas; 0 means by quota only.
	RequestsPerSecond float64 `env:"REQUESTS_PER_SECOND" envDefault:"0"`
	// QuotaRefresh is how often Centra is asked what is left of its quotas; 0 means never.
	QuotaRefresh time.Duration `env:"QUOTA_REFRESH" envDefault:"5m"`
	// MaxWait is how long a request waits for quota before it is fault.RateLimited.
	MaxWait time.Duration `env:"MAX_WAIT" envDefault:"5s"`
	// MaxAnswer bounds the bytes of one answer.
	MaxAnswer int64 `env:"MAX_ANSWER" envDefault:"16777216"`
	// BundleLines is how this instance takes bundles in shipments: items or bundle.
	BundleLines string `env:"BUNDLE_LINES" envDefault:"items"`
	// OrderAttributes names the order attribute types that are read. None by default:
	// an order attribute can be a gift message, which is personal.
	OrderAttributes []string `env:"ORDER_ATTRIBUTES"`
	// WebhookSecret verifies the webhook plugin's signatures. Secret. Empty refuses all webhooks.
	WebhookSecret string `env:"WEBHOOK_SECRET"`
}

// Stores maps Centra's store ids to our store keys.
type Stores map[int]string

// UnmarshalText reads 1=atelier,2=outlet.
func (s *Stores) UnmarshalText(text []byte) error {
	stores := Stores{}
	for _, part := range strings.Split(string(text), ",") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		left, key, _ := strings.Cut(part, "=")
		key = strings.TrimSpace(key)
		id, err := strconv.Atoi(strings.TrimSpace(left))
		if err != nil || id <= 0 || key == "" || strings.ContainsAny(key, "/: \t") {
			return fmt.Errorf("store %q: want <Centra store id>=<store key>, such as 1=atelier", part)
		}
		if other, taken := stores[id]; taken {
			return fmt.Errorf("store id %d is both %q and %q; give each id one key", id, other, key)
		}
		if other, taken := stores.id(key); taken {
			return fmt.Errorf("store key %q stands for both %d and %d; give each store its own key", key, other, id)
		}
		stores[id] = key
	}
	*s = stores
	return nil
}

// id finds the Centra id of a store key.
func (s Stores) id(key string) (int, bool) {
	for id, k := range s {
		if k == key {
			return id, true
		}
	}
	return 0, false
}

// Validate lists everything that is wrong, each with variable suffix, value
// (never of a secret) and remedy.
func (c Config) Validate() error {
	var all []error
	complain := func(format string, a ...any) { all = append(all, fmt.Errorf(format, a...)) }
	if u, err := url.Parse(c.BaseURL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
		complain("URL: is not an http(s) address without credentials; set it to your instance, such as https://example.centra.com")
	}
	if strings.TrimSpace(c.Token) == "" {
		complain("TOKEN: is empty; create one in Centra under System > API tokens")
	} else if strings.ContainsAny(c.Token, " \t\r\n") {
		complain("TOKEN: holds white space; paste the token alone")
	}
	if len(c.Stores) == 0 {
		complain("STORES: is empty; name each store as <Centra store id>=<store key>, such as 1=atelier,2=outlet")
	}
	if c.Timeout < 0 {
		complain("TIMEOUT: %s is negative; set it to about 30s", c.Timeout)
	}
	if !(c.RequestsPerSecond >= 0 && c.RequestsPerSecond <= math.MaxInt32) { // so that what is no number is refused too
		complain("REQUESTS_PER_SECOND: %g is negative or no number; set 0 to go by Centra's quotas alone", c.RequestsPerSecond)
	}
	if c.QuotaRefresh < 0 {
		complain("QUOTA_REFRESH: %s is negative; set it to about 5m, or 0 for never", c.QuotaRefresh)
	}
	if c.MaxWait < 0 {
		complain("MAX_WAIT: %s is negative; set it to a few seconds", c.MaxWait)
	}
	if c.MaxAnswer < 0 {
		complain("MAX_ANSWER: %d is negative; set it to about 16777216 bytes", c.MaxAnswer)
	}
	switch c.BundleLines {
	case "", BundleLinesItems, BundleLinesBundle:
	default:
		complain("BUNDLE_LINES: %q is unknown; set it to items or bundle", c.BundleLines)
	}
	return errors.Join(all...)
}
