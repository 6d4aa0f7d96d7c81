"""What a run of faults came to."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Outcome:
    """How often something was done to an archive, and what it cost."""

    fault: str  # what was done
    runs: int = 0
    acknowledged: int = 0  # lines that the victims had said
    losses: list[str] = field(default_factory=list)  # what the judge found, over all runs
    notes: Counter[str] = field(default_factory=Counter)  # what else was counted

    def add(self, losses: list[str], acknowledged: int = 0) -> None:
        """Take in one run."""
        self.runs += 1
        self.acknowledged += acknowledged
        self.losses += losses

    @property
    def sound(self) -> bool:
        """Whether there were runs, and nothing was lost in any."""
        return self.runs > 0 and not self.losses
