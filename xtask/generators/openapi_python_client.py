"""openapi-python-client: lists, filters, pages, creates and checks."""

import base64
import os
import pathlib

from python_client import AuthenticatedClient
from python_client.api.biometric_validations import (
    create_biometric_validations,
    get_biometric_validations,
    list_biometric_validations,
)
from python_client.api.document_liveness import create_document_liveness
from python_client.models import (
    BiometricValidation,
    BiometricValidationRow,
    CreateBiometricValidationsBody,
    CreateBiometricValidationsBodyType,
    CreateDocumentLivenessBody,
    Error,
    ListBiometricValidationsFilters,
    ListBiometricValidationsPopulatesItem,
    ListBiometricValidationsWhereStatus,
)
from python_client.types import Unset

client = AuthenticatedClient(base_url=os.environ["VERAX_URL"], token=os.environ["VERAX_TOKEN"])
image = base64.b64encode(pathlib.Path(os.environ["VERAX_CARD"]).read_bytes()).decode()


def page(**query):
    answer = list_biometric_validations.sync(client=client, **query)
    assert answer is not None and not isinstance(answer, Error), answer
    return answer


def filters(**named: str) -> ListBiometricValidationsFilters:
    return ListBiometricValidationsFilters.from_dict(named)


everything = page(per_page=2, populates=[ListBiometricValidationsPopulatesItem.CLIENT])
rows: list[BiometricValidationRow] = everything.data
assert len(rows) == 2 and not isinstance(rows[0].client, (str, Unset)), rows
total = everything.pagination.total

completed = page(
    where_status=ListBiometricValidationsWhereStatus.COMPLETED,
    filters=filters(**{"where>=_createdAt": "2020-01-01"}),
).pagination.total
assert 0 < completed < total, (completed, total)
assert page(filters=filters(where_identifier="nobody")).data == []
assert page(per_page=2, page=2).data[0].field_id != rows[0].field_id

body = CreateBiometricValidationsBody(
    project="project_bank",
    project_flow="project_flow_bank",
    identifier="python",
    type_=CreateBiometricValidationsBodyType.ONBOARDING,
)
opened = create_biometric_validations.sync(client=client, body=body)
assert opened is not None and not isinstance(opened, Error), opened
found = get_biometric_validations.sync(opened.data.biometric_validation.field_id, client=client)
assert found is not None and not isinstance(found, Error), found
record: BiometricValidation = found.data
assert record.identifier == "python", record

checked = create_document_liveness.sync(client=client, body=CreateDocumentLivenessBody(image=image))
assert checked is not None and not isinstance(checked, Error), checked
assert checked.data.status == "completed", checked
assert not isinstance(checked.data.validation_results, Unset)

wrong = get_biometric_validations.sync("nothing", client=client)
assert isinstance(wrong, Error) and wrong.code == "biometric_validation_not_found", wrong
