<?php

declare(strict_types=1);

use Illuminate\Database\Migrations\Migration;
use Illuminate\Database\Schema\Blueprint;
use Illuminate\Support\Facades\Schema;
use WhatsAppManager\Laravel\Support\Compatibility;

return new class () extends Migration {
    public function up(): void
    {
        Schema::create('whatsapp_messages', function (Blueprint $table) {
            $table->id();
            Compatibility::identifier($table, 'session_id', 64);
            $table->string('user_id', 64)->nullable();
            Compatibility::identifier($table, 'message_id');
            Compatibility::identifier($table, 'chat_id');
            $table->string('participant', 191)->nullable();
            $table->string('from', 64)->nullable();
            $table->string('from_lid', 191)->nullable();
            $table->boolean('from_me')->default(false);
            $table->boolean('is_group')->default(false);
            // What strangers call themselves and their groups has no certain length.
            $table->text('subject')->nullable();
            $table->text('push_name')->nullable();
            $table->text('username')->nullable();
            $table->string('type', 64);
            $table->longText('body')->nullable();
            $table->longText('caption')->nullable();
            $table->json('media')->nullable();
            Compatibility::identifier($table, 'reply_to')->nullable();
            $table->json('quoted')->nullable();
            $table->json('mentions')->nullable();
            $table->boolean('mentions_me')->default(false);
            $table->boolean('forwarded')->default(false);
            $table->boolean('view_once')->default(false);
            $table->unsignedBigInteger('expires_in')->nullable();
            $table->json('selection')->nullable();
            $table->json('referral')->nullable();
            $table->json('order')->nullable();
            $table->json('product')->nullable();
            Compatibility::identifier($table, 'replaces')->nullable();
            $table->string('replaced_by', 191)->nullable();
            $table->json('raw')->nullable();
            $table->boolean('offline')->default(false);
            $table->unsignedBigInteger('seq')->nullable();
            $table->json('metadata')->nullable();
            $table->string('status', 16)->nullable();
            $table->text('error')->nullable();
            $table->string('client_ref', 255)->nullable()->index();
            $table->longText('original_body')->nullable();
            $table->dateTime('sent_at', 3);
            $table->dateTime('edited_at', 3)->nullable();
            $table->dateTime('revoked_at', 3)->nullable();
            $table->dateTime('read_at', 3)->nullable();
            $table->dateTime('processed_at', 3)->nullable();
            // Whether it stands for its chat in an inbox's list.
            $table->boolean('is_latest')->default(false);
            // Whose turn it is in a chat: Inbound\Turns.
            $table->string('handling', 16)->nullable();
            $table->string('handler', 64)->nullable();
            $table->dateTime('handling_since', 3)->nullable();
            $table->dateTime('created_at', 3)->nullable();
            $table->dateTime('updated_at', 3)->nullable();

            // An id is unique in its chat only: strangers choose it.
            $table->unique(['session_id', 'message_id', 'chat_id'], 'whatsapp_messages_once');
            $table->index(['session_id', 'chat_id', 'sent_at'], 'whatsapp_messages_chat');
            $table->index(['session_id', 'is_latest', 'sent_at'], 'whatsapp_messages_chats');
            $table->index(['session_id', 'read_at', 'chat_id'], 'whatsapp_messages_unread');
            $table->index(['session_id', 'from'], 'whatsapp_messages_from');
            $table->index(['session_id', 'reply_to'], 'whatsapp_messages_replies');
            $table->index(['session_id', 'chat_id', 'handling'], 'whatsapp_messages_turns');
            $table->index(['user_id', 'sent_at'], 'whatsapp_messages_user');
        });
    }

    public function down(): void
    {
        Schema::dropIfExists('whatsapp_messages');
    }
};
