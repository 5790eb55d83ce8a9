<?php

declare(strict_types=1);

use Illuminate\Database\Migrations\Migration;
use Illuminate\Database\Schema\Blueprint;
use Illuminate\Support\Facades\Schema;
use WhatsAppManager\Laravel\Support\Compatibility;

return new class () extends Migration {
    public function up(): void
    {
        // Which deliveries were taken: it outlives what they brought, so that a deleted message does not come back.
        Schema::create('whatsapp_webhooks', function (Blueprint $table) {
            Compatibility::identifier($table, 'webhook_id')->primary();
            $table->dateTime('taken_at', 3)->index();
        });
    }

    public function down(): void
    {
        Schema::dropIfExists('whatsapp_webhooks');
    }
};
