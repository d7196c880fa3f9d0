"""What one Han character is mistaken for: homophones, look-alikes, traditional forms; and how it is spelled in pinyin.

Tables only, no chance and no names. Pinyin comes from pypinyin (one reading a character); homophones are restricted to
characters used in names, in the order in which an input method would offer them.
"""

from collections import defaultdict
from functools import cache
from typing import Final

from pypinyin import Style, pinyin

from linkage.synthetic import given_names
from linkage.synthetic.surnames import SURNAMES, TOP_HUNDRED

SURNAME_READINGS: Final = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "查": "zha", "解": "xie", "盖": "ge", "区": "ou", "任": "ren", "华": "hua",
    "纪": "ji", "覃": "qin", "翟": "zhai", "柏": "bai", "乐": "yue", "宁": "ning", "缪": "miao", "冼": "xian",
    "尉迟": "yuchi", "万俟": "moqi", "长孙": "zhangsun", "令狐": "linghu", "夏侯": "xiahou",
}  # fmt: skip
OTHER_READINGS: Final = {
    "乐": "yue",
    "行": "xing",
    "长": "chang",
    "朝": "zhao",
    "重": "chong",
    "茜": "xi",
    "晟": "sheng",
}

_OFTEN_TYPED: Final = (
    "子紫梓自仔籽涵含寒晗韩函欣心新辛馨鑫昕信轩宣萱玄怡宜依一伊仪宇雨羽玉钰语瑜浩皓昊豪好杰洁捷婕文雯闻嘉家佳加"
    "思诗斯丝时晨辰宸陈沉成诚城程承明铭名鸣志智治芝之俊君军钧峻睿瑞锐蕊悦月越玥岳乐琪淇棋奇祺其婷庭亭廷停静靖婧"
    "净敬雪学血颖影莹盈瑶遥尧摇琳林霖临璐露路鹿梦孟萌可珂科克安岸岩妍研燕艳言颜彦泽择则责博波伯柏航杭行帆凡番樊"
    "翔祥详向想洋阳扬杨佯旭绪续许徐丽莉立力利黎励国果过强墙建健剑见坚华花桦化伟威维薇微卫巍红宏洪鸿虹弘敏民闽娟"
    "捐军均芳方房霞侠夏娜那磊雷蕾垒勇永咏涌超朝潮涛桃滔辉晖会慧惠卉刚钢纲峰丰锋枫风平萍苹评桂贵秀绣英樱鹰兰岚蓝"
    "珍真贞振震镇梅美媚春纯淳龙隆珑海亥东冬栋栎金今锦进晋小晓筱笑孝少绍生升胜声圣清青晴卿情亚雅娅芽亦奕易艺忆益"
    "逸翊义意沐木牧慕茗茹如儒若诺偌恒珩衡桐童彤同潼曦希熙溪汐茜西钟忠中宗锺张章彰王汪旺刘流柳李里礼理赵兆照周舟"
    "洲吴无武伍孙荪胡湖朱珠竹高皋何和河贺郭锅马玛罗萝骆梁良粱宋送郑正谢榭唐堂棠冯封逢董懂曹草袁元原源邓登傅付福"
    "沈审彭鹏吕旅苏素卢芦炉蒋奖蔡菜贾甲丁顶魏卫叶页余于鱼俞潘盘杜度戴代夏汪田填任仁姜江范饭姚要谭谈廖辽邹走熊雄"
    "陆路录孔恐崔催康亢毛茂邱秋丘秦琴史使顾故侯候邵绍孟段断钱前汤尹银常长武乔桥赖莱龚公文施师陶桃颜闫阎"
)
_LOOKALIKE_GROUPS: Final = (
    "晨宸辰|涵函|梓辛锌桦|怡恰治抬|昊吴旲|萱宣喧|瑶遥谣摇|珊姗册|诗侍待持|未末朱|己已巳|玉王壬任|田由甲申|陈阵|杨扬汤|"
    "徐除余|洪供|晓哓浇|桐铜洞|琪棋淇祺|睿窨|皓浩晧|轩杆|宇字宁|泽择译|俊峻浚竣|杰木|博搏|欣掀|佳桂住|婷亭停|雅稚|静净|"
    "颖颍|莹萤荣|琳林彬|璐露潞|梦楚|妍研|玥明|可司|馨謦|钰玉|彤丹|悦锐说|昕听|芷芝|茗名|菲非韭|洁吉|瑞端|蕊芯|娜哪|希布|"
    "晗哈含|嘉喜|豪毫亳|志忘|文交|伟炜玮|强弱|磊垒|勇甬|涛滔|超起|斌彬|辉晖|刚冈|健建|峰锋蜂|鹏朋|亮壳|飞气|华毕|永水|海悔|"
    "国固|东车|林材|洋详|凯剀|龙尤|丽雨|敏每|燕蒸|娟捐|艳丰|芳芬|霞露|玲珍冷|红江|梅海|莉利|雪雷|萍苹|倩情|慧惠|晶品|英央|"
    "云去|秀季|刘刈|李季|张弛|赵起|周同|孙荪|胡湖|高亭|何河|郭廓|罗岁|梁粱|郑邓|谢射|韩翰|唐康|冯马|于干千|董薰|萧肃|程呈|"
    "曹遭|袁哀|许讦|傅博|沈沉|曾鲁|吕吴|苏办|卢户|蒋浆|贾贡|丁了|魏巍|薛辞|叶汁|潘蕃|杜社|戴载|夏复|钟种|汪旺|姜美|范苑|方万|"
    "石右|姚桃|谭潭|廖寥|邹邻|熊态|金全|陆陈|孔扎|白自|崔催|毛手|邱丘|秦奏|史吏|顾颀|侯候|邵绍|孟盂|段般|钱线|尹伊|黎犁|易昜|"
    "常堂|武式|乔桥|贺架|赖籁|龚袭|施拖|天夫|大太|若苦|诺偌|依衣|一二|铭名|睿容|思恩|家冢|成戌|承丞|承永|星皇|景影|旭旮|沐休|"
    "墨黑|奕变|逸兔|恒桓|琦绮|瑾谨|曦嚱|煜昱|烨晔|焱炎|婕捷|媛缓|婉碗|曼慢|舒舍|宛苑|晴睛|岚风|汐夕|清请|羽习|慕幕|芮芯|"
    "彦颜|尧晓|钧均钓|骏俊|翰瀚|卓早|乐东|贝见|安女|宝玉|春舂|庆厌|兰三|桂挂|珍玲|凤风|军车|建健"
)
_TRADITIONAL: Final = (
    "张張刘劉陈陳杨楊赵趙黄黃吴吳孙孫马馬罗羅郑鄭谢謝韩韓冯馮萧蕭邓鄧许許吕呂苏蘇卢盧蒋蔣贾賈叶葉阎閻钟鍾谭譚邹鄒"
    "陆陸顾顧龙龍万萬钱錢汤湯乔喬贺賀赖賴龚龔颜顏严嚴温溫庄莊涂塗祝祝凌淩费費纪紀项項欧歐卫衛闵閔强強华華车車娄婁"
    "轩軒诗詩语語杰傑泽澤鑫鑫宝寶伟偉国國东東凯凱飞飛凤鳳丽麗静靜娟娟艳豔玲玲红紅莲蓮兰蘭云雲爱愛乐樂庆慶军軍辉輝"
    "刚剛涛濤鹏鵬义義维維荣榮铭銘贤賢亚亞颖穎莹瑩琼瓊宁寧婵嬋娇嬌韵韻梦夢晓曉悦悅瑶瑤瑾瑾怀懷忆憶恺愷烨燁炜煒玮瑋"
    "钰鈺锦錦钧鈞锋鋒骏駿骁驍腾騰润潤渊淵沪滬济濟滨濱汉漢淼淼阳陽阴陰际際随隨随隨丰豐举舉兴興关關图圖圆圓园園学學"
    "实實宪憲岚嵐岭嶺帅帥师師归歸录錄彦彥彻徹忧憂恒恆惠惠扬揚择擇拥擁敌敵斋齋旷曠显顯时時昙曇术術权權条條来來极極"
)


@cache
def spell(character: str) -> str:
    """Toneless pinyin of one character in its usual reading, ü as v; "" when it has none."""
    reading = pinyin(character, style=Style.NORMAL, v_to_u=False, errors="ignore")
    return str(reading[0][0]).lower() if reading else ""


@cache
def spell_with_tone(character: str) -> str:
    """Pinyin of one character with the tone as a mark."""
    reading = pinyin(character, style=Style.TONE, errors="ignore")
    return str(reading[0][0]) if reading else ""


def spell_surname(surname: str) -> str:
    """Toneless pinyin of a surname, with the readings that only surnames have."""
    return SURNAME_READINGS.get(surname) or "".join(spell(c) for c in surname)


def _blurred(syllable: str) -> str:
    """One key for syllables that southern speakers and sloppy typists do not tell apart."""
    blurred = syllable.replace("zh", "z").replace("sh", "s").replace("ch", "c")
    if blurred.endswith(("ing", "eng", "ang")):
        blurred = blurred[:-1]
    return "l" + blurred[1:] if blurred.startswith("n") and len(blurred) > 1 else blurred


@cache
def _by_sound() -> tuple[dict[str, str], dict[str, str]]:
    used = dict.fromkeys(_OFTEN_TYPED + "".join(given_names.TAIL) + "".join(TOP_HUNDRED))
    exact: dict[str, str] = defaultdict(str)
    near: dict[str, str] = defaultdict(str)
    for character in used:
        syllable = spell(character)
        exact[syllable] += character
        near[_blurred(syllable)] += character
    return dict(exact), dict(near)


@cache
def homophones(character: str) -> str:
    """Other characters in use with the same toneless pinyin, most typed first; may be empty."""
    return _by_sound()[0].get(spell(character), "").replace(character, "")


@cache
def near_homophones(character: str) -> str:
    """Characters whose syllable differs only in zh/z, sh/s, ch/c, n/l or a final -ng; may be empty."""
    syllable = spell(character)
    return "".join(c for c in _by_sound()[1].get(_blurred(syllable), "") if spell(c) != syllable)


@cache
def _lookalike_table() -> dict[str, str]:
    table: dict[str, str] = defaultdict(str)
    for group in _LOOKALIKE_GROUPS.split("|"):
        for character in group:
            table[character] += group.replace(character, "")
    return dict(table)


def lookalikes(character: str) -> str:
    """Characters that a tired reader of handwriting may write instead; may be empty."""
    return _lookalike_table().get(character, "")


TRADITIONAL: Final = {
    simple: full for simple, full in zip(_TRADITIONAL[::2], _TRADITIONAL[1::2], strict=True) if simple != full
}


def surname_length(name: str) -> int:
    """Characters of the surname in a Han name: 2 for the compound surnames of the table, else 1."""
    return 2 if len(name) > 2 and name[:2] in SURNAMES else 1
