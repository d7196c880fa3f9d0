"""Every problem that the service answers with: its status, and title and sentence in English and Chinese.

One line for each code, the last part of a problem's type URI. A test holds the list equal to the reasons of the flows
and to what the code raises. The sentence is what the answer says where nobody had something more exact to say; it
never holds a value.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from api.http.languages import Language


@dataclass(frozen=True, slots=True)
class Words:
    """One problem in both languages."""

    status: int
    title: str
    title_zh: str
    detail: str
    detail_zh: str

    def title_in(self, language: Language) -> str:
        return self.title_zh if language is Language.ZH else self.title

    def detail_in(self, language: Language) -> str:
        return self.detail_zh if language is Language.ZH else self.detail


def _table() -> dict[str, Words]:
    found: dict[str, Words] = {}

    def problem(status: int, code: str, title: str, title_zh: str, detail: str, detail_zh: str) -> None:
        assert code not in found, code
        found[code] = Words(status, title, title_zh, detail, detail_zh)

    # fmt: off
    # --- reasons of the flows (`linkage.refusals.Why`) ---
    problem(404, "not-found", "Not found", "未找到",
            "Nothing of this name is here for this caller.",
            "此处没有该调用方可见的同名对象。")
    problem(403, "not-entitled", "Not entitled", "无权执行",
            "This caller may not do this.",
            "该调用方无权执行此操作。")
    problem(412, "stale", "Changed since it was read", "读取后已被更改",
            "It was changed since it was read; read it again.",
            "读取之后内容已被更改，请重新读取。")
    problem(409, "exists", "Exists already", "已存在",
            "Something of this name exists already.",
            "同名对象已存在。")
    problem(409, "wrong-state", "Not in this state", "当前状态不允许",
            "Its present state does not allow this.",
            "对象的当前状态不允许此操作。")
    problem(422, "malformed", "Breaks a rule of its form", "格式不符",
            "The request breaks the schema of this operation.",
            "请求不符合此操作规定的格式。")
    problem(422, "parameters-differ", "Other parameters", "参数不一致",
            "It was made under other parameters than the project's.",
            "其生成参数与项目参数不一致。")
    problem(422, "unhealthy", "Fails its health report", "未通过质量检查",
            "The figures of its health report are outside the project's limits.",
            "质量检查报告的数值超出项目限值。")
    problem(409, "replayed", "Received before", "重复提交",
            "Exactly this was received before.",
            "相同内容此前已经收到。")
    problem(409, "wrong-offset", "Another offset", "偏移量不符",
            "The part does not begin where the unit stands; read the upload again.",
            "分段的起点与链接方已收到的位置不符，请重新读取上传状态。")
    problem(400, "wrong-digest", "Digest does not fit", "摘要不符",
            "The bytes that arrived are not those of the digest.",
            "收到的字节与所附摘要不一致。")
    problem(413, "too-large", "Too large", "内容过大",
            "It is larger than this operation takes.",
            "内容超过此操作允许的大小。")
    problem(422, "unsealed", "Does not open", "无法开封",
            "The sealed container does not open, or is not from this sender.",
            "密封容器无法开封，或并非来自该发送方。")
    problem(429, "quota-spent", "Quota spent", "配额已用完",
            "The caller's quota is spent; wait.",
            "调用方的配额已用完，请稍后再试。")
    problem(429, "probing", "Looks like probing", "疑似试探",
            "These requests look like probing; the operator is told.",
            "此类请求疑似试探，运维人员已收到通知。")
    problem(403, "no-basis", "No legal basis", "缺少法律依据",
            "The project states no legal basis for this.",
            "项目未载明此操作的法律依据。")
    problem(409, "same-person", "Same person", "同一人员",
            "Another person must do this.",
            "此操作须由另一人完成。")
    problem(422, "address-refused", "Address refused", "地址被拒绝",
            "This address may not be called.",
            "不允许调用该地址。")

    # --- who calls ---
    problem(401, "no-credential", "No valid credential", "缺少有效凭证",
            "A valid credential is needed.",
            "需要有效的凭证。")
    problem(401, "sign-in-again", "Sign in again", "需要重新登录",
            "This needs a sign-in of the last fifteen minutes.",
            "此操作要求在十五分钟内登录过。")
    problem(401, "sign-in-refused", "Not signed in", "登录失败",
            "Account, password and code, or the provider's answer, were not accepted; or the account must wait.",
            "账号、密码、动态口令或身份提供方的应答未被接受，或该账号须等待。")
    problem(400, "invalid-request", "Not a proper OAuth request", "OAuth 请求无效",
            "The request lacks a parameter, repeats one, or holds one that is not used here.",
            "请求缺少参数、参数重复，或含有此处不使用的参数。")
    problem(401, "invalid-client", "Client not authenticated", "客户端认证失败",
            "The client's assertion was not accepted.",
            "客户端断言未被接受。")
    problem(400, "unsupported-grant-type", "Grant type not supported", "授权类型不支持",
            "Only client_credentials are granted here.",
            "此处仅支持 client_credentials 授权类型。")
    problem(400, "invalid-dpop-proof", "DPoP proof refused", "DPoP 证明无效",
            "The request needs exactly one right DPoP proof.",
            "请求须附且仅附一个有效的 DPoP 证明。")
    problem(400, "use-dpop-nonce", "Nonce needed in the proof", "DPoP 证明缺少随机数",
            "Send the proof again with the nonce of the header DPoP-Nonce.",
            "请以响应头 DPoP-Nonce 中的随机数重新生成证明后再次发送。")
    problem(429, "too-many-requests", "Too many requests", "请求过于频繁",
            "Too many requests in a short time; wait.",
            "短时间内请求过多，请稍后再试。")

    # --- the request itself ---
    problem(400, "bad-request", "Not a proper request", "请求无效",
            "The request breaks a rule of HTTP or of this service.",
            "请求不符合 HTTP 或本服务的规则。")
    problem(400, "bad-json", "Not strict JSON", "JSON 不合规",
            "The body is not JSON as this service reads it.",
            "请求体不是本服务接受的 JSON。")
    problem(400, "bad-cursor", "Not a cursor of this list", "游标无效",
            "The cursor is not one that this list gave to this caller.",
            "该游标并非此列表发给该调用方的游标。")
    problem(405, "method-not-allowed", "Method not allowed", "方法不允许",
            "This address does not take this method.",
            "该地址不支持此方法。")
    problem(406, "not-acceptable", "Not acceptable", "无法提供所需格式",
            "There is no representation of the asked kind.",
            "没有所请求的表示形式。")
    problem(415, "media-type", "Media type not taken", "媒体类型不支持",
            "The body's media type is not one that this operation takes.",
            "此操作不接受该媒体类型的请求体。")
    problem(428, "precondition-required", "If-Match is needed", "缺少 If-Match",
            "Send the ETag that was read as If-Match.",
            "请以 If-Match 附上所读取的 ETag。")
    problem(409, "in-flight", "Still under way", "仍在处理中",
            "The first request with this key is still under way.",
            "使用该 Idempotency-Key 的首个请求仍在处理中。")
    problem(422, "key-reused", "Key reused", "幂等键被重复使用",
            "This Idempotency-Key came before with another request.",
            "该 Idempotency-Key 此前用于另一个请求。")

    # --- the service ---
    problem(500, "fault", "A fault of the service", "服务内部错误",
            "An error that nobody foresaw; nothing was released.",
            "发生了未预见的错误，未发出任何数据。")
    problem(503, "log-unavailable", "The log takes no entries", "审计日志不可写",
            "The audit log did not take the entry, so nothing was done.",
            "审计日志未能写入，因此未执行任何操作。")
    problem(503, "database-busy", "The database is busy", "数据库繁忙",
            "The database did not answer in time; nothing was done.",
            "数据库未及时响应，未执行任何操作。")
    problem(503, "not-ready", "Not ready", "尚未就绪",
            "The service is not ready.",
            "服务尚未就绪。")
    problem(503, "not-served", "Not served here", "此处未提供",
            "This service was started without what this operation needs.",
            "本服务启动时未配置此操作所需的部分。")
    # fmt: on
    return found  # fmt: skip


WORDS: Final[Mapping[str, Words]] = MappingProxyType(_table())
"""By code, of the linkage service; many of them are every service's."""

VAULT_WORDS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "not-admitted": Words(
            401,
            "Not admitted",
            "未获准入",
            "The call is not signed by anybody who may call, or not for this call and moment.",
            "该调用未由有权人员签名，或签名并非针对此次调用及此刻。",
        ),
        "locked": Words(409, "Locked", "已锁定", "An agency has locked every release.", "有机关已锁定全部开启操作。"),
        "check-failed": Words(
            422,
            "A check does not hold",
            "核验未通过",
            "A check that must hold before this act does not hold.",
            "此操作之前必须成立的核验未通过。",
        ),
    }
)
"""What only the vault service answers (`vault.refusals.Why`)."""

EVERY: Final[Mapping[str, Words]] = MappingProxyType({**WORDS, **VAULT_WORDS})

FRAMEWORK: Final[Mapping[int, str]] = MappingProxyType(
    {
        400: "bad-request",
        401: "no-credential",
        403: "not-entitled",
        404: "not-found",
        405: "method-not-allowed",
        406: "not-acceptable",
        413: "too-large",
        415: "media-type",
        422: "malformed",
        429: "too-many-requests",
    }
)
"""The code of a status that the framework itself answers with."""
