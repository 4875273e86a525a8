package acs

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"net/url"
	"strings"
	"time"
)

// Config is one account at ACS. The env names are suffixes: the caller sets the prefix.
type Config struct {
	BaseURL         string        `env:"BASE_URL"`         // such as https://host/partner/v1
	Account         string        `env:"ACCOUNT"`          // ACS's code of the account
	Warehouse       string        `env:"WAREHOUSE"`        // our key: the warehouse's name in the shop's allocations
	SubscriptionKey string        `env:"SUBSCRIPTION_KEY"` // secret; either this or the OAuth2 client
	ClientID        string        `env:"CLIENT_ID"`
	ClientSecret    string        `env:"CLIENT_SECRET"` // secret
	TokenURL        string        `env:"TOKEN_URL"`
	WebhookSecrets  []string      `env:"WEBHOOK_SECRETS" envSeparator:","` // secrets; several while one is being replaced
	Timeout         time.Duration `env:"TIMEOUT" envDefault:"20s"`         // of one request
	// RequestsPerSecond and Burst stay at or below what the contract allows an account.
	RequestsPerSecond float64 `env:"REQUESTS_PER_SECOND" envDefault:"10"`
	Burst             int     `env:"BURST" envDefault:"50"`
}

// What holds where a Config leaves a field zero.
const (
	defaultTimeout = 20 * time.Second
	defaultRate    = 10
	defaultBurst   = 50
)

func (c Config) complete() Config {
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.RequestsPerSecond == 0 {
		c.RequestsPerSecond = defaultRate
	}
	if c.Burst == 0 {
		c.Burst = defaultBurst
	}
	return c
}

// Validate names every setting that is wrong, with its remedy and never with a secret's value.
func (c Config) Validate() error {
	c = c.complete()
	var complaints []error
	add := func(format string, args ...any) { complaints = append(complaints, fmt.Errorf(format, args...)) }
	checkURL := func(name, value, example string) {
		u, err := url.Parse(value)
		switch {
		case value == "":
			add("%s is empty: set it, such as %s", name, example)
		case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
			add("%s is not an http(s) address: set it, such as %s", name, example)
		case u.User != nil || u.RawQuery != "":
			// The value itself may be a secret then, so it is not repeated.
			add("%s holds a user or a query: credentials have settings of their own", name)
		}
	}
	checkURL("BASE_URL", c.BaseURL, "https://host/partner/v1")
	if c.Account == "" {
		add("ACCOUNT is empty: set it to the account code that ACS gave you, such as BRANDX")
	}
	if c.Warehouse == "" {
		add("WAREHOUSE is empty: set it to the warehouse's name in the shop's allocations")
	}
	switch oauth := c.ClientID != "" || c.ClientSecret != "" || c.TokenURL != ""; {
	case oauth && c.SubscriptionKey != "":
		add("SUBSCRIPTION_KEY and CLIENT_ID, CLIENT_SECRET or TOKEN_URL are both set: use one way to authenticate")
	case oauth:
		checkURL("TOKEN_URL", c.TokenURL, "https://host/oauth2/token")
		if c.ClientID == "" || c.ClientSecret == "" {
			add("CLIENT_ID and CLIENT_SECRET: one of them is empty, set both")
		}
	case c.SubscriptionKey == "":
		add("SUBSCRIPTION_KEY is empty: set it, or CLIENT_ID, CLIENT_SECRET and TOKEN_URL")
	}
	for i, secret := range c.WebhookSecrets {
		if !usableSecret(secret) {
			add("WEBHOOK_SECRETS: number %d is not whsec_ followed by base64; copy it as ACS showed it", i+1)
		}
	}
	if c.Timeout < 0 {
		add("TIMEOUT is %s: set a positive time, such as 20s", c.Timeout)
	}
	if !(c.RequestsPerSecond >= 0 && c.RequestsPerSecond <= math.MaxInt32) { // so that what is no number is refused too
		add("REQUESTS_PER_SECOND is %g: set a positive number, such as 10", c.RequestsPerSecond)
	}
	if c.Burst < 0 {
		add("BURST is %d: set a positive number, such as 50", c.Burst)
	}
	return errors.Join(complaints...)
}

func usableSecret(secret string) bool {
	encoded, ok := strings.CutPrefix(secret, "whsec_")
	key, err := base64.StdEncoding.DecodeString(encoded)
	return ok && err == nil && len(key) > 0
}
