-- Cases that people decide. The column of the state is called as those of all records are.

CREATE TABLE reviews (
    id text COLLATE "C" NOT NULL,
    client text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    subject_resource text COLLATE "C" NOT NULL,
    subject_id text COLLATE "C" NOT NULL,
    app_registration text COLLATE "C",
    project text COLLATE "C",
    project_flow text COLLATE "C",
    opened_because text COLLATE "C" NOT NULL,
    priority bigint NOT NULL,
    status text COLLATE "C" NOT NULL,
    claimed_by text COLLATE "C",
    claimed_until bigint,
    proposal text COLLATE "C",
    decision text COLLATE "C",
    reasons text COLLATE "C",
    note text COLLATE "C",
    decided_by text COLLATE "C",
    checked_by text COLLATE "C",
    evidence_digest text COLLATE "C",
    created_at bigint NOT NULL,
    updated_at bigint,
    decided_at bigint
);

CREATE UNIQUE INDEX reviews_id ON reviews (id);
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
ALTER TABLE reviews ADD PRIMARY KEY (client, id);

-- What reviewers write down about a case, for each other.

CREATE TABLE review_notes (
    id text COLLATE "C" NOT NULL,
    client text COLLATE "C" NOT NULL,
    review text COLLATE "C" NOT NULL,
    author text COLLATE "C" NOT NULL,
    note text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (client, id)
);

CREATE INDEX review_notes_review ON review_notes (client, review, created_at, id);

-- When a flow wants a person to decide.

ALTER TABLE project_flows ADD COLUMN review text COLLATE "C";
