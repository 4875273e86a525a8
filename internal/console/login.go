package console

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// How long a session lasts: without a look at any page, and altogether.
const (
	sessionIdle = 4 * time.Hour
	sessionLife = 14 * time.Hour
)

// loginPage is what the login form shows.
type loginPage struct {
	Next, Name, Problem string
	Empty               bool // nobody may log in yet
}

func (c *Console) loginForm(w http.ResponseWriter, r *http.Request) {
	if token := sessionToken(r); token != "" {
		if _, err := c.session(r, token, false); err == nil {
			http.Redirect(w, r, localPath(r.URL.Query().Get("next")), http.StatusSeeOther)
			return
		}
	}
	users, err := c.o.Accounts.Users(r.Context())
	if err != nil {
		c.o.Log("the console cannot read its users", "error", err)
	}
	c.showLogin(w, r, http.StatusOK, loginPage{Next: localPath(r.URL.Query().Get("next")), Empty: err == nil && len(users) == 0})
}

func (c *Console) showLogin(w http.ResponseWriter, r *http.Request, status int, p loginPage) {
	v := &visit{c: c, w: w, r: r}
	v.render(status, "login", "Log in", p)
}

// logIn opens a session under a new token, whatever cookie came with the request: a
// token that somebody planted never becomes one of ours.
func (c *Console) logIn(w http.ResponseWriter, r *http.Request) {
	name, password := strings.ToLower(strings.TrimSpace(r.PostFormValue("name"))), r.PostFormValue("password")
	p := loginPage{Next: localPath(r.PostFormValue("next")), Name: name}
	address := hostOf(r.RemoteAddr)
	if wait := c.login.begin(name, address); wait > 0 {
		w.Header().Set("Retry-After", fmt.Sprint(int(wait.Seconds())+1))
		p.Problem = fmt.Sprintf("Too many tries. Wait %s, then try again.", plural(int(wait.Minutes())+1, "minute"))
		c.showLogin(w, r, http.StatusTooManyRequests, p)
		return
	}
	began := time.Now()
	user, err := c.checkLogin(r, name, password)
	switch {
	case fault.Is(err, fault.Rejected):
		even(r.Context(), began)
		p.Problem = "Name or password is wrong."
		c.showLogin(w, r, http.StatusUnauthorized, p)
		return
	case err != nil:
		c.login.undone(name, address)
		c.o.Log("a login could not be checked", "error", err)
		p.Problem = "The database does not answer. Try again in a moment."
		c.showLogin(w, r, http.StatusServiceUnavailable, p)
		return
	}
	c.login.succeeded(name, address)
	if old := sessionToken(r); old != "" {
		_ = c.o.Accounts.CloseSession(r.Context(), old) // it would end by itself
	}
	token, now := rand.Text()+rand.Text(), c.o.Clock()
	if err := c.o.Accounts.OpenSession(r.Context(), token, user.Name, rand.Text(), now, now.Add(-sessionIdle), now.Add(-sessionLife)); err != nil {
		c.o.Log("a session could not be opened", "error", err)
		p.Problem = "The database does not answer. Try again in a moment."
		c.showLogin(w, r, http.StatusServiceUnavailable, p)
		return
	}
	http.SetCookie(w, sessionCookie(r, token, int(sessionLife.Seconds())))
	http.Redirect(w, r, p.Next, http.StatusSeeOther)
}

// checkLogin finds the user and compares the password. It hashes once whether or not
// there is such a user, so that the time taken tells nothing.
func (c *Console) checkLogin(r *http.Request, name, password string) (ports.User, error) {
	wrong := &fault.Fault{Kind: fault.Rejected, System: "console", Op: "log in", Message: "name or password is wrong"}
	user, err := c.o.Accounts.User(r.Context(), name)
	known := err == nil
	if err != nil && !fault.Is(err, fault.NotFound) {
		return user, err
	}
	hash := c.decoy
	if known {
		hash = user.Password
	}
	var ok, outdated bool
	if err := c.hash(r.Context(), func() {
		ok, outdated = matches(hash, password[:min(len(password), longestPassword)], c.o.HashCost)
	}); err != nil {
		return user, err
	}
	if ok = ok && known && len(password) <= longestPassword; known {
		if err := c.recordLogin(r, name, ok); err != nil {
			return user, err
		}
	}
	if !ok {
		return user, wrong
	}
	if outdated {
		err := c.renew(r.Context(), name, hash, password)
		if err != nil {
			c.o.Log("a password hash could not be renewed", "user", name, "error", err)
		}
	}
	return user, nil
}

// renew keeps the hash of the same password at the cost of today.
func (c *Console) renew(ctx context.Context, name, old, password string) error {
	renewed, err := c.newHash(ctx, password)
	if err != nil {
		return err
	}
	return c.o.Accounts.RenewHash(ctx, name, old, renewed)
}

// hash does one computation of a hash when its turn comes: each takes 64 MiB, and whoever
// sends many forms at once must not take all there is.
func (c *Console) hash(ctx context.Context, compute func()) error {
	select {
	case c.hashing <- struct{}{}:
		defer func() { <-c.hashing }()
		compute()
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// newHash hashes a password when its turn comes.
func (c *Console) newHash(ctx context.Context, password string) (hashed string, err error) {
	err = c.hash(ctx, func() { hashed = hashPassword(password, c.o.HashCost) })
	return hashed, err
}

// evenStep is what the time of a refused login is rounded up to.
const evenStep = 250 * time.Millisecond

// even waits until a whole number of steps has passed: only tries for a known name are
// written to the audit, and the milliseconds that this takes would tell who is known.
func even(ctx context.Context, began time.Time) {
	spent := time.Since(began)
	rest := time.NewTimer((spent + evenStep - 1).Truncate(evenStep) - spent)
	defer rest.Stop()
	select {
	case <-rest.C:
	case <-ctx.Done():
	}
}

// recordLogin writes to the audit that a known user logged in, or did not. A name that
// nobody has is not written: people type passwords into the wrong field.
func (c *Console) recordLogin(r *http.Request, name string, ok bool) error {
	now := c.o.Clock()
	act, _, err := c.o.Audit.BeginAct(r.Context(), ports.Act{At: now, Actor: name, Act: "log-in", Target: name})
	if err != nil {
		return err
	}
	outcome, message := ports.ActDone, ""
	if !ok {
		outcome, message = ports.ActRefused, "wrong password"
	}
	return c.o.Audit.EndAct(r.Context(), act.ID, outcome, message, now)
}

func (v *visit) logOut() error {
	if err := v.c.o.Accounts.CloseSession(v.ctx(), v.token); err != nil {
		return err
	}
	http.SetCookie(v.w, sessionCookie(v.r, "", -1))
	v.redirect("/login")
	return nil
}

// The cookie's names. The prefix makes browsers refuse it without TLS, from another
// host or for a part of the site.
const (
	cookieName       = "selvedge"
	secureCookieName = "__Host-selvedge"
)

func sessionCookie(r *http.Request, token string, age int) *http.Cookie {
	cookie := &http.Cookie{
		Name: secureCookieName, Value: token, Path: "/", MaxAge: age, HttpOnly: true, Secure: true,
		SameSite: http.SameSiteLaxMode, // strict would ask everybody who comes from an alert's link to log in again
	}
	if plainLoopback(r) {
		cookie.Name, cookie.Secure = cookieName, false
	}
	return cookie
}

func sessionToken(r *http.Request) string {
	name := secureCookieName
	if plainLoopback(r) {
		name = cookieName
	}
	cookie, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return cookie.Value
}

func (c *Console) session(r *http.Request, token string, touch bool) (ports.Session, error) {
	now := c.o.Clock()
	return c.o.Accounts.Session(r.Context(), token, now, now.Add(-sessionIdle), now.Add(-sessionLife), touch)
}

// localPath keeps a way back that stays on this site.
func localPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return next
}
