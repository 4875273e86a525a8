package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// Load reads an order, its person, all facts and its consignments in one statement,
// hence one snapshot: a fact is never seen without the content it tells of.
// The record's Personal is zero, and its Fingerprint answers "", once the order was
// erased. Unknown is fault.NotFound.
func (s *Store) Load(ctx context.Context, id domain.OrderID) (ports.OrderRecord, error) {
	const op = "load order"
	rows, err := s.pool.Query(ctx, `
		SELECT o.content, o.personal, o.data_key, COALESCE(o.key_id, '') AS key_id, o.closed_at,
			(SELECT json_agg(json_build_object('sequence', f.sequence, 'kind', f.kind, 'key', f.key,
					'at', f.at, 'actor', f.actor, 'data', f.data) ORDER BY f.sequence)
				FROM facts f WHERE f.store = o.store AND f.number = o.number) AS facts,
			(SELECT json_agg(c.content ORDER BY c.id)
				FROM consignments c WHERE c.store = o.store AND c.number = o.number) AS consignments
		FROM orders o WHERE o.store = @store AND o.number = @number`, orderArgs(id))
	if err != nil {
		return ports.OrderRecord{}, toFault(op, err)
	}
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[loadedRow])
	if err != nil {
		return ports.OrderRecord{}, orderFault(op, id, err)
	}
	l, err := row.open(s.keys, id)
	if err != nil {
		return ports.OrderRecord{}, toFault(op, fmt.Errorf("order %s: %w", id, err))
	}
	return l, nil
}

type loadedRow struct {
	Content      []byte
	Personal     []byte
	DataKey      []byte
	KeyID        string
	ClosedAt     *time.Time
	Facts        []byte
	Consignments []byte
}

func (r loadedRow) open(keys Keyring, id domain.OrderID) (ports.OrderRecord, error) {
	l := ports.OrderRecord{Fingerprint: func([]byte) string { return "" }}
	if r.ClosedAt != nil {
		l.ClosedAt = *r.ClosedAt
	}
	if err := json.Unmarshal(r.Content, &l.Order); err != nil {
		return ports.OrderRecord{}, err
	}
	if r.Facts != nil {
		if err := json.Unmarshal(r.Facts, &l.Facts); err != nil {
			return ports.OrderRecord{}, err
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
			return ports.OrderRecord{}, err
		}
	}
	if r.DataKey == nil { // erased, or wholesale
		return l, nil
	}
	key, err := keys.openOrderKey(id, r.DataKey, r.KeyID)
	if err != nil {
		return ports.OrderRecord{}, err
	}
	l.Fingerprint = key.fingerprint
	l.Personal, err = key.open(r.Personal)
	return l, err
}
