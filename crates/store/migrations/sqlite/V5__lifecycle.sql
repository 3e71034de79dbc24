-- Tokens for one record, what the life of a registration and of a validation adds to their
-- records, and logins.

ALTER TABLE tokens ADD COLUMN subject TEXT;
CREATE INDEX tokens_subject ON tokens (subject, expires_at) WHERE subject IS NOT NULL;

ALTER TABLE projects ADD COLUMN allow_anonymous INTEGER;

ALTER TABLE app_registrations ADD COLUMN person TEXT;
ALTER TABLE app_registrations ADD COLUMN email_validation TEXT;
ALTER TABLE app_registrations ADD COLUMN phone_validation TEXT;
ALTER TABLE app_registrations ADD COLUMN document_validation TEXT;
ALTER TABLE app_registrations ADD COLUMN consent_session TEXT;
ALTER TABLE app_registrations ADD COLUMN failed_biometric_validations TEXT;
CREATE INDEX app_registrations_client_project_email ON app_registrations (client, project, email_folded);
CREATE INDEX app_registrations_client_project_phone ON app_registrations (client, project, phone);

ALTER TABLE biometric_validations ADD COLUMN reasons TEXT;

CREATE TABLE app_logins (
    id TEXT PRIMARY KEY NOT NULL,
    client TEXT NOT NULL,
    name TEXT,
    name_folded TEXT,
    status TEXT,
    project TEXT,
    project_flow TEXT,
    type TEXT,
    email_validation TEXT,
    phone_validation TEXT,
    biometric_validation TEXT,
    app_registration TEXT,
    person TEXT,
    created_at INTEGER,
    updated_at INTEGER
) STRICT;

CREATE INDEX app_logins_client_created ON app_logins (client, created_at, id);
CREATE INDEX app_logins_client_project ON app_logins (client, project, created_at, id);
CREATE INDEX app_logins_biometric_validation ON app_logins (biometric_validation);
