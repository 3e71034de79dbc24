<?php

// What all clients of Verax must say and believe alike.

declare(strict_types=1);

use Verax\Verax;
use Verax\WebhookVerificationError;
use Verax\Webhooks;

$empty = ['body' => ['data' => [], 'pagination' => []]];
$queries = vectors('queries');
$answers = array_fill(0, count($queries), $empty);
against('each query is written as it must be', $answers, function (Verax $verax, Fake $fake) use ($queries): void {
    foreach ($queries as $case) {
        $verax->biometricValidations->list($case['query']);
    }
    foreach ($fake->requests() as $index => $request) {
        $query = (string) parse_url($request['url'], PHP_URL_QUERY);
        $pairs = $query === '' ? [] : array_map(fn ($it) => array_map(rawurldecode(...), explode('=', $it)), explode('&', $query));
        same($queries[$index]['params'], $pairs);
    }
});

against('a moment is an object, too', [$empty], function (Verax $verax, Fake $fake): void {
    $verax->events->list(['atLeast' => ['createdAt' => new \DateTimeImmutable('2026-12-01T05:30:00-05:00')]]);
    same('/v2/events?whereGTE_createdAt=2026-12-01T10%3A30%3A00.000Z', $fake->requests()[0]['url']);
});

foreach (vectors('webhooks') as $case) {
    test("webhook: {$case['what']}", function () use ($case): void {
        $verify = fn () => Webhooks::verify($case['body'], $case['headers'], $case['keys'], at: $case['at']);
        if ($case['valid']) {
            same(json_decode($case['body'], true), $verify());
        } else {
            failure(WebhookVerificationError::class, $verify);
        }
    });
}

$case = vectors('webhooks')[0];
test('a delivery of long ago is rejected by the clock', function () use ($case): void {
    $tolerance = abs(time() - $case['at']) - 60;
    $verify = fn (int $tolerance) => Webhooks::verify($case['body'], $case['headers'], $case['keys'][0], $tolerance);
    failure(WebhookVerificationError::class, fn () => $verify($tolerance));
    same('biometric_validation.completed', $verify($tolerance + 120)['type']);
});

test('headers of PSR-7 are lists', function () use ($case): void {
    $headers = array_map(fn ($it) => [$it], $case['headers']);
    same('biometric_validation.completed', Webhooks::verify($case['body'], $headers, $case['keys'], at: $case['at'])['type']);
});

test('a key that is none is a mistake of the caller, and is not shown', function () use ($case): void {
    foreach ([[], 'secret', 'whsec_', 'whsec_***', 'whpk_AQEB'] as $keys) {
        $verify = fn () => Webhooks::verify($case['body'], $case['headers'], $keys, at: $case['at']);
        $error = failure(\InvalidArgumentException::class, $verify);
        holds(preg_match('/secret|\*\*\*|AQEB/', $error->getMessage()) === 0, $error->getMessage());
    }
});
