package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"selvedge/internal/fault"
)

// keySize is AES-256.
const keySize = 32

// keyName is what a master key may be called.
var keyName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,32}$`)

// Keyring holds the master keys: the current one wraps, the others only unwrap
// what was wrapped before they were replaced.
type Keyring struct {
	current string
	keys    map[string]cipher.AEAD
}

// String keeps keys out of logs even when a ring is printed by mistake.
func (Keyring) String() string { return "[keyring withheld]" }

// GoString does for %#v what String does for %v.
func (Keyring) GoString() string { return "[keyring withheld]" }

// ParseKeyring reads id:base64(32 bytes)[,id2:...]; the first key is the current
// one. Its errors name the entry by position and never echo any part of it, since
// what stands in the place of an id may be a key.
func ParseKeyring(s string) (Keyring, error) {
	if strings.TrimSpace(s) == "" {
		return Keyring{}, errors.New("master keys: none given; want <id>:<32 bytes as base64>, such as the output of: echo k1:$(openssl rand -base64 32)")
	}
	ring := Keyring{keys: map[string]cipher.AEAD{}}
	var complaints []error
	for i, entry := range strings.Split(s, ",") {
		id, aead, err := parseKey(strings.TrimSpace(entry))
		if err == nil && ring.keys[id] != nil {
			err = errors.New("its id is already taken by an earlier entry: give each key an id of its own")
		}
		if err != nil {
			complaints = append(complaints, fmt.Errorf("master keys: entry %d: %w", i+1, err))
			continue
		}
		ring.keys[id] = aead
		if ring.current == "" {
			ring.current = id
		}
	}
	if len(complaints) > 0 {
		return Keyring{}, errors.Join(complaints...)
	}
	return ring, nil
}

func parseKey(entry string) (string, cipher.AEAD, error) {
	id, encoded, ok := strings.Cut(entry, ":")
	if !ok || !keyName.MatchString(id) {
		return "", nil, errors.New("want <id>:<32 bytes as base64>, where the id is up to 32 letters, digits, dots, dashes or underscores (value withheld)")
	}
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return "", nil, errors.New("the key is not standard base64: make one with openssl rand -base64 32 (value withheld)")
	}
	if len(raw) != keySize {
		return "", nil, fmt.Errorf("the key has %d bytes, want %d: make one with openssl rand -base64 32 (value withheld)", len(raw), keySize)
	}
	aead, err := newAEAD(raw)
	return id, aead, err
}

// wrap seals under the current master key and says which one that is.
func (k Keyring) wrap(plain []byte, context string) (sealed []byte, keyID string) {
	return seal(k.keys[k.current], plain, context), k.current
}

// unwrap opens what any key of the ring sealed for the same context.
func (k Keyring) unwrap(sealed []byte, keyID, context string) ([]byte, error) {
	aead, ok := k.keys[keyID]
	if !ok {
		return nil, &fault.Fault{
			Kind: fault.Misconfigured, System: system, Op: "unwrap", Code: "master_key_missing",
			Message: fmt.Sprintf("data is sealed with master key %q, which is not among the keys given: add it after the current one", keyID),
		}
	}
	return open(aead, sealed, context)
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// seal encrypts; context is authenticated with it, so that a sealed value moved to
// another row cannot be opened there.
func seal(aead cipher.AEAD, plain []byte, context string) []byte {
	return aead.Seal(nil, nil, plain, []byte(context))
}

func open(aead cipher.AEAD, sealed []byte, context string) ([]byte, error) {
	plain, err := aead.Open(nil, nil, sealed, []byte(context))
	if err != nil {
		return nil, &fault.Fault{
			Kind: fault.Invalid, System: system, Op: "open sealed data", Code: "sealed",
			Message: "sealed data cannot be opened: it was changed or moved, or the master key of this id is another one",
		}
	}
	return plain, nil
}

// newKey makes a random data key.
func newKey() []byte {
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // never fails: it crashes the program instead
	return key
}
