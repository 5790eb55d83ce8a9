<?php

declare(strict_types=1);

use Illuminate\Database\Migrations\Migration;
use Illuminate\Database\Schema\Blueprint;
use Illuminate\Support\Facades\Schema;

return new class extends Migration {
    public function up(): void
    {
        Schema::create('whatsapp_accounts', function (Blueprint $table): void {
            $table->id();
            $table->string('session_id')->unique();
            $table->unsignedBigInteger('user_id');
            $table->string('webhook_token')->unique();
            $table->string('estado_qr')->default('pending');
            $table->text('qr')->nullable();
        });
        Schema::create('incoming', function (Blueprint $table): void {
            $table->id();
            $table->unsignedBigInteger('account_id');
            $table->string('from');
            $table->text('text');
            $table->string('type');
            $table->string('wam_id')->unique();
            $table->unsignedBigInteger('timestamp');
            $table->string('push_name')->nullable();
            $table->string('audio_name')->nullable();
            $table->string('audio_hash')->nullable();
        });
    }
};
