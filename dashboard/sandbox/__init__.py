"""A stand-in Amazon for demos, training and tests; it imports nothing of the rest.

One server on loopback plays all of Amazon's hosts, each as a path prefix, so that a client written
for Amazon works unchanged with other base addresses::

    /lwa                    Login with Amazon: consent page (/ap/oa), tokens (/auth/o2/token)
    /sellercentral/{CC}     Seller Central of a country: /apps/authorize/consent, /apps/store
    /vendorcentral/{CC}     Vendor Central of a country: the same path
    /ads/{NA|EU|FE}         Ads API of a region
    /sp/{NA|EU|FE}          Selling Partner API of a region
    /sandbox                not Amazon's: the control API of practice and tests

Reading order: ``cast`` (who can sign in), ``behaviours`` (what can go wrong), ``world`` (what is
kept in memory), ``tokens``; then what plays Amazon: ``login``, ``central``, ``appstore``, ``ads``
and ``campaigns``, ``selling`` (what all of SP-API has in common), ``sellers``, ``inventory``,
``listings``, ``orders``; and ``control``. ``goods`` makes up what is sold and advertised.
"""

from dashboard.sandbox.server import create_app

__all__ = ["create_app"]
