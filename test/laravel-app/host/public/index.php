<?php

declare(strict_types=1);

define('LARAVEL_START', microtime(true));

// What `php artisan down` wrote answers before the framework is loaded, as in every Laravel.
if (file_exists($maintenance = __DIR__.'/../storage/framework/maintenance.php')) {
    require $maintenance;
}

require __DIR__.'/../vendor/autoload.php';

$kernel = (require __DIR__.'/../bootstrap/app.php')->make(Illuminate\Contracts\Http\Kernel::class);
$request = Illuminate\Http\Request::capture();
$response = $kernel->handle($request)->send();
$kernel->terminate($request, $response);
