// What every generated client is asked to do, and what must come of it.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";

const setting = (name: string): string => process.env[name] ?? assert.fail(`${name} is not set`);

export const url = setting("VERAX_URL");
export const token = setting("VERAX_TOKEN");
export const image = readFileSync(setting("VERAX_CARD")).toString("base64");
export { assert };

/** What a call gave, or its error as a failure. */
export function answered<T>(call: { data?: T; error?: unknown }): T {
  if (call.data === undefined) assert.fail(JSON.stringify(call.error));
  return call.data;
}
