<?php

// The client against the real server, with the records of its demo.

declare(strict_types=1);

use Verax\Image;
use Verax\Names;
use Verax\Verax;
use Verax\VeraxError;
use Verax\WebhookVerificationError;
use Verax\Webhooks;

$verax = new Verax(getenv('VERAX_URL'), getenv('VERAX_TOKEN'));
$completed = ['where' => ['status' => 'completed']];

test('a page has what was asked for, and relations as records', function () use ($verax, $completed): void {
    $shown = ['sort' => '-createdAt', 'perPage' => 2, 'populates' => ['client', 'project']];
    $page = $verax->biometricValidations->list($completed + $shown);
    holds(in_array(count($page->data), [1, 2], true), 'one record or two');
    foreach ($page->data as $record) {
        same(['completed', 'Example Client'], [$record['status'], $record['client']['name']]);
    }
    same($verax->biometricValidations->count($completed), $page->pagination['total']);
});

test('pages by cursors, a stream and a count tell of the same records', function () use ($verax): void {
    $walked = array_column(iterator_to_array($verax->biometricValidations->iterate(['perPage' => 7]), false), '_id');
    same($verax->biometricValidations->count(), count(array_unique($walked)));
    same($walked, array_column(iterator_to_array($verax->biometricValidations->stream()), '_id'));
});

test('each list is where the client looks for it, and has its fields', function () use ($verax): void {
    $closed = [];
    foreach (array_keys(Names::PATHS) as $name) {
        try {
            holds($verax->$name->count() >= 0, $name);
            $verax->$name->list(['columns' => array_keys(Names::FIELDS[$name]), 'perPage' => 1]);
            // A request takes 20 conditions.
            foreach (array_chunk(array_keys(Names::FIELDS[$name]), 20) as $fields) {
                $verax->$name->count(['exists' => array_fill_keys($fields, true)]);
            }
        } catch (VeraxError $error) {
            same(403, $error->status);
            $closed[] = $name;
        }
    }
    same(['projectMembers', 'reviews', 'accesses'], $closed);
});

test('an error has a code, and every problem', function () use ($verax): void {
    $missing = failure(VeraxError::class, fn () => $verax->documentLiveness->get('nobody'));
    same([404, 'DOCUMENT_LIVENESS_NOT_FOUND'], [$missing->status, $missing->errorCode]);
    holds($missing->requestId !== null, 'it can be found in the log');
    $query = ['where' => ['statu' => 'x'], 'perPage' => 1000, 'params' => ['typo' => 1]];
    $wrong = failure(VeraxError::class, fn () => $verax->biometricValidations->list($query));
    $parameters = array_column($wrong->problems, 'parameter');
    sort($parameters);
    same(['perPage', 'typo', 'where_statu'], $parameters);
    $strange = failure(VeraxError::class, fn () => $verax->withToken('nonsense')->projects->list());
    same(401, $strange->status);
    holds(!str_contains($strange->getMessage(), 'nonsense'), 'it does not show the token');
});

test('a record is made, changed and deleted', function () use ($verax): void {
    $made = $verax->projects->create(['name' => 'PHP']);
    same('PHP 8', $verax->projects->change($made['_id'], ['name' => 'PHP 8'])['name']);
    same(['_id' => $made['_id'], 'name' => 'PHP 8'], $verax->projects->get($made['_id'], ['columns' => ['name']]));
    $verax->projects->delete($made['_id']);
    same(404, failure(VeraxError::class, fn () => $verax->projects->get($made['_id']))->status);
});

test('what is sent twice under one key is done once', function () use ($verax): void {
    $key = 'php-' . bin2hex(random_bytes(8));
    $first = $verax->projects->create(['name' => 'Once'], $key);
    same($first['_id'], $verax->projects->create(['name' => 'Once'], $key)['_id']);
    $other = failure(VeraxError::class, fn () => $verax->projects->create(['name' => 'Twice'], $key));
    same('IDEMPOTENCY_KEY_REUSED', $other->errorCode);
});

test('a document is checked', function () use ($verax): void {
    $check = $verax->documentLiveness->create(['image' => Image::fromFile(getenv('VERAX_CARD'))]);
    same('completed', $check['status']);
    holds(is_numeric($check['validationResults']['screenReplay']['score']), 'it has a score');
});

test('any other call can be made', function () use ($verax): void {
    same('Example Client', $verax->request('GET', '/v2/clients/me')['data']['name']);
});

test('the feed gives one event after the other', function () use ($verax): void {
    $numbers = [];
    foreach ($verax->followEvents(0) as $event) {
        $numbers[] = $event['number'];
        if (count($numbers) === 3) {
            break;
        }
    }
    same([1, 2, 3], $numbers);
});

test('what the server delivers is verified', function () use ($verax): void {
    $receiver = new Fake([['body' => ''], ['body' => '']]);
    $hook = $verax->webhooks->create(
        ['url' => "$receiver->url/hook", 'format' => 'standard', 'eventTypes' => ['project.created']],
    );
    try {
        $project = $verax->projects->create(['name' => 'Delivered']);
        [$delivery] = $receiver->await(1);
        foreach ([$hook['secret'], $hook['publicKey']] as $key) {
            $event = Webhooks::verify($delivery['body'], $delivery['headers'], $key);
            same(['project.created', $project['_id']], [$event['type'], $event['data']['id']]);
        }
        $other = 'whsec_' . base64_encode(random_bytes(24));
        $verify = fn () => Webhooks::verify($delivery['body'], $delivery['headers'], $other);
        failure(WebhookVerificationError::class, $verify);
        $verax->request('POST', "/v2/webhooks/{$hook['_id']}/rotate", body: ['overlapHours' => 1]);
        $verax->projects->create(['name' => 'Delivered']);
        [, $delivery] = $receiver->await(2);
        $event = Webhooks::verify($delivery['body'], $delivery['headers'], $hook['secret']);
        same('project.created', $event['type']);
    } finally {
        $verax->webhooks->delete($hook['_id']);
        $receiver->stop();
    }
});
