<?php

declare(strict_types=1);

namespace Verax;

/** A client of one server, with one token. */
final class Verax extends Names
{
    private const FEED_WAIT_SECONDS = 25;
    private const FEED_MARGIN_SECONDS = 10;

    private readonly Transport $transport;

    /**
     * @param string $baseUrl where the server is: `https://verax.example.com`
     * @param null|string|callable(): string $token a token, or what gives one, which is asked before each try;
     *     null: calls that need none
     * @param float $timeoutSeconds for one try, until its answer has come whole; of a stream, without a byte
     * @param int $retries how often a request is tried again that may be
     * @param float $retryAfterMaxSeconds a server that says `Retry-After` is not waited for longer than this
     * @param array<int, mixed> $curl options of curl, such as `CURLOPT_CAINFO`
     */
    public function __construct(
        private readonly string $baseUrl,
        #[\SensitiveParameter] null|string|callable $token = null,
        private readonly float $timeoutSeconds = 30,
        private readonly int $retries = 2,
        private readonly float $retryAfterMaxSeconds = 60,
        private readonly array $curl = [],
    ) {
        $this->transport = new Transport($baseUrl, $token, $timeoutSeconds, $retries, $retryAfterMaxSeconds, $curl);
        parent::__construct(fn (string $path) => new Records($this->transport, $path));
    }

    /**
     * The same server with another token, such as that of a registration.
     *
     * @param null|string|callable(): string $token
     */
    public function withToken(#[\SensitiveParameter] null|string|callable $token): self
    {
        return new self(
            $this->baseUrl,
            $token,
            $this->timeoutSeconds,
            $this->retries,
            $this->retryAfterMaxSeconds,
            $this->curl,
        );
    }

    /** @return array<string, string> */
    public function __debugInfo(): array
    {
        return ['baseUrl' => $this->baseUrl];
    }

    /**
     * Any call. The answer's whole JSON.
     *
     * @param array<string, mixed> $query
     * @param mixed $body becomes JSON; an `Image` in it becomes base64
     * @param array<string, string> $headers
     * @return array<string, mixed>
     * @throws VeraxError if the server has answered, and not with a success
     * @throws NetworkError if no answer came
     */
    public function request(
        string $method,
        string $path,
        array $query = [],
        mixed $body = null,
        ?string $idempotencyKey = null,
        array $headers = [],
        ?float $timeoutSeconds = null,
    ): array {
        $query = implode('&', Query::raw($query));
        return $this->transport->json($method, $path, $query, $body, $idempotencyKey, $headers, $timeoutSeconds);
    }

    /**
     * The feed of events after this number, without an end. Keep `number` of the last one that you have dealt
     * with: the next call begins after it.
     *
     * @return \Generator<int, array<string, mixed>>
     */
    public function followEvents(int $after = 0): \Generator
    {
        while (true) {
            $query = ['after' => $after, 'wait' => self::FEED_WAIT_SECONDS];
            $timeoutSeconds = self::FEED_WAIT_SECONDS + self::FEED_MARGIN_SECONDS;
            $page = $this->request('GET', self::PATHS['events'], $query, timeoutSeconds: $timeoutSeconds);
            foreach ($page['data'] as $event) {
                yield $event;
            }
            $after = $page['pagination']['nextAfter'];
        }
    }
}
