package console

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// visit is one request of somebody who is logged in and may make it.
type visit struct {
	c       *Console
	w       http.ResponseWriter
	r       *http.Request
	token   string
	who     ports.Session
	outcome outcome
}

// outcome is what came of an act, told on the page that follows it.
type outcome struct {
	Kind string // done, refused or failed; empty when there was no act
	Text string
}

// handle gates a handler: a session, the role, and the session's token for whatever
// may change something.
func (c *Console) handle(pattern string, role Role, serve func(*visit) error) {
	c.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		v := &visit{c: c, w: w, r: r, token: sessionToken(r)}
		if !v.enter() {
			return
		}
		changes := r.Method != http.MethodGet && r.Method != http.MethodHead
		switch {
		case !Role(v.who.Role).May(role):
			v.problem(http.StatusForbidden, "You may not do this", "This needs the role "+string(role)+"; yours is "+v.who.Role+". Ask an admin.")
			return
		case changes && subtle.ConstantTimeCompare([]byte(r.PostFormValue("csrf")), []byte(v.who.CSRF)) != 1:
			v.problem(http.StatusForbidden, "This form is too old", "It was made for another session. Load the page again and repeat what you did; nothing was changed.")
			return
		}
		if err := serve(v); err != nil {
			v.fail(err)
		}
	})
}

// enter finds the session. Without one it leads to the login and answers false.
func (v *visit) enter() bool {
	if v.token != "" {
		var err error
		// A page that refreshes itself does not keep its session open.
		if v.who, err = v.c.session(v.r, v.token, !v.polls()); err == nil {
			return true
		} else if !fault.Is(err, fault.NotFound) {
			v.fail(err)
			return false
		}
	}
	login := "/login"
	if v.r.Method == http.MethodGet && v.r.Header.Get("HX-Request") == "" {
		login += "?next=" + url.QueryEscape(v.r.URL.RequestURI())
	}
	switch {
	case v.r.Header.Get("HX-Request") != "":
		v.w.Header().Set("HX-Redirect", login)
		v.w.WriteHeader(http.StatusUnauthorized)
	case v.r.Method == http.MethodGet || v.r.Method == http.MethodHead:
		http.Redirect(v.w, v.r, login, http.StatusSeeOther)
	default:
		v.problem(http.StatusUnauthorized, "You are not logged in", "Your session has ended. Log in and repeat what you did; nothing was changed.")
	}
	return false
}

func (v *visit) ctx() context.Context { return v.r.Context() }

func (v *visit) now() time.Time { return v.c.o.Clock() }

// just tells whether the page follows an act whose outcome is still to be seen: it was
// done with this request, or this request looks again for it.
func (v *visit) just(act string) bool {
	return v.outcome.Kind == ports.ActDone && strings.HasSuffix(v.r.URL.Path, "/"+act) || v.r.URL.Query().Get("just") == act
}

// polls tells whether a page looks by itself whether something has changed.
func (v *visit) polls() bool { return v.r.URL.Query().Get("poll") != "" }

// may tells whether the visitor may do what needs that role; templates hide the rest.
func (v *visit) may(role Role) bool { return Role(v.who.Role).May(role) }

// show answers with a page.
func (v *visit) show(page, title string, data any) error {
	status := http.StatusOK
	switch v.outcome.Kind {
	case ports.ActRefused:
		status = http.StatusConflict
	case ports.ActFailed:
		status = http.StatusBadGateway
	}
	v.render(status, page, title, data)
	return nil
}

func (v *visit) redirect(path string) {
	if v.r.Header.Get("HX-Request") != "" {
		v.w.Header().Set("HX-Redirect", path)
		v.w.WriteHeader(http.StatusOK)
		return
	}
	http.Redirect(v.w, v.r, path, http.StatusSeeOther)
}

// fail turns an error into a page; what went wrong is logged, and told where it is the visitor's.
func (v *visit) fail(err error) {
	switch f, _ := fault.As(err); {
	case errors.Is(err, context.Canceled):
		return // nobody waits for the answer
	case f != nil && f.Kind == fault.NotFound:
		v.problem(http.StatusNotFound, "There is no such thing", f.Message+".")
	case f != nil && f.Kind == fault.Invalid:
		v.problem(http.StatusBadRequest, "That cannot be read", f.Message+".")
	default:
		v.c.o.Log("a page could not be shown", "path", v.r.URL.Path, "error", err)
		v.problem(http.StatusServiceUnavailable, "This page cannot be shown now", "The database does not answer, or answered with an error that was logged. Nothing was changed; try again in a moment.")
	}
}

// nowhere answers for addresses that there are none of, logged in or not: what is asked
// for by mistake must not look like a page behind the login.
func (c *Console) nowhere(w http.ResponseWriter, r *http.Request) {
	v := &visit{c: c, w: w, r: r, token: sessionToken(r)}
	if v.token != "" {
		if who, err := c.session(r, v.token, false); err == nil {
			v.who = who
		}
	}
	v.problem(http.StatusNotFound, "There is no such page", "Look at the address, or go on from the navigation.")
}

// problem answers with a page that says what is wrong and what to do.
func (v *visit) problem(status int, title, text string) {
	v.outcome = outcome{}
	v.render(status, "problem", title, text)
}

// layout is what every page is given.
type layout struct {
	Title   string
	Path    string
	Who     ports.Session
	Nav     []navItem
	Outcome outcome
	Now     time.Time
	Data    any
	visit   *visit
}

// May tells whether the visitor has that role.
func (l layout) May(role string) bool { return l.visit.may(Role(role)) }

// Command makes the name under which a form's act is recorded.
func (l layout) Command() string { return rand.Text() }

func (v *visit) render(status int, page, title string, data any) {
	l := layout{Title: title, Path: v.r.URL.Path, Who: v.who, Outcome: v.outcome, Now: v.now(), Data: data, visit: v}
	if v.who.Name != "" {
		l.Nav = slices.DeleteFunc(slices.Clone(v.c.nav), func(n navItem) bool { return !v.may(n.Role) })
	}
	var b bytes.Buffer
	if err := v.c.pages.execute(&b, page, l); err != nil {
		v.c.o.Log("a page has a defect", "page", page, "error", err)
		http.Error(v.w, "this page has a defect; it was logged", http.StatusInternalServerError)
		return
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	_, _ = v.w.Write(b.Bytes()) // the browser has gone away otherwise
}
