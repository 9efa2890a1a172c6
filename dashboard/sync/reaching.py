"""What a login reaches, asked of Amazon once however many accounts are on it."""

from collections.abc import Collection

from dashboard.amazon import ads
from dashboard.amazon.ads import Profile
from dashboard.errors import AccessRefused, AmazonError, GrantRefused
from dashboard.marketplaces import Region
from dashboard.signals import Reach
from dashboard.sync.calling import Caller


class Lists:
    """The profiles a login reaches, each list asked for once; what failed fails for all alike."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._known: dict[tuple[Region, bool], list[Profile] | AmazonError] = {}
        self._linked: dict[Region, frozenset[str]] = {}

    def of(self, region: Region, *, view_only: bool = False) -> list[Profile]:
        """The profiles that the login may edit, or look at, in a region.

        Raises:
            AmazonError: of its tree.
        """
        key = region, view_only
        if key not in self._known:
            try:
                self._known[key] = self._caller.ask(
                    lambda token: ads.profiles(
                        region, token, view_only=view_only, wire=self._caller.wire
                    )
                )
            except GrantRefused:
                raise
            except AmazonError as error:
                self._known[key] = error
        found = self._known[key]
        if isinstance(found, AmazonError):
            raise found
        return found

    def reach(self, region: Region) -> Reach:
        """All that the login reaches: what tells why the editable profiles do not suffice."""
        elsewhere = {each: self.of(each) for each in Region if each is not region}
        view_only = self.of(region, view_only=True)
        return Reach(self.of(region), view_only, elsewhere, self._managed(region))

    def _managed(self, region: Region) -> Collection[str]:
        """What manager accounts link to the login; most logins have none, and may not ask."""
        if region not in self._linked:
            try:
                self._linked[region] = self._caller.ask(
                    lambda token: ads.managed(region, token, wire=self._caller.wire)
                )
            except AccessRefused:
                self._linked[region] = frozenset()
        return self._linked[region]
