-- Checks of email addresses and phone numbers by a code, and how often a code was asked for.

CREATE TABLE email_validations (
    id text COLLATE "C" NOT NULL,
    client text COLLATE "C" NOT NULL,
    project text COLLATE "C",
    project_flow text COLLATE "C",
    app_registration text COLLATE "C",
    status text COLLATE "C" NOT NULL,
    email text COLLATE "C",
    email_folded text COLLATE "C",
    type text COLLATE "C",
    validation_method text COLLATE "C",
    expires_at bigint,
    redirect_url text COLLATE "C",
    requires_2fa boolean,
    ip_address text COLLATE "C",
    language text COLLATE "C",
    attempts bigint,
    attempts_max bigint,
    reason text COLLATE "C",
    created_at bigint NOT NULL,
    updated_at bigint,
    validated_at bigint,
    -- What contacts are compared by. The code follows from a key that is not in the database, and this salt.
    contact_key text COLLATE "C",
    code_salt text COLLATE "C",
    code_key text COLLATE "C",
    PRIMARY KEY (client, id)
);

CREATE UNIQUE INDEX email_validations_id ON email_validations (id);
CREATE INDEX email_validations_client_created ON email_validations (client, created_at, id);
CREATE INDEX email_validations_contact ON email_validations (client, project_flow, contact_key, created_at);
CREATE INDEX email_validations_registration ON email_validations (client, app_registration) WHERE app_registration IS NOT NULL;
CREATE INDEX email_validations_open ON email_validations (expires_at) WHERE status IN ('new', 'sent');

CREATE TABLE phone_validations (
    id text COLLATE "C" NOT NULL,
    client text COLLATE "C" NOT NULL,
    project text COLLATE "C",
    project_flow text COLLATE "C",
    app_registration text COLLATE "C",
    status text COLLATE "C" NOT NULL,
    country_code text COLLATE "C",
    phone text COLLATE "C",
    phone_folded text COLLATE "C",
    phone_gateway text COLLATE "C",
    type text COLLATE "C",
    validation_method text COLLATE "C",
    expires_at bigint,
    redirect_url text COLLATE "C",
    requires_2fa boolean,
    ip_address text COLLATE "C",
    language text COLLATE "C",
    attempts bigint,
    attempts_max bigint,
    reason text COLLATE "C",
    created_at bigint NOT NULL,
    updated_at bigint,
    validated_at bigint,
    -- What contacts are compared by. The code follows from a key that is not in the database, and this salt.
    contact_key text COLLATE "C",
    code_salt text COLLATE "C",
    code_key text COLLATE "C",
    PRIMARY KEY (client, id)
);

CREATE UNIQUE INDEX phone_validations_id ON phone_validations (id);
CREATE INDEX phone_validations_client_created ON phone_validations (client, created_at, id);
CREATE INDEX phone_validations_contact ON phone_validations (client, project_flow, contact_key, created_at);
CREATE INDEX phone_validations_registration ON phone_validations (client, app_registration) WHERE app_registration IS NOT NULL;
CREATE INDEX phone_validations_open ON phone_validations (expires_at) WHERE status IN ('new', 'sent');

-- What was used of a limit since the beginning of its window, under a digest of what is limited.

CREATE TABLE rate_counters (
    client text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    used bigint NOT NULL,
    began_at bigint NOT NULL,
    PRIMARY KEY (client, id)
);

CREATE INDEX rate_counters_began ON rate_counters (began_at);

CREATE INDEX app_logins_email_validation ON app_logins (client, email_validation) WHERE email_validation IS NOT NULL;
CREATE INDEX app_logins_phone_validation ON app_logins (client, phone_validation) WHERE phone_validation IS NOT NULL;
