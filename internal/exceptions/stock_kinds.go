package exceptions

// stockKinds concern what a warehouse says it can sell, and what the shop offers of it.
// They belong to the warehouse's stock, not to an order: the next pass that finds the
// trouble gone resolves them by itself.
func stockKinds() []Kind {
	const press = "retry is never needed: the next pass reads everything anew and resolves it."
	return []Kind{
		{
			Name: "stale-feed", Owner: Ops, Severity: Urgent,
			Answers: []Action{Retry}, FreedByData: true, Handbook: "stale-feed",
			What:   "The inventory feed of {subject} is too old, goes back or breaks off, so no figure is raised from it.",
			Where:  "The inventory feed of the warehouse.",
			Change: "Ask the warehouse why its feed stands still or goes back.",
			Press:  press,
		},
		{
			Name: "stock-deficit", Owner: Ops, Severity: Urgent,
			Answers: []Action{Retry}, FreedByData: true, Handbook: "stock-deficit",
			What:   "More units of {subject} are promised to customers than the warehouse can ship.",
			Where:  "The orders that are named, and the item at the warehouse.",
			Change: "Find the missing units at the warehouse, or decide which order is cancelled.",
			Press:  press,
		},
		{
			Name: "negative-stock", Owner: Ops, Severity: Hold,
			Answers: []Action{Retry}, FreedByData: true, Handbook: "negative-stock",
			What:   "The warehouse reports less than nothing of {subject}: it has given away more units than it holds.",
			Where:  "The item at the warehouse.",
			Change: "Ask the warehouse to count the item; nothing of it is offered until then.",
			Press:  press,
		},
		{
			Name: "unknown-size", Owner: Merchandising, Severity: Hold,
			Answers: []Action{Retry}, FreedByRule: true, FreedByData: true, Handbook: "unknown-size",
			What:   "The warehouse can sell {subject}, but Centra has no size with this code, or more than one.",
			Where:  "The product in Centra, size, SKU or EAN.",
			Change: "Enter the SKU or EAN on the size in Centra, or save an item rule where the codes differ.",
			Press:  press,
		},
		{
			Name: "stock-drift", Owner: Engineering, Severity: Hold,
			Answers: []Action{Retry}, FreedByData: true, Handbook: "stock-drift",
			What:   "Centra offers another number of {subject} than the warehouse’s figures and the orders explain.",
			Where:  "The stock of the warehouse in Centra.",
			Change: "Nothing by hand as a rule: the figure was corrected. Find out who else writes stock in Centra.",
			Press:  press,
		},
		{
			Name: "stock-refused", Owner: Engineering, Severity: Hold,
			Answers: []Action{Retry}, FreedByData: true, Handbook: "stock-refused",
			What:   "Centra refused a change of stock: {problem}",
			Where:  "The stock of {subject} in Centra.",
			Change: "Correct what is named in Centra: the warehouse’s settings, or the permissions of the token.",
			Press:  press,
		},
		{
			Name: "double-buffer", Owner: Merchandising, Severity: Notice,
			Answers: []Action{Retry}, FreedByData: true, Handbook: "double-buffer",
			What:   "Centra holds units back by a threshold or an offset of its own, and our buffer holds units back as well.",
			Where:  "The warehouse’s threshold or the variant’s stock offset in Centra, and our buffer.",
			Change: "Keep one of the two and set the other to zero, unless both are meant.",
			Press:  press,
		},
	}
}
