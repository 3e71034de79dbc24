"""openapi-generator, python: lists, filters, pages, creates and checks."""

import base64
import os
import pathlib

import openapi_client
from openapi_client import (
    BiometricValidationRow,
    BiometricValidationsApi,
    CreateBiometricValidationsRequest,
    CreateDocumentLivenessRequest,
    DocumentLivenessApi,
    PopulatedClient,
)
from openapi_client.exceptions import NotFoundException

settings = openapi_client.Configuration(
    host=os.environ["VERAX_URL"], access_token=os.environ["VERAX_TOKEN"]
)
client = openapi_client.ApiClient(settings)
validations, documents = BiometricValidationsApi(client), DocumentLivenessApi(client)
image = base64.b64encode(pathlib.Path(os.environ["VERAX_CARD"]).read_bytes()).decode()

everything = validations.list_biometric_validations(per_page=2, populates=["client"])
rows: list[BiometricValidationRow] = everything.data
total = everything.pagination.total
assert len(rows) == 2 and isinstance(rows[0].client.actual_instance, PopulatedClient), rows

completed = validations.list_biometric_validations(
    where_status="completed", filters={"where>=_createdAt": "2020-01-01"}
).pagination.total
assert 0 < completed < total, (completed, total)
nobody = validations.list_biometric_validations(filters={"where_identifier": "nobody"})
assert nobody.data == [], nobody
second = validations.list_biometric_validations(page=2, per_page=2).data
assert second[0].id != rows[0].id, second

body = CreateBiometricValidationsRequest(
    project="project_bank",
    projectFlow="project_flow_bank",
    identifier="generator",
    type="onboarding",
)
opened = validations.create_biometric_validations(body).data.biometric_validation
found = validations.get_biometric_validations(opened.id).data
assert found.identifier == "generator", found

checked = documents.create_document_liveness(CreateDocumentLivenessRequest(image=image)).data
assert checked.status == "completed", checked

try:
    validations.get_biometric_validations("nothing")
    raise AssertionError("there is no such record")
except NotFoundException as error:
    assert error.data.code == "biometric_validation_not_found", error
