<?php

declare(strict_types=1);

namespace Verax;

/** Whether a delivery comes from your server (Standard Webhooks: `v1` HMAC-SHA-256, `v1a` Ed25519). */
final class Webhooks
{
    private const SECRET = 'whsec_';
    private const PUBLIC_KEY = 'whpk_';
    private const ED25519_KEY_BYTES = 32;
    private const ED25519_SIGNATURE_BYTES = 64;

    /**
     * Verifies a delivery, and gives what it says.
     *
     * @param string $body the bytes as they came: `file_get_contents('php://input')`
     * @param array<string, string|list<string>> $headers of the request: `getallheaders()`, or those of PSR-7
     * @param string|list<string> $keys secrets (`whsec_…`) and public keys (`whpk_…`); one that fits is enough, so
     *     that after a rotation the old and the new secret both stand here
     * @param int $toleranceSeconds how far the clocks may be apart, and how old a delivery may be
     * @param ?int $at when it came, in seconds since 1970; null: now
     * @return array{type: string, timestamp?: string, data?: array<string, mixed>, object?: array<string, mixed>}
     * @throws WebhookVerificationError if no key fits, or it is too old or too new
     * @throws \InvalidArgumentException if a key is none
     */
    public static function verify(
        string $body,
        array $headers,
        #[\SensitiveParameter] string|array $keys,
        int $toleranceSeconds = 300,
        ?int $at = null,
    ): array {
        $parsed = array_map(self::parseKey(...), (array) $keys);
        if ($parsed === []) {
            throw new \InvalidArgumentException('there is no key to verify with');
        }
        $headers = array_change_key_case($headers);
        $id = self::header($headers, 'webhook-id');
        $timestamp = self::header($headers, 'webhook-timestamp');
        $signatures = explode(' ', self::header($headers, 'webhook-signature'));
        if (!preg_match('/^\d{1,12}$/D', $timestamp)) {
            throw new WebhookVerificationError('webhook-timestamp is no time');
        }
        if (abs(($at ?? time()) - (int) $timestamp) > $toleranceSeconds) {
            throw new WebhookVerificationError('the delivery is too old, or too new');
        }
        foreach ($parsed as [$version, $key]) {
            foreach ($signatures as $signature) {
                if (self::fits($version, $key, $signature, "$id.$timestamp.$body")) {
                    return json_decode($body, true, flags: JSON_THROW_ON_ERROR);
                }
            }
        }
        throw new WebhookVerificationError('no signature fits');
    }

    /** @return array{string, string} */
    private static function parseKey(#[\SensitiveParameter] string $text): array
    {
        foreach (['v1' => self::SECRET, 'v1a' => self::PUBLIC_KEY] as $version => $prefix) {
            $key = str_starts_with($text, $prefix) ? base64_decode(substr($text, strlen($prefix)), true) : false;
            if ($key !== false && $key !== '' && ($version === 'v1' || strlen($key) === self::ED25519_KEY_BYTES)) {
                return [$version, $key];
            }
        }
        throw new \InvalidArgumentException('a key is whsec_ or whpk_, and base64');
    }

    /** HMACs are compared in constant time. */
    private static function fits(
        string $version,
        #[\SensitiveParameter] string $key,
        string $signature,
        string $signed,
    ): bool {
        [$said, $encoded] = explode(',', $signature, 2) + ['', ''];
        $came = $said === $version ? base64_decode($encoded, true) : false;
        if ($came === false) {
            return false;
        }
        if ($version === 'v1') {
            return hash_equals(hash_hmac('sha256', $signed, $key, true), $came);
        }
        if (!function_exists('sodium_crypto_sign_verify_detached')) {
            throw new \LogicException('public keys of webhooks need ext-sodium');
        }
        return strlen($came) === self::ED25519_SIGNATURE_BYTES
            && sodium_crypto_sign_verify_detached($came, $signed, $key);
    }

    /** @param array<string, string|list<string>> $headers */
    private static function header(array $headers, string $name): string
    {
        $value = $headers[$name] ?? '';
        $value = is_array($value) && count($value) === 1 ? $value[0] : $value;
        if (!is_string($value) || $value === '') {
            throw new WebhookVerificationError("there is no $name");
        }
        return $value;
    }
}
