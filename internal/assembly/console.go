package assembly

import (
	"net/http"

	"go.temporal.io/sdk/client"

	"selvedge/internal/console"
)

// Console builds the operators' pages, with a connection to Temporal.
func (p *Parts) Console(client.Client) (*console.Console, error) {
	return console.New(console.Options{
		Accounts: p.Store, Audit: p.Store, Overview: p.Store,
		Log: func(msg string, kv ...any) { p.Log.Sugar().Warnw(msg, kv...) },
	})
}

// Doors serves webhooks and health to machines, and all other addresses to people.
func Doors(webhooks, pages http.Handler) http.Handler {
	doors := http.NewServeMux()
	doors.Handle("/webhooks/", webhooks)
	doors.Handle("/healthz", webhooks)
	doors.Handle("/", pages)
	return doors
}
