package rest

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"selvedge/internal/fault"
)

// ClientCredentials is an OAuth2 grant for machines.
type ClientCredentials struct {
	System       string
	TokenURL     string
	ClientID     string
	ClientSecret string
	Scopes       []string
}

// Tokens fetches bearer tokens and keeps one until shortly before it expires.
type Tokens struct {
	grant ClientCredentials
	http  *http.Client

	mu     sync.Mutex
	source oauth2.TokenSource
}

// NewTokens makes a token source that asks its token endpoint by a transport of its
// own, with the same limits as every other request.
func NewTokens(grant ClientCredentials) *Tokens {
	t := &Tokens{grant: grant}
	t.http = New(Options{System: grant.System, MaxAnswer: 1 << 20}).asHTTP()
	t.Forget()
	return t
}

// Authorize sets the bearer token; it fits Options.Auth.
func (t *Tokens) Authorize(r *http.Request) error {
	t.mu.Lock()
	source := t.source
	t.mu.Unlock()
	token, err := source.Token()
	if err != nil {
		return t.classify(err)
	}
	token.SetAuthHeader(r)
	return nil
}

// Forget drops the token, so that the next request fetches a new one; it fits Options.Refresh.
func (t *Tokens) Forget() bool {
	config := clientcredentials.Config{
		ClientID: t.grant.ClientID, ClientSecret: t.grant.ClientSecret,
		TokenURL: t.grant.TokenURL, Scopes: t.grant.Scopes,
	}
	// The source outlives any request, so it cannot take a request's context; the
	// transport's own time limit bounds it.
	ctx := context.WithValue(context.Background(), oauth2.HTTPClient, t.http)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.source = oauth2.ReuseTokenSource(nil, config.TokenSource(ctx))
	return true
}

// classify words a failed grant without the endpoint's answer, which oauth2 puts into its error.
func (t *Tokens) classify(err error) error {
	f := &fault.Fault{Kind: fault.Unavailable, System: t.grant.System, Op: "fetch token", Code: "token"}
	var answer *oauth2.RetrieveError
	var transport *TransportError
	switch {
	case errors.As(err, &answer) && answer.Response != nil && answer.Response.StatusCode < 500 &&
		answer.Response.StatusCode != http.StatusTooManyRequests:
		f.Kind, f.Code = fault.Misconfigured, "credentials"
		f.Message = "the token endpoint refuses the client id or secret; check both"
	case errors.As(err, &transport):
		f.Message = "the token endpoint cannot be reached: " + transport.reason
	default:
		f.Message = "the token endpoint gives no token"
	}
	return f
}

// asHTTP lets a library that wants an *http.Client use our transport and its rules.
func (c *Client) asHTTP() *http.Client {
	return &http.Client{
		Transport:     roundTripper(c.Do),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
