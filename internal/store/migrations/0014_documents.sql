-- +goose Up

-- One list of mapping tables is enough, and it stands in the program: a second one
-- here had to be changed with every new table.
ALTER TABLE rules DROP CONSTRAINT rules_tbl;
ALTER TABLE rules ADD CONSTRAINT rules_tbl CHECK (tbl ~ '^[a-z]+(-[a-z]+)*$');

-- Up to which fact the documents of an order were derived.
ALTER TABLE orders ADD COLUMN booked_sequence bigint NOT NULL DEFAULT 0;
CREATE INDEX orders_unbooked ON orders (store, number) WHERE sequence > booked_sequence AND NOT wholesale;

-- What finance must have of each order. A document stands here before any ledger hears
-- of it and is never edited once one may have; without personal data.
CREATE TABLE documents (
    id          bigint      GENERATED ALWAYS AS IDENTITY, -- order in which they are posted
    key         text        NOT NULL,
    store       text        NOT NULL DEFAULT '',          -- of the order; '' for what belongs to none
    number      text        NOT NULL DEFAULT '',
    kind        text        NOT NULL,
    ledger      text        NOT NULL DEFAULT '',          -- '' while the entity is not mapped
    entity      text        NOT NULL DEFAULT '',          -- likewise; never a default
    currency    text        NOT NULL,
    gross       bigint      NOT NULL,                     -- minor units of currency
    tax         bigint      NOT NULL,
    date        text        NOT NULL DEFAULT '',          -- business date in the entity's zone
    content     jsonb       NOT NULL,
    fingerprint text        NOT NULL,
    status      text        NOT NULL
        CONSTRAINT documents_status CHECK (status IN
            ('due', 'created', 'accepted', 'unknown', 'posted', 'rejected', 'paused', 'dropped')),
    held        boolean     NOT NULL DEFAULT false,       -- a workflow posts it, the scheduled run does not
    entry       jsonb       NOT NULL DEFAULT '{}',        -- as last read back from the ledger
    cause       text        NOT NULL DEFAULT '',          -- of what is paused or rejected
    problems    jsonb       NOT NULL DEFAULT '[]',
    late_agreed boolean     NOT NULL DEFAULT false,       -- a person agreed to post it in a later period
    rules       bigint      NOT NULL DEFAULT 0,           -- newest rule when it was derived
    attempts    integer     NOT NULL DEFAULT 0,           -- times it was sent
    next_at     timestamptz NOT NULL,
    created_at  timestamptz NOT NULL,
    posted_at   timestamptz,
    answered_by text        NOT NULL DEFAULT '',
    reason      text        NOT NULL DEFAULT '',
    CONSTRAINT documents_pk PRIMARY KEY (key),
    CONSTRAINT documents_named CHECK (key <> '' AND kind <> ''),
    CONSTRAINT documents_caused CHECK (status NOT IN ('paused', 'rejected') OR cause <> ''),
    CONSTRAINT documents_dropped CHECK (status <> 'dropped' OR (answered_by <> '' AND reason <> ''))
);

CREATE INDEX documents_by_order ON documents (store, number, id);
CREATE INDEX documents_open ON documents (ledger, next_at, id) WHERE status NOT IN ('posted', 'dropped');
CREATE INDEX documents_by_cause ON documents (cause, id) WHERE cause <> '';
CREATE INDEX documents_by_entity ON documents (entity, date, id);
