"""Clerical review: a reviewer takes the next pair, decides it, takes a decision back; the operator sees figures.

A reviewer's answers hold levels, weights and counts; never an agency, a handle, a record's id or another's decision.

May touch: nothing
Sees:      agreement patterns
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response, status
from pydantic import Field

from api.auth.guard import allowed
from api.auth.permissions import Permission
from api.auth.principal import Principal
from api.http.idempotency import Once
from api.http.pagination import ThePage
from api.linkage.app import TheUnit
from api.linkage.etags import IfMatch, etag
from api.linkage.schemas import Body, Code, Count, RequestId
from linkage.checks import CheckReason
from linkage.flows import ask_custodians, decide_pair, list_unsure, review_figures, take_pair, undo_decision
from linkage.kappa import Agreement
from linkage.review import Verdict

router = APIRouter(prefix="/v1/projects/{project}/reviews", tags=["review"])

Project = Annotated[Code, Path(description="the project's code")]
ItemId = Annotated[RequestId, Path(description="the item's id")]
Reviewer = Annotated[Principal, allowed(Permission.REVIEW_DECIDE)]
Operator = Annotated[Principal, allowed(Permission.REVIEW_MANAGE)]


class Words(Body):
    """The same in two languages."""

    en: str = Field(examples=["same pinyin"])
    zh: str = Field(examples=["拼音相同"])


class ComparedView(Body):
    """One comparison: how far the two records agree, and what that weighs."""

    comparison: Words
    level: Words
    weight: float = Field(description="log2 Bayes factor", examples=[4.2])


class CustodiansView(Body):
    """What both custodians answered when they were asked to check their own record; nobody says which."""

    corrected: Count
    confirmed: Count
    declined: Count = Field(description="could not tell, or did not answer in time")


class PairView(Body):
    """A pair as its reviewer sees it."""

    item: RequestId
    seen: str = Field(description="names what is shown here; the ETag", examples=["3f" * 16])
    until_ms: Count = Field(description="until when the pair is kept for this reviewer, Unix milliseconds")
    weight: float = Field(description="match weight: log2 of the odds that this is one child", examples=[-1.3])
    prior_weight: float = Field(description="its share that no comparison explains", examples=[-14.8])
    comparisons: list[ComparedView]
    cluster_sizes: list[int] = Field(description="records of both clusters, the smaller first", examples=[[1, 3]])
    custodians: CustodiansView


class UnsureView(Body):
    """A pair that stayed unsure, for the operator to send to its custodians."""

    item: RequestId
    weight: float
    comparisons: list[ComparedView]


class UnsurePage(Body):
    """A page of them."""

    items: list[UnsureView]


class VerdictBody(Body):
    """A reviewer's decision."""

    verdict: Verdict = Field(strict=False, examples=["same"])


class DecisionView(Body):
    """The decision's id, by which it can be undone. Whether it settled the pair is not told."""

    decision: RequestId


class OwnView(Body):
    """A reviewer's own figures."""

    decided: Count = Field(description="decisions that stand")
    latest: RequestId | None = Field(description="the last one that can be undone")
    waiting: bool = Field(description="is there a pair for this reviewer?")


class AgreementView(Body):
    """First against second decisions. Null where there is nothing to say."""

    pairs: Count
    observed: float | None = Field(description="share of pairs judged alike", examples=[0.91])
    kappa: float | None = Field(description="Cohen's kappa", examples=[0.78])
    low: float | None = Field(description="lower end of its 95 % interval")
    high: float | None


class FiguresView(Body):
    """How the project's review goes."""

    items: dict[str, int] = Field(examples=[{"open": 12, "settled": 40}])
    verdicts: dict[str, int] = Field(description="standing decisions by verdict")
    agreement: AgreementView
    fleiss_kappa: float | None = Field(description="the same with reviewers as interchangeable")
    thirds: Count = Field(description="pairs that needed a third decision")


class AskBody(Body):
    """What both custodians are asked to look at."""

    reason: CheckReason = Field(strict=False, examples=["birth-date"])


@router.post(
    "/next",
    operation_id="takePair",
    summary="Take the pair most worth deciding",
    responses={200: {"model": PairView}, 204: {"description": "nothing waits for this reviewer"}},
    response_class=Response,
)
def take_next(project: Project, who: Reviewer, once: Once, unit: TheUnit) -> Response:
    """The pair is kept for this reviewer for a quarter of an hour; asked again, the same pair comes."""
    released = take_pair.take_pair(unit, who.caller(), project)
    if released is None:
        return Response(status_code=status.HTTP_204_NO_CONTENT)
    tag = PairView.model_validate_json(released.data).seen
    headers = {"ETag": etag(tag), "Cache-Control": "no-store", "Sealink-Salt": released.salt.hex()}
    return Response(released.data, media_type="application/json", headers=headers)


@router.post(
    "/{item}/decisions",
    operation_id="decidePair",
    summary="Decide a pair",
    status_code=status.HTTP_201_CREATED,
)
def decide(
    project: Project, item: ItemId, body: VerdictBody, who: Reviewer, seen: IfMatch, once: Once, unit: TheUnit
) -> DecisionView:
    """Only a pair one holds, only as it was shown (If-Match), never twice by one person."""
    found = decide_pair.decide_pair(unit, who.caller(), project, item, seen, body.verdict)
    return DecisionView(decision=found)


@router.delete(
    "/decisions/{decision}",
    operation_id="undoDecision",
    summary="Take one's own decision back",
    status_code=status.HTTP_204_NO_CONTENT,
)
def undo(project: Project, decision: RequestId, who: Reviewer, unit: TheUnit) -> None:
    """It stays on record and counts no more; links follow with the next job."""
    undo_decision.undo_decision(unit, who.caller(), project, decision)


@router.get("/mine", operation_id="readOwnReview", summary="A reviewer's own figures")
def mine(project: Project, who: Reviewer, unit: TheUnit) -> OwnView:
    found = review_figures.own_figures(unit, who.caller(), project)
    latest = found.latest.id if found.latest else None
    return OwnView(decided=found.decided, latest=latest, waiting=found.waiting)


@router.get("/status", operation_id="readReviewFigures", summary="Queue, verdicts and agreement")
def figures(project: Project, who: Operator, unit: TheUnit) -> FiguresView:
    """Counts and agreement of the whole project; no person, no pair."""
    found = review_figures.review_figures(unit, project)
    return FiguresView(
        items=found.items,
        verdicts=found.verdicts,
        agreement=_agreement(found.cohen),
        fleiss_kappa=found.fleiss,
        thirds=found.thirds,
    )


@router.get(
    "/unsure",
    operation_id="listUnsure",
    summary="Pairs that stayed unsure",
    responses={200: {"model": UnsurePage}},
    response_class=Response,
)
def unsure(
    project: Project,
    who: Operator,
    unit: TheUnit,
    page: ThePage,
) -> Response:
    """What can be sent back to its custodians."""
    released = list_unsure.list_unsure(unit, who.caller(), project, page.after, page.limit)
    items = UnsurePage.model_validate_json(released.data).items
    links = page.links(items, lambda each: each.item)
    headers = {"Cache-Control": "no-store", "Sealink-Salt": released.salt.hex(), **links}
    return Response(released.data, media_type="application/json", headers=headers)


@router.post(
    "/{item}/reopen",
    operation_id="reopenPair",
    summary="Undo all decisions of a settled pair",
    status_code=status.HTTP_204_NO_CONTENT,
)
def reopen(project: Project, item: ItemId, who: Operator, once: Once, unit: TheUnit) -> None:
    """Two people decide it anew."""
    undo_decision.reopen_pair(unit, who.caller(), project, item)


@router.post(
    "/{item}/checks",
    operation_id="askCustodians",
    summary="Ask both custodians to check their own record",
    status_code=status.HTTP_204_NO_CONTENT,
)
def ask(project: Project, item: ItemId, body: AskBody, who: Operator, once: Once, unit: TheUnit) -> None:
    """Each sees its own handle and the reason; the pair returns to the queue when both have answered."""
    ask_custodians.ask_custodians(unit, who.caller(), project, item, body.reason)


def _agreement(found: Agreement) -> AgreementView:
    return AgreementView(pairs=found.n, observed=found.observed, kappa=found.kappa, low=found.low, high=found.high)
