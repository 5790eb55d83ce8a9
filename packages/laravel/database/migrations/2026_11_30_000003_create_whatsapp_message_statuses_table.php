<?php

declare(strict_types=1);

use Illuminate\Database\Migrations\Migration;
use Illuminate\Database\Schema\Blueprint;
use Illuminate\Support\Facades\Schema;
use WhatsAppManager\Laravel\Support\Compatibility;

return new class () extends Migration {
    public function up(): void
    {
        Schema::create('whatsapp_message_statuses', function (Blueprint $table) {
            $table->id();
            Compatibility::identifier($table, 'session_id', 64);
            $table->string('user_id', 64)->nullable();
            Compatibility::identifier($table, 'message_id');
            $table->string('status', 16);
            $table->text('error')->nullable();
            $table->string('client_ref', 255)->nullable()->index();
            $table->unsignedBigInteger('seq')->nullable();
            $table->json('metadata')->nullable();
            $table->dateTime('at', 3);
            $table->dateTime('created_at', 3)->nullable();
            $table->dateTime('updated_at', 3)->nullable();

            $table->unique(['session_id', 'message_id', 'status'], 'whatsapp_message_statuses_once');
        });
    }

    public function down(): void
    {
        Schema::dropIfExists('whatsapp_message_statuses');
    }
};
