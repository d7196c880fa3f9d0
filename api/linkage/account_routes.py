"""Accounts of the unit's people, for operators; nobody changes their own.

May touch: nothing
Sees:      a password and a secret, once
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Path, Response, status
from pydantic import Field

from api.auth import accounts
from api.auth.account_rows import AccountState
from api.auth.guard import allowed
from api.auth.permissions import Permission, Role
from api.auth.principal import Principal
from api.http.idempotency import Once
from api.http.pagination import ThePage
from api.linkage.app import TheServer
from api.linkage.etags import IfVersion, etag
from api.linkage.schemas import Body, Code, Count, NewCode

if TYPE_CHECKING:
    from api.auth.account_rows import Account

router = APIRouter(prefix="/v1/accounts", tags=["accounts"])

AccountCode = Annotated[Code, Path(description="the account's code")]
Operator = Annotated[Principal, allowed(Permission.ACCOUNT_MANAGE)]


class NewAccount(Body):
    """A person by a code that the unit's staff list resolves, never by name."""

    account: NewCode = Field(examples=["li-wei"])
    role: Literal["operator", "reviewer", "auditor"]
    subject: Annotated[str, Field(pattern=r"^[!-~]{1,255}$")] | None = Field(
        None, description="their `sub` at the provider; without it the account is a local one"
    )


class AccountStateChange(Body):
    """Where it shall go; closed is for good."""

    state: AccountState = Field(strict=False, examples=["locked"])


class CredentialView(Body):
    """A local account's credential, shown this once; null for accounts of the provider."""

    account: str
    password: str | None
    totp_address: str | None = Field(description="for an authenticator program, as text or as a QR code")


class AccountView(Body):
    """An account, without its credential."""

    account: str
    role: Role = Field(strict=False)
    state: AccountState = Field(strict=False)
    is_local: bool
    created_ms: Count
    version: Count


class AccountsPage(Body):
    """A page of them."""

    accounts: list[AccountView]


@router.get("", operation_id="listAccounts", summary="People's accounts")
def list_all(who: Operator, server: TheServer, page: ThePage) -> AccountsPage:
    """Closed ones too."""
    found = accounts.list_accounts(server, page.after, page.limit)
    return AccountsPage(accounts=[_view(each) for each in page.turn(found, lambda each: each.code)])


@router.post("", operation_id="createAccount", summary="Create an account", status_code=status.HTTP_201_CREATED)
def create(body: NewAccount, who: Operator, once: Once, server: TheServer, response: Response) -> CredentialView:
    """A local account's password and secret are drawn here and shown this once."""
    made = accounts.create_account(server, who.caller(), body.account, Role(body.role), body.subject)
    response.headers["Location"] = f"/v1/accounts/{body.account}"
    return _credential(body.account, made)


@router.get("/{account}", operation_id="readAccount", summary="One account")
def read(account: AccountCode, who: Operator, server: TheServer, response: Response) -> AccountView:
    """With the ETag that a change needs."""
    return _tagged(accounts.read_account(server, account), response)


@router.put("/{account}/state", operation_id="changeAccountState", summary="Lock, unlock or close an account")
def change(
    account: AccountCode, body: AccountStateChange, who: Operator, version: IfVersion, server: TheServer,
    response: Response,
) -> AccountView:  # fmt: skip
    """Its sessions end at once."""
    return _tagged(accounts.change_account(server, who.caller(), account, version, body.state), response)


@router.post("/{account}/credential", operation_id="renewCredential", summary="Draw a new password and secret")
def renew(account: AccountCode, who: Operator, once: Once, version: IfVersion, server: TheServer) -> CredentialView:
    """For a local account whose person lost theirs; shown this once."""
    return _credential(account, accounts.renew_credential(server, who.caller(), account, version))


def _credential(code: str, made: accounts.NewCredential | None) -> CredentialView:
    return CredentialView(
        account=code, password=made.password if made else None, totp_address=made.totp_address if made else None
    )


def _tagged(found: Account, response: Response) -> AccountView:
    response.headers["ETag"] = etag(found.version)
    return _view(found)


def _view(found: Account) -> AccountView:
    return AccountView(
        account=found.code, role=found.role, state=found.state, is_local=found.is_local, created_ms=found.created_ms,
        version=found.version,
    )  # fmt: skip
