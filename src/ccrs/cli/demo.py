"""``ccrs demo``: everything at once on the embedded corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ccrs.cli.printing import remark, say, table
from ccrs.cli.serve import settings_of, store_of
from ccrs.core.files import write_json
from ccrs.data.prepared import load_prepared
from ccrs.evaluation.style import StyleInformation
from ccrs.evaluation.tables import difference_table, metrics_table
from ccrs.experiments.demo import Demo, run_demo
from ccrs.experiments.styles import Talk
from ccrs.serving.api.running import Job, run_server
from ccrs.serving.assembly import DEMO, open_service
from ccrs.serving.importing import import_dialogues
from ccrs.serving.store.records import LOCAL


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for the data and the run.")] = Path("demo-run"),
    serve: Annotated[
        bool, typer.Option("--serve/--no-serve", help="End in the chat page, in a browser of your own.")
    ] = True,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port of the page; 0 takes a free one.")
    ] = 8000,
    users: Annotated[
        int | None, typer.Option("--users", min=40, help="Simulate fewer or more people.", show_default=False)
    ] = None,
) -> None:
    """Simulate, train, judge, recommend and talk on the embedded film corpus, in a few minutes.

    Example: `ccrs demo --out demo-run --no-serve`
    """
    shown = run_demo(out, remark, num_users=users)
    say(render(shown))
    say(f'\nGo on: ccrs recommend {out / "run"} --text "I loved Inception, who else directs like that?"')
    remember_people(out, shown)
    if serve:
        remark("Open the address below in a browser; Ctrl-C ends it.")
        serve_page(out / "run", port)
    else:
        say(f"Talk to it in a browser: ccrs serve {out / 'run'}")


def remember_people(out: Path, shown: Demo) -> None:
    """Tell the run of the two people of the demo, and its store what they said: the page knows them from the start."""
    told = {
        "users": [
            {
                "name": person.user,
                "about": f"follows the {person.preferred} (favourites: {', '.join(person.favourites)})",
            }
            for person in shown.people
        ],
        "words": shown.words,
    }
    write_json(out / "run" / DEMO, told)
    run, dialogues = out / "run", load_prepared(out / "data").dialogues
    for path in run.glob("people.db*"):
        path.unlink()  # of an earlier demo, whose people are others
    service = open_service(run)
    try:
        for person in shown.people:
            own = [dialogue for dialogue in dialogues if dialogue.user == person.user]
            import_dialogues(service.store, service.world, LOCAL, person.user, own)
    finally:
        service.close()


def serve_page(run: Path, port: int) -> None:
    """Serve the chat page until Ctrl-C."""
    try:
        run_server(Job(run, store_of(run), settings_of(port=port)), say)
    except KeyboardInterrupt:
        remark("Stopped.")


def render(shown: Demo) -> str:
    """What the demo found, as text."""
    parts = [
        "How often the film that was really recommended is near the top (held-out people):",
        metrics_table(shown.report),
        oracle_lines(shown),
        difference_table(shown.report),
        recovery_lines(shown),
        *figure_one(shown),
        style_lines(shown),
        *conversations(shown),
        time_line(shown),
    ]
    return "\n\n".join(parts)


def oracle_lines(shown: Demo) -> str:
    """What could be reached at most on the test dialogues."""
    names = {
        "mean": "knows how films are chosen, but nobody's taste",
        "full": "knows everybody's taste as well",
    }
    rows = [[f"{name} oracle", f"{shown.oracles[name]:.3f}", said] for name, said in names.items()]
    return "What can be reached (HR@10 on all test dialogues):\n" + table(["", "HR@10", ""], rows)


def recovery_lines(shown: Demo) -> str:
    """How well attention tells what people follow."""
    return (
        "Does the attention tell what a person follows? Rank correlation of its change with the known preference:\n"
        f"{shown.recovery.correlation():+.2f} (with people shuffled: {shown.recovery.shuffled():+.2f})"
    )


def figure_one(shown: Demo) -> list[str]:
    """Two people, the same words."""
    parts = [f'Two people say: "{shown.words}"']
    for person in shown.people:
        title = f"{person.user} follows the {person.preferred} (favourites: {', '.join(person.favourites)})"
        rows = [
            [str(i.rank), str(i.unadapted_rank), i.title, "; ".join(i.reasons)] for i in person.answer.items
        ]
        parts.append(title + "\n" + table(["rank", "for a stranger", "title", "shares"], rows))
    return parts


def style_lines(shown: Demo) -> str:
    """How well the generator tells the known styles apart."""
    found = shown.styles
    rows = [
        ["words of its replies", "film it suggests", *_bits(found.written_film)],
        ["words of its replies", "style of the real reply", *_bits(found.written)],
        ["words of its replies", "topic before", *_bits(found.written_topic)],
        ["heaviest latent style", "style of the real reply", *_bits(found.latent)],
        ["heaviest latent style", "topic before", *_bits(found.latent_topic)],
    ]
    return (
        "Does it speak in the style of each topic? Mutual information in bits, held-out people and phrasings:\n"
        + table(["of", "and", "bits", "by chance", "p"], rows)
        + f"\n{found.agreement:.0%} of its replies sound like the film they suggest "
        f"(always the commonest style: {found.commonest:.0%})."
    )


def conversations(shown: Demo) -> list[str]:
    """The same words said by both, with the answers of each."""
    preferred = {person.user: person.preferred for person in shown.people}
    return ["Both talk to it:", *(_conversation(talk, preferred[talk.user]) for talk in shown.talks)]


def time_line(shown: Demo) -> str:
    """How long each part took."""
    parts = ", ".join(f"{name} {seconds:.0f}" for name, seconds in shown.seconds.items())
    return f"Seconds: {parts}; {sum(shown.seconds.values()):.0f} in all."


def _conversation(talk: Talk, preferred: str) -> str:
    lines = [f"{talk.user}, who follows the {preferred}"]
    for said, answer in talk.turns:
        lines += [f"  person  {said}", f"  ccrs    {answer.text}"]
    return "\n".join(lines)


def _bits(found: StyleInformation | None) -> list[str]:
    if found is None:
        return ["-"] * 3
    p = found.p_value_by_user
    return [f"{found.bits:.3f}", f"{found.shuffled:.3f}", "<.001" if p < 0.001 else f"{p:.3f}".lstrip("0")]
