<?php

declare(strict_types=1);

return [
    'required' => 'The :attribute field is required.',
    'string' => 'The :attribute must be a string.',
    'in' => 'The selected :attribute is invalid.',
    'date' => 'The :attribute is not a valid date.',
    'boolean' => 'The :attribute field must be true or false.',
    'array' => 'The :attribute must be an array.',
    'file' => 'The :attribute must be a file.',
    'integer' => 'The :attribute must be an integer.',
    'regex' => 'The :attribute format is invalid.',
    'attributes' => [],
];
