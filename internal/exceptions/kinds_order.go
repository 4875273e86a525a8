package exceptions

import "selvedge/internal/domain"

// orderKinds are faults of the order itself, found before it is handed over.
func orderKinds() []Kind {
	return []Kind{
		{
			Name: "incomplete-item", Owner: Merchandising, Severity: Hold,
			Answers: []Action{Retry, WithdrawOrder}, FreedByRule: true, FreedByData: true, Handbook: "incomplete-item",
			What:   "Item {sku} lacks {attribute}, which the warehouse demands.",
			Where:  "The product in Centra, or the item record of the warehouse.",
			Change: "Fill {attribute} on the product in Centra, complete the item, or add a default by type, brand or collection.",
			Press:  "retry after the attribute is filled.",
		},
		{
			Name: "invalid-order", Owner: Ops, Severity: Hold,
			Answers: []Action{Retry, WithdrawOrder}, FreedByData: true, Handbook: "invalid-order",
			What:   "The order contradicts itself ({detail}).",
			Where:  "The order in Centra: lines, allocations, totals, currency.",
			Change: "Correct what the problems name on the order in Centra.",
			Press:  "retry after the order is corrected.",
		},
		{
			Name: "invalid-address", Owner: Ops, Severity: Hold,
			Answers: []Action{Retry, WithdrawOrder}, FreedByData: true, Handbook: "invalid-address",
			What:   "The parcel could not be delivered to the shipping address ({detail}).",
			Where:  "The order in Centra, shipping address.",
			Change: "Correct the named fields of the shipping address in Centra.",
			Press:  "retry after the address is corrected.",
		},
		{
			Name: "not-deliverable", Owner: Ops, Severity: Hold,
			Answers: []Action{Retry, Override, WithdrawOrder}, Override: overrideService, FreedByRule: true, FreedByData: true, Handbook: "not-deliverable",
			What:   `The warehouse cannot send this order by service "{value}".`,
			Where:  "The shipping service of the warehouse and the country of delivery.",
			Change: "Map the shipping method to a service that serves the country, or give this order one.",
			Press:  "retry after the rule is changed; override with shippingService for this order alone.",
		},
		{
			Name: "too-large", Owner: Ops, Severity: Hold,
			Answers: []Action{Retry, WithdrawOrder}, FreedByData: true, Handbook: "too-large",
			What:   "The order is larger than the warehouse takes ({detail}).",
			Where:  "The order in Centra, lines and quantities.",
			Change: "Split the order in Centra, or allocate a part of it in another warehouse.",
			Press:  "retry after the order is smaller.",
		},
		{
			Name: "unreadable-order", Owner: Engineering, Severity: Hold,
			Answers: []Action{Retry, WithdrawOrder}, FreedByData: true, Handbook: "unreadable-order",
			What:   "The order could not be read from Centra: {problem}",
			Where:  "The order in Centra, field {field}.",
			Change: "Correct the named field in Centra; if it looks right there, Selvedge has to learn it.",
			Press:  "retry after the field is corrected, or after a release that reads it.",
		},
		{
			Name: domain.KindWithdrawnReleased, Owner: Ops, Severity: Hold,
			Answers: []Action{Retry, WithdrawOrder}, FreedByData: true, Handbook: "withdrawn-released",
			What:   "The order was withdrawn, and its hold in Centra was lifted since.",
			Where:  "The order in Centra, hold.",
			Change: "Find out who lifted the hold, and whether the customer is to get the order after all.",
			Press:  "retry sends the order to the warehouse anew; withdraw-order holds it in Centra again.",
		},
	}
}
