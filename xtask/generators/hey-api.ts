// @hey-api/openapi-ts: lists, filters, pages, creates and checks.
import { client } from "./hey-api/client.gen.js";
import {
  createBiometricValidations,
  createDocumentLiveness,
  getBiometricValidations,
  listBiometricValidations,
} from "./hey-api/sdk.gen.js";
import type { BiometricValidationRow } from "./hey-api/types.gen.js";
import { answered, assert, image, token, url } from "./task.js";

client.setConfig({ baseUrl: url, auth: token });

const all = answered(await listBiometricValidations({ query: { perPage: 2, "populates[]": ["client"] } }));
const rows: BiometricValidationRow[] = all.data;
const total: number = all.pagination.total ?? 0;
assert.equal(rows.length, 2);
assert.equal(typeof rows[0]?.client, "object");

const query = { where_status: "completed", filters: { "where>=_createdAt": "2020-01-01" } } as const;
const completed = answered(await listBiometricValidations({ query })).pagination.total ?? 0;
assert.ok(completed > 0 && completed < total, `${completed} of ${total}`);
const none = answered(await listBiometricValidations({ query: { filters: { where_identifier: "nobody" } } }));
assert.equal(none.data.length, 0);

const second = answered(await listBiometricValidations({ query: { perPage: 2, page: 2 } }));
assert.notEqual(second.data[0]?._id, rows[0]?._id);

const body = { project: "project_bank", projectFlow: "project_flow_bank", identifier: "hey", type: "onboarding" } as const;
const opened = answered(await createBiometricValidations({ body })).data.biometricValidation;
const found = answered(await getBiometricValidations({ path: { id: opened._id } }));
assert.equal(found.data.identifier, "hey");

const checked = answered(await createDocumentLiveness({ body: { image } })).data;
assert.equal(checked.status, "completed");
const passed: boolean | null | undefined = checked.validationResults?.screenReplay?.passed;
assert.ok(passed !== undefined);

const wrong = await getBiometricValidations({ path: { id: "nothing" } });
assert.equal(wrong.error?.code, "biometric_validation_not_found");
