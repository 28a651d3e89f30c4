#include "support/cases.h"

#include "mix/name_role.h"

/* Names as engineers and programs give them. */
static const struct {
    const char *name;
    st_role role;
} rows[] = {
    {"01 Kick In", ST_ROLE_KICK},
    {"02_KickOut.wav", ST_ROLE_KICK},
    {"BD 808", ST_ROLE_KICK},
    {"Kik_sub", ST_ROLE_KICK},
    {"kick bass layer", ST_ROLE_KICK},
    {"Bass Drum", ST_ROLE_KICK},
    {"KD-trig", ST_ROLE_KICK},
    {"SNR top", ST_ROLE_SNARE},
    {"Snare Btm_03", ST_ROLE_SNARE},
    {"SN Bot", ST_ROLE_SNARE},
    {"SD_verb", ST_ROLE_SNARE},
    {"Claps L", ST_ROLE_SNARE},
    {"RimShot", ST_ROLE_SNARE},
    {"Snap", ST_ROLE_SNARE},
    {"HiHat", ST_ROLE_HATS},
    {"Hi-Hat closed", ST_ROLE_HATS},
    {"HH_open", ST_ROLE_HATS},
    {"Hats 16th", ST_ROLE_HATS},
    {"CHH", ST_ROLE_HATS},
    {"OHH 2", ST_ROLE_HATS},
    {"OH L", ST_ROLE_CYMBALS},
    {"Overheads", ST_ROLE_CYMBALS},
    {"OHs", ST_ROLE_CYMBALS},
    {"Ride", ST_ROLE_CYMBALS},
    {"Crash1", ST_ROLE_CYMBALS},
    {"Cym swell", ST_ROLE_CYMBALS},
    {"Rack Tom 1", ST_ROLE_TOMS},
    {"FloorTom", ST_ROLE_TOMS},
    {"TOMS", ST_ROLE_TOMS},
    {"Shaker", ST_ROLE_PERCUSSION},
    {"Tambourine_2", ST_ROLE_PERCUSSION},
    {"Perc Loop", ST_ROLE_PERCUSSION},
    {"Congas", ST_ROLE_PERCUSSION},
    {"Cajon", ST_ROLE_PERCUSSION},
    {"Djembe", ST_ROLE_PERCUSSION},
    {"Triangle", ST_ROLE_PERCUSSION},
    {"Drums", ST_ROLE_DRUMS_BUS},
    {"DRUM_BUS", ST_ROLE_DRUMS_BUS},
    {"Drum Room", ST_ROLE_DRUMS_BUS},
    {"Beat 120bpm", ST_ROLE_DRUMS_BUS},
    {"Drm Bus", ST_ROLE_DRUMS_BUS},
    {"Breakbeat", ST_ROLE_DRUMS_BUS},
    {"Bass", ST_ROLE_BASS},
    {"Bass DI_04", ST_ROLE_BASS},
    {"BassAmp", ST_ROLE_BASS},
    {"Bs DI", ST_ROLE_BASS},
    {"Sub Bass", ST_ROLE_BASS},
    {"SubBass", ST_ROLE_BASS},
    {"Synth Bass", ST_ROLE_BASS},
    {"808", ST_ROLE_NONE},
    {"Reese Bass", ST_ROLE_BASS},
    {"Bass Guitar", ST_ROLE_BASS},
    {"E Bass", ST_ROLE_BASS},
    {"Upright Bass", ST_ROLE_BASS},
    {"Piano L", ST_ROLE_KEYS},
    {"PNO", ST_ROLE_KEYS},
    {"EP", ST_ROLE_KEYS},
    {"Rhodes", ST_ROLE_KEYS},
    {"Hammond B3", ST_ROLE_KEYS},
    {"Wurlitzer", ST_ROLE_KEYS},
    {"EPiano", ST_ROLE_KEYS},
    {"Clavinet", ST_ROLE_KEYS},
    {"Vibraphone", ST_ROLE_KEYS},
    {"Glockenspiel", ST_ROLE_KEYS},
    {"Gtr L", ST_ROLE_GUITAR},
    {"ElecGtr_Lead", ST_ROLE_GUITAR},
    {"AcGtr 2", ST_ROLE_GUITAR},
    {"Lead Guitar", ST_ROLE_GUITAR},
    {"EG clean", ST_ROLE_NONE},
    {"Rhythm Guitar DT", ST_ROLE_GUITAR},
    {"Nylon Guitar", ST_ROLE_GUITAR},
    {"Ukulele", ST_ROLE_GUITAR},
    {"Synth Pad", ST_ROLE_SYNTH},
    {"Lead Synth", ST_ROLE_SYNTH},
    {"Arp", ST_ROLE_SYNTH},
    {"Supersaw", ST_ROLE_SYNTH},
    {"Plucks", ST_ROLE_SYNTH},
    {"Strings Hi", ST_ROLE_STRINGS},
    {"Violins", ST_ROLE_STRINGS},
    {"Vlns 1", ST_ROLE_STRINGS},
    {"Cello", ST_ROLE_STRINGS},
    {"11 Vc", ST_ROLE_STRINGS},
    {"Celli", ST_ROLE_STRINGS},
    {"Contrabass", ST_ROLE_STRINGS},
    {"Horns", ST_ROLE_BRASS},
    {"Trumpet", ST_ROLE_BRASS},
    {"Tbn", ST_ROLE_BRASS},
    {"Flugelhorn", ST_ROLE_BRASS},
    {"Tenor Sax", ST_ROLE_WOODWIND},
    {"Flute", ST_ROLE_WOODWIND},
    {"Bassoon", ST_ROLE_WOODWIND},
    {"English Horn", ST_ROLE_WOODWIND},
    {"LdVox_DT", ST_ROLE_LEAD_VOCAL},
    {"Lead Vox", ST_ROLE_LEAD_VOCAL},
    {"LV comp", ST_ROLE_LEAD_VOCAL},
    {"Vocals", ST_ROLE_LEAD_VOCAL},
    {"VOX main", ST_ROLE_LEAD_VOCAL},
    {"leadvocal_01", ST_ROLE_LEAD_VOCAL},
    {"Verse Vox", ST_ROLE_LEAD_VOCAL},
    {"BGV L", ST_ROLE_BACKING_VOCAL},
    {"BGVs", ST_ROLE_BACKING_VOCAL},
    {"Backing Vocals", ST_ROLE_BACKING_VOCAL},
    {"Vox Harmony", ST_ROLE_BACKING_VOCAL},
    {"Harm Vox Hi", ST_ROLE_BACKING_VOCAL},
    {"Background Vox", ST_ROLE_BACKING_VOCAL},
    {"Choir", ST_ROLE_BACKING_VOCAL},
    {"Vox Dbl", ST_ROLE_BACKING_VOCAL},
    {"AdLibs", ST_ROLE_BACKING_VOCAL},
    {"BackVox", ST_ROLE_BACKING_VOCAL},
    {"Vocal Chops", ST_ROLE_BACKING_VOCAL},
    {"FX Riser", ST_ROLE_FX},
    {"Sweep up", ST_ROLE_FX},
    {"White Noise", ST_ROLE_FX},
    {"Impact", ST_ROLE_FX},
    {"SFX_door", ST_ROLE_FX},
    {"Ambience", ST_ROLE_FX},
    {"Uplifter", ST_ROLE_FX},
    {"Full Mix", ST_ROLE_FULL_MIX},
    {"MixDown_v3", ST_ROLE_FULL_MIX},
    {"Rough Mix", ST_ROLE_FULL_MIX},
    /* words of a kind inside other words */
    {"Audio 07", ST_ROLE_NONE},
    {"Track_12", ST_ROLE_NONE},
    {"", ST_ROLE_NONE},
    {"Bridge", ST_ROLE_NONE},
    {"Override", ST_ROLE_NONE},
    {"Prime", ST_ROLE_NONE},
    {"Tomorrow", ST_ROLE_NONE},
    {"Ohio", ST_ROLE_NONE},
    {"\xc3\x9c\xc3\xb6", ST_ROLE_NONE},
    {"Drums Mix", ST_ROLE_DRUMS_BUS},
    {"Vox Mix", ST_ROLE_LEAD_VOCAL},
    {"Guitars mixed", ST_ROLE_GUITAR},
};

static void test_names(void **state) {
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        st_role role = st_name_role(rows[i].name);
        if (role == rows[i].role)
            continue;
        print_message("\"%s\" is %s, not %s\n", rows[i].name,
                      st_role_name(rows[i].role), st_role_name(role));
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

/* A name that is longer than there is room for is read as far as it goes. */
static void test_long_names(void **state) {
    (void)state;
    char name[2000];
    for (size_t i = 0; i < sizeof name; i++)
        name[i] = i % 3 == 0 ? ' ' : 'z';
    name[sizeof name - 1] = '\0';
    assert_int_equal(st_name_role(name), ST_ROLE_NONE);
    name[0] = 'k', name[1] = 'i', name[2] = 'k', name[3] = ' ';
    assert_int_equal(st_name_role(name), ST_ROLE_KICK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_long_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
