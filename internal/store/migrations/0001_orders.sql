-- +goose Up

-- One row per order of a shop. Faulty orders must be storable too, so that they can be
-- shown to somebody: hence no checks on currency or amounts, validation names those.
CREATE TABLE orders (
    store           text        NOT NULL,
    number          text        NOT NULL,
    shop_ref        text        NOT NULL DEFAULT '',
    market          text        NOT NULL DEFAULT '',
    currency        text        NOT NULL DEFAULT '',
    grand_total     bigint      NOT NULL DEFAULT 0,      -- minor units of currency
    wholesale       boolean     NOT NULL DEFAULT false,
    status          text        NOT NULL DEFAULT 'unknown'
        CONSTRAINT orders_status CHECK (status IN
            ('pending', 'confirmed', 'processing', 'shipped', 'archived', 'cancelled', 'unknown')),
    content         jsonb       NOT NULL DEFAULT '{}',   -- the canonical order, without personal data
    version         text        NOT NULL DEFAULT '',     -- keyed fingerprint of content and person; '' until first taken in
    personal        bytea,                               -- sealed with the order's data key
    data_key        bytea,                               -- the data key, wrapped by a master key; NULL once erased
    key_id          text,                                -- which master key wrapped it
    sequence        bigint      NOT NULL DEFAULT 0,      -- of the newest fact
    wake_sequence   bigint      NOT NULL DEFAULT 0,      -- of the newest fact that the order's workflow has to look at
    seen_sequence   bigint      NOT NULL DEFAULT 0,      -- up to where it has looked
    wake_at         timestamptz,                         -- since when it has something to look at
    taken_at        timestamptz NOT NULL,                -- when we first saw it
    updated_at      timestamptz NOT NULL,                -- the shop's own instant of the content
    erased_at       timestamptz,
    closed_at       timestamptz,
    closed_state    text
        CONSTRAINT orders_closed_state CHECK (closed_state IN
            ('received', 'waiting-for-shop', 'validated', 'enriched', 'submitted', 'accepted', 'partially-shipped',
             'shipped', 'return-window', 'closed', 'cancelled', 'rejected', 'needs-attention', 'delayed')),
    closed_cause    text,
    closed_sequence bigint,
    CONSTRAINT orders_pk PRIMARY KEY (store, number),
    CONSTRAINT orders_named CHECK (store <> '' AND number <> '')
) WITH (fillfactor = 80); -- every fact rewrites its order's row: leave room to do so in the page

CREATE INDEX orders_unseen ON orders (wake_at) WHERE wake_sequence > seen_sequence;
CREATE INDEX orders_open ON orders (store, number) WHERE closed_at IS NULL AND NOT wholesale;

-- Projection of the canonical order's lines, for stock and reports. By position,
-- because a faulty order may name a line twice.
CREATE TABLE order_lines (
    store      text    NOT NULL,
    number     text    NOT NULL,
    position   integer NOT NULL,
    line       text    NOT NULL,
    kind       text    NOT NULL,
    sku        text    NOT NULL,
    size_id    text    NOT NULL,
    quantity   integer NOT NULL,
    cancelled  integer NOT NULL,
    unit_price bigint  NOT NULL,
    total      bigint  NOT NULL,
    allocated  jsonb   NOT NULL DEFAULT '{}', -- confirmed units by the shop's name of the warehouse
    CONSTRAINT order_lines_pk PRIMARY KEY (store, number, position),
    CONSTRAINT order_lines_order FOREIGN KEY (store, number) REFERENCES orders (store, number)
);

CREATE INDEX order_lines_sku ON order_lines (sku);

-- What happened to an order, append-only and numbered without gaps under the
-- order's row lock. Kinds are an open set: what a version does not know is kept.
CREATE TABLE facts (
    store       text        NOT NULL,
    number      text        NOT NULL,
    sequence    bigint      NOT NULL,
    kind        text        NOT NULL,
    key         text        NOT NULL,
    at          timestamptz NOT NULL,
    actor       text        NOT NULL,
    data        jsonb,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT facts_pk PRIMARY KEY (store, number, sequence),
    CONSTRAINT facts_key UNIQUE (store, number, key),
    CONSTRAINT facts_named CHECK (kind <> '' AND key <> ''),
    CONSTRAINT facts_order FOREIGN KEY (store, number) REFERENCES orders (store, number)
);

-- What each warehouse is asked to ship, as last planned.
CREATE TABLE consignments (
    id           bigint      GENERATED ALWAYS AS IDENTITY, -- order of creation
    warehouse    text        NOT NULL,
    consignment  text        NOT NULL,
    store        text        NOT NULL,
    number       text        NOT NULL,
    fingerprint  text        NOT NULL,
    content      jsonb       NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    planned_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT consignments_pk PRIMARY KEY (warehouse, consignment),
    CONSTRAINT consignments_named CHECK (warehouse <> '' AND consignment <> ''),
    CONSTRAINT consignments_order FOREIGN KEY (store, number) REFERENCES orders (store, number)
);

CREATE INDEX consignments_by_order ON consignments (store, number, id);

-- Facts of orders that we do not know yet. They are numbered when they are adopted.
CREATE TABLE unclaimed_facts (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    warehouse   text        NOT NULL,
    consignment text        NOT NULL,
    reference   text        NOT NULL DEFAULT '', -- <store>/<number>, as the warehouse carried it back
    kind        text        NOT NULL,
    key         text        NOT NULL,
    at          timestamptz NOT NULL,
    actor       text        NOT NULL,
    data        jsonb,
    wake        boolean     NOT NULL, -- whether the order's workflow has to look at it
    received_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT unclaimed_facts_key UNIQUE (warehouse, consignment, key),
    CONSTRAINT unclaimed_facts_named CHECK (kind <> '' AND key <> '')
);

CREATE INDEX unclaimed_facts_reference ON unclaimed_facts (reference) WHERE reference <> '';

-- The newest attempt at a write that its system cannot recognise when it is sent twice.
CREATE TABLE attempts (
    store             text        NOT NULL,
    number            text        NOT NULL,
    key               text        NOT NULL,
    begun_at          timestamptz NOT NULL,
    answered_at       timestamptz,
    tries             integer     NOT NULL DEFAULT 1,
    CONSTRAINT attempts_pk PRIMARY KEY (store, number, key),
    CONSTRAINT attempts_order FOREIGN KEY (store, number) REFERENCES orders (store, number)
);
