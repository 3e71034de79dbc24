<?php

// Loads classes of the packages in `vendor` as composer's own loader does: by the `psr-4` of each.

declare(strict_types=1);

foreach (glob('vendor/*/*/composer.json') as $file) {
    $package = json_decode(file_get_contents($file), true, flags: JSON_THROW_ON_ERROR);
    foreach ($package['autoload']['psr-4'] as $prefix => $folder) {
        spl_autoload_register(function (string $class) use ($prefix, $folder, $file): void {
            $path = dirname($file) . "/$folder" . str_replace('\\', '/', substr($class, strlen($prefix))) . '.php';
            if (str_starts_with($class, $prefix) && is_file($path)) {
                require $path;
            }
        });
    }
}
