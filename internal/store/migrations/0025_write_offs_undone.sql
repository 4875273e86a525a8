-- +goose Up

-- Which write-off a movement of a warehouse's books takes back. One is taken back once, and
-- a movement takes back one: never more than was written off.
CREATE TABLE write_off_reversals (
    original text        NOT NULL, -- the write-off
    reversal text        NOT NULL, -- the document that takes it back
    at       timestamptz NOT NULL, -- when the garment was put back on the books
    CONSTRAINT write_off_reversals_pk PRIMARY KEY (original),
    CONSTRAINT write_off_reversals_once UNIQUE (reversal),
    CONSTRAINT write_off_reversals_original FOREIGN KEY (original) REFERENCES documents (key),
    CONSTRAINT write_off_reversals_reversal FOREIGN KEY (reversal) REFERENCES documents (key)
);
