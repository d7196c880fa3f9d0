"""A pair as its reviewer sees it in the terminal, in Chinese and English side by side. It shows and decides nothing.

May touch: terminal
Sees:      agreement patterns and weights
"""

from __future__ import annotations

from typing import Any, Final

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from linkage.report.words import Phrase

_CELLS: Final = 12
_FULL: Final = 12.0
"""Match weight that fills the bar."""

HEADINGS: Final = {
    "comparison": Phrase("比较", "Comparison"),
    "level": Phrase("一致级别", "Level"),
    "weight": Phrase("权重", "Weight"),
    "prior": Phrase("先验", "Prior"),
    "total": Phrase("合计", "Total"),
    "title": Phrase("是同一名儿童吗？", "One child?"),
    "probability": Phrase("匹配概率", "match probability"),
    "clusters": Phrase("两个聚类的记录数", "records in both clusters"),
    "custodians": Phrase("保管方核对结果", "custodians checked"),
}
ANSWERS: Final = {
    "corrected": Phrase("已更正", "corrected"),
    "confirmed": Phrase("确认无误", "confirmed"),
    "declined": Phrase("无法判断", "cannot tell"),
}
VERDICTS: Final = {
    "same": Phrase("同一人", "same"),
    "different": Phrase("不同的人", "different"),
    "unsure": Phrase("无法确定", "unsure"),
}
KEYS: Final = {"s": "same", "d": "different", "u": "unsure"}
PROMPT: Final = Phrase("[s] 同一人  [d] 不同的人  [u] 无法确定  [q] 退出", "[s]ame  [d]ifferent  [u]nsure  [q]uit")
NOTHING: Final = Phrase("没有等待您复核的对", "no pair waits for you")


def pair_screen(shown: dict[str, Any]) -> RenderableType:
    """One pair: each comparison with its level and what it weighs, then the sum."""
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    for name in ("comparison", "level"):
        table.add_column(Text(str(HEADINGS[name])))
    table.add_column(Text(str(HEADINGS["weight"])), justify="right")
    table.add_column("", min_width=2 * _CELLS + 1, no_wrap=True)
    table.add_row(Text(str(HEADINGS["prior"])), "", f"{shown['prior_weight']:+.1f}", _bar(shown["prior_weight"]))
    for each in shown["comparisons"]:
        words = [Text(str(Phrase(each[part]["zh"], each[part]["en"]))) for part in ("comparison", "level")]
        table.add_row(*words, f"{each['weight']:+.1f}", _bar(each["weight"]))
    weight = float(shown["weight"])
    table.add_section()
    table.add_row(Text(str(HEADINGS["total"]), style="bold"), "", Text(f"{weight:+.1f}", style="bold"), _bar(weight))
    probability = 1 / (1 + 2 ** -max(-60.0, min(60.0, weight)))
    lines = [
        f"{HEADINGS['probability']}: {probability:.0%}",
        f"{HEADINGS['clusters']}: {' + '.join(map(str, shown['cluster_sizes']))}",
    ]
    said = [f"{ANSWERS[word]} {count}" for word, count in shown["custodians"].items() if count]
    if said:
        lines.append(f"{HEADINGS['custodians']}: {'; '.join(said)}")
    return Panel(Group(table, "", *map(Text, lines)), title=str(HEADINGS["title"]), title_align="left")


def _bar(weight: float) -> Text:
    """For to the right, against to the left."""
    cells = round(min(abs(weight), _FULL) / _FULL * _CELLS)
    if weight < 0:
        return Text.assemble(" " * (_CELLS - cells), ("█" * cells, "red"), "│", " " * _CELLS)
    return Text.assemble(" " * _CELLS, "│", ("█" * cells, "green"), " " * (_CELLS - cells))
