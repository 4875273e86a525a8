-- +goose Up

-- How far the inventory feed of each warehouse has been read, and who may work on its
-- stock. Every step of a pass proves with the fence that nobody has taken over since.
CREATE TABLE stock_feeds (
    warehouse    text        NOT NULL CONSTRAINT stock_feeds_pk PRIMARY KEY,
    version      bigint      NOT NULL DEFAULT 0,  -- grows with every reading that was finished
    as_of        timestamptz,                     -- state of the warehouse that the newest finished reading reflects
    newest_as_of timestamptz,                     -- the newest ever told: a reading of an older state raises nothing
    changes      text        NOT NULL DEFAULT '', -- where the next delta begins; empty: a snapshot
    full_at      timestamptz,                     -- when the newest snapshot was finished
    read_at      timestamptz,
    reading      jsonb,                           -- a reading under way: where to go on after a crash
    orders_at    timestamptz,                     -- up to which change the warehouse's orders were read
    facts_at     timestamptz,                     -- order facts recorded before were looked at
    books_at     timestamptz,                     -- up to which movement the warehouse's books were read
    drift        text        NOT NULL DEFAULT '', -- where the comparison with the shop goes on; empty: at the beginning
    drift_at     timestamptz,                     -- when it was last finished
    fence        bigint      NOT NULL DEFAULT 0,  -- grows with every holder
    holder       text        NOT NULL DEFAULT '',
    held_until   timestamptz NOT NULL DEFAULT '-infinity',
    triggered_at timestamptz NOT NULL DEFAULT '-infinity', -- when a pass was last asked for by a movement
    CONSTRAINT stock_feeds_named CHECK (warehouse <> '')
) WITH (fillfactor = 50); -- rewritten all the time: one page must do

-- What each warehouse says of each item, and what was made of it. A million rows that
-- rarely change: only what is due is ever looked at.
CREATE TABLE stock_levels (
    warehouse     text        NOT NULL,
    sku           text        NOT NULL,            -- the warehouse's item
    version       bigint      NOT NULL,
    digest        bigint      NOT NULL,            -- of the record as last told, to see a difference at once
    changed_at    timestamptz NOT NULL,            -- when the figures came to be, by the warehouse's clock
    as_of         timestamptz NOT NULL,            -- state of the warehouse in which they were told
    quantities    jsonb       NOT NULL DEFAULT '[]',
    by_grade      jsonb       NOT NULL DEFAULT '[]',
    doubt         text        NOT NULL DEFAULT '', -- why they may not raise anything; empty when they may
    touched       bigint      NOT NULL DEFAULT 1,  -- grows with every change that may move the figure
    due_at        timestamptz,                     -- when the figure has to be looked at; NULL: it stands
    writing_since timestamptz,                     -- a change of stock is on its way whose outcome is not recorded
    published     bigint      NOT NULL DEFAULT 0,  -- how often a figure was written
    CONSTRAINT stock_levels_pk PRIMARY KEY (warehouse, sku),
    CONSTRAINT stock_levels_named CHECK (warehouse <> '' AND sku <> '')
) WITH (fillfactor = 85);

CREATE INDEX stock_levels_doubt ON stock_levels (warehouse, doubt, sku) WHERE doubt <> '';
CREATE INDEX stock_levels_due ON stock_levels (warehouse, sku) WHERE due_at IS NOT NULL;

-- The shop's sizes, read once and then as they change.
CREATE TABLE stock_sizes (
    id      text    NOT NULL CONSTRAINT stock_sizes_pk PRIMARY KEY,
    sku     text    NOT NULL DEFAULT '',
    ean     text    NOT NULL DEFAULT '',
    upc     text    NOT NULL DEFAULT '',
    held    integer NOT NULL DEFAULT 0, -- units that the shop itself holds back in every warehouse
    CONSTRAINT stock_sizes_named CHECK (id <> '')
);

CREATE INDEX stock_sizes_sku ON stock_sizes (sku) WHERE sku <> '';
CREATE INDEX stock_sizes_ean ON stock_sizes (ean) WHERE ean <> '';

-- Which orders hold a size, and what was told of orders since.
CREATE INDEX order_lines_size ON order_lines (size_id);
CREATE INDEX facts_recorded ON facts USING brin (recorded_at) WITH (pages_per_range = 16, autosummarize = on);

-- Two more tables of rules: what is kept back from sale, and which grade is promised.
ALTER TABLE rules DROP CONSTRAINT rules_tbl;
ALTER TABLE rules ADD CONSTRAINT rules_tbl CHECK (tbl IN ('shipping-method', 'market', 'item', 'carrier', 'attribute-default',
    'payment-method', 'stock-status', 'stock-buffer', 'stock-grade', 'disposition', 'service-cutoff'));
