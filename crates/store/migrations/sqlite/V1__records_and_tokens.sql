-- Times are milliseconds UTC; flags are 0 and 1; nested objects are JSON text.

CREATE TABLE clients (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT,
    name_folded TEXT,
    email TEXT,
    email_folded TEXT,
    phone TEXT,
    country_code TEXT,
    company TEXT,
    language TEXT,
    status TEXT,
    created_at INTEGER,
    updated_at INTEGER,
    scopes TEXT
) STRICT;

CREATE TABLE projects (
    id TEXT PRIMARY KEY NOT NULL,
    client TEXT NOT NULL,
    name TEXT,
    name_folded TEXT,
    description TEXT,
    description_folded TEXT,
    identifier TEXT,
    identifier_folded TEXT,
    contact_email TEXT,
    privacy_url TEXT,
    terms_and_conditions_url TEXT,
    allowed_countries TEXT,
    default_language TEXT,
    data_protection TEXT,
    branding TEXT,
    status TEXT,
    target TEXT,
    current_step INTEGER,
    last_step INTEGER,
    demo_mode INTEGER,
    version INTEGER,
    assigned_collection TEXT,
    collection_code TEXT,
    created_at INTEGER,
    updated_at INTEGER
) STRICT;

CREATE TABLE project_flows (
    id TEXT PRIMARY KEY NOT NULL,
    client TEXT NOT NULL,
    project TEXT,
    type TEXT,
    status TEXT,
    version INTEGER,
    name TEXT,
    name_folded TEXT,
    target TEXT,
    redirect_url TEXT,
    webhook_url TEXT,
    login_settings TEXT,
    sign_up_form TEXT,
    documents TEXT,
    liveness TEXT,
    steps TEXT,
    integrations TEXT,
    email_templates TEXT,
    created_at INTEGER,
    updated_at INTEGER
) STRICT;

CREATE TABLE liveness_sessions (
    id TEXT PRIMARY KEY NOT NULL,
    client TEXT NOT NULL,
    project TEXT,
    project_flow TEXT,
    identifier TEXT,
    identifier_folded TEXT,
    status TEXT,
    expires_at INTEGER,
    created_at INTEGER,
    updated_at INTEGER
) STRICT;

CREATE TABLE app_registrations (
    id TEXT PRIMARY KEY NOT NULL,
    client TEXT NOT NULL,
    project TEXT,
    project_flow TEXT,
    status TEXT,
    full_name TEXT,
    full_name_folded TEXT,
    first_name TEXT,
    first_name_folded TEXT,
    last_name TEXT,
    last_name_folded TEXT,
    email TEXT,
    email_folded TEXT,
    phone TEXT,
    phone_folded TEXT,
    country_code TEXT,
    language TEXT,
    current_step TEXT,
    biometric_validation TEXT,
    assigned_collection TEXT,
    manual_review_log TEXT,
    created_at INTEGER,
    updated_at INTEGER
) STRICT;

CREATE TABLE biometric_validations (
    id TEXT PRIMARY KEY NOT NULL,
    client TEXT NOT NULL,
    project TEXT,
    project_flow TEXT,
    liveness_session TEXT,
    app_registration TEXT,
    status TEXT NOT NULL,
    identifier TEXT,
    identifier_folded TEXT,
    type TEXT,
    expires_at INTEGER,
    redirect_url TEXT,
    webhook_url TEXT,
    requires_2fa INTEGER,
    ip_address TEXT,
    send_via_email INTEGER,
    email TEXT,
    language TEXT,
    url TEXT,
    assigned_collection TEXT,
    collection_code TEXT,
    liveness_score REAL,
    response TEXT,
    biometric_data TEXT,
    biometric_data_full TEXT,
    verification_results TEXT,
    verification_results_full TEXT,
    risk_score REAL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER,
    completed_at INTEGER
) STRICT;

CREATE TABLE document_liveness (
    id TEXT PRIMARY KEY NOT NULL,
    client TEXT NOT NULL,
    app_registration TEXT,
    image_saved INTEGER NOT NULL,
    image_url TEXT,
    status TEXT NOT NULL,
    validation_results TEXT,
    validation_results_full TEXT,
    calibration_settings TEXT,
    validation_flags TEXT,
    risk_score REAL,
    confidence REAL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER,
    completed_at INTEGER
) STRICT;

CREATE TABLE tokens (
    id TEXT PRIMARY KEY NOT NULL,
    client TEXT NOT NULL,
    scopes TEXT NOT NULL,
    mode TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;

CREATE INDEX biometric_validations_client_created ON biometric_validations (client, created_at, id);
CREATE INDEX biometric_validations_client_status_created ON biometric_validations (client, status, created_at, id);
CREATE INDEX biometric_validations_client_type_created ON biometric_validations (client, type, created_at, id);
CREATE INDEX biometric_validations_created ON biometric_validations (created_at, id);
CREATE INDEX biometric_validations_status_created ON biometric_validations (status, created_at, id);
CREATE INDEX biometric_validations_client_identifier ON biometric_validations (client, identifier, created_at, id);
CREATE INDEX biometric_validations_client_project ON biometric_validations (client, project, created_at, id);
CREATE INDEX biometric_validations_client_project_flow ON biometric_validations (client, project_flow, created_at, id);
CREATE INDEX biometric_validations_client_liveness_session ON biometric_validations (client, liveness_session, created_at, id);
CREATE INDEX biometric_validations_client_app_registration ON biometric_validations (client, app_registration, created_at, id);
CREATE INDEX document_liveness_client_created ON document_liveness (client, created_at, id);
CREATE INDEX document_liveness_client_status_created ON document_liveness (client, status, created_at, id);
CREATE INDEX document_liveness_created ON document_liveness (created_at, id);
CREATE INDEX document_liveness_status_created ON document_liveness (status, created_at, id);
CREATE INDEX document_liveness_client_app_registration ON document_liveness (client, app_registration, created_at, id);
CREATE INDEX projects_client_created ON projects (client, created_at, id);
CREATE INDEX project_flows_client_created ON project_flows (client, created_at, id);
CREATE INDEX project_flows_project ON project_flows (project, id);
CREATE INDEX liveness_sessions_client_created ON liveness_sessions (client, created_at, id);
CREATE INDEX app_registrations_client_created ON app_registrations (client, created_at, id);
CREATE INDEX app_registrations_client_status_created ON app_registrations (client, status, created_at, id);
CREATE INDEX app_registrations_client_project ON app_registrations (client, project, created_at, id);
CREATE INDEX app_registrations_client_email ON app_registrations (client, email, created_at, id);
CREATE INDEX tokens_client ON tokens (client);

-- Tallies: how many records a scope (a client, or * for all) has per span of creation time, one
-- column per pair of status and type (crates/query/src/tally.rs). What a record adds or takes away
-- is written beside it, in the same transaction, by a trigger; it is folded into the tallies later.
CREATE TABLE tallies (
    resource TEXT NOT NULL,
    scope TEXT NOT NULL,
    level INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    split INTEGER NOT NULL DEFAULT FALSE,
    n INTEGER NOT NULL DEFAULT 0,
    c0 INTEGER NOT NULL DEFAULT 0,
    c1 INTEGER NOT NULL DEFAULT 0,
    c2 INTEGER NOT NULL DEFAULT 0,
    c3 INTEGER NOT NULL DEFAULT 0,
    c4 INTEGER NOT NULL DEFAULT 0,
    c5 INTEGER NOT NULL DEFAULT 0,
    c6 INTEGER NOT NULL DEFAULT 0,
    c7 INTEGER NOT NULL DEFAULT 0,
    c8 INTEGER NOT NULL DEFAULT 0,
    c9 INTEGER NOT NULL DEFAULT 0,
    c10 INTEGER NOT NULL DEFAULT 0,
    c11 INTEGER NOT NULL DEFAULT 0,
    c12 INTEGER NOT NULL DEFAULT 0,
    c13 INTEGER NOT NULL DEFAULT 0,
    c14 INTEGER NOT NULL DEFAULT 0,
    c15 INTEGER NOT NULL DEFAULT 0,
    c16 INTEGER NOT NULL DEFAULT 0,
    c17 INTEGER NOT NULL DEFAULT 0,
    c18 INTEGER NOT NULL DEFAULT 0,
    c19 INTEGER NOT NULL DEFAULT 0,
    c20 INTEGER NOT NULL DEFAULT 0,
    c21 INTEGER NOT NULL DEFAULT 0,
    c22 INTEGER NOT NULL DEFAULT 0,
    c23 INTEGER NOT NULL DEFAULT 0,
    c24 INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (resource, scope, level, bucket)
) STRICT, WITHOUT ROWID;

CREATE TABLE tally_changes (
    id INTEGER PRIMARY KEY,
    resource TEXT NOT NULL,
    client TEXT NOT NULL,
    status TEXT NOT NULL,
    type TEXT,
    created_at INTEGER NOT NULL,
    n INTEGER NOT NULL
) STRICT;

CREATE INDEX tally_changes_client ON tally_changes (resource, client);

CREATE TRIGGER biometric_validations_tally_insert AFTER INSERT ON biometric_validations BEGIN
    INSERT INTO tally_changes (resource, client, status, type, created_at, n)
    VALUES ('biometric_validations', NEW.client, NEW.status, NEW.type, NEW.created_at, 1);
END;

CREATE TRIGGER biometric_validations_tally_delete AFTER DELETE ON biometric_validations BEGIN
    INSERT INTO tally_changes (resource, client, status, type, created_at, n)
    VALUES ('biometric_validations', OLD.client, OLD.status, OLD.type, OLD.created_at, -1);
END;

CREATE TRIGGER biometric_validations_tally_update AFTER UPDATE OF client, status, type, created_at ON biometric_validations
WHEN OLD.client IS NOT NEW.client OR OLD.status IS NOT NEW.status OR OLD.type IS NOT NEW.type OR OLD.created_at IS NOT NEW.created_at BEGIN
    INSERT INTO tally_changes (resource, client, status, type, created_at, n)
    VALUES ('biometric_validations', OLD.client, OLD.status, OLD.type, OLD.created_at, -1),
           ('biometric_validations', NEW.client, NEW.status, NEW.type, NEW.created_at, 1);
END;

CREATE TRIGGER document_liveness_tally_insert AFTER INSERT ON document_liveness BEGIN
    INSERT INTO tally_changes (resource, client, status, type, created_at, n)
    VALUES ('document_liveness', NEW.client, NEW.status, NULL, NEW.created_at, 1);
END;

CREATE TRIGGER document_liveness_tally_delete AFTER DELETE ON document_liveness BEGIN
    INSERT INTO tally_changes (resource, client, status, type, created_at, n)
    VALUES ('document_liveness', OLD.client, OLD.status, NULL, OLD.created_at, -1);
END;

CREATE TRIGGER document_liveness_tally_update AFTER UPDATE OF client, status, created_at ON document_liveness
WHEN OLD.client IS NOT NEW.client OR OLD.status IS NOT NEW.status OR OLD.created_at IS NOT NEW.created_at BEGIN
    INSERT INTO tally_changes (resource, client, status, type, created_at, n)
    VALUES ('document_liveness', OLD.client, OLD.status, NULL, OLD.created_at, -1),
           ('document_liveness', NEW.client, NEW.status, NULL, NEW.created_at, 1);
END;
