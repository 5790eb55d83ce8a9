<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Http\Requests;

use DateTimeInterface;
use Illuminate\Contracts\Validation\Validator;
use Illuminate\Foundation\Http\FormRequest;
use Illuminate\Http\Exceptions\HttpResponseException;
use Illuminate\Http\JsonResponse;
use Illuminate\Support\Facades\Date;
use WhatsAppManager\Laravel\Support\Compatibility;
use WhatsAppManager\Laravel\Support\RawJson;

/** A delivery of the manager: its raw JSON, in which a field that is absent is null. */
abstract class DeliveryRequest extends FormRequest
{
    /** @var ?array<string, mixed> */
    private ?array $delivery = null;

    /** @return array<string, string> */
    abstract public function rules(): array;

    /** The middleware has let the manager in. */
    public function authorize(): bool
    {
        return true;
    }

    /**
     * The body as it was sent.
     *
     * @return array<string, mixed>
     */
    public function delivery(): array
    {
        return $this->delivery ??= RawJson::decode((string) $this->getContent())
            ?? throw new HttpResponseException(new JsonResponse(['message' => 'The body is no JSON object.'], 400));
    }

    /** One field of the body. */
    public function field(string $name): mixed
    {
        return $this->delivery()[$name] ?? null;
    }

    /** A field that is an identifier: null also if it is longer than its column, as only a stranger's can be. */
    public function identifier(string $name): ?string
    {
        $value = $this->field($name);

        return is_string($value) && mb_strlen($value) <= Compatibility::IDENTIFIER_LENGTH ? $value : null;
    }

    /** A field that is a moment, in UTC. */
    public function moment(string $name): DateTimeInterface
    {
        return Date::parse($this->field($name), 'UTC');
    }

    /** Whose session it is: a string, whatever the type of the application's keys. */
    public function userId(): ?string
    {
        $id = $this->field('user_id');

        return is_int($id) || (is_string($id) && mb_strlen($id) <= 64) ? (string) $id : null;
    }

    /**
     * What every delivery may have.
     *
     * @return array<string, mixed> columns
     */
    public function common(): array
    {
        return ['user_id' => $this->userId(), 'seq' => $this->field('seq'), 'metadata' => $this->field('metadata')];
    }

    /** The same for every try of a delivery. A request by hand, without the header, is named by what it says. */
    public function webhookId(): string
    {
        $id = (string) $this->headers->get('webhook-id');

        return $id !== '' && mb_strlen($id) <= Compatibility::IDENTIFIER_LENGTH
            ? $id
            : 'body.' . hash('sha256', $id . $this->getContent());
    }

    /** @return array<string, mixed> */
    public function validationData(): array
    {
        return $this->delivery();
    }

    /** Newer managers say more, whatever an application on Laravel 13 has set for its own forms. */
    protected function shouldFailOnUnknownFields(): bool
    {
        return false;
    }

    protected function failedValidation(Validator $validator): void
    {
        throw new HttpResponseException(new JsonResponse([
            'message' => 'The delivery was not understood: is the manager newer than this package?',
            'errors' => $validator->errors()->toArray(),
        ], 422));
    }
}
