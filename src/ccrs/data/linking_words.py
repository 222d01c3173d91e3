"""Word lists of the linker: ordinary English words, and how people say genres."""

from __future__ import annotations

SMALL_WORDS = frozenset(["the", "a", "an", "of", "in", "on", "and", "to", "for", "at", "by", "'s"])
ARTICLES = frozenset(["the", "a", "an"])

# Parts of surnames that many write together with the rest: "Robert DeNiro".
NAME_PARTICLES = frozenset(["de", "di", "del", "la", "le", "van", "von", "mc", "mac", "o", "st"])

# Often written with a capital anywhere in a sentence, so that a capital shows nothing.
_CAPITAL = """
    i m monday tuesday wednesday thursday friday saturday sunday january february march april may june
    july august september october november december christmas easter thanksgiving american british
    english french german italian spanish mexican chinese japanese indian america china australia
    hollywood bollywood netflix hulu disney marvel dc lol omg ok tv dvd mom dad god
    mars alaska love loved awesome great yes no to
"""
ALWAYS_CAPITAL = frozenset(_CAPITAL.split())

# Words too ordinary for a title of such words alone to be taken as a title without evidence.
_COMMON = """
    about above across after again against ago alive all almost alone along already also always am
    among and another any anything are around as ask asked at away awesome baby back bad be beach
    bear beat beautiful because become bed been before began begin beginning behind being believe
    below best better between beyond big bird bit black blow blue boat body bomb book boss both bound
    box boy boys brave break bridge bring broken brother brothers brown building burn burning business
    but buy by cabin call called came can captain car care cars case cat catch cats cause center chain
    chance change charlie chase check checking chef child children choice choose city class clean clear click
    climb close closer clown clue code cold college color come comedian coming common contact control
    conversation cool cop cops core could country couple course cover crash crazy creature creep
    criminal crown cruel cure cut daddy dance dancer danger dangerous dark date daughter daughters day
    days dead deal dear death deep deserve desire detective devil did die dinner dinosaur do doctor
    does dog dogs doing doll dolls done door dope doubt down dream dreams drink drive driven driver
    drop drug duck due dying during each eagle early earth easy eat echo edge eight eleven else empire end
    ending enemy enjoy enough entity epic escape even evening ever every everybody everyone everything
    evil evolution ex exam eye eyes face fact fall fallen falls family famous fan fans far fast father
    fear feel feeling few fight fighter fighting fill film films final finally find fine fire firm
    first five flash flick flicks flight floor fly focus follow following food fool football for force
    forest forever forget forgotten found four free fresh friend friends from full fun funny
    future gamer game games gang gangster garden gave get getaway getting ghost ghosts giant gift
    gifted girl girls give given glad go goal going gold gone good got grace grand grandfather gravity
    great green ground group grow guess guest guilty gun guy guys had hair half hand hands happening
    happy hard has hate haunting have haven having he head hear heard heart heat heaven heist held hell
    help helped her here hero heroes hey hidden high hill him his hit hold hole holiday holidays home
    honest honey hope horse hospital host hot hour hours house how human hunger hunt hunter hunters
    husband ice idea identity if impossible in inside interesting into is island it its jack job jobs
    john join joke journey joy judge jump just justice keep key kid kids kill killed killer killers
    killing kind king kiss knew knight know knowing known lady land large last late later laugh laughter law
    lead learn leave left legend legendary less let letter life light like liked little live lived
    living long look looking lost lot lots love loved lovely lover lovers loves loving low luck lucky
    machine mad made magic make making man many mark mask master match matter maybe me mean meet
    memory men midnight might mind mine minute mirror miss missing mission moment money monster monsters
    moon more morning most mother move moved movie movies moving much murder must my naked name names
    natural near need neighbor neighbors never new news next nice night nightmare nights nine no noise
    none normal not nothing notice now number of off offer office often oh old on once one
    ones only open or orphan other others our out outside over own owner page paid paper parent parents
    part party pass passenger past pay peace people perfect person pet pets pick picture piece pieces
    pizza place plan plane planes planet play played player players point police poor popcorn possible
    post power precious present president pretty price pride prime prince princess prison prisoner
    private problem professional prom proof public pure put queen question quick quiet quite race rain
    ran read reader ready real really reason recent red release remember rent rescue rest return
    revenge rich ride right ring rings rise river road robot robots rock roll room round rules run
    running runaway rush sad safe said same save saved saw say scary scene school score sea
    search season second secret see seeker seemed seems seen sell send serious set seven shadow shape
    share she ship shoot shop short should show shut sick side sign signs silence silent
    simple since sing single sister sisters sit six sky sleep sleeper slow small smart smile snow so
    social society soldier some somebody someone something sometimes somewhere son song soon sorry
    sound space speak special speed spirit split sports spring spy stand star stars start started
    state stay step still stolen stone stop store storm story strange stranger strangers street strong
    student stuff stupid such sudden suddenly suggest summer sun super sure surprise
    sweet swim switch take taken takes taking talk talked tall tank taste taxi teacher team tell ten
    terrible test than thank thanks that the their them then there these they thief thing things think
    third this those though thought three through thus tie time times tiny to today together told
    tomorrow tonight too took top total touch tough tower town toy toys track tracks traffic train
    trainer treasure tree trick trip trouble truck true trust truth try turn twelve twice twins twisted
    two type under understand unknown until up upon us use used vacation valley vampire very victim
    video village violent visit voice wait waiting walk wall want wanted war warrior was watch watched
    water wave way ways we weapon wedding week weekend welcome well went were west what when where
    which while white who whole whom whose why wife wild will win wind window winter wish witch witches
    with without witness wolf woman women won wonder wonderful wood word words work working works
    world worse worst worth would write writer wrong yard year years yes yesterday yet you young your
    action adventure animated animation biography comedies comedy crime documentary drama fantasy genre
    history horror music musical mystery romance romantic sequel sport suspense thriller thrillers
    title western actor actors actress director
    aids artist beast bully guardian hollow mafia marshall nerve salt secretary stitches submarine
"""
COMMON_WORDS = ALWAYS_CAPITAL | frozenset(_COMMON.split())

_FUNCTION = """
    a about above across after again against all almost along already also always am an and another
    any anything are around as at away back be because been before behind being below between but by
    can could did do does doing done down each else ever every everything few for from get gets getting
    give go goes going got had has have having he her here him his how i if in into is it its just know
    let like m many may maybe me might more most much must my near never no none nor not nothing now of
    off on once one only or other others our out over own said same say see seen she should since so
    some something soon still such take than that the their them then there these they thing things this
    those through time to together too two under until up upon us very was way we well went were what
    when where which while who whole whom whose why will with within without would yes yet you your 's
"""
FUNCTION_WORDS = frozenset(_FUNCTION.split())

# Titles of several words that people say all the time without meaning the film.
_EVERYDAY = """
    date night, game night, sure thing, love story, old school, good kids, good year, checking out, true
    love, true crime, best friends, road trip, girls night, old man, little boy, perfect match, ghost
    story, movie night, young adult, haunted house, happy birthday, good night, good morning, new world,
    last night, next day
"""
EVERYDAY_PHRASES = frozenset(" ".join(_EVERYDAY.split()).split(", "))

# Genres whose bare name is an ordinary word: linked only as "family movie", "war films" and so on.
GUARDED_GENRES = frozenset(
    ["family", "war", "music", "short", "history", "sport", "news", "scary", "crime", "biography"]
)
GENRE_NOUNS = ("movie", "movies", "film", "films", "flick", "flicks", "genre")

# Ways to say one genre, in no order. A bare form is linked wherever it stands, so only words that
# hardly mean anything else are listed.
GENRE_SYNONYMS: tuple[tuple[str, ...], ...] = (
    ("science fiction", "sci fi", "scifi"),
    ("romance", "romantic", "romances"),
    ("romantic comedy", "romantic comedies", "rom com", "romcom", "rom coms", "romcoms"),
    ("comedy", "comedies", "comedic"),
    ("animation", "animated", "cartoon", "cartoons", "animations"),
    ("thriller", "thrillers", "suspense"),
    ("documentary", "documentaries"),
    ("musical", "musicals"),
    ("western", "westerns"),
    ("mystery", "mysteries", "whodunit"),
    ("fantasy", "fantasies"),
    ("biography", "biographical", "biopic", "biopics"),
    ("film noir", "noir"),
    ("superhero", "superheroes"),
    ("horror", "horrors"),
    ("drama", "dramas"),
)
# Said by people who want both, but better than nothing where the graph has no such genre.
GENRE_FALLBACKS = {"romance": ("rom com", "romcom", "rom coms", "romcoms")}
# A genre and what names it only with a word for film behind: "funny movies", but not "funny".
GENRE_ADJECTIVES: tuple[tuple[str, ...], ...] = (
    ("comedy", "funny"),
    ("horror", "scary"),
    ("family", "kids", "kid 's", "children 's", "childrens"),
    ("history", "historical"),
    ("sport", "sports"),
    ("music", "music"),
)

# What follows is for catalogues that are not about films.

# Types whose values are names somebody gave: made of ordinary words, they need capitals or quotes.
_NAME_TYPES_TEXT = """
    brand manufacturer maker publisher company label vendor seller shop store series franchise collection line imprint
    studio platform network band team
"""
NAME_TYPES = frozenset(_NAME_TYPES_TEXT.split())
# Values that say nothing of an item, wherever they stand.
_TALK_WORDS_TEXT = """
    yes no true false none unknown other others misc miscellaneous various n na null nan ok okay hello hi hey thanks
    thank please sorry sure maybe good great nice
"""
TALK_WORDS = frozenset(_TALK_WORDS_TEXT.split())
# Before an ordinary word these make it a verb: "I read", "to light", "we can play".
_VERB_BEFORE_TEXT = """
    i you we they he she who to can could will would should must may might do does did dont doesnt didnt cant wont lets
    ill im youll
"""
VERB_BEFORE = frozenset(_VERB_BEFORE_TEXT.split())
# Mostly verbs in talk: values only behind one of the words below ("about love").
_OFTEN_VERBS_TEXT = """
    love loved like liked want wanted need help look looking play played read see seen watch think talk start stop
    find buy sell set light
"""
OFTEN_VERBS = frozenset(_OFTEN_VERBS_TEXT.split())
_BEFORE_NOUNS_TEXT = """
    a an the about of on with without for and or in no not any some more something
"""
BEFORE_NOUNS = frozenset(_BEFORE_NOUNS_TEXT.split())
_KIN_WORDS_TEXT = """
    family mother father son daughter brother sister brothers sisters wife husband kids children child parents friend
    friends baby dog cat dogs cats
"""
KIN_WORDS = frozenset(_KIN_WORDS_TEXT.split())
# Ways to say one value beside its other number, in no order.
VALUE_SYNONYMS: tuple[tuple[str, ...], ...] = (
    ("wood", "wooden"),
    ("gold", "golden"),
    ("wool", "woollen", "woolen"),
    ("grey", "gray"),
    ("aluminium", "aluminum"),
    ("cooperative", "co operative", "coop", "co op"),
    ("color", "colour"),
    ("multicolor", "multicolour", "multicolored", "multicoloured"),
    ("jewellery", "jewelry"),
    ("children", "kids", "children 's", "kid 's"),
    ("metal", "metallic"),
)
