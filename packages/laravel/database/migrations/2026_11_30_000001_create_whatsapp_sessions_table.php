<?php

declare(strict_types=1);

use Illuminate\Database\Migrations\Migration;
use Illuminate\Database\Schema\Blueprint;
use Illuminate\Support\Facades\Schema;
use WhatsAppManager\Laravel\Support\Compatibility;

return new class () extends Migration {
    public function up(): void
    {
        Schema::create('whatsapp_sessions', function (Blueprint $table) {
            $table->id();
            Compatibility::identifier($table, 'session_id', 64)->unique();
            // A string, so that it holds the key of any user model.
            $table->string('user_id', 64)->nullable()->index();
            $table->string('estado_qr', 32)->default('pending')->index();
            $table->string('state', 64)->nullable();
            $table->string('detail', 191)->nullable();
            $table->string('reason', 191)->nullable();
            $table->text('reason_text')->nullable();
            $table->string('wa_id', 64)->nullable()->index();
            $table->string('lid', 191)->nullable();
            $table->text('push_name')->nullable();
            $table->string('phone_number', 64)->nullable();
            // Encrypted, so longer than the texts.
            $table->text('qr')->nullable();
            $table->dateTime('qr_expires_at', 3)->nullable();
            $table->text('pairing_code')->nullable();
            $table->dateTime('pairing_code_expires_at', 3)->nullable();
            $table->dateTime('linked_at', 3)->nullable();
            $table->unsignedBigInteger('seq')->nullable();
            $table->json('metadata')->nullable();
            $table->dateTime('created_at', 3)->nullable();
            $table->dateTime('updated_at', 3)->nullable();
        });
    }

    public function down(): void
    {
        Schema::dropIfExists('whatsapp_sessions');
    }
};
