"""The ``ccrs`` command: errors a person can act on end with exit code 2 and no traceback."""

from __future__ import annotations

import logging
import os
import sys
import warnings

import typer

from ccrs.cli import data, demo, evaluate, prepare, recommend, train
from ccrs.core.errors import CcrsError

app = typer.Typer(
    help="Customized conversational recommendation: who likes what, and why this person does.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.add_typer(prepare.app, name="prepare")
app.command("train")(train.train)
app.command("evaluate")(evaluate.evaluate)
app.command("recommend")(recommend.recommend)
app.command("demo")(demo.demo)
app.add_typer(data.app, name="data")


def main() -> None:
    """Run the command line."""
    # The engine greets and warns on every start; a person has asked for neither.
    logging.getLogger("lightning_fabric").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning_fabric")
    try:
        app()
    except CcrsError as error:
        _fail(str(error))
    except BrokenPipeError:  # `ccrs ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _fail(f"{place}{error.strerror or error}. Check the path and the space on the disk.")
    except KeyboardInterrupt:
        _fail("Stopped. Training goes on from its last epoch with --resume.", code=130)


def _fail(message: str, code: int = 2) -> None:
    sys.stderr.write(f"error: {message}\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
