-- +goose Up

-- Every movement that changed a warehouse's books and its reason, append-only: facts
-- that belong to no order.
CREATE TABLE stock_adjustments (
    warehouse   text        NOT NULL,
    id          text        NOT NULL,
    sku         text        NOT NULL,
    units       integer     NOT NULL, -- negative: units left the books
    reason      text        NOT NULL,
    data        jsonb       NOT NULL,
    at          timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT stock_adjustments_pk PRIMARY KEY (warehouse, id),
    CONSTRAINT stock_adjustments_named CHECK (warehouse <> '' AND id <> '')
);

CREATE INDEX stock_adjustments_sku ON stock_adjustments (warehouse, sku, at);
CREATE INDEX stock_adjustments_at ON stock_adjustments (warehouse, at);

-- What was drained behind our back between two readings of the feed: units that left
-- what can be sold without an order of ours, and how long the shop went on offering them.
CREATE TABLE stock_exposure (
    warehouse    text        NOT NULL,
    sku          text        NOT NULL,
    window_to    timestamptz NOT NULL, -- state of the warehouse that showed it
    window_from  timestamptz NOT NULL, -- and the one before
    units        integer     NOT NULL,
    unit_seconds bigint      NOT NULL,
    buffer       integer     NOT NULL, -- as it was
    CONSTRAINT stock_exposure_pk PRIMARY KEY (warehouse, sku, window_to)
);

CREATE INDEX stock_exposure_at ON stock_exposure (warehouse, window_to);

-- Units by status as the newest whole snapshot told them.
CREATE TABLE stock_statuses (
    warehouse text        NOT NULL,
    status    text        NOT NULL,
    units     bigint      NOT NULL,
    items     bigint      NOT NULL,
    sellable  boolean     NOT NULL,
    known     boolean     NOT NULL, -- a rule or the contract says so
    as_of     timestamptz NOT NULL,
    CONSTRAINT stock_statuses_pk PRIMARY KEY (warehouse, status)
);
