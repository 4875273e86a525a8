package endtoend_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"selvedge/internal/console"
	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

const consolePassword = "four words of salt"

// console serves the operators' pages of a world, with a login for each role.
func (w *world) console(t *testing.T) string {
	t.Helper()
	pages, err := w.parts.Console(w.client)
	require.NoError(t, err)
	for name, role := range map[string]console.Role{"vera": console.Viewer, "olga": console.Operator} {
		hash, err := console.HashPassword(name, consolePassword)
		require.NoError(t, err)
		require.NoError(t, w.parts.Store.AddUser(t.Context(), ports.User{Name: name, Role: string(role), Password: hash, CreatedBy: "test"}, time.Now()))
	}
	return serve(t, pages).URL
}

// logIn logs in through the form.
func (b tab) logIn(t *testing.T, address, name string) {
	t.Helper()
	b.visit(t, address+"/login")
	b.fills(t, "#name", name)
	b.fills(t, "#password", consolePassword)
	b.press(t, "button", "Log in")
	b.sees(t, "Overview")
}

// fills types into the first field that fits.
func (b tab) fills(t *testing.T, selector, text string) {
	t.Helper()
	code := fmt.Sprintf(`(() => { const e = document.querySelector(%q); if (!e) return false; e.focus(); e.value = %q; return true })()`, selector, text)
	if !wait(b.ctx, func() bool {
		done, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](code))
		return err == nil && done
	}) {
		require.Fail(t, "there is nothing to fill in", "%s on:\n%s", selector, b.text(t))
	}
}

func TestAPersonFreesAllOrdersOfACauseInTheConsole(t *testing.T) {
	t.Parallel()
	w := open(t, options{})
	address := w.console(t)
	const first, many = 9101, 25
	for n := range many {
		w.sell(t, sale(first+n, unmapped), stays())
	}
	for n := range many {
		w.asks(t, first+n, "unmapped:shipping-method")
	}
	const cause = "unmapped:shipping-method:centra:Express Saver"

	viewer := newTab(t)
	viewer.logIn(t, address, "vera")
	viewer.visit(t, address+"/exceptions/cause?cause="+url.QueryEscape(cause))
	viewer.sees(t, "25 exceptions")
	require.NotContains(t, viewer.text(t), "Resume")
	status, err := chromedp.Run(viewer.ctx, chromedp.Evaluate[int](fmt.Sprintf(`(() => { const r = new XMLHttpRequest(); r.open("POST", "/exceptions/resume", false);
		r.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
		r.send(new URLSearchParams({csrf: document.querySelector('[name=csrf]').value, command: "mine", cause: %q, reason: "because"})); return r.status })()`, cause)))
	require.NoError(t, err)
	require.Equal(t, 403, status, "a viewer who sends the form by hand is refused by the server")

	tab := newTab(t)
	tab.logIn(t, address, "olga")
	tab.press(t, "a", cause)
	tab.sees(t, "No rule says by which service the warehouse should send the shipping method \"Express Saver\".")
	tab.fills(t, "#to", "RM48")
	tab.press(t, "button", "Show what it would do")
	tab.sees(t, "Would be freed")
	tab.sees(t, "25 orders, ")
	rules, err := w.parts.Store.RuleHistory(t.Context(), domain.RuleShippingMethod, "Express Saver")
	require.NoError(t, err)
	require.Empty(t, rules, "looking saves nothing")
	tab.fills(t, "#reason", "agreed with the warehouse")
	tab.press(t, "button", "Save the rule")
	tab.sees(t, "Saved as version")
	tab.fills(t, "form[action='/exceptions/resume'] [name=reason]", "the rule is there")
	tab.press(t, "button", "Resume 25 orders")
	tab.sees(t, "25 went on")
	tab.sees(t, "Nothing waits on this cause any more.")
	for n := range many {
		w.atFloor(t, first+n)
		held := w.atWarehouse(first + n)
		require.Len(t, held, 1, "order %d reaches the warehouse once", first+n)
		require.Equal(t, "RM48", w.warehouseHolds(t, north, fmt.Sprint(first+n))["shippingService"])
		require.Len(t, w.facts(t, first+n, domain.FactSubmitted), 1)
	}
	saved, err := w.parts.Store.RuleHistory(t.Context(), domain.RuleShippingMethod, "Express Saver")
	require.NoError(t, err)
	require.Len(t, saved, 1)
	require.Equal(t, "olga", saved[0].Author)
	for act, outcome := range map[string]string{"save-rule": ports.ActDone, "resume-cause": ports.ActDone} {
		acts, err := w.parts.Store.Acts(t.Context(), "", "olga", 0, 10)
		require.NoError(t, err)
		require.Contains(t, fmt.Sprintf("%+v", acts), act)
		require.Contains(t, fmt.Sprintf("%+v", acts), outcome)
	}
}

func TestAPersonAnswersOneOrderInTheConsole(t *testing.T) {
	t.Parallel()
	w := open(t, options{deaf: true})
	address := w.console(t)
	w.sell(t, sale(9201, unmapped), nil)
	w.take(t, 9201)
	w.asks(t, 9201, "unmapped:shipping-method")
	stale, fresh := newTab(t), newTab(t)
	for _, b := range []tab{stale, fresh} {
		b.logIn(t, address, "olga")
		b.visit(t, address+"/orders?q=9201")
		b.sees(t, "Order atelier/9201")
		b.sees(t, "1 open question")
		b.fills(t, "[name=value]", "RM48")
		b.fills(t, "form:has([name=value]) [name=reason]", "the customer waits")
	}
	fresh.press(t, "button", "Use this for this order alone")
	fresh.sees(t, "Done.")
	require.Eventually(t, func() bool { // the page was drawn while the answer was still being checked
		fresh.visit(t, address+"/orders?q=9201")
		return strings.Contains(strings.ToLower(fresh.text(t)), "no question is open")
	}, patience, time.Second)
	stale.press(t, "button", "Use this for this order alone")
	stale.sees(t, "Refused.")
	stale.sees(t, "Nothing more was done.")
	w.closes(t, 9201)
	require.Equal(t, "RM48", w.warehouseHolds(t, north, "9201")["shippingService"])
	w.requireDelivered(t, 9201, 1)
	require.Len(t, w.facts(t, 9201, domain.FactAnswered), 1)
}
