<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Models\Concerns;

use DateTimeInterface;
use Illuminate\Database\Eloquent\Builder;
use Illuminate\Support\Facades\Date;

/**
 * Dates are stored in UTC with milliseconds, whatever `app.timezone` is, and read in the application's own time zone.
 * In a query, give `now('UTC')` or use the scopes: Laravel binds a date as the wall time it shows.
 */
trait KeepsUtcDates
{
    public function getDateFormat(): string
    {
        return 'Y-m-d H:i:s.v';
    }

    /** @param mixed $value a date, a string with its zone, or a string without one, which is UTC */
    public function fromDateTime($value): ?string
    {
        if ($value === null || $value === '') {
            return null;
        }

        return $this->asDateTime($value)->copy()->setTimezone('UTC')->format($this->getDateFormat());
    }

    /** @param mixed $value */
    protected function asDateTime($value)
    {
        if (is_string($value) && !is_numeric($value)) {
            return Date::parse($value, 'UTC')->setTimezone(date_default_timezone_get());
        }

        return parent::asDateTime($value);
    }

    /** Rows whose `$column` is at or after `$date`. */
    public function scopeSince(Builder $query, string $column, DateTimeInterface $date): Builder
    {
        return $query->where($this->qualifyColumn($column), '>=', $this->fromDateTime($date));
    }

    /** Rows whose `$column` is before `$date`. */
    public function scopeUntil(Builder $query, string $column, DateTimeInterface $date): Builder
    {
        return $query->where($this->qualifyColumn($column), '<', $this->fromDateTime($date));
    }
}
