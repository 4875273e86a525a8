package exceptions

// operationsKinds concern a system or the watch over all orders.
func operationsKinds() []Kind {
	return []Kind{
		{
			Name: "unavailable", Owner: Engineering, Severity: Urgent,
			Answers: []Action{Retry, WithdrawOrder}, Handbook: "unavailable",
			What:   "The system {detail} has not answered for longer than an outage may last.",
			Where:  "{detail}, step {step}.",
			Change: "Restore the system or its connection.",
			Press:  "retry when the system answers; resume the cause to free all orders at once.",
		},
		{
			Name: "credentials", Owner: Engineering, Severity: Urgent,
			Answers: []Action{Retry}, FreedByData: true, Handbook: "credentials",
			What:   "The system {detail} does not accept our credentials, or not for this.",
			Where:  "The configuration of {detail}.",
			Change: "Renew the token, or grant it the permission that is named.",
			Press:  "retry after the token is in place; it heals by itself with the next successful call.",
		},
		{
			Name: "gap", Owner: Engineering, Severity: Urgent,
			Answers: []Action{Retry, WithdrawOrder}, FreedByData: true, Handbook: "gap",
			What:   "The order is ready in Centra, but nobody was working on it ({detail}).",
			Where:  "The order’s workflow and facts.",
			Change: "Nothing by hand as a rule: the order was started. Find out why it was missed.",
			Press:  "retry looks once more.",
		},
		{
			Name: "overdue", Owner: Ops, Severity: Urgent,
			Answers: []Action{Retry, Skip, WithdrawOrder}, FreedByData: true, Handbook: "overdue",
			What:   "The order is past its cut-off and has not left.",
			Where:  "Consignment {subject} at the warehouse.",
			Change: "Ask the warehouse what holds the order.",
			Press:  "skip when the delay is agreed; retry checks again.",
		},
	}
}
