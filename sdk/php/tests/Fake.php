<?php

declare(strict_types=1);

/** The server of `fake_server.php`. */
final class Fake
{
    public readonly string $url;
    private readonly string $requests;
    /** @var resource */
    private $process;
    /** @var array<int, resource> */
    private array $pipes = [];

    /** @param list<mixed> $answers */
    public function __construct(array $answers)
    {
        $this->requests = tempnam(sys_get_temp_dir(), 'verax-fake');
        file_put_contents("$this->requests.answers", json_encode($answers));
        $command = [PHP_BINARY, __DIR__ . '/fake_server.php', "$this->requests.answers", $this->requests];
        $this->process = proc_open($command, [['pipe', 'r'], ['pipe', 'w'], STDERR], $this->pipes);
        $this->url = 'http://' . trim(fgets($this->pipes[1]));
    }

    /** @return list<array<string, mixed>> */
    public function requests(): array
    {
        return array_map(fn (string $line) => json_decode($line, true), file($this->requests));
    }

    /** As soon as there are so many. @return list<array<string, mixed>> */
    public function await(int $count): array
    {
        for ($tries = 0; count($this->requests()) < $count; $tries++) {
            $tries < 600 || throw new \RuntimeException('nothing came within 30 s');
            usleep(50_000);
        }
        return $this->requests();
    }

    public function stop(): void
    {
        array_map('fclose', $this->pipes);
        proc_close($this->process);
        array_map('unlink', [$this->requests, "$this->requests.answers"]);
    }
}
