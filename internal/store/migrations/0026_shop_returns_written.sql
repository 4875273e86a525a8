-- +goose Up

-- Returns that we made in the shop, by the shop's id, for what the shop tells of none but its id.
CREATE INDEX facts_shop_return_written ON facts ((data ->> 'id')) WHERE kind = 'return-written' AND data ->> 'kind' = 'shop-return';
