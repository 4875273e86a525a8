-- +goose Up

-- Every rule says why it is there. Rules saved before this was demanded keep their silence.
ALTER TABLE rules ADD CONSTRAINT rules_reasoned CHECK (reason <> '') NOT VALID;

-- The newest orders are replayed under rules that somebody is about to save.
CREATE INDEX orders_taken ON orders (taken_at DESC, store, number) WHERE NOT wholesale;

-- One run of freeing the orders that wait on one cause. The latest run of a cause is
-- what people look at; earlier ones are kept as the record of who pressed when.
CREATE TABLE resumes (
    id         text        NOT NULL CONSTRAINT resumes_pk PRIMARY KEY, -- of the workflow's chain of runs
    cause      text        NOT NULL,
    by         text        NOT NULL,
    reason     text        NOT NULL,
    state      text        NOT NULL CONSTRAINT resumes_state CHECK (state IN ('running', 'done', 'stopped', 'cut-short')),
    note       text        NOT NULL DEFAULT '', -- why it stopped
    started_at timestamptz NOT NULL,
    ended_at   timestamptz,
    CONSTRAINT resumes_named CHECK (id <> '' AND cause <> '' AND by <> ''),
    CONSTRAINT resumes_ended CHECK ((state = 'running') = (ended_at IS NULL))
);

CREATE INDEX resumes_by_cause ON resumes (cause, started_at DESC);

-- What came of each order: pending until it is known, then one word that stays.
CREATE TABLE resume_outcomes (
    resume      text        NOT NULL CONSTRAINT resume_outcomes_resume REFERENCES resumes (id),
    store       text        NOT NULL,
    number      text        NOT NULL,
    outcome     text        NOT NULL CONSTRAINT resume_outcomes_outcome
        CHECK (outcome IN ('pending', 'freed', 'same-cause', 'other-cause', 'not-signalled', 'under-way')),
    causes      text[]      NOT NULL DEFAULT '{}', -- what the order waits on now
    note        text        NOT NULL DEFAULT '',
    sequence    bigint      NOT NULL DEFAULT 0,    -- of the order's newest fact when it was signalled
    exception   bigint      NOT NULL DEFAULT 0,    -- the open one of the cause at that time
    signalled_at timestamptz NOT NULL,
    settled_at  timestamptz,
    CONSTRAINT resume_outcomes_pk PRIMARY KEY (resume, store, number)
);

CREATE INDEX resume_outcomes_pending ON resume_outcomes (resume) WHERE outcome = 'pending';
