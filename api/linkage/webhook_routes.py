"""An agency's webhooks: register, change, rotate, remove, see what was sent, send again.

May touch: nothing
Sees:      addresses of the agency's servers, a secret once
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Request, Response, status
from pydantic import Field

from api.auth.guard import allowed
from api.auth.permissions import Permission
from api.auth.principal import Principal
from api.http.idempotency import Once
from api.http.pagination import ThePage
from api.linkage.app import TheUnit
from api.linkage.etags import IfVersion, etag
from api.linkage.schemas import Body, Count, RequestId
from linkage.flows import deliver_webhooks, manage_webhooks
from linkage.webhooks.addresses import LONGEST_URL
from linkage.webhooks.kinds import DeliveryState, Kind

if TYPE_CHECKING:
    from linkage.store.deliveries import Delivery
    from linkage.store.webhooks import Endpoint

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

EndpointId = Annotated[RequestId, Path(description="the endpoint's id")]
DeliveryId = Annotated[RequestId, Path(description="the message's id (its webhook-id)")]
Owner = Annotated[Principal, allowed(Permission.WEBHOOK_MANAGE)]
Kinds = Annotated[list[Annotated[Kind, Field(strict=False)]], Field(min_length=1, max_length=len(Kind))]
Url = Annotated[str, Field(max_length=LONGEST_URL, examples=["https://hooks.hospital.example/sealink"])]


class NewWebhook(Body):
    """Where to call, and what for."""

    url: Url
    kinds: Kinds = Field(examples=[["job.done", "results.ready"]])


class WebhookChange(Body):
    """The endpoint as it shall be."""

    url: Url
    kinds: Kinds
    active: bool = Field(description="false: nothing is sent")


class WebhookView(Body):
    """An endpoint, without its secret."""

    endpoint: RequestId
    url: str
    kinds: list[Kind]
    active: bool
    created_ms: Count
    old_secret_until_ms: Count | None = Field(description="until when the secret before signs too")
    version: Count


class WebhookSecret(Body):
    """A secret, shown this once."""

    endpoint: RequestId
    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class PingView(Body):
    """The message that is on its way."""

    delivery: RequestId


class WebhooksView(Body):
    """All endpoints of the agency."""

    webhooks: list[WebhookView]


class DeliveryView(Body):
    """One message to one endpoint."""

    delivery: RequestId
    kind: Kind
    state: DeliveryState
    tries: Count
    next_ms: Count | None = Field(description="when it is tried next")
    status: int | None = Field(description="what the receiver answered last; 0: it was not reached")
    fault: str | None = Field(description="why it was not reached", examples=["unreachable"])
    created_ms: Count


class DeliveriesPage(Body):
    """A page of them."""

    deliveries: list[DeliveryView]


@router.get("", operation_id="listWebhooks", summary="The agency's endpoints")
def list_all(who: Owner, unit: TheUnit) -> WebhooksView:
    return WebhooksView(webhooks=[_view(each) for each in manage_webhooks.list_webhooks(unit, who.caller())])


@router.post("", operation_id="registerWebhook", summary="Register an endpoint", status_code=status.HTTP_201_CREATED)
def register(
    body: NewWebhook, who: Owner, once: Once, unit: TheUnit, request: Request, response: Response
) -> WebhookSecret:
    """`https`, a public host, port 443 or 8443. The answer holds the secret, this once."""
    made, secret = manage_webhooks.register_webhook(
        unit, who.caller(), body.url, body.kinds, loopback=_loopback(request)
    )
    response.headers.update(
        {"Location": f"/v1/webhooks/{made.id}", "ETag": etag(made.version), "Cache-Control": "no-store"}
    )
    return WebhookSecret(endpoint=made.id, secret=secret)


@router.get("/{endpoint}", operation_id="readWebhook", summary="One endpoint")
def read(endpoint: EndpointId, who: Owner, unit: TheUnit, response: Response) -> WebhookView:
    """With the ETag that changes need."""
    return _tagged(manage_webhooks.read_webhook(unit, who.caller(), endpoint), response)


@router.put("/{endpoint}", operation_id="changeWebhook", summary="Change an endpoint")
def change(
    endpoint: EndpointId,
    body: WebhookChange,
    who: Owner,
    version: IfVersion,
    unit: TheUnit,
    request: Request,
    response: Response,
) -> WebhookView:
    """Its secret stays."""
    found = manage_webhooks.change_webhook(
        unit, who.caller(), endpoint, version, body.url, body.kinds, body.active, loopback=_loopback(request)
    )
    return _tagged(found, response)


@router.delete(
    "/{endpoint}", operation_id="removeWebhook", summary="Remove an endpoint", status_code=status.HTTP_204_NO_CONTENT
)
def remove(endpoint: EndpointId, who: Owner, version: IfVersion, unit: TheUnit) -> None:
    """Messages on their way to it are dropped."""
    manage_webhooks.remove_webhook(unit, who.caller(), endpoint, version)


@router.post("/{endpoint}/secret", operation_id="rotateWebhookSecret", summary="Make a new secret")
def rotate(
    endpoint: EndpointId, who: Owner, version: IfVersion, once: Once, unit: TheUnit, response: Response
) -> WebhookSecret:
    """For 24 hours messages are signed with both."""
    secret = manage_webhooks.rotate_secret(unit, who.caller(), endpoint, version)
    response.headers["Cache-Control"] = "no-store"
    return WebhookSecret(endpoint=endpoint, secret=secret)


@router.post(
    "/{endpoint}/ping",
    operation_id="pingWebhook",
    summary="Send a message that says nothing",
    status_code=status.HTTP_202_ACCEPTED,
)
def ping(endpoint: EndpointId, who: Owner, once: Once, unit: TheUnit) -> PingView:
    """Its fate is in the list of deliveries."""
    return PingView(delivery=manage_webhooks.ping_webhook(unit, who.caller(), endpoint))


@router.get("/{endpoint}/deliveries", operation_id="listDeliveries", summary="Messages and how they fared")
def list_deliveries(endpoint: EndpointId, who: Owner, unit: TheUnit, page: ThePage) -> DeliveriesPage:
    """In the order in which they were made."""
    found = deliver_webhooks.list_deliveries(unit, who.caller(), endpoint, page.after, page.limit)
    return DeliveriesPage(deliveries=[_delivery(each) for each in page.turn(found, lambda each: each.id)])


@router.post(
    "/{endpoint}/deliveries/{delivery}/replay",
    operation_id="replayDelivery",
    summary="Send a message again",
    status_code=status.HTTP_202_ACCEPTED,
)
def replay(endpoint: EndpointId, delivery: DeliveryId, who: Owner, once: Once, unit: TheUnit) -> None:
    """Under the same id, so that the receiver can tell a repetition."""
    deliver_webhooks.replay_delivery(unit, who.caller(), endpoint, delivery)


def _loopback(request: Request) -> bool:
    """Only an application that was told so lets webhooks go to its own machine."""
    return getattr(request.app.state, "webhook_loopback", False) is True


def _tagged(found: Endpoint, response: Response) -> WebhookView:
    response.headers["ETag"] = etag(found.version)
    return _view(found)


def _view(found: Endpoint) -> WebhookView:
    return WebhookView(
        endpoint=found.id,
        url=found.url,
        kinds=list(found.kinds),
        active=found.active,
        created_ms=found.created_ms,
        old_secret_until_ms=found.before_until_ms,
        version=found.version,
    )


def _delivery(found: Delivery) -> DeliveryView:
    return DeliveryView(
        delivery=found.id,
        kind=found.kind,
        state=found.state,
        tries=found.tries,
        next_ms=found.next_ms if found.state is DeliveryState.DUE else None,
        status=found.status,
        fault=found.fault,
        created_ms=found.created_ms,
    )
