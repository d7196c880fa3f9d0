"""English diminutives: the full names that an everyday form may stand for.

A table and its reading, nothing else. It says nothing of nicknames that agencies file as such (those are other names),
and nothing of names outside English use. Compiled for this project from general knowledge.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

# One root each, then its diminutives; a diminutive of several names appears under each of them.
_NICKNAMES: Final = """
abigail abby abbie gail | albert al bert bertie | alexander alex alec sandy sasha xander | alexandra alex sandra lexi
alfred alf fred freddie | amanda mandy | andrew andy drew | angela angie | anthony tony | antonia toni | arthur art
barbara barb babs | benjamin ben benny benji | bernard bernie | bradley brad | bridget biddy | cameron cam
carolyn caroline carol carrie | catherine cathy kate katie kathy cath kat kit | charles charlie chas chuck
charlotte charlie lottie | christine chris chrissie christina tina | christopher chris kit topher | cynthia cindy
daniel dan danny | david dave davey | deborah deb debbie debra | dominic dom nick | donald don donny | dorothy dot dolly
douglas doug | edward ed eddie ted ned | eleanor ellie nell nora | elizabeth beth betty eliza lisa liz lizzie libby bess
emily em emmy | eugene gene | florence flo florrie | frances fran fanny | francis frank | frederick fred freddie
gabrielle gabby | geoffrey geoff jeff jeffrey | gerald gerry jerry | gregory greg | harold harry hal | harriet hattie
helen nell nellie | henry harry hank hal | isabella bella izzy | jacob jake | jacqueline jackie | james jim jimmy jamie
jane janey | janet jan | jennifer jen jenny | jessica jess jessie | joanna jo joanne | john jack johnny jon
jonathan jon jonny | joseph joe joey | joshua josh | judith judy jude | katherine kate katie kathy kath kat kit
kenneth ken kenny | kimberley kim | lawrence larry laurie | leonard len lenny leo | lillian lily lil | louise lou
madeleine maddie maddy | margaret maggie meg peggy marge margie greta | martin marty | mary molly polly may
matthew matt matty | maxwell max | melissa mel missy | michael mick mike mickey micky | mitchell mitch
nathaniel nate nathan nat | natalie nat | nicholas nick nicky | nicole nicky nikki | oliver ollie | olivia liv livvy
pamela pam | patricia pat patty trish tricia | patrick pat paddy | penelope penny | peter pete | philip phil pip
rachel rach | raymond ray | rebecca becky bec becca | richard dick rick ricky richie | robert bob bobby rob robbie bert
roberta bobbie | ronald ron ronnie | rosemary rose rosie | russell russ | samantha sam sammy | samuel sam sammy
sarah sally sal | sebastian seb | simon si | sophia sophie | stephanie steph | stephen steve stevie steven
stuart stewart stu | susan sue susie suzanne | terence terry | theodore ted theo | theresa terry tess tessa
thomas tom tommy | timothy tim timmy | valerie val | veronica ronnie | victoria vicky tori | vincent vince vinny
virginia ginny | walter walt wally | william bill billy will willy liam | zachary zac zach zack
"""


def _read_nicknames(table: str) -> dict[str, tuple[str, ...]]:
    roots: dict[str, tuple[str, ...]] = {}
    for group in re.split(r"[|\n]", table):
        words = group.split()
        for word in words[1:]:
            roots[word] = (*roots.get(word, ()), words[0])
    return roots


ROOTS: Final[Mapping[str, tuple[str, ...]]] = _read_nicknames(_NICKNAMES)
"""Diminutive → full names, in the table's order."""
