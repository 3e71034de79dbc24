<?php

declare(strict_types=1);

namespace Verax;

/** No answer came: the connection was not made, or was cut. Whether the request was done is not known. */
class NetworkError extends \RuntimeException
{
}
