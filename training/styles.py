"""Grooves, progressions and sounds that compose.py draws from.

Drum lines are chances, a character each step of a bar: x sure, 1 to 9
tenths, . never.
"""
NAMES = "C C# D Eb E F F# G Ab A Bb B".split()
MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
KICK, SNARE, STICK, CLAP, CLOSED, OPEN, RIDE, CRASH, TOM1, TOM2, TOM3 = (
    "kick snare stick clap closed open ride crash tom1 tom2 tom3".split())
SHAKER, CONGA1, CONGA2, COWBELL, TAMBOURINE, CLAVE, BONGO = (
    "shaker conga1 conga2 cowbell tambourine clave bongo".split())

HATS = {
    4: ["x.x.x.x.x.x.x.x.", "xxxxxxxxxxxxxxxx", "x...x...x...x...",
        "..x...x...x...x.", "x.x8x.x8x.x8x.x8", "x6x4x6x4x6x4x6x4",
        "x.x.x.xxx.x.x.xx", "....x.......x..."],
    3: ["xxxxxxxxxxxx", "x.xx.xx.xx.x", "x..x..x..x..", "x.8x.8x.8x.8",
        "x77x77x77x77", "..x..x..x..x"],
    2: ["x.x.x.x.", "xxxxxxxx", "x.xxx.xx", "....x..."]}

# bpm: the range of the beat; sub: steps a beat; beats: a bar. drums: a kit's
# lines; hats: whether a line of HATS is added, on which instruments.
STYLES = {
    "backbeat": dict(bpm=(68, 190), weight=3, drums={
        KICK: "x..1..3.6.4...2.", SNARE: "....x.......x..1"},
        hats=(CLOSED, CLOSED, RIDE, OPEN, TAMBOURINE), swing=0.1,
        bass="eighths roots fifths pattern long locked", family="rock",
        comp="block strum pulse8 stabs power arp8"),
    "backbeat_slow": dict(bpm=(55, 104), weight=3, drums={
        KICK: "x.12.13.45623.12", SNARE: "....x..1.1..x..1"},
        hats=(CLOSED, CLOSED, SHAKER), swing=0.3,
        bass="pattern locked roots long fifths", family="pop",
        comp="block pads arp8 arp16 stabs ballad"),
    "stick_slow": dict(bpm=(55, 92), weight=2, drums={
        KICK: "x.....3.7.2...1.", STICK: "....x.......x..."},
        hats=(CLOSED, SHAKER), swing=0.3, bass="roots fifths long pattern",
        family="soft", comp="block ballad arp8 pads"),
    "beats_slow": dict(bpm=(58, 98), weight=2, swing=0.7, drums={
        KICK: "x..3..4..5x..2.3", SNARE: "....x.......x...",
        CLAP: "....5.......5..."},
        hats=(CLOSED,), bass="pattern long locked", family="synth",
        comp="stabs pads block arp8"),
    "busy": dict(bpm=(82, 126), weight=6, drums={
        KICK: "x.34..4.1.83.14.", SNARE: "....x..4.5.3x..4"},
        hats=(CLOSED, CLOSED, SHAKER, OPEN), swing=0.2,
        bass="pattern away locked octaves", family="pop",
        comp="stabs skank block pads montuno"),
    "funk": dict(bpm=(80, 124), weight=5, drums={
        KICK: "x.2535.3.35534.4", SNARE: "....x.124132x..3"},
        hats=(CLOSED, CLOSED, RIDE, SHAKER), swing=0.2,
        bass="locked locked pattern away octaves", family="pop",
        comp="stabs skank block strum"),
    "boom_bap": dict(bpm=(72, 104), weight=2, swing=0.6, drums={
        KICK: "x.2..2.5.36..3.2", SNARE: "....x..2.2..x..1"},
        hats=(CLOSED, CLOSED, TAMBOURINE), bass="locked pattern long",
        family="soft", comp="stabs block pads arp8"),
    "trap": dict(bpm=(60, 86), weight=1.5, drums={
        KICK: "x..3..5..3x..4.2", CLAP: "....x.......x...",
        CLOSED: "x5x5x5x7x5x5x7x6"}, hats=(),
        bass="locked long", family="synth", comp="pads arp8 stabs arp16"),
    "cumbia": dict(bpm=(80, 116), weight=1.5, drums={
        SHAKER: "x.77x.77x.77x.77", CONGA1: "..x..3x4..x..3x4",
        KICK: "x.......6......."}, hats=(COWBELL,),
        bass="fifths roots locked", family="latin",
        comp="skank montuno stabs"),
    "mambo": dict(bpm=(84, 132), weight=2, drums={
        COWBELL: "x.x.x.88x.x.x.88", CONGA1: "4...x.xx4...x.xx",
        STICK: "..x.x...x..x..x.", KICK: "......5.......5."},
        hats=(SHAKER,), bass="tied tied fifths", family="latin",
        comp="montuno montuno stabs block"),
    "off_hats": dict(bpm=(96, 140), weight=3, drums={
        KICK: "x..1x..1x..1x.21", SNARE: "....6.......6...",
        OPEN: "..x...x...x...x.", CLOSED: "6.6.6.6.6.6.6.6."},
        hats=(SHAKER,), bass="offbeat offbeat octaves away",
        family="synth", comp="stabs skank pads block"),
    "samba": dict(bpm=(84, 132), beats=2, weight=1.5, drums={
        KICK: "4..xx..x", SHAKER: "x46xx46x", TAMBOURINE: "x.x3.x.5"},
        hats=(), bass="fifths away", family="latin",
        comp="stabs fingers montuno"),
    "guaracha": dict(bpm=(84, 136), weight=3, drums={
        STICK: "x.3x..x.2.x.x..2", KICK: "2.....5.2.....5.",
        CONGA1: "..3...x5..3...x5", SHAKER: "x5x5x5x5x5x5x5x5"},
        hats=(), bass="tied tied away", family="latin",
        comp="montuno stabs block"),
    "son": dict(bpm=(84, 136), weight=3, drums={
        CLAVE: "x..x..x...x.x...", CONGA1: "..4.x.55..4.x.55",
        BONGO: "x3x3x3x3x3x3x3x3", COWBELL: "2...2...2...2..."},
        hats=(SHAKER,), bass="tied away tresillo", family="latin",
        comp="montuno stabs block"),
    "cut_time": dict(bpm=(84, 140), beats=2, weight=2, drums={
        KICK: "x...4...", SNARE: "..5.x.5."}, hats=(CLOSED,),
        bass="roots fifths", family="band", comp="block oom_pah pulse8"),
    "pulses": dict(bpm=(66, 150), weight=3, drums={},
                   bass="quarters eighths long away", family="orchestra",
                   comp="pulse8 pulse4 block stabs"),
    "pulses_kit": dict(bpm=(90, 180), weight=1.5, drums={
        KICK: "x...5.3.x.3.5...", SNARE: "....8..1....8..3"},
        hats=(CLOSED, RIDE, TAMBOURINE), bass="away pattern long eighths",
        family="rock", comp="pulse8 stabs power block"),
    "club": dict(bpm=(100, 150), weight=3, drums={
        KICK: "x...x...x...x..1", CLAP: "....8.......8..."},
        hats=(OPEN, CLOSED, SHAKER), bass="offbeat pattern eighths roll16",
        family="synth", comp="stabs pads arp16 pulse8 block"),
    "house": dict(bpm=(104, 142), weight=4, drums={
        KICK: "x...x...x...x..1", CLAP: "....7.......7...",
        OPEN: "..8...8...8...8.", SHAKER: "3232323232323232"},
        hats=(CLOSED, CLOSED, RIDE), bass="offbeat away pattern roll16",
        family="synth", comp="stabs pads skank arp16 block"),
    "disco": dict(bpm=(98, 136), weight=2, drums={
        KICK: "x...x...x...x...", SNARE: "....x.......x..2",
        OPEN: "..x...x...x...x."},
        hats=(CLOSED,), bass="octaves pattern", family="pop",
        comp="stabs skank strum block"),
    "minimal": dict(bpm=(112, 148), weight=1, drums={
        KICK: "x...x...x...x...", COWBELL: "..2..3..2..3..2.",
        CONGA1: "1.2..3.1.2.3..1."},
        hats=(CLOSED, OPEN), bass="pattern offbeat", family="synth",
        comp="stabs pads none"),
    "breaks": dict(bpm=(100, 190), weight=2, drums={
        KICK: "x.4..1..1.7..2..", SNARE: "....x..3.4..x..3"},
        hats=(CLOSED, RIDE), bass="pattern long roots locked", family="synth",
        comp="pads stabs arp8 none"),
    "two_step": dict(bpm=(150, 196), weight=3, drums={
        KICK: "x.........8....2", SNARE: "....x.......x...",
        SHAKER: "..3...3...3...3."},
        hats=(CLOSED, CLOSED, RIDE), bass="long pattern roots",
        family="synth", comp="pads stabs arp16 none"),
    "thrash": dict(bpm=(148, 212), weight=3, drums={
        KICK: "x.3.2.3.x.3.2.3.", SNARE: "....x.......x..."},
        hats=(CLOSED, CRASH, RIDE), bass="eighths roots", family="rock",
        comp="power pulse8 block"),
    "double_kick": dict(bpm=(130, 205), weight=1, drums={
        KICK: "x.x.x.x.x.x.x.x.", SNARE: "....x.......x..."},
        hats=(RIDE, CRASH), bass="eighths", family="rock",
        comp="power pulse8"),
    "four_snares": dict(bpm=(120, 200), weight=1, drums={
        KICK: "x.2...2.x.2...2.", SNARE: "x...x...x...x..."},
        hats=(CLOSED, TAMBOURINE), bass="eighths roots", family="rock",
        comp="pulse8 strum block"),
    "shuffle": dict(bpm=(60, 150), sub=3, weight=3, drums={
        KICK: "x....3x.2..2", SNARE: "...x....1x.."},
        hats=(CLOSED, RIDE, CLOSED), bass="walking fifths pattern roots",
        family="rock", comp="block stabs pulse_swing strum"),
    "slow_triplets": dict(bpm=(55, 84), sub=3, weight=2, drums={
        KICK: "x....4x....3", SNARE: "...x.....x.."},
        hats=(CLOSED, RIDE), bass="roots fifths long", family="soft",
        comp="arp_triplet block ballad"),
    "ride": dict(bpm=(88, 212), sub=3, weight=3, drums={
        RIDE: "x..x.7x..x.7", CLOSED: "...x.....x..",
        KICK: "4..2..3..2..", SNARE: ".11..2.1..2."},
        hats=(), bass="walking walking fifths", family="jazz",
        comp="stabs block stabs"),
    "brushes": dict(bpm=(60, 150), sub=3, weight=1, drums={
        SHAKER: "x..x.5x..x.5", STICK: "...6.....6.."},
        hats=(), bass="walking roots", family="jazz",
        comp="stabs block arp_triplet"),
    "bossa": dict(bpm=(80, 150), weight=2, drums={
        STICK: "x..x..x...x..x..", KICK: "x.....7.x.....7."},
        hats=(CLOSED, SHAKER), bass="fifths tresillo", family="soft",
        comp="stabs fingers block"),
    "clave": dict(bpm=(80, 128), weight=2, drums={
        CLAVE: "..x.x...x..x..x.", CONGA1: "x.3.x.55x.3.x.55",
        COWBELL: "x...x...x...x...", BONGO: "x3x3x3x3x3x3x3x3"},
        hats=(), bass="tresillo fifths pattern", family="latin",
        comp="montuno stabs block"),
    "songo": dict(bpm=(84, 130), weight=1, drums={
        KICK: "...x..2....x..2.", STICK: "....x.......x...",
        CONGA2: "..x...xx..x...xx", SHAKER: "x6x6x6x6x6x6x6x6"},
        hats=(), bass="tresillo pattern", family="latin",
        comp="montuno stabs"),
    "tresillo": dict(bpm=(78, 112), weight=1, drums={
        KICK: "x...x...x...x...", SNARE: "...x..x....x..x."},
        hats=(CLOSED, SHAKER), bass="tresillo roots", family="synth",
        comp="stabs pads arp8"),
    "skank": dict(bpm=(62, 100), weight=1, held=True, drums={
        KICK: "x.......x.......", SNARE: "....x.......x..."},
        hats=(CLOSED,), bass="pattern roots", family="pop", comp="skank"),
    "train": dict(bpm=(84, 140), weight=2, held=True, drums={
        SNARE: "55x555x555x555x5", KICK: "x...x...x...x..."},
        hats=(), bass="fifths", family="folk", comp="chop strum fingers"),
    "two_beat": dict(bpm=(84, 150), weight=2, drums={
        KICK: "x.......x.......", SNARE: "....x.......x..."},
        hats=(CLOSED,), bass="fifths", family="folk",
        comp="chop strum oom_pah fingers"),
    "polka": dict(bpm=(84, 150), beats=2, weight=2, drums={
        KICK: "x...x...", SNARE: "..x...x."}, hats=(CLOSED,),
        bass="fifths", family="band", comp="oom_pah chop"),
    "parade": dict(bpm=(88, 140), beats=2, weight=1, drums={
        KICK: "x...x...", SNARE: "x.66x.55", CRASH: "1...1..."}, hats=(),
        bass="fifths roots", family="band", comp="oom_pah block"),
    "waltz_kit": dict(bpm=(70, 208), beats=3, weight=2, drums={
        KICK: "x...........", SNARE: "....7...7..."}, hats=(CLOSED, RIDE),
        bass="one roots", family="band", comp="oom_pah arp8 block strum"),
    "waltz_light": dict(bpm=(76, 200), beats=3, weight=3, drums={
        KICK: "x...........", STICK: "....6...6...",
        SHAKER: "8...8...8..."}, hats=(CLOSED, RIDE, TAMBOURINE),
        bass="one one walking", family="band",
        comp="oom_pah block arp8 pulse4"),
    "three_rock": dict(bpm=(70, 180), beats=3, weight=2, drums={
        KICK: "x.....2.2...", SNARE: "........x..1"}, hats=(CLOSED, RIDE),
        bass="one roots eighths", family="rock", comp="strum block arp8"),
    "waltz_plain": dict(bpm=(60, 190), beats=3, weight=2, drums={},
                        bass="one", family="chamber",
                        comp="oom_pah arp8 ballad"),
    "six": dict(bpm=(55, 100), beats=2, sub=3, weight=3, name="6/8", drums={
        KICK: "x....3", SNARE: "...x..", }, hats=(CLOSED, RIDE),
        bass="one roots fifths", family="pop",
        comp="arp_triplet strum block"),
    "jig": dict(bpm=(96, 140), beats=2, sub=3, weight=2, name="6/8",
                held=True, drums={BONGO: "x.5x.5", TAMBOURINE: "...6.."},
                hats=(), bass="roots", family="folk",
                comp="strum arp_triplet block"),
    "six_plain": dict(bpm=(55, 96), beats=2, sub=3, weight=2, name="6/8",
                      drums={}, bass="one roots", family="chamber",
                      comp="arp_triplet"),
    "five": dict(bpm=(84, 184), beats=5, weight=3, drums={
        KICK: "x.....2.....3.......", SNARE: "....4.......x...3..."},
        hats=(CLOSED, RIDE), bass="one roots pattern", family="jazz",
        comp="block stabs arp8 pattern_block"),
    "seven": dict(bpm=(100, 210), beats=7, weight=1.5, drums={
        KICK: "x.......x.......4...2.......",
        SNARE: "....x.......x...........x..."},
        hats=(CLOSED, RIDE), bass="one roots pattern", family="rock",
        comp="block stabs arp8"),
    "seven_light": dict(bpm=(150, 212), beats=7, sub=2, weight=1, name="7/8",
                        drums={KICK: "x...x...x.....",
                               CONGA1: "..x...x...x.x."},
                        hats=(), bass="one", family="folk",
                        comp="strum block"),
    "tango": dict(bpm=(55, 130), weight=1, held=True, drums={},
                  bass="tresillo roots", family="chamber",
                  comp="pulse4 stabs"),
    "ballad": dict(bpm=(55, 104), weight=3, drums={}, bass="one roots",
                   family="piano", comp="ballad arp8 block arp16"),
    "picking": dict(bpm=(60, 150), weight=3, drums={}, bass="fifths one",
                    family="guitar", comp="fingers arp8 arp16"),
    "strumming": dict(bpm=(70, 160), weight=2, drums={}, bass="roots none",
                      family="guitar", comp="strum"),
    "ostinato": dict(bpm=(60, 168), weight=3, drums={},
                     bass="eighths roots pattern", family="orchestra",
                     comp="pulse8 arp8 pulse4 arp16"),
    "hymn": dict(bpm=(60, 112), weight=2, drums={}, bass="quarters",
                 family="choir", comp="pulse4 block"),
    "running": dict(bpm=(60, 132), weight=2, drums={}, bass="walking quarters",
                    family="chamber", comp="arp16 arp8 run16"),
    "sequencer": dict(bpm=(80, 150), weight=2, drums={
        KICK: "8...8...8...8..."}, hats=(CLOSED,), bass="eighths roll16 long",
        family="synth", comp="arp16 arp8 run16"),
    "sequencer_plain": dict(bpm=(80, 150), weight=1, drums={},
                            bass="long eighths", family="synth",
                            comp="arp16 arp8"),
    "tune": dict(bpm=(70, 180), weight=1, drums={}, bass="none roots",
                 family="folk", comp="none chop"),
}
FAMILIES = {  # bass, comp, lead
    "rock": ("ebass", "eguitar organ piano", "eguitar lead sax"),
    "pop": ("ebass synbass", "piano epiano guitar strings",
            "lead flute voice sax"),
    "soft": ("ebass abass", "epiano guitar piano vibes", "sax flute brass"),
    "synth": ("synbass ebass", "pad lead synpluck strings",
              "lead synpluck bells"),
    "jazz": ("abass", "piano eguitar vibes organ", "sax brass flute"),
    "latin": ("abass ebass", "piano guitar brass", "brass flute sax"),
    "folk": ("abass ebass", "guitar accordion banjo", "fiddle flute reed"),
    "band": ("tuba abass", "brass accordion reed", "reed brass flute"),
    "chamber": ("cello abass", "piano strings harpsi guitar",
                "fiddle flute reed"),
    "piano": ("piano", "piano epiano", "piano flute voice"),
    "guitar": ("guitar", "guitar", "flute guitar fiddle"),
    "orchestra": ("cello", "strings pizz harp", "fiddle brass reed flute"),
    "choir": ("cello organ", "voice organ brass strings", "voice reed"),
}
# Chains of degrees; a chord a bar unless the piece says otherwise.
CHAINS = {
    "major": ["I V vi IV", "I vi ii V", "vi IV I V", "I IV ii V", "I iii IV V",
              "I bVII IV I", "I IV iv I", "I V/vi vi IV", "ii V I I",
              "I V/V V I", "I ii IV V", "I I IV V", "IV V iii vi",
              "I vi IV iv", "I bVI bVII I", "I viio I V", "I V/ii ii V",
              "I V IV V", "I Isus IV V", "vi V IV V", "I V/IV IV iv",
              "I iii vi ii", "I I I I", "I IV I IV", "iii vi ii V"],
    "minor": ["i VI III VII", "i iv V i", "i VII VI V", "i iv VII III",
              "i VI iv V", "i i iv V", "i v iv i", "i bII V i",
              "i III VII iv", "iio V i i", "i VI VII i", "i iv i V",
              "i V/iv iv V", "VI VII i i", "i viio i V", "i VII iv VI",
              "i VI III V", "i i i i", "iv i V i", "i v VI VII"]}
DEGREES = {  # semitones over the tonic, kind
    "major": {"I": (0, "maj"), "ii": (2, "min"), "iii": (4, "min"),
              "IV": (5, "maj"), "V": (7, "maj"), "vi": (9, "min"),
              "viio": (11, "dim"), "bVII": (10, "maj"), "iv": (5, "min"),
              "bVI": (8, "maj"), "V/vi": (4, "7"), "V/V": (2, "7"),
              "V/ii": (9, "7"), "V/IV": (0, "7"), "Isus": (0, "sus4")},
    "minor": {"i": (0, "min"), "iio": (2, "dim"), "III": (3, "maj"),
              "iv": (5, "min"), "v": (7, "min"), "V": (7, "maj"),
              "VI": (8, "maj"), "VII": (10, "maj"), "bII": (1, "maj"),
              "viio": (11, "dim"), "V/iv": (0, "7")}}
KINDS = {"maj": (0, 4, 7), "min": (0, 3, 7), "dim": (0, 3, 6),
         "7": (0, 4, 7, 10), "maj7": (0, 4, 7, 11), "min7": (0, 3, 7, 10),
         "sus4": (0, 5, 7), "sus2": (0, 2, 7), "hdim7": (0, 3, 6, 10),
         "aug": (0, 4, 8)}
STRUMS = ["x.......x...x...", "x...x.x...x.x.x.", "x...x.x.x...x.x.",
          "x...x...x...x...", "x.x.x.x.x.x.x.x.", "x...x..xx...x..x",
          "x.....x...x.x...", "x...xx.xx...xx.x"]
PICKS = [(0, 2, 1, 3, 0, 2, 1, 3), (0, 1, 2, 3, 2, 1, 2, 1),
         (0, 3, 1, 2, 0, 3, 2, 1), (0, 2, 3, 2, 1, 2, 3, 2)]
