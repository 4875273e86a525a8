package endtoend_test

import (
	"context"
	"fmt"
	"net/url"
	"os/exec"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"selvedge/internal/simulators/centra"
)

// installBrowser is what .ci/deps does, and what a person without it can type.
const installBrowser = "no Chromium was found; install it with: apt-get install -y --no-install-recommends chromium"

func TestAPersonFreesAnOrderInTheWebUI(t *testing.T) {
	t.Parallel()
	w := open(t, options{deaf: true})
	w.sell(t, sale(9001, unmapped), nil)
	w.take(t, 9001)
	w.asks(t, 9001, "unmapped:shipping-method")
	w.sell(t, sale(9002), stays())
	w.take(t, 9002)
	w.atFloor(t, 9002)
	tab := newTab(t)

	for _, query := range []string{`OrderState="needs-attention"`, `Cause="unmapped:shipping-method:centra:Express Saver"`} {
		tab.visit(t, temporal.WebUI+"/namespaces/"+w.ns+"/workflows?query="+url.QueryEscape(query))
		tab.sees(t, "order/atelier/9001")
		require.NotContains(t, tab.text(t), "order/atelier/9002", "an order that needs nobody is not in the list of %s", query)
	}
	tab.press(t, "a", "order/atelier/9001")
	tab.press(t, "#user-metadata-tab", "User Metadata")
	for _, words := range []string{
		"Order atelier/9001 waits for a person: one open question.",
		"No rule says by which service the warehouse should send the shipping method “Express Saver”.",
		"retry after the rule is saved", `"action":"override"`,
	} {
		tab.sees(t, words)
	}

	w.admin(t, centra.Action{Action: "edit-shipping-option", Order: 9001, ShippingOption: "Express"})
	tab.press(t, "button", "More Actions")
	tab.press(t, `[data-testid="signal-button"]`, "Send a Signal")
	tab.press(t, `dialog[open] [data-testid="signal-select-button"]`, "")
	tab.press(t, `dialog[open] [role="option"]`, "Needs no input")
	tab.press(t, `dialog[open] [data-testid="confirm-modal-button"]:enabled`, "Submit")
	w.closes(t, 9001)
	w.requireDelivered(t, 9001, 1)
	require.Equal(t, "RM24", w.warehouseHolds(t, north, "9001")["shippingService"])
}

// tab is a tab of a headless browser.
type tab struct{ ctx context.Context }

// newTab starts a browser that ends with the test.
func newTab(t *testing.T) tab {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	require.NotEmpty(t, path, installBrowser)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WindowSize(1600, 1200))...) // without a sandbox, because root has none
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(allocator)
	t.Cleanup(closeTab)
	require.NoError(t, chromedp.Do(ctx, chromedp.Navigate("about:blank")), "the browser does not start")
	return tab{ctx}
}

func (b tab) visit(t *testing.T, address string) {
	t.Helper()
	require.NoError(t, chromedp.Do(b.ctx, chromedp.Navigate(address)))
}

// text is what the page shows, the frames with rendered details included.
func (b tab) text(t *testing.T) string {
	t.Helper()
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](
		`[document, ...[...document.querySelectorAll('iframe')].map(f => f.contentDocument)].map(d => d && d.body ? d.body.innerText : '').join('\n')`))
	require.NoError(t, err)
	return text
}

func (b tab) sees(t *testing.T, words string) {
	t.Helper()
	var last string
	if !wait(b.ctx, func() bool {
		last = b.text(t)
		return strings.Contains(last, words)
	}) {
		require.Fail(t, "the page does not show it", "%q is not in:\n%s", words, last)
	}
}

// press clicks the first element that a person could see and click: the Web UI keeps
// a hidden copy of its menus for narrow windows.
func (b tab) press(t *testing.T, selector, words string) {
	t.Helper()
	code := fmt.Sprintf(`(() => { for (const e of document.querySelectorAll(%q)) {
		if (e.getBoundingClientRect().width > 0 && e.checkVisibility({visibilityProperty: true, opacityProperty: true}) && e.innerText.includes(%q)) { e.click(); return true }
	} return false })()`, selector, words)
	if !wait(b.ctx, func() bool {
		done, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](code))
		return err == nil && done
	}) {
		require.Fail(t, "there is nothing to press", "%s with %q on:\n%s", selector, words, b.text(t))
	}
}
