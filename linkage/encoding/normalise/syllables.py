"""The syllables of Standard Chinese in toneless pinyin, and how a run of letters divides into them.

'ü' is written 'v' after n and l. Divides only; knows nothing of names, characters or order.
"""

import re
import unicodedata

from linkage.encoding.normalise.tables import words

SYLLABLES = frozenset(
    words("""
    a ai an ang ao ba bai ban bang bao bei ben beng bi bian biao bie bin bing bo bu ca cai can cang cao ce cen
    ceng cha chai chan chang chao che chen cheng chi chong chou chu chua chuai chuan chuang chui chun chuo ci
    cong cou cu cuan cui cun cuo da dai dan dang dao de dei den deng di dia dian diao die ding diu dong dou du
    duan dui dun duo e en er fa fan fang fei fen feng fo fou fu ga gai gan gang gao ge gei gen geng gong gou gu
    gua guai guan guang gui gun guo ha hai han hang hao he hei hen heng hong hou hu hua huai huan huang hui hun
    huo ji jia jian jiang jiao jie jin jing jiong jiu ju juan jue jun ka kai kan kang kao ke ken keng kong kou
    ku kua kuai kuan kuang kui kun kuo la lai lan lang lao le lei leng li lia lian liang liao lie lin ling liu
    long lou lu luan lun luo lv lve ma mai man mang mao me mei men meng mi mian miao mie min ming miu mo mou mu
    na nai nan nang nao ne nei nen neng ni nian niang niao nie nin ning niu nong nou nu nuan nuo nv nve o ou pa
    pai pan pang pao pei pen peng pi pian piao pie pin ping po pou pu qi qia qian qiang qiao qie qin qing qiong
    qiu qu quan que qun ran rang rao re ren reng ri rong rou ru ruan rui run ruo sa sai san sang sao se sen seng
    sha shai shan shang shao she shei shen sheng shi shou shu shua shuai shuan shuang shui shun shuo si song sou
    su suan sui sun suo ta tai tan tang tao te teng ti tian tiao tie ting tong tou tu tuan tui tun tuo wa wai
    wan wang wei wen weng wo wu xi xia xian xiang xiao xie xin xing xiong xiu xu xuan xue xun ya yan yang yao ye
    yi yin ying yong you yu yuan yue yun za zai zan zang zao ze zei zen zeng zha zhai zhan zhang zhao zhe zhen
    zheng zhi zhong zhou zhu zhua zhuai zhuan zhuang zhui zhun zhuo zi zong zou zu zuan zui zun zuo
    """)
)
_LONGEST = max(map(len, SYLLABLES))
_MOST_LETTERS = 24
_MOST_DIVISIONS = 4

_SPELLED_V = re.compile(r"\b([nl])yu(e?)\b")  # passports write LYU, NYU for lü, nü
_IDLE_V = re.compile(r"(?<=[jqxy])v")
_DIAERESIS = "u\u0308"


def toneless(text: str) -> str:
    """Lower-case pinyin without tone marks or tone digits; ü, u:, yu after n or l → v.

    A tone digit ends a syllable, so it leaves an apostrophe: 'zi3han2' → "zi'han'".
    """
    text = text.lower()
    if not text.isascii():
        text = unicodedata.normalize("NFD", text)
        # the tone mark may stand between u and its diaeresis
        text = re.sub("u[\u0300-\u0307\u0309-\u036f]*\u0308", "v", text)
        text = "".join(char for char in text if not unicodedata.combining(char))
    text = text.replace("u:", "v")
    text = re.sub(r"(?<=[a-z])[0-5]", "'", text)
    text = _SPELLED_V.sub(r"\1v\2", text)
    text = re.sub(r"\b([nl])ue\b", r"\1ve", text)
    return _IDLE_V.sub("u", text)


def divide(word: str) -> tuple[tuple[str, ...], ...]:
    """Ways to cut a run of toneless letters into syllables, best first, at most four; () when there is none.

    Orthography asks for an apostrophe before a syllable that starts with a vowel, so cuts without such
    syllables come first, then cuts into fewer syllables: 'xian' is xian before xi an, 'fangan' is fan gan.
    """
    if not word or len(word) > _MOST_LETTERS:
        return ()
    whole: list[list[tuple[str, ...]]] = [[] for _ in range(len(word) + 1)]
    whole[0] = [()]
    for end in range(1, len(word) + 1):
        for start in range(max(0, end - _LONGEST), end):
            piece = word[start:end]
            if whole[start] and piece in SYLLABLES:
                whole[end] += [(*cut, piece) for cut in whole[start]]
        whole[end] = sorted(whole[end], key=_awkwardness)[:_MOST_DIVISIONS]
    return tuple(whole[-1])


def _awkwardness(cut: tuple[str, ...]) -> tuple[int, int, tuple[str, ...]]:
    return sum(piece[0] in "aeo" for piece in cut[1:]), len(cut), cut


_FOLDED_INITIAL = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"))


def fold_syllable(syllable: str) -> str:
    """One form for syllables that southern speakers confuse: zh/z ch/c sh/s, initial n/l, final in/ing en/eng."""
    for heard, said in _FOLDED_INITIAL:
        if syllable.startswith(heard) and len(syllable) > len(heard):
            syllable = said + syllable[len(heard) :]
            break
    if syllable.endswith(("ing", "eng")):
        return syllable[:-1]
    return syllable
