<?php

declare(strict_types=1);

namespace App\Models;

use Illuminate\Foundation\Auth\User as Authenticatable;
use Illuminate\Notifications\Notifiable;

class User extends Authenticatable
{
    use Notifiable;

    protected $guarded = [];

    protected $hidden = ['password', 'remember_token'];

    /** Where a notification reaches this user on WhatsApp. */
    public function routeNotificationForWhatsApp(): ?string
    {
        return $this->phone;
    }
}
