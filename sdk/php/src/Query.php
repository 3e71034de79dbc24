<?php

declare(strict_types=1);

namespace Verax;

/**
 * What is asked of a list, as a query string.
 *
 * @internal
 */
final class Query
{
    /** The operators of the wire. `in` and `notIn` take lists, `exists` 1 or 0. */
    private const OPERATORS = [
        'where' => 'where_',
        'not' => 'wherenot_',
        'in' => 'in_',
        'notIn' => 'notIn_',
        'moreThan' => 'whereGT_',
        'lessThan' => 'whereLT_',
        'atLeast' => 'whereGTE_',
        'atMost' => 'whereLTE_',
        'like' => 'like_',
        'notLike' => 'notLike_',
        'caseInsensitive' => 'where-case-insensitive_',
        'exists' => 'where-exists_',
    ];

    /**
     * The query, in the order in which it says things.
     *
     * @param array<string, mixed> $query
     */
    public static function print(array $query): string
    {
        $parts = [];
        foreach ($query as $name => $value) {
            $parts[] = match (true) {
                $value === null => [],
                $name === 'anyOf' => self::anyOf($value),
                isset(self::OPERATORS[$name]) => self::conditions(self::OPERATORS[$name], $name, $value),
                $name === 'params' => self::raw($value),
                $name === 'sort', $name === 'columns' => self::pairs($name, [implode(',', (array) $value)]),
                $name === 'populates', $name === 'with' => self::pairs("{$name}[]", (array) $value),
                default => self::pairs($name, [$value]),
            };
        }
        return implode('&', array_merge(...$parts));
    }

    /**
     * Parameters that are written as they are: of a list once for each value.
     *
     * @param array<string, mixed> $raw
     * @return list<string>
     */
    public static function raw(array $raw): array
    {
        $parts = [];
        foreach ($raw as $name => $value) {
            $parts[] = $value === null ? [] : self::pairs((string) $name, is_array($value) ? $value : [$value]);
        }
        return array_merge(...$parts);
    }

    /**
     * @param array<string, array<string, mixed>> $conditions
     * @return list<string>
     */
    private static function anyOf(array $conditions): array
    {
        $parts = [];
        foreach ($conditions as $operator => $fields) {
            if (!isset(self::OPERATORS[$operator])) {
                throw new \InvalidArgumentException("anyOf: there is no operator $operator");
            }
            $parts[] = self::conditions('?' . self::OPERATORS[$operator], $operator, $fields);
        }
        return array_merge(...$parts);
    }

    /**
     * @param array<string, mixed> $fields
     * @return list<string>
     */
    private static function conditions(string $key, string $operator, array $fields): array
    {
        $parts = [];
        foreach ($fields as $field => $value) {
            $parts[] = match (true) {
                $value === null => [],
                is_array($value) => self::pairs("$key{$field}[]", $value),
                $operator === 'exists' => self::pairs($key . $field, [$value ? '1' : '0']),
                default => self::pairs($key . $field, [$value]),
            };
        }
        return array_merge(...$parts);
    }

    /**
     * @param array<mixed> $values
     * @return list<string>
     */
    private static function pairs(string $name, array $values): array
    {
        $name = rawurlencode($name);
        return array_map(fn (mixed $value) => $name . '=' . rawurlencode(self::text($value)), array_values($values));
    }

    private static function text(mixed $value): string
    {
        if ($value instanceof \DateTimeInterface) {
            $utc = \DateTimeImmutable::createFromInterface($value)->setTimezone(new \DateTimeZone('UTC'));
            return $utc->format('Y-m-d\TH:i:s.v\Z');
        }
        return is_bool($value) ? ($value ? 'true' : 'false') : (string) $value;
    }
}
