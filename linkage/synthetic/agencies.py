"""Each agency's own file: its columns and their names, its codes and formats, its filter. No mistakes are made here.

Police use the pinyin initials of public-security systems and codes; schools and civil affairs Chinese headings; the
hospital its own. Record ids are drawn at random per source, so that none says who is meant.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.synthetic.drafts import Draft
from linkage.synthetic.drawing import draw_ranked, words
from linkage.synthetic.facts import Facts
from linkage.synthetic.sightings import Sightings, Source
from linkage.synthetic.written_addresses import AddressHabit
from linkage.synthetic.written_values import (
    write_dates,
    write_days,
    write_ethnicity,
    write_ethnicity_codes,
    write_phones,
    write_sex,
)

Strings = NDArray[np.object_]
Columns = dict[str, Strings]


@dataclass(frozen=True, slots=True)
class Layout:
    """What a project file says of a source: record id, schema field → columns, allowed values of filter columns."""

    record_id: str
    fields: Mapping[str, tuple[str, ...]]
    filter: Mapping[str, tuple[str, ...]]
    kind: str
    addresses: AddressHabit


POLICE_ROLES: Final = ("被害人", "走失", "流浪", "救助", "困境")
SUSPECT_ROLE: Final = "违法嫌疑人"
SUSPECTS: Final = 0.05
LAYOUTS: Final[Mapping[Source, Layout]] = MappingProxyType(
    {
        Source.POLICE: Layout(
            "BH",
            {
                "name": ("XM",),
                "other_names": ("CYM", "BMCH"),
                "sex": ("XB",),
                "date_of_birth": ("CSRQ",),
                "resident_id": ("GMSFHM",),
                "guardian_names": ("JHRXM",),
                "phones": ("JHRLXDH",),
                "addresses": ("XZZ", "HJDZ"),
                "ethnicity": ("MZ",),
            },
            {"RYLB": POLICE_ROLES},
            "police",
            AddressHabit((0.55, 0.15, 0.20, 0.10), old_district=0.08),
        ),
        Source.SCHOOL: Layout(
            "序号",
            {
                "name": ("姓名",),
                "other_names": ("别名",),
                "sex": ("性别",),
                "date_of_birth": ("出生年月日",),
                "resident_id": ("证件号码",),
                "guardian_names": ("父亲", "母亲"),
                "phones": ("父亲手机", "母亲手机"),
                "addresses": ("住址", "户籍"),
                "ethnicity": ("民族",),
            },
            {},
            "school",
            AddressHabit((0.20, 0.10, 0.30, 0.30), bare_suffix=0.18),
        ),
        Source.HOSPITAL: Layout(
            "病历号",
            {
                "name": ("患儿姓名",),
                "sex": ("性别",),
                "date_of_birth": ("出生日期",),
                "resident_id": ("身份证号",),
                "guardian_names": ("监护人",),
                "phones": ("联系电话",),
                "addresses": ("家庭住址",),
            },
            {},
            "hospital",
            AddressHabit((0.12, 0.10, 0.33, 0.33), bare_suffix=0.22, han_numerals=0.07),
        ),
        Source.CIVIL: Layout(
            "编号",
            {
                "name": ("儿童姓名",),
                "other_names": ("曾用名",),
                "sex": ("性别",),
                "date_of_birth": ("出生年月",),
                "resident_id": ("身份证号码",),
                "guardian_names": ("监护人一", "监护人二"),
                "phones": ("联系电话", "备用电话"),
                "addresses": ("现居住地址", "户籍地址"),
                "ethnicity": ("民族",),
            },
            {},
            "civil",
            AddressHabit((0.10, 0.10, 0.35, 0.40), old_district=0.2),
        ),
    }
)


def lay_out(source: Source, seen: Sightings, facts: Facts, draft: Draft, rng: np.random.Generator) -> Columns:
    """The agency's table: column name → strings, in file order."""
    return _WRITERS[source](seen, facts, draft, rng)


def _one_of(words: str, count: int, rng: np.random.Generator) -> Strings:
    return draw_ranked(np.asarray(words.split(), dtype=object), count, rng, 0.5)


def _random_numbers(count: int, start: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Distinct numbers without an order."""
    return start + rng.permutation(7 * count)[:count]


def _write_police(seen: Sightings, facts: Facts, draft: Draft, rng: np.random.Generator) -> Columns:
    count = len(seen.child)
    ids = [f"A{number}" for number in _random_numbers(count, 320_600_000, rng).tolist()]
    roles = np.where(
        rng.random(count) < SUSPECTS,
        SUSPECT_ROLE,
        draw_ranked(np.asarray(POLICE_ROLES, dtype=object), count, rng),
    )
    return {
        "BH": np.asarray(ids, dtype=object),
        "RYLB": np.asarray(roles, dtype=object),
        "XM": draft.name,
        "CYM": draft.former_name,
        "BMCH": np.where(rng.random(count) < 0.03, _one_of("小宝 毛毛 豆豆 妞妞 老二 大宝 强强 军军", count, rng), ""),
        "XB": write_sex(draft.sex, (("0", "1", "2"), ("9", "1", "2"), ("", "男", "女")), (0.5, 0.42, 0.08), rng),
        "CSRQ": write_dates(draft.year, draft.month, draft.day, (0.86, 0.12, 0, 0.02, 0, 0, 0, 0), rng),
        "MZ": write_ethnicity_codes(draft.ethnicity),
        "GMSFHM": draft.resident_id,
        "JHRXM": draft.guardian,
        "JHRLXDH": write_phones(draft.phone, facts.landline, 0.03, "", rng),
        "XZZ": draft.home,
        "HJDZ": draft.hukou,
        "DJDW": _one_of("城东派出所 城西派出所 三厂派出所 常乐派出所 悦来派出所 包场派出所 余东派出所", count, rng),
        "LRSJ": write_days(seen.day, ""),
    }


def _write_school(seen: Sightings, facts: Facts, draft: Draft, rng: np.random.Generator) -> Columns:
    count = len(seen.child)
    grade = np.clip((facts.age_in_days / 365.25 - 6).astype(np.int64) + 1, 0, 9)
    grades = words("幼儿园 一年级 二年级 三年级 四年级 五年级 六年级 七年级 八年级 九年级")
    return {
        "序号": np.asarray([str(n) for n in range(1, count + 1)], dtype=object),
        "学校": _one_of(
            "实验小学 东洲小学 能仁小学 三厂小学 常乐小学 海南中学 东洲中学 开发区小学 悦来小学 包场小学 育才小学",
            count,
            rng,
        ),
        "年级": grades[grade],
        "姓名": draft.name,
        "别名": draft.former_name,
        "性别": write_sex(
            draft.sex, (("", "男", "女"), ("未知", "男", "女"), ("", "男性", "女性")), (0.8, 0.15, 0.05), rng
        ),
        "出生年月日": write_dates(
            draft.year, draft.month, draft.day, (0.15, 0.35, 0.18, 0.12, 0.15, 0, 0.02, 0.03), rng
        ),
        "民族": write_ethnicity(draft.ethnicity, 0.25, rng),
        "证件号码": draft.resident_id,
        "住址": draft.home,
        "户籍": draft.hukou,
        "父亲": draft.guardian,
        "父亲手机": write_phones(draft.phone, facts.landline, 0.015, "（父）", rng),
        "母亲": draft.second_guardian,
        "母亲手机": write_phones(draft.second_phone, facts.landline, 0.015, "（母）", rng),
        "在读状态": _one_of("在读 在读 在读 在读 在读 休学", count, rng),
        "入学时间": write_days(seen.day, "."),
    }


def _write_hospital(seen: Sightings, facts: Facts, draft: Draft, rng: np.random.Generator) -> Columns:
    count = len(seen.child)
    sex = write_sex(
        draft.sex,
        (("", "男", "女"), ("U", "M", "F"), ("9", "1", "2"), ("未知", "男", "女")),
        (0.6, 0.2, 0.1, 0.1),
        rng,
    )
    relations = np.asarray(("", "父亲", "母亲", "祖父母", "继父"), dtype=object)
    return {
        "病历号": np.asarray([str(n) for n in _random_numbers(count, 10_000_000, rng).tolist()], dtype=object),
        "就诊日期": write_days(seen.day),
        "患儿姓名": draft.name,
        "性别": sex,
        "出生日期": write_dates(draft.year, draft.month, draft.day, (0.08, 0.35, 0.04, 0.03, 0.12, 0.36, 0, 0.02), rng),
        "身份证号": draft.resident_id,
        "监护人": draft.guardian,
        "与患儿关系": np.where(draft.guardian == "", "", relations[facts.first + 1]),
        "联系电话": write_phones(draft.phone, facts.landline, 0.04, "(家长)", rng),
        "家庭住址": draft.home,
        "科室": _one_of("儿科 急诊科 外科 骨科 新生儿科 心理科 康复科 眼科", count, rng),
        "费别": _one_of("居民医保 自费 新农合 商业保险", count, rng),
    }


def _write_civil(seen: Sightings, facts: Facts, draft: Draft, rng: np.random.Generator) -> Columns:
    count = len(seen.child)
    ids = [f"MZ-{number}" for number in _random_numbers(count, 1_000_000, rng).tolist()]
    return {
        "编号": np.asarray(ids, dtype=object),
        "类别": _one_of("低保家庭 留守儿童 事实无人抚养 散居孤儿 重病重残 低收入家庭 流动儿童", count, rng),
        "儿童姓名": draft.name,
        "曾用名": draft.former_name,
        "性别": write_sex(draft.sex, (("", "男", "女"), ("0", "1", "2")), (0.9, 0.1), rng),
        "出生年月": write_dates(draft.year, draft.month, draft.day, (0.12, 0.18, 0.24, 0.18, 0.08, 0, 0.05, 0.15), rng),
        "民族": write_ethnicity(draft.ethnicity, 0.4, rng),
        "身份证号码": draft.resident_id,
        "监护人一": draft.guardian,
        "监护人二": draft.second_guardian,
        "联系电话": write_phones(draft.phone, facts.landline, 0.05, "", rng),
        "备用电话": write_phones(draft.second_phone, facts.landline, 0.08, "", rng),
        "现居住地址": draft.home,
        "户籍地址": draft.hukou,
        "享受待遇": _one_of("基本生活补贴 医疗救助 教育资助 无", count, rng),
        "建档时间": write_days(seen.day),
    }


_WRITERS: Final = {
    Source.POLICE: _write_police,
    Source.SCHOOL: _write_school,
    Source.HOSPITAL: _write_hospital,
    Source.CIVIL: _write_civil,
}
