<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel;

use Illuminate\Contracts\Container\Container;
use Illuminate\Notifications\ChannelManager;
use Illuminate\Queue\Events\JobExceptionOccurred;
use Illuminate\Queue\Events\JobProcessed;
use Illuminate\Queue\Events\JobProcessing;
use Illuminate\Support\Facades\Notification;
use Illuminate\Support\ServiceProvider;
use WhatsAppManager\Laravel\Client\HttpTransport;
use WhatsAppManager\Laravel\Client\Manager;
use WhatsAppManager\Laravel\Client\Transport;
use WhatsAppManager\Laravel\Notifications\WhatsAppChannel;
use WhatsAppManager\Laravel\Sending\JobInProgress;
use WhatsAppManager\Laravel\Sending\KeepSends;
use WhatsAppManager\Laravel\Sending\MediaFields;
use WhatsAppManager\Laravel\Sending\Sender;
use WhatsAppManager\Laravel\Sending\SendKeys;

/** What asks the manager: the client, the facade's root, the notification channel and the commands. */
class OutboundServiceProvider extends ServiceProvider
{
    public function register(): void
    {
        $this->app->bind(Transport::class, HttpTransport::class);
        $this->app->singleton(JobInProgress::class);
        $this->app->bind('whatsapp', static fn (Container $app): WhatsApp => self::rootOn($app, $app->make(Transport::class)));
        $this->app->alias('whatsapp', WhatsApp::class);
        $this->app->bind(Manager::class, static fn (Container $app): Manager => $app->make('whatsapp')->manager());
    }

    public function boot(): void
    {
        Notification::resolved(function (ChannelManager $channels): void {
            // Laravel 13 binds it to the manager of channels, which no static closure allows.
            $channels->extend('whatsapp', fn (): WhatsAppChannel => new WhatsAppChannel());
        });
        $this->app['events']->listen(JobProcessing::class, static function (JobProcessing $event): void {
            app(JobInProgress::class)->begin($event->job);
        });
        $this->app['events']->listen([JobProcessed::class, JobExceptionOccurred::class], static function (object $event): void {
            app(JobInProgress::class)->end($event->job);
        });
        if ($this->app->runningInConsole()) {
            $this->commands([
                Console\InstallCommand::class,
                Console\LinkCommand::class,
                Console\SessionsCommand::class,
                Console\CheckCommand::class,
            ]);
        }
    }

    /**
     * The facade's root over a transport: HTTP, or a test's record.
     *
     * @template T of WhatsApp
     *
     * @param class-string<T> $class
     *
     * @return T
     */
    public static function rootOn(Container $app, Transport $transport, string $class = WhatsApp::class): WhatsApp
    {
        $manager = new Manager($transport);
        $cache = $app->make('cache.store');
        $sender = new Sender(
            $manager,
            new SendKeys($app->make(JobInProgress::class), $cache),
            new MediaFields($cache, (string) config('whatsapp.media', 'auto')),
            $app->make(KeepSends::class),
        );

        return new $class($manager, $sender, $app);
    }
}
