// A client of Verax, a self-hosted server that verifies identities.

export { type Problem, VeraxError, VeraxNetworkError, VeraxTimeoutError } from './errors.js';
export * from './names.js';
export type { Conditions, Filter, Query, Scalar, Shown } from './query.js';
export type { Page, Pagination, Populated, Records } from './records.js';
export type { CallOptions, Token, VeraxOptions } from './transport.js';
export type { Image, Json, Moment } from './values.js';
export { type NumberedEvent, type RequestOptions, Verax } from './verax.js';
export { type VerificationOptions, verifyWebhook, type WebhookEvent, WebhookVerificationError } from './webhooks.js';
