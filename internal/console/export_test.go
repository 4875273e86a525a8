package console

// HashAt hashes a password at a cost of the test's choice.
func HashAt(password string, cost HashCost) string { return hashPassword(password, cost) }

// ActOutcome is how an act that ended with an error is recorded.
func ActOutcome(err error) string { return told("", err).Kind }
