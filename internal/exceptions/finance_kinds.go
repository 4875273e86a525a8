package exceptions

// financeKinds concern documents for a ledger. They hold no order: goods go on, the
// document waits. One exception stands for all documents of a cause.
func financeKinds() []Kind {
	const press = "retry with `starter documents retry --cause` after the correction, skip with a reason when it was booked by hand."
	return []Kind{
		{
			Name: "unmapped:entity", Owner: Finance, Severity: Hold,
			Answers: []Action{Retry, Skip}, FreedByRule: true, Handbook: "unmapped-entity",
			What:   `No rule says in whose books "{value}" belongs, so its documents wait ({subject}). The goods do not.`,
			Where:  "The market and entity rules.",
			Change: "Add the entity rule with the ledger’s id of the entity, its time zone and its currencies, or correct the market rule.",
			Press:  "nothing after the rule is saved: the next run derives the documents anew. retry does so for documents that the ledger itself refused; skip when they were booked by hand.",
		},
		{
			Name: "document-mismatch", Owner: Finance, Severity: Hold,
			Answers: []Action{Retry, Skip}, FreedByData: true, Handbook: "document-mismatch",
			What:   "The amounts of {subject} do not add up, so the document waits: {problem}",
			Where:  "The order in Centra: lines, discount, costs, shipments.",
			Change: "Correct the order or the shipment in Centra.",
			Press:  press,
		},
		{
			Name: "document-rejected", Owner: Finance, Severity: Hold,
			Answers: []Action{Retry, Skip}, FreedByData: true, Handbook: "document-rejected",
			What:   "The ledger refused to take {subject}: {problem}",
			Where:  "The record that is named, in the ledger.",
			Change: "Add or correct the record in the ledger, such as the item.",
			Press:  press,
		},
		{
			Name: "document-conflict", Owner: Finance, Severity: Urgent,
			Answers: []Action{Retry, Skip}, FreedByData: true, Handbook: "document-conflict",
			What:   "The ledger holds something else under the key of {subject}: {problem}",
			Where:  "The document in the ledger, under that key.",
			Change: "Delete or correct what stands there, if it is wrong.",
			Press:  press,
		},
		{
			Name: "document-held", Owner: Finance, Severity: Hold,
			Answers: []Action{Retry, Skip}, FreedByData: true, Handbook: "document-held",
			What:   "A return made {subject} and did not bring it into the books, and nobody is at it any more.",
			Where:  "The documents in the console, and the returns that they name.",
			Change: "Nothing, as a rule: the return’s workflow was ended from outside.",
			Press:  "retry with `starter documents retry --cause` hands them to the next run of the documents; skip with a reason when they were booked by hand.",
		},
		{
			Name: "document-unconfirmed", Owner: Finance, Severity: Hold,
			Answers: []Action{Retry, Skip}, FreedByData: true, Handbook: "document-unconfirmed",
			What:   "The ledger was sent {subject} more than half an hour ago, and nobody has said what came of it.",
			Where:  "The ledger, or the flow in front of it, under the document’s key.",
			Change: "See whether the document stands in the ledger, and why its outcome does not come back.",
			Press:  "nothing once the outcome comes; retry looks for it at once, and nothing is sent again. skip with a reason when the document stands in the ledger or was booked by hand.",
		},
		{
			Name: "refund-unexplained", Owner: Finance, Severity: Hold,
			Answers: []Action{Retry, Skip}, FreedByData: true, Handbook: "refund-unexplained",
			What:   "Money went back in Centra for no return, and nobody can tell what for, or by what means: {problem}",
			Where:  "The order’s payments in Centra, and its documents.",
			Change: "Find out who gave it and what for; cancel in Centra what will not be sent.",
			Press:  "nothing once Centra’s figures tell it; retry derives the documents anew; skip with a reason when it was booked by hand.",
		},
		{
			Name: "refund-due", Owner: Finance, Severity: Hold,
			Answers: []Action{Retry, Skip}, FreedByData: true, Handbook: "refund-due",
			What:   "A customer has paid for what will not be sent, and the money is still here: {problem}",
			Where:  "The order’s payments in Centra.",
			Change: "Give the money back in Centra, at the order’s payments.",
			Press:  "nothing once Centra shows the refund; retry derives the documents anew; skip with a reason when it went back elsewhere or is to be kept.",
		},
		{
			Name: "closed-period", Owner: Finance, Severity: Hold,
			Answers: []Action{Retry, Override, Skip}, Override: "late", FreedByData: true, Handbook: "closed-period",
			What:   "The accounting period of {subject} is closed: {problem}",
			Where:  "The periods of the entity in the ledger.",
			Change: "Reopen the period, or agree that the documents are posted in the first open one, flagged as late.",
			Press:  "retry after the period was reopened; override with `starter documents post-late --cause`; skip when they were booked by hand.",
		},
	}
}
