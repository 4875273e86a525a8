-- +goose Up

-- The ledger that is our own: documents kept here and exported as CSV. Its rows are
-- written by its adapter alone and never change once posted.
CREATE TABLE ledger_book (
    key         text        NOT NULL,
    kind        text        NOT NULL,
    entity      text        NOT NULL, -- the ledger's id of it
    currency    text        NOT NULL,
    net         bigint      NOT NULL, -- minor units of currency
    tax         bigint      NOT NULL,
    gross       bigint      NOT NULL,
    posted_on   text        NOT NULL, -- accounting date
    content     jsonb       NOT NULL,
    fingerprint text        NOT NULL,
    number      text        NOT NULL DEFAULT '', -- given when it is posted, without gaps per entity and kind
    created_at  timestamptz NOT NULL,
    posted_at   timestamptz,
    export      bigint,                          -- in which export it went out, once
    CONSTRAINT ledger_book_pk PRIMARY KEY (key),
    CONSTRAINT ledger_book_adds_up CHECK (net + tax = gross),
    CONSTRAINT ledger_book_numbered CHECK ((posted_at IS NULL) = (number = '')),
    CONSTRAINT ledger_book_exported CHECK (export IS NULL OR posted_at IS NOT NULL)
);

CREATE UNIQUE INDEX ledger_book_number ON ledger_book (entity, kind, number) WHERE number <> '';
CREATE INDEX ledger_book_by_period ON ledger_book (entity, (left(posted_on, 7)), key) WHERE posted_at IS NOT NULL;
CREATE INDEX ledger_book_by_export ON ledger_book (export) WHERE export IS NOT NULL;

CREATE TABLE ledger_numbers (
    entity text    NOT NULL,
    kind   text    NOT NULL,
    last   bigint  NOT NULL,
    CONSTRAINT ledger_numbers_pk PRIMARY KEY (entity, kind)
);

-- Closing and reopening accounting months, append-only: the newest row of a month counts.
CREATE TABLE ledger_periods (
    id     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entity text        NOT NULL,
    period text        NOT NULL, -- YYYY-MM
    closed boolean     NOT NULL,
    by     text        NOT NULL,
    reason text        NOT NULL,
    at     timestamptz NOT NULL,
    CONSTRAINT ledger_periods_named CHECK (entity <> '' AND period ~ '^\d{4}-\d{2}$' AND by <> '')
);

CREATE INDEX ledger_periods_newest ON ledger_periods (entity, period, id DESC);

CREATE TABLE ledger_exports (
    id        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entity    text        NOT NULL,
    period    text        NOT NULL, -- '' = all
    by        text        NOT NULL,
    at        timestamptz NOT NULL,
    documents integer     NOT NULL
);
