// Values of requests: what stands for a moment, an image, an object.

/** A moment, or a day: a `Date`, or RFC 3339 in a text (`2026-12-01T10:30:00Z`, `2026-12-01`). */
export type Moment = Date | string;

/** Bytes of a JPEG, PNG or WebP, or their base64. */
export type Image = Uint8Array | ArrayBuffer | Blob | string;

/** An object or a list of the API whose members are not known here. */
export type Json = any;

const CHUNK_BYTES = 0x8000;

/** The body as JSON: bytes become base64. */
export async function toJson(body: unknown): Promise<string> {
  return JSON.stringify(await withoutBytes(body));
}

async function withoutBytes(value: unknown): Promise<unknown> {
  if (value instanceof Uint8Array) return toBase64(value);
  if (value instanceof ArrayBuffer) return toBase64(new Uint8Array(value));
  if (typeof Blob !== 'undefined' && value instanceof Blob) {
    return toBase64(new Uint8Array(await value.arrayBuffer()));
  }
  if (Array.isArray(value)) return Promise.all(value.map(withoutBytes));
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  const members = Object.entries(value).map(
    async ([name, member]) => [name, await withoutBytes(member)] as const,
  );
  return Object.fromEntries(await Promise.all(members));
}

export function toBase64(bytes: Uint8Array): string {
  let text = '';
  // All bytes at once are more arguments than a call takes.
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK_BYTES));
  }
  return btoa(text);
}
