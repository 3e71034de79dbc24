-- Times are milliseconds UTC; nested objects are JSON text, never jsonb, which reorders keys.

CREATE TABLE clients (
    id text COLLATE "C" PRIMARY KEY NOT NULL,
    name text COLLATE "C",
    name_folded text COLLATE "C",
    email text COLLATE "C",
    email_folded text COLLATE "C",
    phone text COLLATE "C",
    country_code text COLLATE "C",
    company text COLLATE "C",
    language text COLLATE "C",
    status text COLLATE "C",
    created_at bigint,
    updated_at bigint,
    scopes text COLLATE "C"
);

CREATE TABLE projects (
    id text COLLATE "C" PRIMARY KEY NOT NULL,
    client text COLLATE "C" NOT NULL,
    name text COLLATE "C",
    name_folded text COLLATE "C",
    description text COLLATE "C",
    description_folded text COLLATE "C",
    identifier text COLLATE "C",
    identifier_folded text COLLATE "C",
    contact_email text COLLATE "C",
    privacy_url text COLLATE "C",
    terms_and_conditions_url text COLLATE "C",
    allowed_countries text COLLATE "C",
    default_language text COLLATE "C",
    data_protection text COLLATE "C",
    branding text COLLATE "C",
    status text COLLATE "C",
    target text COLLATE "C",
    current_step bigint,
    last_step bigint,
    demo_mode boolean,
    version bigint,
    assigned_collection text COLLATE "C",
    collection_code text COLLATE "C",
    created_at bigint,
    updated_at bigint
);

CREATE TABLE project_flows (
    id text COLLATE "C" PRIMARY KEY NOT NULL,
    client text COLLATE "C" NOT NULL,
    project text COLLATE "C",
    type text COLLATE "C",
    status text COLLATE "C",
    version bigint,
    name text COLLATE "C",
    name_folded text COLLATE "C",
    target text COLLATE "C",
    redirect_url text COLLATE "C",
    webhook_url text COLLATE "C",
    login_settings text COLLATE "C",
    sign_up_form text COLLATE "C",
    documents text COLLATE "C",
    liveness text COLLATE "C",
    steps text COLLATE "C",
    integrations text COLLATE "C",
    email_templates text COLLATE "C",
    created_at bigint,
    updated_at bigint
);

CREATE TABLE liveness_sessions (
    id text COLLATE "C" PRIMARY KEY NOT NULL,
    client text COLLATE "C" NOT NULL,
    project text COLLATE "C",
    project_flow text COLLATE "C",
    identifier text COLLATE "C",
    identifier_folded text COLLATE "C",
    status text COLLATE "C",
    expires_at bigint,
    created_at bigint,
    updated_at bigint
);

CREATE TABLE app_registrations (
    id text COLLATE "C" PRIMARY KEY NOT NULL,
    client text COLLATE "C" NOT NULL,
    project text COLLATE "C",
    project_flow text COLLATE "C",
    status text COLLATE "C",
    full_name text COLLATE "C",
    full_name_folded text COLLATE "C",
    first_name text COLLATE "C",
    first_name_folded text COLLATE "C",
    last_name text COLLATE "C",
    last_name_folded text COLLATE "C",
    email text COLLATE "C",
    email_folded text COLLATE "C",
    phone text COLLATE "C",
    phone_folded text COLLATE "C",
    country_code text COLLATE "C",
    language text COLLATE "C",
    current_step text COLLATE "C",
    biometric_validation text COLLATE "C",
    assigned_collection text COLLATE "C",
    manual_review_log text COLLATE "C",
    created_at bigint,
    updated_at bigint
);

CREATE TABLE biometric_validations (
    id text COLLATE "C" PRIMARY KEY NOT NULL,
    client text COLLATE "C" NOT NULL,
    project text COLLATE "C",
    project_flow text COLLATE "C",
    liveness_session text COLLATE "C",
    app_registration text COLLATE "C",
    status text COLLATE "C" NOT NULL,
    identifier text COLLATE "C",
    identifier_folded text COLLATE "C",
    type text COLLATE "C",
    expires_at bigint,
    redirect_url text COLLATE "C",
    webhook_url text COLLATE "C",
    requires_2fa boolean,
    ip_address text COLLATE "C",
    send_via_email boolean,
    email text COLLATE "C",
    language text COLLATE "C",
    url text COLLATE "C",
    assigned_collection text COLLATE "C",
    collection_code text COLLATE "C",
    liveness_score double precision,
    response text COLLATE "C",
    biometric_data text COLLATE "C",
    biometric_data_full text COLLATE "C",
    verification_results text COLLATE "C",
    verification_results_full text COLLATE "C",
    risk_score double precision,
    created_at bigint NOT NULL,
    updated_at bigint,
    completed_at bigint
);

CREATE TABLE document_liveness (
    id text COLLATE "C" PRIMARY KEY NOT NULL,
    client text COLLATE "C" NOT NULL,
    app_registration text COLLATE "C",
    image_saved boolean NOT NULL,
    image_url text COLLATE "C",
    status text COLLATE "C" NOT NULL,
    validation_results text COLLATE "C",
    validation_results_full text COLLATE "C",
    calibration_settings text COLLATE "C",
    validation_flags text COLLATE "C",
    risk_score double precision,
    confidence double precision,
    created_at bigint NOT NULL,
    updated_at bigint,
    completed_at bigint
);

CREATE TABLE tokens (
    id text COLLATE "C" PRIMARY KEY NOT NULL,
    client text COLLATE "C" NOT NULL,
    scopes text COLLATE "C" NOT NULL,
    mode text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    revoked_at bigint
);

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
    resource text COLLATE "C" NOT NULL,
    scope text COLLATE "C" NOT NULL,
    level bigint NOT NULL,
    bucket bigint NOT NULL,
    split boolean NOT NULL DEFAULT FALSE,
    n bigint NOT NULL DEFAULT 0,
    c0 bigint NOT NULL DEFAULT 0,
    c1 bigint NOT NULL DEFAULT 0,
    c2 bigint NOT NULL DEFAULT 0,
    c3 bigint NOT NULL DEFAULT 0,
    c4 bigint NOT NULL DEFAULT 0,
    c5 bigint NOT NULL DEFAULT 0,
    c6 bigint NOT NULL DEFAULT 0,
    c7 bigint NOT NULL DEFAULT 0,
    c8 bigint NOT NULL DEFAULT 0,
    c9 bigint NOT NULL DEFAULT 0,
    c10 bigint NOT NULL DEFAULT 0,
    c11 bigint NOT NULL DEFAULT 0,
    c12 bigint NOT NULL DEFAULT 0,
    c13 bigint NOT NULL DEFAULT 0,
    c14 bigint NOT NULL DEFAULT 0,
    c15 bigint NOT NULL DEFAULT 0,
    c16 bigint NOT NULL DEFAULT 0,
    c17 bigint NOT NULL DEFAULT 0,
    c18 bigint NOT NULL DEFAULT 0,
    c19 bigint NOT NULL DEFAULT 0,
    c20 bigint NOT NULL DEFAULT 0,
    c21 bigint NOT NULL DEFAULT 0,
    c22 bigint NOT NULL DEFAULT 0,
    c23 bigint NOT NULL DEFAULT 0,
    c24 bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (resource, scope, level, bucket)
);

CREATE TABLE tally_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    resource text COLLATE "C" NOT NULL,
    client text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    type text COLLATE "C",
    created_at bigint NOT NULL,
    n bigint NOT NULL
);

CREATE INDEX tally_changes_client ON tally_changes (resource, client);

CREATE FUNCTION biometric_validations_tally() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO tally_changes (resource, client, status, type, created_at, n)
        VALUES ('biometric_validations', OLD.client, OLD.status, OLD.type, OLD.created_at, -1);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO tally_changes (resource, client, status, type, created_at, n)
        VALUES ('biometric_validations', NEW.client, NEW.status, NEW.type, NEW.created_at, 1);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER biometric_validations_tally_change AFTER INSERT OR DELETE ON biometric_validations
    FOR EACH ROW EXECUTE FUNCTION biometric_validations_tally();
CREATE TRIGGER biometric_validations_tally_update AFTER UPDATE OF client, status, type, created_at ON biometric_validations
    FOR EACH ROW WHEN (OLD.client IS DISTINCT FROM NEW.client OR OLD.status IS DISTINCT FROM NEW.status OR OLD.type IS DISTINCT FROM NEW.type OR OLD.created_at IS DISTINCT FROM NEW.created_at)
    EXECUTE FUNCTION biometric_validations_tally();

CREATE FUNCTION document_liveness_tally() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO tally_changes (resource, client, status, type, created_at, n)
        VALUES ('document_liveness', OLD.client, OLD.status, NULL, OLD.created_at, -1);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO tally_changes (resource, client, status, type, created_at, n)
        VALUES ('document_liveness', NEW.client, NEW.status, NULL, NEW.created_at, 1);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER document_liveness_tally_change AFTER INSERT OR DELETE ON document_liveness
    FOR EACH ROW EXECUTE FUNCTION document_liveness_tally();
CREATE TRIGGER document_liveness_tally_update AFTER UPDATE OF client, status, created_at ON document_liveness
    FOR EACH ROW WHEN (OLD.client IS DISTINCT FROM NEW.client OR OLD.status IS DISTINCT FROM NEW.status OR OLD.created_at IS DISTINCT FROM NEW.created_at)
    EXECUTE FUNCTION document_liveness_tally();
