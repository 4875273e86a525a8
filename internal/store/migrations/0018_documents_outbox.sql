-- +goose Up

-- The outbox is read in the order of ids, a page at a time. By its time first, each page
-- would read and sort all that is due: a hundred thousand after a ledger was away.
CREATE INDEX documents_outbox ON documents (ledger, id) WHERE status IN ('due', 'created', 'accepted', 'unknown') AND NOT held;
DROP INDEX documents_open;
