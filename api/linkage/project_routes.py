"""Projects, membership and the sealed linkage secret over HTTP.

May touch: nothing
Sees:      public keys, sealed secrets
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Path, Response, status
from pydantic import Field

from api.auth.guard import allowed
from api.auth.permissions import Permission
from api.auth.principal import Principal
from api.http.idempotency import Once
from api.http.pagination import ThePage
from api.linkage.app import TheUnit
from api.linkage.etags import IfVersion, etag
from api.linkage.schemas import Body, Code, Count, NewCode, RequestId, Sha256
from linkage.flows import join_project, manage_projects
from linkage.projects import ProjectState, Terms, custodians_fingerprint, spoken
from linkage.refusals import Refused, Why

if TYPE_CHECKING:
    from linkage.store.projects import Project

router = APIRouter(prefix="/v1/projects", tags=["projects"])

ProjectCode = Annotated[Code, Path(description="the project's code")]
Operator = Annotated[Principal, allowed(Permission.PROJECT_MANAGE)]
Reader = Annotated[Principal, allowed(Permission.PROJECT_READ)]
Joiner = Annotated[Principal, allowed(Permission.MEMBERSHIP_JOIN)]
Passer = Annotated[Principal, allowed(Permission.SECRET_RELAY)]
Words = Annotated[str, Field(min_length=1, max_length=500)]
KeyLine = Annotated[str, Field(max_length=8_192, pattern=r"^[ -~]+$")]
Base64 = Annotated[str, Field(max_length=65_536, pattern=r"^[A-Za-z0-9+/]+={0,2}$")]
Members = Annotated[list[Code], Field(max_length=64)]


class NewProject(Body):
    """What the operator lays down."""

    project: NewCode = Field(examples=["missing-children"])
    schema_name: Literal["cn-child-v1", "person-v1"] = Field(examples=["cn-child-v1"])
    scheme: Literal["match-keys", "clk"] = "match-keys"
    population: Annotated[int, Field(ge=1, le=2**40)] = Field(description="children whom the unit will ever know")
    normaliser: Annotated[str, Field(min_length=1, max_length=64)] = Field(description="as `sealink encode` states it")
    diffusion: Annotated[int, Field(ge=0, le=64)] = Field(0, description="CLK scheme only; 0: chosen by population")
    purpose: Words
    legal_basis: Words
    elsewhere_basis: Annotated[str, Field(max_length=500)] = Field(
        "", description="basis for telling an agency that a child is known elsewhere; empty: it is not told"
    )
    retention_days: Annotated[int, Field(ge=1, le=3_650)]
    members: Members


class ProjectChange(Body):
    """What may be changed; what is left out stays."""

    elsewhere_basis: Annotated[str, Field(max_length=500)] | None = None
    retention_days: Annotated[int, Field(ge=1, le=3_650)] | None = None
    members: Members | None = None


class ProjectView(Body):
    """A project; `members` is told to the unit's people only."""

    project: str
    schema_name: str
    scheme: str
    population: Count
    normaliser: str
    diffusion: Count
    purpose: str
    legal_basis: str
    elsewhere_basis: str
    retention_days: Count
    until_ms: Count
    members: list[str] | None
    fingerprint: Sha256
    epoch: Count
    state: ProjectState = Field(strict=False)
    version: Count


class ProjectsPage(Body):
    """A page of projects."""

    projects: list[ProjectView]


class Joining(Body):
    """The agency's signed acceptance with its own public keys."""

    verifying_key: KeyLine
    acceptance: Base64


class Joined(Body):
    """The keys that stand."""

    agency: str
    verifying_key: str
    sealing_key: str


class Custodians(Body):
    """All custodians' keys; both sides of an invitation compute the fingerprint themselves and compare it."""

    project: str
    epoch: Count
    custodians: list[Joined]
    fingerprint: Sha256
    spoken: str = Field(description="the first 128 bits, to be read out")


class SecretBody(Body):
    """A linkage secret, sealed by the sender to the recipient."""

    recipient: Code
    sealed: Base64


class WaitingSecret(Body):
    """A sealed secret that waits for the caller."""

    secret: RequestId
    sender: str
    epoch: Count
    fingerprint: Sha256
    sealed: str


class Secrets(Body):
    """All that wait."""

    secrets: list[WaitingSecret]


@router.post("", operation_id="createProject", summary="Create a project", status_code=status.HTTP_201_CREATED)
def create(body: NewProject, who: Operator, once: Once, unit: TheUnit, response: Response) -> ProjectView:
    """The plan is made from the terms; agencies are invited and join with their own keys."""
    terms = Terms(
        body.schema_name, body.scheme, body.population, body.normaliser, body.diffusion, body.purpose,
        body.legal_basis, body.elsewhere_basis, body.retention_days, tuple(sorted(body.members)),
    )  # fmt: skip
    made = manage_projects.create_project(unit, who.caller(), body.project, terms)
    response.headers["Location"] = f"/v1/projects/{made.code}"
    return _shown(made, who, response)


@router.get("", operation_id="listProjects", summary="Projects that the caller is in")
def list_all(who: Reader, unit: TheUnit, page: ThePage) -> ProjectsPage:
    """An agency sees its own; the unit's people see all."""
    found = manage_projects.list_projects(unit, who.caller(), page.after, page.limit)
    return ProjectsPage(projects=[_view(each, who) for each in page.turn(found, lambda each: each.code)])


@router.get("/{project}", operation_id="readProject", summary="One project")
def read(project: ProjectCode, who: Reader, unit: TheUnit, response: Response) -> ProjectView:
    """With the ETag that a change needs."""
    return _shown(manage_projects.read_project(unit, who.caller(), project), who, response)


@router.patch("/{project}", operation_id="changeProject", summary="Change result policy, retention or members")
def change(
    project: ProjectCode, body: ProjectChange, who: Operator, version: IfVersion, unit: TheUnit, response: Response
) -> ProjectView:
    """Schema, plan and purpose never change: that is another project."""
    made = manage_projects.change_project(
        unit, who.caller(), project, version, elsewhere_basis=body.elsewhere_basis,
        retention_days=body.retention_days, members=None if body.members is None else tuple(body.members),
    )  # fmt: skip
    return _shown(made, who, response)


@router.post("/{project}/close", operation_id="closeProject", summary="Take no more batches")
def close(
    project: ProjectCode, who: Operator, version: IfVersion, once: Once, unit: TheUnit, response: Response
) -> ProjectView:
    """What it holds stays until its term."""
    return _shown(manage_projects.close_project(unit, who.caller(), project, version), who, response)


@router.put("/{project}/membership", operation_id="joinProject", summary="Join with the agency's own keys")
def join(project: ProjectCode, body: Joining, who: Joiner, unit: TheUnit) -> Joined:
    """The acceptance is a signed object of kind `accept`; joining anew replaces the keys."""
    data = _bytes(body.acceptance)
    found = join_project.join_project(unit, who.caller(), project, data, body.verifying_key)
    return Joined(agency=found.agency, verifying_key=found.verifying_key or "", sealing_key=found.sealing_key or "")


@router.get("/{project}/custodians", operation_id="listCustodians", summary="All custodians' keys")
def list_custodians(project: ProjectCode, who: Joiner, unit: TheUnit) -> Custodians:
    """Compare the fingerprint by telephone before a secret is passed."""
    found, keys = join_project.read_custodians(unit, who.caller(), project)
    fingerprint = custodians_fingerprint(project, found.epoch, keys)
    shown = [Joined(agency=each, verifying_key=keys[each][0], sealing_key=keys[each][1]) for each in sorted(keys)]
    return Custodians(
        project=project, epoch=found.epoch, custodians=shown, fingerprint=fingerprint, spoken=spoken(fingerprint)
    )


@router.post(
    "/{project}/secrets",
    operation_id="relaySecret",
    summary="Pass the sealed linkage secret on",
    status_code=status.HTTP_204_NO_CONTENT,
)
def relay(project: ProjectCode, body: SecretBody, who: Passer, once: Once, unit: TheUnit) -> None:
    """The unit stores and forwards; it cannot open it."""
    join_project.relay_secret(unit, who.caller(), project, body.recipient, _bytes(body.sealed))


@router.get("/{project}/secrets", operation_id="listSecrets", summary="Sealed secrets that wait for the caller")
def list_secrets(project: ProjectCode, who: Passer, unit: TheUnit) -> Secrets:
    """One from each sender, the last."""
    found = join_project.fetch_secrets(unit, who.caller(), project)
    return Secrets(
        secrets=[
            WaitingSecret(
                secret=each.id, sender=each.sender, epoch=each.epoch, fingerprint=each.fingerprint,
                sealed=base64.b64encode(each.sealed).decode(),
            )
            for each in found
        ]
    )  # fmt: skip


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Refused(Why.MALFORMED, "body: not base64") from None


def _shown(found: Project, who: Principal, response: Response) -> ProjectView:
    response.headers["ETag"] = etag(found.version)
    return _view(found, who)


def _view(found: Project, who: Principal) -> ProjectView:
    terms = found.terms
    return ProjectView(
        project=found.code, schema_name=terms.schema, scheme=terms.scheme, population=terms.population,
        normaliser=terms.normaliser, diffusion=terms.diffusion, purpose=terms.purpose, legal_basis=terms.legal_basis,
        elsewhere_basis=terms.elsewhere_basis, retention_days=terms.retention_days, until_ms=found.until_ms,
        members=list(terms.members) if who.agency is None else None, fingerprint=found.fingerprint,
        epoch=found.epoch, state=found.state, version=found.version,
    )  # fmt: skip
