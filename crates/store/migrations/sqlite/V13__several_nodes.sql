-- What the operator has set for all nodes: a setting's name, and its value as TOML.

CREATE TABLE settings (
    name TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who logs in may say who they are by the person's id; what points to a validation that is deleted is
-- found without reading all registrations.

CREATE INDEX app_registrations_client_person ON app_registrations (client, person) WHERE person IS NOT NULL;
CREATE INDEX app_registrations_client_validation ON app_registrations (client, biometric_validation) WHERE biometric_validation IS NOT NULL;

-- Keys stay as they are: a file is not distributed.
