// The client against the real server, with the records of its demo.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { test } from 'node:test';

import { PATHS, Verax, VeraxError, verifyWebhook, WebhookVerificationError } from '@verax-id/client';

const { VERAX_URL, VERAX_TOKEN, VERAX_CARD } = process.env;
const verax = new Verax(VERAX_URL, VERAX_TOKEN);
const completed = { where: { status: 'completed' } };

const failed = async (promise) => {
  const error = await promise.then(() => undefined, (it) => it);
  assert.ok(error instanceof VeraxError, String(error));
  return error;
};
const all = async (records) => {
  const found = [];
  for await (const record of records) found.push(record);
  return found;
};

test('a page has what was asked for, and relations as records', async () => {
  const { data, pagination } = await verax.biometricValidations.list({
    ...completed,
    sort: '-createdAt',
    perPage: 2,
    populates: ['client', 'project'],
  });
  assert.ok(data.length > 0 && data.length <= 2);
  for (const record of data) {
    assert.equal(record.status, 'completed');
    assert.equal(record.client.name, 'Example Client');
  }
  assert.equal(pagination.total, await verax.biometricValidations.count(completed));
});

test('pages by cursors, a stream and a count tell of the same records', async () => {
  const walked = (await all(verax.biometricValidations.iterate({ perPage: 7 }))).map((it) => it._id);
  const streamed = (await all(verax.biometricValidations.stream())).map((it) => it._id);
  assert.equal(new Set(walked).size, await verax.biometricValidations.count());
  assert.deepEqual(streamed, walked);
});

test('each list is where the client looks for it', async () => {
  const closed = [];
  for (const name of Object.keys(PATHS)) {
    const count = await verax[name].count().catch((error) => error.status);
    if (count === 403) closed.push(name);
    else assert.equal(typeof count, 'number', name);
  }
  assert.deepEqual(closed, ['projectMembers', 'reviews', 'accesses']);
});

test('an error has a code, and every problem', async () => {
  const missing = await failed(verax.documentLiveness.get('nobody'));
  assert.equal(missing.status, 404);
  assert.equal(missing.code, 'DOCUMENT_LIVENESS_NOT_FOUND');
  assert.match(missing.requestId, /^\w{24}$/);
  const wrong = await failed(verax.biometricValidations.list({ where: { statu: 'x' }, perPage: 1000, params: { typo: 1 } }));
  assert.equal(wrong.code, 'INVALID_PARAMETERS');
  assert.deepEqual(wrong.problems.map((it) => it.parameter).sort(), ['perPage', 'typo', 'where_statu']);
  const strange = await failed(verax.withToken('nonsense').projects.list());
  assert.equal(strange.status, 401);
  assert.doesNotMatch(strange.message, /nonsense/);
});

test('a record is made, changed and deleted', async () => {
  const made = await verax.projects.create({ name: 'TypeScript' });
  const changed = await verax.projects.change(made._id, { name: 'JavaScript' });
  assert.equal(changed.name, 'JavaScript');
  assert.equal((await verax.projects.get(made._id, { columns: ['name'] })).name, 'JavaScript');
  await verax.projects.delete(made._id);
  assert.equal((await failed(verax.projects.get(made._id))).status, 404);
});

test('what is sent twice under one key is done once', async () => {
  const options = { idempotencyKey: `typescript-${Date.now()}` };
  const body = { name: 'Once' };
  const [first, second] = [await verax.projects.create(body, options), await verax.projects.create(body, options)];
  assert.equal(second._id, first._id);
  const other = await failed(verax.projects.create({ name: 'Twice' }, options));
  assert.equal(other.code, 'IDEMPOTENCY_KEY_REUSED');
});

test('a document is checked', async () => {
  const check = await verax.documentLiveness.create({ image: readFileSync(VERAX_CARD) });
  assert.equal(check.status, 'completed');
  assert.equal(typeof check.validationResults.screenReplay.score, 'number');
});

test('any other call can be made', async () => {
  const { data } = await verax.request('GET', '/v2/clients/me');
  assert.equal(data.name, 'Example Client');
});

test('the feed gives one event after the other', async () => {
  const seen = [];
  for await (const event of verax.followEvents(0)) {
    seen.push(event.number);
    if (seen.length === 3) break;
  }
  assert.deepEqual(seen, [1, 2, 3]);
});

test('what the server delivers is verified, with a secret, the one before it, and the public key', async () => {
  let arrived;
  const receiver = createServer(async (request, response) => {
    const pieces = await request.toArray();
    arrived?.({ headers: request.headers, body: Buffer.concat(pieces) });
    response.end();
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const delivered = async () => {
    const delivery = new Promise((resolve) => (arrived = resolve));
    const project = await verax.projects.create({ name: 'Delivered' });
    return [project, await delivery];
  };
  const url = `http://127.0.0.1:${receiver.address().port}/hook`;
  const webhook = await verax.webhooks.create({ url, format: 'standard', eventTypes: ['project.created'] });
  try {
    const [project, { headers, body }] = await delivered();
    for (const key of [webhook.secret, webhook.publicKey]) {
      const event = await verifyWebhook(body, headers, key);
      assert.equal(event.type, 'project.created');
      assert.equal(event.data.id, project._id);
    }
    const other = `whsec_${Buffer.alloc(24).toString('base64')}`;
    await assert.rejects(verifyWebhook(body, headers, other), WebhookVerificationError);
    await verax.request('POST', `/v2/webhooks/${webhook._id}/rotate`, { body: { overlapHours: 1 } });
    const [, rotated] = await delivered();
    assert.equal((await verifyWebhook(rotated.body, rotated.headers, webhook.secret)).type, 'project.created');
  } finally {
    await verax.webhooks.delete(webhook._id);
    receiver.closeAllConnections();
    receiver.close();
  }
});
