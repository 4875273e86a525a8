package exceptions

// shopKinds are what the shop would not take back, goods or money.
func shopKinds() []Kind {
	return []Kind{
		{
			Name: "ambiguous-shipment", Owner: Ops, Severity: Hold,
			Answers: []Action{Retry, Skip}, FreedByData: true, Handbook: "ambiguous-shipment",
			What:   "It cannot be told which shipment in Centra belongs to the parcel {subject}.",
			Where:  "The order in Centra, shipments.",
			Change: "Write the tracking number on the right shipment in Centra, or split the line as the warehouses did.",
			Press:  "retry after only one shipment fits; skip when Centra already shows the parcel.",
		},
		{
			Name: "write-back-refused", Owner: Ops, Severity: Hold,
			Answers: []Action{Retry, Skip}, FreedByData: true, Handbook: "write-back-refused",
			What:   "Centra will not take the shipment: {problem}",
			Where:  "The order in Centra, parcel {subject}.",
			Change: "Lift the hold, or take the order out of the archive, in Centra.",
			Press:  "retry after Centra is ready to take it; skip when you have entered the shipment by hand.",
		},
		{
			Name: "shipped-by-hand", Owner: Ops, Severity: Hold,
			Answers: []Action{Retry, Skip}, FreedByData: true, Handbook: "shipped-by-hand",
			What:   "Somebody entered a shipment in Centra that does not match the parcel {subject}.",
			Where:  "The order in Centra, shipments.",
			Change: "Correct the shipment in Centra so that lines and tracking are those of the parcel.",
			Press:  "retry after it matches; skip when it may stay as it is.",
		},
		{
			Name: "late-tracking", Owner: Ops, Severity: Notice,
			Answers: []Action{Skip}, Handbook: "late-tracking",
			What:   "The tracking number came after the shipment was completed in Centra.",
			Where:  "The order in Centra, comment; parcel {subject}.",
			Change: "Send the tracking number to the customer: it stands in the order’s comment.",
			Press:  "skip when the customer has been told.",
		},
		{
			Name: "capture-failed", Owner: Finance, Severity: Urgent,
			Answers: []Action{Retry, Skip, WithdrawOrder}, FreedByData: true, Handbook: "capture-failed",
			What:   "The money could not be captured: {problem}",
			Where:  "The order in Centra, payment; {subject}.",
			Change: "Settle the payment with the provider or the customer, in Centra.",
			Press:  "retry captures again, after reading what was captured; skip when it was settled otherwise.",
		},
		{
			Name: "capture-overdue", Owner: Finance, Severity: Urgent,
			Answers: []Action{Retry, Skip}, FreedByData: true, Handbook: "capture-overdue",
			What:   "The payment provider has not said whether the money was captured.",
			Where:  "The order in Centra, payment; {subject}.",
			Change: "Look the payment up at the provider.",
			Press:  "retry reads the payment again and captures nothing that is still pending; skip when finance settled it otherwise.",
		},
		{
			Name: "authorisation-release-refused", Owner: Finance, Severity: Hold,
			Answers: []Action{Retry, Skip}, FreedByData: true, Handbook: "authorisation-release-refused",
			What:   "The rest of the authorisation could not be released: {problem}",
			Where:  "The order in Centra, payment.",
			Change: "Release the rest at the provider.",
			Press:  "retry tries again; skip when it was released otherwise or will lapse.",
		},
	}
}
