import pytest

from linkage.encoding.normalise.name import Name, Newborn, Reading, read_guardian, read_name, split_names


def _name(text: str) -> Name:
    name = read_name(text)
    assert isinstance(name, Name)
    return name


@pytest.mark.parametrize(
    ("written", "surname", "given", "pinyin"),
    [
        ("李子涵", "李", "子涵", "li zi han"),
        ("李 子 涵", "李", "子涵", "li zi han"),
        ("單曉明", "单", "晓明", "shan xiao ming"),
        ("曾国强", "曾", "国强", "zeng guo qiang"),
        ("仇英", "仇", "英", "qiu ying"),
        ("查良镛", "查", "良镛", "zha liang yong"),
        ("解缙", "解", "缙", "xie jin"),
        ("区志文", "区", "志文", "ou zhi wen"),
        ("吕布", "吕", "布", "lv bu"),
        ("欧阳娜", "欧阳", "娜", "ouyang na"),
        ("尉迟恭敬", "尉迟", "恭敬", "yuchi gong jing"),
        ("张李子涵", "张", "李子涵", "zhang li zi han"),
        ("王·小明", "王", "小明", "wang xiao ming"),
        ("李子涵同学", "李", "子涵", "li zi han"),
        ("李子涵2", "李", "子涵", "li zi han"),
        ("王明A", "王", "明", "wang ming"),
        ("王小明（曾用名：王强）", "王", "小明", "wang xiao ming"),
        ("李明（男）", "李", "明", "li ming"),
        ("姓名：李明", "李", "明", "li ming"),
        ("李子涵 Li Zihan", "李", "子涵", "li zi han"),
    ],
)
def test_han_names(written: str, surname: str, given: str, pinyin: str) -> None:
    """Surname, given name and first reading decide which keys a child gets."""
    name = _name(written)
    assert (name.script, name.surname, name.given) == ("han", surname, given)
    assert " ".join((name.readings[0].surname, *name.readings[0].given)) == pinyin


@pytest.mark.parametrize(
    ("written", "surname", "given"),
    [
        ("王*明", "王", "*明"),
        ("王某明", "王", "*明"),
        ("王某某", "王", "**"),
        ("王XX", "王", "**"),
        ("王〇〇", "王", "**"),
        ("王□明", "王", "*明"),
        ("王？明", "王", "*明"),
        ("王\ufffd", "王", "*"),
        ("*子涵", "", "子涵"),
        ("李(王月)涵", "李", "*涵"),
        ("张(王月)", "张", "*"),
        ("李⿰王月", "李", "*"),
        ("李女士", "李", "*"),
    ],
)
def test_masked_characters(written: str, surname: str, given: str) -> None:
    """A mask read as a character would equal every other mask."""
    name = _name(written)
    assert (name.surname, name.given) == (surname, given)
    assert name.readings[0].given.count("*") == given.count("*")


def test_pinyin_for_a_rare_character() -> None:
    """李yan涵 keeps the sound that the clerk typed for a character missing from the font."""
    assert _name("李yan涵").readings == (Reading("li", ("yan", "han")),)


@pytest.mark.parametrize(
    "written",
    [
        *("Li Zihan", "LI ZI HAN", "zihan li", "Zi-Han LI", "lizihan", "LiZihan", "Li, Zihan", "LI,ZIHAN", "lǐ zǐ hán"),
        *("Li3 Zi3han2", "li zi'han", "Ｌｉ　Ｚｉｈａｎ", "Li_Zihan", "li.zihan", "Zihan, LI Zihan"[7:]),
    ],
)
def test_pinyin_in_any_style(written: str) -> None:
    """All romanisations of 李子涵 must share one reading with the Han name."""
    assert Reading("li", ("zi", "han")) in _name(written).readings
    assert _name(written).script == "latin"


@pytest.mark.parametrize("written", ["LYU Xin", "Lv Xin", "LÜ Xin", "lǚ xīn", "Lu: Xin"])
def test_every_spelling_of_the_umlaut(written: str) -> None:
    """吕 is LYU in a passport, LV in a school register."""
    assert _name(written).readings[0] == Reading("lv", ("xin",))


def test_both_orders_are_kept() -> None:
    """Wang Li may be 王丽 or 李望."""
    assert _name("Wang Li").readings == (Reading("wang", ("li",)), Reading("li", ("wang",)))


def test_only_one_word_can_be_the_surname() -> None:
    """Emily is no surname, so one order is enough."""
    assert _name("Emily Li").readings == (Reading("li", ("emily",)),)
    assert _name("李Emily").readings == (Reading("li", ("emily",)),)


def test_compound_surname_in_pinyin() -> None:
    """Ou yang must not become the surname Ou."""
    for text in ("Ouyang Nana", "OU YANG NA NA", "nana ouyang", "ouyangnana"):
        assert Reading("ouyang", ("na", "na")) in _name(text).readings


@pytest.mark.parametrize("text", ["小明", "阿宝", "明明", "乐乐", "宝宝", "老大", "二宝", "思涵", "Emily", "小石头"])
def test_nicknames(text: str) -> None:
    """Without a surname in sight none may be invented."""
    name = _name(text)
    assert name.nickname
    assert name.surname == ""


@pytest.mark.parametrize("text", ["安琪", "于洋", "阿里巴", "方圆", "王小小", "肖小明", "王明明"])
def test_names_that_only_resemble_nicknames(text: str) -> None:
    """Real surnames must survive the nickname rules."""
    assert not _name(text).nickname


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("买买提·艾力", ("买买提", "艾力")),
        ("买买提.艾力", ("买买提", "艾力")),
        ("買買提・艾力", ("买买提", "艾力")),
        ("买买提 艾力", ("买买提", "艾力")),
        ("阿不都热合曼", ("阿不都热合曼",)),
        ("马合木提", ("马合木提",)),
        ("扎西顿珠", ("扎西顿珠",)),
        ("卓玛", ("卓玛",)),
    ],
)
def test_ethnic_names(written: str, parts: tuple[str, ...]) -> None:
    """Ethnic names have no surname; their first part is what short registers keep."""
    name = _name(written)
    assert (name.script, name.surname, name.given, name.parts) == ("ethnic", "", parts[0], parts)
    assert name.readings[0].surname == ""
    assert len(name.readings) == min(2, len(parts))


@pytest.mark.parametrize(
    ("written", "mother", "sex", "order"),
    [
        ("李丽之女", "李丽", "F", None),
        ("李丽 之 子", "李丽", "M", None),
        ("李某某之子", "李**", "M", None),
        ("李丽之长子", "李丽", "M", 1),
        ("李丽之次女", "李丽", "F", 2),
        ("李丽女婴", "李丽", "F", None),
        ("李丽之男婴", "李丽", "M", None),
        ("李丽之子1", "李丽", "M", 1),
        ("李丽之女（大）", "李丽", "F", 1),
        ("李丽之女B", "李丽", "F", 2),
        ("李丽双胞胎甲", "李丽", None, 1),
        ("李丽之双胞胎小", "李丽", None, 2),
        ("李丽双胎之二", "李丽", None, 2),
        ("李丽大双", "李丽", None, 1),
        ("李丽之婴", "李丽", None, None),
        ("李丽宝宝", "李丽", None, None),
        ("李丽(女婴)", "李丽", "F", None),
        ("李丽（之子）", "李丽", "M", None),
        ("欧阳丽之女", "欧阳丽", "F", None),
        ("张丽女", "张丽", "F", None),
        ("张小丽子", "张小丽", "M", None),
    ],
)
def test_newborn_entries(written: str, mother: str, sex: str | None, order: int | None) -> None:
    """A hospital's newborn is found by its mother; read as a child's name it would match nobody."""
    newborn = read_name(written)
    assert isinstance(newborn, Newborn)
    assert newborn.mother.surname + newborn.mother.given == mother
    assert (newborn.child_sex, newborn.order) == (sex, order)


def test_newborn_in_latin_letters() -> None:
    """Labels printed abroad or in pinyin say the same."""
    for text, sex in (("Baby of Zhang Li", None), ("BABY GIRL ZHANG LI", "F"), ("zhang li zhi zi", "M")):
        newborn = read_name(text)
        assert isinstance(newborn, Newborn)
        assert newborn.child_sex == sex
        assert newborn.mother.readings[0] == Reading("zhang", ("li",))


@pytest.mark.parametrize("text", ["王子", "王娇子", "杨惠子", "王淑女", "李宝宝", "张子女婷", "诸葛子"])
def test_childrens_names_that_end_like_newborn_entries(text: str) -> None:
    """A child may well be called so; taking it for its mother loses it."""
    assert isinstance(read_name(text), Name)


@pytest.mark.parametrize(
    "text",
    [
        "无名氏",
        "待定",
        "未知",
        "不详",
        "无",
        "女婴",
        "新生儿",
        "弃婴",
        "无名女婴",
        "某某",
        "***",
        "未取名",
        "海门市福利院",
        "12345",
        "母亲",
        "同上",
    ],
)
def test_nameless(text: str) -> None:
    """Words that say there is no name must not become one."""
    assert read_name(text) is None


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("王小明(明明)", ("王小明", "明明")),
        ("王小明（曾用名：王强）", ("王小明", "王强")),
        ("王小明 曾用名 王强", ("王小明", "王强")),
        ("李小红/李红", ("李小红", "李红")),
        ("张三、李四", ("张三", "李四")),
        ("张三 李四", ("张三", "李四")),
        ("张三和李四", ("张三", "李四")),
        ("李和平", ("李和平",)),
        ("欧阳 子涵", ("欧阳子涵",)),
        ("Li, Zihan", ("Li, Zihan",)),
        ("李子涵(Emily)", ("李子涵", "Emily")),
        ("父:张三,母:李四", ("张三", "李四")),
        ("李丽之女(大)", ("李丽之女(大)",)),
        ("王小明(男)", ("王小明",)),
        ("", ()),
    ],
)
def test_cells_with_several_names(cell: str, names: tuple[str, ...]) -> None:
    """A former name is often the only one that another agency knows."""
    assert split_names(cell) == names


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "张丽",
            "母亲张丽",
            "母:张丽",
            "母亲：张丽",
            "张丽(母亲)",
            "张丽（母女）",
            "张丽 母亲 13812345679",
            "张丽，母",
            "母张丽",
            "母亲/张丽",
        ),
        *("监护人:张丽", "张丽13812345679", "张丽-母亲", "奶奶张丽", "张丽女士"[:2]),
    ],
)
def test_guardians(cell: str) -> None:
    """Relation words and phones are no part of a guardian's name."""
    name = read_guardian(cell)
    assert name is not None
    assert name.surname + name.given == "张丽"


@pytest.mark.parametrize("cell", ["李子涵妈妈", "李子涵之母", "母亲", "无", "海门区民政局", "已故", ""])
def test_cells_without_a_guardians_name(cell: str) -> None:
    """'The mother of 李子涵' names the child, not the mother."""
    assert read_guardian(cell) is None


def test_polyphones_are_few_and_doubled_characters_agree() -> None:
    """Every extra reading costs a key; 乐乐 is never 'le yue'."""
    readings = _name("单乐乐").readings
    assert readings == (Reading("shan", ("le", "le")), Reading("shan", ("yue", "yue")))
    assert all(len(_name(text).readings) <= 4 for text in ("覃乐长行", "Xian-xian Xian", "fanganxian"))
