"""Which of our languages a short message is written in, by its small words and its endings; None when unsure."""

from collections.abc import Sequence

DE, FR, IT, EN, ID = "de", "fr", "it", "en", "id"

_WORDS: dict[str, str] = {
    DE: """ich du er sie es wir ihr der die das den dem des ein eine einen einem einer und oder aber nicht kein keine ist sind war bin bist habe hab hat haben
    hast mit von fur auf zu zum zur bei nach aus an im in am wie was wo wer wann warum wieso bitte danke hallo guten tag mein meine meinen meinem meiner dein
    kann konnen konnte mochte will wird werden wurde noch schon auch nur sehr mehr wenn dass weil als so mir mich dir dich uns euch ihnen ihre ihrem jetzt
    heute morgen gestern geht gibt muss soll sollte rechnung vertrag gruezi isch nid nod han hani chan chani mini min mis wott ond au gsi hesch bisch
    mer vo uf es gaht ned hoi merci ganz immer wieder seit ab bis um ohne vor uber unter durch jemand hilfe brauche welche welcher dieser diese dieses
    ja nein doch denn mal eure ihren hatte mocht ufem bim zue gat chum weiss nummer karte termin versicherung kundigen adresse zeig mach spiel stelle""",
    FR: """je j tu il elle nous vous ils elles le la les l un une des du de d et ou mais pas ne n est sont suis es etait ai as a avons avez ont avec pour sur
    dans chez par au aux ce cet cette ces c qui que qu quoi ou quand comment pourquoi bonjour merci svp salut mon ma mes votre vos notre nos son sa ses leur
    peux peut pouvez voudrais veux faut fait etre avoir plus tres bien aussi si quel quelle quels y en moi toi lui maintenant aujourd hui hier demain
    s'il plait facture contrat numero carte compte rendez assurance combien bonsoir sans depuis encore deja jamais toujours rien oui non parce tout
    cela ca cote jour mois mal fois""",
    IT: """io tu lui lei noi voi loro il lo la i gli le un uno una di del della dei delle dello da dal dalla in nel nella con su sul per tra fra e o ma non
    che chi cosa come dove quando perche quanto e sono sei siamo ho hai ha abbiamo hanno era mio mia miei mie tuo suo sua vostro vostra questo questa
    questi si no ciao buongiorno salve buonasera grazie prego favore posso puo potete vorrei voglio devo anche piu molto bene ora oggi ieri domani fattura
    contratto numero carta conto assicurazione mi ti ci vi ne se al allo alla ai agli alle quale quali c quel ancora gia sempre mai senza dopo prima
    fa fare dei sta tutto tutti essere stato stata""",
    EN: """i you he she it we they the a an and or but not no is are was were am be been have has had do does did don t can could would will should with for
    on at to from of in into by about what where when who why how which please thanks thank hello hi hey my your his her our their me him us them this
    that these those there here now today yesterday tomorrow if because so very just also need want get got invoice contract number card account any some
    as it's i'm i've if than then out up off over only more much many still already never always been going help know like""",
    ID: """saya aku kamu anda dia kami kita mereka yang dan atau tapi tetapi tidak tak bukan belum sudah telah sedang akan bisa dapat mau ingin harus perlu di ke
    dari dengan untuk pada oleh dalam ini itu apa siapa kapan dimana mana kenapa mengapa bagaimana gimana berapa apakah ada adalah jika kalau karena
    juga lagi saja aja sangat sekali lebih tolong mohon terima kasih halo selamat pagi siang malam sore nomor kartu rekening tagihan polis gak nggak ga
    ya dong kok sih nih udah blm yg utk dgn sy sdh bapak ibu pak bu hari kemarin besok sekarang minta cara setelah buat agar supaya semua
    para tersebut seperti antara jadi banyak jam""",
}
_ENDINGS: dict[str, str] = {
    DE: "ung hen ten ich cht sch gen ben eit lich tte ert zen nen chi",
    FR: "eux ent ait ion ez que oir ais ure ette ique our aux ille",
    IT: "are ere ire zio one ato ata ita gli tto osa ella nza ente ndo",
    EN: "ing ght ed ly ness ould tion ll ve th wn",
    ID: "kan nya lah ang ung ngan uk ah ran kah mu",
}

_VOTES: dict[str, tuple[str, ...]] = {}
for _language, _list in _WORDS.items():
    for _word in dict.fromkeys(_list.replace("'", " ").split()):
        _VOTES[_word] = (*_VOTES.get(_word, ()), _language)
_ENDING_VOTES: dict[str, str] = {
    ending: language for language, endings in _ENDINGS.items() for ending in endings.split()
}

FUNCTION_WORDS = frozenset(_VOTES)


def detect(words: Sequence[str]) -> str | None:
    """Name the language of these folded words. A word shared by languages counts a part for each."""
    score = dict.fromkeys(_WORDS, 0.0)
    for word in words[:60]:
        if votes := _VOTES.get(word):
            weight = 1.0 / len(votes)
            for language in votes:
                score[language] += weight
        elif len(word) > 4 and (ending := _ENDING_VOTES.get(word[-3:]) or _ENDING_VOTES.get(word[-2:])):
            score[ending] += 0.3
    first, second = sorted(score.values(), reverse=True)[:2]
    if first < 0.6 or first < second + 0.25 or first < 1.15 * second:
        return None
    return max(score, key=lambda language: score[language])
