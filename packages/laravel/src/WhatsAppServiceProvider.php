<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel;

use Illuminate\Support\ServiceProvider;
use Illuminate\View\Compilers\BladeCompiler;
use WhatsAppManager\Laravel\Support\Authorization;
use WhatsAppManager\Laravel\View\Components\Qr;

/** Registers what the package brings; Laravel finds it by composer.json. */
class WhatsAppServiceProvider extends ServiceProvider
{
    public function register(): void
    {
        $this->mergeConfigFrom(__DIR__ . '/../config/whatsapp.php', 'whatsapp');
        $this->app->singleton(Authorization::class);
        $this->app->register(OutboundServiceProvider::class);
    }

    public function boot(): void
    {
        $this->loadRoutesFrom(__DIR__ . '/../routes/whatsapp.php');
        $this->loadViewsFrom(__DIR__ . '/../resources/views', 'whatsapp');
        $this->callAfterResolving(BladeCompiler::class, fn (BladeCompiler $blade) => $blade->component(Qr::class, 'whatsapp-qr'));

        if ($this->app->runningInConsole()) {
            $this->console();
        }
    }

    private function console(): void
    {
        $this->loadMigrationsFrom(__DIR__ . '/../database/migrations');
        $this->publishes([__DIR__ . '/../config/whatsapp.php' => $this->app->configPath('whatsapp.php')], 'whatsapp-config');
        // Under their own names, so that a published migration replaces the package's and never runs beside it.
        $this->publishes([__DIR__ . '/../database/migrations' => $this->app->databasePath('migrations')], 'whatsapp-migrations');
        $this->publishes([__DIR__ . '/../resources/views' => $this->app->resourcePath('views/vendor/whatsapp')], 'whatsapp-views');
    }
}
