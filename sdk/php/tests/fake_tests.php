<?php

// The client against a server that says no, says nothing, and goes away.

declare(strict_types=1);

use Verax\Image;
use Verax\NetworkError;
use Verax\TimeoutError;
use Verax\Verax;
use Verax\VeraxError;

$busy = ['status' => 503, 'headers' => ['Retry-After' => '0'], 'body' => ['code' => 'UNAVAILABLE', 'error' => 'busy']];
$hook = ['url' => 'https://hooks.example.com'];

against('a read is tried again when the server is busy', [$busy, $busy, []], function (Verax $verax, Fake $fake): void {
    $verax->events->get('a');
    same(array_fill(0, 3, 'Bearer secret-token'), array_map(fn ($it) => $it['headers']['authorization'], $fake->requests()));
});

against('and not more often than it may be', array_fill(0, 4, $busy), function (Verax $verax, Fake $fake): void {
    $error = failure(VeraxError::class, fn () => $verax->events->get('a'));
    same('503 UNAVAILABLE: busy', $error->getMessage());
    same(3, count($fake->requests()));
});

$cut = ['cut' => true];
against('a read whose connection is cut is tried again', ['cut', $cut, []], function (Verax $verax, Fake $fake): void {
    $verax->events->get('a');
    same(3, count($fake->requests()));
});

$silent = ['headers' => []] + $busy;
against('a 503 that does not say when is not tried again', [$silent, []], function (Verax $verax, Fake $fake): void {
    same(null, failure(VeraxError::class, fn () => $verax->events->get('a'))->retryAfter);
    same(1, count($fake->requests()));
});

$later = ['status' => 429, 'headers' => ['Retry-After' => '3600'], 'body' => ['code' => 'TOO_MANY_REQUESTS']];
against('nobody waits for an hour', [$later, []], function (Verax $verax, Fake $fake): void {
    $error = failure(VeraxError::class, fn () => $verax->events->get('a'));
    same(['TOO_MANY_REQUESTS', 3600.0, 429], [$error->errorCode, $error->retryAfter, $error->getCode()]);
    same(1, count($fake->requests()));
});

$answers = ['cut', $busy, [], [], []];
against('a POST keeps its key over all tries', $answers, function (Verax $verax, Fake $fake) use ($hook): void {
    $verax->webhooks->create($hook);
    $verax->webhooks->create($hook);
    $verax->webhooks->create($hook, 'order-7');
    $keys = array_map(fn ($it) => $it['headers']['idempotency-key'], $fake->requests());
    holds(preg_match('/^[0-9a-f]{32}$/', $keys[0]) === 1, 'the key is random');
    same([$keys[0], $keys[0], 'order-7'], [$keys[1], $keys[2], $keys[4]]);
    holds($keys[3] !== $keys[0], 'each call has its own');
    same([json_encode($hook, JSON_UNESCAPED_SLASHES)], array_values(array_unique(array_column($fake->requests(), 'body'))));
});

foreach (
    [
        'a change' => fn (Verax $verax) => $verax->webhooks->change('a', ['name' => 'x']),
        'a deletion' => fn (Verax $verax) => $verax->webhooks->delete('a'),
        'a POST without a token' => fn (Verax $verax) =>
            $verax->withToken(null)->request('POST', '/v2/email-validations', body: []),
    ] as $what => $call
) {
    against("$what is never tried again", [$busy, []], function (Verax $verax, Fake $fake) use ($call): void {
        failure(VeraxError::class, fn () => $call($verax));
        same(1, count($fake->requests()));
    });
}

$details = [
    ['parameter' => 'where_statu', 'message' => 'unknown field `statu`'],
    ['parameter' => 'perPage', 'message' => 'must be between 1 and 100'],
];
$wrong = ['status' => 400, 'headers' => ['X-Request-Id' => 'r1'], 'body' => [
    'error' => 'Invalid query parameters', 'code' => 'INVALID_PARAMETERS', 'details' => $details,
    'data' => ['name' => 'Jo Doe'],
]];
against('an error has every problem, and its print no person', [$wrong], function (Verax $verax) use ($details): void {
    $error = failure(VeraxError::class, fn () => $verax->events->list());
    same([400, 'INVALID_PARAMETERS', 'r1'], [$error->status, $error->errorCode, $error->requestId]);
    same($details, $error->problems);
    $told = '400 INVALID_PARAMETERS: Invalid query parameters (where_statu: unknown field `statu`; perPage: must be';
    holds(str_starts_with($error->getMessage(), $told), $error->getMessage());
    same('Jo Doe', $error->body['data']['name']);
    $print = print_r($error, true) . $error;
    holds(!str_contains($print, 'Jo Doe') && !str_contains($print, 'secret-token'), 'the print shows nobody');
});

foreach ([200, 307, 502] as $status) {
    $page = ['status' => $status, 'headers' => ['Location' => 'http://127.0.0.1:1'], 'body' => '<html>'];
    against("a $status that is no answer of the API", [$page], function (Verax $verax, Fake $fake) use ($status): void {
        $error = failure(VeraxError::class, fn () => $verax->events->list());
        same([$status, null], [$error->status, $error->errorCode]);
        same(1, count($fake->requests()));
    });
}

against('silence is a timeout', ['silence', 'silence'], function (Verax $verax, Fake $fake) use ($hook): void {
    $error = failure(TimeoutError::class, fn () => $verax->webhooks->create($hook));
    same('POST /v2/webhooks: Timeout was reached', $error->getMessage());
    same(2, count($fake->requests()));
}, timeoutSeconds: 0.3, retries: 1);

test('nobody there is a network error without an address or a token', function (): void {
    $verax = new Verax('http://127.0.0.1:1', 'secret-token', retries: 0);
    $query = ['where' => ['email' => 'jo@example.com']];
    $error = failure(NetworkError::class, fn () => $verax->appRegistrations->list($query));
    same("GET /v2/app-registrations: Couldn't connect to server", $error->getMessage());
    holds(!str_contains((string) $error, 'secret-token'), 'the trace shows no token');
});

test('a token that is made anew is asked for before each try', function () use ($busy): void {
    $fake = new Fake([$busy, []]);
    $made = 0;
    $token = function () use (&$made): string {
        $made++;
        return "token-$made";
    };
    (new Verax($fake->url, $token))->events->get('a');
    same(['Bearer token-1', 'Bearer token-2'], array_map(fn ($it) => $it['headers']['authorization'], $fake->requests()));
    $fake->stop();
});

test('a print of the client does not show the token', function (): void {
    $verax = new Verax('http://127.0.0.1:1', 'secret-token');
    $print = print_r($verax, true) . print_r($verax->events, true) . json_encode($verax);
    holds(!str_contains($print, 'secret-token'), $print);
    $error = failure(\InvalidArgumentException::class, fn () => $verax->withToken("secret\ntoken")->events->list());
    holds(!str_contains((string) $error, 'secret'), 'nor does a token that is none');
});

$page = fn (array $data, ?string $cursor) => ['body' => ['data' => $data, 'pagination' => ['nextCursor' => $cursor]]];
$pages = [$page([['_id' => 'a'], ['_id' => 'b']], 'c2'), $page([['_id' => 'c']], null), $page([['_id' => 'd']], 'c')];
against('cursors are followed to the end', $pages, function (Verax $verax, Fake $fake): void {
    $query = ['where' => ['type' => 'webhook.created']];
    same(['a', 'b', 'c'], array_column(iterator_to_array($verax->events->iterate($query), false), '_id'));
    $asked = '/v2/events?skipTotal=true&where_type=webhook.created&perPage=100&cursor=';
    same(["$asked%2A", "{$asked}c2"], array_column($fake->requests(), 'url'));
    same('d', $verax->events->iterate()->current()['_id']);
    same(3, count($fake->requests()));
});

$lines = "{\"_id\":\"a\",\"name\":\"é\"}\n{\"_id\":\"b\"}\n";
$streams = [$busy, ['body' => $lines], ['body' => $lines] + $cut];
against('a stream gives each line, and a cut one is no end', $streams, function (Verax $verax, Fake $fake): void {
    same(['a', 'b'], array_column(iterator_to_array($verax->events->stream()), '_id'));
    same('application/x-ndjson', $fake->requests()[1]['headers']['accept']);
    $records = [];
    failure(NetworkError::class, function () use ($verax, &$records): void {
        foreach ($verax->events->stream() as $record) {
            $records[] = $record['_id'];
        }
    });
    same(['a', 'b'], $records);
});

against('another call may be made while a stream is read', [['body' => $lines], []], function (Verax $verax): void {
    $records = [];
    foreach ($verax->events->stream() as $record) {
        $records[] = $record['_id'];
        if (count($records) === 1) {
            $verax->events->get('a');
        }
    }
    same(['a', 'b'], $records);
});

against('an image becomes base64, wherever it is', [[]], function (Verax $verax, Fake $fake): void {
    $bytes = random_bytes(100_000);
    $image = Image::fromBytes($bytes);
    $verax->persons->create(['name' => 'José', 'images' => [$image, 'text']]);
    same(
        ['name' => 'José', 'images' => [base64_encode($bytes), 'text']],
        json_decode($fake->requests()[0]['body'], true),
    );
    same(false, isset($fake->requests()[0]['headers']['expect']));
    holds(strlen(print_r($image, true)) < 100, 'a print does not show the bytes');
});

against('what is no id, no path and no base URL goes nowhere', [], function (Verax $verax, Fake $fake): void {
    foreach (['', '..', 'a/b', 'a?b', "a\n", str_repeat('a', 65)] as $id) {
        failure(\InvalidArgumentException::class, fn () => $verax->events->get($id));
    }
    failure(\InvalidArgumentException::class, fn () => $verax->request('GET', '@example.com'));
    failure(\InvalidArgumentException::class, fn () => $verax->request('GET', '/', headers: ['X' => "a\r\nB: c"]));
    foreach (['http://user:secret@example.com', 'example.com', 'file:///etc/passwd'] as $url) {
        $error = failure(\InvalidArgumentException::class, fn () => new Verax($url));
        holds(!str_contains($error->getMessage(), 'secret'), $error->getMessage());
    }
    same([], $fake->requests());
});

test('a base URL may have a path', function (): void {
    $fake = new Fake([[]]);
    (new Verax("$fake->url/verax/"))->request('GET', '/v2/clients/me', ['a' => [1, 2], 'b' => null]);
    same('/verax/v2/clients/me?a=1&a=2', $fake->requests()[0]['url']);
    $fake->stop();
});
