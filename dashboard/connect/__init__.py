"""The customer's pages: the connection flow, and where Amazon sends customers back to.

``app`` puts it together. A request passes ``guard`` (host, size, headers, the last resort for
errors), then one route: ``entering`` (get started, open a link), ``steps`` (what each page shows),
``answers`` (what its form does), ``callbacks`` (the return from Amazon, done by ``returning``) or
``watching`` (health and metrics). ``browser`` knows who is at it, ``words`` what failures mean.
"""
