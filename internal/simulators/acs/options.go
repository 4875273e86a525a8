package acs

import (
	"fmt"
	"net/http"
	"time"

	"selvedge/internal/simulators/clock"
	"selvedge/internal/simulators/weather"
)

// What the floor does with a line that has too few available units.
const (
	// OutOfStockHold holds the order (awaiting_stock) until units come. The default.
	OutOfStockHold = "hold"
	// OutOfStockOverAllocate allocates all the same: available becomes negative.
	OutOfStockOverAllocate = "overAllocate"
	// OutOfStockShort closes the missing units as short and goes on with the rest.
	OutOfStockShort = "short"
	// OutOfStockReject rejects the order after its acceptance with insufficient_stock.
	OutOfStockReject = "reject"
)

// Options are the settings of a simulator. The zero value is usable: calm
// weather, real time, the contract's rate limit.
type Options struct {
	// Seed determines delays, parcels, sequence gaps and tracking numbers.
	Seed uint64
	// Clock is the simulated time; nil makes one that stands at the real time.
	Clock *clock.Clock
	// Weather disturbs the partner API and the webhooks; nil means calm.
	Weather *weather.Weather
	// Pace multiplies the floor's own delays; 0 means 1, about an hour an order.
	// Milliseconds of floor plans are not multiplied.
	Pace float64
	// RetryPace multiplies the webhook retry schedule (5 s … 10 h); 0 means 1.
	RetryPace float64
	// RateLimit is requests per second and account; 0 means 10, negative means no limit.
	RateLimit float64
	// Burst is how many requests may come at once; 0 means 50.
	Burst int
	// Variety makes the floor send some orders in two or three shipments even though no plan says so.
	Variety bool
	// OutOfStock is one of the OutOfStock constants; empty means OutOfStockHold.
	OutOfStock string
	// Leak is planted into detail and values of problem bodies and rejections, to prove that clients redact them.
	Leak string
	// Senders is how many webhooks of a subscription are under way at once; 0 means 1,
	// more lets later ones overtake.
	Senders int
	// Client sends the webhooks; nil means one with the contract's time limit of 10 s that follows no redirects.
	Client *http.Client
}

// SeedOptions are the options that a Seed may change at run time; absent ones stay.
type SeedOptions struct {
	Pace       *float64 `json:"pace,omitempty"`
	RetryPace  *float64 `json:"retryPace,omitempty"`
	RateLimit  *float64 `json:"rateLimit,omitempty"`
	Burst      *int     `json:"burst,omitempty"`
	Variety    *bool    `json:"variety,omitempty"`
	OutOfStock *string  `json:"outOfStock,omitempty"`
	Leak       *string  `json:"leak,omitempty"`
}

func (o Options) complete() (Options, error) {
	if o.Clock == nil {
		o.Clock = clock.New()
	}
	if o.Weather == nil {
		calm, err := weather.New("calm", o.Seed)
		if err != nil {
			return o, fmt.Errorf("acs: make calm weather: %w", err)
		}
		o.Weather = calm
	}
	if o.Pace == 0 {
		o.Pace = 1
	}
	if o.RetryPace == 0 {
		o.RetryPace = 1
	}
	if o.RateLimit == 0 {
		o.RateLimit = 10
	}
	if o.Burst == 0 {
		o.Burst = 50
	}
	if o.OutOfStock == "" {
		o.OutOfStock = OutOfStockHold
	}
	if o.Client == nil {
		// As many connections are kept as senders are under way for a few subscriptions: of
		// the usual two, most deliveries of a burst would open one of their own.
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConnsPerHost = 4 * max(1, o.Senders)
		o.Client = &http.Client{
			Transport:     transport,
			Timeout:       10 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return o, o.validate()
}

func (o Options) validate() error {
	if o.Pace < 0 || o.RetryPace < 0 || o.Burst < 0 {
		return fmt.Errorf("acs: pace is %v, retryPace %v, burst %d: none may be negative", o.Pace, o.RetryPace, o.Burst)
	}
	switch o.OutOfStock {
	case OutOfStockHold, OutOfStockOverAllocate, OutOfStockShort, OutOfStockReject:
		return nil
	}
	return fmt.Errorf("acs: outOfStock is %q, must be hold, overAllocate, short or reject", o.OutOfStock)
}

func (o Options) with(c *SeedOptions) (Options, error) {
	if c == nil {
		return o, nil
	}
	assign(&o.Pace, c.Pace)
	assign(&o.RetryPace, c.RetryPace)
	assign(&o.RateLimit, c.RateLimit)
	assign(&o.Burst, c.Burst)
	assign(&o.Variety, c.Variety)
	assign(&o.OutOfStock, c.OutOfStock)
	assign(&o.Leak, c.Leak)
	return o, o.validate()
}

func assign[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}
