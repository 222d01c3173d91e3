"""What is loaded from a folder or from the hub, and published there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Self

from ccrs.artifacts.hub import HubAccess, find_run, push_run
from ccrs.core.errors import ConfigError


class Pretrained(ABC):
    """A run in use that knows the folder it was loaded from."""

    folder: Path | None = None
    """None for a run that was never on disk."""

    @classmethod
    @abstractmethod
    def load(cls, folder: Path | str) -> Self:
        """Load the run in ``folder``."""

    @classmethod
    def from_pretrained(
        cls,
        path_or_repo_id: Path | str,
        *,
        revision: str | None = None,
        cache_dir: Path | str | None = None,
        local_files_only: bool = False,
        allow_network: bool = False,
        token: str | bool | None = None,
        endpoint: str | None = None,
    ) -> Self:
        """Load a run from a folder, or from the hub's repository ``owner/name`` at ``revision``.

        A folder needs no network. A repository is fetched only with ``allow_network``; what was fetched before is
        found with ``local_files_only``. ``cache_dir`` is where fetched files are kept, ``token`` and ``endpoint`` as
        the hub's library has them. Raises ``CheckpointError`` and ``ConfigError`` that say what to do.
        """
        access = HubAccess(endpoint, token, None if cache_dir is None else Path(cache_dir))
        folder = find_run(
            path_or_repo_id,
            revision=revision,
            local_files_only=local_files_only,
            allow_network=allow_network,
            access=access,
        )
        return cls.load(folder)

    def push_to_hub(
        self,
        repo_id: str,
        *,
        private: bool = True,
        message: str = "A run of ccrs",
        revision: str | None = None,
        allow_network: bool = False,
        token: str | bool | None = None,
        endpoint: str | None = None,
    ) -> str:
        """Publish the run this was loaded from as the repository ``owner/name``; the address of what was written.

        It goes to the network, so ``allow_network`` must be given. The repository is private where it is made anew,
        unless told otherwise. The ids of the people in the training data stay behind.
        """
        if not allow_network:
            raise ConfigError("Publishing needs the network. Say that it may be used: allow_network=True.")
        if self.folder is None:
            raise ConfigError("This run was not loaded from a folder. Load it with load or from_pretrained.")
        return push_run(
            self.folder,
            repo_id,
            private=private,
            message=message,
            revision=revision,
            access=HubAccess(endpoint, token),
        )
