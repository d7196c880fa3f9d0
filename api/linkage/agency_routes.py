"""The register of agencies for the operator, and an agency's own keys for itself.

May touch: nothing
Sees:      public keys
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Response, status
from pydantic import Field

from api.auth import agencies
from api.auth.guard import allowed
from api.auth.jose_keys import KeyRefusedError, PublicKey, public_key
from api.auth.permissions import Permission
from api.auth.principal import Principal
from api.http.idempotency import Once
from api.http.pagination import ThePage
from api.linkage.app import TheUnit
from api.linkage.etags import IfVersion, etag
from api.linkage.schemas import Body, Code, Count, NewCode
from linkage.agencies import AgencyState
from linkage.refusals import Refused, Why

if TYPE_CHECKING:
    from api.auth.clients import ClientKey
    from linkage.store.agencies import Agency

router = APIRouter(prefix="/v1", tags=["agencies"])

AgencyCode = Annotated[Code, Path(description="the agency's code")]
_EXAMPLE = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
Thumbprint = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{43}$", examples=[_EXAMPLE])]
Operator = Annotated[Principal, allowed(Permission.AGENCY_MANAGE)]
Owner = Annotated[Principal, allowed(Permission.KEY_CHANGE)]
Member = Annotated[str, Field(max_length=64)]


class Jwk(Body):
    """A public key for signatures: Ed25519 or P-256 (RFC 7517)."""

    kty: Member = Field(examples=["OKP"])
    crv: Member = Field(examples=["Ed25519"])
    x: Member = Field(examples=["11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"])
    y: Member | None = None
    kid: Member | None = Field(None, description="not kept: a key is named by its thumbprint (RFC 7638)")
    alg: Member | None = None
    use: Member | None = None


class NewAgency(Body):
    """An agency and its first key; `sealink login` prints an agency's key."""

    agency: NewCode = Field(examples=["hospital"])
    name: Annotated[str, Field(min_length=1, max_length=200)] = Field(examples=["First Hospital"])
    kind: Code = Field(examples=["hospital"])
    key: Jwk


class NewKey(Body):
    """A second key, before the first one goes."""

    key: Jwk


class StateChange(Body):
    """Where it shall go."""

    state: AgencyState = Field(strict=False, examples=["suspended"])


class KeyView(Body):
    """A key as its thumbprint names it."""

    thumbprint: str = Field(examples=[_EXAMPLE])
    added_ms: Count


class AgencyView(Body):
    """An agency and its keys."""

    agency: str
    name: str
    kind: str
    state: AgencyState = Field(strict=False)
    created_ms: Count
    keys: list[KeyView] | None = Field(description="null in lists")
    version: Count


class AgenciesPage(Body):
    """A page of them."""

    agencies: list[AgencyView]


@router.get("/agencies", operation_id="listAgencies", summary="Agencies of the register")
def list_all(who: Operator, unit: TheUnit, page: ThePage) -> AgenciesPage:
    """Removed ones too: a code is never given again."""
    found = agencies.list_agencies(unit, page.after, page.limit)
    return AgenciesPage(agencies=[_view(each) for each in page.turn(found, lambda each: each.code)])


@router.post(
    "/agencies",
    operation_id="registerAgency",
    summary="Register an agency with its first key",
    status_code=status.HTTP_201_CREATED,
)
def register(body: NewAgency, who: Operator, once: Once, unit: TheUnit, response: Response) -> AgencyView:
    """Compare the key's thumbprint with the agency by another way before you do this."""
    agencies.register_agency(unit, who.caller(), body.agency, body.name, body.kind, _key(body.key))
    response.headers["Location"] = f"/v1/agencies/{body.agency}"
    return _shown(unit, body.agency, response)


@router.get("/agencies/{agency}", operation_id="readAgency", summary="One agency and its keys")
def read(agency: AgencyCode, who: Operator, unit: TheUnit, response: Response) -> AgencyView:
    """With the ETag that a change needs."""
    return _shown(unit, agency, response)


@router.put("/agencies/{agency}/state", operation_id="changeAgencyState", summary="Suspend, resume or remove an agency")
def change_state(
    agency: AgencyCode, body: StateChange, who: Operator, version: IfVersion, unit: TheUnit, response: Response
) -> AgencyView:
    """Its tokens stop to count at once; removed is for good, and takes its keys."""
    agencies.change_state(unit, who.caller(), agency, version, body.state)
    return _shown(unit, agency, response)


@router.post(
    "/agencies/{agency}/keys",
    operation_id="addAgencyKey",
    summary="Add a key for an agency",
    status_code=status.HTTP_201_CREATED,
)
def add_key(agency: AgencyCode, body: NewKey, who: Operator, once: Once, unit: TheUnit) -> KeyView:
    """For an agency that lost its keys. Two at most."""
    return _key_view(agencies.add_key(unit, who.caller(), agency, _key(body.key)))


@router.delete(
    "/agencies/{agency}/keys/{thumbprint}",
    operation_id="removeAgencyKey",
    summary="Remove a key of an agency",
    status_code=status.HTTP_204_NO_CONTENT,
)
def remove_key(agency: AgencyCode, thumbprint: Thumbprint, who: Operator, unit: TheUnit) -> None:
    """A key that was stolen, even the last one. All tokens of the agency stop to count."""
    agencies.remove_key(unit, who.caller(), agency, thumbprint)


@router.post(
    "/agencies/{agency}/end-tokens",
    operation_id="endAgencyTokens",
    summary="End all tokens of an agency",
    status_code=status.HTTP_204_NO_CONTENT,
)
def end_tokens(agency: AgencyCode, who: Operator, unit: TheUnit) -> None:
    """With its keys it gets new ones."""
    agencies.end_tokens(unit, who.caller(), agency)


@router.get(
    "/agency",
    operation_id="readOwnAgency",
    summary="The calling agency and its keys",
    openapi_extra={"x-problems": ["not-found"]},
)
def read_own(who: Owner, unit: TheUnit, response: Response) -> AgencyView:
    """Itself alone."""
    return _shown(unit, who.agency or "", response)


@router.post(
    "/agency/keys",
    operation_id="addOwnKey",
    summary="Add the agency's next key",
    status_code=status.HTTP_201_CREATED,
)
def add_own_key(body: NewKey, who: Owner, once: Once, unit: TheUnit) -> KeyView:
    """Two at most: change to the new one everywhere, then remove the old one."""
    return _key_view(agencies.add_key(unit, who.caller(), who.agency or "", _key(body.key)))


@router.delete(
    "/agency/keys/{thumbprint}",
    operation_id="removeOwnKey",
    summary="Remove one of the agency's keys",
    status_code=status.HTTP_204_NO_CONTENT,
)
def remove_own_key(thumbprint: Thumbprint, who: Owner, unit: TheUnit) -> None:
    """Never the last one. All tokens of the agency stop to count, also the one of this call."""
    agencies.remove_key(unit, who.caller(), who.agency or "", thumbprint)


def _key(jwk: Jwk) -> PublicKey:
    try:
        return public_key(jwk.model_dump(exclude_none=True))
    except KeyRefusedError as error:
        raise Refused(Why.MALFORMED, str(error)) from None


def _shown(unit: TheUnit, code: str, response: Response) -> AgencyView:
    found, keys = agencies.read_agency(unit, code)
    response.headers["ETag"] = etag(found.version)
    return _view(found, keys)


def _view(found: Agency, keys: list[ClientKey] | None = None) -> AgencyView:
    shown = None if keys is None else [_key_view(each) for each in keys]
    return AgencyView(
        agency=found.code, name=found.name, kind=found.kind, state=found.state, created_ms=found.created_ms,
        keys=shown, version=found.version,
    )  # fmt: skip


def _key_view(found: ClientKey) -> KeyView:
    return KeyView(thumbprint=found.key.thumbprint, added_ms=found.added_ms)
