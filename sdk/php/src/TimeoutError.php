<?php

declare(strict_types=1);

namespace Verax;

/** No answer came in time. Whether the request was done is not known. */
final class TimeoutError extends NetworkError
{
}
