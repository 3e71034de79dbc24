<?php

declare(strict_types=1);

namespace Verax;

/**
 * One list: its pages, its records, and what is made and changed of them. Which of the calls the API has for a
 * list, the types beside `Names` say.
 *
 * @template Record
 * @template Query
 * @template New
 * @template Change
 */
final class Records
{
    private const PAGE_OF_ALL = 100;

    /** @internal */
    public function __construct(private readonly Transport $transport, private readonly string $path)
    {
    }

    /**
     * One page.
     *
     * @param Query $query
     * @return Page<Record>
     */
    public function list(array $query = []): Page
    {
        $found = $this->transport->json('GET', $this->path, Query::print($query));
        return new Page($found['data'], $found['pagination']);
    }

    /**
     * All pages, by cursors: whatever comes in meanwhile, each record is shown once.
     *
     * @param Query $query
     * @return \Generator<int, Page<Record>>
     */
    public function pages(array $query = []): \Generator
    {
        $asked = Query::print(['skipTotal' => true] + $query + ['perPage' => self::PAGE_OF_ALL]);
        for ($cursor = '*'; $cursor !== null; $cursor = $found['pagination']['nextCursor'] ?? null) {
            $found = $this->transport->json('GET', $this->path, $asked . '&cursor=' . rawurlencode($cursor));
            yield new Page($found['data'], $found['pagination']);
        }
    }

    /**
     * The records of all pages.
     *
     * @param Query $query
     * @return \Generator<int, Record>
     */
    public function iterate(array $query = []): \Generator
    {
        foreach ($this->pages($query) as $page) {
            foreach ($page->data as $record) {
                yield $record;
            }
        }
    }

    /**
     * The whole list in one answer, as it comes (NDJSON). Sorted by `createdAt` alone.
     *
     * @param Query $query
     * @return \Generator<int, Record>
     */
    public function stream(array $query = []): \Generator
    {
        return $this->transport->lines($this->path, Query::print($query));
    }

    /**
     * How many records match.
     *
     * @param Query $query
     */
    public function count(array $query = []): int
    {
        return $this->transport->json('GET', $this->path, Query::print($query + ['count' => true]))['data'];
    }

    /**
     * One record. `columns`, `populates` and `with` of the query say what is shown.
     *
     * @param Query $query
     * @return Record
     */
    public function get(string $id, array $query = []): array
    {
        return $this->transport->json('GET', $this->one($id), Query::print($query))['data'];
    }

    /**
     * Makes one, once: under an `Idempotency-Key` that all tries have.
     *
     * @param New $body
     * @return array<string, mixed>
     */
    public function create(array $body, ?string $idempotencyKey = null): array
    {
        return $this->transport->json('POST', $this->path, '', $body, $idempotencyKey)['data'];
    }

    /**
     * What is not said stays.
     *
     * @param Change $body
     * @return Record
     */
    public function change(string $id, array $body): array
    {
        return $this->transport->json('PUT', $this->one($id), '', $body)['data'];
    }

    public function delete(string $id): void
    {
        $this->transport->json('DELETE', $this->one($id));
    }

    private function one(string $id): string
    {
        // An empty one would be the list, and `..` another path.
        if (!preg_match('/^[A-Za-z0-9_-]{1,64}$/D', $id)) {
            throw new \InvalidArgumentException('an id is 1 to 64 letters, digits, `_` and `-`');
        }
        return "$this->path/$id";
    }
}
