"""Every fixed phrase of the health page, in Chinese and in English. Titles and reasons of checks stand with the checks.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from typing import Final

from linkage.report.words import Phrase

HEALTH: Final[dict[str, Phrase]] = {
    "title": Phrase("编码健康报告", "Encoding health report"),
    "passed": Phrase("通过", "Passed"),
    "failed": Phrase("未通过", "Failed"),
    "not measurable": Phrase("无法测量", "Not measurable"),
    "verdict_passed": Phrase(
        "此批次通过全部可测检查，可以交给链接方。",
        "This batch passes every check that could be measured and may go to the linkage unit.",
    ),
    "verdict_failed": Phrase(
        "此批次未通过检查，不得交给链接方。",
        "This batch fails and must not go to the linkage unit.",
    ),
    "form_custodian": Phrase("数据持有人版", "Data custodian's form"),
    "form_unit": Phrase("链接方版", "Linkage unit's form"),
    "date": Phrase("日期", "Date"),
    "source": Phrase("来源", "Source"),
    "form": Phrase("版本", "Form"),
    "records": Phrase("记录", "Records"),
    "population": Phrase("儿童总数 N", "Children, N"),
    "checks_passed": Phrase("通过的检查", "Checks passed"),
    "floor": Phrase("熵下限 Σ N·2^−H2", "Floor Σ N·2^−H2"),
    "largest_component": Phrase("最大连通儿童数", "Largest component"),
    "unique_filters": Phrase("唯一滤波器", "Unique filters"),
    "diffusion": Phrase("扩散 t", "Diffusion t"),
    # sections
    "purpose_heading": Phrase("目的与方法", "Purpose and method"),
    "who_heading": Phrase("谁能看到什么", "Who sees what"),
    "checks_heading": Phrase("检查", "Checks"),
    "measures_heading": Phrase("批次显示了什么", "What the batch shows"),
    "own_heading": Phrase("来源文件", "The source file"),
    "limits_heading": Phrase("局限", "What this does not protect against"),
    "parameters_heading": Phrase("参数", "Parameters"),
    # groups of checks
    "parameters": Phrase("参数", "Parameters"),
    "shapes": Phrase("记录形状", "Record shapes"),
    "sharing": Phrase("共有的键", "Shared keys"),
    "bits": Phrase("滤波器", "Filters"),
    "own": Phrase("持有人自测", "Measured by the custodian"),
    # purpose
    "purpose": Phrase(
        "本报告供个人信息保护影响评估（《个人信息保护法》第五十五、五十六条）附卷。处理目的：在不向任何其他机构透露身份的前提下，"
        "判断不同机构的记录是否属于同一名儿童，以便提供保护。不满十四周岁儿童的信息属于敏感个人信息（第二十八条）；"
        "编码仍是个人信息（第七十三条：去标识化不等于匿名化）。",
        "This report is made to be attached to a personal information protection impact assessment (PIPL, "
        "articles 55 and "
        "56). Purpose of the processing: to tell whether records of several agencies belong to the same child, so that "
        "it can be protected, without showing an identity to any other agency. Data of children under 14 are sensitive "
        "(article 28), and encodings remain personal information (article 73: de-identified is not anonymised).",
    ),
    "method_match-keys": Phrase(
        "每条记录在本机构内变成固定数量的匹配键：姓名、出生日期、监护人、电话、住址等两三项的组合，用链接方没有的密钥加密。"
        "空位以虚假键填充，行序打乱。链接方只能看到两个键是否相等。",
        "Inside the agency each record becomes a fixed number of match keys: two or three of name, date of birth, "
        "guardian, phone and address together, under a secret that the linkage unit never has. Empty slots are padded "
        "with dummies and rows are shuffled. The unit sees whether two keys are equal, and no more.",
    ),
    "method_clk": Phrase(
        "每条记录在本机构内变成一个加密的布隆滤波器，再经线性扩散层隐藏渐变的相似度。行序打乱。",
        "Inside the agency each record becomes one keyed Bloom filter (CLK), and a linear diffusion layer hides graded "
        "similarity. Rows are shuffled.",
    ),
    # who sees what
    "party": Phrase("当事方", "Party"),
    "holds": Phrase("持有", "Holds"),
    "learns": Phrase("可以得知", "Can learn"),
    # measured
    "sharing_heading": Phrase("连成一片的儿童", "Children joined by keys"),
    "note_sharing": Phrase(
        "一个儿童的多条记录已合并。兄弟姐妹和双胞胎会连在一起；更大的片说明不同家庭的键相同。",
        "Records of one child are merged. Brothers, sisters and twins are joined; larger pieces mean that keys of "
        "different families are equal.",
    ),
    "shapes_heading": Phrase("可见位", "Visible bits"),
    "note_shapes": Phrase(
        "填充之后只剩两位可见：有无姓名、有无证件号。",
        "After padding two bits stay visible: has a name, has an ID.",
    ),
    "floor_heading": Phrase("各键类型的预算", "Budget of each key type"),
    "note_floor": Phrase(
        "横条：按参考表，每个儿童会遇到多少名陌生人（N·2^−H2）；圆点：本文件自有数据推算。总和不得超过 0.2。",
        "Bars: strangers whom a child meets through the key type by the reference tables (N·2^−H2); points: "
        "extrapolated "
        "from this file. The sum may not exceed 0.2.",
    ),
    "frequencies_heading": Phrase("每种键的频率", "How often keys occur"),
    "bits_heading": Phrase("比特频率", "Bit frequencies"),
    "note_bits": Phrase(
        "每个比特为 1 的比例，由低到高。理想为 0.5。",
        "Share of filters that set each bit, in rising order. Ideal is 0.5.",
    ),
    "similar_heading": Phrase("相似度", "Similarities"),
    "note_similar": Phrase(
        "记录对中相同比特的比例。噪声线以下应只有偶然。",
        "Share of equal bits per pair of records. Under the noise line there should be chance alone.",
    ),
    # columns and axes
    "check": Phrase("检查", "Check"),
    "measured": Phrase("测得", "Measured"),
    "limit": Phrase("限值", "Limit"),
    "remedy": Phrase("处理", "What to do"),
    "key_type": Phrase("键类型", "Key type"),
    "slots": Phrase("槽位", "Slots"),
    "h2": Phrase("H2（比特）", "H2 (bits)"),
    "strangers": Phrase("N·2^−H2", "N·2^−H2"),
    "by_reference": Phrase("参考表", "by reference"),
    "by_own_data": Phrase("自有数据", "by own data"),
    "unique": Phrase("唯一", "Unique"),
    "largest": Phrase("最多", "Largest group"),
    "top": Phrase("最大的十组", "Ten largest groups"),
    "shared_pairs": Phrase("共有键的记录对", "Pairs sharing a key"),
    "between_children": Phrase("儿童之间", "Between children"),
    "children_joined": Phrase("相连的儿童数", "children joined"),
    "components": Phrase("片数（对数刻度）", "components (log scale)"),
    "share_of_records": Phrase("占记录", "Share of records"),
    "has_name": Phrase("有姓名", "has a name"),
    "has_id": Phrase("有证件号", "has an ID"),
    "has_name + has_id": Phrase("有姓名和证件号", "has both"),
    "none": Phrase("两者皆无", "has neither"),
    "bit_rank": Phrase("比特（按频率排序）", "bits by frequency"),
    "set_share": Phrase("为 1 的比例", "share set"),
    "equal_bits": Phrase("相同比特的比例", "share of equal bits"),
    "pairs_log": Phrase("记录对（对数刻度）", "pairs (log scale)"),
    "noise_line": Phrase("噪声线", "noise line"),
    "field": Phrase("字段", "Field"),
    "present": Phrase("可读", "Readable"),
    "unreadable": Phrase("无法识别", "Unreadable"),
    "tag": Phrase("标签", "Tag"),
    "has_it": Phrase("有值的记录", "Records that have it"),
    "commonest": Phrase("最常见值的占比", "Share of the commonest value"),
    "too_common": Phrase("过于常见而未用", "Too common, not used"),
    "attack": Phrase("攻击", "Attack"),
    "identified": Phrase("认出", "Identified"),
    "guessing": Phrase("猜测", "By guessing"),
    "schema": Phrase("链接模式", "Schema"),
    "scheme": Phrase("编码方式", "Scheme"),
    "normaliser": Phrase("规范化程序", "Normaliser"),
    "fingerprint": Phrase("参数指纹", "Parameter fingerprint"),
    "filter_bits": Phrase("滤波器长度（比特）", "Filter length (bits)"),
    "slots_per_record": Phrase("每条记录的槽位", "Slots per record"),
    "table": Phrase("数据表", "Table"),
    "no_script": Phrase(
        "图表需要启用脚本；所有数字均在数据表中。",
        "Charts need scripts enabled; every figure also stands in the tables.",
    ),
    "footer": Phrase(
        "本页只含计数、比例以及键类型、标签和字段的名称，不含姓名、编号、地址、电话或任何键；离线可读，不连接网络。"
        "比例已取整。",
        "This page holds counts, shares and names of key types, tags and fields only: no name, number, address, "
        "phone or "
        "key. It works offline and contacts no network. Shares are rounded.",
    ),
}

WHO: Final[tuple[tuple[Phrase, Phrase, Phrase], ...]] = (
    (
        Phrase("数据持有机构", "Data custodian"),
        Phrase("自己的明文、链接密钥、自己的机构密钥", "its own plaintext, the linkage secret, its own agency key"),
        Phrase(
            "只有自己记录的链接结果；看不到其他机构的编码", "links of its own records; never other agencies' encodings"
        ),
    ),
    (
        Phrase("链接方", "Linkage unit"),
        Phrase("各机构的编码，无密钥", "encodings of all agencies, no secret"),
        Phrase(
            "哪些键相等、记录数、两个可见位、家庭形成的小片；看不到姓名、日期或号码",
            "which keys are equal, counts, the two visible bits, small pieces made by families; no name, date "
            "or number",
        ),
    ),
    (
        Phrase("窃得批次的外人", "Outsider with a stolen batch"),
        Phrase("编码，无密钥", "encodings, no secret"),
        Phrase(
            "与链接方相同；本报告的限值使图匹配接近猜测",
            "the same as the unit; the limits here keep graph matching near guessing",
        ),
    ),
    (
        Phrase("机构与链接方合谋，或密钥同批次一起泄露", "Custodian and unit together, or secret and batch leaked"),
        Phrase("链接密钥和全部编码", "the linkage secret and all encodings"),
        Phrase("可以逐一枚举，认出每个儿童", "can enumerate and find every child"),
    ),
)
"""Party, what it holds, what it can learn: the threat model in four rows."""

NOT_PROTECTED: Final[tuple[Phrase, ...]] = (
    Phrase(
        "持有链接密钥的机构若得到其他机构的编码，可以枚举姓名、日期和证件号并认出儿童。任何编码都挡不住；"
        "因此密钥与编码必须分由两方保管，密钥按项目和周期更换。只有将来由第三方保管密钥的密钥服务才能消除这一点。",
        "An agency that holds the linkage secret and gets other agencies' encodings can enumerate names, dates "
        "and IDs and "
        "find children. No encoding prevents that: secret and encodings must stay with different parties, and "
        "the secret "
        "is new for every project and epoch. Only a key service in a third party's hands removes it.",
    ),
    Phrase(
        "链接结果本身会告诉各机构：该儿童也出现在别处。结果策略和用途限制须另行规定。",
        "Links themselves tell an agency that a child is known elsewhere. What they may be used for must be "
        "ruled apart.",
    ),
    Phrase(
        "记录数、提交时间以及家庭和双胞胎形成的小片对链接方可见。",
        "Counts, times of submission and the small pieces that families and twins form are visible to the unit.",
    ),
    Phrase(
        "数字是在本文件上测得并推算到 N 的；小文件上无法测量的检查不等于通过。",
        "Figures were measured on this file and extrapolated to N; what a small file cannot show is not shown "
        "to be good.",
    ),
)
