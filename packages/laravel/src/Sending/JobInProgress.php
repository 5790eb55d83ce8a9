<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Sending;

use Illuminate\Contracts\Queue\Job;
use Illuminate\Queue\Jobs\SyncJob;

/**
 * The queued job that runs now: what its attempts have in common is its id. A job inside a job (dispatchSync, the sync queue) is
 * made anew at each attempt of the outer one, so the outer one counts.
 */
final class JobInProgress
{
    /** @var list<Job> the innermost last */
    private array $jobs = [];

    /** @var array<string, int> how often each content was sent in this attempt */
    private array $sends = [];

    public function begin(Job $job): void
    {
        if ($this->id() === null) {
            $this->sends = [];
        }
        $this->jobs[] = $job;
    }

    /** Ends a job, and what inside it did not say that it ended. */
    public function end(Job $job): void
    {
        $place = array_search($job, $this->jobs, true);
        if ($place !== false) {
            $this->jobs = array_slice($this->jobs, 0, (int) $place);
        }
    }

    /** The same at each attempt; null outside of what a queue keeps. */
    public function id(): ?string
    {
        foreach ($this->jobs as $job) {
            if (!$job instanceof SyncJob) {
                return $job->uuid() ?: $job->getConnectionName() . ':' . $job->getJobId();
            }
        }

        return null;
    }

    /** 1 for the first send of this content in this attempt, then 2 …: the order of different contents does not matter. */
    public function count(string $content): int
    {
        return $this->sends[$content] = ($this->sends[$content] ?? 0) + 1;
    }
}
