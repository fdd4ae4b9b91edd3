"""Violence now or going on, against the writer or somebody near: blows, threats, weapons, intruders, rape, captivity."""

from compliance.recognisers.distress.sentences import sounds_when
from compliance.recognisers.finding import Alarm
from compliance.recognisers.words import words

_GERMAN = (
    r"(?:schlagt|schlat|schlaht|schlagen|schlug|geschlagen|gschlage|verprugelt?|prugelt|wurgt|wuergt|tritt|misshandelt|attackiert|haut)\W+(?:\w+\W+){0,4}(?:mich|mi\b|uns|mutter|mueter|vater|schwester|bruder|kind\w*|sohn|tochter|frau|sie zusammen)\b(?!\W+vor\b)(?!\W+\w+\W+vor\b)|(?:mich|mi|uns|meine (?:mutter|schwester|tochter|frau)|mein\w* kind\w*)\W+(?:\w+\W+){0,4}(?:geschlagen|gschlage|verprugelt|prugelt|gewurgt|misshandelt|zusammengeschlagen|attackiert)\b|(?:mich|mi)\W+(?:\w+\W+){0,3}schlagt\b",
    r"(?:droht|bedroht|drohen|droht mir|bedrohen)\W+(?:\w+\W+){0,5}(?:mich|mi|mir|uns|umzubringen|messer|pistole|waffe|toten)|(?:mich|mi|mir|uns|werde|wird)\W+(?:\w+\W+){0,3}(?:bedroht|droht|bedrohed)\b|(?:will|wird|wott)\W+(?:mich|mi|uns)\W+(?:\w+\W+){0,2}(?:umbringen|toten|umbringe|abstechen|schlagen)|bringt mich (?:noch |sonst |gleich )?um,? wenn",
    r"vergewaltig\w*|fasst mich (?:\w+ ){0,2}an\b|tur (?:gerade )?aufzubrechen|bricht (?:gerade )?(?:ein|die tur)|sexuell (?:missbraucht|belastigt|genotigt)|(?:eingebrochen|einbrecher|einbruch)\W+(?:\w+\W+){0,6}(?:versteck\w*|gerade|jetzt|haus|wohnung|drin)|jemand\W+(?:\w+\W+){0,4}(?:eingebrochen|einzubrechen|eindringt|eingedrungen)|(?:verfolgt|stalkt) mich|(?:mich|mi) (?:gerade |jetzt )?verfolgt|werde (?:gerade )?(?:verfolgt|angegriffen|uberfallen|gestalkt)",
    r"(?:hat|mit|halt)\W+(?:\w+\W+){0,3}(?:messer|pistole|waffe|gewehr|axt)\b|schiesst|schiessere\w*|schusse|greift (?:mich|uns|sie) an|angegriffen|ausgeraubt|eingesperrt und|(?:mich|mi)\W+(?:\w+\W+){0,2}(?:eingesperrt|igsperrt)|lasst mich nicht (?:raus|gehen|weg)|angst um mein leben|hausliche gewalt|gewalttatig|messerstecherei",
)
_FRENCH = (
    r"\b(?:me|m'|nous|la|le|l'|les)\s?(?:frapp(?:e|ent|ait)|bat|battent|tape(?: dessus)?|cogne|gifle|etrangl\w*|agress\w*|viol(?:e|ee|ent)\b|attaqu\w*|maltraite|poursui\w*)\b|(?:a|ont) (?:frappe|battue?|agresse\w*|violee?|cogne)\b|m'(?:a|ont)\W+(?:\w+\W+){0,2}(?:jetee? (?:contre|par terre)|poussee? dans|frappe\w*|battue?|agresse\w*|viole\w*|etrangle\w*|poignarde\w*)|(?:en train de|va) (?:me )?(?:frapper|battre|tabasser|cogner|etrangler)|battue? par|frappee? par|tabass\w*",
    r"(?:me|m'|nous)\s?menac\w*|menac\w*\W+(?:\w+\W+){0,4}(?:mort|tuer|couteau|arme|pistolet)|(?:va|veut|vont|voulait) (?:me|nous) tuer|(?:a|avec)\W+(?:\w+\W+){0,1}(?:un couteau|une arme|un pistolet|un fusil|couteau|arme)\b|coups? de feu|tire sur",
    r"(?:quelqu'un|inconnu|homme|voleurs?|cambrioleurs?)\W+(?:\w+\W+){0,4}(?:chez moi|chez nous|maison|appartement|entrer?)\b|me cache\b|mon ex\W+(?:\w+\W+){0,3}(?:suit|harcele|attend en bas)|me suit (?:dans|depuis|et|partout depuis)|(?:m'a|nous a|m'ont)\s?(?:enferme\w*|sequestre\w*|retient)|sequestr\w*|(?:conjoint|mari|copain|compagnon|pere|ex) (?:est )?violent|peur pour ma vie|violences? conjugales?",
)
_ITALIAN = (
    r"\b(?:mi|ci|la|lo|li)\s(?:picchia\w*|mena\b|menano|colpisce|pesta|strangola|sta picchiando|aggredi\w*|stanno aggredendo|sta aggredendo|violenta\w*|stupra\w*|maltratta|sta menando|da botte|insegue)\b|(?:sta|stanno) (?:picchiando|menando|strangolando|aggredendo)|mi (?:ha|hanno) (?:\w+ ){0,2}(?:dato (?:un pugno|uno schiaffo|dei pugni|calci)|picchiat\w*|violentat\w*|stuprat\w*|aggredit\w*|accoltellat\w*|menat\w*|strangolat\w*)|mett\w* le mani addosso|stuprat\w*|violentat\w*|picchiat[ao] da",
    r"(?:mi|ci) (?:sta )?minacci\w*|minacci\w*\W+(?:\w+\W+){0,4}(?:morte|uccidermi|ammazzarmi|coltello|pistola)|(?:dice che|vuole|giura che) (?:mi (?:ammazza|uccide)|ammazzarmi|uccidermi)|(?:ha|con)\W+(?:un coltello|una pistola|un'arma|un fucile|coltello|pistola)\b|spara\b|sparando|spari\b",
    r"(?:qualcuno|sconosciuto|ladr[oi]|uomo)\W+(?:\w+\W+){0,4}(?:in casa|casa mia|appartamento)\b|(?:sono|mi) nascost?[aon]?\w*|mi sta seguendo|mi segue (?:da|e|per)|(?:mi ha|mi tiene|ci ha) (?:chius\w*|rinchius\w*|sequestrat\w*)|non mi (?:fa|lascia) uscire|sequestrat\w*|(?:marito|ragazzo|compagno|padre|ex) (?:e )?violento|paura per la mia vita",
)
_ENGLISH = (
    r"(?:hits|hitting|hit|beats|beating|beat|punche[sd]|punching|kicks|kicked|strangl\w*|choking|chokes|choked|slaps|slapped|attacked|attacking|abus(?:es|ing)|assault\w*|stabbed|stabbing|raped|molest\w*|hurts)\W+(?:\w+\W+){0,1}(?:me|us|mother|mum|mom|sister|brother|son|daughter|wife|her|him|kids?|children)\b|(?:pushed|threw|pushes|throws) me (?:down|against|into|on the floor)|being (?:attacked|beaten|raped|robbed|stalked|followed|abused|mugged)|getting beaten|\braped?\b|sexually assault\w*",
    r"threaten\w*\W+(?:\w+\W+){0,5}(?:me|us|kill|knife|gun|weapon)|(?:will|gonna|going to|wants to|tried to|try to|trying to|threatens to) (?:kill|stab|shoot|hurt|beat|murder) (?:me|us|her|my)\b|(?:has|with|got|holding|pulled)\W+(?:a |his |the )?(?:knife|gun|weapon|machete)\b|shooting at|shots fired|gunshots|active shooter",
    r"(?:broke|breaking|broken|break) into my (?:house|home|flat|apartment|room)|(?:someone|somebody|intruder|man|burglar|stranger)\W+(?:\w+\W+){0,4}(?:in my (?:house|home|flat|apartment)|inside the house|breaking in)|i'?m hiding|(?:is|keeps|been) (?:following|stalking) me|(?:locked me|locks me|holding me|keeps me locked|held hostage|kidnapp\w*)|won'?t let me (?:leave|go|out)\b|(?:husband|boyfriend|partner|father|dad|ex|stepdad|wife) (?:is )?(?:being )?(?:violent|abusive)|afraid for my life|fear for my life|domestic violence",
)
_INDONESIAN = (
    r"(?:memukul\w*|mukul\w*|pukul\w*|menampar|nampar|menendang|menghajar|hajar|menganiaya|mencekik|nyekik|menusuk|menyerang|memperkosa|memerkosa|menyiksa|menyiksaku)\W*(?:\w+\W+){0,1}(?:saya|aku|ku|kami|ibu|istri|anak|adik|kakak|mama)\b|mukulin|dipukul\w*\W+(?:\w+\W+){0,1}(?:suami|pacar|ayah|bapak|dia|orang|istri|saya)|(?:saya|aku|ibu|sy) (?:sering |sedang |lagi |selalu |baru )?(?:dipukul\w*(?! rata)|diperkosa|dianiaya|dicekik|dihajar|ditusuk|diserang(?! spam)|dirampok|disekap|disiksa|dibegal)|diperkosa|kdrt|(?:menyentuh|meraba|raba|cabuli|mencabuli) (?:saya|aku)\b",
    r"(?:mengancam|ngancam|ancam)\W+(?:\w+\W+){0,3}(?:saya|aku|kami|membunuh|bunuh|pisau)|(?:mau|akan|ingin) (?:membunuh|bunuh|menusuk|menembak) (?:saya|aku|kami|ibu)|(?:bawa|pakai|dengan|punya|pegang)\W+(?:pisau|pistol|senjata|parang|golok|celurit)|diancam (?:mau )?(?:dibunuh|akan dibunuh|pakai|dengan pisau)|tembakan|menembak",
    r"(?:orang|maling|perampok|pencuri|penjahat)\W+(?:\w+\W+){0,3}(?:masuk|di dalam|dalam rumah|di rumah)|(?:saya|aku) (?:sedang |lagi )?(?:sembunyi|bersembunyi|dikurung|disekap|dikunci|diculik|dikejar|dibuntuti|diikuti)|(?:mengikuti|membuntuti|mengejar|menguntit|nguntit) (?:saya|aku)\b|(?:suami|pacar|ayah|mantan|istri) (?:saya )?(?:kasar|kejam)|takut dibunuh",
)
_NOT_MEANT = (
    r"\bvor(?:schlag\w*)?\s?(?:,|$)|schlagt vor|tarif|\b(?:preise?|prix|prezzo|prezzi|prices?|harga|rechnung|facture|bolletta|invoice|tagihan|frais|fees|premi|werbung|pub|pubblicita|ads|iklan|spam|offre|limit)\b|schreibe eine|je fais un|faccio una|writing an?|menulis",
)

_CUES = words("""fasst aufzubrechen bricht jete jetee poussee pugno pugni schiaffo calci pushed threw pushes throws menyentuh meraba raba mencabuli schlagt schlat schlaht schlagen schlug geschlagen gschlage verprugelt prugelt wurgt wuergt tritt misshandelt attackiert haut gewurgt zusammengeschlagen droht bedroht drohen umbringen toten vergewaltigt sexuell eingebrochen
    einbrecher einbruch einzubrechen eingedrungen verfolgt stalkt gestalkt angegriffen uberfallen messer pistole waffe gewehr axt schiesst schiesserei schusse greift ausgeraubt eingesperrt igsperrt lasst angst hausliche gewalt
    gewalttatig messerstecherei frappe frappent bat battent tape cogne gifle etrangle agresse agression viole violee violent violence attaque attaqué maltraite poursuit battue frapper battre tabasse menace menacent tuer couteau arme
    pistolet fusil coups feu tire quelqu inconnu homme voleur cambrioleur cache suit enferme sequestre peur picchia picchiando mena menano menando colpisce pesta strangola aggredisce aggredendo violenta stupra maltratta insegue mani
    picchiata accoltellata stuprata minaccia minacciando ammazza uccide ammazzarmi uccidermi coltello pistola fucile spara sparando spari qualcuno sconosciuto ladro ladri uomo nascosta nascosto seguendo segue chiusa chiuso rinchiusa
    sequestrata uscire violento paura hits hitting hit beats beating beat punches punching punched kicks kicked strangling strangled choking chokes choked slaps slapped attacked attacking abuses abusive abused assaulted stabbed
    stabbing raped rape molested hurts robbed stalked followed mugged threatening threatens threatened kill stab shoot shooting murder knife gun weapon machete shots gunshots broke breaking broken break intruder burglar stranger someone
    somebody hiding following stalking locked locks holding hostage kidnapped afraid fear domestic memukul memukuli mukul mukulin pukul menampar nampar menendang menghajar hajar menganiaya mencekik nyekik menusuk menyerang memperkosa
    memerkosa menyiksa dipukul dipukuli diperkosa dianiaya dicekik dihajar ditusuk diserang dirampok disekap disiksa dibegal kdrt mengancam ngancam ancam diancam membunuh bunuh menembak pisau pistol senjata parang golok celurit tembakan
    maling perampok pencuri penjahat orang sembunyi bersembunyi dikurung dikunci diculik dikejar dibuntuti diikuti mengikuti membuntuti mengejar menguntit kasar takut ausser arma botte accoltellato""")

ALARM = Alarm(
    signal="emergency.violence",
    sounds=sounds_when((*_GERMAN, *_FRENCH, *_ITALIAN, *_ENGLISH, *_INDONESIAN), cues=_CUES, unless=_NOT_MEANT),
)
