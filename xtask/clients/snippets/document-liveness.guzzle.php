<?php

$client = new \GuzzleHttp\Client();

$response = $client->request('GET', 'https://api.verifik.co/v2/document-liveness', [
  'headers' => [
    'Content-Type' => 'application/json',
    'Authorization' => 'Bearer <your_token>',
  ],
  'query' => [
    'page' => 1,
    'limit' => 10,
    'status' => 'completed',
    'populates[]' => ['client', 'appRegistration']
  ]
]);

echo $response->getBody();
