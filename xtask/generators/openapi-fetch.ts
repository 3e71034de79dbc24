// openapi-typescript and openapi-fetch: lists, filters, pages, creates and checks.
import createClient from "openapi-fetch";
import type { components, paths } from "./openapi-fetch.gen.js";
import { answered, assert, image, token, url } from "./task.js";

const client = createClient<paths>({
  baseUrl: url,
  headers: { Authorization: `Bearer ${token}` },
  // The map of filters: each of its entries is a parameter of its own.
  querySerializer: { object: { style: "form", explode: true } },
});
const list = "/v2/biometric-validations";

const all = answered(await client.GET(list, { params: { query: { perPage: 2, "populates[]": ["client"] } } }));
const rows: components["schemas"]["BiometricValidationRow"][] = all.data;
const total: number = all.pagination.total ?? 0;
assert.equal(rows.length, 2);
assert.equal(typeof rows[0]?.client, "object");

const query = { where_status: "completed", filters: { "where>=_createdAt": "2020-01-01" } } as const;
const completed = answered(await client.GET(list, { params: { query } })).pagination.total ?? 0;
assert.ok(completed > 0 && completed < total, `${completed} of ${total}`);
const none = answered(await client.GET(list, { params: { query: { filters: { where_identifier: "nobody" } } } }));
assert.equal(none.data.length, 0);

const second = answered(await client.GET(list, { params: { query: { perPage: 2, page: 2 } } }));
assert.notEqual(second.data[0]?._id, rows[0]?._id);

const body = { project: "project_bank", projectFlow: "project_flow_bank", identifier: "fetch", type: "onboarding" } as const;
const opened = answered(await client.POST(list, { body })).data.biometricValidation;
const found = answered(await client.GET("/v2/biometric-validations/{id}", { params: { path: { id: opened._id } } }));
assert.equal(found.data.identifier, "fetch");

const checked = answered(await client.POST("/v2/document-liveness", { body: { image } })).data;
assert.equal(checked.status, "completed");
const passed: boolean | null | undefined = checked.validationResults?.screenReplay?.passed;
assert.ok(passed !== undefined);

const wrong = await client.GET("/v2/biometric-validations/{id}", { params: { path: { id: "nothing" } } });
assert.equal(wrong.error?.code, "biometric_validation_not_found");
