<?php // Signs up a child (php recipe.php), verifies the webhook and collects the data (php -S 127.0.0.1:$PORT recipe.php). PHP 8, no packages.
function call(string $method, string $path, ?array $body = null, array $headers = []): ?array {
    $headers[] = 'Authorization: Bearer ' . getenv('BOHOJA_API_KEY');
    $headers[] = 'Content-Type: application/json';
    $http = ['method' => $method, 'header' => $headers, 'timeout' => 20, 'follow_location' => 0];
    if ($body !== null) {
        $http['content'] = json_encode($body, JSON_THROW_ON_ERROR);
    }
    $answer = file_get_contents(getenv('BOHOJA_PUBLIC_URL') . "/v1$path", false, stream_context_create(['http' => $http]));
    return $answer === false ? throw new RuntimeException("$method $path was refused") : json_decode($answer, true);
}

function genuine(string $body): bool {
    [$id, $time, $signatures] = [$_SERVER['HTTP_WEBHOOK_ID'], $_SERVER['HTTP_WEBHOOK_TIMESTAMP'], $_SERVER['HTTP_WEBHOOK_SIGNATURE']];
    $key = base64_decode(substr(getenv('BOHOJA_WEBHOOK_SECRET'), strlen('whsec_')), true);
    $want = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$time.$body", $key, true));
    $same = array_filter(explode(' ', $signatures), fn ($s) => hash_equals($want, $s));
    return $same !== [] && abs(time() - (int) $time) < 300;
}

if (PHP_SAPI !== 'cli') { // the webhook's own request
    $event = genuine($body = file_get_contents('php://input')) ? json_decode($body, true) : null;
    http_response_code($event ? 204 : 401);
    if ($event && $event['type'] === 'consent.granted') { // every type is news; keep the webhook-ids that you have worked
        $given = call('POST', "/consent-requests/{$event['data']['id']}/release");
        error_log($given['subject'] . ' ' . $given['data']['nickname']); // store it here, before the next line
        call('POST', "/consent-requests/{$event['data']['id']}/release/ack"); // now the service destroys its copy
    }
    exit;
}
$notice = call('GET', '/child-notice?locale=ko'); // show $notice['html'] to the child before the guardian's name is asked
$made = call('POST', '/consent-requests', [
    'subject' => getenv('SUBJECT'), 'child_notice' => ['version' => $notice['version']], 'child' => ['name' => '김하늘', 'birth_date' => '2016-03-02'],
    'guardian' => ['name' => '김보호', 'email' => 'approve+php@guardian.test'], 'data' => ['nickname' => '하늘이'],
], ['Idempotency-Key: signup-of-' . getenv('SUBJECT')]);
echo $made['child_page'], "\n"; // send the child there
