// Webhooks: whether a delivery comes from your server (Standard Webhooks: `v1` HMAC-SHA-256, `v1a` Ed25519).

import { webCrypto } from './cryptography.js';
import type { EventType } from './names.js';
import type { Json } from './values.js';

/** What was delivered, in the standard format or in Verifik's. */
export interface WebhookEvent {
  /** In the standard format one of `EVENT_TYPES`. */
  type: EventType | (string & {});
  /** The standard format: when it happened. */
  timestamp?: string;
  /** The standard format: the record that it happened to; with `payload: full` the record, in `object`. */
  data?: { id: string; resource: string; status?: string; sequence: number; projectFlow?: string; object?: Json };
  /** Verifik's format: the record. */
  object?: Json;
}

/** A delivery that must not be believed: answer 4xx and do nothing. */
export class WebhookVerificationError extends Error {
  override readonly name = 'WebhookVerificationError';
}

export interface VerificationOptions {
  /** How far the clocks may be apart, and how old a delivery may be: 300. */
  toleranceSeconds?: number;
  /** When it came: now. */
  at?: Date;
}

type HeaderLines = Headers | Record<string, string | readonly string[] | undefined>;

const SECRET = 'whsec_';
const PUBLIC_KEY = 'whpk_';
const ED25519_KEY_BYTES = 32;

/**
 * Verifies a delivery, and gives what it says.
 *
 * @param body the bytes as they came, before anything has parsed them
 * @param keys secrets (`whsec_…`) and public keys (`whpk_…`); one that fits is enough, so that after a
 *   rotation the old and the new secret both stand here
 * @throws WebhookVerificationError if no key fits, or it is too old or too new
 */
export async function verifyWebhook(
  body: string | Uint8Array,
  headers: HeaderLines,
  keys: string | readonly string[],
  options: VerificationOptions = {},
): Promise<WebhookEvent> {
  const parsed = [keys].flat().map(parseKey);
  if (parsed.length === 0) throw new TypeError('there is no key to verify with');
  const id = header(headers, 'webhook-id');
  const timestamp = header(headers, 'webhook-timestamp');
  const signatures = header(headers, 'webhook-signature').split(' ');
  if (!/^\d{1,12}$/.test(timestamp)) throw new WebhookVerificationError('webhook-timestamp is no time');
  const seconds = (options.at ?? new Date()).getTime() / 1000;
  if (!(Math.abs(seconds - Number(timestamp)) <= (options.toleranceSeconds ?? 300))) {
    throw new WebhookVerificationError('the delivery is too old, or too new');
  }
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const signed = joined(new TextEncoder().encode(`${id}.${timestamp}.`), bytes);
  const { subtle } = await webCrypto();
  for (const key of parsed) {
    for (const signature of signatures) {
      if (await fits(subtle, key, signature, signed)) return JSON.parse(new TextDecoder().decode(bytes));
    }
  }
  throw new WebhookVerificationError('no signature fits');
}

interface Key {
  version: 'v1' | 'v1a';
  bytes: Uint8Array<ArrayBuffer>;
}

function parseKey(text: string): Key {
  const version = text.startsWith(SECRET) ? 'v1' : text.startsWith(PUBLIC_KEY) ? 'v1a' : undefined;
  const bytes = version && fromBase64(text.slice(text.indexOf('_') + 1));
  if (!version || !bytes?.length || (version === 'v1a' && bytes.length !== ED25519_KEY_BYTES)) {
    throw new TypeError(`a key is ${SECRET} or ${PUBLIC_KEY}, and base64`);
  }
  return { version, bytes };
}

/** `verify` of HMAC compares in constant time. */
async function fits(subtle: SubtleCrypto, key: Key, signature: string, signed: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const [version, encoded] = signature.split(',', 2);
  const bytes = version === key.version ? fromBase64(encoded ?? '') : undefined;
  if (!bytes?.length) return false;
  const algorithm = key.version === 'v1' ? { name: 'HMAC', hash: 'SHA-256' } : { name: 'Ed25519' };
  const imported = await subtle.importKey('raw', key.bytes, algorithm, false, ['verify']);
  return subtle.verify(algorithm.name, imported, bytes, signed);
}

function header(headers: HeaderLines, name: string): string {
  const isOurs = ([key]: readonly [string, unknown]): boolean => key.toLowerCase() === name;
  const value = headers instanceof Headers ? headers.get(name) : Object.entries(headers).find(isOurs)?.[1];
  const text = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (typeof text !== 'string' || text === '') throw new WebhookVerificationError(`there is no ${name}`);
  return text;
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
