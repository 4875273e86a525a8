package contract

// ResumeInput frees the orders that wait on one cause.
type ResumeInput struct {
	Cause     string  `json:"cause"`
	PerSecond float64 `json:"perSecond,omitempty"` // orders to free each second after the first one; 0 = 40
	By        string  `json:"by,omitempty"`
	Reason    string  `json:"reason,omitempty"`
	After     string  `json:"after,omitempty"` // order from which to go on, over continue-as-new
	Freed     int     `json:"freed,omitempty"`
	Run       string  `json:"run,omitempty"` // of which this is the continuation; empty when people start one
	// NotSignalled are orders that could not be told, carried over continue-as-new.
	NotSignalled []string `json:"notSignalled,omitempty"`
}

// ResumeResult says what came of it. The outcome of each order stands in the store,
// under Run.
type ResumeResult struct {
	Run        string   `json:"run,omitempty"`
	Freed      int      `json:"freed"`                // went on
	SameCause  int      `json:"sameCause,omitempty"`  // wait on the same cause again
	OtherCause int      `json:"otherCause,omitempty"` // wait on something else
	UnderWay   int      `json:"underWay,omitempty"`   // signalled; nothing was known of them when it ended
	Failed     []string `json:"failed,omitempty"`     // orders that could not be signalled, at most a hundred
	Stopped    string   `json:"stopped,omitempty"`    // why it stopped after the first order
}

// ResumeView is the answer to the query `state` of a ResumeWorkflow.
type ResumeView struct {
	ResumeResult
	Cause     string `json:"cause"`
	By        string `json:"by,omitempty"`
	Reason    string `json:"reason,omitempty"`
	Doing     string `json:"doing"`     // in plain words
	Signalled int    `json:"signalled"` // orders told so far
}
