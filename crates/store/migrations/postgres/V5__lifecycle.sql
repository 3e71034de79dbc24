-- Tokens for one record, what the life of a registration and of a validation adds to their
-- records, and logins.

ALTER TABLE tokens ADD COLUMN subject text COLLATE "C";
CREATE INDEX tokens_subject ON tokens (subject, expires_at) WHERE subject IS NOT NULL;

ALTER TABLE projects ADD COLUMN allow_anonymous boolean;

ALTER TABLE app_registrations ADD COLUMN person text COLLATE "C";
ALTER TABLE app_registrations ADD COLUMN email_validation text COLLATE "C";
ALTER TABLE app_registrations ADD COLUMN phone_validation text COLLATE "C";
ALTER TABLE app_registrations ADD COLUMN document_validation text COLLATE "C";
ALTER TABLE app_registrations ADD COLUMN consent_session text COLLATE "C";
ALTER TABLE app_registrations ADD COLUMN failed_biometric_validations text COLLATE "C";
CREATE INDEX app_registrations_client_project_email ON app_registrations (client, project, email_folded);
CREATE INDEX app_registrations_client_project_phone ON app_registrations (client, project, phone);

ALTER TABLE biometric_validations ADD COLUMN reasons text COLLATE "C";

CREATE TABLE app_logins (
    id text COLLATE "C" PRIMARY KEY NOT NULL,
    client text COLLATE "C" NOT NULL,
    name text COLLATE "C",
    name_folded text COLLATE "C",
    status text COLLATE "C",
    project text COLLATE "C",
    project_flow text COLLATE "C",
    type text COLLATE "C",
    email_validation text COLLATE "C",
    phone_validation text COLLATE "C",
    biometric_validation text COLLATE "C",
    app_registration text COLLATE "C",
    person text COLLATE "C",
    created_at bigint,
    updated_at bigint
);

CREATE INDEX app_logins_client_created ON app_logins (client, created_at, id);
CREATE INDEX app_logins_client_project ON app_logins (client, project, created_at, id);
CREATE INDEX app_logins_biometric_validation ON app_logins (biometric_validation);
