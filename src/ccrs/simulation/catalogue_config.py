"""How many people a simulated shop has, and how they talk."""

from __future__ import annotations

from pydantic import Field, model_validator

from ccrs.core.config import StrictConfig
from ccrs.simulation.choice import ChoiceConfig

_ITEMS_OF_USER, _FEWEST_USERS, _MOST_USERS = 5, 600, 1500


class CatalogueSimulationConfig(StrictConfig):
    """How many people there are and how they talk."""

    seed: int = 0
    num_users: int | None = Field(None, ge=1)  # None: by the number of items, see users_for
    dialogues_per_user: int = Field(12, ge=1)
    min_turns: int = Field(1, ge=1)  # suggestions of a dialogue
    max_turns: int = Field(3, ge=1)
    concentration: float = Field(0.1, gt=0)  # of the Dirichlet distribution of preferences
    num_favourites: int = Field(3, ge=1)  # favourite values of a user
    num_values: int = Field(24, ge=1)  # values of each relation that may be favourites, those of most items
    max_share: float = Field(0.1, gt=0, le=1)  # of the items: a value that more of them have is no hint
    group_size: int = Field(8, ge=1)  # items of a favourite value that are recommended
    fan_size: int = Field(6, ge=1)  # items that share a value with a named one and are recommended
    wish_share: float = Field(0.35, ge=0, le=1)  # dialogues that begin with a wished value
    both_share: float = Field(0.15, ge=0, le=1)  # dialogues that begin with an item and a value
    nothing_share: float = Field(0.1, ge=0, le=1)  # dialogues that begin with neither
    pair_share: float = Field(0.3, ge=0, le=1)  # wishes of two values
    favourite_wish_share: float = Field(0.6, ge=0, le=1)  # wishes that ask for a favourite value
    single_share: float = Field(0.4, ge=0, le=1)  # openings that name one item, not two
    greeting_share: float = Field(0.3, ge=0, le=1)  # dialogues that begin with small talk
    question_share: float = Field(0.3, ge=0, le=1)  # suggestions that are asked about
    another_share: float = Field(0.35, ge=0, le=1)  # reactions that name one more item
    change_share: float = Field(0.2, ge=0, le=1)  # reactions that wish for another value
    silent_share: float = Field(0.5, ge=0, le=1)  # dialogues in which the preferred relation is not said
    fact_share: float = Field(0.6, ge=0, le=1)  # suggestions that state a fact, where none was wished for
    style_noise: float = Field(0.15, ge=0, le=1)
    liked_preferred: float = Field(0.9, ge=0, le=1)  # chance to like what was chosen by taste or wish
    liked_other: float = Field(0.6, ge=0, le=1)
    owned_share: float = Field(0.1, ge=0, le=1)  # of the liked suggestions, those that the seeker has already
    choice: ChoiceConfig = ChoiceConfig(popularity=0.1, favourite=0.5)

    def users_for(self, num_items: int) -> int:
        """How many people talk: where it is not said, enough for most items to be named, and not too many."""
        return self.num_users or min(max(num_items // _ITEMS_OF_USER, _FEWEST_USERS), _MOST_USERS)

    @model_validator(mode="after")
    def _fits(self) -> CatalogueSimulationConfig:
        if self.max_turns < self.min_turns:
            raise ValueError("max_turns is below min_turns; raise it")
        if self.num_values < self.num_favourites:
            raise ValueError("num_values is below num_favourites; raise it")
        if self.wish_share + self.both_share + self.nothing_share > 1:
            raise ValueError(
                "wish_share, both_share and nothing_share add up to more than 1; lower one of them"
            )
        return self
