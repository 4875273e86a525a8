package console

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// HashCost is the work that one password hash takes.
type HashCost struct {
	Memory  uint32 // KiB
	Time    uint32 // passes
	Threads uint8
}

// productionCost is the memory-constrained recommendation of RFC 9106 with one lane, because
// several people may log in on two cores at once.
var productionCost = HashCost{Memory: 64 << 10, Time: 3, Threads: 1}

const (
	saltSize = 16
	hashSize = 32
)

// Bounds of a password. The longest keeps hashing from being fed with megabytes.
const (
	shortestPassword = 12
	longestPassword  = 200
)

// HashPassword checks a new password and hashes it with argon2id. The error says what
// is wrong with it and never quotes it.
func HashPassword(name, password string) (string, error) {
	if err := checkPassword(name, password); err != nil {
		return "", err
	}
	return hashPassword(password, productionCost), nil
}

func checkPassword(name, password string) error {
	switch n := utf8.RuneCountInString(password); {
	case n < shortestPassword:
		return fmt.Errorf("the password has %d characters: give at least %d, such as four words", n, shortestPassword)
	case len(password) > longestPassword:
		return fmt.Errorf("the password is longer than %d bytes: give a shorter one", longestPassword)
	case strings.EqualFold(password, name) || strings.Count(password, password[:1]) == len(password):
		return errors.New("the password is too easy to guess: give another one")
	}
	return nil
}

func hashPassword(password string, cost HashCost) string {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails, see crypto/rand
	key := argon2.IDKey([]byte(password), salt, cost.Time, cost.Memory, cost.Threads, hashSize)
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, cost.Memory, cost.Time, cost.Threads, encode(salt), encode(key))
}

// matches tells whether a password has that hash, and whether the hash was made at
// another cost. It takes as long for a wrong password as for the right one.
func matches(hash, password string, cost HashCost) (ok, outdated bool) {
	var version int
	var made HashCost
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, false
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false, false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &made.Memory, &made.Time, &made.Threads); err != nil || made.Time == 0 || made.Threads == 0 {
		return false, false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, false
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(want) == 0 {
		return false, false
	}
	got := argon2.IDKey([]byte(password), salt, made.Time, made.Memory, made.Threads, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, made != cost
}
