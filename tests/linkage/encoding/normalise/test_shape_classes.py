import itertools

from linkage.encoding.normalise.shapes import shape_classes

_TEXT = """
己已 已巳 末未 晴睛 浩皓 芮苪 冶治 涵函 宇字 杨扬 辰晨 王玉 土士 日曰 人入 千干 甲由 戊戌
侯候 茜西 西酉 洒酒 婷停 钰珏 敏敬 辛幸 佳住 炫眩 晟盛 琪淇 棋祺 清请 情晴 静靖 欣掀 欣昕
俊峻 伟玮 纬炜 磊蕊 蕾雷 思恩 慧惠 珊姗 妍研 娟涓 婉琬 芬芳 会合 玲铃 令今 余佘 陈阵 郑邓
邱郎 郎朗 洪供 午牛 何河 孔扎 吕品 孟盂 龙尤 元无 沈沉 苹萍 莉利 莎沙 薇微 凤风 丹舟 朋明
白百 锦绵 绮琦 瑶摇 瑾谨 瑜渝 翰瀚 翔翊 宸震 梁粱 亮毫 汝如 庭廷 建健 竹笃 端瑞 丰半 环坏
景影 问间 曼蔓 爱暖 媛援 奕弈 荼茶 斌武 晖辉 水永 珠株 典兴 其基 墓幕 象像 魏巍 廖寥 蔡察
曾增 贾贸 栗粟 谭潭 童章 彰漳 悠修 络洛 夏复 香杳 季李 尧饶 聪总 怒恕 恒垣 喧暄 坤伸 冲仲
英莫 慎镇 贞祯 礼札 社杜 祖组 裕浴 刚纲 卢芦 官宫 彤彬 颖颍 麟鳞 琰淡 琛深 曦羲 诗侍 娇骄
昀均 晞稀 晏宴 昭招 晰析 烨桦 焕换 炳柄 泽译 淳谆 汐夕 湘相 潇萧 澜阑 瑛英 璇旋 璞噗 珈加
锋峰 锴楷 锟琨 骁绕 楠喃 桐铜 桃姚 果杲 枫风 柏拍 梅海 哲浙 喆吉 嘉喜 博傅 佑右 凌陵 冉再
寅演 崇祟 岑芩
"""
PAIRS = _TEXT.split()
UNLIKE = list(itertools.pairwise("李国翔雨诗明婷强辉欣宇龙丹磊美玲刚超颖慧敏华凯晶"))


def test_look_alikes_share_a_class() -> None:
    """A misread character keeps a child linked only if the pair has a class in common."""
    shared = [bool(set(shape_classes(a)) & set(shape_classes(b))) for a, b in PAIRS]
    assert len(PAIRS) >= 150
    assert sum(shared) / len(shared) >= 0.97


def test_first_class_is_the_useful_one() -> None:
    """Tags use the first class or two, so most look-alikes must meet there already."""
    shared = [shape_classes(a)[0] == shape_classes(b)[0] for a, b in PAIRS]
    assert sum(shared) / len(shared) >= 0.85


def test_unlike_characters_share_none() -> None:
    """A class that mixes unlike characters would link strangers."""
    assert not any(set(shape_classes(a)) & set(shape_classes(b)) for a, b in UNLIKE)


def test_classes_are_few_and_always_there() -> None:
    """Every class of a character costs a slot in every record."""
    assert all(1 <= len(shape_classes(chr(code))) <= 6 for code in range(0x4E00, 0x9FFF))
    assert shape_classes("A") == ("A",)
