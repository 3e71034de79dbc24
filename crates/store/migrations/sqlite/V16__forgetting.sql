-- Answers to an Idempotency-Key say whose they are and which record they are about. What was stored
-- before was encrypted under a key that the Idempotency-Key itself gave, so it goes: within a day of
-- this migration a repetition may be done again. `record` is empty while the request is running, and
-- where the answer is about no record; `status` is that of the answer.

DROP TABLE idempotency;

CREATE TABLE idempotency (
    id TEXT PRIMARY KEY NOT NULL,
    client TEXT NOT NULL,
    request TEXT NOT NULL,
    record TEXT NOT NULL DEFAULT '',
    status INTEGER,
    answer TEXT,
    created_at INTEGER NOT NULL,
    lease_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_created ON idempotency (created_at);
CREATE INDEX idempotency_client_record ON idempotency (client, record);

-- Who is named in the response of a validation: found again when the person is deleted. Triggers keep
-- it, because records also come from imports.

CREATE TABLE validation_persons (
    client TEXT NOT NULL,
    person TEXT NOT NULL,
    validation TEXT NOT NULL,
    PRIMARY KEY (client, person, validation)
) STRICT, WITHOUT ROWID;

CREATE INDEX validation_persons_validation ON validation_persons (client, validation);

INSERT INTO validation_persons (client, person, validation)
SELECT DISTINCT client, person, id FROM (
    SELECT v.client AS client, v.id AS id, CASE WHEN named.type = 'object'
        THEN COALESCE(json_extract(named.value, '$.id'), json_extract(named.value, '$._id')) END AS person
    FROM biometric_validations AS v, json_each(v.response, '$.persons') AS named
    WHERE v.response LIKE '%"persons":[{%'
) WHERE person IS NOT NULL;

CREATE TRIGGER biometric_validations_persons_insert AFTER INSERT ON biometric_validations
WHEN NEW.response LIKE '%"persons":[{%' BEGIN
    INSERT INTO validation_persons (client, person, validation)
    SELECT DISTINCT NEW.client, person, NEW.id FROM (
        SELECT CASE WHEN named.type = 'object'
            THEN COALESCE(json_extract(named.value, '$.id'), json_extract(named.value, '$._id')) END AS person
        FROM json_each(NEW.response, '$.persons') AS named
    ) WHERE person IS NOT NULL;
END;

CREATE TRIGGER biometric_validations_persons_update AFTER UPDATE OF response ON biometric_validations
WHEN OLD.response IS NOT NEW.response BEGIN
    DELETE FROM validation_persons WHERE client = OLD.client AND validation = OLD.id;
    INSERT INTO validation_persons (client, person, validation)
    SELECT DISTINCT NEW.client, person, NEW.id FROM (
        SELECT CASE WHEN named.type = 'object'
            THEN COALESCE(json_extract(named.value, '$.id'), json_extract(named.value, '$._id')) END AS person
        FROM json_each(CASE WHEN NEW.response LIKE '%"persons":[{%' THEN NEW.response ELSE '{}' END, '$.persons') AS named
    ) WHERE person IS NOT NULL;
END;

CREATE TRIGGER biometric_validations_persons_delete AFTER DELETE ON biometric_validations BEGIN
    DELETE FROM validation_persons WHERE client = OLD.client AND validation = OLD.id;
END;

CREATE INDEX app_logins_client_person ON app_logins (client, person) WHERE person IS NOT NULL;
CREATE INDEX app_logins_client_registration ON app_logins (client, app_registration) WHERE app_registration IS NOT NULL;
