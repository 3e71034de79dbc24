// The client.

import { type Event, type Lists, PATHS } from './names.js';
import { addRaw, type Scalar } from './query.js';
import { RecordCalls, type Records } from './records.js';
import { type CallOptions, type Token, Transport, type VeraxOptions } from './transport.js';

/** What a request of your own says. */
export interface RequestOptions extends CallOptions {
  query?: Record<string, Scalar | readonly Scalar[] | undefined>;
  /** Becomes JSON; bytes in it become base64. */
  body?: unknown;
}

/** An event of the feed. */
export type NumberedEvent = Event & { number: number };

const WAIT_SECONDS = 25;
const WAIT_MARGIN_SECONDS = 10;

/** The lists of a server: `verax.biometricValidations`, `verax.webhooks` … */
export interface Verax extends Readonly<{ [K in keyof Lists]: Records<K> }> {}

/** A client of one server, with one token. */
export class Verax {
  readonly #baseUrl: string | URL;
  readonly #options: VeraxOptions;
  readonly #transport: Transport;

  /** @param token absent: calls that need none */
  constructor(baseUrl: string | URL, token?: Token, options: VeraxOptions = {}) {
    this.#baseUrl = baseUrl;
    this.#options = options;
    this.#transport = new Transport(baseUrl, token, options);
    for (const [name, path] of Object.entries(PATHS)) {
      Object.defineProperty(this, name, { value: new RecordCalls(this.#transport, path), enumerable: true });
    }
  }

  /** The same server with another token, such as that of a registration or a session. */
  withToken(token?: Token): Verax {
    return new Verax(this.#baseUrl, token, this.#options);
  }

  /** Any call. The answer's whole JSON. */
  request<T = any>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const { query, ...call } = options;
    const params = new URLSearchParams();
    addRaw(params, query ?? {});
    return this.#transport.json(method, path, { ...call, query: params });
  }

  /**
   * The feed of events after this number, without an end. Keep `number` of the last one that you have
   * dealt with: the next call begins after it.
   */
  async *followEvents(after = 0, options: CallOptions = {}): AsyncGenerator<NumberedEvent> {
    const timeoutSeconds = options.timeoutSeconds ?? WAIT_SECONDS + WAIT_MARGIN_SECONDS;
    for (;;) {
      const query = new URLSearchParams({ after: String(after), wait: String(WAIT_SECONDS) });
      const page = await this.#transport.json('GET', PATHS.events, { ...options, timeoutSeconds, query });
      yield* page.data;
      after = page.pagination.nextAfter;
    }
  }
}
