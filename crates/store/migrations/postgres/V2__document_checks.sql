-- What a record that failed says about it, and the work that is at hand: a job is made and deleted
-- together with the first and the last state of its record.

ALTER TABLE document_liveness ADD COLUMN failure_reason text COLLATE "C";

CREATE TABLE jobs (
    kind text COLLATE "C" NOT NULL,
    record text COLLATE "C" NOT NULL,
    client text COLLATE "C" NOT NULL,
    lease_until bigint NOT NULL,
    PRIMARY KEY (kind, record)
);

CREATE INDEX jobs_lease ON jobs (kind, lease_until);
