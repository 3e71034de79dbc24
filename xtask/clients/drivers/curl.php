<?php
// Sends each case of the standard input with PHP's cURL, the query string as it is.
$answers = [];
foreach (json_decode(stream_get_contents(STDIN), true) as $case) {
    $curl = curl_init();
    curl_setopt_array($curl, [
        CURLOPT_URL => getenv('VERAX_URL') . $case['path'] . '?' . $case['query'],
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_HTTPHEADER => ['Authorization: Bearer ' . getenv('VERAX_TOKEN')],
    ]);
    $body = curl_exec($curl);
    $answers[] = ['status' => curl_getinfo($curl, CURLINFO_HTTP_CODE), 'body' => $body];
    curl_close($curl);
}
echo json_encode($answers);
