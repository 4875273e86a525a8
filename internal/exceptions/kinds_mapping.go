package exceptions

// mappingKinds are what no rule, or more than one, gives a meaning to.
func mappingKinds() []Kind {
	return []Kind{
		{
			Name: "unmapped:shipping-method", Owner: Ops, Severity: Hold,
			Answers: []Action{Retry, Override, WithdrawOrder}, Override: overrideService, FreedByRule: true, FreedByData: true, Handbook: "unmapped-shipping-method",
			What:   `No rule says by which service the warehouse should send the shipping method "{value}".`,
			Where:  "The order in Centra, shipping method.",
			Change: "Add a shipping-method rule for the warehouse, or give this one order a service.",
			Press:  "retry after the rule is saved; override with shippingService for this order alone.",
		},
		{
			Name: "unmapped:market", Owner: Finance, Severity: Hold,
			Answers: []Action{Retry, WithdrawOrder}, FreedByRule: true, FreedByData: true, Handbook: "unmapped-market",
			What:   `No rule says which entity sells in the market "{value}", or the order is not in the currency that the entity books there.`,
			Where:  "The order in Centra, market and currency.",
			Change: "Add or correct the market rule of the store, with its currency.",
			Press:  "retry after the rule is saved.",
		},
		{
			Name: "unmapped:carrier", Owner: Ops, Severity: Hold,
			Answers: []Action{Retry, Skip}, FreedByRule: true, Handbook: "unmapped-carrier",
			What:   `The warehouse shipped with carrier "{value}", and no rule says what Centra calls it.`,
			Where:  "The shipment at the warehouse, carrier code.",
			Change: "Add a carrier rule for the warehouse.",
			Press:  "retry after the rule is saved; skip leaves this shipment for you to enter in Centra.",
		},
		{
			Name: "unmapped:sku", Owner: Merchandising, Severity: Hold,
			Answers: []Action{Retry, WithdrawOrder}, FreedByRule: true, FreedByData: true, Handbook: "unmapped-sku",
			What:   `The size "{value}" has no code that the warehouse could know it by.`,
			Where:  "The order line in Centra, SKU.",
			Change: "Give the product size an SKU in Centra, or add an item rule for its EAN.",
			Press:  "retry after the SKU or the rule is there.",
		},
		{
			Name: "unmapped:warehouse", Owner: Ops, Severity: Hold,
			Answers: []Action{Retry, WithdrawOrder}, FreedByData: true, Handbook: "unmapped-warehouse",
			What:   `Centra has allocated units in the warehouse "{value}", which Selvedge does not serve.`,
			Where:  "The order in Centra, allocation.",
			Change: "Move the allocation to a warehouse that Selvedge serves, or have the warehouse configured.",
			Press:  "retry after the allocation was moved.",
		},
		{
			Name: "unmapped:payment-method", Owner: Finance, Severity: Hold,
			Answers: []Action{Retry, WithdrawOrder}, FreedByRule: true, Handbook: "unmapped-payment-method",
			What:   `No rule says when the money of payment method "{value}" is captured.`,
			Where:  "The order in Centra, payment method.",
			Change: "Add a payment-method rule for the store: on-shipment, before-submission or external.",
			Press:  "retry after the rule is saved.",
		},
		{
			Name: "ambiguous-sku", Owner: Merchandising, Severity: Hold,
			Answers: []Action{Retry, WithdrawOrder}, FreedByRule: true, FreedByData: true, Handbook: "ambiguous-sku",
			What:   `The code "{value}" stands for two different garments.`,
			Where:  "The order line in Centra, SKU and EAN.",
			Change: "Give each size its own code in Centra, or retire the item rule that is wrong.",
			Press:  "retry after only one answer is left.",
		},
	}
}
