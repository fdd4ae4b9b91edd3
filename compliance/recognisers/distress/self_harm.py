"""The wish or the plan to die, or to hurt oneself; also of somebody near."""

from compliance.recognisers.distress.sentences import sounds_when
from compliance.recognisers.finding import Alarm
from compliance.recognisers.words import words

_GERMAN = (
    r"(?:will|mochte|mag|kann|wott|wett|wollte|mag)\W+(?:\w+\W+){0,4}(?:nicht mehr|nimmer|nume|num|numme|numma|nuem|nueme|nid me|nod me)\W+(?:\w+\W+){0,3}(?:leben|labe|lebe|laebe|da sein|da sii|da si|existieren|aufwachen|ufwache)",
    r"(?:will|mochte|wott|wett|wunschte|konnte|wollen|wollte)\W+(?:\w+\W+){0,6}(?:sterben|sterbe|tot sein|tot ware|tod sii|tot sii)\b|(?:lieber|besser|am liebsten) (?:\w+ )?tot\b|(?:ware?|waer|wari) (?:\w+ ){0,2}tot\b|weg von (?:dieser|der) welt|(?:nicht|nid|nod) mehr (?:auf der welt|hier) sein",
    r"(?:mich|sich|mi)\W+(?:\w+\W+){0,4}(?:umbring\w*|umzubringen|umbracht|toten|umbringe|erhangen|aufhangen|vergiften|erschiessen|vor den zug)\b|(?:bringe?\W+(?:\w+\W+){0,2}(?:mich|mi)|bringt\W+(?:\w+\W+){0,2}sich)\W+(?:\w+\W+){0,4}um\b|(?:leben|labe|lebe) (?:nehmen|beenden|nah|zu beenden|zu nehmen|namme)",
    r"suizid\w*|selbstmord\w*|selbstverletz\w*|(?:ritz|schneid|schnid|verletz)\w*\W+(?:mich|mi)\b|(?:mich|mi)\W+(?:\w+\W+){0,3}(?:ritze|geritzt|schneiden)\b|schluss\W+(?:\w+\W+){0,3}(?:allem|leben|allne)|allem ein ende|(?:gnueg|genug) vo[mn]\W+(?:\w+\W+){0,1}(?:labe|leben|lebe|laebe)",
    r"(?:ohne mich|alle\w*)\W+(?:\w+\W+){0,4}besser (?:dran|dra|ohne mich)|niemand wurde mich vermissen|(?:brucke|dach|gleis\w*|balkon|bahnhof)\W+(?:\w+\W+){0,4}spring\w*|spring\w*\W+(?:\w+\W+){0,3}(?:brucke|dach|balkon|zug)|tabletten (?:gesammelt|gehortet|bereit)|(?:nicht|nie) (?:mehr|wieder) (?:aufwachen|ufwache)|abschiedsbrief",
    r"kei\w* (?:sinn|grund) (?:mehr )?(?:zu|zum|im) (?:leben|labe)|leben (?:hat|macht) (?:\w+ )?kein\w* sinn|lebensmude|nicht mehr weiterleben|nicht mehr leben",
)
_FRENCH = (
    r"(?:veux|veut|voudrais|envie de|envi de|souhaite|prefere|prefererais|aimerais|desire)\W+(?:\w+\W+){0,2}(?:mourir|crever|creve)\b(?! d[e']| de rire)|(?:aimerais|voudrais) etre mort\w?\b|etre mort\w? serait",
    r"(?:me|se|m'|s')\W?(?:suicid\w*|tuer|pendre|foutre en l'air|jeter sous)\b|me tue\W+(?:\w+\W+){0,1}(?:ce soir|demain|maintenant)|suicid(?:e|er|aire|aires)\b|(?:fin|terme) a (?:mes|ses) jours|mettre fin a ma vie",
    r"(?:veux|peux|voudrais) plus (?:exister|etre la)\b|plus envie d.etre (?:la|ici|en vie)|partir pour toujours|(?:plus|pas)\W+(?:\w+\W+){0,1}(?:envie|la force|le courage|gout)\W+(?:\w+\W+){0,1}(?:de|a) (?:vivre|la vie|continuer a vivre)|(?:ne )?(?:veux|veut|peux) plus vivre|marre de (?:la |cette )?vi(?:e|vre)\b|peux plus de la vie|fatigue\w? de vivre|ma vie n'a (?:plus|aucun)|raison de vivre",
    r"en finir\b(?! avec)|en finir avec (?:la|ma) vie|serai(?:t|ent)\W+(?:\w+\W+){0,2}mieux sans moi|disparaitre pour toujours|ne plus (?:jamais )?me reveiller|(?:pont|toit|balcon|rails)\W+(?:\w+\W+){0,4}saut\w*|saut\w*\W+(?:\w+\W+){0,2}(?:pont|toit|balcon|fenetre)|scarifi\w*|me coupe (?:les veines|encore|a nouveau|les bras)|m'ouvrir les veines|(?:me|m') ?(?:mutile\w*|automutil\w*)|lettre d'adieu",
)
_ITALIAN = (
    r"(?:voglio|vorrei|vuole|voglia di|preferirei|desidero|vorrebbe)\W+(?:\w+\W+){0,1}(?:morire|crepare|sparire per sempre)\b(?! dal?| di)|(?:meglio|vorrei)\W+(?:\w+\W+){0,3}(?:mort[oa])\b",
    r"farla finita|suicid\w*|(?:uccider|ammazzar|impiccar|tagliar|buttar|sparar)(?:mi|si)\b(?! i capelli| sull| a )|mi (?:ammazzo|uccido|impicco|sparo)\b|toglier(?:mi|si) la vita|(?:fine|termine) alla (?:mia )?vita",
    r"(?:non|nn)\W+(?:\w+\W+){0,6}(?:vivere)\b(?! senza)|stanc[oa] di vivere|(?:ha|ce|trovo) piu (?:\w+ )?(?:senso|motivo) (?:di )?(?:vivere|andare avanti)|la (?:mia )?vita non ha (?:piu )?senso|senza di me\W+(?:\w+\W+){0,4}meglio|(?:meglio|bene) senza di me|non svegliarmi piu",
    r"(?:ponte|tetto|balcone|binari)\W+(?:\w+\W+){0,3}(?:butto|buttarmi|salto|saltare)|mi butto (?:dal|giu|sotto)|mi taglio (?:di nuovo|ancora|le vene|le braccia|i polsi)|autolesion\w*|mi faccio del male|(?:preso|prendo)\W+(?:\w+\W+){0,4}per morire|lettera d'addio",
)
_ENGLISH = (
    r"(?:can.?t|cannot) go on\b(?! (?:the|my|your|to|with|holiday|vacation|line))|want (?:it|everything|the pain|this pain) to (?:be over|end|stop)\b(?! with)|(?:want|wanna|wants|wish|wanted|ready|going|rather|like) (?:to )?(?:just )?(?:die|be dead)\b(?! (?:of|laughing|from))|wanna die|(?:wish|better if) i (?:was|were) (?:dead|never born)|better off dead|rather be dead",
    r"(?:kill|killing|hang|hanging|shoot|drown|harm|harming|hurt|hurting) (?:myself|my self|himself|herself|themselves)|(?:cut|cutting|cuts) (?:myself|herself|himself|my wrists|my arms?)\b(?! off| loose| some)|suicid\w*|self[- ]harm\w*|kms\b|unalive",
    r"(?:don'?t|do not|dont|doesn'?t|can'?t|cannot|no longer|not)\W+(?:\w+\W+){0,2}(?:want|wanna|feel like)?\W*(?:\w+\W+){0,2}(?:live|living|be alive|exist|wake up)\b(?!\W+(?:in|at|here|there|near|outside|abroad|with|together|on|by|within|without|chat|up to|far|under))",
    r"end(?:ing)? (?:it all|my life|my own life|everything tonight)|take my (?:own )?life|(?:point|reason|sense)\W+(?:in |to |of |for me to )?(?:liv\w*|being alive|going on|go on|continue living|keep going)|better off without me|nobody would miss me|jump(?:ing)? off|(?:bridge|roof|ledge|tracks)\W+(?:\w+\W+){0,4}jump|took all my (?:pills|meds|tablets)|tired of living|goodbye (?:letter|note)|suicide note|life is(?:n'?t| not) worth living",
)
_INDONESIAN = (
    r"(?:ingin|mau|pengen|pingin|pgn|kepingin|pengin|bilang mau|lebih baik)\W+(?:\w+\W+){0,2}mati\b(?! lampu| gaya| bosan| total)|lebih baik\W+(?:\w+\W+){0,2}mati|biar mati\b|supaya mati\b",
    r"bunuh diri|bundir|(?:mengakhiri|akhiri|akhirin|mengahiri)\W+(?:\w+\W+){0,1}(?:hidup|nyawa|semua\w*)|hidup\W+(?:\w+\W+){0,4}akhiri|(?:membunuh|bunuh) diri\w* (?:sendiri|saya)",
    r"(?:tidak|tdk|gak|ga|nggak|ngga|enggak|tak|gk)\W+(?:\w+\W+){0,2}(?:mau|ingin|sanggup|kuat|pengen|bisa)?\W*hidup (?:lagi|begini)|(?:capek|cape|lelah|bosan|muak) (?:dengan )?hidup\b|(?:kuat|sanggup|sudi) hidup\b|lebih baik tanpa (?:aku|saya)|tidak ada gunanya hidup|hidup (?:saya |aku |ini )?(?:tidak|gak|ga) (?:ada )?(?:arti|guna)\w*",
    r"(?:jembatan|atap|gedung|balkon|rel)\W+(?:\w+\W+){0,3}(?:lompat|loncat|terjun)|(?:lompat|loncat|terjun) dari (?:jembatan|atap|gedung|balkon)|(?:nyayat|menyayat|sayat|silet|mengiris|iris)\W+(?:\w+\W+){0,2}(?:tangan|nadi|lengan|diri)|menyakiti diri|melukai diri|gantung diri|tidak ingin bangun lagi|surat perpisahan",
)
_NOT_MEANT = (
    r"langweil|ennui\b|\bnoia\b|boredom|bosan\b(?! hidup)|lach|\brire\b|ridere|laugh|ngakak|\b(?:abo|router|app|preise?|prices?|prix|prezzi|harga|netz)\b|nummer fur|numero (?:de|per la)|hotline fur|number for",
)

_CUES = words("""leben svegliarmi exister go want wieder liebsten welt jeter partir envie sotto kuat reason sense senso labe lebe laebe lebensmude sterben sterbe tot tod toten umbringen umzubringen umbracht umbringe bring bringe bringt um erhangen aufhangen erschiessen suizid suizidal selbstmord selbstverletzung ritze ritz schneide schnide
    verletze schluss ende gnueg genug ohne vermissen brucke dach gleise balkon springen spring springe aufwachen ufwache tabletten weiterleben sii existieren abschiedsbrief mourir crever creve mort suicider suicide suicidaire suicidio tuer tue pendre
    foutre jours vivre vie finir mieux disparaitre reveiller sauter saute pont toit scarifie coupe veines mutile adieu morire crepare morto morta meglio farla uccidermi uccido ammazzarmi ammazzo ammazzarsi uccidersi
    impiccarmi impicco togliermi togliersi vita vivere butto buttarmi tetto taglio tagliarmi autolesione male addio sparire die dead killing kill kms hang shoot drown harm harming hurt hurting cut cutting self suicidal unalive live living alive exist
    end ending life point better jump jumping bridge goodbye took worth mati bunuh bundir akhiri akhirin mengakhiri hidup lompat loncat terjun jembatan nyayat menyayat sayat silet iris mengiris menyakiti melukai gantung tanpa bangun
    perpisahan""")

ALARM = Alarm(
    signal="emergency.self_harm",
    sounds=sounds_when((*_GERMAN, *_FRENCH, *_ITALIAN, *_ENGLISH, *_INDONESIAN), cues=_CUES, unless=_NOT_MEANT),
)
