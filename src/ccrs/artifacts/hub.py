"""Runs on the Hugging Face hub: fetched and checked file by file, published without what tells of people.

Nothing here goes to the network unless the caller says ``allow_network``; a folder on disk never does, and needs no
further library. What is fetched must be a run and nothing else: no file outside its list, no kind that could hold
code, no name that leads out of the folder, every hash as the manifest has it.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ccrs.artifacts.files import MANIFEST, checked_manifest, write_manifest
from ccrs.artifacts.responder import FOLDER as RESPONDER
from ccrs.artifacts.responder import FORMAT as RESPONDER_FORMAT
from ccrs.artifacts.run import CARD_FILE, FORMAT, RUN_FILES, SPLIT_FILE, DataIdentity
from ccrs.core.errors import CheckpointError, ConfigError
from ccrs.core.files import read_json, replacing_folder, write_json

SUFFIXES = (".json", ".jsonl", ".safetensors", ".tsv")
"""The kinds of files that a run has beside its card; none of them can hold code."""
BESIDE = (".gitattributes", "LICENSE", "LICENSE.md", "LICENSE.txt", CARD_FILE)
"""What may lie in a repository beside them; of these only the card is fetched."""

_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_PLAIN = re.compile(r"\w[\w.-]*", re.ASCII)
_PATTERNS = [f"*{suffix}" for suffix in SUFFIXES]
_MEND = "Do not use it; ask its owner, or give another revision."


@dataclass(frozen=True)
class HubAccess:
    """How a hub is reached: another address than the library's own, and a token (True: the one that is logged in)."""

    endpoint: str | None = None
    token: str | bool | None = None
    cache: Path | None = None
    """Where fetched files are kept; the library's own place when not given."""


def find_run(
    path_or_repo_id: str | Path,
    *,
    revision: str | None = None,
    local_files_only: bool = False,
    allow_network: bool = False,
    access: HubAccess = HubAccess(),
) -> Path:
    """The folder of a run: itself, or where a repository (``owner/name``) was fetched to and checked.

    A folder is taken as it is, without network. ``local_files_only`` takes what was fetched before. Raises
    ``ConfigError`` where the network would be needed and is not allowed or the library is missing, ``CheckpointError``
    where there is no such run or it is not what its manifest says.
    """
    if isinstance(path_or_repo_id, Path) or Path(path_or_repo_id).is_dir():
        if revision is not None:
            raise ConfigError(
                f"{path_or_repo_id}: is a folder and has no revision {revision!r}. Leave it out."
            )
        return Path(path_or_repo_id)
    if not _REPOSITORY.fullmatch(path_or_repo_id):
        raise CheckpointError(
            f"{path_or_repo_id}: there is no such folder, and a repository is named owner/name. Check the name."
        )
    if not (local_files_only or allow_network):
        raise ConfigError(
            f"{path_or_repo_id}: there is no such folder. If it is a repository of the hub, say that the network may "
            f"be used: allow_network=True, or `ccrs hub pull {path_or_repo_id} --out DIR`."
        )
    return _fetched(path_or_repo_id, revision, access, local_files_only=local_files_only)


def pull_run(
    repo_id: str, out: Path, *, revision: str | None = None, access: HubAccess = HubAccess()
) -> Path:
    """Fetch a run from the hub into the folder ``out``, all or nothing; an older run there is replaced."""
    if not _REPOSITORY.fullmatch(repo_id):
        raise ConfigError(f"{repo_id!r} is no repository. Name it as owner/name.")
    found = _fetched(repo_id, revision, access, local_files_only=False)
    with replacing_folder(out, marker=MANIFEST) as folder:
        _copy(found, folder)
    return out


def push_run(
    folder: Path,
    repo_id: str,
    *,
    private: bool = True,
    message: str = "A run of ccrs",
    revision: str | None = None,
    access: HubAccess = HubAccess(),
) -> str:
    """Publish the run in ``folder`` as the repository ``repo_id``, made if it is not there; its address.

    User ids and the place of the data stay behind (``write_public``). ``private`` counts where the repository is
    made anew. Raises as ``find_run`` does.
    """
    if not _REPOSITORY.fullmatch(repo_id):
        raise ConfigError(f"{repo_id!r} is no repository. Name it as owner/name.")
    check_run_folder(folder)
    library = _library()
    with tempfile.TemporaryDirectory() as temporary:
        public = Path(temporary) / "run"
        write_public(folder, public)
        with _hub_faults(repo_id):
            api = library.HfApi(endpoint=access.endpoint, token=access.token, library_name="ccrs")
            api.create_repo(repo_id, private=private, exist_ok=True)
            committed = api.upload_folder(
                repo_id=repo_id,
                folder_path=public,
                commit_message=message,
                revision=revision,
                delete_patterns=_PATTERNS,  # files of an older run there
            )
    return str(committed.commit_url)


def write_public(folder: Path, target: Path) -> None:
    """Copy a run into ``target`` without the ids of the people it was trained on and the place of its data.

    What is left of the split is the digest of its test users, so that two runs can still be told to have the same.
    """
    target.mkdir(parents=True)
    _copy(folder, target)
    data = DataIdentity(**read_json(target / SPLIT_FILE))
    write_json(target / SPLIT_FILE, asdict(data.without_people()))
    manifest = read_json(target / MANIFEST)
    write_manifest(target, list(manifest["files"]), version=FORMAT, commit=str(manifest["commit"]))


def check_run_folder(folder: Path) -> dict[str, list[str]]:
    """The files of a run by folder (``""``, and ``responder`` where there is one), each as its manifest says.

    Raises ``CheckpointError`` where one is missing, altered, of another kind, or named so that it leads elsewhere.
    """
    found = {"": _check_files(folder, FORMAT)}
    if missing := set(RUN_FILES) - set(found[""]):
        raise CheckpointError(f"{folder / MANIFEST}: does not list {', '.join(sorted(missing))}. {_MEND}")
    if (folder / RESPONDER / MANIFEST).exists():
        found[RESPONDER] = _check_files(folder / RESPONDER, RESPONDER_FORMAT)
    return found


def _check_files(folder: Path, version: int) -> list[str]:
    if not (folder / MANIFEST).is_file():
        raise CheckpointError(f"{folder}: is no run (no {MANIFEST}). Give the folder of a trained run.")
    manifest = checked_manifest(folder, (), version=version)
    names = [str(name) for name in manifest["files"]]
    for name in names:
        if not _PLAIN.fullmatch(name) or not (name.endswith(SUFFIXES) or name == CARD_FILE):
            raise CheckpointError(f"{folder / MANIFEST}: lists {name!r}, which no run has. {_MEND}")
    checked_manifest(folder, names, version=version, free=(CARD_FILE,))
    return names


def _copy(source: Path, target: Path) -> None:
    """Copy what the manifests list, and nothing else, as files (a cache may hold links)."""
    for folder, names in check_run_folder(source).items():
        (target / folder).mkdir(exist_ok=True)
        for name in (*names, MANIFEST):
            shutil.copyfile(source / folder / name, target / folder / name)


def _fetched(repo_id: str, revision: str | None, access: HubAccess, *, local_files_only: bool) -> Path:
    """The folder of the cache with the run in it."""
    library = _library()
    commit = None
    with _hub_faults(repo_id):
        if not local_files_only:
            api = library.HfApi(endpoint=access.endpoint, token=access.token, library_name="ccrs")
            info = api.model_info(repo_id, revision=revision)
            commit = info.sha
            check_names(repo_id, [sibling.rfilename for sibling in info.siblings or ()])
        folder = Path(
            library.snapshot_download(
                repo_id,
                revision=revision,
                cache_dir=access.cache,
                token=access.token,
                endpoint=access.endpoint,
                library_name="ccrs",
                local_files_only=local_files_only,
                allow_patterns=[CARD_FILE, *_PATTERNS],
            )
        )
    if commit is not None and folder.name != commit:
        raise CheckpointError(f"{repo_id}: changed while it was fetched. Fetch it again.")
    check_run_folder(folder)
    return folder


def check_names(repo_id: str, names: Iterable[str]) -> None:
    """Raise ``CheckpointError`` for a file of a repository that no run has, and where there is no run."""
    found = set(names)
    for name in sorted(found - set(BESIDE)):
        *folders, last = name.split("/")  # a name that begins with "/" has the folder ""
        if folders not in ([], [RESPONDER]) or not _PLAIN.fullmatch(last) or not last.endswith(SUFFIXES):
            raise CheckpointError(
                f"{repo_id}: holds {name!r}, which no run has; nothing was fetched. {_MEND}"
            )
    if MANIFEST not in found:
        raise CheckpointError(
            f"{repo_id}: is no run of ccrs (no {MANIFEST}). Check the name and the revision."
        )


def _library() -> Any:
    """The hub's own library; only what goes to the hub needs it."""
    try:
        import huggingface_hub  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ConfigError(
            "The hub needs the library huggingface_hub. Install it: pip install 'ccrs[hub]'"
        ) from error
    return huggingface_hub


@contextmanager
def _hub_faults(repo_id: str) -> Iterator[None]:
    """Turn what the library raises into an error a person can act on."""
    try:
        yield
    except (CheckpointError, ConfigError):
        raise
    except Exception as error:  # its kinds differ with the HTTP client it is built on
        said = " ".join(str(error).split()) or type(error).__name__
        raise CheckpointError(
            f"{repo_id}: the hub refuses or cannot be reached ({said[:300]}). "
            "Check the name, the revision, the network and whether you are logged in."
        ) from error
