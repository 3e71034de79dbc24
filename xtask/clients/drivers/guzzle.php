<?php
// Sends each case of the standard input with Guzzle, the parameters as its `query` array.
require 'GuzzleHttp/autoload.php';

$client = new \GuzzleHttp\Client();
$answers = [];
foreach (json_decode(stream_get_contents(STDIN), true) as $case) {
    $response = $client->request('GET', getenv('VERAX_URL') . $case['path'], [
        'headers' => ['Authorization' => 'Bearer ' . getenv('VERAX_TOKEN')],
        'query' => array_column($case['params'], 1, 0),
        'http_errors' => false,
    ]);
    $answers[] = ['status' => $response->getStatusCode(), 'body' => (string) $response->getBody()];
}
echo json_encode($answers);
