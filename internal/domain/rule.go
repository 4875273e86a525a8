package domain

import "time"

// RuleTable names a mapping table.
type RuleTable string

// Mapping tables: what From and To mean, and which scope counts.
const (
	// RuleShippingMethod maps a shop's shipping method (its id, uri or name) to a warehouse's
	// service code, per Warehouse and optionally per Country.
	RuleShippingMethod RuleTable = "shipping-method"
	// RuleMarket maps a shop's market (its id or name), per Store, to the entity that
	// sells there; Extra["currency"] is the currency that the entity books for it.
	RuleMarket RuleTable = "market"
	// RuleItem maps a shop's size (its SKU or EAN) to a warehouse's item, per Warehouse,
	// where the codes differ.
	RuleItem RuleTable = "item"
	// RuleCarrier maps a warehouse's carrier code to the shop's carrier name, per Warehouse.
	RuleCarrier RuleTable = "carrier"
	// RuleAttributeDefault gives an item attribute a default: From is type:<t>, brand:<b>
	// or collection:<c>, Extra["attribute"] the attribute, To its value, per Warehouse.
	RuleAttributeDefault RuleTable = "attribute-default"
	// RulePayment maps a payment method (its id, uri or name), per Store, to its capture
	// mode: on-shipment, before-submission or external.
	RulePayment RuleTable = "payment-method"
	// RuleStockStatus maps a warehouse's stock status to sellable or withheld, per Warehouse.
	// Without a rule, available is sellable, the other statuses of the vocabulary are withheld,
	// and any other word is withheld and asked about.
	RuleStockStatus RuleTable = "stock-status"
	// RuleStockBuffer keeps units back from sale, per Warehouse: From is a warehouse's item or
	// *, optionally @ and a market, such as SH-BL-M@Sweden or *@Sweden; To is the units.
	RuleStockBuffer RuleTable = "stock-buffer"
	// RuleStockGrade says which grade is promised of a warehouse's item (From, or *), per
	// Warehouse: only units of grade To or better are sold.
	RuleStockGrade RuleTable = "stock-grade"
	// RuleDisposition maps a warehouse's return disposition, alone or with a grade as
	// <disposition>/<grade>, to an action, per Warehouse; Extra says more, see package mapping.
	RuleDisposition RuleTable = "disposition"
	// RuleAdjustmentReason says what a warehouse means by a reason of its books that the
	// contract does not know, per Warehouse: a loss (ber, donated, recycled,
	// returned-to-brand, lost), or stock where no document is due.
	RuleAdjustmentReason RuleTable = "adjustment-reason"
	// RuleCutoff maps a warehouse's service code to HH:MM, Extra["timezone"] names the zone
	// and Extra["days"] the working days, such as mon-fri; every day when it is left out.
	RuleCutoff RuleTable = "service-cutoff"
	// RuleEntity maps a legal entity, as market rules name it, to its ledger's own id of it
	// (a NetSuite subsidiary, a company). Extra["timezone"] is the zone of its business
	// dates, Extra["currency"] lists what it books, such as GBP EUR.
	RuleEntity RuleTable = "entity"
	// RuleRefundPolicy says when a return's money goes back, optionally per Store and
	// Country: From is a market (its id, uri or name) or *, alone or with the warehouse's
	// disposition or a kind of return as <market>/<word>, such as */ber; To is on-receipt,
	// on-grading or manual. Extra["fee"] is kept back from a return, in minor units of each
	// currency, such as 395 GBP, 450 EUR; Extra["shipping"] is none, full-return or always.
	RuleRefundPolicy RuleTable = "refund-policy"
)

// Rule is one version of one mapping. Rules are never edited: a newer version of
// the same table, scope and From replaces an older one; Retired ends it.
type Rule struct {
	Version   int64             `json:"version"` // grows over all rules
	Table     RuleTable         `json:"table"`
	Store     string            `json:"store,omitempty"`
	Warehouse string            `json:"warehouse,omitempty"`
	Country   string            `json:"country,omitempty"`
	From      string            `json:"from"`
	To        string            `json:"to"`
	Extra     map[string]string `json:"extra,omitempty"`
	Retired   bool              `json:"retired,omitempty"`
	Author    string            `json:"author"`
	Reason    string            `json:"reason"`
	At        time.Time         `json:"at"`
}

// CaptureMode says when and by whom an order's money is captured.
type CaptureMode string

// Capture modes per payment method.
const (
	CaptureOnShipment       CaptureMode = "on-shipment"
	CaptureBeforeSubmission CaptureMode = "before-submission"
	CaptureExternal         CaptureMode = "external"
)

// ItemAttribute is an attribute of a warehouse item that somebody completed by hand or import.
type ItemAttribute struct {
	Warehouse string `json:"warehouse"`
	SKU       string `json:"sku"` // the warehouse's item
	Attribute string `json:"attribute"`
	Value     string `json:"value"`
}
