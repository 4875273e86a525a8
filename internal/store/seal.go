package store

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
)

// orderKey is an order's data key, ready for use: it seals the person and keys the
// fingerprints, so that a fingerprint cannot be turned back by trying out addresses.
type orderKey struct {
	id     domain.OrderID
	person cipher.AEAD
	mac    []byte
}

// newOrderKey makes a data key and wraps it for storage.
func (k Keyring) newOrderKey(id domain.OrderID) (orderKey, []byte, string, error) {
	raw := newKey()
	key, err := deriveOrderKey(id, raw)
	wrapped, keyID := k.wrap(raw, keyContext(id))
	return key, wrapped, keyID, err
}

// openOrderKey unwraps a stored data key. An erased order has none.
func (k Keyring) openOrderKey(id domain.OrderID, wrapped []byte, keyID string) (orderKey, error) {
	if wrapped == nil {
		return orderKey{}, erased(id)
	}
	raw, err := k.unwrap(wrapped, keyID, keyContext(id))
	if err != nil {
		return orderKey{}, err
	}
	return deriveOrderKey(id, raw)
}

func deriveOrderKey(id domain.OrderID, raw []byte) (orderKey, error) {
	person, err := newAEAD(raw)
	if err != nil {
		return orderKey{}, toFault("derive key", err)
	}
	mac, err := hkdf.Expand(sha256.New, raw, "selvedge fingerprint", keySize)
	if err != nil {
		return orderKey{}, toFault("derive key", err)
	}
	return orderKey{id: id, person: person, mac: mac}, nil
}

func (k orderKey) seal(p domain.Personal) ([]byte, error) {
	plain, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	return seal(k.person, plain, personContext(k.id)), nil
}

func (k orderKey) open(sealed []byte) (domain.Personal, error) {
	plain, err := open(k.person, sealed, personContext(k.id))
	if err != nil {
		return domain.Personal{}, err
	}
	var p domain.Personal
	if err := json.Unmarshal(plain, &p); err != nil {
		// The decoder's text could quote the data.
		return domain.Personal{}, &fault.Fault{Kind: fault.Invalid, System: system, Op: "open sealed data", Message: "the sealed person cannot be decoded"}
	}
	return p, nil
}

// digest is a keyed fingerprint of 32 bytes as hex.
func (k orderKey) digest(data []byte) string {
	h := hmac.New(sha256.New, k.mac)
	h.Write(data)
	return hex.EncodeToString(h.Sum(nil))
}

// fingerprint is a keyed fingerprint of 16 bytes as hex: enough to see a change,
// short enough to live in histories.
func (k orderKey) fingerprint(data []byte) string { return k.digest(data)[:32] }

func keyContext(id domain.OrderID) string    { return "key " + id.String() }
func personContext(id domain.OrderID) string { return "person " + id.String() }

func erased(id domain.OrderID) error {
	return &fault.Fault{
		Kind: fault.Invalid, System: system, Op: "open sealed data", Code: "erased",
		Message: "the personal data of order " + id.String() + " was erased",
	}
}
