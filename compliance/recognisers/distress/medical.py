"""A life in danger: heart, breath, consciousness, bleeding, stroke, seizure, poison, swelling, collapse."""

from compliance.recognisers.distress.sentences import sounds_when
from compliance.recognisers.finding import Alarm
from compliance.recognisers.words import words

_GERMAN = (
    r"brust\w*(?:schmerz|schmaerz|weh|enge|druck|stech)|(?:schmerz\w*|druck|stechen|stich\w*|weh|brennt|enge)\W+(?:\w+\W+){0,3}(?:brust|bruscht|brustkorb|herz)\b|(?:brust|bruscht|herz)\W+(?:\w+\W+){0,2}(?:weh|schmerz\w*|sticht|zieht)",
    r"(?:kei[n]?\w*|nicht|schlecht|kaum|nid|nod|fast kei\w*)\W+(?:\w+\W+){0,2}(?:luft|atem|atme[nt]?|schnuf\w*|schnaufe)\b|(?:atmet?|schnuf\w*|schnauft|atme)\W+(?:\w+\W+){0,2}(?:nicht|nid|nod|nimmer|nume|num|kaum|schwer)\b|atemnot|luft wegg?e?b?l?i?e?b|erstick\w*|verschluckt und|blau im gesicht|ganz blau|blau an(?:gelaufen)?\b|lippen sind blau",
    r"bewu?ss?t?los|bewustlos|ohnmacht\w*|(?:bewegt sich|ruhrt sich|bewegt si) (?:\w+ )?(?:nicht|nid|nod|nume|num|nimmer)|reagiert? (?:\w+ )?(?:nicht|nid|nod|nume|num)|nicht (?:mehr )?ansprechbar|(?:wacht|erwacht) (?:\w+ )?(?:nicht|nid|nod)|zusammengebrochen|zammegheit|zamegheit|zemegheit|umgekippt|umgefallen und|zuckt am|(?:korperhalfte|gesichtshalfte|halfte)\W+(?:\w+\W+){0,3}(?:nicht|taub|gelahmt)|kollabiert",
    r"herzinfarkt|herzstillstand|herzattacke|schlaganfall|schlagaafall|hirnschlag|mund\w*\W+(?:\w+\W+){0,2}(?:hangt|schief)|(?:hangt|schief)\w* (?:gesicht|mund)|gesicht\W+(?:\w+\W+){0,2}(?:gelahmt|hangt|taub)|halbseitig\w* gelahmt|plotzlich (?:nicht mehr|gelahmt)",
    r"blue?t\w*\W+(?:\w+\W+){0,4}(?:stark|extrem|nicht auf|ubel|heftig|viel|fescht|ho?e?rt (?:nid|nod|ned|nicht))|stark\w*\W+(?:\w+\W+){0,2}blut|verblut\w+|viel blut|uberall blut|krampf(?:t|anfall\w*)|epilepti\w* anfall|hat einen anfall",
    r"(?:tabletten|pillen|medikament\w*|putzmittel|reiniger|javel|bleichmittel|gift\w*|batterie|knopfbatterie|munze|ganze packung\W+(?:\w+\W+){0,2})\W+(?:\w+\W+){0,4}(?:geschluckt|getrunken|verschluckt|gegessen|gschluckt|trunke)|uberdosis|uberdosier|vergiftet|vergiftung",
    r"(?:zunge|hals|kehle|gesicht|rachen)\W+(?:\w+\W+){0,3}(?:schwillt|geschwollen|zu\b|anschwell\w*)|allergische\w* schock|anaphyla\w*|(?:brauche\w*|braucht|schicken sie|ruft|rufen sie|schickt)\W+(?:\w+\W+){0,4}(?:krankenwagen|ambulanz|rettungswagen|notarzt|rettung|ambulanz)\b|leblos|fruchtblase|liegt am boden und",
)
_FRENCH = (
    r"(?:mal|douleurs?|oppression|serrement|pression|poids)\W+(?:\w+\W+){0,4}(?:poitrine|thorax|thoracique|coeur)\b|(?:poitrine|thorax)\W+(?:\w+\W+){0,3}(?:mal|serre|brule|oppress\w*)",
    r"(?:respire|respirer|rspirer)\W+(?:\w+\W+){0,1}(?:plus|mal|pas|difficilement)\b|(?:arrive|peux|peut|arrivent|parvient|parviens)\W+(?:\w+\W+){0,2}(?:pas|plus|plu)\W+(?:\w+\W+){0,2}(?:respirer|rspirer)|(?:peine|mal|difficultes?) a respirer|s'?etouffe\b|m'?etouffe\b|levres bleues|(?:tout|toute|devenue?|devient) bleue?",
    r"(?:bouge|respire)\W+(?:\w+\W+){0,1}(?:plus|pas)\b|fait un malaise|inconscient\w?\b(?! de)|evanoui\w*|perdu connaissance|s'?effondre\w?r?\b|(?:repond|reagit|reveille)\W+(?:\w+\W+){0,1}(?:plus|pas)\b|syncope|sans connaissance",
    r"crise cardiaque|infarctus|arret cardiaque|\bavc\b|attaque cerebrale|bouche\W+(?:\w+\W+){0,2}(?:travers|tordue|deform\w*)|(?:visage|cote)\W+(?:\w+\W+){0,2}paralys\w*|parle plus\b",
    r"saign\w*\W+(?:\w+\W+){0,4}(?:beaucoup|enormement|abondamment|arrete pas|s'arrete|trop|fort)|perd (?:beaucoup|enormement) de sang|hemorragie|plein de sang|convuls\w*|convulse|crise d'epilepsie",
    r"(?:avale|bu|ingere|pris)\W+(?:\w+\W+){0,6}(?:medicaments|cachets|comprimes|javel|detergent|produit|pile|boite|poison|piece)\b|overdose|surdose|empoisonn\w*|intoxi\w*",
    r"(?:gorge|langue|visage|levres)\W+(?:\w+\W+){0,3}(?:gonfl\w*|enfle\w*)|gonfle\w*\W+(?:\w+\W+){0,4}(?:piqure|guepe|abeille|cacahuete)|choc (?:allergique|anaphylactique)|anaphyla\w*|(?:vite|besoin|envoyez|appelez|faut|urgence)\W+(?:\w+\W+){0,4}(?:ambulance|samu|secours|urgences)\b|perdu les eaux",
)
_ITALIAN = (
    r"(?:male|malissimo|dolor\w*|fitte|oppressione|peso|pressione|stretta)\W+(?:\w+\W+){0,4}(?:petto|torace|cuore)\b|(?:petto|torace)\W+(?:\w+\W+){0,2}(?:male|malissimo|stringe|brucia)",
    r"(?:non|nn)\W+(?:\w+\W+){0,2}respir\w*|respir\w*\W+(?:\w+\W+){0,1}(?:piu|male|fatica|a stento)|fatica a respirare|manca (?:il respiro|l'aria|il fiato)|soffoc\w*|labbra (?:blu|viola)|(?:diventat\w|tutto|tutta) (?:blu|viola|cianotic\w)|cianotic\w*",
    r"(?:non|nn) (?:si )?muov\w* piu|non si muove|svenut\w*|incoscient\w*|perso (?:i sensi|conoscenza)(?! di)|privo di sensi|priva di sensi|crollat\w* a terra|(?:non|nn)\W+(?:\w+\W+){0,1}(?:risponde|reagisce|si sveglia)\b(?!\W+(?:al telefono|nessuno))|collassat\w*",
    r"\binfarto\b|attacco di cuore|attacco cardiaco|arresto cardiaco|\bictus\b|bocca\W+(?:\w+\W+){0,2}(?:storta|deviata)|(?:faccia|viso|lato)\W+(?:\w+\W+){0,2}paralizz\w*|non parla piu",
    r"perd\w*\W+(?:\w+\W+){0,1}(?:molto|tanto|un sacco di|troppo) sangue|sanguin\w*\W+(?:\w+\W+){0,3}(?:molto|tanto|ferma|forte|troppo|smette)|emorragia|convulsion\w*|crisi epilettic\w*|sangue dappertutto",
    r"(?:ingoiat\w*|ingerit\w*|bevut\w*|bevuto|mandato giu|inghiottit\w*)\W+(?:\w+\W+){0,5}(?:pastiglie|pillole|medicin\w*|farmaci|candeggina|detersivo|batteria|pila|moneta|veleno|compresse)|overdose|avvelenat\w*|intossica\w*",
    r"(?:gola|lingua|faccia|viso|labbra)\W+(?:\w+\W+){0,3}(?:gonf\w*)|gonfiat\w*\W+(?:\w+\W+){0,2}(?:gola|lingua|faccia|viso)|shock (?:anafilattico|allergico)|anafila\w*|(?:serve|subito|mandate|chiamate|bisogno|urgente)\W+(?:\w+\W+){0,4}(?:ambulanza|118|144)\b|rotte le acque",
)
_ENGLISH = (
    r"clutch\w* (?:his|her|their|my) chest|chest (?:pains?|tightness|pressure|hurts?)|(?:pain|pressure|tightness|tight|weight|hurts?|crushing)\W+(?:\w+\W+){0,3}chest\b|chest\W+(?:\w+\W+){0,3}(?:hurts?|tight|pain\w*|killing me)",
    r"(?:can'?t|cannot|cant|can not|hardly|barely|not|isn'?t|isnt|struggling to|trouble|stopped|difficulty)\W+(?:\w+\W+){0,1}breath\w*|(?:short of|no) breath\b|(?:is|he'?s|she'?s|im|i'?m|baby|child|son|daughter|started) choking\b(?! (?:me|him|her))|lips (?:are )?(?:turning )?blue|turned blue|turning blue|gasping",
    r"(?:not|isn.?t|stopped) moving|unconscious|passed out|fainted|won'?t wake up|wont wake|unresponsive|not respond\w* to (?:me|us)|(?:husband|wife|he|she|dad|mum|mom|mother|father|son|daughter|colleague|friend|grand\w+|baby|man|woman|just|has|someone) (?:has )?(?:just )?collapsed|isn'?t responding\b",
    r"heart attack|cardiac arrest|(?:a|having|had|mini) stroke\b(?! of)|face\W+(?:\w+\W+){0,1}(?:droop\w*|numb|paraly\w*)|(?:slurr\w*|slurred) (?:speech|words)|speech (?:is )?slurred|left arm",
    r"bleed\w*\W+(?:\w+\W+){0,4}(?:heavily|badly|a lot|won'?t stop|stop|everywhere|out|profusely)|(?:losing|lost) (?:a lot of |so much |too much )?blood|blood everywhere|seizure|convuls\w*|having a fit\b",
    r"(?:swallow\w*|drank|drunk|ate|ingested|took)\W+(?:\w+\W+){0,5}(?:pills|tablets|bleach|detergent|battery|poison|medication|medicine|meds|coin|cleaner|antifreeze)\b|overdos\w*|poisoned|poisoning",
    r"(?:throat|tongue|face|lips)\W+(?:\w+\W+){0,3}swell\w*|(?:throat|tongue|face) (?:is )?(?:swollen|closing)|anaphyla\w*|allergic shock|(?:need|call|send|get)\W+(?:\w+\W+){0,3}(?:ambulance|paramedics?|911|999|112|144)\b|not breathing|water (?:just )?broke|no pulse",
)
_INDONESIAN = (
    r"(?:nyeri|sakit|sesak|tekanan|tertekan)\W+(?:\w+\W+){0,2}dada\b|dada\W+(?:\w+\W+){0,3}(?:sakit|nyeri|sesak|tertekan|berat|panas)",
    r"(?:tidak|tdk|gak|ga|nggak|ngga|tak|susah|sulit|berhenti|kesulitan)\W+(?:\w+\W+){0,1}(?:ber|bir)?(?:napas|nafas|bernapas|bernafas)|sesak (?:napas|nafas)|tersedak|tercekik|bibir\w* biru|membiru",
    r"(?:tidak|gak|nggak|ga) bergerak|bicara\w* (?:jadi )?pelo|pingsan|tidak sadar\w*|tak sadar\w*|(?:gak|ga|nggak) sadar\w*|kolaps|tidak (?:merespon|bangun)\w*|hilang kesadaran",
    r"serangan jantung|henti jantung|(?:kena|terkena|lagi|sedang|serangan|gejala) stroke|stroke sekarang|mulut\w*\W+(?:\w+\W+){0,1}(?:mencong|miring|perot)|wajah\w*\W+(?:\w+\W+){0,1}(?:mencong|lumpuh|turun)",
    r"(?:ber|pen)?darah\w*\W+(?:\w+\W+){0,3}(?:banyak|terus|tidak berhenti|parah|hebat|deras)|pendarahan|perdarahan|darah di mana|kejang|banyak darah|kehabisan darah",
    r"(?:menelan|tertelan|telan|minum|meminum)\W+(?:\w+\W+){0,3}(?:botol obat|pemutih|racun|deterjen|baterai|sabun|koin|pil\b|baygon|semua obat|banyak obat)|overdosis|keracunan",
    r"(?:tenggorokan|lidah|wajah|muka|bibir)\w*\W+(?:\w+\W+){0,2}bengkak|syok anafila\w*|anafila\w*|(?:butuh|panggil\w*|kirim\w*|perlu|minta)\W+(?:\w+\W+){0,2}(?:ambulans?|ambulance)\b|ketuban pecah",
)
_NOT_A_BODY = (
    r"\b(?:rechnung|facture|bolletta|fattura|invoice|bill|tagihan|prix|prezzi|preise?|prices?|harga|netz|reseau|rete|network|jaringan|papier\w*|paperwork|paperasse|scartoffie|formular\w*|fees|frais|"
    r"router|wifi|app|internet|konto|compte|conto|akku|batteri[ae] (?:morte|died)|bot|pramien?|prim[ei]s?|premi|finanziell|hund|katze|chat ne|gatto|spam|sinyal|mesin)\b|"
    r"\b(?:hatte|hatten)\b(?!.*\b(?:jetzt|gerade|eben|wieder|heute)\b)|\bas in\b|lach|lol|\brire|ridere|laugh|ngakak"
)

_CUES = words("""brust bruscht umgefallen zuckt korperhalfte gesichtshalfte halfte clutching bicara bicaranya pelo bewegt ruhrt bouge malaise muove moving bergerak bluetet bluet diventato diventata devenu devient lauft brustschmerzen brustkorb herz herzinfarkt herzstillstand luft atem atme atmet atmen schnufe schnauft erstickt blau blaue bewusstlos bewusslos bewustlos ohnmacht ohnmachtig reagiert ansprechbar wacht erwacht zusammengebrochen
    zammegheit zamegheit zemegheit umgekippt kollabiert schlaganfall schlagaafall hirnschlag mund gesicht halbseitig plotzlich blut blutet blute verblutet verblute uberall krampf krampft epileptischer anfall tabletten pillen medikamente
    putzmittel reiniger javel bleichmittel gift batterie knopfbatterie munze packung uberdosis vergiftet zunge hals kehle rachen allergischer schock anaphylaktisch anafilattico krankenwagen ambulanz ambulance rettungswagen notarzt
    rettung leblos fruchtblase liegt brennt poitrine thorax thoracique coeur respire respirer rspirer etouffe levres bleu inconscient evanoui connaissance effondre effondrer repond reagit reveille syncope crise infarctus infarto arret
    avc attaque bouche visage cote parle saigne saignement sang hemorragie convulsion convulse avale ingere cachets comprimes medicaments detergent overdose surdose empoisonne intoxique gorge langue gonfle piqure choc samu secours urgences
    eaux petto torace cuore respira respiro soffoca soffoco labbra cianotico svenuto incosciente sensi conoscenza privo priva crollato risponde reagisce sveglia collassato attacco arresto ictus bocca faccia viso sangue sanguina emorragia
    crisi ingoiato ingerito bevuto inghiottito pastiglie pillole overdosed avvelenato intossicato gola lingua shock ambulanza acque chest breath breathe breathing choking lips blue gasping unconscious passed fainted wake unresponsive
    responding collapsed heart cardiac stroke face slurred speech slurring left bleeding bleed blood seizure fit swallowed swallow drank drunk pills bleach battery poison poisoned throat tongue swelling paramedics water pulse
    dada napas nafas bernapas bernafas sesak tersedak tercekik bibir bibirnya membiru pingsan sadar sadarkan kolaps kesadaran jantung mulut mulutnya wajah wajahnya darah berdarah pendarahan perdarahan kejang menelan tertelan telan
    pemutih racun deterjen baterai overdosis keracunan tenggorokan tenggorokannya lidah lidahnya muka syok ambulans ketuban minum merespon""")

ALARM = Alarm(
    signal="emergency.medical",
    sounds=sounds_when((*_GERMAN, *_FRENCH, *_ITALIAN, *_ENGLISH, *_INDONESIAN), cues=_CUES, unless=(_NOT_A_BODY,)),
)
