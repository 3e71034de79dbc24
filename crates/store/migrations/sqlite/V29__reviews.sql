-- Cases that people decide. The column of the state is called as those of all records are.

CREATE TABLE reviews (
    id TEXT PRIMARY KEY NOT NULL,
    client TEXT NOT NULL,
    subject TEXT NOT NULL,
    subject_resource TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    app_registration TEXT,
    project TEXT,
    project_flow TEXT,
    opened_because TEXT NOT NULL,
    priority INTEGER NOT NULL,
    status TEXT NOT NULL,
    claimed_by TEXT,
    claimed_until INTEGER,
    proposal TEXT,
    decision TEXT,
    reasons TEXT,
    note TEXT,
    decided_by TEXT,
    checked_by TEXT,
    evidence_digest TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER,
    decided_at INTEGER
) STRICT;

CREATE UNIQUE INDEX reviews_undecided ON reviews (client, subject_resource, subject_id)
    WHERE status IN ('open', 'claimed', 'proposed');
CREATE INDEX reviews_subject ON reviews (client, subject_id);
CREATE INDEX reviews_registration ON reviews (client, app_registration)
    WHERE app_registration IS NOT NULL;
CREATE INDEX reviews_claimed ON reviews (claimed_until) WHERE status = 'claimed';
CREATE INDEX reviews_client_created ON reviews (client, created_at, id);
CREATE INDEX reviews_client_status ON reviews (client, status, priority, created_at, id);
-- For whoever reviews the cases of all clients.
CREATE INDEX reviews_created ON reviews (created_at, id);
CREATE INDEX reviews_status ON reviews (status, priority, created_at, id);

-- What reviewers write down about a case, for each other.

CREATE TABLE review_notes (
    id TEXT PRIMARY KEY NOT NULL,
    client TEXT NOT NULL,
    review TEXT NOT NULL,
    author TEXT NOT NULL,
    note TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX review_notes_review ON review_notes (client, review, created_at, id);

-- When a flow wants a person to decide.

ALTER TABLE project_flows ADD COLUMN review TEXT;
