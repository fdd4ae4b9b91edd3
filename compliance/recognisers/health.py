"""Health of a person: symptoms, diagnoses, medication, treatment, pregnancy, incapacity, said of somebody."""

from compliance.labels import Label
from compliance.recognisers.finding import Family
from compliance.recognisers.lexicon import Lexicon
from compliance.recognisers.words import words

_LEXICON = Lexicon(
    {
        "SYMPTOM": """*schmerz* *schmaerz* *wehweh* fieber fiebr* kopfweh buuchweh bauchweh ruckeweh halsweh zahnweh schwindel* ubelkeit erbrech* erbroche durchfall husten huste
        ausschlag blute blutet blutung* schlaflos* panikattack* atemnot migrane migraene migra* kotz* mir_ist_schlecht tut_weh tut_.{1,30}_weh tuet_.{1,30}_weh duet_.{1,30}_weh
        fievre toux vertige* nausee* vomi* diarrhee* douleur* mal_au_* mal_a_la_* mal_aux_* saigne* insomni* essoufl* demange* eruption_cutanee
        febbre tosse nausea dolor* vertigini diarrea vomito vomitando mal_di_* fa_male prurito sanguin* stanchezza
        fever cough* pain* ache headache* backache stomachache toothache dizz* nausea vomit* diarrh* rash bleeding swollen hurts insomnia migraine*
        demam batuk nyeri pusing mual muntah diare sakit_kepala sakit_perut sakit_gigi sakit_punggung ruam berdarah bengkak sesak sakit""",
        "DIAGNOSIS": """krebs brustkrebs *karzinom* tumor* diabet* zuckerkrank* asthma* depress* burnout burn_out angststorung* bipolar* schizophren* adhs autis* epileps* parkinson*
        demenz* alzheimer* hiv aids hepatitis rheuma* arthros* arthrit* allerg* bluthochdruck herzinfarkt schlaganfall infarkt gebrochen gebroche bruch hexenschuss bandscheiben* entzund*
        grippe corona covid* krank kranke chrank lungenentzund* magersucht bulim* suchtig alkoholiker* essstorung* endometrios* multiple_sklerose ms_diagnos* behinder*
        cancer* tumeur* diabete* asthme depression* deprime* bipolaire* sclerose* epileps* parkinson demence sida hypertension infarctus avc arthrose allergi* malade* grippe fractur*
        casse_la_jambe casse_le_bras handicap* anorexi* pneumonie angine
        cancro tumore depress* ansia epiless* demenza ipertensione infarto ictus artrosi allergi* malat* influenza frattur* disabil* polmonit* celiac*
        cancer diabetes diabetic asthma depression depressed anxiety bipolar schizophrenia adhd autism autistic epilepsy dementia hypertension stroke heart_attack arthritis allergy
        allergic flu fracture* broken_leg broken_arm disabled disability pneumonia sick ill ptsd hepatitis
        kanker diabetes asma depresi stroke jantung hipertensi alergi flu patah_tulang maag tipes tbc epilepsi penyakit lumpuh""",
        "TREATMENT": """physiotherap* physio chemo* bestrahlung* operation* operier* therapie* psychotherap* psychiat* psychologe* spital* krankenhaus klinik* dialyse* antibiotik*
        insulin* antidepress* medikament* tablette* cortison* kortison* ritalin impf* krankgeschrieben* chrankgschribe arbeitsunfahig* arztzeugnis* krankschreib* reha
        chimio* radiotherap* kinesi* physio* medicament* antibiotique* insuline antidepress* hopital* hospitalis* opere* operat* psychologue* psychiatr* arret_maladie arret_de_travail
        incapacite_de_travail ordonnance traitement_contre vaccin* therap*
        chemio* fisioterap* farmac* antibiotic* insulina ospedale ricoverat* operazione operat* psicolog* psichiatr* terapia malattia inabil* vaccin*
        chemo* physio* surgery surgeon medication* antibiotics insulin antidepress* hospital* therapist psychiatrist psychologist therapy sick_leave prescription dialysis vaccinat* pills
        kemoterapi fisioterapi operasi obat rumah_sakit dirawat opname insulin antibiotik psikolog psikiater terapi rawat_inap resep_dokter cuti_sakit""",
        "PREGNANCY": """schwanger* abtreib* fehlgeburt* schwangi enceinte* grossesse* fausse_couche avort* incinta gravidanza aborto pregnan* miscarriage abortion hamil kehamilan
        keguguran aborsi mens periode regles""",
    }
)

FAMILY = Family(
    name="health",
    entities=dict.fromkeys(("SYMPTOM", "DIAGNOSIS", "TREATMENT", "PREGNANCY"), Label.HEALTH),
    find=_LEXICON.find,
    languages=("de", "fr", "it", "en", "id"),
    cues=(
        *_LEXICON.cues,
        *words(
            "ruck rueck kopf bauch brust hals zahn zahl knie herz magen glieder schult gelenk unterleib muskel ohren mager haut bluth bein bei fuss schmerz hand"
        ),
    ),
    examples=(
        ("SYMPTOM", "ich habe seit gestern «Rückenschmerzen»"),
        ("SYMPTOM", "mein Sohn hat «Fieber»"),
        ("DIAGNOSIS", "j'ai le «diabète» depuis 5 ans"),
        ("DIAGNOSIS", "mia madre ha il «cancro»"),
        ("TREATMENT", "my daughter needs «physiotherapy»"),
        ("PREGNANCY", "saya sedang «hamil»"),
        ("SYMPTOM", "mir «tut seit Tagen der Rücken weh»"),
        ("DIAGNOSIS", "I was diagnosed with «depression»"),
    ),
    counter_examples=(
        "does basic insurance pay for physiotherapy?",
        "Ist Depression versichert?",
        "Was zahlt die Grundversicherung bei Rückenschmerzen?",
        "Apakah asuransi menanggung rawat inap?",
        "le vaccin contre la grippe est-il remboursé?",
    ),
)
