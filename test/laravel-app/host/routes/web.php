<?php

declare(strict_types=1);

use App\Http\Controllers\ShopController;
use Illuminate\Support\Facades\Route;

Route::get('/login-as/{id}', [ShopController::class, 'login']);
Route::get('/shops/{sessionId}/link', [ShopController::class, 'link']);
Route::get('/shops/{sessionId}', [ShopController::class, 'show']);
