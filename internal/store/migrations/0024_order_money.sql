-- +goose Up

-- What the shop says of an order's money, as a fingerprint, and which of it the order's
-- documents were derived from. A refund that somebody gives in the shop changes nothing of
-- what the order's workflow does, so it is no content and wakes nobody: finance alone has
-- to hear of it.
ALTER TABLE orders ADD COLUMN money text NOT NULL DEFAULT '';
ALTER TABLE orders ADD COLUMN booked_money text NOT NULL DEFAULT '';

DROP INDEX orders_unbooked;
CREATE INDEX orders_unbooked ON orders (store, number) WHERE (sequence > booked_sequence OR money <> booked_money) AND NOT wholesale;
