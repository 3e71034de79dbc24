<?php

declare(strict_types=1);

namespace Verax;

/** A delivery that must not be believed: answer 4xx and do nothing. */
final class WebhookVerificationError extends \RuntimeException
{
}
