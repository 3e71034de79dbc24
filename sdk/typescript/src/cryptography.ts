// The platform's Web Crypto.

export async function webCrypto(): Promise<Crypto> {
  if (globalThis.crypto) return globalThis.crypto;
  // Node 18 has it in a module alone; named by a variable, so that no bundler looks for it.
  const module = 'node:crypto';
  return (await import(module)).webcrypto;
}

/** 128 random bits, in hexadecimal digits. `randomUUID` is not everywhere in browsers. */
export async function randomKey(): Promise<string> {
  const bytes = (await webCrypto()).getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
