package centra

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/Khan/genqlient/graphql"

	"selvedge/internal/fault"
	"selvedge/internal/systems/rest"
)

const system = "centra"

// defaultMaxAnswer holds where Config leaves MaxAnswer zero.
const defaultMaxAnswer = 16 << 20

// HTTPDoer sends one HTTP request; credentials are its business. *rest.Client is one.
type HTTPDoer interface {
	Do(*http.Request) (*http.Response, error)
}

// Class says what a mutation is spent on, so that a shared budget can put what
// matters before what can wait.
type Class string

// Classes of mutation, in the order in which a short budget is spent.
const (
	ClassStockDecrease Class = "stock-decrease"
	ClassShipment      Class = "shipment"
	ClassReturn        Class = "return"
	ClassHold          Class = "hold"
	ClassConfirmation  Class = "confirmation"
	ClassStockIncrease Class = "stock-increase"
)

// Options are what a client needs beside its configuration. All may be nil.
type Options struct {
	// Doer replaces the transport; it sets the Authorization header itself.
	Doer HTTPDoer
	// Log takes what operators should know, such as deprecated fields in use.
	Log func(msg string, kv ...any)
	// Spend is asked before each mutation and refuses with a fault when the budget
	// shared by all processes has nothing left for the class.
	Spend func(ctx context.Context, class Class) error
	// Quotas is told what Centra says is left of its mutations, whenever it was asked.
	Quotas func(ctx context.Context, limits []MutationQuota)
	// Alone does something while nobody else does anything of the same name, whichever
	// process it is of; nil means that nobody else writes.
	Alone func(ctx context.Context, name string, do func() error) error
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// MutationQuota is what Centra says of one window of its mutation quota.
type MutationQuota struct {
	Every     time.Duration
	Quota     int
	Remaining int
}

// client is the graphql.Client behind the generated operations: one HTTP attempt a call.
type client struct {
	url       string
	doer      HTTPDoer
	maxAnswer int64
	log       func(msg string, kv ...any)
	budget    func(ctx context.Context, class Class) error
	quotas    func(ctx context.Context, limits []MutationQuota)
	now       func() time.Time
	pace      *pacer
	refresh   time.Duration

	asking    sync.Mutex // held while the quotas are asked for
	mu        sync.Mutex
	refreshed time.Time       // when the quotas were last asked for
	known     bool            // whether they were answered since
	told      map[string]bool // deprecations that were logged already
}

func newClient(c Config, o Options) *client {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = func(string, ...any) {}
	}
	if o.Spend == nil {
		o.Spend = func(context.Context, Class) error { return nil }
	}
	if o.Quotas == nil {
		o.Quotas = func(context.Context, []MutationQuota) {}
	}
	if c.MaxAnswer <= 0 {
		c.MaxAnswer = defaultMaxAnswer
	}
	if o.Doer == nil {
		o.Doer = rest.New(rest.Options{
			System: system, Timeout: c.Timeout, MaxAnswer: c.MaxAnswer,
			RequestsPerSecond: c.RequestsPerSecond, Burst: int(c.RequestsPerSecond),
			Auth: func(r *http.Request) error {
				r.Header.Set("Authorization", "Bearer "+c.Token)
				return nil
			},
		})
	}
	return &client{
		url: strings.TrimRight(c.BaseURL, "/") + "/graphql", doer: o.Doer, maxAnswer: c.MaxAnswer,
		log: o.Log, budget: o.Spend, quotas: o.Quotas, now: o.Now, pace: newPacer(o.Now, c.MaxWait),
		refresh: c.QuotaRefresh, told: map[string]bool{},
	}
}

// spend asks the shared budget for one mutation. What Centra says is left comes first:
// a process that begins must not spend what others have spent already.
func (c *client) spend(ctx context.Context, class Class) error {
	c.refreshQuotas(ctx)
	err := c.budget(ctx, class)
	if fault.Is(err, fault.RateLimited) && c.refresh > 0 && c.mayAskAgain() {
		c.refreshQuotas(ctx) // a quota that was raised, or not spent by others, is learnt before anybody waits
		return c.budget(ctx, class)
	}
	return err
}

// MakeRequest sends one operation and classifies what came back. It is called by
// the generated code only.
func (c *client) MakeRequest(ctx context.Context, request *graphql.Request, response *graphql.Response) error {
	call := call{op: request.OpName, reads: !strings.HasPrefix(strings.TrimSpace(request.Query), "mutation")}
	body, err := json.Marshal(request)
	if err != nil {
		return &fault.Fault{Kind: fault.Invalid, System: system, Op: call.op, Code: "unwritable", Message: "the request cannot be written as JSON"}
	}
	call.sent = body
	c.refreshQuotas(ctx)
	if err := c.pace.take(ctx, call); err != nil {
		return err
	}
	answer, err := c.exchange(ctx, call, body)
	if err != nil {
		return err
	}
	return c.decode(call, answer, response)
}

// call is one request under way, as its faults need it.
type call struct {
	op    string
	reads bool   // changes nothing, so a lost answer is no answer
	sent  []byte // the request body: numbers in it may be repeated in messages
}

// lost is the kind of a failure after which nobody knows whether the call took effect.
func (c call) lost() fault.Kind {
	if c.reads {
		return fault.Unavailable
	}
	return fault.Uncertain
}

func (c *client) exchange(ctx context.Context, call call, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return nil, &fault.Fault{Kind: fault.Misconfigured, System: system, Op: call.op, Code: "address", Message: "the configured URL cannot be used"}
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	res, err := c.doer.Do(r)
	if err != nil {
		return nil, rest.AsFault(system, call.op, call.reads, err)
	}
	defer func() { _ = res.Body.Close() }() // the answer was read; nothing is left to lose
	if res.StatusCode != http.StatusOK {
		return nil, c.statusFault(call, res)
	}
	answer, err := io.ReadAll(io.LimitReader(res.Body, c.maxAnswer+1))
	if errors.Is(err, rest.ErrTooLarge) || err == nil && int64(len(answer)) > c.maxAnswer {
		f := &fault.Fault{Kind: fault.Uncertain, System: system, Op: call.op, Code: codeTooLarge, Message: "the answer is larger than MAX_ANSWER"}
		if call.reads {
			f.Kind = fault.Invalid // the same question has the same answer
		}
		return nil, f
	}
	if err != nil {
		return nil, rest.AsFault(system, call.op, call.reads, err)
	}
	return answer, nil
}

// envelope is the outer shape of every answer.
type envelope struct {
	Data       json.RawMessage `json:"data"`
	Errors     json.RawMessage `json:"errors"`
	Extensions json.RawMessage `json:"extensions"`
}

func (c *client) decode(call call, answer []byte, response *graphql.Response) error {
	var e envelope
	if err := json.Unmarshal(answer, &e); err != nil {
		return &fault.Fault{Kind: call.lost(), System: system, Op: call.op, Code: "not_json", Message: "the answer is not JSON"}
	}
	c.readExtensions(call, e.Extensions)
	if err := graphqlFault(call, e); err != nil {
		return err
	}
	if len(e.Data) == 0 || string(e.Data) == "null" {
		return &fault.Fault{Kind: call.lost(), System: system, Op: call.op, Code: "no_data", Message: "the answer holds neither data nor errors"}
	}
	if err := json.Unmarshal(e.Data, response.Data); err != nil {
		f := &fault.Fault{Kind: fault.Uncertain, System: system, Op: call.op, Code: codeUnreadable, Message: "the answer does not fit the schema" + fieldOf(err)}
		if call.reads {
			f.Kind = fault.Invalid
		}
		return f
	}
	return nil
}

// fieldOf names the field of a decoding error; the error's own text can hold the value.
func fieldOf(err error) string {
	var t *json.UnmarshalTypeError
	if errors.As(err, &t) && t.Field != "" {
		return " at " + t.Field + ", which should be " + t.Type.String()
	}
	return ""
}

// readExtensions charges the complexity and tells each deprecation once. Nothing
// here can fail an answer: extensions are advice.
func (c *client) readExtensions(call call, raw json.RawMessage) {
	var x struct {
		Complexity  json.Number       `json:"complexity"`
		Permissions []json.RawMessage `json:"deprecatedPermissionsUsed"`
		Fields      []json.RawMessage `json:"deprecatedFieldsUsed"`
	}
	if len(raw) == 0 || json.Unmarshal(raw, &x) != nil {
		return
	}
	if n, err := x.Complexity.Int64(); err == nil && n > 0 {
		c.pace.charge(int(min(n, 1<<30)))
	}
	for kind, list := range map[string][]json.RawMessage{"permission": x.Permissions, "field": x.Fields} {
		for _, entry := range list {
			var text string
			if json.Unmarshal(entry, &text) == nil {
				c.tellDeprecation(call.op, kind, text)
			}
		}
	}
}

func (c *client) tellDeprecation(op, kind, text string) {
	key := kind + " " + text
	c.mu.Lock()
	known := c.told[key]
	c.told[key] = true
	c.mu.Unlock()
	if !known {
		c.log("Centra will remove something that we use", "system", system, "op", op, "kind", kind, "deprecated", text)
	}
}
