// The client against a server that says no, says nothing, and goes away.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';

import { Verax, VeraxError, VeraxNetworkError, VeraxTimeoutError } from '@verax-id/client';

import { fake } from './fake.mjs';

const TOKEN = 'secret-token';
const BUSY = { status: 503, headers: { 'retry-after': '0' }, body: { code: 'UNAVAILABLE', error: 'busy' } };

/** Runs the test with a server that has these answers. */
function against(what, answers, run, options = {}) {
  test(what, async () => {
    const server = await fake([...answers]);
    try {
      await run(new Verax(server.url, TOKEN, options), server.requests, server);
    } finally {
      await server.stop();
    }
  });
}

const failed = async (promise) => {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return assert.fail('it did not fail');
};

against('a read is tried again when the server is busy', [BUSY, BUSY, {}], async (verax, requests) => {
  await verax.events.get('a');
  assert.equal(requests.length, 3);
  assert.equal(requests[0].headers.authorization, `Bearer ${TOKEN}`);
});

against('and not more often than it may be', [BUSY, BUSY, BUSY, BUSY], async (verax, requests) => {
  assert.equal((await failed(verax.events.get('a'))).status, 503);
  assert.equal(requests.length, 3);
});

against('a read whose connection is cut is tried again', ['cut', {}], async (verax, requests) => {
  await verax.events.get('a');
  assert.equal(requests.length, 2);
});

against('a 503 that does not say when is not tried again', [{ ...BUSY, headers: {} }], async (verax, requests) => {
  assert.equal((await failed(verax.events.get('a'))).retryAfter, undefined);
  assert.equal(requests.length, 1);
});

const LATER = { status: 429, headers: { 'retry-after': '3600' }, body: { code: 'TOO_MANY_REQUESTS' } };
against('nobody waits for an hour', [LATER], async (verax, requests) => {
  const error = await failed(verax.events.get('a'));
  assert.equal(error.code, 'TOO_MANY_REQUESTS');
  assert.equal(error.retryAfter, 3600);
  assert.equal(requests.length, 1);
});

against('a POST keeps its key over all tries', ['cut', BUSY, {}, {}], async (verax, requests) => {
  const body = { url: 'https://hooks.example.com' };
  await verax.webhooks.create(body);
  await verax.webhooks.create(body);
  const keys = requests.map((it) => it.headers['idempotency-key']);
  assert.match(keys[0], /^[0-9a-f]{32}$/);
  assert.deepEqual(keys.slice(0, 3), [keys[0], keys[0], keys[0]]);
  assert.notEqual(keys[3], keys[0]);
  assert.deepEqual(requests.map((it) => it.body), Array(4).fill(JSON.stringify(body)));
});

against('a POST takes a key of its caller', [{}], async (verax, requests) => {
  await verax.webhooks.create({ url: 'https://hooks.example.com' }, { idempotencyKey: 'order-7' });
  assert.equal(requests[0].headers['idempotency-key'], 'order-7');
});

for (const [what, call] of [
  ['a change', (verax) => verax.webhooks.change('a', { name: 'x' })],
  ['a deletion', (verax) => verax.webhooks.delete('a')],
  ['a POST without a token', (verax) => verax.withToken().request('POST', '/v2/email-validations', { body: {} })],
]) {
  against(`${what} is never tried again`, [BUSY, {}], async (verax, requests) => {
    assert.equal((await failed(call(verax))).status, 503);
    assert.equal(requests.length, 1);
  });
}

const WRONG = {
  status: 400,
  headers: { 'x-request-id': 'r1' },
  body: {
    success: false,
    error: 'Invalid query parameters',
    code: 'INVALID_PARAMETERS',
    details: [
      { parameter: 'where_statu', message: 'unknown field `statu`' },
      { parameter: 'perPage', message: 'must be between 1 and 100' },
    ],
    data: { name: 'Jo Doe' },
  },
};
against('an error has every problem, and its print no person and no token', [WRONG], async (verax) => {
  const error = await failed(verax.events.list());
  assert.ok(error instanceof VeraxError);
  assert.equal(error.status, 400);
  assert.equal(error.code, 'INVALID_PARAMETERS');
  assert.equal(error.requestId, 'r1');
  assert.deepEqual(error.problems, WRONG.body.details);
  assert.match(error.message, /^400 INVALID_PARAMETERS: Invalid query parameters \(where_statu: unknown field/);
  assert.equal(error.body.data.name, 'Jo Doe');
  assert.doesNotMatch(inspect(error) + JSON.stringify(error), /Jo Doe|secret/);
});

const PAGE = { status: 502, headers: { 'content-type': 'text/html' }, body: '<html>' };
against('what a proxy says is an error without a code', [PAGE], async (verax) => {
  const error = await failed(verax.events.list());
  assert.equal(error.status, 502);
  assert.equal(error.code, undefined);
});

against('a success that is no JSON is an error', [{ ...PAGE, status: 200 }], async (verax) => {
  assert.equal((await failed(verax.events.list())).status, 200);
});

against(
  'silence is a timeout, also for the caller of a key',
  ['silence', 'silence'],
  async (verax, requests) => {
    const error = await failed(verax.webhooks.create({ url: 'https://hooks.example.com' }));
    assert.ok(error instanceof VeraxTimeoutError && error instanceof VeraxNetworkError);
    assert.equal(error.message, 'POST /v2/webhooks: no answer within 0.2 s');
    assert.equal(requests.length, 2);
  },
  { timeoutSeconds: 0.2, retries: 1 },
);

test('nobody there is a network error without an address or a token', async () => {
  const server = await fake([]);
  await server.stop();
  const verax = new Verax(server.url, TOKEN, { retries: 0 });
  const error = await failed(verax.appRegistrations.list({ where: { email: 'jo@example.com' } }));
  assert.ok(error instanceof VeraxNetworkError);
  assert.equal(error.message, 'GET /v2/app-registrations: ECONNREFUSED');
  assert.doesNotMatch(inspect(error), /secret|jo@example/);
});

for (const when of ['before', 'meanwhile']) {
  test(`a caller who breaks off ${when} gets the own reason`, async () => {
    const server = await fake(['silence']);
    const controller = new AbortController();
    const breaking = (input, init) => {
      if (when === 'meanwhile') controller.abort(new Error('enough'));
      return fetch(input, init);
    };
    const verax = new Verax(server.url, TOKEN, { fetch: breaking });
    const call = failed(verax.events.list({}, { signal: controller.signal }));
    if (when === 'before') controller.abort(new Error('enough'));
    assert.equal((await call).message, 'enough');
    await server.stop();
  });
}

test('a token that is made anew is asked for before each try', async () => {
  const server = await fake([BUSY, {}]);
  let made = 0;
  const verax = new Verax(server.url, async () => `token-${(made += 1)}`);
  await verax.events.get('a');
  await server.stop();
  assert.deepEqual(
    server.requests.map((it) => it.headers.authorization),
    ['Bearer token-1', 'Bearer token-2'],
  );
});

test('a print of the client does not show the token', async () => {
  const verax = new Verax('http://127.0.0.1:1', TOKEN);
  assert.doesNotMatch(inspect(verax, { depth: 9, showHidden: true }) + JSON.stringify(verax), /secret/);
  const spoilt = new Verax('http://127.0.0.1:1', 'secret\ntoken');
  assert.doesNotMatch(inspect(await failed(spoilt.events.list())), /secret/);
});

test('a redirect is not followed: the token stays with its server', async () => {
  const other = await fake([{}]);
  const server = await fake([{ status: 307, headers: { location: other.url } }]);
  const error = await failed(new Verax(server.url, TOKEN).events.list());
  await Promise.all([server.stop(), other.stop()]);
  assert.equal(error.status, 307);
  assert.equal(other.requests.length, 0);
});

const page = (data, nextCursor) => ({ body: { success: true, data, pagination: { nextCursor } } });
against('cursors are followed to the end', [page([1, 2], 'c2'), page([3], null)], async (verax, requests) => {
  const records = [];
  for await (const record of verax.events.iterate({ where: { type: 'webhook.created' } })) records.push(record);
  assert.deepEqual(records, [1, 2, 3]);
  const asked = requests.map((it) => new URL(it.url, 'http://x').searchParams);
  assert.deepEqual(asked.map((it) => it.get('cursor')), ['*', 'c2']);
  assert.deepEqual(asked.map((it) => it.get('perPage')), ['100', '100']);
  assert.deepEqual(asked.map((it) => it.get('where_type')), ['webhook.created', 'webhook.created']);
});

against('a caller who has enough asks for no more pages', [page([1, 2], 'c2')], async (verax, requests) => {
  for await (const record of verax.events.iterate({ perPage: 2 })) if (record === 2) break;
  assert.equal(requests.length, 1);
});

const lines = '{"_id":"a","name":"é"}\n{"_id":"b"}\n';
against('a stream gives each line', [BUSY, { body: lines }], async (verax, requests) => {
  const records = [];
  for await (const record of verax.events.stream()) records.push(record._id);
  assert.deepEqual(records, ['a', 'b']);
  assert.equal(requests[1].headers.accept, 'application/x-ndjson');
});

against('a stream that is cut is no end', [{ cutAfter: lines }], async (verax) => {
  const records = [];
  const walk = async () => {
    for await (const record of verax.events.stream()) records.push(record._id);
  };
  assert.ok((await failed(walk())) instanceof VeraxNetworkError);
  assert.deepEqual(records, ['a', 'b']);
});

against('bytes become base64, wherever they are', [{}], async (verax, requests) => {
  const bytes = new Uint8Array(100_000).fill(255);
  const images = [bytes, new Blob([bytes]), bytes.buffer, 'text'];
  await verax.persons.create({ name: 'Jo', images });
  const text = Buffer.from(bytes).toString('base64');
  assert.deepEqual(JSON.parse(requests[0].body), { name: 'Jo', images: [text, text, text, 'text'] });
});

against('what is no id, no path and no base URL goes nowhere', [], async (verax, requests, server) => {
  for (const id of ['', '..', 'a/b', 'a?b', 'a'.repeat(65)]) {
    assert.ok((await failed(verax.events.get(id))) instanceof TypeError);
  }
  assert.ok((await failed(verax.request('GET', '@example.com'))) instanceof TypeError);
  assert.throws(() => new Verax('http://user:secret@example.com'), (error) => !/secret/.test(inspect(error)));
  assert.equal(requests.length, 0);
  assert.ok(server.url);
});

against('a base URL may have a path', [{}], async (_, requests, server) => {
  await new Verax(`${server.url}/verax/`, TOKEN).request('GET', '/v2/clients/me', { query: { a: [1, 2] } });
  assert.equal(requests[0].url, '/verax/v2/clients/me?a=1&a=2');
});
