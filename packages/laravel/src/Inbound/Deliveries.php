<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Inbound;

use Illuminate\Database\Connection;
use PDOException;
use WhatsAppManager\Laravel\Exceptions\NotStored;
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
        $taking = function () use ($webhook, $webhookId, $take, $again): bool {
            $row = ['webhook_id' => $webhookId, 'taken_at' => $webhook->freshTimestampString()];
            $isNew = Webhook::query()->toBase()->insertOrIgnore($row) > 0;
            if ($isNew) {
                $take();
                $this->assertAlive($webhook->getConnection());
            } elseif ($again !== null) {
                $again();
            }

            return $isNew;
        };
        try {
            return $webhook->getConnection()->transaction($taking, 3);
        } catch (PDOException $error) {
            throw NotStored::inPlaceOf($error, "Delivery {$webhookId} was not stored");
        }
    }

    /**
     * PostgreSQL answers the commit of a transaction in which a statement failed with a silent rollback: a listener that
     * caught such a failure would lose the delivery. Asked once more it throws.
     */
    private function assertAlive(Connection $connection): void
    {
        if ($connection->getDriverName() === 'pgsql') {
            $connection->select('select 1');
        }
    }
}
