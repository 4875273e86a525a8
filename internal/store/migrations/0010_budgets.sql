-- +goose Up

-- What an outside system still grants us, by class of work: one row a system, whose
-- state package budget reads and writes. Every process takes its share under the row's
-- lock, a few grants at a time.
CREATE TABLE budgets (
    system     text        NOT NULL CONSTRAINT budgets_pk PRIMARY KEY,
    state      jsonb       NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT budgets_named CHECK (system <> '')
) WITH (fillfactor = 50); -- one row that is rewritten all day: keep its versions in one page

-- What was granted and what had to wait, by class and minute, for charts and reports.
CREATE TABLE budget_use (
    system  text        NOT NULL,
    class   text        NOT NULL,
    minute  timestamptz NOT NULL,
    granted integer     NOT NULL DEFAULT 0,
    waited  integer     NOT NULL DEFAULT 0,
    CONSTRAINT budget_use_pk PRIMARY KEY (system, minute, class),
    CONSTRAINT budget_use_named CHECK (system <> '' AND class <> ''),
    CONSTRAINT budget_use_counts CHECK (granted >= 0 AND waited >= 0)
);
