<?php

declare(strict_types=1);

namespace App\Providers;

use App\Listeners\AnswerOrders;
use App\Support\Seen;
use Illuminate\Support\Facades\Event;
use Illuminate\Support\ServiceProvider;
use WhatsAppManager\Laravel\Events\MessageReceived;

class AppServiceProvider extends ServiceProvider
{
    public function boot(): void
    {
        Event::listen('WhatsAppManager\\Laravel\\Events\\*', [Seen::class, 'event']);
        Event::listen(MessageReceived::class, [AnswerOrders::class, 'handle']);
    }
}
