-- +goose Up

-- Orders whose money was taken ahead are derived anew once: what is kept for what will not
-- be sent is asked for from now on.
UPDATE orders o SET booked_money = '' FROM documents d
WHERE d.store = o.store AND d.number = o.number AND d.kind = 'deposit' AND o.money <> '';
