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
盛 sheng cheng|藏 cang zang|奇 qi ji|参 shen can|少 shao|都 du dou|和 he huo|觉 jue jiao|隽 jun juan|露 lu lou
蔓 man wan|朴 pu piao|蔚 wei yu|相 xiang|宿 su xiu|伽 jia qie|迦 jia|茄 jia qie|炅 jiong gui|筠 yun jun|柏 bai bo
薄 bo bao|钥 yue yao|莞 wan guan|菀 wan yuan|浣 huan wan|靓 liang jing|缪 miao mou|仔 zi zai|拓 tuo ta|镐 hao gao
纶 lun guan|偲 si cai|陶 tao yao|峤 qiao jiao|妮 ni|澄 cheng deng|单 dan shan|曾 zeng ceng|解 jie xie|仇 chou qiu
查 cha zha|盖 gai ge|区 qu ou|万 wan mo|尉 wei yu|翟 zhai di|冯 feng ping|石 shi dan|秘 mi bi|埔 pu bu|便 bian pian
调 tiao diao|传 chuan zhuan|弹 tan dan|得 de|地 di|的 di de|大 da dai|度 du duo|恶 e wu|佛 fo fu|给 gei ji
更 geng|冠 guan|还 huan hai|会 hui kuai|降 jiang xiang|角 jiao jue|校 xiao jiao|禁 jin|劲 jin jing|强 qiang jiang
俊 jun|卡 ka qia|看 kan|壳 ke qiao|可 ke|阿 a e|艾 ai|累 lei|量 liang|绿 lv lu|率 lv shuai|络 luo lao|脉 mai mo
没 mei mo|模 mo mu|難 nan|宁 ning|泊 bo po|埋 mai|漂 piao|屏 ping bing|曲 qu|色 se|杉 shan sha|扇 shan|厦 xia sha
沈 shen|什 shi shen|省 sheng xing|识 shi zhi|似 si shi|数 shu|说 shuo yue|提 ti di|帖 tie|为 wei|系 xi ji|吓 xia he
鲜 xian|削 xue xiao|血 xue xie|殷 yin yan|应 ying|佣 yong|与 yu|予 yu|晕 yun|载 zai|择 ze zhai|扎 zha za|着 zhuo zhe
正 zheng|只 zhi|殖 zhi|种 zhong chong|属 shu zhu|著 zhu|琢 zhuo|综 zong|祭 ji zhai|佳 jia|俞 yu|贾 jia gu|谷 gu yu
郇 xun huan|洗 xi xian|车 che ju|折 zhe she|乜 mie nie|令 ling|任 ren|华 hua|纪 ji|哈 ha|呢 ni ne|了 liao le
熠 yi|祎 yi|玥 yue|珏 jue yu|瑱 zhen tian|玢 bin fen|珩 heng hang|绮 qi yi|婼 ruo chuo|婠 wan|媞 ti|汜 si|溱 zhen qin
焜 kun|晔 ye|煜 yu|嬅 hua|骐 qi|芃 peng|茉 mo|芮 rui|芷 zhi|苡 yi|荃 quan|亹 wei men|昇 sheng|鑫 xin|垚 yao|犇 ben
珈 jia|圳 zhen|迪 di|勒 le|斯 si|尔 er|帖 tie|吾 wu|咖 ka|弥 mi|塔 ta|甫 fu|龟 gui qiu|亚 ya|俨 yan|仡 ge yi
"""


def _own_readings() -> dict[str, tuple[str, ...]]:
    entries = (entry.split() for line in _TWO_WAYS.split("\n") for entry in line.split("|") if entry)
    return {entry[0]: tuple(entry[1:]) for entry in entries}


def _first_readings() -> dict[str, tuple[str, ...]]:
    found = {}
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
