<?php

declare(strict_types=1);

/*
 * What Composer would have written: Debian's Laravel and Guzzle, this application, and each package of
 * composer/installed.json under its PSR-4 names.
 */

require_once 'Illuminate/autoload.php';
// Laravel only suggests it, and looks for it under another spelling.
require_once 'GuzzleHttp/autoload.php';

$folders = ['App\\' => dirname(__DIR__).'/app/'];
$installed = __DIR__.'/composer/installed.json';
foreach (is_file($installed) ? json_decode(file_get_contents($installed), true)['packages'] : [] as $package) {
    foreach ($package['autoload']['psr-4'] as $prefix => $folder) {
        $folders[$prefix] = __DIR__.'/'.$package['name'].'/'.$folder;
    }
}

spl_autoload_register(static function (string $class) use ($folders): void {
    foreach ($folders as $prefix => $folder) {
        if (strncmp($class, $prefix, strlen($prefix)) !== 0) {
            continue;
        }
        $file = $folder.str_replace('\\', '/', substr($class, strlen($prefix))).'.php';
        if (is_file($file)) {
            require $file;

            return;
        }
    }
});
