<?php
// openapi-generator, php: lists, filters, pages, creates and checks.

declare(strict_types=1);

use OpenAPI\Client\Api\BiometricValidationsApi;
use OpenAPI\Client\Api\DocumentLivenessApi;
use OpenAPI\Client\ApiException;
use OpenAPI\Client\Configuration;
use OpenAPI\Client\Model\CreateBiometricValidationsRequest;
use OpenAPI\Client\Model\CreateDocumentLivenessRequest;

require 'GuzzleHttp/autoload.php';
spl_autoload_register(static function (string $class): void {
    $file = __DIR__ . '/generated-php/lib/' . strtr(substr($class, strlen('OpenAPI\\Client\\')), '\\', '/') . '.php';
    if (str_starts_with($class, 'OpenAPI\\Client\\') && is_file($file)) {
        require $file;
    }
});
set_error_handler(static fn (int $level, string $text) => throw new ErrorException($text, 0, $level));

function check(bool $holds, string $what): void
{
    if (!$holds) {
        throw new RuntimeException($what);
    }
}

$settings = (new Configuration())->setHost(getenv('VERAX_URL'))->setAccessToken(getenv('VERAX_TOKEN'));
$validations = new BiometricValidationsApi(null, $settings);
$documents = new DocumentLivenessApi(null, $settings);

$all = $validations->listBiometricValidations(per_page: 2, populates: ['client']);
$rows = $all->getData();
$total = $all->getPagination()->getTotal();
check(count($rows) === 2 && $total > 2, 'a page has two records');

$completed = $validations->listBiometricValidations(
    where_status: 'completed',
    filters: ['where>=_createdAt' => '2020-01-01'],
)->getPagination()->getTotal();
check($completed > 0 && $completed < $total, "$completed of $total are completed");
$none = $validations->listBiometricValidations(filters: ['where_identifier' => 'nobody']);
check($none->getData() === [], 'nobody is found');

$second = $validations->listBiometricValidations(page: 2, per_page: 2)->getData();
check($second[0]->getId() !== $rows[0]->getId(), 'the second page is another');

$body = new CreateBiometricValidationsRequest([
    'project' => 'project_bank',
    'project_flow' => 'project_flow_bank',
    'identifier' => 'php',
    'type' => 'onboarding',
]);
$opened = $validations->createBiometricValidations($body)->getData()->getBiometricValidation();
$found = $validations->getBiometricValidations($opened->getId())->getData();
check($found->getIdentifier() === 'php', 'the record is the one that was made');

$image = base64_encode(file_get_contents(getenv('VERAX_CARD')));
$checked = $documents->createDocumentLiveness(new CreateDocumentLivenessRequest(['image' => $image]))->getData();
check($checked->getStatus() === 'completed', 'the document is checked');

try {
    $validations->getBiometricValidations('nothing');
    check(false, 'there is no such record');
} catch (ApiException $error) {
    check($error->getResponseObject()->getCode() === 'biometric_validation_not_found', 'an error has its code');
}
