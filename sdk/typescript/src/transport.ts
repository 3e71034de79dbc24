// Requests over fetch: token, time, tries.

import { randomKey } from './cryptography.js';
import { VeraxError, VeraxNetworkError, VeraxTimeoutError } from './errors.js';
import { toJson } from './values.js';

/** A token, or what gives one: it is asked before each try. */
export type Token = string | (() => string | Promise<string>);

export interface VeraxOptions {
  /** For one try, until its answer has come whole; of a stream, until it begins and between two pieces. 30. */
  timeoutSeconds?: number;
  /** How often a request is tried again that may be: 2. */
  retries?: number;
  /** A server that says `Retry-After` is not waited for longer than this: 60. */
  retryAfterMaxSeconds?: number;
  /** In the place of the global `fetch`. */
  fetch?: typeof fetch;
}

/** What one call may say for itself. */
export interface CallOptions {
  /** Of a POST: made once, and kept over all tries, unless given. 1 to 255 visible ASCII characters. */
  idempotencyKey?: string;
  timeoutSeconds?: number;
  signal?: AbortSignal;
  headers?: Record<string, string>;
}

interface Call extends CallOptions {
  query?: URLSearchParams;
  body?: unknown;
}

const BACKOFF_SECONDS = 0.5;
const BACKOFF_MAX_SECONDS = 8;
const RETRIED_STATUSES = [429, 503];

export class Transport {
  readonly #url: string;
  readonly #token: Token | undefined;
  readonly #options: Required<VeraxOptions>;

  constructor(baseUrl: string | URL, token: Token | undefined, options: VeraxOptions) {
    const url = new URL(baseUrl);
    if (url.username || url.password || url.search || url.hash) {
      throw new TypeError('the base URL has neither credentials, nor a query, nor a fragment');
    }
    this.#url = url.href.replace(/\/+$/, '');
    this.#token = token;
    this.#options = {
      timeoutSeconds: options.timeoutSeconds ?? 30,
      retries: options.retries ?? 2,
      retryAfterMaxSeconds: options.retryAfterMaxSeconds ?? 60,
      fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    };
  }

  /** The answer's JSON. */
  async json(method: string, path: string, call: Call): Promise<any> {
    return this.#tried(method, path, call, async (response) => {
      const text = await response.text();
      const answer = parsed(text);
      if (!response.ok || answer === undefined) throw new VeraxError(response.status, text, response.headers);
      return answer;
    });
  }

  /** The values of an NDJSON answer, as they come. A cut connection is an error, not an end. */
  async *lines(path: string, call: Call): AsyncGenerator<any> {
    const headers = { ...call.headers, accept: 'application/x-ndjson' };
    const [response, patience] = await this.#tried('GET', path, { ...call, headers }, async (response, patience) => {
      if (response.ok) return [response, patience] as const;
      throw new VeraxError(response.status, await response.text(), response.headers);
    });
    const reader = response.body?.getReader();
    const decoder = new TextDecoder();
    let rest = '';
    try {
      for (;;) {
        patience.begin();
        const piece = await reader?.read().catch((cause: unknown) => {
          throw patience.explain(cause);
        });
        patience.end();
        if (piece === undefined || piece.done) break;
        const lines = (rest + decoder.decode(piece.value, { stream: true })).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          const record = parsed(line);
          if (record === undefined) throw new VeraxNetworkError(`GET ${path}: a line is no JSON`);
          yield record;
        }
      }
    } finally {
      patience.end();
      // Who breaks off wants no more of it.
      await reader?.cancel().catch(() => undefined);
    }
    if (rest !== '') throw new VeraxNetworkError(`GET ${path}: the stream ended within a record`);
  }

  async #tried<T>(
    method: string,
    path: string,
    call: Call,
    read: (response: Response, patience: Patience) => Promise<T>,
  ): Promise<T> {
    if (!path.startsWith('/')) throw new TypeError('a path begins with /');
    const key = method === 'POST' ? (call.idempotencyKey ?? (await randomKey())) : undefined;
    const body = call.body === undefined ? undefined : await toJson(call.body);
    // Without a token there is nobody whose key it is: the server takes no notice of it.
    const mayRepeat = method === 'GET' || (key !== undefined && this.#token !== undefined);
    const query = call.query?.toString();
    const url = `${this.#url}${path}${query ? `?${query}` : ''}`;
    for (let tries = 0; ; tries += 1) {
      const patience = new Patience(`${method} ${path}`, call.timeoutSeconds ?? this.#options.timeoutSeconds, call.signal);
      let waitSeconds: number;
      try {
        const headers = await this.#headers(call, body !== undefined, key);
        patience.begin();
        const init: RequestInit = { method, headers, signal: patience.signal, redirect: 'manual' };
        const response = await this.#options.fetch(url, body === undefined ? init : { ...init, body }).catch(
          (cause: unknown) => {
            throw patience.explain(cause);
          },
        );
        return await read(response, patience).catch((cause: unknown) => {
          throw cause instanceof VeraxError ? cause : patience.explain(cause);
        });
      } catch (error) {
        const wait = mayRepeat && tries < this.#options.retries ? this.#wait(error, tries) : undefined;
        if (wait === undefined) throw error;
        waitSeconds = wait;
      } finally {
        patience.end();
      }
      await sleep(waitSeconds, call.signal);
    }
  }

  /** In how many seconds to try again; nothing: do not. */
  #wait(error: unknown, tries: number): number | undefined {
    if (error instanceof VeraxNetworkError) {
      return Math.random() * Math.min(BACKOFF_MAX_SECONDS, BACKOFF_SECONDS * 2 ** tries);
    }
    if (!(error instanceof VeraxError) || !RETRIED_STATUSES.includes(error.status)) return undefined;
    const wait = error.retryAfter;
    return wait !== undefined && wait <= this.#options.retryAfterMaxSeconds ? wait : undefined;
  }

  async #headers(call: Call, hasBody: boolean, key: string | undefined): Promise<Headers> {
    // Names that nobody knows are mistakes: they are answered, not ignored.
    const headers = new Headers({ accept: 'application/json', prefer: 'handling=strict' });
    if (hasBody) headers.set('content-type', 'application/json');
    if (key !== undefined) headers.set('idempotency-key', key);
    const token = typeof this.#token === 'function' ? await this.#token() : this.#token;
    if (token !== undefined) {
      // The error of `Headers` would show the value.
      if (!/^[\x21-\x7e]+$/.test(token)) throw new TypeError('the token is no token');
      headers.set('authorization', `Bearer ${token}`);
    }
    for (const [name, value] of Object.entries(call.headers ?? {})) headers.set(name, value);
    return headers;
  }
}

/** How long something may take, and whose wish it was that it ended. */
class Patience {
  readonly #controller = new AbortController();
  readonly #told: string;
  readonly #seconds: number;
  readonly #theirs: AbortSignal | undefined;
  readonly #stop = (): void => this.#controller.abort(this.#theirs?.reason);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  constructor(told: string, seconds: number, theirs: AbortSignal | undefined) {
    this.#told = told;
    this.#seconds = seconds;
    this.#theirs = theirs;
    theirs?.throwIfAborted();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  begin(): void {
    this.end();
    // What was aborted before does not say so again.
    if (this.#theirs?.aborted) return this.#stop();
    this.#theirs?.addEventListener('abort', this.#stop, { once: true });
    this.#timer = setTimeout(() => {
      this.#isOver = true;
      this.#controller.abort();
    }, this.#seconds * 1000);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#theirs?.removeEventListener('abort', this.#stop);
  }

  explain(cause: unknown): unknown {
    if (this.#theirs?.aborted) return this.#theirs.reason;
    if (this.#isOver) return new VeraxTimeoutError(`${this.#told}: no answer within ${this.#seconds} s`);
    // The system's own word, such as ECONNREFUSED; its message would name the whole address.
    const code = (cause as { cause?: { code?: unknown } } | undefined)?.cause?.code;
    return new VeraxNetworkError(`${this.#told}: ${typeof code === 'string' ? code : 'the connection failed'}`);
  }
}

/** `JSON.parse` without its error, which would show what came. */
function parsed(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function sleep(seconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, seconds * 1000);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
