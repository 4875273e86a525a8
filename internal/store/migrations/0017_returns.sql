-- +goose Up

-- Goods that came back, or were written off, and belong to no order that we know. Their
-- facts stand here until somebody says whose they are.
CREATE TABLE orphan_returns (
    warehouse   text        NOT NULL,
    id          text        NOT NULL, -- of the warehouse's return or adjustment
    consignment text        NOT NULL DEFAULT '',
    facts       jsonb       NOT NULL DEFAULT '[]', -- in the order in which they were told, each key once
    store       text        NOT NULL DEFAULT '',   -- of the order that it was handed to
    number      text        NOT NULL DEFAULT '',
    settled_at  timestamptz,
    told_at     timestamptz NOT NULL,
    CONSTRAINT orphan_returns_pk PRIMARY KEY (warehouse, id),
    CONSTRAINT orphan_returns_named CHECK (warehouse <> '' AND id <> '')
);

-- Where each return of an order stands, as last looked at: a projection of the facts.
CREATE TABLE returns (
    store         text        NOT NULL,
    number        text        NOT NULL,
    n             integer     NOT NULL,
    seen_sequence bigint      NOT NULL, -- up to which fact its workflow has looked
    view          jsonb       NOT NULL, -- garments, documents, questions
    opened_at     timestamptz NOT NULL,
    looked_at     timestamptz NOT NULL,
    settled_at    timestamptz,
    CONSTRAINT returns_pk PRIMARY KEY (store, number, n),
    CONSTRAINT returns_order FOREIGN KEY (store, number) REFERENCES orders (store, number)
);

CREATE INDEX returns_open ON returns (opened_at) WHERE settled_at IS NULL;

-- Whose a return of the shop is, once it was deleted there.
CREATE INDEX facts_shop_return ON facts ((data ->> 'id')) WHERE kind = 'shop-return';

-- A return has open questions of its own beside its order's.
ALTER TABLE exceptions ADD COLUMN return_no integer NOT NULL DEFAULT 0;
DROP INDEX exceptions_open;
ALTER TABLE exceptions DROP COLUMN holder;
ALTER TABLE exceptions ADD COLUMN holder text GENERATED ALWAYS AS (
    COALESCE('order ' || store || '/' || number || CASE WHEN return_no > 0 THEN ' return ' || return_no::text ELSE '' END, 'system ' || system)) STORED;
CREATE UNIQUE INDEX exceptions_open ON exceptions (holder, cause) WHERE resolved_at IS NULL;
