package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/console"
	"selvedge/internal/ports"
)

func TestNobodySeesAPageWithoutALogin(t *testing.T) {
	t.Parallel()
	d := open(t)
	b := d.browser(t)
	for _, path := range []string{"/", "/account", "/users", "/audit"} {
		got := b.get(t, path)
		require.Equal(t, http.StatusSeeOther, got.status, path)
		require.Equal(t, "/login?next="+url.QueryEscape(path), got.header.Get("Location"))
	}
	require.Equal(t, http.StatusNotFound, b.get(t, "/nowhere").status)
	got := b.post(t, "/users", url.Values{"do": {"add"}})
	require.Equal(t, http.StatusUnauthorized, got.status)
}

func TestALogin(t *testing.T) {
	t.Parallel()
	t.Run("leads back to the page that was asked for, on this site only", func(t *testing.T) {
		t.Parallel()
		d := open(t)
		for next, want := range map[string]string{
			"/audit?actor=ada": "/audit?actor=ada", "https://evil.test/": "/", "//evil.test": "/", `/\evil.test`: "/", "": "/", "javascript:alert(1)": "/",
		} {
			got := d.browser(t).post(t, "/login", url.Values{"name": {"ada"}, "password": {password}, "next": {next}})
			require.Equal(t, http.StatusSeeOther, got.status)
			require.Equal(t, want, got.header.Get("Location"), next)
		}
	})
	t.Run("answers an unknown name and a wrong password alike", func(t *testing.T) {
		t.Parallel()
		d := open(t)
		unknown := d.browser(t).post(t, "/login", url.Values{"name": {"nobody"}, "password": {password}})
		wrong := d.browser(t).post(t, "/login", url.Values{"name": {"ada"}, "password": {"wrong horse battery"}})
		require.Equal(t, http.StatusUnauthorized, unknown.status)
		require.Equal(t, http.StatusUnauthorized, wrong.status)
		require.Equal(t, strings.ReplaceAll(unknown.body, "nobody", "ada"), wrong.body)
		acts, err := d.store.Acts(within(t), "", "", 0, 10)
		require.NoError(t, err)
		require.Len(t, acts, 1, "the known name is audited, the unknown one may be a password")
		require.Equal(t, []string{"ada", "log-in", ports.ActRefused}, []string{acts[0].Actor, acts[0].Act, acts[0].Outcome})
	})
	t.Run("is refused after five wrong passwords, even with the right one, for a quarter of an hour", func(t *testing.T) {
		t.Parallel()
		d := open(t)
		b := d.browser(t)
		for range 5 {
			require.Equal(t, http.StatusUnauthorized, b.post(t, "/login", url.Values{"name": {"ada"}, "password": {"wrong horse battery"}}).status)
		}
		right := url.Values{"name": {"ada"}, "password": {password}}
		got := b.post(t, "/login", right)
		require.Equal(t, http.StatusTooManyRequests, got.status)
		require.NotEmpty(t, got.header.Get("Retry-After"))
		require.Equal(t, http.StatusSeeOther, b.post(t, "/login", url.Values{"name": {"olga"}, "password": {password}}).status, "others may log in")
		d.pass(15 * time.Minute)
		require.Equal(t, http.StatusSeeOther, b.post(t, "/login", right).status)
	})
	t.Run("never takes over a token that somebody planted", func(t *testing.T) {
		t.Parallel()
		d := open(t)
		b := d.browser(t)
		site, err := url.Parse(d.server.URL)
		require.NoError(t, err)
		b.Jar.SetCookies(site, []*http.Cookie{{Name: "selvedge", Value: "planted", Path: "/"}})
		require.Equal(t, http.StatusSeeOther, b.post(t, "/login", url.Values{"name": {"ada"}, "password": {password}}).status)
		require.NotEqual(t, "planted", b.Jar.Cookies(site)[0].Value)
		thief := d.browser(t)
		thief.Jar.SetCookies(site, []*http.Cookie{{Name: "selvedge", Value: "planted", Path: "/"}})
		require.Equal(t, http.StatusSeeOther, thief.get(t, "/").status)
	})
	t.Run("renews a hash that was made at another cost", func(t *testing.T) {
		t.Parallel()
		d := open(t)
		old := console.HashAt(password, console.HashCost{Memory: 32, Time: 1, Threads: 1})
		require.NoError(t, d.store.SetPassword(within(t), "ada", old, "", d.clock()))
		d.as(t, "ada")
		u, err := d.store.User(within(t), "ada")
		require.NoError(t, err)
		require.Contains(t, u.Password, "$m=64,t=1,p=1$")
		d.as(t, "ada")
	})
	t.Run("from another site is refused", func(t *testing.T) {
		t.Parallel()
		d := open(t)
		b := d.browser(t)
		r := b.request(t, "/login", url.Values{"name": {"ada"}, "password": {password}})
		r.Header.Set("Origin", "https://evil.test")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		require.Equal(t, http.StatusForbidden, b.do(t, r).status)
	})
}

func TestASession(t *testing.T) {
	t.Parallel()
	t.Run("ends with the log-out, on the server too", func(t *testing.T) {
		t.Parallel()
		d := open(t)
		b := d.as(t, "vera")
		site, err := url.Parse(d.server.URL)
		require.NoError(t, err)
		stolen := b.Jar.Cookies(site)
		require.Equal(t, http.StatusSeeOther, b.post(t, "/logout", fill(t, b.get(t, "/"), "/logout", "", nil)).status)
		b.Jar.SetCookies(site, stolen)
		require.Equal(t, http.StatusSeeOther, b.get(t, "/").status)
	})
	t.Run("ends after four hours without a look, and a page that refreshes itself is no look", func(t *testing.T) {
		t.Parallel()
		d := open(t)
		b := d.as(t, "vera")
		for range 3 {
			d.pass(3 * time.Hour)
			require.Equal(t, http.StatusOK, b.get(t, "/").status)
		}
		b = d.as(t, "vera")
		for range 2 {
			d.pass(2*time.Hour - time.Minute)
			require.Equal(t, http.StatusOK, b.get(t, "/?poll=1").status)
		}
		d.pass(3 * time.Minute)
		require.Equal(t, http.StatusSeeOther, b.get(t, "/").status)
	})
	t.Run("ends after fourteen hours", func(t *testing.T) {
		t.Parallel()
		d := open(t)
		b := d.as(t, "vera")
		for range 4 {
			d.pass(3 * time.Hour)
			require.Equal(t, http.StatusOK, b.get(t, "/").status)
		}
		d.pass(2*time.Hour + time.Minute)
		require.Equal(t, http.StatusSeeOther, b.get(t, "/").status)
	})
	t.Run("loses what its user may no more at once", func(t *testing.T) {
		t.Parallel()
		d := open(t)
		b := d.as(t, "ada")
		d.addUser(t, "bert", console.Admin)
		require.NoError(t, d.store.SetRole(within(t), "ada", "viewer", d.clock()))
		require.Equal(t, http.StatusSeeOther, b.get(t, "/users").status)
	})
	t.Run("has a cookie that scripts and plain connections never get", func(t *testing.T) {
		t.Parallel()
		d := open(t)
		form := url.Values{"name": {"ada"}, "password": {password}}
		here := d.browser(t).post(t, "/login", form).header.Get("Set-Cookie")
		require.Regexp(t, `^selvedge=[A-Z0-9]{52}; Path=/; Max-Age=50400; HttpOnly; SameSite=Lax$`, here, "plain HTTP on this machine")
		b := d.browser(t)
		for name, change := range map[string]func(*http.Request){
			"behind TLS":            func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "https") },
			"under a public name":   func(r *http.Request) { r.Host = "ops.example.test"; r.Header.Set("Origin", "http://ops.example.test") },
			"under a public number": func(r *http.Request) { r.Host = "192.0.2.7:8090"; r.Header.Set("Origin", "http://192.0.2.7:8090") },
		} {
			r := b.request(t, "/login", form)
			change(r)
			require.Regexp(t, `^__Host-selvedge=[A-Z0-9]{52}; Path=/; Max-Age=50400; HttpOnly; Secure; SameSite=Lax$`, b.do(t, r).header.Get("Set-Cookie"), name)
		}
	})
}

func TestEveryAnswerCarriesThePolicy(t *testing.T) {
	t.Parallel()
	d := open(t)
	b := d.as(t, "ada")
	for _, path := range []string{"/", "/login", "/users", "/nowhere", "/assets/console.js", "/assets/nothing.js"} {
		h := b.get(t, path).header
		csp := h.Get("Content-Security-Policy")
		require.Contains(t, csp, "default-src 'none'", path)
		require.Contains(t, csp, "script-src 'self';", path)
		require.Contains(t, csp, "frame-ancestors 'none'", path)
		require.NotContains(t, csp, "unsafe", path)
		require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"), path)
	}
	require.Equal(t, "no-store", b.get(t, "/").header.Get("Cache-Control"))
	require.Contains(t, b.get(t, "/assets/console.js").header.Get("Cache-Control"), "immutable")
}

func TestNoPageHoldsInlineScriptOrStyle(t *testing.T) {
	t.Parallel()
	d := open(t)
	b := d.as(t, "ada")
	for _, path := range []string{"/", "/users", "/audit", "/account", "/nowhere"} {
		page := b.get(t, path).body
		require.NotRegexp(t, `(?i)<style|\sstyle="|\son[a-z]+="|javascript:`, page, path)
		require.NotRegexp(t, `<script>|<script [^>]*[^r]>[^<]`, page, path)
	}
}

func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	d := open(t)
	for _, name := range []string{"vera", "olga"} {
		b := d.as(t, name)
		require.Equal(t, http.StatusForbidden, b.get(t, "/users").status, name)
		require.Equal(t, http.StatusForbidden, b.get(t, "/audit").status, name)
		require.NotContains(t, b.get(t, "/").body, `href="/users"`)
		csrf := fill(t, b.get(t, "/account"), "/account", "", nil)
		csrf.Set("do", "role")
		csrf.Set("name", name)
		csrf.Set("role", "admin")
		require.Equal(t, http.StatusForbidden, b.post(t, "/users", csrf).status, name)
		u, err := d.store.User(within(t), name)
		require.NoError(t, err)
		require.NotEqual(t, "admin", u.Role)
	}
}

func TestAFormWithoutItsTokenChangesNothing(t *testing.T) {
	t.Parallel()
	d := open(t)
	b := d.as(t, "ada")
	add := url.Values{"do": {"add"}, "name": {"mallory"}, "role": {"admin"}, "password": {password}}
	good := fill(t, b.get(t, "/users"), "/users", `value="add"`, add)
	other := fill(t, d.as(t, "ada").get(t, "/users"), "/users", `value="add"`, add)
	for name, form := range map[string]url.Values{"no token": add, "the token of another session": other} {
		got := b.post(t, "/users", form)
		require.Equal(t, http.StatusForbidden, got.status, name)
		require.Contains(t, got.body, "nothing was changed", name)
	}
	r := b.request(t, "/users", good)
	r.Header.Set("Origin", "https://evil.test")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	require.Equal(t, http.StatusForbidden, b.do(t, r).status, "from another site, even with the token")
	_, err := d.store.User(within(t), "mallory")
	require.Error(t, err)
	require.Equal(t, http.StatusOK, b.post(t, "/users", good).status)
	_, err = d.store.User(within(t), "mallory")
	require.NoError(t, err)
}

func TestAFormSentTwiceIsOneAct(t *testing.T) {
	t.Parallel()
	d := open(t)
	b := d.as(t, "ada")
	form := fill(t, b.get(t, "/users"), "/users", `value="add"`, url.Values{"do": {"add"}, "name": {"carl"}, "role": {"viewer"}, "password": {password}})
	first, second := b.post(t, "/users", form), b.post(t, "/users", form)
	require.Equal(t, http.StatusOK, first.status)
	require.Contains(t, first.body, "carl may log in as viewer.")
	require.Equal(t, http.StatusOK, second.status)
	require.Contains(t, second.body, "sent before and counts once")
	acts, err := d.store.Acts(within(t), "carl", "", 0, 10)
	require.NoError(t, err)
	require.Len(t, acts, 1)
	require.Equal(t, []string{"ada", "add-user", ports.ActDone}, []string{acts[0].Actor, acts[0].Act, acts[0].Outcome})

	form.Set("name", "dora")
	require.Contains(t, b.post(t, "/users", form).body, "used for something else before")
}

func TestUsers(t *testing.T) {
	t.Parallel()
	d := open(t)
	b := d.as(t, "ada")
	change := func(holds string, fields url.Values) answer {
		return b.post(t, "/users", fill(t, b.get(t, "/users"), "/users", holds, fields))
	}
	t.Run("are refused with the reason, and nothing changes", func(t *testing.T) {
		for want, fields := range map[string]url.Values{
			"no e-mail address":        {"do": {"add"}, "name": {"x@example.test"}, "role": {"viewer"}, "password": {password}},
			"give at least 12":         {"do": {"add"}, "name": {"emil"}, "role": {"viewer"}, "password": {"short"}},
			"give viewer, operator":    {"do": {"add"}, "name": {"emil"}, "role": {"god"}, "password": {password}},
			"a user of that name":      {"do": {"add"}, "name": {"vera"}, "role": {"viewer"}, "password": {password}},
			"is the last admin":        {"do": {"remove"}, "name": {"ada"}},
			"ada is the last admin":    {"do": {"role"}, "name": {"ada"}, "role": {"viewer"}},
			"there is no user nobody":  {"do": {"remove"}, "name": {"nobody"}},
			"asks for nothing that is": {"do": {"dance"}},
		} {
			got := change(`value="add"`, fields)
			require.Equal(t, http.StatusConflict, got.status, want)
			require.Contains(t, strings.ToLower(got.body), strings.ToLower(want))
		}
		users, err := d.store.Users(within(t))
		require.NoError(t, err)
		require.Len(t, users, 3)
	})
	t.Run("log in with the new password and not with the old one", func(t *testing.T) {
		old := d.as(t, "olga")
		require.Equal(t, http.StatusOK, change(`value="password"`, url.Values{"do": {"password"}, "name": {"olga"}, "password": {"another good password"}}).status)
		require.Equal(t, http.StatusSeeOther, old.get(t, "/").status, "her sessions have ended")
		require.Equal(t, http.StatusUnauthorized, d.browser(t).post(t, "/login", url.Values{"name": {"olga"}, "password": {password}}).status)
		require.Equal(t, http.StatusSeeOther, d.browser(t).post(t, "/login", url.Values{"name": {"olga"}, "password": {"another good password"}}).status)
	})
	t.Run("change their own password with the present one", func(t *testing.T) {
		vera := d.as(t, "vera")
		other := d.as(t, "vera")
		own := func(present string) answer {
			return vera.post(t, "/account", fill(t, vera.get(t, "/account"), "/account", "", url.Values{"present": {present}, "password": {"a third good password"}}))
		}
		require.Equal(t, http.StatusConflict, own("not the present one").status)
		require.Equal(t, http.StatusOK, own(password).status)
		require.Equal(t, http.StatusOK, vera.get(t, "/").status, "this session goes on")
		require.Equal(t, http.StatusSeeOther, other.get(t, "/").status, "all others end")
	})
	t.Run("never have their passwords in the audit", func(t *testing.T) {
		page := b.get(t, "/audit").body
		require.Contains(t, page, "reset password")
		for _, secret := range []string{password, "another good password", "a third good password", "argon2id"} {
			require.NotContains(t, page, secret)
		}
	})
}
