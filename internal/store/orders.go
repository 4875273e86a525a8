package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
)

// Loaded is all that a wake-up of an order needs, as of one instant.
type Loaded struct {
	Order    domain.Order
	Personal domain.Personal `json:"-"` // zero when erased; never reaches a history
	Version  string          // of the content, as in the newest content fact
	Sequence int64           // of the newest fact
	Facts    []domain.Fact   // all of them, in sequence
	// Consignments are the planned ones, oldest first.
	Consignments []domain.Consignment
	ClosedAt     *time.Time
	Erased       bool // the personal data was erased

	// digest is a closure, not the key itself, so that nothing can print the key.
	digest func([]byte) string
}

// Fingerprint is a keyed fingerprint of data for this order, 16 bytes as hex: equal
// data give equal fingerprints, and nobody can find personal data by trying. Empty
// when the order was erased.
func (l Loaded) Fingerprint(data []byte) string {
	if l.digest == nil {
		return ""
	}
	return l.digest(data)
}

// Order reads the canonical order. Unknown is fault.NotFound.
func (s *Store) Order(ctx context.Context, id domain.OrderID) (domain.Order, error) {
	var o domain.Order
	err := s.pool.QueryRow(ctx, `SELECT content FROM orders WHERE store = @store AND number = @number`, orderArgs(id)).Scan(&o)
	return o, orderFault("read order", id, err)
}

// Personal opens the person of an order. After Erase it is fault.Invalid with code erased.
func (s *Store) Personal(ctx context.Context, id domain.OrderID) (domain.Personal, error) {
	var sealed []byte
	key, err := s.orderKey(ctx, id, &sealed)
	if err != nil {
		return domain.Personal{}, err
	}
	return key.open(sealed)
}

// Fingerprint is Loaded.Fingerprint without loading. After Erase it is fault.Invalid with code erased.
func (s *Store) Fingerprint(ctx context.Context, id domain.OrderID, data []byte) (string, error) {
	key, err := s.orderKey(ctx, id, new([]byte))
	if err != nil {
		return "", err
	}
	return key.fingerprint(data), nil
}

// orderKey reads an order's sealed person and opens its data key.
func (s *Store) orderKey(ctx context.Context, id domain.OrderID, sealed *[]byte) (orderKey, error) {
	var wrapped []byte
	var keyID *string
	err := s.pool.QueryRow(ctx, `SELECT personal, data_key, key_id FROM orders WHERE store = @store AND number = @number`, orderArgs(id)).
		Scan(sealed, &wrapped, &keyID)
	if err != nil {
		return orderKey{}, orderFault("open order key", id, err)
	}
	return s.keys.openOrderKey(id, wrapped, deref(keyID))
}

// Load reads an order, its person, all facts and its consignments in one statement,
// hence one snapshot: a fact is never seen without the content it tells of.
// Unknown is fault.NotFound.
func (s *Store) Load(ctx context.Context, id domain.OrderID) (Loaded, error) {
	const op = "load order"
	rows, err := s.pool.Query(ctx, `
		SELECT o.content, o.version, o.sequence, o.personal, o.data_key, COALESCE(o.key_id, '') AS key_id, o.wholesale, o.closed_at,
			(SELECT json_agg(json_build_object('sequence', f.sequence, 'kind', f.kind, 'key', f.key,
					'at', f.at, 'actor', f.actor, 'data', f.data) ORDER BY f.sequence)
				FROM facts f WHERE f.store = o.store AND f.number = o.number) AS facts,
			(SELECT json_agg(c.content ORDER BY c.id)
				FROM consignments c WHERE c.store = o.store AND c.number = o.number) AS consignments
		FROM orders o WHERE o.store = @store AND o.number = @number`, orderArgs(id))
	if err != nil {
		return Loaded{}, toFault(op, err)
	}
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[loadedRow])
	if err != nil {
		return Loaded{}, orderFault(op, id, err)
	}
	l, err := row.open(s.keys, id)
	if err != nil {
		return Loaded{}, toFault(op, fmt.Errorf("order %s: %w", id, err))
	}
	return l, nil
}

type loadedRow struct {
	Content      []byte
	Version      string
	Sequence     int64
	Personal     []byte
	DataKey      []byte
	KeyID        string
	Wholesale    bool
	ClosedAt     *time.Time
	Facts        []byte
	Consignments []byte
}

func (r loadedRow) open(keys Keyring, id domain.OrderID) (Loaded, error) {
	l := Loaded{Version: r.Version, Sequence: r.Sequence, ClosedAt: r.ClosedAt}
	if err := json.Unmarshal(r.Content, &l.Order); err != nil {
		return Loaded{}, err
	}
	if r.Facts != nil {
		if err := json.Unmarshal(r.Facts, &l.Facts); err != nil {
			return Loaded{}, err
		}
	}
	for i := range l.Facts { // JSON carries the session's time zone and writes absent data as null
		l.Facts[i].At = l.Facts[i].At.UTC()
		if string(l.Facts[i].Data) == "null" {
			l.Facts[i].Data = nil
		}
	}
	if r.Consignments != nil {
		if err := json.Unmarshal(r.Consignments, &l.Consignments); err != nil {
			return Loaded{}, err
		}
	}
	if r.DataKey == nil {
		l.Erased = !r.Wholesale
		return l, nil
	}
	key, err := keys.openOrderKey(id, r.DataKey, r.KeyID)
	if err != nil {
		return Loaded{}, err
	}
	l.digest = key.fingerprint
	l.Personal, err = key.open(r.Personal)
	return l, err
}

// Erase destroys an order's data key and with it its person, for good; what was
// copied elsewhere (a backup of the sealed column) cannot be opened either once the
// key's backups are gone. The canonical order and its facts stay. Idempotent.
func (s *Store) Erase(ctx context.Context, id domain.OrderID) error {
	tag, err := s.pool.Exec(ctx, `
		UPDATE orders SET personal = NULL, data_key = NULL, key_id = NULL, erased_at = COALESCE(erased_at, now())
		WHERE store = @store AND number = @number`, orderArgs(id))
	if err == nil && tag.RowsAffected() == 0 {
		err = pgx.ErrNoRows
	}
	return orderFault("erase order", id, err)
}

// Rewrap wraps an order's data key with the current master key, so that the one
// before can be retired. Nothing sealed changes. Idempotent, and harmless beside an
// Erase: it replaces only the very key that it read. An erased order has nothing to do.
func (s *Store) Rewrap(ctx context.Context, id domain.OrderID) error {
	const op = "rewrap order key"
	var wrapped []byte
	var keyID *string
	err := s.pool.QueryRow(ctx, `SELECT data_key, key_id FROM orders WHERE store = @store AND number = @number`, orderArgs(id)).Scan(&wrapped, &keyID)
	if err != nil {
		return orderFault(op, id, err)
	}
	if wrapped == nil || deref(keyID) == s.keys.current {
		return nil
	}
	raw, err := s.keys.unwrap(wrapped, deref(keyID), keyContext(id))
	if err != nil {
		return err
	}
	rewrapped, current := s.keys.wrap(raw, keyContext(id))
	_, err = s.pool.Exec(ctx, `
		UPDATE orders SET data_key = @new, key_id = @key_id WHERE store = @store AND number = @number AND data_key = @old`,
		pgx.NamedArgs{"store": id.Store, "number": id.Number, "new": rewrapped, "key_id": current, "old": wrapped})
	return toFault(op, err)
}

// WrappedByOldKeys lists orders whose data key is wrapped by another master key than
// the current one: what a rotation still has to Rewrap.
func (s *Store) WrappedByOldKeys(ctx context.Context, limit int) ([]domain.OrderID, error) {
	rows, err := s.pool.Query(ctx, `SELECT store, number FROM orders WHERE key_id <> @current ORDER BY store, number LIMIT @limit`,
		pgx.NamedArgs{"current": s.keys.current, "limit": limit})
	if err != nil {
		return nil, toFault("list old keys", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowToStructByName[domain.OrderID])
	return ids, toFault("list old keys", err)
}
