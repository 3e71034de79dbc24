-- A flow has all the members that the protocol documents, in both of its forms.

ALTER TABLE project_flows ADD COLUMN onboarding_settings text COLLATE "C";
ALTER TABLE project_flows ADD COLUMN business text COLLATE "C";
ALTER TABLE project_flows ADD COLUMN representatives text COLLATE "C";
ALTER TABLE project_flows ADD COLUMN link_settings text COLLATE "C";
ALTER TABLE project_flows ADD COLUMN security text COLLATE "C";
ALTER TABLE project_flows ADD COLUMN allowed_countries text COLLATE "C";
ALTER TABLE project_flows ADD COLUMN identity_url text COLLATE "C";
ALTER TABLE project_flows ADD COLUMN system_form text COLLATE "C";
ALTER TABLE project_flows ADD COLUMN webhook text COLLATE "C";

-- The code that a sandbox's project takes in the place of one that is sent. It is no field of a project:
-- no list shows it, and no filter finds it.

ALTER TABLE projects ADD COLUMN demo_otp text COLLATE "C";

-- Whether the face of a registration is the one on its document, and until when that is kept.

ALTER TABLE app_registrations ADD COLUMN compare_face_verification text COLLATE "C";
ALTER TABLE app_registrations ADD COLUMN compare_face_until bigint;
CREATE INDEX app_registrations_compare_face_until ON app_registrations (compare_face_until) WHERE compare_face_until IS NOT NULL;
