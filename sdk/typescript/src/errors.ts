// What goes wrong: an answer that says no, and an answer that does not come.

import type { ErrorCode } from './names.js';

/** One mistake of a request. */
export interface Problem {
  /** The parameter of the query, or the member of the body. */
  parameter: string;
  message: string;
}

/** The server has answered, and not with a success. */
export class VeraxError extends Error {
  override readonly name = 'VeraxError';
  readonly status: number;
  /** What a program compares; absent where something in between has answered. */
  readonly code: ErrorCode | (string & {}) | undefined;
  /** The word that some codes have beside them: `session_used`. */
  readonly reason: string | undefined;
  /** Every mistake, not the first alone. */
  readonly problems: readonly Problem[];
  /** Finds the request in the server's log. */
  readonly requestId: string | undefined;
  /** In how many seconds to try again, where the answer says so. */
  readonly retryAfter: number | undefined;
  /** The whole answer. It may tell of persons, so that no print of the error shows it. */
  declare readonly body: unknown;

  constructor(status: number, text: string, headers: Headers) {
    const body = parsed(text);
    const problems = problemsOf(body['details']);
    const said = textOf(body['error']) ?? textOf(body['message']) ?? 'the answer is no JSON of the API';
    const code = textOf(body['code']);
    const told = problems.map((it) => `${it.parameter}: ${it.message}`).join('; ');
    super(`${status}${code ? ` ${code}` : ''}: ${said}${told ? ` (${told})` : ''}`);
    this.status = status;
    this.code = code;
    const reason = textOf(body['message']);
    this.reason = reason === code ? undefined : reason;
    this.problems = problems;
    this.requestId = headers.get('x-request-id') ?? undefined;
    this.retryAfter = secondsOf(headers.get('retry-after'));
    Object.defineProperty(this, 'body', { value: body, enumerable: false });
  }
}

/** No answer came: the connection was not made, or was cut. Whether the request was done is not known. */
export class VeraxNetworkError extends Error {
  override readonly name: string = 'VeraxNetworkError';
}

/** No answer came in time. Whether the request was done is not known. */
export class VeraxTimeoutError extends VeraxNetworkError {
  override readonly name = 'VeraxTimeoutError';
}

function parsed(text: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function problemsOf(details: unknown): Problem[] {
  if (!Array.isArray(details)) return [];
  return details.flatMap((it: Record<string, unknown> | null) => {
    const [parameter, message] = [textOf(it?.['parameter']), textOf(it?.['message'])];
    return message === undefined ? [] : [{ parameter: parameter ?? '', message }];
  });
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** `Retry-After` is seconds, or a date. */
function secondsOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, (at - Date.now()) / 1000);
}
