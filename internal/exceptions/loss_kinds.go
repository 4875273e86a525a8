package exceptions

// lossKinds concern what a warehouse's books say beyond its contract, and steps that
// change nothing.
func lossKinds() []Kind {
	return []Kind{
		{
			Name: "unmapped:adjustment-reason", Owner: Finance, Severity: Hold,
			Answers: []Action{Retry, Skip}, FreedByRule: true, Handbook: "unmapped-adjustment-reason",
			What:   `The warehouse’s books move garments for the reason "{value}", and no rule says whether that is a loss ({subject}).`,
			Where:  "The entries of the warehouse’s books with that reason.",
			Change: "Add an adjustment-reason rule for the warehouse: ber, donated, recycled, returned-to-brand or lost, or stock where no document is due.",
			Press:  "nothing after the rule is saved: the next run books what it says, once. retry looks again at once; skip with a reason when the entries were booked by hand.",
		},
		{
			Name: "write-off-undone", Owner: Finance, Severity: Hold,
			Answers: []Action{Retry, Skip, Override}, Override: "writeOff", FreedByData: true, Handbook: "write-off-undone",
			What:   "The warehouse takes a write-off back, and it cannot be told which one: {problem}",
			Where:  "The warehouse’s books, and {subject}.",
			Change: "Ask the warehouse which garment it found again: its serial, or the return that it came back in.",
			Press:  "override takes the document that is named back; nothing once the write-off is told or posted; retry looks again; skip with a reason when nothing is to be taken back, or it was booked by hand.",
		},
		{
			Name: "step-in-vain", Owner: Engineering, Severity: Urgent,
			Answers: []Action{Retry}, FreedByData: true, Handbook: "step-in-vain",
			What:   "A step goes well each time it is taken, and changes nothing: {problem}",
			Where:  "Step {step}, {subject}.",
			Change: "Find out whether the other system keeps what it accepts, and whether we read it back; correct it there, or here.",
			Press:  "retry after the correction; it is tried again hourly by itself.",
		},
	}
}
