<?php

// A server that answers what a test tells it, and keeps what it was asked: `fake_server.php ANSWERS REQUESTS`.
// ANSWERS is a JSON list of `{status, headers, body, cut}`, `"cut"` and `"silence"`, each taken once; to REQUESTS
// goes a line of JSON for each request. It prints its address, and ends with its standard input.

declare(strict_types=1);

[, $answersFile, $requestsFile] = $argv;
$answers = json_decode(file_get_contents($answersFile), true);
$listening = stream_socket_server('tcp://127.0.0.1:0');
echo stream_socket_get_name($listening, false), "\n";
stream_set_blocking(STDIN, false);
$silent = [];

while (true) {
    $read = [$listening, STDIN];
    $none = null;
    stream_select($read, $none, $none, null);
    if (in_array(STDIN, $read, true)) {
        exit(0);
    }
    $connection = stream_socket_accept($listening);
    $head = '';
    while (($line = fgets($connection)) !== false && rtrim($line) !== '') {
        $head .= $line;
    }
    if ($head === '') {
        continue;
    }
    $lines = explode("\r\n", rtrim($head));
    [$method, $url] = explode(' ', array_shift($lines));
    $headers = [];
    foreach ($lines as $line) {
        [$name, $value] = explode(':', $line, 2);
        $headers[strtolower($name)] = trim($value);
    }
    $body = '';
    while (($missing = (int) ($headers['content-length'] ?? 0) - strlen($body)) > 0) {
        $body .= fread($connection, $missing);
    }
    $request = compact('method', 'url', 'headers', 'body');
    file_put_contents($requestsFile, json_encode($request) . "\n", FILE_APPEND);
    $answer = array_shift($answers) ?? ['status' => 500, 'body' => []];
    if ($answer === 'silence') {
        $silent[] = $connection;
    } elseif ($answer === 'cut') {
        fclose($connection);
    } else {
        $body = $answer['body'] ?? ['success' => true, 'data' => ['_id' => 'a']];
        $body = is_string($body) ? $body : json_encode($body);
        // One byte more than there is: the connection is cut within the answer.
        $length = strlen($body) + (isset($answer['cut']) ? 1 : 0);
        $head = 'HTTP/1.1 ' . ($answer['status'] ?? 200) . " Status\r\ncontent-length: $length\r\nconnection: close\r\n";
        foreach ($answer['headers'] ?? [] as $name => $value) {
            $head .= "$name: $value\r\n";
        }
        fwrite($connection, "$head\r\n$body");
        fclose($connection);
    }
}
