"""How a Han character is read in a given name: toneless pinyin, likeliest reading first.

Holds readings of single characters only; surnames have their own (surnames.py). Source: pypinyin's
character table, narrowed to its first reading, and a short table of characters with two readings that
parents really use.
"""

from pypinyin.pinyin_dict import pinyin_dict

from linkage.encoding.normalise.syllables import SYLLABLES, fold_syllable, toneless

__all__ = ["READINGS", "fold_syllable", "syllables_of"]

_TWO_WAYS = """
乐 le yue|行 xing hang|长 chang zhang|朝 chao zhao|重 chong zhong|茜 qian xi|莎 sha suo|娜 na nuo|晟 sheng cheng
盛 sheng cheng|藏 cang zang|奇 qi ji|参 shen can|都 du dou|觉 jue jiao|隽 jun juan|露 lu lou|蔓 man wan|朴 pu piao
蔚 wei yu|宿 su xiu|伽 jia qie|茄 jia qie|炅 jiong gui|筠 yun jun|柏 bai bo|钥 yue yao|莞 wan guan|菀 wan yuan
浣 huan wan|靓 liang jing|缪 miao mou|仔 zi zai|拓 tuo ta|镐 hao gao|纶 lun guan|偲 si cai|陶 tao yao|峤 qiao jiao
澄 cheng deng|单 dan shan|曾 zeng ceng|解 jie xie|查 cha zha|盖 gai ge|区 qu ou|翟 zhai di|绿 lv lu|率 shuai lv
络 luo lao|泊 bo po|屏 ping bing|杉 shan sha|厦 xia sha|省 xing sheng|殷 yin yan|晕 yun|扎 zha za|琢 zhuo zuo
车 che ju|玢 bin fen|瑱 zhen tian|绮 qi yi|婼 ruo chuo|溱 zhen qin|亹 wei men|弥 mi|大 da|得 de|劲 jin jing|尉 wei yu
佛 fo fu|校 xiao|隗 kui wei|妤 yu|俊 jun|郇 xun huan|覃 qin tan|沈 shen chen|铅 qian yan|栖 qi xi|戌 xu qu|虹 hong
崴 wei|汜 si|吁 yu xu|氏 shi zhi|尧 yao|粘 nian zhan|芥 jie gai|济 ji|繁 fan po|逄 pang|瞿 qu|莘 xin shen|葚 shen
臻 zhen|琛 chen|祎 yi|艾 ai|珏 jue|阿 a|和 he|冠 guan|宁 ning|万 wan|任 ren|华 hua|应 ying|正 zheng|相 xiang|中 zhong
"""


def _own_readings() -> dict[str, tuple[str, ...]]:
    entries = (entry.split() for line in _TWO_WAYS.split("\n") for entry in line.split("|") if entry)
    return {entry[0]: tuple(entry[1:]) for entry in entries}


def _first_readings() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for code, readings in pinyin_dict.items():
        cleaned = (toneless(reading) for reading in readings.split(","))
        first = next((reading for reading in cleaned if reading in SYLLABLES), None)
        if first is not None:
            found[chr(code)] = (first,)
    return found


READINGS: dict[str, tuple[str, ...]] = {**_first_readings(), **_own_readings()}
"""Character → its readings; whole, so that a digest can cover it."""


def syllables_of(character: str) -> tuple[str, ...]:
    """Readings of one character, best first; () when it has none (a mask, a digit, an unknown character)."""
    return READINGS.get(character, ())
