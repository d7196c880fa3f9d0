"""The words of the API's documentation page, in both languages.

`OPERATIONS` is one line for each operation: its summary in Chinese (the English one stands at its route). A test holds
it equal to what is served; who adds a route adds its line.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from api.http.languages import Language

WORDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "title": ("Sealink linkage service: API", "Sealink 链接服务：接口文档"),
        "lead": (
            "Agencies submit sealed batches of encoded records; the linkage unit links them without seeing a name; "
            "each agency reads the links of its own records.",
            "各机构提交经密封的编码记录批次；链接方在不见姓名的情况下完成链接；各机构只读取自身记录的链接结果。",
        ),
        "other": ("中文", "English"),
        "machine": ("The same as OpenAPI 3.1", "OpenAPI 3.1 描述文件"),
        "conventions": ("Conventions", "通用约定"),
        "operations": ("Operations", "操作"),
        "problems": ("Problems", "问题类型"),
        "permission": ("Permission", "权限"),
        "public": ("open to all", "无需凭证"),
        "parameters": ("Parameters", "参数"),
        "name": ("Name", "名称"),
        "place": ("In", "位置"),
        "meaning": ("Meaning", "含义"),
        "required": ("needed", "必填"),
        "request": ("Request", "请求体"),
        "answer": ("Answer", "应答"),
        "refusals": ("May refuse with", "可能的拒绝"),
        "code": ("Code", "代码"),
        "status": ("Status", "状态码"),
        "sentence": ("What it says", "说明"),
        "path": ("path", "路径"),
        "query": ("query", "查询"),
        "header": ("header", "标头"),
        "none": ("no body", "无内容"),
    }
)

CONVENTIONS: Final[tuple[tuple[str, str], ...]] = (
    (
        "Agencies sign in with private_key_jwt (RFC 7523) and send DPoP-bound tokens of five minutes (RFC 9449).",
        "机构以 private_key_jwt（RFC 7523）登录，并使用绑定密钥、有效期五分钟的 DPoP 令牌（RFC 9449）。",
    ),
    (
        "Every error is application/problem+json (RFC 9457); `instance` is the request's id. It never repeats what was "
        "sent.",
        "所有错误均为 application/problem+json（RFC 9457）；`instance` 为请求编号。错误中绝不复述所发送的内容。",
    ),
    (
        "Bodies are strict JSON: no unknown field, no name twice, no integer beyond 2^53 - 1, at most 1 MiB.",
        "请求体须为严格 JSON：无未知字段、无重复键、整数不超过 2^53 - 1，大小不超过 1 MiB。",
    ),
    (
        "A POST that takes an Idempotency-Key (draft header) may be repeated for a day: the same answer comes again.",
        "接受 Idempotency-Key（草案标头）的 POST 可在 24 小时内重复发送，返回相同应答。",
    ),
    (
        "What may be changed comes with an ETag; a change needs it as If-Match (428 without, 412 when it is stale).",
        "可修改的对象附带 ETag；修改时须以 If-Match 提供（缺少则 428，过期则 412）。",
    ),
    (
        "Lists come in pages; `Link: rel=next` leads to the next one. Cursors are opaque and belong to their caller.",
        "列表分页返回；`Link: rel=next` 指向下一页。游标不透明，仅属于其调用方。",
    ),
    (
        "RateLimit and RateLimit-Policy (draft headers) tell how many requests are left; 429 comes with Retry-After.",
        "RateLimit 与 RateLimit-Policy（草案标头）说明剩余请求数；429 附带 Retry-After。",
    ),
    (
        "traceparent (W3C) is taken up and answered; Request-Id names the request in our log.",
        "支持 traceparent（W3C）；Request-Id 为本服务日志中的请求编号。",
    ),
)

TAGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "service": "服务",
        "log": "审计日志",
        "unit": "链接方",
        "projects": "项目",
        "batches": "批次",
        "review": "人工复核",
        "subjects": "主体请求",
        "webhooks": "回调通知",
        "jobs": "作业",
        "results": "结果",
        "match": "单条匹配",
        "credentials": "凭证",
        "agencies": "机构",
        "accounts": "账户",
        "session": "会话",
    }
)
"""Groups of operations; one without a line keeps its English name."""

OPERATIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "readHealth": "进程是否存活",
        "readReadiness": "服务是否就绪",
        "readMetrics": "供 Prometheus 采集的指标",
        "readDescription": "OpenAPI 3.1 描述文件",
        "readPage": "本页面",
        "readStyle": "本页面的样式表",
        "readCheckpoint": "日志的签名检查点",
        "readVerifierKeys": "日志及其见证方的验证公钥",
        "readEntries": "一组日志条目",
        "readTile": "一块日志哈希",
        "readUnit": "链接方的公钥及其日志",
        "readAuthorizationServer": "授权服务器的能力",
        "readTokenKeys": "服务的令牌公钥",
        "issueToken": "以签名断言获取访问令牌",
        "revokeToken": "交还访问令牌",
        "beginSignIn": "前往身份提供方登录",
        "returnFromSignIn": "自身份提供方返回",
        "redeemSignIn": "以一次性代码领取会话",
        "signInHere": "以口令和动态口令登录",
        "readSession": "调用方是谁、可做什么",
        "endSession": "退出登录",
        "listAccounts": "人员账号",
        "createAccount": "创建账号",
        "readAccount": "读取账号",
        "changeAccountState": "锁定、解锁或注销账号",
        "renewCredential": "重发账号的口令与动态口令密钥",
        "listAgencies": "已登记的机构",
        "registerAgency": "登记机构及其首个公钥",
        "readAgency": "读取机构及其公钥",
        "changeAgencyState": "暂停、恢复或移除机构",
        "addAgencyKey": "为机构添加第二个公钥",
        "removeAgencyKey": "移除机构的一个公钥",
        "endAgencyTokens": "令机构的全部令牌失效",
        "readOwnAgency": "读取本机构及其公钥",
        "addOwnKey": "添加本机构的第二个公钥",
        "removeOwnKey": "移除本机构的一个公钥",
        "createProject": "创建项目",
        "listProjects": "调用方所在的项目",
        "readProject": "读取项目",
        "changeProject": "修改结果策略、保存期限或成员",
        "closeProject": "停止接收批次",
        "joinProject": "以机构自有公钥加入项目",
        "listCustodians": "各数据持有方的公钥",
        "relaySecret": "转交密封的链接密钥",
        "listSecrets": "等待调用方领取的密封密钥",
        "beginUpload": "开始上传",
        "readUpload": "上传进度",
        "headUpload": "上传进度（仅头字段）",
        "putPart": "发送分段",
        "commitUpload": "提交上传",
        "listBatches": "本机构的批次",
        "deleteRecord": "删除本机构的一条记录",
        "startJob": "启动作业",
        "listJobs": "项目的作业",
        "readJob": "作业状态",
        "cancelJob": "取消作业",
        "followJob": "实时跟踪作业进度",
        "listResults": "本机构记录及其假名",
        "streamResults": "以 Arrow 流读取全部结果",
        "listResultChanges": "合并或拆分的假名",
        "matchOne": "匹配一条新编码的记录",
        "takePair": "领取最值得裁定的一对记录",
        "decidePair": "裁定一对记录",
        "undoDecision": "撤回本人的裁定",
        "readOwnReview": "复核员本人的统计",
        "readReviewFigures": "队列、裁定与一致性统计",
        "listUnsure": "仍无法确定的记录对",
        "reopenPair": "撤销一对记录的全部裁定",
        "askCustodians": "请双方核对各自的记录",
        "listChecks": "本机构被请求核对的记录",
        "readCheck": "读取核对请求",
        "answerCheck": "答复核对请求",
        "openSubjectRequest": "提交主体请求",
        "openSubjectRequestByPseudonym": "以假名提交主体请求",
        "listSubjectRequests": "本机构提交的主体请求",
        "listSubjectRequestsByPseudonym": "运维人员提交的主体请求",
        "readSubjectRequest": "主体请求的进度",
        "listSubjectTasks": "本机构须为主体完成的任务",
        "listOverdueTasks": "逾期任务",
        "readSubjectTask": "读取任务",
        "answerSubjectTask": "答复任务",
        "listWebhooks": "本机构的回调端点",
        "registerWebhook": "登记回调端点",
        "readWebhook": "读取回调端点",
        "changeWebhook": "修改回调端点",
        "removeWebhook": "移除回调端点",
        "rotateWebhookSecret": "更换回调密钥",
        "pingWebhook": "发送测试通知",
        "listDeliveries": "通知及其送达情况",
        "replayDelivery": "重新发送通知",
    }
)


def word(name: str, language: Language) -> str:
    """One word of the page."""
    return WORDS[name][1 if language is Language.ZH else 0]
