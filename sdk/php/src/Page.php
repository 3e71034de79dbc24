<?php

declare(strict_types=1);

namespace Verax;

/**
 * A page of a list.
 *
 * @template Record
 */
final class Page
{
    /**
     * @param list<Record> $data
     * @param array<string, mixed> $pagination `page`, `total` and `pages`; with cursors `nextCursor` instead of `page`
     */
    public function __construct(public readonly array $data, public readonly array $pagination)
    {
    }
}
