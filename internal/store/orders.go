package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
)

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

// Fingerprint is a keyed fingerprint of data for an order, 16 bytes as hex: equal data
// give equal fingerprints, and nobody can find personal data by trying. After Erase
// it is fault.Invalid with code erased.
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
