"""The closed list of checks: what each compares with what, why, and what to do about it, in Chinese and English.

A limit stands here and nowhere else. Every limit leaves room for what is true of children: one child many times in a
file, brothers, sisters and twins; and for luck in files from ten records upwards. Measuring and judging are not done
here (`measures.py`, `verdict.py`).

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

Group = Literal["parameters", "shapes", "sharing", "bits", "own"]
Form = Literal["count", "share", "deviation", "number", "days"]

LARGEST_GROUP: Final = 60
LARGEST_COMPONENT: Final = 20
CONTRADICTED: Final = 0.15
BIT_Z: Final = 7.0
ORDER_Z: Final = 6.0
SLOT_EXCESS: Final = 0.02
FEWEST_IMPLIED: Final = 50  # agreements that imply others, below which their consistency says nothing
UNLIKE_RECORDS: Final = 0.001  # pairs per child whose records are one child's and yet share no name, ID or household
FEWEST_FILTERS: Final = 100
ATTACKED: Final = 0.005
KEY_DAYS: Final = 400


class Sentence(NamedTuple):
    """One sentence for two readers."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One check: its group, how its figure is written, its title, why it is there, what to do when it fails."""

    name: str
    group: Group
    form: Form
    title: Sentence
    reason: Sentence
    remedy: Sentence


_AGAIN: Final = Sentence("用项目的方案重新编码。", "Encode the source again with the project's plan.")
_REPORT: Final = Sentence(
    "不要交出此批次；编码程序有误或被改动，请重新安装并重新编码。",
    "Do not hand this batch over; the encoder is faulty or was altered: install it anew and encode again.",
)

RULES: Final[dict[str, Rule]] = {
    rule.name: rule
    for rule in (
        Rule(
            "same_parameters", "parameters", "count",
            Sentence("参数与方案一致", "Parameters are the plan's"),
            Sentence("参数指纹和规范化程序版本必须与项目方案相同，否则不同机构的键不可比。",
                     "Parameter fingerprint and normaliser must be the plan's, or keys of two "
                     "agencies cannot be compared."),
            _AGAIN,
        ),
        Rule(
            "planned_columns_only", "parameters", "count",
            Sentence("只含方案规定的列", "Only the plan's columns"),
            Sentence("多出的列、表头项或空单元格可能带出任何内容。",
                     "A further column, header entry or empty cell could carry anything out."),
            _REPORT,
        ),
        Rule(
            "header_says_little", "parameters", "count",
            Sentence("表头数字已取整", "Header figures are rounded"),
            Sentence("表头只可含取整的全档数字，且仅限一万条以上的文件；精确数字在更正前后对比会暴露某条记录。",
                     "The header may hold rounded, file-wide figures only, and only for 10,000 "
                     "records or more: exact ones "
                     "before and after a correction reveal a record."),
            _REPORT,
        ),
        Rule(
            "floor_by_reference", "parameters", "number",
            Sentence("熵下限（参考表）", "Entropy floor by reference"),
            Sentence("按参考表，全部键类型的 N·2^−H2 之和不超过 0.2，不同家庭的儿童才不会连成片。",
                     "By the reference tables N·2^−H2 over all key types stays at 0.2 or less, so "
                     "that children of different "
                     "families do not grow together."),
            Sentence("运行 sealink project plan，为实际儿童总数重新选择键类型。",
                     "Run sealink project plan to choose key types for the true number of children."),
        ),
        Rule(
            "diffusion_for_population", "parameters", "count",
            Sentence("扩散层强度与总数相符", "Diffusion suits the population"),
            Sentence("扩散参数 t 低于该儿童总数所需，图匹配可以还原身份。",
                     "With a t below what this number of children needs, graph matching can find who is who."),
            Sentence("不要在项目文件中写更小的 diffusion；删去该行。",
                     "Do not state a smaller diffusion in the project file: remove the line."),
        ),
        Rule(
            "slots_filled", "shapes", "count",
            Sentence("槽位全部填满", "Every slot is filled"),
            Sentence("空槽位会显示一条记录缺哪些字段、有几个值。",
                     "An empty slot shows which fields a record lacks and how many values it has."),
            _REPORT,
        ),
        Rule(
            "no_repeats_in_record", "shapes", "count",
            Sentence("记录内无重复键", "No key twice in a record"),
            Sentence("同一记录内重复的键说明填充不是虚假键，真实键数因此可见。",
                     "A key twice in one record shows that padding repeats real keys, and so how many there are."),
            _REPORT,
        ),
        Rule(
            "keys_look_random", "shapes", "deviation",
            Sentence("键与随机数无异", "Keys look random"),
            Sentence("键的任一比特若有偏好，就不是加密钥的键：可能是明文、计数器或无密钥散列。",
                     "A bit that prefers one value means that keys are not keyed: plaintext, a "
                     "counter or a short hash."),
            _REPORT,
        ),
        Rule(
            "slots_even", "shapes", "share",
            Sentence("真实键不偏向某槽位", "Real keys prefer no slot"),
            Sentence("共有的键若总在前面的槽位，位置就会区分真实键与虚假键。",
                     "If shared keys sit in the first slots, the place tells real keys from dummies."),
            _REPORT,
        ),
        Rule(
            "rows_unordered", "shapes", "deviation",
            Sentence("行序与内容无关", "Order of rows says nothing"),
            Sentence("行若按键、按可见位或按家庭相邻排列，顺序就泄露来源。",
                     "Rows ordered by a key, by a visible bit or by family give away where they stood in the source."),
            _REPORT,
        ),
        Rule(
            "largest_group", "sharing", "count",
            Sentence("共有同一键的记录数", "Records that share one key"),
            Sentence("没有儿童在一个文件中出现这么多次；这样的键来自默认值或过于常见的组合，可被计数识别。",
                     "No child is in one file so often: such a key comes from a default value or a "
                     "combination that is too "
                     "common, and counting finds it."),
            Sentence("查找默认值（如统一生日、学校电话、\"无\"），清空后重新编码。",
                     "Look for default values (one birthday or one phone for all, \"none\"), empty "
                     "them, encode again."),
        ),
        Rule(
            "largest_component", "sharing", "count",
            Sentence("连成一片的儿童数", "Children joined in one component"),
            Sentence("连成一片的儿童超过一个大家庭，图攻击就有了落脚点。",
                     "More joined children than a large family has give a graph attack its foothold."),
            Sentence("查找许多家庭共用的电话、地址、监护人，清空后重新编码。",
                     "Look for a phone, address or guardian that many families share, empty it, encode again."),
        ),
        Rule(
            "agreements_consistent", "sharing", "share",
            Sentence("键的一致互不矛盾", "Agreements do not contradict each other"),
            Sentence("键一致而其所蕴含的键不一致，说明虚假键重复，或列被调换。",
                     "A key that agrees while those that it implies do not shows dummies that "
                     "repeat, or columns exchanged."),
            _REPORT,
        ),
        Rule(
            "chance_neighbours", "sharing", "number",
            Sentence("不同家庭的相邻（推算至 N）", "Neighbours by chance at N"),
            Sentence("无家庭关系的儿童共有键，其数量随儿童总数线性增长。",
                     "Children without a family tie share keys, and their number grows with the population."),
            Sentence("运行 sealink project plan，或清理过于常见的姓名与日期。",
                     "Run sealink project plan, or clean names and dates that are too common."),
        ),
        Rule(
            "stated_floor", "sharing", "number",
            Sentence("机构自报的熵下限", "Floor stated by the custodian"),
            Sentence("只有机构能用自己的标签测量下限；它自报的上限不得超过方案。",
                     "Only the custodian can measure the floor on its tags; the limit that it "
                     "states must keep the plan."),
            Sentence("机构须清理数据或请项目缩窄键类型。",
                     "The custodian must clean its data or ask for narrower key types."),
        ),
        Rule(
            "stated_margin", "bits", "number",
            Sentence("机构自报的图匹配裕度", "Margin stated by the custodian"),
            Sentence("只有机构能用扩散前的滤波器测量裕度；它自报的相关系数不得超过 ρ*(N) 的一半。",
                     "Only the custodian can measure the margin on its plain filters; the "
                     "correlation that it states must be at most half of ρ*(N)."),
            Sentence("机构须增大扩散参数，或改用匹配键方案。",
                     "The custodian must raise the diffusion, or the project use match keys."),
        ),
        Rule(
            "filters_unique", "bits", "count",
            Sentence("相同滤波器的记录数", "Records with one filter"),
            Sentence("大量记录共用一个滤波器，说明值过于常见或记录几乎为空。",
                     "Many records with one filter mean values that are too common, or records that are nearly empty."),
            Sentence("查找默认值和空记录，清理后重新编码。",
                     "Look for default values and empty records, clean them, encode again."),
        ),
        Rule(
            "fill_even", "bits", "share",
            Sentence("扩散后填充率", "Fill after diffusion"),
            Sentence("扩散后的比特应一半为 1；偏离说明扩散太弱或滤波器太稀。",
                     "After diffusion half of the bits should be set; less or more means weak "
                     "diffusion or thin filters."),
            Sentence("检查字段映射是否完整，并使用方案的扩散参数。",
                     "Check that the mapping covers the fields, and use the plan's diffusion."),
        ),
        Rule(
            "bits_even", "bits", "share",
            Sentence("比特频率均匀", "Bits are set equally often"),
            Sentence("过于常见或少见的比特会指向某个常见值。",
                     "A bit that is set too often or too rarely points at a common value."),
            _AGAIN,
        ),
        Rule(
            "bits_independent", "bits", "share",
            Sentence("比特互不牵连", "Bits do not go together"),
            Sentence("总是同时出现的比特是模式挖掘的起点。", "Bits that go together are where pattern mining starts."),
            _AGAIN,
        ),
        Rule(
            "weights_even", "bits", "number",
            Sentence("权重不显示长度", "Weights do not show lengths"),
            Sentence("滤波器的权重若随字段数变化，就显示记录有多长。",
                     "Weights that vary with the number of fields show how much a record holds."),
            _AGAIN,
        ),
        Rule(
            "similarity_is_noise", "bits", "share",
            Sentence("噪声线下只有偶然", "Chance alone under the noise line"),
            Sentence("线下相似度若比偶然更分散，图匹配就有信息可用。",
                     "Similarities that spread further than chance are what graph matching feeds on."),
            _AGAIN,
        ),
        Rule(
            "islands_small", "bits", "count",
            Sentence("相似记录连成的岛", "Islands of similar records"),
            Sentence("噪声线以上的岛应是一个儿童或一个家庭。",
                     "Islands above the noise line should be one child or one family."),
            Sentence("查找默认值；使用方案的扩散参数。", "Look for default values; use the plan's diffusion."),
        ),
        Rule(
            "floor_by_own_data", "own", "number",
            Sentence("熵下限（自有数据，95% 上限）", "Entropy floor by own data"),
            Sentence("自有数据显示某些键比参考表更常见时，上限会超过方案。",
                     "The limit exceeds the plan where keys are more common in this file than the reference says."),
            Sentence("按编码程序指出的键类型清理字段，或缩窄键类型。",
                     "Clean the fields of the key types that the encoder names, or narrow those key types."),
        ),
        Rule(
            "source_order_hidden", "own", "deviation",
            Sentence("行序与原文件无关", "Order is not the source's"),
            Sentence("保留原文件顺序会泄露登记日期、班级或编号。",
                     "The source's order would give away dates of entry, classes or numbers."),
            _REPORT,
        ),
        Rule(
            "margin_correlation", "own", "number",
            Sentence("图匹配裕度 ρ∞", "Margin against graph matching, ρ∞"),
            Sentence("无噪声攻击者的相关系数须不超过 ρ*(N) 的一半。",
                     "The correlation of an attacker without noise must be at most half of ρ*(N)."),
            Sentence("增大扩散参数，或为该总数改用匹配键方案。",
                     "Raise the diffusion, or use match keys for this population."),
        ),
        Rule(
            "margin_degree", "own", "number",
            Sentence("噪声线以上的相邻数（推算至 N）", "Neighbours above the noise line at N"),
            Sentence("每条记录平均超过一个他人相似记录时，图会连成片。",
                     "With more than one similar record of another child each, the graph grows together."),
            Sentence("增大扩散参数，或为该总数改用匹配键方案。",
                     "Raise the diffusion, or use match keys for this population."),
        ),
        Rule(
            "fill_before_diffusion", "own", "share",
            Sentence("扩散前填充率", "Fill before diffusion"),
            Sentence("太稀的滤波器会让扩散失效，太满则失去区分力。",
                     "Thin filters make diffusion fail, full ones tell nobody apart."),
            Sentence("映射更多字段；缺失过多的文件不宜用此方案。",
                     "Map more fields; a file that lacks too many should not use this scheme."),
        ),
        Rule(
            "length_hidden", "own", "share",
            Sentence("权重与字段数无关", "Weight does not follow length"),
            Sentence("扩散后权重若与扩散前相关，就显示记录的长度。",
                     "Weights after diffusion that follow those before it show how much a record holds."),
            _AGAIN,
        ),
        Rule(
            "attacks_fail", "own", "share",
            Sentence("对自有样本的攻击", "Attacks on own records"),
            Sentence("用自有明文对编码发起攻击，认出的比例应接近猜测。",
                     "Attacked with its own plaintext, the file should give away hardly more than guessing."),
            Sentence("增大扩散参数，或改用匹配键方案。", "Raise the diffusion, or use match keys."),
        ),
        Rule(
            "encodes_again", "own", "count",
            Sentence("重新编码结果相同", "Encodes to the same again"),
            Sentence("同一来源用同样的密钥再编码须逐键相同，否则批次另有来历或密钥有误。",
                     "The source must encode to the same keys again, or the batch has another origin or another key."),
            Sentence("核对密钥文件和来源文件，重新编码。", "Check key files and source file, encode again."),
        ),
        Rule(
            "key_age", "own", "days",
            Sentence("密钥未过期", "Age of the linkage secret"),
            Sentence("每个项目、每个周期一把新密钥；旧密钥让泄露的批次长期可比。",
                     "A new secret per project and epoch: an old one keeps leaked batches comparable for long."),
            Sentence("为新周期生成并分发新的链接密钥。", "Make and pass on a new linkage secret for a new epoch."),
        ),
    )
}  # fmt: skip
"""Every check by name, in the order of the report."""

TOO_FEW: Final = Sentence("可供测量的记录、键或记录对太少。", "There are too few records, keys or pairs to measure it.")
NOT_STATED: Final = Sentence(
    "一万条以下的文件不报此数字。", "Files of fewer than 10,000 records do not state this figure."
)
NOT_THIS_FORM: Final = Sentence(
    "需要持有人的来源文件和密钥；见长版报告。", "It needs the custodian's source and keys: see the long form."
)
