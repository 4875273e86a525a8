package acs

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net"
	"net/url"
	"strings"
)

// Seed is the body of POST /_sim/seed. It adds to what is there: accounts are
// found by code, items and inventory by SKU, plans by account and order, so a
// second run of the same seed changes nothing. Filling a new account makes no
// events; changing the items or the stock of one that is there does.
type Seed struct {
	Options  *SeedOptions  `json:"options,omitempty"`
	Accounts []AccountSeed `json:"accounts,omitempty"`
	Floor    []FloorPlan   `json:"floor,omitempty"`
}

// AccountSeed is one account, that is, one warehouse of one client.
type AccountSeed struct {
	Account string `json:"account"`
	// Key is the Ocp-Apim-Subscription-Key. ClientID and ClientSecret are for
	// OAuth2; the id may be left out, it is then the account code.
	Key          string `json:"key,omitempty"`
	ClientID     string `json:"clientId,omitempty"`
	ClientSecret string `json:"clientSecret,omitempty"`
	// Suspended answers everything with 403 account_suspended.
	Suspended bool `json:"suspended,omitempty"`

	ShippingServices []ShippingService `json:"shippingServices,omitempty"`
	Items            []Item            `json:"items,omitempty"`
	Inventory        []InventorySeed   `json:"inventory,omitempty"`
	// Webhook is a target that gets every event; unlike a subscription of the API it
	// may be loopback http. Another seed with a target replaces it.
	Webhook *WebhookTarget `json:"webhook,omitempty"`
}

// InventorySeed is the stock of a SKU. An item without one has none.
type InventorySeed struct {
	SKU string `json:"sku"`
	// Quantities by status: absolute, any status name, also unknown ones, also negative.
	Quantities map[string]int `json:"quantities"`
	// ByGrade splits available, where the account grades.
	ByGrade map[string]int `json:"byGrade,omitempty"`
}

// WebhookTarget receives events. Secret is whsec_ and base64 of the key.
type WebhookTarget struct {
	URL    string `json:"url"`
	Secret string `json:"secret"`
}

// Seed puts data in. Nothing is stored when a part of it is wrong.
func (s *Simulator) Seed(seed Seed) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	opts, err := s.opts.with(seed.Options)
	if err != nil {
		return err
	}
	if err := s.checkSeed(seed); err != nil {
		return fmt.Errorf("acs: seed: %w", err)
	}
	s.opts = opts
	for i := range seed.Floor {
		p := seed.Floor[i]
		s.plans[planKey(p.Account, p.Order)] = &planned{FloorPlan: p, rejected: make(map[string]int)}
	}
	for _, a := range seed.Accounts {
		s.seedAccount(a)
	}
	return nil
}

func (s *Simulator) checkSeed(seed Seed) error {
	keys := maps.Clone(s.keys)
	for i, a := range seed.Accounts {
		if a.Account == "" {
			return fmt.Errorf("accounts[%d].account is empty", i)
		}
		if other := keys[a.Key]; a.Key != "" && other != "" && other != a.Account {
			return fmt.Errorf("accounts[%d].key is also the key of account %q: keys tell accounts apart", i, other)
		}
		keys[a.Key] = a.Account
		for j, item := range a.Items {
			if item.SKU == "" || item.Name == "" {
				return fmt.Errorf("accounts[%d].items[%d] needs sku and name", i, j)
			}
		}
		for j, inv := range a.Inventory {
			if inv.SKU == "" {
				return fmt.Errorf("accounts[%d].inventory[%d].sku is empty", i, j)
			}
		}
		for j, service := range a.ShippingServices {
			if service.Code == "" || service.CarrierCode == "" {
				return fmt.Errorf("accounts[%d].shippingServices[%d] needs code and carrierCode", i, j)
			}
		}
		if a.Webhook != nil {
			if err := a.Webhook.validate(); err != nil {
				return fmt.Errorf("accounts[%d].webhook: %w", i, err)
			}
		}
	}
	for i := range seed.Floor {
		if err := seed.Floor[i].validate(); err != nil {
			return fmt.Errorf("floor[%d]: %w", i, err)
		}
	}
	return nil
}

func (t *WebhookTarget) validate() error {
	u, err := url.Parse(t.URL)
	if err != nil || u.Host == "" {
		return fmt.Errorf("url is %q, must be an address such as http://127.0.0.1:8080/acs", t.URL)
	}
	ip := net.ParseIP(u.Hostname())
	loopback := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback) {
		return fmt.Errorf("url is %q, must be https, or http on loopback", t.URL)
	}
	if _, err := decodeSecret(t.Secret); err != nil {
		return err
	}
	return nil
}

func decodeSecret(secret string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || !strings.HasPrefix(secret, "whsec_") || len(key) == 0 {
		return nil, fmt.Errorf("secret is not whsec_ followed by the base64 of a key")
	}
	return key, nil
}

func (s *Simulator) seedAccount(seed AccountSeed) {
	a := s.accounts[seed.Account]
	s.quiet = a == nil
	defer func() { s.quiet = false }()
	if a == nil {
		a = newAccount(seed.Account)
		a.tokens = float64(s.opts.Burst)
		s.accounts[seed.Account] = a
	}
	if seed.Key != "" {
		delete(s.keys, a.key)
		a.key = seed.Key
		s.keys[a.key] = a.code
	}
	if seed.ClientSecret != "" {
		a.clientID, a.clientSecret = seed.ClientID, seed.ClientSecret
		if a.clientID == "" {
			a.clientID = a.code
		}
	}
	a.suspended = seed.Suspended
	if seed.ShippingServices != nil {
		a.services = seed.ShippingServices
	}
	for _, item := range seed.Items {
		s.putItem(a, item)
	}
	for _, inv := range seed.Inventory {
		s.setStock(a, inv.SKU, inv.Quantities, inv.ByGrade)
	}
	if seed.Webhook != nil {
		a.target(*seed.Webhook)
	}
}
