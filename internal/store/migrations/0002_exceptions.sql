-- +goose Up

-- What only a person can decide. Not tied to orders: a gap is an exception about an
-- order that we do not hold.
CREATE TABLE exceptions (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    store       text,
    number      text,
    system      text        NOT NULL DEFAULT '',
    kind        text        NOT NULL,
    cause       text        NOT NULL,
    owner       text        NOT NULL DEFAULT '',
    severity    text        NOT NULL DEFAULT '',
    step        text        NOT NULL DEFAULT '',
    subject     text        NOT NULL DEFAULT '',
    problems    jsonb       NOT NULL DEFAULT '[]',
    value       bigint      NOT NULL DEFAULT 0,  -- at stake, minor units of currency
    currency    text        NOT NULL DEFAULT '',
    opened_at   timestamptz NOT NULL,
    resolved_at timestamptz,
    answered_by text        NOT NULL DEFAULT '',
    answer      text        NOT NULL DEFAULT '',
    reason      text        NOT NULL DEFAULT '',
    holder      text        GENERATED ALWAYS AS (COALESCE('order ' || store || '/' || number, 'system ' || system)) STORED,
    CONSTRAINT exceptions_holder CHECK ((store IS NULL) = (number IS NULL) AND (store IS NOT NULL OR system <> '')),
    CONSTRAINT exceptions_named CHECK (kind <> '' AND cause <> '')
);

CREATE UNIQUE INDEX exceptions_open ON exceptions (holder, cause) WHERE resolved_at IS NULL;
CREATE INDEX exceptions_by_cause ON exceptions (cause, opened_at) WHERE resolved_at IS NULL;
