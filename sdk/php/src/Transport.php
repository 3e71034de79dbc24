<?php

declare(strict_types=1);

namespace Verax;

/**
 * Requests over curl: token, time, tries.
 *
 * @internal
 */
final class Transport
{
    private const BACKOFF_SECONDS = 0.5;
    private const BACKOFF_MAX_SECONDS = 8.0;
    private const RETRIED_STATUSES = [429, 503];

    private readonly string $baseUrl;
    private readonly \CurlMultiHandle $multi;

    /**
     * @param null|string|callable(): string $token
     * @param array<int, mixed> $curl options over those of the client
     */
    public function __construct(
        string $baseUrl,
        #[\SensitiveParameter] private readonly mixed $token,
        private readonly float $timeoutSeconds,
        private readonly int $retries,
        private readonly float $retryAfterMaxSeconds,
        private readonly array $curl,
    ) {
        $parts = parse_url($baseUrl);
        if (!is_array($parts) || !isset($parts['host']) || !in_array($parts['scheme'] ?? '', ['http', 'https'], true)) {
            throw new \InvalidArgumentException('the base URL begins with http:// or https:// and a host');
        }
        if (array_intersect_key($parts, ['user' => 1, 'pass' => 1, 'query' => 1, 'fragment' => 1])) {
            throw new \InvalidArgumentException('the base URL has neither credentials, nor a query, nor a fragment');
        }
        $this->baseUrl = rtrim($baseUrl, '/');
        $this->multi = curl_multi_init();
    }

    /**
     * The answer's JSON.
     *
     * @param array<string, string> $headers
     * @return array<string, mixed>
     */
    public function json(
        string $method,
        string $path,
        string $query = '',
        mixed $body = null,
        ?string $idempotencyKey = null,
        array $headers = [],
        ?float $timeoutSeconds = null,
    ): array {
        $headers = array_change_key_case($headers);
        $limit = [CURLOPT_TIMEOUT_MS => (int) (1000 * ($timeoutSeconds ?? $this->timeoutSeconds))];
        $exchange = $this->send($method, $path, $query, $body, $idempotencyKey, $headers, $limit, isStream: false);
        $exchange->end();
        $answer = json_decode($exchange->body, true);
        return is_array($answer) ? $answer : throw VeraxError::of($exchange->status, $exchange->body, $exchange->headers);
    }

    /**
     * The values of an NDJSON answer, as they come. A cut connection is an error, not an end.
     *
     * @return \Generator<int, array<string, mixed>>
     */
    public function lines(string $path, string $query): \Generator
    {
        $limit = [
            CURLOPT_CONNECTTIMEOUT_MS => (int) (1000 * $this->timeoutSeconds),
            CURLOPT_LOW_SPEED_LIMIT => 1,
            CURLOPT_LOW_SPEED_TIME => (int) ceil($this->timeoutSeconds),
        ];
        $headers = ['accept' => 'application/x-ndjson'];
        $exchange = $this->send('GET', $path, $query, null, null, $headers, $limit, isStream: true);
        try {
            do {
                $isOpen = $exchange->advance();
                $lines = explode("\n", $exchange->body);
                $exchange->body = array_pop($lines);
                foreach ($lines as $line) {
                    $record = json_decode($line, true);
                    yield is_array($record) ? $record : throw new NetworkError("GET $path: a line is no JSON");
                }
            } while ($isOpen);
            $exchange->check();
            if ($exchange->body !== '') {
                throw new NetworkError("GET $path: the stream ended within a record");
            }
        } finally {
            $exchange->end();
        }
    }

    /** @return array<string, string> */
    public function __debugInfo(): array
    {
        return ['baseUrl' => $this->baseUrl];
    }

    /**
     * An answer that is a success: whole, or of a stream its beginning.
     *
     * @param array<string, string> $headers
     * @param array<int, mixed> $limit how long it may take, in options of curl
     */
    private function send(
        string $method,
        string $path,
        string $query,
        mixed $body,
        ?string $key,
        array $headers,
        array $limit,
        bool $isStream,
    ): Exchange {
        if (!str_starts_with($path, '/')) {
            throw new \InvalidArgumentException('a path begins with /');
        }
        if ($method === 'POST') {
            $headers += ['idempotency-key' => $key ?? bin2hex(random_bytes(16))];
        }
        // Without a token there is nobody whose key it is: the server takes no notice of it.
        $mayRepeat = $method === 'GET' || ($method === 'POST' && $this->token !== null);
        $options = $limit + $this->options($method, $body) + [
            CURLOPT_URL => $this->baseUrl . $path . ($query === '' ? '' : "?$query"),
        ];
        for ($tries = 0; ; $tries++) {
            $options[CURLOPT_HTTPHEADER] = $this->headers($headers, $body !== null);
            $exchange = new Exchange($this->multi, $this->curl + $options, "$method $path");
            try {
                do {
                    $isOpen = $exchange->advance();
                    $isSuccess = $exchange->status >= 200 && $exchange->status < 300;
                } while ($isOpen && !($isStream && $isSuccess));
                if ($isSuccess && $isStream) {
                    return $exchange;
                }
                $text = $exchange->finish();
                if ($isSuccess) {
                    return $exchange;
                }
                $error = VeraxError::of($exchange->status, $text, $exchange->headers);
            } catch (NetworkError $error) {
            }
            $exchange->end();
            $wait = $mayRepeat && $tries < $this->retries ? $this->wait($error, $tries) : null;
            if ($wait === null) {
                throw $error;
            }
            usleep((int) ($wait * 1e6));
        }
    }

    /** In how many seconds to try again; null: do not. */
    private function wait(VeraxError|NetworkError $error, int $tries): ?float
    {
        if ($error instanceof NetworkError) {
            return random_int(0, 1000) / 1000 * min(self::BACKOFF_MAX_SECONDS, self::BACKOFF_SECONDS * 2 ** $tries);
        }
        if (!in_array($error->status, self::RETRIED_STATUSES, true) || $error->retryAfter === null) {
            return null;
        }
        return $error->retryAfter <= $this->retryAfterMaxSeconds ? $error->retryAfter : null;
    }

    /** @return array<int, mixed> */
    private function options(string $method, mixed $body): array
    {
        $options = [
            CURLOPT_CUSTOMREQUEST => $method,
            CURLOPT_FOLLOWLOCATION => false,
            CURLOPT_PROTOCOLS => CURLPROTO_HTTP | CURLPROTO_HTTPS,
            CURLOPT_ACCEPT_ENCODING => '',
        ];
        if ($body !== null) {
            $flags = JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION;
            // An empty array is an object with no members.
            $options[CURLOPT_POSTFIELDS] = json_encode($body === [] ? new \stdClass() : $body, $flags);
        }
        return $options;
    }

    /**
     * @param array<string, string> $headers
     * @return list<string>
     */
    private function headers(array $headers, bool $hasBody): array
    {
        // Names that nobody knows are mistakes: they are answered, not ignored.
        $headers += ['accept' => 'application/json', 'prefer' => 'handling=strict'];
        // Without it curl asks before it sends a large body.
        $headers['expect'] = '';
        $headers += $hasBody ? ['content-type' => 'application/json'] : [];
        $token = is_string($this->token) || $this->token === null ? $this->token : ($this->token)();
        if ($token !== null) {
            if (!preg_match('/^[\x21-\x7e]+$/D', $token)) {
                throw new \InvalidArgumentException('the token is no token');
            }
            $headers += ['authorization' => "Bearer $token"];
        }
        $lines = [];
        foreach ($headers as $name => $value) {
            if (preg_match('/[\r\n\0]/', $name . $value)) {
                throw new \InvalidArgumentException('a header has no line breaks');
            }
            $lines[] = "$name: $value";
        }
        return $lines;
    }
}
