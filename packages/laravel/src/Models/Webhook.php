<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Models;

use Illuminate\Database\Eloquent\Builder;
use Illuminate\Database\Eloquent\MassPrunable;
use Illuminate\Database\Eloquent\Model;
use Illuminate\Support\Facades\Date;
use WhatsAppManager\Laravel\Models\Concerns\KeepsUtcDates;

/**
 * A delivery that was taken, so that it is taken once.
 * `php artisan model:prune --model="WhatsAppManager\Laravel\Models\Webhook"` removes what the manager cannot send again by itself.
 */
class Webhook extends Model
{
    use KeepsUtcDates;
    use MassPrunable;

    public const UPDATED_AT = null;
    public const CREATED_AT = 'taken_at';

    public $incrementing = false;

    protected $table = 'whatsapp_webhooks';

    protected $primaryKey = 'webhook_id';

    protected $keyType = 'string';

    protected $guarded = [];

    /** The manager tries for 3 days and keeps what was not taken for 30 more. */
    public function prunable(): Builder
    {
        return static::query()->until('taken_at', Date::now()->subDays(40));
    }
}
