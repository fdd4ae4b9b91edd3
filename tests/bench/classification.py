"""Prints how long classify() takes a message, and how long it takes to start.

python -m tests.bench.classification
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

# Messages stay in one piece.
# ruff: noqa: E501

MESSAGES = (
    "Guten Tag, ich habe eine Frage zu meiner letzten Rechnung: warum ist der Betrag höher als im Vormonat? Danke und Gruss, bis bald",
    "Hoi zäme, chani bi eu s Abo wächsle ohni dass ich nomal e Ktündigungsfrist ha? Ich wür gern uf s grössere wächsle, merci vilmal",
    "Bonjour, pouvez-vous m'expliquer comment changer mon abonnement sans frais avant la fin de l'année ? Merci d'avance et bonne fête",
    "Buongiorno, vorrei sapere se la fisioterapia è coperta dall'assicurazione di base e quanto costa una visita dal medico in città?",
    "Hello, could you tell me whether the company Example Capital is registered and how long an answer usually takes? Thanks a lot!!",
    "Selamat pagi, apakah perusahaan Maju Jaya sudah terdaftar dan bagaimana cara melaporkan investasi yang mencurigakan? Terima kasih",
    "Termin am 03.11.2025 um 16:30 Uhr möglich? Sonst gerne am 04.11. vormittags, und was kostet das Abo für CHF 49 im Monat genau?",
    "ok danke 👍 dann mach ich das so und melde mich nochmal wenn es nicht klappt, schönen abend noch euch allen und bis zum nächsten mal",
    "Grüezi, mini Policennummer isch 12.345.678 und mini nummer isch 079 123 45 67, chönd Sie mir aalüte? Fründlichi Grüess und merci",
    "mon IBAN est CH93 0076 2011 6238 5295 7, pouvez-vous me rembourser la facture de CHF 84.30 svp ? je m'appelle Lisa Diesbach",
    "my son has a fever and I have to cancel the appointment on Friday, is there any fee for that? Please let me know as soon as you can",
    "I am still waiting on my card, how can I track it and when will it arrive? It has been more than two weeks now and I need it soon",
)


def main() -> None:
    begin = time.perf_counter()
    from compliance.classification import classify

    imported = time.perf_counter() - begin
    for message in MESSAGES:
        classify(message)
    seconds: list[float] = []
    for message in MESSAGES * 400:
        begin = time.perf_counter()
        classify(message)
        seconds.append(time.perf_counter() - begin)
    cuts = statistics.quantiles(seconds, n=100)
    length = statistics.mean(map(len, MESSAGES))
    print(
        f"classify, {len(MESSAGES)} messages of {length:.0f} characters: median {cuts[49] * 1e6:.0f} µs, p95 {cuts[94] * 1e6:.0f} µs"
    )
    for message in MESSAGES:
        each = [_time(classify, message) for _ in range(200)]
        print(f"  {statistics.median(each) * 1e6:6.0f} µs  {message[:60]}")
    cold = [_start() for _ in range(5)]
    print(f"start: import {imported:.2f} s here; a new process to its first answer {statistics.median(cold):.2f} s")


def _time(classify: object, message: str) -> float:
    assert callable(classify)
    begin = time.perf_counter()
    classify(message)
    return time.perf_counter() - begin


def _start() -> float:
    begin = time.perf_counter()
    command = [
        sys.executable,
        "-c",
        "from compliance.classification import classify; classify('mon IBAN est CH93 0076 2011 6238 5295 7')",
    ]
    subprocess.run(command, check=True, cwd=Path(__file__).parents[2])
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
