<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Inbound;

use WhatsAppManager\Laravel\Models\Webhook;

/** Takes each delivery once, however often and however parallel it comes. */
final class Deliveries
{
    /**
     * Runs `$take` in one transaction with the note that this delivery was taken: what it throws undoes both, so that the
     * manager's next try finds everything as it was. A delivery that was taken before runs `$again` instead, if given.
     * The note comes first and ignores a duplicate: PostgreSQL gives up a transaction in which an insert failed.
     */
    public function once(string $webhookId, callable $take, ?callable $again = null): bool
    {
        $webhook = new Webhook();

        return $webhook->getConnection()->transaction(function () use ($webhook, $webhookId, $take, $again): bool {
            $row = ['webhook_id' => $webhookId, 'taken_at' => $webhook->freshTimestampString()];
            $isNew = Webhook::query()->toBase()->insertOrIgnore($row) > 0;
            if ($isNew) {
                $take();
            } elseif ($again !== null) {
                $again();
            }

            return $isNew;
        }, 3);
    }
}
