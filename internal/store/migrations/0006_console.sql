-- +goose Up

-- The generated column below rewrites the table of orders.
SET LOCAL statement_timeout = 0;

-- Who may use the console. Names go into facts and audit, so they are chosen names,
-- never e-mail addresses.
CREATE TABLE users (
    name       text        NOT NULL CONSTRAINT users_pk PRIMARY KEY,
    role       text        NOT NULL CONSTRAINT users_role CHECK (role IN ('viewer', 'operator', 'admin')),
    password   text        NOT NULL, -- argon2id in PHC form, with its own salt and cost
    created_at timestamptz NOT NULL,
    created_by text        NOT NULL,
    changed_at timestamptz NOT NULL, -- of password or role
    CONSTRAINT users_named CHECK (name ~ '^[a-z0-9][a-z0-9._-]{1,39}$')
);

-- Open sessions. The browser holds the token, we only its hash.
CREATE TABLE sessions (
    token     bytea       NOT NULL CONSTRAINT sessions_pk PRIMARY KEY,
    name      text        NOT NULL CONSTRAINT sessions_user REFERENCES users (name) ON DELETE CASCADE,
    csrf      text        NOT NULL,
    opened_at timestamptz NOT NULL,
    seen_at   timestamptz NOT NULL
);

CREATE INDEX sessions_by_user ON sessions (name);

-- Who did what, when and why. A row is written before the act and ended after it, so
-- that nothing is done unrecorded; the command makes one act of a form sent twice.
CREATE TABLE audit (
    id       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at       timestamptz NOT NULL,
    actor    text        NOT NULL,
    act      text        NOT NULL,
    target   text        NOT NULL DEFAULT '',
    reason   text        NOT NULL DEFAULT '',
    detail   jsonb       NOT NULL DEFAULT '{}',
    command  text,
    outcome  text        NOT NULL DEFAULT 'begun' CONSTRAINT audit_outcome CHECK (outcome IN ('begun', 'done', 'refused', 'failed')),
    message  text        NOT NULL DEFAULT '',
    ended_at timestamptz,
    CONSTRAINT audit_named CHECK (actor <> '' AND act <> '')
);

CREATE UNIQUE INDEX audit_command ON audit (actor, command) WHERE command IS NOT NULL;
CREATE INDEX audit_target ON audit (target, id DESC);

-- Where each order was shown to stand by its workflow's last look, and where it ended.
ALTER TABLE orders
    ADD COLUMN state text NOT NULL DEFAULT 'received' CONSTRAINT orders_state CHECK (state IN
        ('received', 'waiting-for-shop', 'validated', 'enriched', 'submitted', 'accepted', 'partially-shipped',
         'shipped', 'return-window', 'closed', 'cancelled', 'rejected', 'needs-attention', 'delayed')),
    ADD COLUMN shown text GENERATED ALWAYS AS (COALESCE(closed_state, state)) STORED;

-- What the console lists: orders by state, by number, and the flow of the last days.
CREATE INDEX orders_shown ON orders (shown, taken_at DESC, store, number) WHERE NOT wholesale;
CREATE INDEX orders_number ON orders (number text_pattern_ops) WHERE NOT wholesale;
CREATE INDEX consignments_number ON consignments (consignment);
CREATE INDEX facts_flow ON facts (kind, recorded_at) WHERE kind IN ('submitted', 'shipment');
CREATE INDEX exceptions_of_cause ON exceptions (cause, store, number, id DESC);
CREATE INDEX exceptions_of_order ON exceptions (store, number, opened_at);
