"""What law protects otherwise: religion, politics, union, origin, sexual life, crime, social assistance, said of somebody."""

from compliance.labels import Label
from compliance.recognisers.finding import Family
from compliance.recognisers.lexicon import Lexicon

_LEXICON = Lexicon(
    {
        "RELIGION": """muslim* moslem* katholi* reformiert protestant* evangelisch judisch* jude judin hindu* buddhist* atheist* christ christlich* zeugen_jehovas musulman* catholique* juif
        juive chretien* athee* bouddhiste cattolic* ebreo ebrea musulman* cristian* buddista ateo catholic* jewish christian* islam katolik kristen kirchensteuer konfession*""",
        "POLITICS": """svp-mitglied parteimitglied* kommunist* sozialist* membre_du_parti membro_del_partito party_member anggota_partai gewerkschaft* syndicat* syndique* sindacat* trade_union
        union_member serikat_pekerja serikat_buruh""",
        "SEXUAL_LIFE": """schwul* lesbisch* lesbe bisexuell* homosexuell* transgender* transsexuell* gay lesbian* bisexual* homosexuel* lesbienne* transgenre gay omosessual* lesbica homoseksual
        queer nonbinar* hetero*""",
        "CRIME": """vorbestraft* strafregister* verurteilt* gefangnis knast haftstrafe untersuchungshaft strafverfahren casier_judiciaire condamne* prison detenu* fedina_penale condannat* carcere
        criminal_record convicted prison jail arrested probation dipenjara narapidana catatan_kriminal dihukum""",
        "SOCIAL_ASSISTANCE": """sozialhilfe* sozialamt hartz burgergeld erganzungsleistung* aide_sociale hospice_general assistenza_sociale sussidio welfare food_stamps bantuan_sosial bansos""",
        "ORIGIN": """asylbewerber* fluchtling* asylsuchend* refugie* rifugiat* refugee* asylum pengungsi requerant*_d'asile sans-papier* undocumented ausweis_n sinti jenisch*""",
    }
)

FAMILY = Family(
    name="special",
    entities=dict.fromkeys(
        ("RELIGION", "POLITICS", "SEXUAL_LIFE", "CRIME", "SOCIAL_ASSISTANCE", "ORIGIN"), Label.SPECIAL
    ),
    find=_LEXICON.find,
    languages=("de", "fr", "it", "en", "id"),
    cues=tuple(_LEXICON.cues),
    examples=(
        ("RELIGION", "ich bin «muslimin»"),
        ("SEXUAL_LIFE", "I am «gay»"),
        ("CRIME", "mein Mann ist «vorbestraft»"),
        ("SOCIAL_ASSISTANCE", "j'ai droit à l'«aide sociale»"),
        ("POLITICS", "sono membro del «sindacato»"),
        ("RELIGION", "saya beragama «katolik»"),
    ),
    counter_examples=(
        "gibt es einen muslimischen Friedhof?",
        "où est l'église catholique?",
        "Bietet ihr Rabatt für Gewerkschaften?",
        "is there a christian school?",
    ),
)
