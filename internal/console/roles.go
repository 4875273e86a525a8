package console

import (
	"fmt"
	"regexp"
	"slices"
)

// Role is what somebody may do. Each may all that the one before may.
type Role string

// Roles: look; answer, change rules and resume; manage users and see the audit.
const (
	Viewer   Role = "viewer"
	Operator Role = "operator"
	Admin    Role = "admin"
)

var ranks = []Role{Viewer, Operator, Admin}

// Roles lists all roles, the least first.
func Roles() []Role { return slices.Clone(ranks) }

// May tells whether the role includes another. A role that nobody knows includes none.
func (r Role) May(needed Role) bool {
	return slices.Contains(ranks, r) && slices.Index(ranks, r) >= slices.Index(ranks, needed)
}

// ParseRole reads a role; the error lists what there is.
func ParseRole(text string) (Role, error) {
	if r := Role(text); slices.Contains(ranks, r) {
		return r, nil
	}
	return "", fmt.Errorf("role %q: give viewer, operator or admin", text)
}

var userName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,39}$`)

// CheckName tells what is wrong with a user's name. It is no e-mail address, because it
// stands in facts, in Temporal's history and in the audit.
func CheckName(name string) error {
	if !userName.MatchString(name) {
		return fmt.Errorf("name %q: give 2 to 40 small letters, digits, dots, underscores and hyphens, beginning with a letter or digit; no e-mail address", name)
	}
	return nil
}
