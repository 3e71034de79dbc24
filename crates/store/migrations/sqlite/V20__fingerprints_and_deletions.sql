-- Which keys and which vault belong to this database: a node that has others does not start. One row each
-- for the master keys that wrap something, for the signing key, and for the ids that lie in the two places
-- of the vault; `digest` is a one-way code of a key. The row `binding` says that all of them were written.

CREATE TABLE fingerprints (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    digest TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

-- Records whose keys are being destroyed. What cannot be opened any more is no loss where it is in here,
-- and a deletion that was interrupted is resumed.

CREATE TABLE deletions (
    client TEXT NOT NULL,
    resource TEXT NOT NULL,
    record TEXT NOT NULL,
    begun_at INTEGER NOT NULL,
    PRIMARY KEY (client, resource, record)
) STRICT, WITHOUT ROWID;

CREATE INDEX deletions_begun ON deletions (begun_at);
