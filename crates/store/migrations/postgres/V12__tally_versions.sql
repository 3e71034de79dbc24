-- Goes up with each change of a resource's tallies, in the same transaction: buckets that were read
-- under the same version are as they were. What is not folded yet is no change of the tallies.

CREATE TABLE tally_versions (
    resource text COLLATE "C" PRIMARY KEY NOT NULL,
    version bigint NOT NULL
);

-- What is added and removed is written beside it by statement, not by row: an import says it at once.
-- A change of a row that stays is still written by row, because only few of its columns matter.

DROP TRIGGER biometric_validations_tally_change ON biometric_validations;

CREATE FUNCTION biometric_validations_tally_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tally_changes (resource, client, status, type, created_at, n)
    SELECT 'biometric_validations', client, status, type, created_at, 1 FROM added;
    RETURN NULL;
END $$;

CREATE FUNCTION biometric_validations_tally_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tally_changes (resource, client, status, type, created_at, n)
    SELECT 'biometric_validations', client, status, type, created_at, -1 FROM removed;
    RETURN NULL;
END $$;

CREATE TRIGGER biometric_validations_tally_insert AFTER INSERT ON biometric_validations
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION biometric_validations_tally_added();
CREATE TRIGGER biometric_validations_tally_delete AFTER DELETE ON biometric_validations
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION biometric_validations_tally_removed();

DROP TRIGGER document_liveness_tally_change ON document_liveness;

CREATE FUNCTION document_liveness_tally_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tally_changes (resource, client, status, type, created_at, n)
    SELECT 'document_liveness', client, status, NULL, created_at, 1 FROM added;
    RETURN NULL;
END $$;

CREATE FUNCTION document_liveness_tally_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tally_changes (resource, client, status, type, created_at, n)
    SELECT 'document_liveness', client, status, NULL, created_at, -1 FROM removed;
    RETURN NULL;
END $$;

CREATE TRIGGER document_liveness_tally_insert AFTER INSERT ON document_liveness
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION document_liveness_tally_added();
CREATE TRIGGER document_liveness_tally_delete AFTER DELETE ON document_liveness
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION document_liveness_tally_removed();
