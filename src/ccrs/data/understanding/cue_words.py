"""The words of taste, of seeing and of likeness; negated ones are phrases where the parts alone would mislead."""

from __future__ import annotations

LIKE = """
    loved, love, loves, loving, liked, likes, enjoyed, enjoy, enjoys, enjoying, adore, adored, adores,
    appreciate, appreciated, fan of, fans of, into, favorite, favorites, fond of, obsessed with, prefer,
    preferred, prefers, dig, a sucker for, sucker for, keen on, partial to, crazy about,
    nothing beats, can not beat, hard to beat, huge on, big on, devoted to, passionate about,
    worship, worshipped, can not get enough
    of, can not go wrong with, can not get enough, cried at, faves, addicted to, go to
"""
DISLIKE = """
    hated, hate, hates, dislike, disliked, dislikes, despise, despised, loathe, loathed, detest, can not
    stand, could not stand, can not handle, do not do, could not get into, can not get into, never got into,
    sick of, tired of, bored by, bored of, bored with, disappointed by, disappointed with, disappointed in,
    not care for, not care much for, not really care for, not care too much for, not much for, not too crazy
    about, turned off by, fell asleep during, fell asleep in, fell asleep watching, walked out of, could not
    finish, enough of, regret watching, not big on, can not watch, could not watch, could not sit through, not
    big into, least favorite, least favorites, afraid of, scared of, allergic to, fed up with, had enough of
"""
SEEN = """
    seen, saw, watched, rewatched, viewed, finished, just finished, caught, watch all the time, watched all of
"""
OPEN = """
    want to see, want to watch, wanted to see, wanted to watch, wants to see, like to see, like to watch, love
    to see, love to watch, plan on watching, planning to watch, planning to see, planning on seeing, going to
    see, going to watch, going to check, need to see, need to watch, have to see, have to watch, have to
    check, been meaning to, try to see, wait to see, dying to see, waiting to see, waiting for, interested in
    seeing, interested in, interested, wanting to see, will see, will watch, will check, will have to, will
    try, will give, should see, should watch, must see, might see, might watch, may see, may watch, could
    watch, did see, do see, would see, would watch, would like, would love, would enjoy, would prefer, would
    hate, might like, might enjoy, may like, think i would like, think i would enjoy, think i will like, will
    like, will love, will enjoy, heard, hear, hearing, heard of, looking for, looking forward to, thinking of,
    thinking about, check out, checking out, curious about, trailer, trailers, trailer for, excited for,
    excited about, excited to, recommend, suggest, hope, hopefully, sounds, sound, looks, look, seems, seem,
    looked, sounded, supposed to, can not wait, can not wait for, feel like, feels like, let me watch, to
    watch, to see, been wanting to, was going to, wonder if, wondering if, love story, in love, familiar with,
    meant, mean, what about, how about, if you like, if you liked, if you love, if i like, if i liked, not
    sure, expect, expecting, in the mood for
"""
EXAMPLE = """
    similar to, along the lines of, along the line of, in the vein of, in the style of, in the spirit of, such
    as, same as, as good as, as funny as, as scary as, reminiscent of, comparable to, close to, type as, akin
    to, similar as, kind as, style of, more like, just like, kind of like, stuff like, based on, same vein as,
    remind me of, on par with
"""
GOOD = """
    great, good, awesome, amazing, excellent, fantastic, hilarious, funny, brilliant, wonderful, perfect,
    incredible, fun, cool, nice, best, classic, classics, my favorite, beautiful, superb, phenomenal,
    terrific, outstanding, masterpiece, entertaining, enjoyable, lovely, sweet, cute, decent, interesting,
    solid, gem, gold, epic, adorable, touching, underrated, spectacular, thrilling, fabulous, magnificent,
    rocks, rocked, rules, blast, hoot, winner, funniest, greatest, unforgettable, well done, well made, not
    bad, not half bad, pretty good, a favorite, fire, dope, genius, gripping, moving, heartwarming, charming,
    one of my favorites, one of my favorite, my all time favorite, my thing, my cup of tea, my jam, my kind of movie, my
    kind of movies, my type, up my alley
"""
BAD = """
    bad, boring, bored, bored me, terrible, awful, horrible, worst, worse, dumb, lame, overrated,
    disappointing, disappointment, dull, trash, garbage, crap, crappy, sucks, sucked, suck, bland, meh, weak,
    annoying, annoys me, slow, cheesy, unwatchable, ridiculous, pointless, mediocre, letdown, let down, too
    long, too slow, too scary, too gory, too violent, too sad, too childish, too dark, too weird, too silly,
    too predictable, too much for me, too much, waste, waste of time, gross, forgettable, flop, mess,
    underwhelming, not my cup of tea, not really my cup of tea, not exactly my cup of tea, not my thing, not
    really my thing, not my taste, not my style, not my type, not my jam, not my favorite, not for me, not
    really for me, not for us, dud, depressing, so so, not so much, not much, not that great, not really, not
    at all, did nothing for me, not do it for me, not do anything for me, stupid, unfunny, pretentious, put me
    to sleep, a snooze, not worth, not good, gives me nightmares, gave me nightmares, creeps me out
"""
