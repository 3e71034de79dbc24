-- What a record that failed says about it, and the work that is at hand: a job is made and deleted
-- together with the first and the last state of its record.

ALTER TABLE document_liveness ADD COLUMN failure_reason TEXT;

CREATE TABLE jobs (
    kind TEXT NOT NULL,
    record TEXT NOT NULL,
    client TEXT NOT NULL,
    lease_until INTEGER NOT NULL,
    PRIMARY KEY (kind, record)
) STRICT, WITHOUT ROWID;

CREATE INDEX jobs_lease ON jobs (kind, lease_until);
