-- What the operator has set for all nodes: a setting's name, and its value as TOML.

CREATE TABLE settings (
    name text COLLATE "C" PRIMARY KEY NOT NULL,
    value text COLLATE "C" NOT NULL,
    changed_at bigint NOT NULL
);

-- Who logs in may say who they are by the person's id; what points to a validation that is deleted is
-- found without reading all registrations.

CREATE INDEX app_registrations_client_person ON app_registrations (client, person) WHERE person IS NOT NULL;
CREATE INDEX app_registrations_client_validation ON app_registrations (client, biometric_validation) WHERE biometric_validation IS NOT NULL;

-- Keys begin with the client, so that the tables can be distributed by it. An id is still that of one
-- record alone: the second index says so, which a distributed table does without (docs/scale.md).

CREATE UNIQUE INDEX projects_id ON projects (id);
ALTER TABLE projects DROP CONSTRAINT projects_pkey, ADD PRIMARY KEY (client, id);
CREATE UNIQUE INDEX project_flows_id ON project_flows (id);
ALTER TABLE project_flows DROP CONSTRAINT project_flows_pkey, ADD PRIMARY KEY (client, id);
CREATE UNIQUE INDEX liveness_sessions_id ON liveness_sessions (id);
ALTER TABLE liveness_sessions DROP CONSTRAINT liveness_sessions_pkey, ADD PRIMARY KEY (client, id);
CREATE UNIQUE INDEX app_registrations_id ON app_registrations (id);
ALTER TABLE app_registrations DROP CONSTRAINT app_registrations_pkey, ADD PRIMARY KEY (client, id);
CREATE UNIQUE INDEX biometric_validations_id ON biometric_validations (id);
ALTER TABLE biometric_validations DROP CONSTRAINT biometric_validations_pkey, ADD PRIMARY KEY (client, id);
CREATE UNIQUE INDEX document_liveness_id ON document_liveness (id);
ALTER TABLE document_liveness DROP CONSTRAINT document_liveness_pkey, ADD PRIMARY KEY (client, id);
CREATE UNIQUE INDEX app_logins_id ON app_logins (id);
ALTER TABLE app_logins DROP CONSTRAINT app_logins_pkey, ADD PRIMARY KEY (client, id);
CREATE UNIQUE INDEX collections_id ON collections (id);
ALTER TABLE collections DROP CONSTRAINT collections_pkey, ADD PRIMARY KEY (client, id);
CREATE UNIQUE INDEX persons_id ON persons (id);
ALTER TABLE persons DROP CONSTRAINT persons_pkey, ADD PRIMARY KEY (client, id);
CREATE UNIQUE INDEX person_templates_id ON person_templates (id);
ALTER TABLE person_templates DROP CONSTRAINT person_templates_pkey, ADD PRIMARY KEY (client, id);
