"""Every failure the product knows, as one tree::

    SwitchboardError
    ├── ConfigurationError     a setting or shipped file is wrong; nothing was started
    ├── NotAllowed             the person's role does not permit this
    ├── NotFound               no such account, organization or person
    ├── BadInput               what a person typed or chose cannot be used
    └── BadFile                an uploaded file cannot be read as an import
        └── RowsRefused        some rows cannot be imported, and skipping was not chosen

``str(error)`` is one sentence for the person at the screen: what happened and what to do. It never
holds a secret. Errors of libraries are translated where the library is used.
"""


class SwitchboardError(Exception):
    """Anything that went wrong and has a sentence for the person at the screen."""


class ConfigurationError(SwitchboardError):
    """A setting or a shipped file is wrong; nothing was started."""


class NotAllowed(SwitchboardError):
    """The person's role does not permit what they asked for."""


class NotFound(SwitchboardError):
    """There is no such account, organization or person."""


class BadInput(SwitchboardError):
    """What a person typed or chose cannot be used."""


class BadFile(SwitchboardError):
    """An uploaded file cannot be read as an import; nothing was written."""


class RowsRefused(BadFile):
    """Some rows cannot be imported and skipping them was not chosen; nothing was written."""
