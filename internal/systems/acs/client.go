package acs

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"selvedge/internal/ports"
	"selvedge/internal/systems/acs/gen"
	"selvedge/internal/systems/rest"
)

// Warehouse is one account at ACS. It is safe for concurrent use.
type Warehouse struct {
	config    Config
	api       *gen.Client
	transport *rest.Client
}

var _ ports.Warehouse = (*Warehouse)(nil)

// New makes the adapter of one account; its error lists every wrong setting. Nothing is sent.
func New(config Config) (*Warehouse, error) {
	config = config.complete()
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("acs: %w", err)
	}
	options := rest.Options{
		System: system, Timeout: config.Timeout, RequestsPerSecond: config.RequestsPerSecond, Burst: config.Burst,
	}
	if config.TokenURL != "" {
		tokens := rest.NewTokens(rest.ClientCredentials{
			System: system, TokenURL: config.TokenURL, ClientID: config.ClientID,
			ClientSecret: config.ClientSecret, Scopes: []string{"partner"},
		})
		options.Auth, options.Refresh = tokens.Authorize, tokens.Forget
	} else {
		options.Auth = func(r *http.Request) error {
			r.Header.Set("Ocp-Apim-Subscription-Key", config.SubscriptionKey)
			return nil
		}
	}
	transport := rest.New(options)
	api, err := gen.NewClient(config.BaseURL, gen.WithHTTPClient(transport))
	if err != nil {
		return nil, fmt.Errorf("acs: BASE_URL is not an http(s) address") // err quotes it
	}
	return &Warehouse{config: config, api: api, transport: transport}, nil
}

// Close closes idle connections.
func (w *Warehouse) Close() { w.transport.CloseIdle() }

// Key is our key of the warehouse: its name in the shop's allocations.
func (w *Warehouse) Key() string { return w.config.Warehouse }

// Limits states what one order may hold at most.
func (w *Warehouse) Limits() ports.WarehouseLimits { return limits }

// settle reads an answer: one of the good statuses is decoded into out, anything
// else becomes a fault.
func settle(c call, response *http.Response, err error, out any, good ...int) (status int, header http.Header, failed error) {
	body, status, header, err := answer(c, response, err, good...)
	if err != nil {
		return status, header, err
	}
	if err := json.Unmarshal(body, out); err != nil {
		return 0, nil, unreadable(c, err)
	}
	return status, header, nil
}

// follows gives the cursor of the next page. A page that names itself as the next would
// be read for ever.
func follows(c call, asked string, next *string) (string, error) {
	if after := deref(next); after == "" || after != asked {
		return after, nil
	}
	return "", unreadable(c, fmt.Errorf("the next page is the one that was asked for"))
}

// answer reads the body of an answer of one of the good statuses; anything else is a fault.
func answer(c call, response *http.Response, err error, good ...int) (body []byte, status int, header http.Header, failed error) {
	if err != nil {
		return nil, 0, nil, rest.AsFault(system, c.op, c.reads, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err = io.ReadAll(response.Body)
	if !slices.Contains(good, response.StatusCode) {
		// A refusal counts even if its body was cut off: the status says enough.
		if response.StatusCode >= 200 && response.StatusCode < 300 {
			return nil, 0, nil, unreadable(c, fmt.Errorf("status %d is not in the contract", response.StatusCode))
		}
		return nil, response.StatusCode, response.Header, refusal(c, response.StatusCode, response.Header, body, time.Now())
	}
	if err != nil {
		return nil, 0, nil, unreadable(c, err)
	}
	return body, response.StatusCode, response.Header, nil
}

// readOrder reads an order as ACS words it.
func (w *Warehouse) readOrder(ctx context.Context, number string) (gen.Order, error) {
	c := call{op: "GET order", reads: true}
	var order gen.Order
	if err := checkNumber(c.op, number); err != nil {
		return order, err
	}
	response, err := w.api.GetOrder(ctx, number)
	if _, _, err := settle(c, response, err, &order, http.StatusOK); err != nil {
		return order, err
	}
	return order, checkOrder(c, number, order)
}

// checkOrder demands what every order must have: a body that is merely JSON, such
// as a proxy's page, must not read as an order without lines.
func checkOrder(c call, number string, order gen.Order) error {
	if order.OrderNumber == "" || order.OrderNumber != number || order.Revision < 1 || order.Status == "" || len(order.Lines) == 0 {
		return unreadable(c, fmt.Errorf("not an order"))
	}
	return nil
}
