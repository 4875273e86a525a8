package console_test

import (
	"flag"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/console"
	"selvedge/internal/store/storetest"
)

// orders is how many orders BenchmarkPages puts into the store.
var orders = flag.Int("orders", 100_000, "orders in the store of BenchmarkPages")

// BenchmarkPages measures how long each page takes with many orders in the store, the
// connection included: the 95th percentile in milliseconds as p95-ms. The overview's
// counts are counted anew each time, which in production happens every few seconds.
//
//	go run ./internal/devpg/cmd/with-postgres -- go test ./internal/console -run '^$' -bench Pages -benchtime 100x
func BenchmarkPages(b *testing.B) {
	const cause = "unmapped:shipping-method:centra:Method 0"
	d := &desk{now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}
	address := storetest.URL(b)
	storetest.Fill(b, address, *orders, d.now)
	d.serve(b, storetest.Open(b, address, storetest.Keyring(b, "test")))
	d.addUser(b, "ada", console.Admin)
	for name, path := range map[string]string{
		"overview": "/", "exceptions": "/exceptions", "cause": "/exceptions/cause?cause=" + url.QueryEscape(cause),
		"orders": "/orders", "orders of a state": "/orders?state=needs-attention", "orders of a rare state": "/orders?state=delayed",
		"search, one": "/orders?q=150000", "search, many": "/orders?q=15", "order": "/orders/atelier/150000", "rules": "/rules",
		"rule": "/rules/edit?table=item&from=SKU-7&warehouse=leeds", "audit": "/audit", "returns": "/returns", "documents": "/documents",
		"kind": "/exceptions?kind=unmapped:shipping-method", "handbook": "/handbook/daily",
	} {
		b.Run(name, func(b *testing.B) {
			ada := d.as(b, "ada")
			var took []time.Duration
			for b.Loop() {
				d.pass(30 * time.Second) // no count is kept
				began := time.Now()
				got := ada.get(b, path)
				took = append(took, time.Since(began))
				if got.status != http.StatusOK && got.status != http.StatusSeeOther {
					require.Equal(b, http.StatusOK, got.status, got.body)
				}
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
		})
	}
}
