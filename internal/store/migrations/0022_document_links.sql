-- +goose Up

-- What a posted document came to be about later, such as the shop's return of a credit
-- memo that did not wait for it. The document itself stays as it was posted.
CREATE TABLE ledger_links (
    key    text        NOT NULL,
    ref    text        NOT NULL, -- the shop's return id
    at     timestamptz NOT NULL,
    export bigint,               -- in which export it was told, once
    CONSTRAINT ledger_links_pk PRIMARY KEY (key, ref),
    CONSTRAINT ledger_links_entry FOREIGN KEY (key) REFERENCES ledger_book (key),
    CONSTRAINT ledger_links_named CHECK (ref <> '')
);
CREATE INDEX ledger_links_by_export ON ledger_links (export);

-- A document that a workflow held and that a person has handed to the scheduled run.
ALTER TABLE documents ADD COLUMN released boolean NOT NULL DEFAULT false;
-- Held by a workflow that has not moved it for long, and no open question tells of it.
ALTER TABLE documents ADD COLUMN stranded boolean NOT NULL DEFAULT false;
CREATE INDEX documents_outbox_released ON documents (ledger, id)
    WHERE status IN ('due', 'created', 'accepted', 'unknown') AND (NOT held OR released);
DROP INDEX documents_outbox;
ALTER INDEX documents_outbox_released RENAME TO documents_outbox;
-- Those that wait although nobody holds them any more are looked for at each run.
CREATE INDEX documents_held ON documents (created_at, key) WHERE held AND NOT released AND status NOT IN ('posted', 'dropped');
ALTER TABLE ledger_exports ADD COLUMN links integer NOT NULL DEFAULT 0; -- told in it of documents that were posted before
