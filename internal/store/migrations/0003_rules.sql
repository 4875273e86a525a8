-- +goose Up

-- Mapping rules: every change is a new row, none is ever edited. A default for an item
-- attribute is about that attribute, so the attribute belongs to what it is about.
CREATE TABLE rules (
    version   bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tbl       text        NOT NULL,
    store     text        NOT NULL DEFAULT '',
    warehouse text        NOT NULL DEFAULT '',
    country   text        NOT NULL DEFAULT '',
    "from"    text        NOT NULL,
    "to"      text        NOT NULL,
    extra     jsonb       NOT NULL DEFAULT '{}',
    attribute text        GENERATED ALWAYS AS (CASE WHEN tbl = 'attribute-default' THEN COALESCE(extra ->> 'attribute', '') ELSE '' END) STORED,
    retired   boolean     NOT NULL DEFAULT false,
    author    text        NOT NULL,
    reason    text        NOT NULL,
    at        timestamptz NOT NULL,
    CONSTRAINT rules_tbl CHECK (tbl IN ('shipping-method', 'market', 'item', 'carrier', 'attribute-default',
        'payment-method', 'stock-status', 'disposition', 'service-cutoff')),
    CONSTRAINT rules_named CHECK ("from" <> '' AND author <> '')
);

CREATE INDEX rules_about ON rules (tbl, store, warehouse, country, "from", attribute, version DESC);

-- What each warehouse knows of its items.
CREATE TABLE items (
    warehouse  text        NOT NULL,
    sku        text        NOT NULL,
    name       text        NOT NULL DEFAULT '',
    pickable   boolean     NOT NULL,
    missing    text[]      NOT NULL DEFAULT '{}', -- attributes that the warehouse still demands
    updated_at timestamptz NOT NULL,
    CONSTRAINT items_pk PRIMARY KEY (warehouse, sku)
);

-- Attributes that somebody completed by hand or import.
CREATE TABLE item_attributes (
    warehouse text        NOT NULL,
    sku       text        NOT NULL,
    attribute text        NOT NULL,
    value     text        NOT NULL,
    author    text        NOT NULL,
    at        timestamptz NOT NULL,
    CONSTRAINT item_attributes_pk PRIMARY KEY (warehouse, sku, attribute),
    CONSTRAINT item_attributes_named CHECK (warehouse <> '' AND sku <> '' AND attribute <> '')
);
