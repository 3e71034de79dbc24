-- Goes up with each change of a resource's tallies, in the same transaction: buckets that were read
-- under the same version are as they were. What is not folded yet is no change of the tallies.

CREATE TABLE tally_versions (
    resource text COLLATE "C" PRIMARY KEY NOT NULL,
    version bigint NOT NULL
);

INSERT INTO tally_versions (resource, version) VALUES ('biometric_validations', 0), ('document_liveness', 0);
