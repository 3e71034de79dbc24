-- Goes up with each change of a resource's tallies, in the same transaction: buckets that were read
-- under the same version are as they were. What is not folded yet is no change of the tallies.

CREATE TABLE tally_versions (
    resource TEXT PRIMARY KEY NOT NULL,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
