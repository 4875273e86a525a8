package exceptions

// watchKinds concern the unattended work: schedules, workers and the catalogue.
func watchKinds() []Kind {
	return []Kind{
		{
			Name: "schedule-stalled", Owner: Engineering, Severity: Urgent,
			Answers: []Action{Retry}, FreedByData: true, Handbook: "schedule-stalled",
			What:   "The schedule {detail} has had no success for three of its intervals.",
			Where:  "Temporal, schedule {detail}.",
			Change: "Look at its last run in the Web UI and mend what it names.",
			Press:  "nothing: it closes with the next success; retry means running it once by hand.",
		},
		{
			Name: "queue-unpolled", Owner: Engineering, Severity: Urgent,
			Answers: []Action{Retry}, FreedByData: true, Handbook: "queue-unpolled",
			What:   "No worker asks the queue {detail} for work, so nothing on it goes on.",
			Where:  "Temporal, task queue {detail}.",
			Change: "Start a worker for the queue, or find out why it ended.",
			Press:  "nothing: it closes when a worker polls; retry means starting one.",
		},
		{
			Name: "item-differs", Owner: Merchandising, Severity: Notice,
			Answers: []Action{Retry}, FreedByData: true, Handbook: "item-differs",
			What:   "The warehouse holds another value than Centra for a field of its items ({detail}): {problem}",
			Where:  "The warehouse’s item record and the product in Centra.",
			Change: "Decide which is right and correct the other; nothing is overwritten by itself.",
			Press:  "nothing: the next audit closes it when both agree; retry means auditing at once.",
		},
	}
}
