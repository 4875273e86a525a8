-- +goose Up

-- How far each feed has been read.
CREATE TABLE feed_cursors (
    name       text        NOT NULL CONSTRAINT feed_cursors_pk PRIMARY KEY,
    value      text        NOT NULL,
    updated_at timestamptz NOT NULL
);

-- Inputs that could not be read. The body may hold personal data and is sealed.
CREATE TABLE refused_inputs (
    source text        NOT NULL,
    key    text        NOT NULL,
    reason text        NOT NULL,
    body   bytea       NOT NULL, -- sealed with a master key
    key_id text        NOT NULL,
    at     timestamptz NOT NULL,
    CONSTRAINT refused_inputs_pk PRIMARY KEY (source, key)
);
