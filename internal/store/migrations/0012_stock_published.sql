-- +goose Up

-- The figure of each item as last computed, with its terms and their times: why it is
-- what it is, whether or not it had to be written.
CREATE TABLE stock_figures (
    warehouse   text        NOT NULL,
    sku         text        NOT NULL,
    size_id     text        NOT NULL DEFAULT '',
    shop_sku    text        NOT NULL DEFAULT '',
    figure      integer     NOT NULL, -- what the shop should offer
    offered     integer     NOT NULL, -- what the shop offered when it was read
    held        text        NOT NULL DEFAULT '', -- why a difference was not written; empty when none is left
    terms       jsonb       NOT NULL,
    computed_at timestamptz NOT NULL,
    CONSTRAINT stock_figures_pk PRIMARY KEY (warehouse, sku)
) WITH (fillfactor = 80);

CREATE INDEX stock_figures_size ON stock_figures (warehouse, size_id) WHERE size_id <> '';
CREATE INDEX stock_figures_held ON stock_figures (warehouse, held, sku) WHERE held <> '';
CREATE INDEX stock_figures_shop_sku ON stock_figures (shop_sku) WHERE shop_sku <> '';

-- The last ten figures written of each item, in a ring: the eleventh takes the place of the first.
CREATE TABLE stock_published (
    warehouse    text        NOT NULL,
    sku          text        NOT NULL,
    slot         smallint    NOT NULL,
    nth          bigint      NOT NULL, -- of the item, from 1
    figure       integer     NOT NULL,
    difference   integer     NOT NULL, -- what was written
    terms        jsonb       NOT NULL,
    as_of        timestamptz NOT NULL, -- state of the warehouse that it reflects
    published_at timestamptz NOT NULL,
    CONSTRAINT stock_published_pk PRIMARY KEY (warehouse, sku, slot),
    CONSTRAINT stock_published_slot CHECK (slot = nth % 10)
);

-- One row for every change of stock that the shop took, for the charts.
CREATE TABLE stock_writes (
    id        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    warehouse text        NOT NULL,
    at        timestamptz NOT NULL,
    as_of     timestamptz NOT NULL,
    lag_ms    bigint      NOT NULL, -- from the state of the warehouse that it reflects to the shop's answer
    decrease  boolean     NOT NULL,
    sizes     integer     NOT NULL,
    units     bigint      NOT NULL
);

CREATE INDEX stock_writes_at ON stock_writes (warehouse, at);

-- One row for every pass.
CREATE TABLE stock_passes (
    warehouse text        NOT NULL,
    fence     bigint      NOT NULL,
    trigger   text        NOT NULL,
    began_at  timestamptz NOT NULL,
    ended_at  timestamptz,
    full_feed boolean     NOT NULL DEFAULT false,
    cut       boolean     NOT NULL DEFAULT false,
    as_of     timestamptz,
    records   bigint      NOT NULL DEFAULT 0, -- read from the feed
    changed   bigint      NOT NULL DEFAULT 0,
    looked    bigint      NOT NULL DEFAULT 0, -- figures computed
    lowered   bigint      NOT NULL DEFAULT 0,
    raised    bigint      NOT NULL DEFAULT 0,
    waiting   bigint      NOT NULL DEFAULT 0, -- differences left to a later pass
    mutations bigint      NOT NULL DEFAULT 0,
    CONSTRAINT stock_passes_pk PRIMARY KEY (warehouse, fence)
);

CREATE INDEX stock_passes_began ON stock_passes (warehouse, began_at);
