// One list: its pages, its records, and what is made and changed of them.

import type { Lists } from './names.js';
import { type Filter, type Query, type Shown, toParams } from './query.js';
import type { CallOptions, Transport } from './transport.js';

const ID = /^[A-Za-z0-9_-]{1,64}$/;
const PAGE_OF_ALL = 100;

export interface Pagination {
  /** Absent where the list is walked by a cursor. */
  page?: number;
  perPage?: number;
  limit?: number;
  /** Exact; absent with `skipTotal`. */
  total?: number;
  pages?: number;
  /** Of a list that is walked by a cursor; `null` on the last page. */
  nextCursor?: string | null;
}

export interface Page<T> {
  data: T[];
  pagination: Pagination;
}

/** A record, with records instead of ids for what is populated. */
export type Populated<K extends keyof Lists, P extends string> = string extends P
  ? Lists[K]['record']
  : {
      [F in keyof Lists[K]['record']]: F extends Lists[K]['relations']
        ? Related<Lists[K]['record'][F], F extends Head<P> ? string : object | null>
        : Lists[K]['record'][F];
    };
/** Several are left as they are: ids or records. */
type Related<V, Not> = V extends readonly unknown[] ? V : Exclude<V, Not>;
type Head<P extends string> = P extends `${infer H}.${string}` ? H : P;

/** What is asked of every list. */
export interface Reading<K extends keyof Lists> {
  /** One page. */
  list<const P extends string = never>(query?: Query<K, P>, options?: CallOptions): Promise<Page<Populated<K, P>>>;
  /** All pages, by cursors: whatever comes in meanwhile, each record is shown once. */
  pages<const P extends string = never>(query?: Walk<K, P>, options?: CallOptions): AsyncGenerator<Page<Populated<K, P>>>;
  /** The records of all pages. */
  iterate<const P extends string = never>(query?: Walk<K, P>, options?: CallOptions): AsyncGenerator<Populated<K, P>>;
  /** The whole list in one answer, as it comes (NDJSON). Sorted by `createdAt` alone. */
  stream<const P extends string = never>(query?: Walk<K, P>, options?: CallOptions): AsyncGenerator<Populated<K, P>>;
  /** How many records match. */
  count(filter?: Filter<K>, options?: CallOptions): Promise<number>;
  get<const P extends string = never>(id: string, shown?: Shown<K, P>, options?: CallOptions): Promise<Populated<K, P>>;
}
type Walk<K extends keyof Lists, P extends string> = Omit<Query<K, P>, 'page' | 'offset' | 'skipTotal'>;

export interface Creating<K extends keyof Lists> {
  /** Makes one, once: under an `Idempotency-Key` that all tries have. */
  create(body: Lists[K]['create'], options?: CallOptions): Promise<Lists[K]['created']>;
}
export interface Changing<K extends keyof Lists> {
  /** What is not said stays. */
  change(id: string, body: Lists[K]['change'], options?: CallOptions): Promise<Lists[K]['record']>;
}
export interface Deleting {
  delete(id: string, options?: CallOptions): Promise<void>;
}

/** A list with the calls that the API has for it. */
export type Records<K extends keyof Lists> = Reading<K> &
  ([Lists[K]['create']] extends [never] ? unknown : Creating<K>) &
  ([Lists[K]['change']] extends [never] ? unknown : Changing<K>) &
  (Lists[K]['delete'] extends true ? Deleting : unknown);

/** Every call; which of them the API has for a list, its type says. */
export class RecordCalls {
  readonly #transport: Transport;
  readonly #path: string;

  constructor(transport: Transport, path: string) {
    this.#transport = transport;
    this.#path = path;
  }

  list(query: object = {}, options?: CallOptions): Promise<any> {
    return this.#transport.json('GET', this.#path, { ...options, query: toParams(query) });
  }

  async *pages(query: object = {}, options?: CallOptions): AsyncGenerator<any> {
    let cursor: string | null | undefined = '*';
    while (typeof cursor === 'string') {
      const params = toParams({ perPage: PAGE_OF_ALL, ...query, skipTotal: true });
      params.append('cursor', cursor);
      const page: Page<unknown> = await this.#transport.json('GET', this.#path, { ...options, query: params });
      yield page;
      cursor = page.pagination.nextCursor;
    }
  }

  async *iterate(query: object = {}, options?: CallOptions): AsyncGenerator<any> {
    for await (const page of this.pages(query, options)) yield* page.data;
  }

  stream(query: object = {}, options?: CallOptions): AsyncGenerator<any> {
    return this.#transport.lines(this.#path, { ...options, query: toParams(query) });
  }

  async count(filter: object = {}, options?: CallOptions): Promise<number> {
    const query = toParams({ ...filter, count: true });
    return (await this.#transport.json('GET', this.#path, { ...options, query })).data;
  }

  async get(id: string, shown: object = {}, options?: CallOptions): Promise<any> {
    const query = toParams(shown);
    return (await this.#transport.json('GET', this.#one(id), { ...options, query })).data;
  }

  async create(body: object, options?: CallOptions): Promise<any> {
    return (await this.#transport.json('POST', this.#path, { ...options, body })).data;
  }

  async change(id: string, body: object, options?: CallOptions): Promise<any> {
    return (await this.#transport.json('PUT', this.#one(id), { ...options, body })).data;
  }

  async delete(id: string, options?: CallOptions): Promise<void> {
    await this.#transport.json('DELETE', this.#one(id), options ?? {});
  }

  #one(id: string): string {
    // An empty one would be the list, and `..` another path.
    if (!ID.test(id)) throw new TypeError('an id is 1 to 64 letters, digits, `_` and `-`');
    return `${this.#path}/${id}`;
  }
}
