"""How people say genres and countries, in the names that catalogues use."""

from __future__ import annotations

# A genre's usual name, and the words that mean it; "+" joins two genres. Marked "*" are adjectives.
ALIASES = """
    comedy: comedy, comedies, comedic, *funny, *funnier, *humorous, *hilarious, make me laugh, *comical, a
        laugh, like laughing, to laugh, make us laugh, cheer me up, cheers me up,
        feel good, good laugh, laughs, humor, stand up;
    horror: horror, horrors, *scary, *scarier, *creepy, *spooky, *frightening, *terrifying, slasher, slashers,
        be scared, get scared, scare me, scare us, frighten me, jump scares;
    romance: romance, romances, *romantic, love story, love stories, chick flick, chick flicks;
    romance+comedy: romantic comedy, romantic comedies, rom com, romcom, rom coms, romcoms;
    drama+comedy: dramedy, dramedies;
    thriller: thriller, thrillers, suspense, *suspenseful, *thrilling, edge of my seat, edge of your seat;
    sci-fi: sci fi, scifi, science fiction, syfy;
    action: action, action packed;
    adventure: adventure, adventures, *adventurous;
    animation: animation, animations, *animated, cartoon, cartoons, anime;
    family: toddler, toddlers, little ones, my kids, my children, family friendly, kid friendly, for the whole
        family, for the family, for my family, with the family, with my family, for kids, for the kids, for my
        kids, for children, for the children, for my children, with kids, with the kids, with my kids, with
        children, with my children, with my son, with my daughter, for my son, for my daughter, for my little
        one, for a child, for a kid, for my child, for my kid, the whole family, kids movie, kids movies, kid
        movie, kid movies, kids film, kids films, family movie, family movies, family film, family films,
        children's movie, children's movies, children's film, children's films, childrens movie, childrens
        movies, kid's movie, kid's movies, family one, family ones, family oriented;
    drama: drama, dramas, *dramatic, make me cry, tearjerker, tear jerker, good cry;
    mystery: mystery, mysteries, *mysterious, whodunit, whodunnit, detective movie, detective movies, detective
        story;
    crime: crime, crimes, gangster, gangsters;
    fantasy: fantasy, fantasies;
    musical: musical, musicals;
    western: western, westerns, cowboy, cowboys;
    documentary: documentary, documentaries, docs;
    war: war movie, war movies, war film, war films, war drama, war story, war genre;
    history: historical, history, period piece, period pieces;
    biography: biography, biographies, biographical, biopic, biopics;
    sport: sport, sports;
    music: music movie, music movies, music film, music films;
    film-noir: film noir, noir;
    superhero: superhero, superheroes, superheros, super hero, super heroes, super heros, comic book
"""
_NATIONS = """
usa: american, hollywood, united states, america; uk: british, english, britain, united kingdom, england;
france: french; germany: german; japan: japanese; south korea: korean, korea; india: indian, bollywood;
italy: italian; spain: spanish; china: chinese; mexico: mexican; russia: russian; ireland: irish;
canada: canadian; australia: australian; sweden: swedish; denmark: danish; norway: norwegian; poland: polish;
new zealand: kiwi; brazil: brazilian; iran: iranian; hong kong: cantonese; netherlands: dutch; argentina: argentinian
"""
NATIONS: dict[str, list[str]] = {
    country: words.split(", ")
    for entry in " ".join(_NATIONS.split()).split("; ")
    for country, words in [entry.split(": ")]
}
