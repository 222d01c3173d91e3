"""Three made-up catalogues (furniture, board games, books) and what people say of them, marked by hand.

In a sentence ``[words|entity]`` marks what is meant; all other words mean no entity.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ccrs.core.dialogue import Mention
from ccrs.core.graph import Catalogue, Entity

_MARK = re.compile(r"\[([^|\]]+)\|([^\]]+)\]")


@dataclass(frozen=True)
class MarkedCatalogue:
    """A catalogue and sentences with the mentions that a reader finds in them."""

    name: str
    catalogue: Catalogue
    sentences: tuple[tuple[str, tuple[Mention, ...]], ...]


def marked_catalogues() -> list[MarkedCatalogue]:
    """All three."""
    made = (
        ("furniture", "furniture", _FURNITURE, _FURNITURE_VALUES, _FURNITURE_TALK),
        ("board games", "board game", _GAMES, _GAME_VALUES, _GAME_TALK),
        ("books", "book", _BOOKS, _BOOK_VALUES, _BOOK_TALK),
    )
    return [
        MarkedCatalogue(name, _catalogue(kind, items, values), _read(talk))
        for name, kind, items, values, talk in made
    ]


def _catalogue(kind: str, items: str, values: str) -> Catalogue:
    """Items by title, values by name: each is its own id."""
    entities = []
    for line in items.strip().splitlines():
        name, _, year = line.strip().partition(" = ")
        entities.append(Entity(name, kind, name, is_item=True, year=int(year) if year else None))
    for line in values.strip().splitlines():
        relation, names = line.strip().split(": ")
        entities += [Entity(name, relation, name) for name in names.split(", ")]
    return Catalogue(tuple(entities))


def _read(talk: str) -> tuple[tuple[str, tuple[Mention, ...]], ...]:
    return tuple(_unmark(line.strip()) for line in talk.strip().splitlines())


def _unmark(marked: str) -> tuple[str, tuple[Mention, ...]]:
    """The sentence as it is typed, and where its mentions stand."""
    parts, mentions, at, length = [], [], 0, 0
    for match in _MARK.finditer(marked):
        before = marked[at : match.start()]
        start = length + len(before)
        parts += [before, match[1]]
        mentions.append(Mention(match[2], start, start + len(match[1])))
        length, at = start + len(match[1]), match.end()
    return "".join([*parts, marked[at:]]), tuple(mentions)


_FURNITURE = """
    Malva Armchair
    Oak Dining Table
    White Chair
    Fjord
    Lamp No. 4
    Kontur Desk
    Stone
    Home Office Set
    Nilla 3-Seater
    Light Box
    Velvet Sofa
    Bergen Bookcase
    The Bench
    Up
"""
_FURNITURE_VALUES = """
    category: armchair, dining table, chair, sofa, desk, lamp, bookcase, bench, bed, wardrobe, coffee table, set
    colour: red, white, black, light blue, grey, green, dark brown, gold
    material: wood, oak, metal, glass, leather, velvet, stone, rattan
    brand: Nordhem, Hay, Home, Next, Made in Design, Light & Living, &Tradition
    room: living room, office, bedroom, kitchen, outdoor, hall
    style: modern, industrial, classic, country, mid-century
    seats: 2, 3, 4
    price: under 100, 100 to 500, over 500
    person: Hans Wegner, Eames
    stock: yes, no
"""
_FURNITURE_TALK = """
    I am looking for a [red|red] [sofa|sofa]
    do you have [wooden|wood] [chairs|chair]?
    something in [light blue|light blue] for the [living room|living room]
    A [white|white] [chair|chair] please
    I need an [oak|oak] [dining table|dining table] with room for six
    have you got the [Malva armchair|Malva Armchair]?
    the [malva armchair|Malva Armchair] was too expensive
    I like the [Fjord|Fjord] and the [Kontur Desk|Kontur Desk]
    no [leather|leather], [velvet|velvet] if possible
    anything by [Hans Wegner|Hans Wegner]?
    a [chair|chair] that is [modern|modern]... and a [bed|bed]
    what do you have in [glass|glass] and [metal|metal]?
    something [black|black]
    made of [stone|stone]
    I saw the [Stone|Stone] in your window
    it should light up the [hall|hall]
    we want to stone the house facade
    what is next?
    I will be home at six
    I have no home [office|office] yet
    a [desk|desk] from [Next|Next] would be fine
    I love [Hay|Hay], is there anything new?
    do you sell [hay|Hay] [chairs|chair]
    is there anything from [Made in Design|Made in Design]
    it was made in design school
    a [lamp|lamp] of [Light & Living|Light & Living]
    can you light it with a remote?
    hello, yes, I need help
    no thanks
    I was looking up at her
    [grey|grey] or [gray|grey], I do not mind
    a [coffee table|coffee table] in [dark brown|dark brown]
    [mid century|mid-century] would suit us, [industrial|industrial] too
    a [3 seats|3] couch
    it must cost [under 100|under 100]
    for my [bedroom|bedroom], in [green|green]
    we live in the country
    I want a [country|country] style [kitchen|kitchen]
    a [set|set] of four [chairs|chair]
    I set the alarm and go up
    the [Bergen bookcase|Bergen Bookcase] in [white|white]
    do you have "[Up|Up]"?
    I'd like the [velvet|velvet] [sofa|sofa] in your list
    an [Eames|Eames] [armchair|armchair]
    it comes in [golden|gold] or [red|red]
    my [office|office] is small: a small [desk|desk]
    [wardrobes|wardrobe], [beds|bed] and [benches|bench]
    we sit in the [kitchen|kitchen] all day
    other colours?
    [Outdoor|outdoor] please
    I could read there and we black out the windows
"""
_GAMES = """
    Go
    Set
    Risk
    Chess
    Codenames = 2015
    Pandemic = 2008
    Pandemic Legacy = 2015
    Love Letter = 2012
    War of the Ring = 2004
    Ticket to Ride = 2004
    Hive
    Catan
    The Game = 2015
    The Mind
    Life
    Space Race
    7 Wonders
    Us and Them
    Dice Rolling
    Azul
"""
_GAME_VALUES = """
    mechanism: cooperative, deck building, worker placement, dice rolling, auction, bluffing, drafting, memory
    theme: space, fantasy, history, war, animals, family, trains, horror, chess
    genre: party, strategy, abstract, family game, card game
    players: 2 players, 2 to 4 players, 3 to 5 players, 1 player, solo
    playing time: under 30 minutes, 30 to 60 minutes, over 2 hours
    age: 8, 10, 14
    publisher: Days of Wonder, Ravensburger, Gamewright, Play, Blue Orange
    person: Reiner Knizia, Uwe Rosenberg, Vlaada Chvátil
    difficulty: easy, medium, hard
    language free: yes, no
"""
_GAME_TALK = """
    we like [cooperative|cooperative] games
    any [co-op|cooperative] games for [2 players|2 players]?
    [deck-building|deck building] or [deckbuilding|deck building], I love it
    something about [space|space]
    I want to go home, let's go
    have you played [Go|Go]?
    do you know the game [go|Go]?
    a game called [set|Set] was fun
    I set up the table
    no risk, no fun
    we played [Risk|Risk] all night
    I played [chess|chess] as a kid
    [codenames|Codenames] and [pandemic|Pandemic] are our favourites
    [Pandemic (2008)|Pandemic] is better than [pandemic legacy|Pandemic Legacy]
    a love letter is not what I want
    [Love Letter|Love Letter] was a hit with us
    we want something for [2-4 players|2 to 4 players]
    [30 to 60 minutes|30 to 60 minutes] is best
    [under 30 minutes|under 30 minutes] please
    a [war|war] game
    nothing about [history|history] or [war|war]
    we play with my family on sundays
    a [family game|family game] for christmas
    it is for the whole [family|family]
    [worker placement|worker placement] with [animals|animals]
    something with [bluffing|bluffing]
    I like [auctions|auction]
    anything by [Reiner Knizia|Reiner Knizia]?
    [uwe rosenberg|Uwe Rosenberg] games
    from [Days of Wonder|Days of Wonder]
    those were days of wonder and joy
    we love [Blue Orange|Blue Orange]
    I play a lot
    is it [easy|easy]?
    it should not be [hard|hard]
    life is hard sometimes
    the game of the year, is the game good?
    I mean [The Mind|The Mind], do you mind?
    us and them, we all play
    [ticket to ride|Ticket to Ride] is great
    a [party|party] game
    we have a party on friday
    [strategy|strategy] games like [catan|Catan]
    [7 wonders|7 Wonders] or [azul|Azul]
    yes, that one
    a [card game|card game] with [dice rolling|dice rolling]
    for my dog
    she is [8 age|8] years old
    [hive|Hive] is [abstract|abstract]
    [vlaada chvatil|Vlaada Chvátil] made it
    a game with [trains|trains]
    do you have [solo|solo] games
    I can memory hold many
    it takes [over 2 hours|over 2 hours]
    I have 2 kids
    [fantasy|fantasy], [horror|horror]: both fine
"""
_BOOKS = """
    It = 1986
    Her
    Emma = 1815
    The Help = 2009
    Beloved = 1987
    Room = 2010
    1984 = 1949
    We = 1924
    Dune = 1965
    The Stranger = 1942
    War and Peace = 1869
    Pride and Prejudice = 1813
    The Long Way Home
    Go Tell It on the Mountain = 1953
    Ghost Story = 1979
    Poems
    Matilda = 1988
    The Road = 2006
    Blue
    The Odyssey
    A Room with a View = 1908
"""
_BOOK_VALUES = """
    person: Stephen King, Jane Austen, Leo Tolstoy, Homer, Colette, George Orwell, J. R. R. Tolkien
    genre: fantasy, crime, history, short stories, science fiction, romance, horror, young adult, biography, poem
    language: English, French, German, Russian
    publisher: Penguin, Vintage, Faber & Faber, Picador, Norton, Virago, Canongate, Serpent's Tail, Anchor, Tor
    series: Discworld, The Dark Tower
    period: 1980s, 19th century, 2000 to 2009
    pages: under 200, 200 to 400
    format: paperback, hardback, audiobook
    subject: war, love, family, love story, time travel, dogs, the sea, death, peace, pride
    country: France, Turkey, America
"""
_BOOK_TALK = """
    I loved [Emma|Emma] and [Beloved|Beloved]
    it was good and her voice too
    have you read [It|It] by [Stephen King|Stephen King]?
    [it (1986)|It] scared me
    the book [her|Her]
    I read [1984|1984] in school
    born in 1984
    we read a lot
    a [fantasy|fantasy] novel
    [sci-fi|science fiction] or [crime|crime]
    something by [jane austen|Jane Austen]
    anything by [homer|Homer]
    [Homer|Homer] bores me, so does [Colette|Colette]
    a homer and a run
    [war and peace|War and Peace] is too long
    a book about [war|war]
    books about [love|love] and [death|death]
    I love my dog
    for my family
    about [family|family]
    [young adult|young adult] books
    I am a young adult? no, [short stories|short stories]!
    a [love story|love story] set in [France|France]
    in [french|French], not [english|English]
    published by [Penguin|Penguin]
    from [picador|Picador] or [vintage|Vintage]
    a [paperback|paperback] from the [1980s|1980s]
    [19th century|19th century] [romance|romance]
    the help desk could not help
    [The Help|The Help] made me cry
    I need room for more books
    [dune|Dune] was great
    a stranger told me
    [The Stranger|The Stranger] again
    [pride and prejudice|Pride and Prejudice]
    some [biographies|biography]
    [poems|poem]
    go tell it to others
    [go tell it on the mountain|Go Tell It on the Mountain]
    [time travel|time travel], [the sea|the sea], [dogs|dogs]
    a ghost story for the kids
    it has [under 200|under 200] pages
    tolkien is fine
    the [discworld|Discworld] books
    on the road to America
    on the road I met a man
    I turkey hunt
    other books, please
    [a room with a view|A Room with a View]
    is there an [audiobook|audiobook]?
    thanks, yes, I like it
    [matilda|Matilda] for my daughter
    I could crime my way out
    something [romantic|romance]
"""
