<?php

declare(strict_types=1);

use Illuminate\Support\Facades\Route;

// Where a redirecting host sends what is meant for the package: http to https, or an old name.
Route::any('/moved/{path}', fn (string $path) => redirect('/'.$path, 301))->where('path', '.*');
