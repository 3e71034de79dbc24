<?php

// The tests: `php tests/run.php` beside the folder `vendor`, with VERAX_VECTORS, VERAX_URL, VERAX_TOKEN and VERAX_CARD.

declare(strict_types=1);

set_error_handler(fn (int $level, string $told) => throw new \ErrorException($told));
require __DIR__ . '/autoload.php';
require __DIR__ . '/Fake.php';

$passed = $failed = 0;

/** Runs one test. */
function test(string $what, callable $run): void
{
    global $passed, $failed;
    try {
        $run();
        $passed++;
    } catch (\Throwable $error) {
        $failed++;
        echo "FAILED $what: {$error->getMessage()} ({$error->getFile()}:{$error->getLine()})\n";
    }
}

/** Runs one test with a server that has these answers. */
function against(string $what, array $answers, callable $run, mixed ...$options): void
{
    test($what, function () use ($answers, $run, $options): void {
        $fake = new Fake($answers);
        try {
            $run(new \Verax\Verax($fake->url, 'secret-token', ...$options), $fake);
        } finally {
            $fake->stop();
        }
    });
}

function same(mixed $expected, mixed $found): void
{
    if ($expected !== $found) {
        throw new \RuntimeException('expected ' . json_encode($expected) . ', found ' . json_encode($found));
    }
}

function holds(bool $holds, string $what): void
{
    $holds || throw new \RuntimeException("does not hold: $what");
}

/** What it throws, which must be of this class. */
function failure(string $class, callable $run): \Throwable
{
    try {
        $run();
    } catch (\Throwable $error) {
        return $error instanceof $class ? $error : throw $error;
    }
    throw new \RuntimeException("it threw no $class");
}

function vectors(string $name): array
{
    return json_decode(file_get_contents(getenv('VERAX_VECTORS') . "/$name.json"), true, flags: JSON_THROW_ON_ERROR);
}

foreach (['fake', 'vectors', 'server'] as $suite) {
    require __DIR__ . "/{$suite}_tests.php";
}
echo "$passed passed, $failed failed\n";
exit($failed === 0 && $passed > 0 ? 0 : 1);
