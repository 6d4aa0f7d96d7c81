"""A witness as the report takes it: its identity, its main text, and what was recognised in that."""

from dataclasses import dataclass, field

from archive.records import Repair
from pipelines.report.form import Form, form
from pipelines.report.model import Identity, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLink:
    """A link or code that the page puts around words of the main text."""

    span: Span  # of the words in the main text
    target: str  # where it leads, or the code it carries: "http://...", "0,000061"


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessText:
    """One reading of one capture."""

    identity: Identity
    text: str  # main text as archived
    repairs: tuple[Repair, ...] = ()
    links: tuple[PageLink, ...] = ()  # within sentences
    _form: list[Form] = field(init=False, compare=False, repr=False, default_factory=list)

    @property
    def form(self) -> Form:
        """The letters, made once, when they are asked for."""
        if not self._form:
            self._form.append(form(self.text, self.repairs))
        return self._form[0]

    @property
    def language(self) -> str:
        """BCP 47 tag."""
        return self.identity.language
