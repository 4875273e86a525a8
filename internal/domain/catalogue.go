package domain

import "time"

// OfferedMethod is a shipping method that the shop offers.
type OfferedMethod struct {
	Ref
	Active bool
}

// OfferedMarket is a market that the shop sells in.
type OfferedMarket struct {
	Ref
	Store     string   // our key
	Countries []string // ISO 3166-1 alpha-2
}

// CatalogueSize is a size that the shop sells, with what its warehouses demand of it.
type CatalogueSize struct {
	ID         string    `json:"id"` // of the size in the shop
	SKU        string    `json:"sku"`
	EAN        string    `json:"ean,omitempty"`
	Name       string    `json:"name"` // of the product
	Product    string    `json:"product,omitempty"`
	Variant    string    `json:"variant,omitempty"`
	Item       ItemData  `json:"item"`
	Warehouses []string  `json:"warehouses,omitempty"` // that the shop keeps stock of it in
	UpdatedAt  time.Time `json:"updatedAt"`            // of the product
}

// CoverageGap is a value that no rule gives a meaning to, although no order has met it
// yet: a method, a market, a size, a service, a status, a disposition.
type CoverageGap struct {
	Source    string    `json:"source"` // the list it was found in
	Scope     string    `json:"scope"`  // the warehouse or store for which the rule is missing
	Kind      string    `json:"kind"`   // of the exception that an order would open
	Cause     string    `json:"cause"`  // likewise
	Owner     string    `json:"owner"`
	Value     string    `json:"value"`
	Detail    string    `json:"detail"`
	FirstSeen time.Time `json:"firstSeen"`
	LastSeen  time.Time `json:"lastSeen"`
	Orders    int       `json:"orders"` // that wait on the same cause by now; 0 is in time
}

// CoverageList names one list that was compared with the rules: a gap of it that is not
// found again is closed, while those of lists that could not be read stay.
type CoverageList struct {
	Source string
	Scope  string
	// Except is a kind of gap that could not be looked for; its gaps stay. Empty: none.
	Except string
}
