-- +goose Up

-- What people were told about each cause; one row per cause, its newest episode.
CREATE TABLE alerts (
    key          text        NOT NULL CONSTRAINT alerts_pk PRIMARY KEY,
    episode      bigint      NOT NULL,
    kind         text        NOT NULL,
    owner        text        NOT NULL,
    severity     text        NOT NULL,
    opened_at    timestamptz NOT NULL,
    gone_at      timestamptz,
    closed_at    timestamptz,
    level        integer     NOT NULL,
    escalated_at timestamptz,
    told_count   integer     NOT NULL,
    told_cutoff  timestamptz,
    messages     integer     NOT NULL
);

CREATE INDEX alerts_open ON alerts (key) WHERE closed_at IS NULL;

-- What is to be told, written together with what it says about the alert, and kept
-- until it was delivered. No address and no secret stands here.
CREATE TABLE alert_messages (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dedupe      text        NOT NULL,
    key         text        NOT NULL,
    receiver    text        NOT NULL,
    channel     text        NOT NULL,
    subject     text        NOT NULL,
    body        text        NOT NULL,
    console     text        NOT NULL DEFAULT '',
    handbook    text        NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL,
    next_try_at timestamptz NOT NULL,
    attempts    integer     NOT NULL DEFAULT 0,
    last_error  text        NOT NULL DEFAULT '',
    sent_at     timestamptz,
    CONSTRAINT alert_messages_dedupe UNIQUE (dedupe)
);

CREATE INDEX alert_messages_unsent ON alert_messages (key, receiver, channel, id) WHERE sent_at IS NULL;

-- What has no rule although no order has met it yet. Closed when a rule comes, or when
-- the value is gone.
CREATE TABLE coverage_gaps (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source     text        NOT NULL, -- the list it was found in, such as centra shipping options
    scope      text        NOT NULL, -- the warehouse or store for which a rule is missing
    kind       text        NOT NULL,
    cause      text        NOT NULL, -- of the exception that an order would open
    owner      text        NOT NULL,
    value      text        NOT NULL,
    detail     text        NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen  timestamptz NOT NULL,
    closed_at  timestamptz,
    CONSTRAINT coverage_gaps_named CHECK (source <> '' AND kind <> '' AND cause <> '')
);

CREATE UNIQUE INDEX coverage_gaps_open ON coverage_gaps (source, scope, cause) WHERE closed_at IS NULL;

-- The shop's sizes as last read, with what its warehouses demand of them.
CREATE TABLE catalogue_sizes (
    size_id    text        NOT NULL CONSTRAINT catalogue_sizes_pk PRIMARY KEY,
    sku        text        NOT NULL,
    content    jsonb       NOT NULL,
    updated_at timestamptz NOT NULL, -- the shop's own instant of the product
    read_at    timestamptz NOT NULL
);

CREATE INDEX catalogue_sizes_sku ON catalogue_sizes (sku);

-- What the audit found of a size in a warehouse; what is fine stands here too.
CREATE TABLE catalogue_findings (
    warehouse   text        NOT NULL,
    size_id     text        NOT NULL,
    sku         text        NOT NULL,
    item        text        NOT NULL DEFAULT '', -- the warehouse's; empty when no rule tells it
    state       text        NOT NULL
        CONSTRAINT catalogue_findings_state CHECK (state IN ('fine', 'unmapped', 'incomplete', 'differs', 'refused', 'to-push')),
    missing     text[]      NOT NULL DEFAULT '{}',
    differences jsonb       NOT NULL DEFAULT '[]',
    detail      text        NOT NULL DEFAULT '',
    first_seen  timestamptz NOT NULL, -- since when it is in this state
    audited_at  timestamptz NOT NULL,
    CONSTRAINT catalogue_findings_pk PRIMARY KEY (warehouse, size_id)
);

CREATE INDEX catalogue_findings_wrong ON catalogue_findings (warehouse, state, sku) WHERE state <> 'fine';

-- The item record as the warehouse holds it, so that the audit compares without asking.
ALTER TABLE items ADD COLUMN record jsonb NOT NULL DEFAULT '{}';
