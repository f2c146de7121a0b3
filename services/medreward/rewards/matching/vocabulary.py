"""The closed vocabulary of answer talk: every word that may stand around an option without being content.

A clause that holds only these words and an option *is* an answer ("I would go with B"); one word from outside
("a lung mass is visible", "vitamin C deficiency") makes it prose. That is the guard against articles, compounds and
half-matching texts, and it needs no list of medical nouns. Each word carries a one-letter code, its part in an answer:

===== ======================================== ===== ============================================
f, W  filler; W = would, should                n     negator
b, B  link verb, singular and plural           N     "no": negator, determiner or answer
y     verb of choosing                         w     wrong: the predicate that rejects
d     verb of evidence                         r     right: the predicate that approves
m, o  noun for the answer, for an option       h, K  hedge; K = could, can
j     noun for what is diagnosed               H     likely: a mild hedge, not "most likely"
g     noun for the picture or the case         S     knowing: a hedge once negated ("not sure")
p     word that points back                    F     condition
v     presence: seen, visible                  R     taking back
M     superlative: most, best, closest         P     an earlier view
e     the other options                        i     inference: so, therefore
                                               x     any other word
&, |  and, or                                  s, u  because, but: a new clause begins
c, E  contrast, exception: reject the next     *     all options
===== ======================================== ===== ============================================
"""

from __future__ import annotations

_CLASSES = {
    "f": """
        something anything a an the of to for in on at by with from into i we me my our us you your one ones will
        must shall have has had having been do does did done more very really quite definitely certainly clearly
        obviously surely absolutely simply just only both all any each also too again here there now i'd i'll i'm i've
        we'd we'll let lets let's yes ok okay opinion following
        provided available among what who whom whose how please well single strongly highly entirely completely
        fully totally exactly precisely alone together reason reasons own along like think believe guess feel suspect
        reckon expect hmm ah oh sorry actually indeed truly first final definite step steps careful carefully additional
        additionally itself straightforward obvious explanation analysis review reviewing looking look using seem appear
        listed mine per about up such whole entire much many far quick task main key point things thing made make set
        upon after before once follows come rather instead compared rule ruled rules ruling take strike second apart
        undoubtedly unquestionably evidently basically essentially honestly frankly personally specifically namely
        doubtless approximately roughly equally fact reality ever case cases real actual kind sort whether followed
        toward towards""",
    "W": """would should""",
    "M": """most best closest closely strongest likeliest""",
    "b": """is be am being was seems appears looks remains stays equals becomes called named""",
    "B": """are were remain""",
    "y": """
        choose chose chosen choosing chooses pick picked picking picks select selected selecting selects go going vote
        answering leaves leaving say saying says opt opting conclude concluded decide decided settle submit prefer""",
    "d": """
        suggest suggests suggesting suggested suggestive indicate indicates indicating indicated indicative support
        supports supporting supported consistent compatible align aligns aligned aligning fit fits match matches
        matching matched correspond corresponds corresponding describe describes described represent represents
        representing show shows showing shown demonstrate demonstrates demonstrated reveal reveals points pointing favor
        favors favour favours favored favoured reflect reflects depict depicts depicted mean means imply implies confirm
        confirms confirmed correlate correlates apply applies explain explains explained making makes lean leaning
        contain contains identify identifies trust rely accept win wins characteristic include includes""",
    "o": """option options choice choices alternative alternatives letter letters label labels""",
    "m": """
        answer answers answered response responses selection selections solution conclusion verdict bet decision
        exception result outcome outcomes likelihood probability""",
    "j": """
        finding findings diagnosis diagnoses interpretation determination impression observation observations condition
        conditions abnormality abnormalities feature features reading description""",
    "g": """
        image images imaging x-ray x-rays xray radiograph radiographs scan film picture chest ct mri cxr view views
        report study exam patient evidence question questions sign signs figure panel""",
    "p": """
        there's here's it this that these those above previous former earlier preceding foregoing statement statements
        claim assertion it's that's it'd that'd it'll they them sentence""",
    "n": """
        not never neither none nothing cannot without hardly barely doubt refuse avoid lack lacks lacking isn't aren't
        wasn't weren't don't doesn't didn't can't won't wouldn't shouldn't couldn't ain't hasn't haven't unable cant
        isnt dont doesnt wasnt arent wont nobody nowhere nah nope negative""",
    "w": """
        wrong incorrect false untrue mistaken mistake inaccurate invalid erroneous error impossible improbable unlikely
        implausible doubtful excluded exclude excludes excluding eliminated eliminate eliminates eliminating rejected
        reject rejects rejecting dismissed refuted contradicted discounted unsupported inconsistent incompatible
        inappropriate absent opposite contrary lie lying bogus nonsense misleading distractor reverse bad incorrectly
        wrongly fails failed fail untenable disproved lied ❌ ✗ ✘ 👎 less least out""",
    "r": """
        correct right true accurate valid better superior truth winner stronger optimal reasonable logical sound
        favorite favourite proper appropriate suitable preferable preferred ideal perfect correctly accurately good
        fitting""",
    "h": """
        maybe perhaps possibly possible possibility might may potentially potential plausible uncertain unsure unclear
        unknown ambiguous indeterminate inconclusive undetermined equivocal questionable debatable either between some
        someone somebody people arguably alternatively otherwise tentative tentatively hard difficult random randomly
        toss-up coin conceivable conceivably candidate candidates contender chance failing flip""",
    "K": """could can""",
    "H": """likely probable probably presumably presumable apparently seemingly supposedly""",
    "S": """
        sure certain confident know known tell determine determined ascertain idea definitive definitively certainty
        convinced positive""",
    "F": """if unless depending depends suppose assume imagine pretend hypothetically""",
    "R": """
        wait scratch retract retracted retracting withdraw withdrawn disregard ignore forget nevermind oops whoops
        kidding joking joke prank jk lol reconsider reconsidering reconsidered rethink revise revised change changed
        changing undo cancel correction""",
    "P": """
        said initial prior initially originally previously formerly thought considered tempting tempted almost
        nearly""",
    "e": """other others else another different rest remaining elsewhere""",
    "i": """so thus therefore hence consequently accordingly thereby finally ultimately overall then ergo summary""",
    "v": """
        seen visible present noted found identified evident observed detected appreciated apparent exist exists
        visualized visualised""",
    "s": """because since as given due based considering seeing where which while whereas when cause cuz bc""",
    "u": """but however though although yet nevertheless nonetheless albeit still""",
    "&": """and plus & +""",
    "|": """or nor versus vs""",
    "c": """than over unlike >""",
    "E": """except excepting barring besides despite""",
    "N": """no""",
    # Punctuation: "." and "?" end a sentence, ":" and "-" introduce, brackets enclose.
    ".": """. ! …""",
    "?": "?",
    ";": ";",
    "\n": "\n",
    ",": ",",
    ":": ": = → ⇒ ⟹ ∴",
    "-": "-",
    "(": "( [ {",
    ")": ") ] }",
    "/": "/ |",
    "": "' \"",
}

CODES: dict[str, str] = {
    word: code for code, words in _CLASSES.items() for word in (words.split(" ") if words == "\n" else words.split())
} | {"\n": "\n"}

IDIOMS: dict[str, tuple[tuple[tuple[str, ...], str], ...]] = {
    # Two negatives that make a yes, or a "not" that adds instead of denying.
    "no": (
        (("doubt",), "f"),
        (("question",), "f"),
        (("other", "than"), "f"),
        (("way",), "n"),
        (("longer",), "n"),
        (("one",), "n"),
        (("wait",), "R"),
    ),
    "or": ((("both",), "h"),),
    "of": ((("course",), "f"),),
    # A comparative weighs one option against another and a negated likelihood turns it down; neither is a hedge.
    "more": ((("likely",), "f"), (("probable",), "f")),
    "less": ((("likely",), "w"), (("probable",), "w")),
    "least": ((("likely",), "w"), (("probable",), "w")),
    "not": ((("only",), "f"), (("just",), "f"), (("merely",), "f"), (("a", "doubt"), "f")),
    "without": ((("a", "doubt"), "f"), (("doubt",), "f"), (("any", "doubt"), "f"), (("question",), "f")),
    "beyond": ((("doubt",), "f"), (("any", "doubt"), "f"), (("a", "doubt"), "f"), (("question",), "f")),
    "none": ((("other", "than"), "f"),),
    "nothing": ((("but",), "f"), (("other", "than"), "f")),
    # Everything except what follows.
    "anything": ((("but",), "E"), (("other", "than"), "E"), (("except",), "E")),
    "everything": ((("but",), "E"), (("except",), "E")),
    "all": (
        (("but",), "E"),
        (("of", "the", "above"), "*"),
        (("of", "the", "options"), "*"),
        (("of", "them"), "*"),
        (("of", "these"), "*"),
        (("the", "above"), "*"),
        (("the", "options"), "*"),
        (("options",), "*"),
        (("choices",), "*"),
    ),
    "other": ((("than",), "E"),),
    "apart": ((("from",), "E"),),
    "far": ((("from",), "n"),),
    "can": ((("only",), "f"), (("not",), "n"), (("conclude",), "y"), (("say",), "y"), (("be", "concluded"), "y")),
    "could": ((("only",), "f"), (("not",), "n")),
    # The second of a comparison is the one not chosen.
    "rather": ((("than",), "c"),),
    "instead": ((("of",), "c"),),
    "as": (
        (("opposed", "to"), "c"),
        (("well", "as"), "&"),
        (("good", "as"), "h"),
        (("likely", "as"), "h"),
        (("plausible", "as"), "h"),
    ),
    "how": ((("about",), "h"),),
    "what": ((("about",), "h"), (("if",), "F")),
    "on": ((("the", "other", "hand"), "u"),),
    "left": ((("with",), "y"),),
    "compared": ((("to",), "c"), (("with",), "c")),
    "out": ((("of",), "f"),),
    "in": ((("contrast", "to"), "c"), (("place", "of"), "c"), (("no", "way"), "n"), (("conclusion",), "i")),
    # Verdicts of two words.
    "rule": ((("out",), "w"),),
    "ruled": ((("out",), "w"),),
    "rules": ((("out",), "w"),),
    "ruling": ((("out",), "w"),),
    # Taking back, and views that the sentence itself calls outdated.
    "take": ((("that", "back"), "R"), (("it", "back"), "R"), (("this", "back"), "R"), (("back",), "R")),
    "second": ((("thought",), "R"), (("thoughts",), "R")),
    "never": ((("mind",), "R"),),
    "i": ((("mean",), "R"), (("suppose",), "f"), (("assume",), "f")),
    "my": ((("bad",), "R"),),
    "strike": ((("that",), "R"), (("this",), "R"), (("it",), "R")),
    "at": ((("first",), "P"), (("least",), "f")),
    # "It may seem to be A": how it looks to others, before what it is.
    **{may: tuple(((seem,), "P") for seem in ("seem", "appear", "look")) for may in ("may", "might")},
    "first": tuple(
        ((noun,), "P") for noun in ("glance", "sight", "instinct", "thought", "impression", "answer", "guess")
    ),
    "was": ((("going", "to", "say"), "P"), (("going", "to", "choose"), "P"), (("about", "to", "say"), "P")),
    "would": ((("have", "said"), "P"), (("have", "chosen"), "P")),
    # "If I had to choose, B" commits itself; no condition is left open.
    "if": (
        (("i", "had", "to"), "f"),
        (("i", "have", "to"), "f"),
        (("i", "were", "to"), "f"),
        (("i", "must"), "f"),
        (("forced",), "f"),
        (("asked",), "f"),
    ),
}

LABEL_NOUNS = frozenset(
    ("option", "options", "choice", "choices", "letter", "letters", "alternative", "answer", "answers", "statement")
)
"""nouns that may stand directly before a letter and make it an option: "option B" """

PLAIN_LABEL_NOUNS = LABEL_NOUNS - {"answer", "answers"}
"""of these, the ones that say nothing about being right: they only name"""

_QUALIFIERS = "% right single both first second main entire whole definite many much far less least more up"
QUALIFIERS = frozenset(_QUALIFIERS.split())
"""words of answer talk that tell a finding more closely when they stand at its text: "right pleural effusion" """

_NO_CONTENT = """answer answers information mention comment idea data details clue conclusion consensus opinion
    preference access context knowledge guess input image images picture report"""
NO_CONTENT = frozenset(_NO_CONTENT.split())
"""nouns after "no" that decline to answer instead of answering no"""
