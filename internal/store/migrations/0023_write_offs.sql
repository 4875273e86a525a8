-- +goose Up

-- Which document a write-off left its garment to: the return and the warehouse's books
-- may both tell of it. A document that names no garment stands for one other at most.
CREATE TABLE write_off_claims (
    key    text        NOT NULL, -- of the document that was not kept, or was dropped
    stands text        NOT NULL, -- of the document that stands for the same garment
    at     timestamptz NOT NULL,
    CONSTRAINT write_off_claims_pk PRIMARY KEY (key),
    CONSTRAINT write_off_claims_other CHECK (key <> stands),
    CONSTRAINT write_off_claims_stands FOREIGN KEY (stands) REFERENCES documents (key)
);

CREATE INDEX write_off_claims_by_document ON write_off_claims (stands);

-- How write-offs of one garment are found, among all documents of all years.
CREATE INDEX documents_write_off_serial ON documents ((content ->> 'warehouse'), (content -> 'extra' ->> 'serial'))
    WHERE kind = 'write-off' AND content -> 'extra' ->> 'serial' IS NOT NULL;
CREATE INDEX documents_write_off_adjustment ON documents ((content -> 'extra' ->> 'adjustment'))
    WHERE kind = 'write-off' AND content -> 'extra' ->> 'adjustment' IS NOT NULL;
CREATE INDEX documents_write_off_item ON documents ((content ->> 'warehouse'), (content #>> '{lines,0,sku}'), (content -> 'extra' ->> 'return'))
    WHERE kind = 'write-off';

-- Those of no order that wait to be booked: few, among many that are posted.
CREATE INDEX documents_write_off_unbooked ON documents (key)
    WHERE kind = 'write-off' AND store = '' AND number = '' AND NOT held AND status IN ('due', 'paused', 'rejected');

-- Whose a warehouse's return is, for what names the return alone.
CREATE INDEX facts_return ON facts ((data ->> 'warehouse'), (data ->> 'id')) WHERE kind = 'return-confirmation';
