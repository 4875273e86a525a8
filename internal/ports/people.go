package ports

import "time"

// User is somebody who may use the console. The name is a chosen one, never an
// e-mail address: it stands in facts and in the audit.
type User struct {
	Name      string
	Role      string // viewer, operator or admin
	Password  string // its argon2id hash in PHC form, never the password
	CreatedAt time.Time
	CreatedBy string
	ChangedAt time.Time // when password or role last changed
}

// Session is somebody who is logged in.
type Session struct {
	Name     string
	Role     string
	CSRF     string // what every form of this session carries
	OpenedAt time.Time
	SeenAt   time.Time
}

// Outcomes of an Act.
const (
	ActBegun   = "begun" // under way, or its process ended in the middle
	ActDone    = "done"
	ActRefused = "refused"
	ActFailed  = "failed"
)

// Act is something that a person did, for the audit. Free of personal data.
type Act struct {
	ID      int64
	At      time.Time
	Actor   string
	Act     string            // verb and object, such as save-rule
	Target  string            // what it was done to, such as an order or a cause
	Reason  string            // the person's own words
	Detail  map[string]string // what else tells it apart
	Command string            // of the form; the same one twice is one act
	Outcome string
	Message string // what the person was told
	EndedAt *time.Time
}
