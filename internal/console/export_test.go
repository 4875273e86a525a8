package console

// HashAt hashes a password at a cost of the test's choice.
func HashAt(password string, cost HashCost) string { return hashPassword(password, cost) }
