<?php

declare(strict_types=1);

namespace Verax;

/** The server has answered, and not with a success. `getCode()` is the status of HTTP. */
final class VeraxError extends \RuntimeException
{
    /**
     * @param int $status the status of HTTP
     * @param ?string $errorCode what a program compares; null where something in between has answered
     * @param ?string $reason the word that some codes have beside them: `session_used`
     * @param list<array{parameter: string, message: string}> $problems every mistake, not the first alone
     * @param ?string $requestId finds the request in the server's log
     * @param ?float $retryAfter in how many seconds to try again, where the answer says so
     * @param array<mixed> $body the whole answer; it may tell of persons, so that no print of the error shows it
     */
    private function __construct(
        string $message,
        public readonly int $status,
        public readonly ?string $errorCode,
        public readonly ?string $reason,
        public readonly array $problems,
        public readonly ?string $requestId,
        public readonly ?float $retryAfter,
        #[\SensitiveParameter] public readonly array $body,
    ) {
        parent::__construct($message, $status);
    }

    /**
     * @internal
     * @param array<string, string> $headers by their names in small letters
     */
    public static function of(int $status, #[\SensitiveParameter] string $text, array $headers): self
    {
        $body = json_decode($text, true);
        $body = is_array($body) ? $body : [];
        $code = self::text($body['code'] ?? null);
        $reason = self::text($body['message'] ?? null);
        $problems = self::problems($body['details'] ?? null);
        $told = implode('; ', array_map(fn (array $it) => "{$it['parameter']}: {$it['message']}", $problems));
        $message = $status . ($code === null ? '' : " $code") . ': '
            . (self::text($body['error'] ?? null) ?? $reason ?? 'the answer is no JSON of the API')
            . ($told === '' ? '' : " ($told)");
        $reason = $reason === $code ? null : $reason;
        $retryAfter = self::seconds($headers['retry-after'] ?? null);
        return new self($message, $status, $code, $reason, $problems, $headers['x-request-id'] ?? null, $retryAfter, $body);
    }

    /** @return array<string, mixed> */
    public function __debugInfo(): array
    {
        return ['message' => $this->message, 'requestId' => $this->requestId, 'retryAfter' => $this->retryAfter];
    }

    /** @return list<array{parameter: string, message: string}> */
    private static function problems(mixed $details): array
    {
        $problems = [];
        foreach (is_array($details) ? $details : [] as $it) {
            if (is_array($it) && is_string($it['message'] ?? null)) {
                $problems[] = ['parameter' => self::text($it['parameter'] ?? null) ?? '', 'message' => $it['message']];
            }
        }
        return $problems;
    }

    private static function text(mixed $value): ?string
    {
        return is_string($value) ? $value : null;
    }

    /** `Retry-After` is seconds, or a date. */
    private static function seconds(?string $header): ?float
    {
        if ($header === null) {
            return null;
        }
        if (preg_match('/^\d{1,9}$/D', $header)) {
            return (float) $header;
        }
        $at = strtotime($header);
        return $at === false ? null : (float) max(0, $at - time());
    }
}
