-- +goose Up

-- What the completeness count stated, one row per shop's store and window. The
-- statement must add up: a row that does not is refused by the database itself.
CREATE TABLE certificates (
    store        text        NOT NULL,
    window_from  timestamptz NOT NULL,
    window_to    timestamptz NOT NULL,
    counted_at   timestamptz NOT NULL,
    ready        integer     NOT NULL,
    in_warehouse integer     NOT NULL,
    waiting      integer     NOT NULL,
    refused      integer     NOT NULL,
    ended        integer     NOT NULL,
    gaps         jsonb       NOT NULL DEFAULT '[]', -- orders that nobody was working on; they were started
    orders       jsonb       NOT NULL DEFAULT '[]', -- every order that was ready: number, standing, reason
    CONSTRAINT certificates_pk PRIMARY KEY (store, window_to),
    CONSTRAINT certificates_window CHECK (store <> '' AND window_from < window_to),
    CONSTRAINT certificates_listed CHECK (ready = jsonb_array_length(orders)),
    CONSTRAINT certificates_adds_up CHECK (ready = in_warehouse + waiting + refused + ended + jsonb_array_length(gaps))
);

-- Whether a warehouse took a consignment is asked of many orders at once.
CREATE INDEX facts_submitted ON facts (store, number) WHERE kind = 'submitted';
