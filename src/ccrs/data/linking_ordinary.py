"""Further ordinary English words, which a linker that reads cues does not take for titles where they stand alone.

Kept apart from ``COMMON_WORDS``, which the mentions of prepared films rest on.
"""

from __future__ import annotations

from ccrs.data.linking_names import Tokens
from ccrs.data.linking_words import ARTICLES, COMMON_WORDS, GENRE_NOUNS, SMALL_WORDS

_NOUNS = """
    accident account ache addict affair agent agreement air airport airplane alarm album alien aliens alley alphabet
    ambulance amount anchor angel angels anger angle animal animals ankle ant ants ape apes apple apples apron arcade
    arm arms army arrival arrow arrows art ash ashes attack attic attitude audience aunt autumn award backpack bag
    bait baker ball balloon balls banana band bandit bank bar bark barn base basement basket bat bath battery battle
    bay beam bean beard bears beast beds bee bees beer bell belly belt bench bike birds birth birthday biscuit bite
    blade blanket blood bone bones boot boots border bottle bottom bowl brain branch brand bread breath breaks breed
    brick bride brush bubble bucket bug bugs bull bullet bump bunny bus bush butcher butter butterfly button cage cake
    camera camp camping candle candy cannibal cannon cap captive card cards cart carrier cash castle cave ceiling cell
    chair chairs chamber champion channel chaos chapter charm cheese chicken chip chocolate choir church cigar
    cinderella circle circus clan clip clock cloth cloud clouds coach coal coast coat cobra coffee coffin coin collar
    collection college colors column combat concert cook cookie corn corner costume cottage cotton council cousin cow
    cowboy cowboys crab craft cream credit crew cricket crop cross crow crowd cube cup curse curtain customer cycle
    damage darkness data dawn daylight deck decoy deer demon demons desert desk diamond diamonds diary dice dictator
    diet dilemma diner dirt disaster disease dish ditch diver dock donkey dot dragon dragons dress drums dust duty
    eagles ear ears earthquake echoes eclipse egg eggs elephant elevator elf engine entrance error escort event
    exorcist expert eyebrow fabric factory failure fairy faith fame farm farmer fashion fate fence festival fever field
    fields finger fish flag flame flash flat flesh flood flour flower flowers fog folder folk fork fortune fountain
    fox frame frog frost fruit funeral fur fury gallery gamble gang gangsters garage gas gate gathering gear gems
    gene general genius giants glass globe glory glove glue goat goblin gods goose goosebumps gorilla grass grave
    gravel grease greed grief grill grudge guard guardians guardian guide guitar gym habit hall halloween hammer
    hangover harbor harvest hat hatchet hats hawk heap helmet hen hero hip hitman hive hobby hoot horn horse horses
    hostage hostages hotel houseguest hulk hurricane ink insect insects insurance iron item jacket jail jam jar jaw
    jaws jeans jelly jewel juice jungle jury justice ketchup kettle kidnap kidney kit kitchen kite kitten knife knights
    knot label lab lace ladder lake lamb lamp lane lantern laptop laser law lawyer layer leader leaf league leather
    leg legs lemon lens lesson level library lid lie lies lighthouse limit line lion lions lip liquid list loan lobby
    lobster lock lord lounge lunch lung machete magnet maid mail mall manhunt map marble march marine market marriage
    marsh mat mate maze meadow meal meat meatballs medal mermaid mess metal meter mice milk mill mimic miner minions
    miracle mist model mole monk monkey monkeys month mood moss motel moth motor mountain mouse mouth mud mug mule
    mummy muscle muse museum mustang nail neck needle neighbors nephew nerd nest net network noodle noon nose
    nostalgia note notebook nurse nut oak oath ocean oceans oil onion opera orange orchestra orchid order outlaw oven
    owl ox pack pad pain paint painter pair palace palm pan panda pandas panel panic papers parade park parrot
    passage pasta path patient pattern payback pearl pen pencil penguin pepper phantom phone photo photographer piano
    pie pig pigs pillow pilot pin pine pioneer pipe pirate pirates pit platoon plague plant plants plate platform plot
    plum pocket poem poet poetry poison pole pond pool port potato powder prayer predator prey priest princes print
    prize prophecy puddle pump puppet puppets puppy purse puzzle queens quest rabbit rabbits race racer radio rage
    rails rampage ranch ransom rat rats raven razor rebel recruit reef reign relic replica reptile result rhyme ribbon
    rice rider riddle rifle riot risk rival roadside robbery robe rocket rockets rod roof root roots rope rose roses
    row royalty rubber rug ruin ruins ruler runner sack sail sailor salad salmon sand saint sandwich santa satellite
    sauce saucer scale scarecrow scarf science scream screen script sculpture seal seat seed shark sharks shed sheep
    sheet shelf shell shelter shield shirt shock shoe shoes shore shoulder shovel shower shrimp sibling silk silver
    siege sin sink siren skater skeleton sketch ski skill skin skirt skull slave slice slum smoke smoker smuggler snail
    snake snakes sniper soap sock sofa soil solo soul soup source spa spark sparrow spear species spell sphere spice
    spider spiders spine spoon spot square squid stable stadium staff stage stain stair stairs stake stalker stamp
    station statue steak steam steel stem stick stitch stomach stones storage storms stove strategy straw stream
    string stripe stroke stump subject suburb subway success sugar suit suitcase sunrise sunset surf surface surgeon
    surgery swamp swan sweater sword swords symbol symptom syrup table tablet tail tailor tale tales tape target tattoo
    tax tea teeth telephone temple tent terrace territory text texture thirst thread throat throne thumb thunder
    ticket tickets tide tiger tigers timeline tin tire title toast toe toilet tomb tongue tool tools tooth topic torch
    tour tourist tournament towel towers trail trap trash tray tribe tribute trick troll troops trophy tunnel turbo
    turkey turtle tutor twin twist umbrella uncle union university van vault vegetable vehicle veil vein verdict
    village villain violin virus vision volcano voyage wages wagon waist wake walker walkers wallet warriors wars wasp
    waste wheel whip whisper whistle widow wig willow wing wings winner winners wire wizard wizards wolves wool worm
    wound wreck wrist yacht yarn yoga zebra zombie zombies zone zoo zookeeper
"""
_OTHERS = """
    accepted accused afraid aged alarmed ancient angry annoyed anonymous appear approve arrive arrived asleep assume
    aware awake awkward bare basic bitter blank blind bloody bold boring bound brief bright bumpy busy calm capture
    careful casual charged charming cheap cheat cheated chill chosen circling civil clever clumsy coherent collateral
    colossal committed complete concussion confess confused connected considered constant cornered corrupt covered
    crawl creepy crossing crush cry cursed daring dedicated deadly delicious deny desperate detached detour devoted
    die different digging direct dirty disturbed divine dizzy double downhill drag drawn dreamy drift drop drunk dry
    dual eager elsewhere embrace empty endless envy equal erased eternal exact excellent excess exit exotic exposed
    extreme fake faithful fallout familiar fancy fatal faulty favorite fetch filthy finished fit fixed flawed flawless
    float fluid flying follows foreign fragile framed frantic freak frozen furious fuzzy gentle genuine glorious
    gloomy golden grateful grim gross grown guarded gutsy handsome harmless harsh haunted hatched heavy helpless hide
    hollow hooked hopeful horrible huge humble hungry hunted hurry hurt ignore illegal impossible include indecent
    infected inner innocent insane instant intact invincible invisible irresistible jealous jolly juicy keen knocking
    launch lazy legal level likely limitless lined lonely loose loud loyal lunatic magical major married massive mature
    mellow mental merry messy mild missed misery mistaken mixed modern monstrous moody mute mutual mysterious narrow
    neat nervous neutral noble noisy numb obsessed obvious odd offend official okay operate opposite orange ordinary
    outcast outraged overboard overtime painful pale panic passionate peaceful persecuted plain playful plenty pleasant
    polite precious predict pregnant prepared primal proud pursuit puzzled rapid rare ravenous raw reasonable rebound
    reckless refund regret relax relaxed remains remake remarkable remote repeat replace resist responsible restless
    returned returns rigged ripe rival roaring rotten rough round royal rude rule rural sacred salty scared scattered
    separate severe shaken shallow sharp shattered shiny shy similar skip sleepy slide slippery sly smash smooth sneak
    soft solid sour spare spiral splash splendid split spoiled square stale starving steady steep stiff stolen strapped
    stretch struck stuck stuffed stunning stung submerged subtle suit survive suspicious swear swift swinging tame
    tangled tender tense thick thin thirsty threat tight tired tough toxic tragic trained trainwreck transparent
    trapped trashed troubled twenty ugly ultimate unable uncut undefeated underground undone unfaithful unfinished
    unforgettable unhappy universal unknown unlikely unpredictable untouchable unusual upgrade upset urban urgent
    useful vacant valid vanish vanished various vast vengeful vicious victorious visible vital vulgar wander warm wasted
    waving weak wealthy weird wet wicked widespread wise wired witty worthy wrapped wrecked yellow
"""
_PHRASES = """
    non stop, prom night, happy ending, all that jazz, to do list, in the mood for love, cats and dogs, all good things,
    dying of laughter, stick it, zombie apocalypse, day of the dead, secret agent, best friend, winter soldier
"""
ORDINARY_PHRASES = frozenset(" ".join(_PHRASES.split()).split(", "))
ORDINARY_WORDS = frozenset(_NOUNS.split()) | frozenset(_OTHERS.split())


def is_ordinary(tokens: Tokens) -> bool:
    """Whether words need evidence only where cues are read: *quest*, *a pirate movie*."""
    if " ".join(word for word in tokens if word not in ARTICLES) in ORDINARY_PHRASES:
        return True
    words = [word for word in tokens if word not in SMALL_WORDS]
    if len(words) == 1:
        return words[0] in ORDINARY_WORDS
    known = all(word in COMMON_WORDS or word in ORDINARY_WORDS or word == "superhero" for word in words)
    return known and len(words) == 2 and words[-1] in GENRE_NOUNS
