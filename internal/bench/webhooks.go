package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"selvedge/internal/contract"
	"selvedge/internal/simulators/centra"
)

// webhooks measures how many deliveries a second the doors take: verified, stored, and
// their orders woken before the answer. Its floor is as many bare signals to the same
// workflows. The worker is stopped for both: it has its own row.
func webhooks(ctx context.Context, o options) ([]figure, error) {
	y, err := open(ctx, o.bin, settings{deaf: true, env: map[string]string{"SELVEDGE_FEED_EVERY": "1h", "SELVEDGE_INTAKE_EVERY": "1h"}})
	if err != nil {
		return nil, err
	}
	defer y.close()
	pid, err := y.startWorker(ctx)
	if err != nil {
		return nil, err
	}
	n := max(100, o.orders/2)
	if err := y.handOver(ctx, n); err != nil {
		return nil, err
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		return nil, err
	}
	events, err := y.events(ctx)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	err = sideBySide(len(events), func(i int) error { return y.deliver(ctx, events[i]) })
	taken := float64(len(events)) / time.Since(began).Seconds()
	if err != nil {
		return nil, err
	}
	began = time.Now()
	err = sideBySide(len(events), func(i int) error {
		return y.client.SignalWorkflow(ctx, workflowID(1001+i%n), "", contract.SignalFact, contract.FactSignal{Sequence: 1})
	})
	bare := float64(len(events)) / time.Since(began).Seconds()
	return []figure{{what: fmt.Sprintf("webhooks taken a second, %d at once", startedAtOnce), measured: number(taken) + " /s", floor: number(bare) + " /s bare signals", ratio: taken / bare}}, err
}

// handOver sells n orders and waits until the warehouse has shipped them all, which it
// tells nobody.
func (y *yard) handOver(ctx context.Context, n int) error {
	var orders []centra.SeedOrder
	var numbers []string
	for i := range n {
		orders, numbers = append(orders, sale(1001+i)), append(numbers, strconv.Itoa(1001+i))
	}
	if err := y.sell(orders, nil); err != nil {
		return err
	}
	if _, err := y.parts.Intake(y.client).TakeOrders(ctx, store, numbers); err != nil {
		return err
	}
	err := until(ctx, patience, func() (bool, error) {
		left := 0
		for _, a := range y.floor.State() {
			for _, order := range a.Orders {
				if order.State == "shipped" {
					left++
				}
			}
		}
		return left == n, nil
	})
	if err != nil {
		return fmt.Errorf("%d orders leave the warehouse: %w", n, err)
	}
	return nil
}

// delivery is an event of the feed, as its webhook would bring it.
type delivery struct {
	id  string
	raw json.RawMessage
}

// events reads the feed, in order, without what is not about orders.
func (y *yard) events(ctx context.Context) ([]delivery, error) {
	var out []delivery
	for after := int64(0); ; {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/events?after=%d&limit=200", y.environment["SELVEDGE_ACS_0_BASE_URL"], after), nil)
		if err != nil {
			return nil, err
		}
		request.Header.Set("Ocp-Apim-Subscription-Key", "key-"+account)
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return nil, err
		}
		var page struct {
			Data []json.RawMessage `json:"data"`
		}
		err = json.NewDecoder(answer.Body).Decode(&page)
		_ = answer.Body.Close()
		if err != nil {
			return nil, fmt.Errorf("read the feed: %w", err)
		}
		if len(page.Data) == 0 {
			return out, nil
		}
		for _, raw := range page.Data {
			var e struct {
				ID       string `json:"id"`
				Type     string `json:"type"`
				Sequence int64  `json:"sequence"`
			}
			if err := json.Unmarshal(raw, &e); err != nil {
				return nil, err
			}
			if e.Sequence <= after {
				return nil, fmt.Errorf("the feed repeats sequence %d", e.Sequence)
			}
			after = e.Sequence
			if strings.HasPrefix(e.Type, "order.") || strings.HasPrefix(e.Type, "shipment.") {
				out = append(out, delivery{e.ID, raw})
			}
		}
	}
}

// deliver signs and posts an event, as the warehouse does.
func (y *yard) deliver(ctx context.Context, d delivery) error {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return err
	}
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", d.id, stamp, d.raw)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, y.doorsURL+"/webhooks/warehouse/"+warehouse, bytes.NewReader(d.raw))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("webhook-id", d.id)
	request.Header.Set("webhook-timestamp", stamp)
	request.Header.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("the doors answered %d to event %s", answer.StatusCode, d.id)
	}
	return nil
}
