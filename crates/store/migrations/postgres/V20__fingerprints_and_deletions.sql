-- Which keys and which vault belong to this database: a node that has others does not start. One row each
-- for the master keys that wrap something, for the signing key, and for the ids that lie in the two places
-- of the vault; `digest` is a one-way code of a key. The row `binding` says that all of them were written.

CREATE TABLE fingerprints (
    kind text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    digest text COLLATE "C" NOT NULL,
    made_at bigint NOT NULL,
    PRIMARY KEY (kind, id)
);

-- Records whose keys are being destroyed. What cannot be opened any more is no loss where it is in here,
-- and a deletion that was interrupted is resumed.

CREATE TABLE deletions (
    client text COLLATE "C" NOT NULL,
    resource text COLLATE "C" NOT NULL,
    record text COLLATE "C" NOT NULL,
    begun_at bigint NOT NULL,
    PRIMARY KEY (client, resource, record)
);

CREATE INDEX deletions_begun ON deletions (begun_at);
