"""Every fixed phrase of the report, in Chinese and in English; the page and the charts say nothing else.

May touch: nothing
Sees:      nothing personal
"""

from __future__ import annotations

from typing import NamedTuple


class Phrase(NamedTuple):
    """The same words for two readers."""

    zh: str
    en: str

    def __str__(self) -> str:
        """Both, side by side, for places with room for one line (axes, legends, alternative text)."""
        return f"{self.zh} · {self.en}"


WORDS: dict[str, Phrase] = {
    # headings
    "results": Phrase("结果", "Results"),
    "quality": Phrase("与真值对照", "Against the truth"),
    "match_weight": Phrase("匹配权重", "Match weight"),
    "comparisons": Phrase("比较与一致级别", "Comparisons and agreement levels"),
    "partial_weight": Phrase("各级别的权重", "Weight of each level"),
    "m_and_u": Phrase("m 与 u 概率", "m and u probabilities"),
    "waterfalls": Phrase("逐步加权示例", "How pairs get their weight"),
    "clusters_heading": Phrase("聚类大小", "Cluster sizes"),
    "calibration": Phrase("概率校准", "Calibration"),
    "sources": Phrase("数据来源", "Sources"),
    "readings": Phrase("字段读取情况", "How the fields were read"),
    "plan": Phrase("方案", "Plan"),
    "key_types": Phrase("匹配键类型", "Key types"),
    "run_time": Phrase("运行时间", "Run time"),
    "table": Phrase("数据表", "Table"),
    # counts
    "records": Phrase("记录", "Records"),
    "candidate_pairs": Phrase("候选对", "Candidate pairs"),
    "links": Phrase("链接", "Links"),
    "review_pairs": Phrase("待人工复核", "Clerical review"),
    "clusters": Phrase("聚类", "Clusters"),
    "stated_precision": Phrase("模型自述精确率", "Stated precision"),
    # outcomes
    "outcome": Phrase("结果", "Outcome"),
    "link": Phrase("链接", "link"),
    "review": Phrase("复核", "review"),
    "no_link": Phrase("不链接", "no link"),
    "link_threshold": Phrase("链接阈值", "link threshold"),
    "review_threshold": Phrase("复核阈值", "review threshold"),
    # columns and axes
    "weight_axis": Phrase("匹配权重 (log₂)", "match weight (log₂)"),
    "pairs": Phrase("对数", "pairs"),
    "pairs_log": Phrase("对数（对数刻度）", "pairs (log scale)"),
    "probability": Phrase("匹配概率", "match probability"),
    "probability_log": Phrase("概率（对数刻度）", "probability (log scale)"),
    "comparison": Phrase("比较", "Comparison"),
    "level": Phrase("级别", "Level"),
    "weight": Phrase("权重", "Weight"),
    "running": Phrase("累计", "Running total"),
    "from": Phrase("自", "From"),
    "to": Phrase("至", "To"),
    "class": Phrase("类别", "class"),
    "probability_plain": Phrase("概率", "probability"),
    "class_m": Phrase("m 同一人", "m match"),
    "class_u": Phrase("u 随机", "u random"),
    "class_twin": Phrase("双胞胎", "twin"),
    "class_sibling": Phrase("兄弟姐妹", "sibling"),
    "prior": Phrase("先验", "prior"),
    "total": Phrase("合计", "total"),
    "pair": Phrase("对", "Pair"),
    "cluster_size": Phrase("每类记录数", "records per cluster"),
    "cluster_count": Phrase("聚类数", "clusters"),
    "clusters_log": Phrase("聚类数（对数刻度）", "clusters (log scale)"),
    "stated": Phrase("模型给出的概率", "stated probability"),
    "true_share": Phrase("真实比例", "true share"),
    "source": Phrase("来源", "Source"),
    "kind": Phrase("类别", "Kind"),
    "rows_read": Phrase("读入行", "Rows read"),
    "rows_filtered": Phrase("筛除行", "Filtered out"),
    "entered": Phrase("进入链接", "Entered"),
    "field": Phrase("字段", "Field"),
    "present": Phrase("有值", "Present"),
    "missing": Phrase("缺失", "Missing"),
    "unreadable": Phrase("无法识别", "Unreadable"),
    "key_type": Phrase("键类型", "Key type"),
    "tags": Phrase("标签", "Tags"),
    "slots": Phrase("槽位", "Slots"),
    "occupied": Phrase("占用率", "Occupied"),
    "step": Phrase("步骤", "Step"),
    "seconds": Phrase("秒", "Seconds"),
    "started_at": Phrase("开始时间", "Started"),
    "schema": Phrase("链接模式", "Schema"),
    "scheme": Phrase("编码方式", "Scheme"),
    "population": Phrase("儿童总数上限", "Population (children)"),
    "fingerprint": Phrase("参数指纹", "Parameter fingerprint"),
    "within_sources": Phrase("来源内去重", "Links within a source"),
    "one_to_one": Phrase("一对一", "One to one"),
    "yes": Phrase("是", "yes"),
    "no": Phrase("否", "no"),
    "counted_over": Phrase("统计范围", "Counted over"),
    "precision": Phrase("精确率", "Precision"),
    "recall": Phrase("召回率", "Recall"),
    "f1": Phrase("F1", "F1"),
    "true_pairs": Phrase("真实对", "True"),
    "found": Phrase("找到", "Found"),
    "correct": Phrase("正确", "Correct"),
    "across": Phrase("来源之间的对", "Pairs across sources"),
    "within": Phrase("来源之内的对", "Pairs within sources"),
    "all": Phrase("全部对", "All pairs"),
    "bcubed": Phrase("B-cubed（按记录）", "B-cubed (per record)"),
    "stratum": Phrase("涉及层", "Pairs touching"),
    # sentences
    "privacy_note": Phrase(
        "本页只含计数、级别、权重和键类型名称，不含姓名、编号或匹配键；离线可读，不连接网络。",
        "This page holds counts, levels, weights and names of key types only: no name, no record id, no match key. "
        "It works offline and contacts no network.",
    ),
    "note_match_weight": Phrase(
        "每个候选对的权重是其匹配几率的以 2 为底的对数。达到链接阈值的对建立链接；两条阈值之间的对交人工复核。"
        "聚类综合全部证据，因此个别对的结果可与其自身权重不同。",
        "A pair's weight is the base-2 logarithm of its odds of being a match. Pairs from the link threshold upwards "
        "are linked, pairs between the thresholds go to clerical review. Clustering weighs all evidence together, so a "
        "pair's outcome can differ from its own weight.",
    ),
    "note_comparisons": Phrase(
        "m 是同一人的两条记录落在该级别的概率，u 是随机两条记录的概率。两者相差越大，该级别的权重越大。",
        "m is the probability of a level among records of one child, u among random records. The further apart the "
        "two, the more a level weighs.",
    ),
    "note_waterfalls": Phrase(
        "从先验出发，每项比较向右（支持）或向左（反对）移动权重，直至合计。示例对只有序号，没有标识。",
        "From the prior, each comparison moves the weight right (for) or left (against) until the total. The pairs "
        "bear a number here and nothing else.",
    ),
    "note_calibration": Phrase(
        "点落在对角线上，说明模型给出的概率与事实相符；点越大，对越多。",
        "Points on the diagonal mean that stated probabilities are true; the larger the point, the more pairs.",
    ),
    "note_key_types": Phrase(
        "匹配键由同一记录的几个标签组合并加密钥而成。槽位固定、空位以虚假键填充，链接方因此看不出哪些字段缺失。",
        "A match key is a keyed composite of several tags of one record. Slots are fixed and unused ones hold dummies, "
        "so the linkage unit cannot see which fields are missing.",
    ),
    "note_unreadable": Phrase(
        "无法识别的值按缺失处理。",
        "Values that cannot be read count as missing.",
    ),
    "no_script": Phrase(
        "图表需要启用脚本；所有数字均在数据表中。",
        "Charts need scripts enabled; every figure also stands in the tables.",
    ),
}
