// What all clients of Verax must say and believe alike.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { Verax, verifyWebhook, WebhookVerificationError } from '@verax-id/client';

import { fake } from './fake.mjs';

const vectors = (name) => JSON.parse(readFileSync(`${process.env.VERAX_VECTORS}/${name}.json`, 'utf8'));

test('each query is written as it must be', async () => {
  const all = vectors('queries');
  const server = await fake(all.map(() => ({ body: { success: true, data: [], pagination: {} } })));
  const verax = new Verax(server.url, 'token');
  for (const { query } of all) await verax.biometricValidations.list(query);
  await server.stop();
  const asked = server.requests.map((it) => [...new URL(it.url, server.url).searchParams]);
  assert.deepEqual(asked, all.map((it) => it.params));
});

test('a moment is a Date, too', async () => {
  const server = await fake([{}]);
  const at = new Date('2026-12-01T10:30:00Z');
  await new Verax(server.url, 'token').events.list({ atLeast: { createdAt: at } });
  await server.stop();
  assert.equal(server.requests[0].url, '/v2/events?whereGTE_createdAt=2026-12-01T10%3A30%3A00.000Z');
});

for (const { what, valid, body, headers, keys, at } of vectors('webhooks')) {
  test(`webhook: ${what}: ${valid ? 'verified' : 'rejected'}`, async () => {
    const verified = verifyWebhook(Buffer.from(body), headers, keys, { at: new Date(at * 1000) });
    if (valid) assert.deepEqual(await verified, JSON.parse(body));
    else await assert.rejects(verified, WebhookVerificationError);
  });
}

test('a delivery of long ago is rejected by the clock', async () => {
  const { body, headers, keys, at } = vectors('webhooks')[0];
  const toleranceSeconds = Math.abs(Date.now() / 1000 - at) - 60;
  await assert.rejects(verifyWebhook(body, headers, keys, { toleranceSeconds }), WebhookVerificationError);
  const wide = { toleranceSeconds: toleranceSeconds + 120 };
  assert.equal((await verifyWebhook(body, new Headers(headers), keys[0], wide)).type, 'biometric_validation.completed');
});

test('a key that is none is a mistake of the caller, and is not shown', async () => {
  const { body, headers, at } = vectors('webhooks')[0];
  for (const keys of [[], 'secret', 'whsec_', 'whsec_***', 'whpk_AQEB']) {
    const error = await verifyWebhook(body, headers, keys, { at: new Date(at * 1000) }).catch((it) => it);
    assert.ok(error instanceof TypeError, String(keys));
    assert.doesNotMatch(error.message, /secret|\*\*\*|AQEB/);
  }
});
