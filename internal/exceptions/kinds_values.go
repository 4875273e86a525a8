package exceptions

// valueKinds are a warehouse's own words that no rule gives a meaning to. They are met by
// passes over a whole warehouse rather than by one order.
func valueKinds() []Kind {
	return []Kind{
		{
			Name: "unmapped:stock-status", Owner: Ops, Severity: Hold,
			Answers: []Action{Retry}, FreedByRule: true, Handbook: "unmapped-stock-status",
			What:   `No rule says whether stock in the status "{value}" can be sold; its units are withheld until then.`,
			Where:  "The warehouse’s inventory, status.",
			Change: "Add a stock-status rule for the warehouse: sellable or withheld.",
			Press:  "nothing: the next pass over the warehouse’s stock uses the rule; retry makes that pass at once.",
		},
		{
			Name: "unmapped:disposition", Owner: Ops, Severity: Hold,
			Answers: []Action{Retry}, FreedByRule: true, Handbook: "unmapped-disposition",
			What:   `No rule says what becomes of a returned unit with the disposition "{value}".`,
			Where:  "The return at the warehouse, {subject}.",
			Change: "Add a disposition rule for the warehouse: restock, wait, regrade, write-off, transfer, missing or ask.",
			Press:  "retry after the rule is saved.",
		},
		{
			Name: "unmapped:service", Owner: Ops, Severity: Notice,
			Answers: []Action{Retry}, FreedByRule: true, Handbook: "unmapped-service",
			What:   `No rule says by when an order for the service "{value}" has to be with the warehouse to leave the same day.`,
			Where:  "The warehouse’s services.",
			Change: "Add a service-cutoff rule for the warehouse: the time of day, its time zone, and the working days.",
			Press:  "nothing: orders go on without it and are only ranked later; retry looks at the rules again.",
		},
	}
}
