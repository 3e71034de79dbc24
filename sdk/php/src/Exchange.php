<?php

declare(strict_types=1);

namespace Verax;

/**
 * One request under way, and what has come of its answer so far.
 *
 * @internal
 */
final class Exchange
{
    private const SELECT_SECONDS = 1.0;

    public int $status = 0;
    /** @var array<string, string> by their names in small letters */
    public array $headers = [];
    /** What has come of the body, and was not taken. */
    public string $body = '';
    private readonly \CurlHandle $handle;
    private ?int $result = null;

    /**
     * @param \CurlMultiHandle $multi keeps the connections
     * @param array<int, mixed> $options of curl
     */
    public function __construct(
        private readonly \CurlMultiHandle $multi,
        #[\SensitiveParameter] array $options,
        private readonly string $told,
    ) {
        $handle = curl_init();
        curl_setopt_array($handle, $options);
        curl_setopt($handle, CURLOPT_HEADERFUNCTION, $this->header(...));
        curl_setopt($handle, CURLOPT_WRITEFUNCTION, function (\CurlHandle $_, string $piece): int {
            $this->body .= $piece;
            return strlen($piece);
        });
        // Exchanges of one client share its connections: each is told of the ends of all.
        curl_setopt($handle, CURLOPT_PRIVATE, $this);
        curl_multi_add_handle($multi, $handle);
        $this->handle = $handle;
    }

    /** Waits for more of the answer; false when no more will come. */
    public function advance(): bool
    {
        if ($this->result === null) {
            curl_multi_exec($this->multi, $running);
            $this->noteEnds();
            if ($this->result === null && $running > 0) {
                curl_multi_select($this->multi, self::SELECT_SECONDS);
            }
        }
        return $this->result === null;
    }

    /** @throws NetworkError if the answer has ended before it was whole */
    public function check(): void
    {
        if ($this->result !== null && $this->result !== CURLE_OK) {
            $message = "$this->told: " . curl_strerror($this->result);
            throw $this->result === CURLE_OPERATION_TIMEDOUT ? new TimeoutError($message) : new NetworkError($message);
        }
    }

    /** The whole body. */
    public function finish(): string
    {
        while ($this->advance()) {
        }
        $this->check();
        return $this->body;
    }

    public function end(): void
    {
        curl_multi_remove_handle($this->multi, $this->handle);
        // It names this object, which names it.
        curl_setopt($this->handle, CURLOPT_PRIVATE, null);
        curl_setopt($this->handle, CURLOPT_HEADERFUNCTION, null);
        curl_setopt($this->handle, CURLOPT_WRITEFUNCTION, null);
    }

    private function noteEnds(): void
    {
        while ($ended = curl_multi_info_read($this->multi)) {
            $exchange = curl_getinfo($ended['handle'], CURLINFO_PRIVATE);
            if ($exchange instanceof self) {
                $exchange->result = $ended['result'];
            }
        }
    }

    private function header(\CurlHandle $_, string $line): int
    {
        if (preg_match('/^HTTP\/\S+ (\d{3})/', $line, $found)) {
            [$this->status, $this->headers] = [(int) $found[1], []];
        } elseif (str_contains($line, ':')) {
            [$name, $value] = explode(':', $line, 2);
            $this->headers[strtolower(trim($name))] = trim($value);
        }
        return strlen($line);
    }
}
