#include "mix/name_role.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { TEXT = 256 };

/* Words, a space between, as they stand in a cleaned name. A '*' at the end:
 * any longer word too. Longer phrases win. */
static const struct {
    const char *words;
    st_role role;
} table[] = {
    {"kick*", ST_ROLE_KICK},
    {"kik", ST_ROLE_KICK},
    {"bd", ST_ROLE_KICK},
    {"kd", ST_ROLE_KICK},
    {"bass drum*", ST_ROLE_KICK},
    {"bassdrum*", ST_ROLE_KICK},
    {"snare*", ST_ROLE_SNARE},
    {"snr*", ST_ROLE_SNARE},
    {"sd", ST_ROLE_SNARE},
    {"sn", ST_ROLE_SNARE},
    {"snap*", ST_ROLE_SNARE},
    {"clap*", ST_ROLE_SNARE},
    {"rim*", ST_ROLE_SNARE},
    {"hat", ST_ROLE_HATS},
    {"hats", ST_ROLE_HATS},
    {"hh", ST_ROLE_HATS},
    {"chh", ST_ROLE_HATS},
    {"ohh", ST_ROLE_HATS},
    {"hihat*", ST_ROLE_HATS},
    {"hi hat*", ST_ROLE_HATS},
    {"cymbal*", ST_ROLE_CYMBALS},
    {"crash*", ST_ROLE_CYMBALS},
    {"ride", ST_ROLE_CYMBALS},
    {"oh", ST_ROLE_CYMBALS},
    {"ohs", ST_ROLE_CYMBALS},
    {"cym", ST_ROLE_CYMBALS},
    {"cyms", ST_ROLE_CYMBALS},
    {"overhead*", ST_ROLE_CYMBALS},
    {"over heads", ST_ROLE_CYMBALS},
    {"tom", ST_ROLE_TOMS},
    {"toms", ST_ROLE_TOMS},
    {"floortom*", ST_ROLE_TOMS},
    {"perc*", ST_ROLE_PERCUSSION},
    {"shaker*", ST_ROLE_PERCUSSION},
    {"tamb*", ST_ROLE_PERCUSSION},
    {"conga*", ST_ROLE_PERCUSSION},
    {"bongo*", ST_ROLE_PERCUSSION},
    {"cowbell*", ST_ROLE_PERCUSSION},
    {"cajon*", ST_ROLE_PERCUSSION},
    {"djembe*", ST_ROLE_PERCUSSION},
    {"triangle*", ST_ROLE_PERCUSSION},
    {"tabla*", ST_ROLE_PERCUSSION},
    {"timbale*", ST_ROLE_PERCUSSION},
    {"maraca*", ST_ROLE_PERCUSSION},
    {"guiro*", ST_ROLE_PERCUSSION},
    {"drum", ST_ROLE_DRUMS_BUS},
    {"drums", ST_ROLE_DRUMS_BUS},
    {"drumkit*", ST_ROLE_DRUMS_BUS},
    {"kit", ST_ROLE_DRUMS_BUS},
    {"beat", ST_ROLE_DRUMS_BUS},
    {"beats", ST_ROLE_DRUMS_BUS},
    {"breakbeat*", ST_ROLE_DRUMS_BUS},
    {"drm", ST_ROLE_DRUMS_BUS},
    {"drms", ST_ROLE_DRUMS_BUS},
    {"drum bus*", ST_ROLE_DRUMS_BUS},
    {"drum loop*", ST_ROLE_DRUMS_BUS},
    {"room", ST_ROLE_DRUMS_BUS},
    {"bass", ST_ROLE_BASS},
    {"bassline*", ST_ROLE_BASS},
    {"bassdi", ST_ROLE_BASS},
    {"bs", ST_ROLE_BASS},
    {"reese*", ST_ROLE_BASS},
    {"sub", ST_ROLE_BASS},
    {"sub bass", ST_ROLE_BASS},
    {"synth bass", ST_ROLE_BASS},
    {"bass synth", ST_ROLE_BASS},
    {"bass guitar", ST_ROLE_BASS},
    {"bass gtr", ST_ROLE_BASS},
    {"key", ST_ROLE_KEYS},
    {"keys", ST_ROLE_KEYS},
    {"keyboard*", ST_ROLE_KEYS},
    {"piano*", ST_ROLE_KEYS},
    {"pno", ST_ROLE_KEYS},
    {"ep", ST_ROLE_KEYS},
    {"organ*", ST_ROLE_KEYS},
    {"rhodes*", ST_ROLE_KEYS},
    {"wurli*", ST_ROLE_KEYS},
    {"clav*", ST_ROLE_KEYS},
    {"epiano*", ST_ROLE_KEYS},
    {"marimba*", ST_ROLE_KEYS},
    {"hammond*", ST_ROLE_KEYS},
    {"vibraphone*", ST_ROLE_KEYS},
    {"vibes", ST_ROLE_KEYS},
    {"glock*", ST_ROLE_KEYS},
    {"xylo*", ST_ROLE_KEYS},
    {"celesta*", ST_ROLE_KEYS},
    {"mellotron*", ST_ROLE_KEYS},
    {"harpsi*", ST_ROLE_KEYS},
    {"accordion*", ST_ROLE_KEYS},
    {"bells", ST_ROLE_KEYS},
    {"gtr*", ST_ROLE_GUITAR},
    {"guit*", ST_ROLE_GUITAR},
    {"elgtr*", ST_ROLE_GUITAR},
    {"acgtr*", ST_ROLE_GUITAR},
    {"agtr*", ST_ROLE_GUITAR},
    {"egtr*", ST_ROLE_GUITAR},
    {"banjo*", ST_ROLE_GUITAR},
    {"ukulele*", ST_ROLE_GUITAR},
    {"mandolin*", ST_ROLE_GUITAR},
    {"synth*", ST_ROLE_SYNTH},
    {"pad", ST_ROLE_SYNTH},
    {"pads", ST_ROLE_SYNTH},
    {"arp*", ST_ROLE_SYNTH},
    {"pluck*", ST_ROLE_SYNTH},
    {"supersaw*", ST_ROLE_SYNTH},
    {"saw", ST_ROLE_SYNTH},
    {"saws", ST_ROLE_SYNTH},
    {"moog*", ST_ROLE_SYNTH},
    {"lead synth", ST_ROLE_SYNTH},
    {"synth lead", ST_ROLE_SYNTH},
    {"string*", ST_ROLE_STRINGS},
    {"violin*", ST_ROLE_STRINGS},
    {"viola*", ST_ROLE_STRINGS},
    {"vln", ST_ROLE_STRINGS},
    {"vlns", ST_ROLE_STRINGS},
    {"vla", ST_ROLE_STRINGS},
    {"vlas", ST_ROLE_STRINGS},
    {"celli", ST_ROLE_STRINGS},
    {"harp", ST_ROLE_STRINGS},
    {"orch*", ST_ROLE_STRINGS},
    {"cello*", ST_ROLE_STRINGS},
    {"vc", ST_ROLE_STRINGS},
    {"vcl", ST_ROLE_STRINGS},
    {"contrabass*", ST_ROLE_STRINGS},
    {"brass*", ST_ROLE_BRASS},
    {"trumpet*", ST_ROLE_BRASS},
    {"tpt", ST_ROLE_BRASS},
    {"tbn", ST_ROLE_BRASS},
    {"tbns", ST_ROLE_BRASS},
    {"flugel*", ST_ROLE_BRASS},
    {"trombone*", ST_ROLE_BRASS},
    {"horn", ST_ROLE_BRASS},
    {"horns", ST_ROLE_BRASS},
    {"tuba", ST_ROLE_BRASS},
    {"sax*", ST_ROLE_WOODWIND},
    {"flute*", ST_ROLE_WOODWIND},
    {"clarinet*", ST_ROLE_WOODWIND},
    {"oboe*", ST_ROLE_WOODWIND},
    {"bassoon*", ST_ROLE_WOODWIND},
    {"english horn", ST_ROLE_WOODWIND},
    {"cor anglais", ST_ROLE_WOODWIND},
    {"harmonica*", ST_ROLE_WOODWIND},
    {"recorder*", ST_ROLE_WOODWIND},
    {"vox", ST_ROLE_LEAD_VOCAL},
    {"vocal", ST_ROLE_LEAD_VOCAL},
    {"vocals", ST_ROLE_LEAD_VOCAL},
    {"voc", ST_ROLE_LEAD_VOCAL},
    {"voice", ST_ROLE_LEAD_VOCAL},
    {"singer", ST_ROLE_LEAD_VOCAL},
    {"leadvox*", ST_ROLE_LEAD_VOCAL},
    {"leadvoc*", ST_ROLE_LEAD_VOCAL},
    {"ldvox*", ST_ROLE_LEAD_VOCAL},
    {"ld vox", ST_ROLE_LEAD_VOCAL},
    {"lv", ST_ROLE_LEAD_VOCAL},
    {"lead vox", ST_ROLE_LEAD_VOCAL},
    {"lead vocal*", ST_ROLE_LEAD_VOCAL},
    {"lead voc", ST_ROLE_LEAD_VOCAL},
    {"main vox", ST_ROLE_LEAD_VOCAL},
    {"main vocal*", ST_ROLE_LEAD_VOCAL},
    {"rap", ST_ROLE_LEAD_VOCAL},
    {"bgv*", ST_ROLE_BACKING_VOCAL},
    {"bv", ST_ROLE_BACKING_VOCAL},
    {"bvs", ST_ROLE_BACKING_VOCAL},
    {"bvox", ST_ROLE_BACKING_VOCAL},
    {"backing*", ST_ROLE_BACKING_VOCAL},
    {"backing vocal*", ST_ROLE_BACKING_VOCAL},
    {"backing vox", ST_ROLE_BACKING_VOCAL},
    {"back vox", ST_ROLE_BACKING_VOCAL},
    {"background vocal*", ST_ROLE_BACKING_VOCAL},
    {"background vox", ST_ROLE_BACKING_VOCAL},
    {"harmony vox", ST_ROLE_BACKING_VOCAL},
    {"harmony vocal*", ST_ROLE_BACKING_VOCAL},
    {"harmonies", ST_ROLE_BACKING_VOCAL},
    {"harm vox", ST_ROLE_BACKING_VOCAL},
    {"harm voc", ST_ROLE_BACKING_VOCAL},
    {"vox harm*", ST_ROLE_BACKING_VOCAL},
    {"vocal harm*", ST_ROLE_BACKING_VOCAL},
    {"vox dbl", ST_ROLE_BACKING_VOCAL},
    {"vox dub", ST_ROLE_BACKING_VOCAL},
    {"voc dbl", ST_ROLE_BACKING_VOCAL},
    {"vocal double*", ST_ROLE_BACKING_VOCAL},
    {"vocal chop*", ST_ROLE_BACKING_VOCAL},
    {"vox chop*", ST_ROLE_BACKING_VOCAL},
    {"ad lib*", ST_ROLE_BACKING_VOCAL},
    {"choir*", ST_ROLE_BACKING_VOCAL},
    {"vox double", ST_ROLE_BACKING_VOCAL},
    {"adlib*", ST_ROLE_BACKING_VOCAL},
    {"fx", ST_ROLE_FX},
    {"sfx", ST_ROLE_FX},
    {"riser*", ST_ROLE_FX},
    {"sweep*", ST_ROLE_FX},
    {"impact*", ST_ROLE_FX},
    {"noise", ST_ROLE_FX},
    {"effects", ST_ROLE_FX},
    {"ambience*", ST_ROLE_FX},
    {"ambiance*", ST_ROLE_FX},
    {"uplifter*", ST_ROLE_FX},
    {"downlifter*", ST_ROLE_FX},
    {"atmo*", ST_ROLE_FX},
    {"mix", ST_ROLE_FULL_MIX},
    {"full mix", ST_ROLE_FULL_MIX},
    {"fullmix", ST_ROLE_FULL_MIX},
    {"mixdown", ST_ROLE_FULL_MIX},
};

static bool small_to_capital(const char *name, size_t i) {
    return i > 0 && islower((unsigned char)name[i - 1]) &&
           isupper((unsigned char)name[i]);
}

/* " kick in 2 " of "01-KickIn_2": words in small letters between spaces. */
static void clean(const char *name, char text[TEXT]) {
    size_t used = 0;
    text[used++] = ' ';
    for (size_t i = 0; name[i] != '\0' && used + 3 < TEXT; i++) {
        bool letter = isalpha((unsigned char)name[i]) != 0;
        if ((!letter || small_to_capital(name, i)) && text[used - 1] != ' ')
            text[used++] = ' ';
        if (letter)
            text[used++] = (char)tolower((unsigned char)name[i]);
    }
    if (text[used - 1] != ' ')
        text[used++] = ' ';
    text[used] = '\0';
}

/* Length of the match of `words` anywhere in `text`, 0 for none. */
static size_t match(const char *text, const char *words) {
    size_t length = strlen(words);
    bool open = words[length - 1] == '*';
    length -= open;
    for (const char *at = text; (at = strchr(at, ' ')) != NULL; at++) {
        const char *end = at + 1 + length;
        if (strncmp(at + 1, words, length) == 0 && (open || *end == ' '))
            return length;
    }
    return 0;
}

st_role st_name_role(const char *name) {
    char text[TEXT];
    size_t best = 0;
    st_role role = ST_ROLE_NONE;
    clean(name, text);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        size_t length = match(text, table[i].words);
        if (length > best) {
            best = length;
            role = table[i].role;
        }
    }
    return role;
}
