package acs

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// tokenLife is how long a bearer token is good for.
const tokenLife = 3600 * time.Second

type bearer struct {
	account string
	expires time.Time
}

// serveToken is the client credentials grant of RFC 6749. Each call makes a new
// token; older ones stay good until they expire.
func (s *Simulator) serveToken(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	status, body := s.token(w, r)
	w.WriteHeader(status)
	// The caller may be gone; there is nobody to tell.
	_ = json.NewEncoder(w).Encode(body)
}

func (s *Simulator) token(w http.ResponseWriter, r *http.Request) (int, map[string]any) {
	if r.Method != http.MethodPost {
		return http.StatusMethodNotAllowed, map[string]any{"error": "invalid_request", "error_description": "use POST"}
	}
	r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
	if err := r.ParseForm(); err != nil {
		return http.StatusBadRequest, map[string]any{"error": "invalid_request", "error_description": "the form cannot be read"}
	}
	if grant := r.PostForm.Get("grant_type"); grant != "client_credentials" {
		return http.StatusBadRequest, map[string]any{"error": "unsupported_grant_type"}
	}
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.accounts {
		if a.clientSecret == "" || a.clientID != id || subtle.ConstantTimeCompare([]byte(a.clientSecret), []byte(secret)) != 1 {
			continue
		}
		sum := sha256.Sum256(fmt.Appendf(nil, "%d/%s/%s/%s", s.opts.Seed, a.code, a.clientSecret, s.id("token")))
		token := hex.EncodeToString(sum[:])
		s.bearer[token] = bearer{account: a.code, expires: s.now().Add(tokenLife)}
		return http.StatusOK, map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": int(tokenLife.Seconds()), "scope": "partner"}
	}
	return http.StatusUnauthorized, map[string]any{"error": "invalid_client"}
}

// authenticate finds the account of a request. The caller holds the lock.
func (s *Simulator) authenticate(r *http.Request) (*account, *answer) {
	refused := refuse(http.StatusUnauthorized, "unauthorized", "Send a valid Ocp-Apim-Subscription-Key or bearer token.").
		with("WWW-Authenticate", `Bearer realm="acs"`)
	var code string
	if token, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); isBearer {
		b, known := s.bearer[token]
		if !known || !s.now().Before(b.expires) {
			return nil, &refused
		}
		code = b.account
	} else if key := r.Header.Get("Ocp-Apim-Subscription-Key"); key != "" {
		code = s.keys[key]
	}
	a := s.accounts[code]
	if a == nil {
		return nil, &refused
	}
	if a.suspended {
		suspended := refuse(http.StatusForbidden, "account_suspended", "Ask ACS to open the account again.")
		return nil, &suspended
	}
	return a, nil
}

// limit takes one token of the account's bucket, or says when the next is there.
func (s *Simulator) limit(a *account) *answer {
	if s.opts.RateLimit < 0 {
		return nil
	}
	now := s.now()
	if !a.filledAt.IsZero() {
		a.tokens = min(float64(s.opts.Burst), a.tokens+now.Sub(a.filledAt).Seconds()*s.opts.RateLimit)
	}
	a.filledAt = now
	if a.tokens >= 1 {
		a.tokens--
		return nil
	}
	wait := max(1, int(math.Ceil((1-a.tokens)/s.opts.RateLimit)))
	limited := refuse(http.StatusTooManyRequests, "rate_limited",
		fmt.Sprintf("More than %v requests per second with a burst of %d.", s.opts.RateLimit, s.opts.Burst)).
		with("Retry-After", strconv.Itoa(wait))
	return &limited
}
