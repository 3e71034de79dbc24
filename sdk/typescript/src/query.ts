// What is asked of a list, and the query string that says it.

import type { Lists } from './names.js';

/** Conditions of a list. All must hold. */
export interface Conditions<K extends keyof Lists> {
  /** The field is that. */
  where?: Partial<Lists[K]['values']>;
  /** The field is not that, or is absent. */
  not?: Partial<Lists[K]['values']>;
  /** The field is one of them. */
  in?: { [F in keyof Lists[K]['values']]?: readonly Lists[K]['values'][F][] };
  /** The field is none of them, or is absent. */
  notIn?: { [F in keyof Lists[K]['values']]?: readonly Lists[K]['values'][F][] };
  moreThan?: Ranges<K>;
  lessThan?: Ranges<K>;
  atLeast?: Ranges<K>;
  /** With a day: up to its end. */
  atMost?: Ranges<K>;
  /** The field contains this text, in any case and with any accents. */
  like?: { [F in Lists[K]['texts']]?: string };
  /** The field does not contain it, or is absent. */
  notLike?: { [F in Lists[K]['texts']]?: string };
  /** The field is that, in any case and with any accents. */
  caseInsensitive?: { [F in Lists[K]['texts']]?: string };
  /** The field is there, or is not. */
  exists?: { [F in Lists[K]['fields']]?: boolean };
}

type Ranges<K extends keyof Lists> = {
  [F in Lists[K]['ranges'] & keyof Lists[K]['values']]?: Lists[K]['values'][F];
};

/** Which records. */
export interface Filter<K extends keyof Lists> extends Conditions<K> {
  /** At least one of these holds. */
  anyOf?: Conditions<K>;
  /** One of the searchable texts contains it. */
  search?: string;
  /** Parameters as they are on the wire: what has no name here. */
  params?: Record<string, Scalar | readonly Scalar[] | undefined>;
}

/** What is shown of a record. */
export interface Shown<K extends keyof Lists, P extends string = string> {
  /** These fields alone, and `_id`. */
  columns?: readonly Lists[K]['fields'][];
  /** Relations that are shown as records; of a relation's relations with a dot. */
  populates?: readonly (P & Path<Lists[K]['relations']>)[];
  /** Records that point here. */
  with?: readonly Lists[K]['with'][];
}

/** A page, or all pages, of a list. */
export interface Query<K extends keyof Lists, P extends string = string> extends Filter<K>, Shown<K, P> {
  sort?: Order<Lists[K]['sorts']> | readonly Order<Lists[K]['sorts']>[];
  /** From 1. */
  page?: number;
  perPage?: number;
  /** Records to skip, instead of `page`. */
  offset?: number;
  /** Leaves `total` and `pages` out of the answer. */
  skipTotal?: boolean;
}

export type Scalar = string | number | boolean | Date;
type Order<F extends string> = F | `-${F}`;
type Path<R extends string> = R | `${R}.${string}`;

/** The operators of the wire. `in` and `notIn` take lists, `exists` 1 or 0. */
const OPERATORS: Readonly<Record<string, string>> = {
  where: 'where_',
  not: 'wherenot_',
  in: 'in_',
  notIn: 'notIn_',
  moreThan: 'whereGT_',
  lessThan: 'whereLT_',
  atLeast: 'whereGTE_',
  atMost: 'whereLTE_',
  like: 'like_',
  notLike: 'notLike_',
  caseInsensitive: 'where-case-insensitive_',
  exists: 'where-exists_',
};

/** The query as names and values, in the order in which it says them. */
export function toParams(query: object): URLSearchParams {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    if (name === 'anyOf') addConditions(params, value, '?');
    else if (name === 'params') addRaw(params, value);
    else if (name === 'sort') params.append('sort', [value].flat().join(','));
    else if (name === 'columns') params.append('columns', value.join(','));
    else if (name === 'populates' || name === 'with') {
      for (const one of value) params.append(`${name}[]`, one);
    } else if (!addConditions(params, { [name]: value }, '')) {
      params.append(name, toText(value));
    }
  }
  return params;
}

/** Parameters that are written as they are: of a list once for each value. */
export function addRaw(params: URLSearchParams, raw: object): void {
  for (const [name, value] of Object.entries(raw)) {
    if (value === undefined) continue;
    for (const one of [value].flat()) params.append(name, toText(one));
  }
}

/** Whether all of these are operators. */
function addConditions(params: URLSearchParams, conditions: object, prefix: string): boolean {
  for (const [operator, fields] of Object.entries(conditions)) {
    const key = OPERATORS[operator];
    if (key === undefined) {
      if (prefix) throw new TypeError(`anyOf: there is no operator ${operator}`);
      return false;
    }
    for (const [field, value] of Object.entries(fields ?? {})) {
      if (value === undefined) continue;
      if (Array.isArray(value)) {
        for (const one of value) params.append(`${prefix}${key}${field}[]`, toText(one));
      } else {
        params.append(`${prefix}${key}${field}`, operator === 'exists' ? (value ? '1' : '0') : toText(value));
      }
    }
  }
  return true;
}

function toText(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value);
}
