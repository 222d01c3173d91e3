"""The ``ccrs`` command: errors a person can act on end with exit code 2 and no traceback."""

from __future__ import annotations

import io
import logging
import sys
import warnings

import typer

from ccrs.cli import (
    chat,
    compare,
    data,
    demo,
    evaluate,
    interchange,
    items,
    keys,
    models,
    prepare,
    recommend,
    reproduce,
    serve,
    train,
)
from ccrs.core.errors import CcrsError

INTERRUPTED = 130  # what typer makes of Ctrl-C

app = typer.Typer(
    help="Customized conversational recommendation: who likes what, and why this person does.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.add_typer(prepare.app, name="prepare")
app.command("train")(train.train)
app.command("models")(models.models)
app.command("evaluate")(evaluate.evaluate)
app.command("reproduce")(reproduce.reproduce)
app.command("compare")(compare.compare)
app.command("recommend")(recommend.recommend)
app.command("chat")(chat.chat)
app.command("serve")(serve.serve)
app.add_typer(keys.app, name="keys")
app.add_typer(items.app, name="items")
app.command("demo")(demo.demo)
app.add_typer(data.app, name="data")
data.app.command("export-recbole")(interchange.export_recbole)
prepare.app.command("recbole")(interchange.prepare_recbole)
app.add_typer(interchange.hub, name="hub")


def main() -> None:
    """Run the command line."""
    # The engine greets and warns on every start; a person has asked for neither.
    logging.getLogger("lightning_fabric").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning_fabric")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without a sign for ± is no reason to fail
    try:
        app(prog_name="ccrs")
    except CcrsError as error:
        _fail(str(error))
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _fail(f"{place}{error.strerror or error}. Check the path and the space on the disk.")
    except SystemExit as end:
        if end.code == INTERRUPTED:
            _fail("stopped. A training goes on from its last epoch with --resume.", INTERRUPTED)
        raise


def _fail(message: str, code: int = 2) -> None:
    sys.stderr.write(f"error: {message}\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
