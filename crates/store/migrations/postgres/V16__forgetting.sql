-- Answers to an Idempotency-Key say whose they are and which record they are about. What was stored
-- before was encrypted under a key that the Idempotency-Key itself gave, so it goes: within a day of
-- this migration a repetition may be done again. `record` is empty while the request is running, and
-- where the answer is about no record; `status` is that of the answer.

DROP TABLE idempotency;

CREATE TABLE idempotency (
    id text COLLATE "C" PRIMARY KEY NOT NULL,
    client text COLLATE "C" NOT NULL,
    request text COLLATE "C" NOT NULL,
    record text COLLATE "C" NOT NULL DEFAULT '',
    status bigint,
    answer text COLLATE "C",
    created_at bigint NOT NULL,
    lease_until bigint NOT NULL
);

CREATE INDEX idempotency_created ON idempotency (created_at);
CREATE INDEX idempotency_client_record ON idempotency (client, record);

-- Who is named in the response of a validation: found again when the person is deleted. Triggers keep
-- it, because records also come from imports.

CREATE TABLE validation_persons (
    client text COLLATE "C" NOT NULL,
    person text COLLATE "C" NOT NULL,
    validation text COLLATE "C" NOT NULL,
    PRIMARY KEY (client, person, validation)
);

CREATE INDEX validation_persons_validation ON validation_persons (client, validation);

-- The persons that a response names. JSON that holds \u0000 is valid, but PostgreSQL has no text for it:
-- such a response names nobody here.
CREATE FUNCTION persons_named(response text) RETURNS SETOF text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF response IS NULL OR position('"persons":[{' IN response) = 0 OR position('\u0000' IN response) > 0 THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT DISTINCT person FROM (
        SELECT CASE WHEN json_typeof(named) = 'object' THEN COALESCE(named ->> 'id', named ->> '_id') END AS person
        FROM json_array_elements(CASE json_typeof(response::json -> 'persons')
            WHEN 'array' THEN response::json -> 'persons' ELSE '[]' END) AS named
    ) AS found WHERE person IS NOT NULL;
END $$;

INSERT INTO validation_persons (client, person, validation)
SELECT v.client, named.person, v.id
FROM biometric_validations AS v, LATERAL persons_named(v.response) AS named (person)
WHERE position('"persons":[{' IN v.response) > 0;

CREATE FUNCTION biometric_validations_persons() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM validation_persons WHERE client = OLD.client AND validation = OLD.id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO validation_persons (client, person, validation)
        SELECT NEW.client, named.person, NEW.id FROM persons_named(NEW.response) AS named (person);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER biometric_validations_persons_insert AFTER INSERT ON biometric_validations
    FOR EACH ROW WHEN (NEW.response LIKE '%"persons":[{%')
    EXECUTE FUNCTION biometric_validations_persons();
CREATE TRIGGER biometric_validations_persons_update AFTER UPDATE OF response ON biometric_validations
    FOR EACH ROW WHEN (OLD.response IS DISTINCT FROM NEW.response)
    EXECUTE FUNCTION biometric_validations_persons();
CREATE TRIGGER biometric_validations_persons_delete AFTER DELETE ON biometric_validations
    FOR EACH ROW WHEN (OLD.response IS NOT NULL)
    EXECUTE FUNCTION biometric_validations_persons();

CREATE INDEX app_logins_client_person ON app_logins (client, person) WHERE person IS NOT NULL;
CREATE INDEX app_logins_client_registration ON app_logins (client, app_registration) WHERE app_registration IS NOT NULL;
