<?php

declare(strict_types=1);

// PHP's own web server: files of public/ as they are, all else by the application, as Laravel 8's server.php does.
$path = urldecode((string) parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH));
if ($path !== '/' && is_file(__DIR__.'/public'.$path)) {
    return false;
}

require_once __DIR__.'/public/index.php';
