<?php

declare(strict_types=1);

namespace Verax;

/** The bytes of a JPEG, PNG or WebP. In a body they become base64. */
final class Image implements \JsonSerializable
{
    private function __construct(#[\SensitiveParameter] private readonly string $bytes)
    {
    }

    public static function fromBytes(#[\SensitiveParameter] string $bytes): self
    {
        return new self($bytes);
    }

    /** @throws \RuntimeException if there is no such file, or it cannot be read */
    public static function fromFile(string $path): self
    {
        $bytes = @file_get_contents($path);
        if ($bytes === false) {
            throw new \RuntimeException("cannot read $path");
        }
        return new self($bytes);
    }

    public function jsonSerialize(): string
    {
        return base64_encode($this->bytes);
    }

    /** @return array<string, int> */
    public function __debugInfo(): array
    {
        return ['bytes' => strlen($this->bytes)];
    }
}
