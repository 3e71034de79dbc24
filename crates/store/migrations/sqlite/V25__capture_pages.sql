-- A flow has all the members that the protocol documents, in both of its forms.

ALTER TABLE project_flows ADD COLUMN onboarding_settings TEXT;
ALTER TABLE project_flows ADD COLUMN business TEXT;
ALTER TABLE project_flows ADD COLUMN representatives TEXT;
ALTER TABLE project_flows ADD COLUMN link_settings TEXT;
ALTER TABLE project_flows ADD COLUMN security TEXT;
ALTER TABLE project_flows ADD COLUMN allowed_countries TEXT;
ALTER TABLE project_flows ADD COLUMN identity_url TEXT;
ALTER TABLE project_flows ADD COLUMN system_form TEXT;
ALTER TABLE project_flows ADD COLUMN webhook TEXT;

-- The code that a sandbox's project takes in the place of one that is sent. It is no field of a project:
-- no list shows it, and no filter finds it.

ALTER TABLE projects ADD COLUMN demo_otp TEXT;

-- Whether the face of a registration is the one on its document, and until when that is kept.

ALTER TABLE app_registrations ADD COLUMN compare_face_verification TEXT;
ALTER TABLE app_registrations ADD COLUMN compare_face_until INTEGER;
CREATE INDEX app_registrations_compare_face_until ON app_registrations (compare_face_until) WHERE compare_face_until IS NOT NULL;
