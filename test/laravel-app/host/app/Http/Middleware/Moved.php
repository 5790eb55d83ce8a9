<?php

declare(strict_types=1);

namespace App\Http\Middleware;

use Illuminate\Http\Request;

/** While MOVED_TO is set, all of the application is there, as behind a host that leads from http to https or to a login. */
class Moved
{
    public function handle(Request $request, \Closure $next)
    {
        $there = config('app.moved_to');
        $isThere = $there === null || $request->fullUrlIs($there . '*');

        return $isThere ? $next($request) : redirect()->away($there, 302);
    }
}
